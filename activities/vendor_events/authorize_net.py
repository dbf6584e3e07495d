"""Authorize.Net's webhooks: whether one is genuine, and what it tells. The signature covers no time, so a webhook can
be replayed: take each `notification_id` once, and read the transaction again before believing it."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SCHEME = "sha512="


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """What happened to one thing. `reference` is our refId, or the invoice number where that is missing."""

    notification_id: str
    event_type: str
    occurred_at: datetime
    transaction_id: str | None = None
    profile_id: str | None = None
    payment_profile_id: str | None = None
    reference: str | None = None


def verify(raw: bytes, header: str | None, keys: Sequence[str]) -> bool:
    """Whether `X-ANET-Signature` is the HMAC-SHA512 of the raw body under one of the signature keys. A key is used as
    the ASCII text of its hex, not as the bytes that the hex means; several are good while a key is changed."""
    if header is None or not header.isascii() or not header.lower().startswith(SCHEME):
        return False
    given = header[len(SCHEME) :].upper()
    expected = [hmac.new(key.encode("ascii"), raw, hashlib.sha512).hexdigest().upper() for key in keys]
    return any(hmac.compare_digest(given, one) for one in expected)


def read_event(raw: bytes) -> PaymentEvent:
    """A verified webhook's body as an event. ValueError when it is not one."""
    try:
        document = json.loads(raw)
        payload = document["payload"]
        return PaymentEvent(
            notification_id=_text(document["notificationId"]),
            event_type=_text(document["eventType"]),
            occurred_at=_time(document["eventDate"]),
            reference=payload.get("merchantReferenceId") or payload.get("invoiceNumber") or None,
            **_subject(payload),
        )
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not an event of Authorize.Net") from None


def _subject(payload: Mapping[str, Any]) -> dict[str, str]:
    subject = _text(payload["id"])
    match payload["entityName"]:
        case "transaction":
            return {"transaction_id": subject}
        case "customerProfile":
            return {"profile_id": subject}
        case "customerPaymentProfile":
            return {"payment_profile_id": subject, "profile_id": str(payload["customerProfileId"])}
        case _:
            return {}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not an event of Authorize.Net")
    return value


def _time(value: object) -> datetime:
    told = datetime.fromisoformat(_text(value))
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
