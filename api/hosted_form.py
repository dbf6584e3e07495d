"""The card form that the payment vendor hosts: what a browser has to know of it, and what its one page may load."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from activities.vendor_settings import VendorSettings


@dataclass(frozen=True, slots=True)
class HostedForm:
    """The vendor's script, and who we are to it; nothing of this is secret."""

    script_url: str
    login_id: str
    client_key: str

    @classmethod
    def of(cls, settings: VendorSettings) -> Self:
        """From the vendors' settings."""
        return cls(settings.accept_js_url, settings.authorize_net_login_id, settings.authorize_net_client_key)

    @property
    def policy(self) -> str:
        """The page's content security policy: the vendor's origin for its script and frame, and nowhere else."""
        parts = urlsplit(self.script_url)
        vendor = f"{parts.scheme}://{parts.netloc}"
        return (
            f"default-src 'self'; script-src 'self' {vendor}; frame-src {vendor}; style-src 'self' {vendor}; "
            "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        )
