"""Where the vendors are and how we show who we are: from the environment and `.env`, for the composition roots only.

The defaults are the embedded profile's sandboxes on loopback, with keys that open nothing else.
"""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from activities.settings import SettingsError, in_one_line

SANDBOX_KEYS = {
    "persona_api_key": "persona_sandbox_embedded",
    "persona_webhook_secrets": "wbhsec_embedded",
    "authorize_net_transaction_key": "embeddedkey",
    "authorize_net_signature_keys": "AB" * 64,
    "sendgrid_api_key": "SG.embedded",
    "clearvin_email": "vins@hammertime.example",
    "clearvin_password": "clearvin-embedded",
    "s3_access_key_id": "AKIAEMBEDDED",
    "s3_secret_access_key": "s3-embedded",
    "openai_api_key": "sk-embedded",
}
# What production may leave as it is: words, ages, and what Amazon gives to a machine by its role.
OPENAI = "https://api.openai.com/v1"
OPTIONAL = frozenset({"mail_sender_name", "vin_report_days", "openai_model", "openai_asks_a_day"})
FROM_ROLE = frozenset({"s3_access_key_id", "s3_secret_access_key"})
OF_CLOUDFRONT = ("cloudfront_url", "cloudfront_key_pair_id", "cloudfront_private_key")


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        message = "must be an http(s) URL"
        raise ValueError(message)
    return url.rstrip("/")


def _address_or_none(url: str) -> str:
    return _address(url) if url else ""


Url = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_address)]
UrlOrNone = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_address_or_none)]
EMAIL = r"^[^@\s]+@[^@\s]+$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Several keys, separated by commas: while one is being replaced, both are right.
Keys = Annotated[SecretStr, NoDecode]


class VendorSettings(BaseSettings):
    """Addresses, names and keys of the vendors; `.env.example` says what each is for.

    No `s3_url` is Amazon's own, no keys of S3 are those of the machine's role, and no `cloudfront_url` is none at all.
    """

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
    mail_sender_email: Annotated[str, Field(pattern=EMAIL)] = "hello@hammertime.example"
    mail_sender_name: Name = "Hammertime"
    mail_support_email: Annotated[str, Field(pattern=EMAIL)] = "support@hammertime.example"

    clearvin_url: Url = "http://127.0.0.1:8704/rest/vendor"
    clearvin_email: Annotated[str, Field(pattern=EMAIL)] = SANDBOX_KEYS["clearvin_email"]
    clearvin_password: SecretStr = SecretStr(SANDBOX_KEYS["clearvin_password"])
    vpic_url: Url = "http://127.0.0.1:8705/api"
    vin_report_days: Annotated[int, Field(ge=1, le=3_650)] = 30

    openai_url: Url = "http://127.0.0.1:8707/v1"
    openai_api_key: SecretStr = SecretStr(SANDBOX_KEYS["openai_api_key"])
    openai_model: Name = "gpt-4.1-mini"
    openai_asks_a_day: Annotated[int, Field(ge=0, le=100_000)] = 500

    s3_url: UrlOrNone = "http://127.0.0.1:8706"
    s3_bucket: Name = "hammertime"
    s3_region: Name = "us-east-2"
    s3_access_key_id: str = SANDBOX_KEYS["s3_access_key_id"]
    s3_secret_access_key: SecretStr = SecretStr(SANDBOX_KEYS["s3_secret_access_key"])
    cloudfront_url: UrlOrNone = ""
    cloudfront_key_pair_id: str = ""
    cloudfront_private_key: SecretStr = SecretStr("")

    @model_validator(mode="before")
    @classmethod
    def _production_is_at_amazon(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Where production names neither another address nor keys, both are Amazon's to give."""
        if given.get("profile") != "production":
            return given
        keys = {} if FROM_ROLE & given.keys() else dict.fromkeys(FROM_ROLE, "")
        return {"s3_url": "", "openai_url": OPENAI, "openai_api_key": "", **keys, **given}

    @model_validator(mode="after")
    def _cloudfront_is_whole(self) -> Self:
        """Its address, the pair's id and the key make sense together only."""
        missing = [name.upper() for name in OF_CLOUDFRONT if name not in self.model_fields_set]
        if len(missing) not in {0, len(OF_CLOUDFRONT)}:
            message = f"{', '.join(missing)} must be set along with the rest of CloudFront"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _production_has_its_own(self) -> Self:
        """In production no sandbox's address or key may be left."""
        if self.profile != "production":
            return self
        left = [name for name in type(self).model_fields if name not in self.model_fields_set]
        missing = [name.upper() for name in left if name not in OPTIONAL and name not in OF_CLOUDFRONT]
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
