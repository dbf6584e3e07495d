"""Encrypts every payload that Temporal stores, so that its database and UI hold no plain text."""

import zlib
from collections.abc import Sequence
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from activities.keys import derive

ENCRYPTED = b"binary/encrypted"
UNREADABLE = b"binary/unreadable"
KEY_ID = b"1"
NONCE_BYTES = 12
COMPRESS_FROM = 512
PLAIN, DEFLATED = b"\x00", b"\x01"


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM over the serialised payload; longer ones are deflated first.

    What is not encrypted passes as it is (an operator's signal from the UI). What cannot be decrypted becomes a
    payload of encoding `binary/unreadable` instead of an error, because an error would block the workflow for ever.
    """

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(derive(secret, "codec"))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload whole, its metadata included."""
        return [self.seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what `encode` made."""
        return [self.open(payload) for payload in payloads]

    def seal(self, payload: Payload) -> Payload:
        """One payload, encrypted."""
        raw = payload.SerializeToString()
        body = DEFLATED + zlib.compress(raw, 1) if len(raw) >= COMPRESS_FROM else PLAIN + raw
        nonce = token_bytes(NONCE_BYTES)
        data = nonce + self._aead.encrypt(nonce, body, KEY_ID)
        return Payload(metadata={"encoding": ENCRYPTED, "key": KEY_ID}, data=data)

    def open(self, payload: Payload) -> Payload:
        """One payload, decrypted; passed on as it is where it was never encrypted."""
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        try:
            body = self._aead.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], KEY_ID)
            raw = zlib.decompress(body[1:]) if body[:1] == DEFLATED else body[1:]
            return Payload.FromString(raw)
        except (InvalidTag, ValueError, zlib.error):
            return Payload(metadata={"encoding": UNREADABLE}, data=payload.data)
