"""What one API process needs for photos and documents, put together once, and what its pages may load and post to."""

from dataclasses import dataclass
from typing import Self

from temporalio.client import Client

from activities.cloud_front import CloudFront
from activities.object_links import ObjectLinks, bucket_of
from activities.role_keys import RoleKeys, role_keys_of
from activities.settings import Settings
from activities.vendor_settings import VendorSettings
from temporal.photos import Photos


@dataclass(frozen=True, slots=True)
class PhotoDesk:
    """Signs forms and links, and reaches the workflows of uploads. `keys` are those of the machine, where it signs with
    them, to be refreshed."""

    links: ObjectLinks
    door: Photos
    keys: RoleKeys | None = None

    @classmethod
    def of(cls, settings: Settings, vendors: VendorSettings, temporal: Client) -> Self:
        """Put it together from the settings."""
        cdn = None
        if vendors.cloudfront_url:
            key = vendors.cloudfront_private_key.get_secret_value()
            cdn = CloudFront(vendors.cloudfront_url, vendors.cloudfront_key_pair_id, key)
        bucket = bucket_of(vendors)
        keys = role_keys_of(bucket)
        links = ObjectLinks(bucket, cdn, keys)
        return cls(links, Photos(temporal, settings.temporal_accounts_queue), keys)

    @property
    def policy(self) -> str:
        """The content security policy of a page that uploads: the bucket for scripts and forms, and for pictures."""
        bucket, pictures = self.links.upload_origin, " ".join(self.links.picture_origins)
        return (
            f"default-src 'self'; img-src 'self' data: {pictures}; connect-src 'self' {bucket}; object-src 'none'; "
            f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {bucket}"
        )

    @property
    def viewing_policy(self) -> str:
        """The content security policy of a page that shows pictures."""
        pictures = " ".join(self.links.picture_origins)
        return (
            f"default-src 'self'; img-src 'self' data: {pictures}; object-src 'none'; base-uri 'none'; "
            "frame-ancestors 'none'; form-action 'self'"
        )
