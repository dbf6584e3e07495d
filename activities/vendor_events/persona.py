"""What Persona's webhooks say: whether one is Persona's, and the ids, status and time in it. Names, birth dates and
whatever else Persona sends about a person are never read out of it."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta, Struct

# Persona signs with two secrets while one replaces the other; more groups or signatures are somebody wasting our time.
SIGNATURES_MAX = 8
HEADER_MAX = 4_096
SECONDS_DIGITS_MAX = 12

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Reference = Annotated[str, Meta(max_length=255)]
Time = Annotated[datetime, Meta(tz=True)]


class InquiryStatus(StrEnum):
    """Where an inquiry is. `completed` means that the person is through with the screens, not that they passed: only
    `approved` is approved. Persona may add a status at any time; that one is `unknown` here and waits for a person."""

    CREATED = "created"
    PENDING = "pending"
    COMPLETED = "completed"
    EXPIRED = "expired"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"
    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, _value: object) -> Self:
        return cls("unknown")

    @property
    def decision(self) -> "Decision":
        """What the status lets somebody do."""
        return DECISIONS.get(self, Decision.PENDING_REVIEW)


class Decision(StrEnum):
    """What an inquiry says about a person: nothing yet or any more, wait for a reviewer, yes, or no."""

    NONE = "none"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    DECLINED = "declined"


DECISIONS = {
    InquiryStatus.CREATED: Decision.NONE,
    InquiryStatus.PENDING: Decision.NONE,
    InquiryStatus.EXPIRED: Decision.NONE,
    InquiryStatus.FAILED: Decision.NONE,
    InquiryStatus.APPROVED: Decision.APPROVED,
    InquiryStatus.DECLINED: Decision.DECLINED,
}


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """One webhook. Events come twice and in any order: `event_id` tells a duplicate, `created_at` (aware) which is
    newer, and neither replaces asking Persona for the inquiry. `status` is None where the event is not about an inquiry
    itself (a session, a verification, a report), and `inquiry_id` where it names none."""

    event_id: str
    name: str
    inquiry_id: str | None
    reference_id: str | None
    status: InquiryStatus | None
    created_at: datetime


def verify(raw: bytes, header: str, secrets: Sequence[str], now: datetime, tolerance: timedelta) -> bool:
    """Whether `Persona-Signature` (`header`) signs this raw body, with any of our secrets, at most `tolerance` from
    `now`. The header holds one `t=<unix>,v1=<hex>` group, or several with a space between while a secret is replaced;
    v1 is HMAC-SHA256 of `<t>.<raw body>`. Persona signs each attempt anew, so a retry is not stale."""
    matches = False
    for signed_at, signature in _signatures(header):
        fresh = abs(now.timestamp() - int(signed_at)) <= tolerance.total_seconds()
        for secret in filter(None, secrets):
            expected = hmac.new(secret.encode(), f"{signed_at}.".encode() + raw, hashlib.sha256).hexdigest()
            # No early way out, so that the time taken says nothing about which secret or group was right.
            matches |= hmac.compare_digest(expected.encode(), signature.encode()) and fresh
    return matches


def read_event(raw: bytes) -> IdentityEvent:
    """The event in a webhook's raw body, after `verify`. Raises ValueError, with nothing of the body in it, for what is
    no event of Persona's."""
    try:
        event = msgspec.json.decode(raw, type=_Body).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("not an event of Persona's") from None
    subject, parent = event.attributes.payload.data, event.attributes.payload.data.relationships.inquiry.data
    is_inquiry = subject.type == "inquiry"
    return IdentityEvent(
        event_id=event.id,
        name=event.attributes.name,
        inquiry_id=subject.id if is_inquiry else parent.id if parent else None,
        reference_id=subject.attributes.reference_id,
        status=InquiryStatus(subject.attributes.status or "") if is_inquiry else None,
        created_at=event.attributes.created_at,
    )


def _signatures(header: str) -> Iterator[tuple[str, str]]:
    if len(header) > HEADER_MAX:
        return
    found = 0
    for group in header.split():
        parts = [part.partition("=") for part in group.split(",")]
        times = [value for name, _, value in parts if name == "t" and _is_seconds(value)]
        for name, _, value in parts:
            if name == "v1" and len(times) == 1 and found < SIGNATURES_MAX:
                found += 1
                yield times[0], value


def _is_seconds(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= SECONDS_DIGITS_MAX


class _Identifier(Struct):
    id: Id | None = None


class _Relationship(Struct):
    data: _Identifier | None = None


class _Relationships(Struct):
    inquiry: _Relationship = msgspec.field(default_factory=_Relationship)


class _Facts(Struct, rename="kebab"):
    status: str | None = None
    reference_id: Reference | None = None


class _Subject(Struct):
    type: Annotated[str, Meta(max_length=64)]
    id: Id
    attributes: _Facts = msgspec.field(default_factory=_Facts)
    relationships: _Relationships = msgspec.field(default_factory=_Relationships)


class _Payload(Struct):
    data: _Subject


class _EventAttributes(Struct, rename="kebab"):
    name: Annotated[str, Meta(pattern=r"^[\w./-]{1,64}$")]
    payload: _Payload
    created_at: Time


class _Event(Struct):
    type: Literal["event"]
    id: Id
    attributes: _EventAttributes


class _Body(Struct):
    data: _Event
