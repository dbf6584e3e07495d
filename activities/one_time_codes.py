"""Codes besides the password: those of an authenticator app (TOTP, RFC 6238) and recovery codes for when it is lost."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp
import segno

from activities.keys import Sealer, derive

ISSUER = "Hammertime"
STEP_S = 30
# A phone's clock may be one step off in either direction.
DRIFT_STEPS = 1
RECOVERY_CODES = 10
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_GROUP = 5
RECOVERY_GROUPS = 3


def new_secret() -> str:
    """A secret for an authenticator app: 160 bits as base32."""
    return pyotp.random_base32()


def address_of(secret: str, account: str) -> str:
    """The `otpauth:` address that an app takes."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The QR code of an address, as the `data:` URI of an SVG image."""
    return segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff", dark="#000")


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, if it is one of now or next to it."""
    totp, now_step = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S
    steps = range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1)
    matching = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return matching[-1] if matching else None


def code_at(secret: str, at: datetime) -> str:
    """The code that an app shows at a moment."""
    return pyotp.TOTP(secret).generate_otp(int(at.timestamp()) // STEP_S)


class CodeSecrets:
    """What of codes is kept, and how: authenticators' secrets sealed, recovery codes as keyed hashes."""

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(secret)
        self._key = derive(secret, "recovery codes")

    def seal(self, user_id: int, secret: str) -> str:
        """An authenticator's secret, sealed for one account."""
        return self._sealer.seal(secret.encode(), secrets.token_bytes(12), _place(user_id))

    def unseal(self, user_id: int, sealed: str) -> str:
        """The secret of an account's authenticator. Raises InvalidTag for another account's."""
        return self._sealer.open(sealed, _place(user_id)).decode()

    def recovery_codes(self) -> list[str]:
        """New recovery codes of 74 bits, in groups to be read and typed."""
        return [_recovery_code() for _ in range(RECOVERY_CODES)]

    def recovery_hash(self, user_id: int, code: str) -> str:
        """The keyed hash (hex) under which a recovery code is kept; case, spaces and dashes do not count."""
        plain = "".join(character for character in code.lower() if character in RECOVERY_ALPHABET)
        return hmac.new(self._key, f"{user_id} {plain}".encode(), sha256).hexdigest()


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_GROUP)) for _ in range(RECOVERY_GROUPS))
    return "-".join(groups)


def _place(user_id: int) -> str:
    return f"authenticator of {user_id}"
