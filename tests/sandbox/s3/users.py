"""Who may use the bucket: its one user, and whoever was lent the keys of its role, which end after a while."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.sandbox.s3.answers import Refusal
from tests.sandbox.s3.config import Config

UNKNOWN = "The AWS Access Key Id you provided does not exist in our records."


@dataclass(frozen=True, slots=True)
class User:
    """Keys that are good until a moment, or for ever; those that end have a token, which goes with every request."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature is looked at, and over which scope."""

    scope: str
    secret_access_key: str = field(repr=False)


class Users:
    """The users of one bucket."""

    def __init__(self, config: Config) -> None:
        self.config = config
        owner = User(config.access_key_id, config.secret_access_key)
        self._known = {owner.access_key_id: owner}

    def lend(self, life_s: float, now: datetime) -> User:
        """New keys of the role."""
        until = now + timedelta(seconds=life_s)
        lent = User(f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), _token(), until)
        self._known[lent.access_key_id] = lent
        return lent

    def end(self, now: datetime) -> None:
        """Let all keys of the role end now."""
        self._known = {key: replace(user, until=now) if user.token else user for key, user in self._known.items()}

    def signer(self, credential: str, token: str | None, stamp: str, now: datetime) -> Signer:
        """Who signs with a credential, for this region and day; Refusal where nobody does."""
        key_id, _, scope = credential.partition("/")
        user = self._known.get(key_id)
        # Keys that end are unknown without their token.
        if user is None or (user.token and not token):
            raise Refusal(403, "InvalidAccessKeyId", UNKNOWN)
        if (token or "") != user.token:
            raise Refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        if user.until is not None and now >= user.until:
            raise Refusal(400, "ExpiredToken", "The provided token has expired.")
        region = self.config.region
        if scope != f"{stamp[:8]}/{region}/s3/aws4_request":
            raise Refusal(400, "AuthorizationHeaderMalformed", f"The credential's scope is wrong; expecting {region}")
        return Signer(scope, user.secret_access_key)


def _token() -> str:
    # As long as the real ones, and with the characters that have to be escaped in an address.
    return f"IQoJb3JpZ2luX2VjE/+{secrets.token_urlsafe(400)}=="
