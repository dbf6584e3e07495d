"""WebAuthn ceremonies: each challenge is good once, for what it was made, and for five minutes."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from redis.asyncio import Redis
from redis.exceptions import RedisError
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from activities.db.passkeys import NewPasskey, Passkey
from activities.db.people import Person
from activities.keys import derive
from api.problems import fail

CHALLENGE_LIFE_S = 300
RETRY_S = 5
SITE_NAME = "Hammertime"
SIGN_IN = "sign-in"
ID_LENGTH_MAX = 2_000
# A credential is written by a stranger: the library answers what it cannot read with any of these.
UNREADABLE = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ceremonies:
    """Makes and checks WebAuthn messages for the site at `public_url`. Without Redis there are none (503)."""

    redis: "Redis"
    public_url: str
    key: bytes

    @classmethod
    def of(cls, redis: "Redis", public_url: str, secret: bytes) -> "Ceremonies":
        """With a key of their own, by which accounts are named to authenticators."""
        return cls(redis, public_url, derive(secret, "passkey users"))

    async def to_register(self, person: Person, existing: Sequence[Passkey]) -> dict[str, Any]:
        """Options for `navigator.credentials.create`. Raises PASSKEYS_UNAVAILABLE."""
        options = generate_registration_options(
            rp_id=self._host,
            rp_name=SITE_NAME,
            user_id=hmac.new(self.key, str(person.id).encode(), sha256).digest(),
            user_name=person.email,
            user_display_name=person.name,
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in existing
            ],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        await self._remember(register(person), options.challenge)
        return options_to_json_dict(options)

    async def to_sign(self, purpose: str) -> dict[str, Any]:
        """Options for `navigator.credentials.get`, for any passkey of the person. Raises PASSKEYS_UNAVAILABLE."""
        options = generate_authentication_options(
            rp_id=self._host, user_verification=UserVerificationRequirement.REQUIRED
        )
        await self._remember(purpose, options.challenge)
        return options_to_json_dict(options)

    async def registered(self, person: Person, credential: Json, name: str) -> NewPasskey:
        """What a new passkey says of itself. Raises PASSKEY_REFUSED or PASSKEYS_UNAVAILABLE."""
        challenge = await self._challenge_of(register(person), credential)
        try:
            verified = verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except UNREADABLE:
            raise fail("PASSKEY_REFUSED") from None
        return NewPasskey(
            person.id,
            sha256(verified.credential_id).hexdigest(),
            bytes_to_base64url(verified.credential_id),
            bytes_to_base64url(verified.credential_public_key),
            verified.sign_count,
            name,
        )

    async def signed(self, purpose: str, credential: Json, passkey: Passkey | None) -> int:
        """The new count of a passkey that signed for a purpose, with its owner verified. Raises as `registered`."""
        challenge = await self._challenge_of(purpose, credential)
        if passkey is None:
            raise fail("PASSKEY_REFUSED")
        try:
            verified = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except UNREADABLE:
            raise fail("PASSKEY_REFUSED") from None
        return verified.new_sign_count

    @property
    def _host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    async def _remember(self, purpose: str, challenge: bytes) -> None:
        try:
            await self.redis.set(_key(purpose, challenge), 1, ex=CHALLENGE_LIFE_S)
        except (RedisError, OSError, TimeoutError):
            raise fail("PASSKEYS_UNAVAILABLE", retry_after_s=RETRY_S) from None

    async def _challenge_of(self, purpose: str, credential: Json) -> bytes:
        """Use the challenge of a credential up, whatever becomes of it."""
        try:
            data = json.loads(base64.urlsafe_b64decode(_padded(credential["response"]["clientDataJSON"])))
            challenge = base64url_to_bytes(data["challenge"])
        except UNREADABLE:
            raise fail("PASSKEY_REFUSED") from None
        try:
            known = await self.redis.delete(_key(purpose, challenge))
        except (RedisError, OSError, TimeoutError):
            raise fail("PASSKEYS_UNAVAILABLE", retry_after_s=RETRY_S) from None
        if not known:
            raise fail("PASSKEY_REFUSED")
        return challenge


def register(person: Person) -> str:
    """The purpose of a challenge for a new passkey of a person."""
    return f"register:{person.id}"


def step_up(token_hash: str) -> str:
    """The purpose of a challenge for one session to show that it is still its owner's."""
    return f"step-up:{token_hash}"


def credential_hash(credential: Json) -> str:
    """SHA-256 hex of a credential's raw id, by which passkeys are found. Raises PASSKEY_REFUSED."""
    text = credential.get("id")
    if not isinstance(text, str) or len(text) > ID_LENGTH_MAX:
        raise fail("PASSKEY_REFUSED")
    try:
        return sha256(base64url_to_bytes(text)).hexdigest()
    except UNREADABLE:
        raise fail("PASSKEY_REFUSED") from None


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _key(purpose: str, challenge: bytes) -> str:
    return f"passkey:{purpose}:{challenge.hex()}"
