"""SendGrid's signed event webhook: is it genuine, and what does it tell of our mails?"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from activities.db.notifications import MailEvent
from domain.clock import from_ms
from domain.notices import MailEventKind

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
TIMESTAMP = re.compile(r"[0-9]{1,11}")
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
LONGEST_REASON = 255
LONGEST_ID = 100
SECOND_MS = 1_000


class UnreadableError(ValueError):
    """A genuine webhook whose body is not a list of events."""


def verify(
    raw: bytes, signature: str, timestamp: str, public_keys: Sequence[str], now: datetime, tolerance: timedelta
) -> bool:
    """Whether SendGrid signed exactly these bytes, the line end after them included, within `tolerance` of `now`.

    `signature` and `timestamp` are the headers' texts; a key is the base64 text that SendGrid shows, and during a
    rotation there are two. Whatever is malformed is False.
    """
    if TIMESTAMP.fullmatch(timestamp) is None:
        return False
    if abs(now - from_ms(int(timestamp) * SECOND_MS)) > tolerance:
        return False
    try:
        signed = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_is_signed_by(text, signed, timestamp.encode() + raw) for text in public_keys)


def read_events(raw: bytes) -> list[MailEvent]:
    """The events that carry an outbox id of ours, in the order sent. Raises UnreadableError for no list of objects."""
    try:
        found = msgspec.json.decode(raw, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(type(error).__name__) from None
    return [event for event in map(_event, found) if event is not None]


def _is_signed_by(public_key: str, signature: bytes, signed: bytes) -> bool:
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return False
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        return False
    try:
        key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _event(found: dict[str, Any]) -> MailEvent | None:
    event_id, outbox_id, at = found.get("sg_event_id"), found.get("outbox_id"), found.get("timestamp")
    if not isinstance(event_id, str) or not 0 < len(event_id) <= LONGEST_ID or not _is_uuid(outbox_id):
        return None
    if not isinstance(at, int) or TIMESTAMP.fullmatch(str(at)) is None:
        return None
    return MailEvent(event_id, str(outbox_id), _kind(found.get("event")), from_ms(at * SECOND_MS), _reason(found))


def _kind(name: object) -> MailEventKind:
    return MailEventKind(name) if isinstance(name, str) and name in set(MailEventKind) else MailEventKind.OTHER


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def _reason(found: dict[str, Any]) -> str | None:
    """What the receiving server said, without the addresses it may quote."""
    said = found.get("reason") or found.get("response")
    if not isinstance(said, str):
        return None
    return ADDRESS.sub("(address)", said)[:LONGEST_REASON]
