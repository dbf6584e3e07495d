"""Where the vendors are and how we show who we are: from the environment and `.env`, for the composition roots only.

The defaults are the embedded profile's sandboxes on loopback, with keys that open nothing else.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from activities.settings import SettingsError, in_one_line

SANDBOX_KEYS = {
    "persona_api_key": "persona_sandbox_embedded",
    "persona_webhook_secrets": "wbhsec_embedded",
    "authorize_net_transaction_key": "embeddedkey",
    "authorize_net_signature_keys": "AB" * 64,
    "sendgrid_api_key": "SG.embedded",
}


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        message = "must be an http(s) URL"
        raise ValueError(message)
    return url.rstrip("/")


Url = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_address)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Several keys, separated by commas: while one is being replaced, both are right.
Keys = Annotated[SecretStr, NoDecode]


class VendorSettings(BaseSettings):
    """Addresses, names and keys of Persona, Authorize.Net and SendGrid; `.env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    profile: Name = "embedded"

    persona_url: Url = "http://127.0.0.1:8701/api/v1"
    persona_api_key: SecretStr = SecretStr(SANDBOX_KEYS["persona_api_key"])
    persona_template_id: Name = "itmpl_embedded"
    persona_webhook_secrets: Keys = SecretStr(SANDBOX_KEYS["persona_webhook_secrets"])

    authorize_net_url: Url = "http://127.0.0.1:8702/xml/v1/request.api"
    authorize_net_login_id: Name = "embedded"
    authorize_net_transaction_key: SecretStr = SecretStr(SANDBOX_KEYS["authorize_net_transaction_key"])
    authorize_net_client_key: Name = "embedded-public-client-key"
    authorize_net_signature_keys: Keys = SecretStr(SANDBOX_KEYS["authorize_net_signature_keys"])
    accept_js_url: Url = "http://127.0.0.1:8702/v3/AcceptUI.js"

    sendgrid_url: Url = "http://127.0.0.1:8703"
    sendgrid_api_key: SecretStr = SecretStr(SANDBOX_KEYS["sendgrid_api_key"])
    sendgrid_public_keys: str = ""
    mail_sender_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = "hello@hammertime.example"
    mail_sender_name: Name = "Hammertime"
    mail_support_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = "support@hammertime.example"

    @model_validator(mode="after")
    def _production_has_its_own(self) -> Self:
        """In production no sandbox's address or key may be left."""
        if self.profile != "production":
            return self
        left = [name for name in type(self).model_fields if name not in self.model_fields_set]
        missing = [name.upper() for name in left if name != "mail_sender_name"]
        if missing:
            message = f"{', '.join(missing)} must be set in production"
            raise ValueError(message)
        return self


def several(keys: SecretStr | str) -> tuple[str, ...]:
    """The single keys of a setting that may hold several."""
    text = keys.get_secret_value() if isinstance(keys, SecretStr) else keys
    return tuple(key.strip() for key in text.split(",") if key.strip())


def load_vendor_settings(**overrides: object) -> VendorSettings:
    """The settings; `overrides` win. Raises `SettingsError` with one clear line."""
    try:
        return VendorSettings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(in_one_line(error)) from None
