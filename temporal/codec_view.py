"""What an admin may see of a payload in the Temporal UI: decoded, with maxima, reserves and nonces blanked."""

import json
from typing import Any

from temporalio.api.common.v1 import Payload

from temporal.codec import EncryptionCodec

HIDDEN = "[hidden]"
SECRET_KEYS = frozenset({"cents", "max_cents", "reserve_cents", "private", "nonce", "rows", "barred"})
JSON_ENCODINGS = frozenset({b"json/plain", b"json/protobuf"})


def readable(codec: EncryptionCodec, payload: Payload) -> Payload:
    """The payload as the UI shows it: what cannot be decrypted stays as it is, secrets inside JSON are blanked."""
    opened = codec.open(payload)
    if opened.metadata.get("encoding") not in JSON_ENCODINGS:
        return opened
    try:
        value = json.loads(opened.data)
    except ValueError:
        return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(HIDDEN).encode())
    return Payload(metadata=opened.metadata, data=json.dumps(blanked(value)).encode())


def blanked(value: Any) -> Any:
    """The same JSON value without its secrets. A carried tail keeps the public part of each entry only."""
    if isinstance(value, dict):
        return {key: _blanked_member(key, member) for key, member in value.items()}
    if isinstance(value, list):
        return [blanked(item) for item in value]
    return value


def _blanked_member(key: str, member: Any) -> Any:
    if key in SECRET_KEYS and member is not None:
        return HIDDEN
    if key == "tail" and isinstance(member, list):
        return [item[0] if isinstance(item, list) and item else HIDDEN for item in member]
    return blanked(member)
