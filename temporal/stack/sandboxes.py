"""The vendors' sandboxes of the embedded profile: which are started, with what keys, and what their clients are told.

They are programs of the checkout, started by name: nothing here imports them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from activities.vendor_settings import VendorSettings
from temporal.stack import signing_key
from temporal.stack.child import ROOT
from temporal.stack.errors import USAGE, StackError
from temporal.stack.ports import LOOPBACK, Ports

FOLDER = "sandboxes"
SIGNING_KEY = "signing-key.pem"
# Belongs to `Settings` as well, which hands it on.
NOT_OF_VENDORS = frozenset({"profile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One vendor's. `addresses` are paths by the setting that holds their URL, the vendor's own first; `options` of the
    command by the setting with their value; `keys` are the settings that make no sense without the vendor's URL."""

    name: str
    title: str
    module: str
    addresses: Mapping[str, str]
    options: Mapping[str, str]
    keys: tuple[str, ...]
    signs_with_file: bool = False

    @property
    def url_setting(self) -> str:
        """The setting that says where the vendor is; once somebody sets it, no sandbox is started."""
        return next(iter(self.addresses))

    def port(self, ports: Ports) -> int:
        """Its port among those of the stack."""
        return int(getattr(ports, self.module.rpartition(".")[2]))


PERSONA = Sandbox(
    name="persona",
    title="Persona",
    module="tests.sandbox.persona",
    addresses={"persona_url": "/api/v1"},
    options={
        "--api-key": "persona_api_key",
        "--webhook-secret": "persona_webhook_secrets",
        "--template-id": "persona_template_id",
    },
    keys=("persona_api_key", "persona_webhook_secrets"),
)
AUTHORIZE_NET = Sandbox(
    name="authorize-net",
    title="Authorize.Net",
    module="tests.sandbox.authorize_net",
    addresses={"authorize_net_url": "/xml/v1/request.api", "accept_js_url": "/v3/AcceptUI.js"},
    options={
        "--login-id": "authorize_net_login_id",
        "--transaction-key": "authorize_net_transaction_key",
        "--signature-key": "authorize_net_signature_keys",
        "--client-key": "authorize_net_client_key",
    },
    keys=("authorize_net_transaction_key", "authorize_net_signature_keys", "accept_js_url"),
)
SENDGRID = Sandbox(
    name="sendgrid",
    title="Mail inbox",
    module="tests.sandbox.sendgrid",
    addresses={"sendgrid_url": ""},
    options={"--api-key": "sendgrid_api_key"},
    keys=("sendgrid_api_key", "sendgrid_public_keys"),
    signs_with_file=True,
)
CLEARVIN = Sandbox(
    name="clearvin",
    title="ClearVIN",
    module="tests.sandbox.clearvin",
    addresses={"clearvin_url": "/rest/vendor"},
    options={"--email": "clearvin_email", "--password": "clearvin_password"},
    keys=("clearvin_email", "clearvin_password"),
)
VPIC = Sandbox(
    name="vpic",
    title="vPIC",
    module="tests.sandbox.vpic",
    addresses={"vpic_url": "/api"},
    options={},
    keys=(),
)
S3 = Sandbox(
    name="s3",
    title="S3",
    module="tests.sandbox.s3",
    addresses={"s3_url": ""},
    options={
        "--access-key-id": "s3_access_key_id",
        "--secret-access-key": "s3_secret_access_key",
        "--bucket": "s3_bucket",
        "--region": "s3_region",
    },
    keys=("s3_access_key_id", "s3_secret_access_key"),
)
OPENAI = Sandbox(
    name="openai",
    title="OpenAI",
    module="tests.sandbox.openai",
    addresses={"openai_url": "/v1"},
    options={"--api-key": "openai_api_key", "--model": "openai_model"},
    keys=("openai_api_key",),
)
ALL = (SENDGRID, PERSONA, AUTHORIZE_NET, CLEARVIN, VPIC, S3, OPENAI)


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """Those of one stack; made by `open_sandboxes`. `public_key` is the half of the signing key that is published."""

    vendors: VendorSettings
    ports: Ports
    data_dir: Path
    started: tuple[Sandbox, ...]
    public_key: str

    @property
    def variables(self) -> dict[str, str]:
        """Every vendor's address, names and keys for the programs; what somebody chose is unchanged."""
        fields = type(self.vendors).model_fields.keys() - NOT_OF_VENDORS
        values = {field: _text(self.vendors, field) for field in sorted(fields)}
        for sandbox in self.started:
            values.update(self.addresses(sandbox))
        if SENDGRID in self.started:
            values["sendgrid_public_keys"] = self.public_key
        return {field.upper(): text for field, text in values.items() if text}

    def url(self, sandbox: Sandbox) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{LOOPBACK}:{sandbox.port(self.ports)}"

    def addresses(self, sandbox: Sandbox) -> dict[str, str]:
        """Its URLs, by the setting that a client reads."""
        return {setting: f"{self.url(sandbox)}{path}" for setting, path in sandbox.addresses.items()}

    def arguments(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Its command line: where it listens and remembers, whom it tells, and the keys, which open nothing else."""
        folder = folder_of(self.data_dir, sandbox)
        options = {
            "--port": str(sandbox.port(self.ports)),
            "--data-dir": str(folder),
            "--webhook-url": f"http://{LOOPBACK}:{self.ports.api}/webhooks/{sandbox.name}",
            **{option: _text(self.vendors, field) for option, field in sandbox.options.items()},
        }
        if sandbox.signs_with_file:
            options["--signing-key-file"] = str(folder / SIGNING_KEY)
        # With the sign between them, a value that begins with a dash is still one.
        return tuple(f"{option}={value}" for option, value in options.items())


def require(vendors: VendorSettings, root: Path = ROOT) -> None:
    """StackError when a sandbox that is wanted is not part of this installation below `root`, or when keys of a vendor
    are set without its URL: they may be real, and a sandbox must not get them."""
    for sandbox in wanted(vendors):
        chosen = [key for key in sandbox.keys if _is_chosen(vendors, key)]
        if chosen:
            names = ", ".join(key.upper() for key in chosen)
            url = sandbox.url_setting.upper()
            raise StackError(f"{names} set without {url}: set {url} too, or leave all to the sandbox", exit_code=USAGE)
    missing = [sandbox for sandbox in wanted(vendors) if not _entry(sandbox, root).is_file()]
    if missing:
        settings = ", ".join(setting.upper() for sandbox in missing for setting in sandbox.addresses)
        raise StackError(
            f"the vendors' sandboxes are not part of this installation; set {settings} and the vendors' keys,"
            " or start it from a checkout",
            exit_code=USAGE,
        )


def wanted(vendors: VendorSettings) -> tuple[Sandbox, ...]:
    """The sandboxes to start: of each vendor whose URL nobody has set."""
    return tuple(sandbox for sandbox in ALL if sandbox.url_setting not in vendors.model_fields_set)


def open_sandboxes(vendors: VendorSettings, ports: Ports, data_dir: Path) -> Sandboxes:
    """The sandboxes on these ports; what signs their mail events is made here, once for a data directory."""
    started = wanted(vendors)
    public_key = signing_key.public_text(folder_of(data_dir, SENDGRID) / SIGNING_KEY) if SENDGRID in started else ""
    return Sandboxes(vendors, ports, data_dir, started, public_key)


def folder_of(data_dir: Path, sandbox: Sandbox) -> Path:
    """Where it remembers."""
    return data_dir / FOLDER / sandbox.name


def _is_chosen(vendors: VendorSettings, field: str) -> bool:
    """Whether somebody set it to something else than the example holds."""
    default = type(vendors).model_fields[field].default
    return field in vendors.model_fields_set and getattr(vendors, field) != default


def _entry(sandbox: Sandbox, root: Path) -> Path:
    return root.joinpath(*sandbox.module.split("."), "__main__.py")


def _text(vendors: VendorSettings, field: str) -> str:
    value = getattr(vendors, field)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
