"""Everything that can be set from outside: one frozen value, read from the environment and `.env` by the composition
roots only. The defaults are the embedded profile: one machine, loopback, files in `data_dir`."""

import base64
import binascii
import os
import secrets
import socket
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.order_doors import StandIn

PLATFORM_KEY_BYTES = 32

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
BuildId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w.-]{1,100}$")]
Seconds = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=1)]


class SettingsError(Exception):
    """A variable is missing or wrong; the message is one line that names the variable and the rule."""


def _sqlite_in(settings: dict[str, Any]) -> str:
    return f"sqlite:///{Path(settings.get('data_dir', '.')) / 'hammertime.db'}"


def _local_url(settings: dict[str, Any]) -> str:
    return f"http://{settings.get('host')}:{settings.get('port')}"


def _stand_in(settings: dict[str, Any]) -> StandIn:
    return StandIn.OPERATOR if settings.get("profile") == "production" else StandIn.EMBEDDED


def _process_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Settings(BaseSettings):
    """The product's settings. Times are in the unit the name ends with; `.env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    profile: Literal["embedded", "production"] = "embedded"
    data_dir: Path = Path(".hammertime")
    process_id: Name = Field(default_factory=_process_id)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics: bool = True

    database_url: Name = Field(default_factory=_sqlite_in)
    redis_url: Name = "redis://127.0.0.1:6379/0"

    temporal_address: Name = "127.0.0.1:7233"
    temporal_namespace: Name = "default"
    temporal_task_queue: Name = "auctions"
    temporal_accounts_queue: Name = "accounts"
    temporal_tls: bool = False
    temporal_ui_origin: Name = "http://127.0.0.1:8233"
    temporal_binary: Path | None = None
    temporal_download: bool = True
    worker_build_id: BuildId | None = None

    host: Name = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000
    public_url: Name = Field(default_factory=_local_url)
    cookie_secure: bool = False
    session_days: Annotated[int, Field(ge=1, le=365)] = 14
    platform_key: SecretStr | None = None
    webhooks_to_loopback: bool = False

    soft_close_window_s: Annotated[int, Field(ge=1, le=3_600)] = 120
    close_stagger_s: Seconds = 60
    clock_skew_max_ms: Annotated[int, Field(ge=1)] = 100
    batch_max: Annotated[int, Field(ge=1, le=256)] = 256
    queue_max: Count = 2_000
    bid_rate_burst: Count = 60
    bid_rate_per_second: Count = 20
    refusals_per_minute: Count = 60

    payment_reversals_alert: Count = 10

    title_by: StandIn = Field(default_factory=_stand_in)
    transport_by: StandIn = Field(default_factory=_stand_in)
    stand_in_s: Seconds = 5

    sse_queue: Count = 64
    sse_heartbeat_s: Seconds = 15
    sse_max_life_s: Seconds = 900

    @field_validator("platform_key")
    @classmethod
    def _platform_key_is_32_bytes(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _decoded(value.get_secret_value()) is None:
            raise ValueError("must be 32 bytes in base64")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        if self.profile == "production":
            if self.platform_key is None:
                raise ValueError("PLATFORM_KEY is required when PROFILE is production")
            if not self.cookie_secure:
                raise ValueError("COOKIE_SECURE must be true when PROFILE is production")
            if self.webhooks_to_loopback:
                raise ValueError("WEBHOOKS_TO_LOOPBACK must be false when PROFILE is production")
        return self

    @property
    def names_temporal_server(self) -> bool:
        """Whether somebody named a Temporal server, so that none needs to be provided or started."""
        return "temporal_address" in self.model_fields_set


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment and `.env`; `overrides` win. Raises `SettingsError` with one clear line."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(in_one_line(error)) from None


def load_or_create_platform_key(settings: Settings) -> bytes:
    """The 32 bytes of the platform's key: from the settings, else from `data_dir/platform.key`, which is made with mode
    0600 when it is not there. Raises `SettingsError` when the file is not such a key."""
    if settings.platform_key is not None:
        text, source = settings.platform_key.get_secret_value(), "PLATFORM_KEY"
    else:
        path = settings.data_dir / "platform.key"
        _create_once(path, base64.b64encode(secrets.token_bytes(PLATFORM_KEY_BYTES)))
        text, source = path.read_text(encoding="ascii").strip(), str(path)
    key = _decoded(text)
    if key is None:
        raise SettingsError(f"{source} must be 32 bytes in base64")
    return key


def _create_once(path: Path, content: bytes) -> None:
    """Two processes may start at once: the file appears whole, and the first one wins."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _decoded(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == PLATFORM_KEY_BYTES else None


def in_one_line(error: ValidationError) -> str:
    """Name and rule of each wrong variable, never its value: it may be a secret."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        if problem["type"] == "default_factory_not_called":  # follows from another wrong variable
            continue
        name = "_".join(str(part) for part in problem["loc"]).upper()
        rule = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {rule}" if name else rule)
    return "; ".join(lines)
