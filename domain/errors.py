"""Why the product says no: stable codes, and the one exception that carries a code with its facts to the edge."""

from enum import StrEnum


class Code(StrEnum):
    """Refusals of the auction (auction-rules.md section 3), in the order in which a bid is checked."""

    ID_REUSED = "ID_REUSED"
    NOT_WHOLE_DOLLARS = "NOT_WHOLE_DOLLARS"
    NOT_STARTED = "NOT_STARTED"
    TOO_LATE = "TOO_LATE"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    NO_BIDDING = "NO_BIDDING"
    OWN_VEHICLE = "OWN_VEHICLE"
    ALREADY_LEADING = "ALREADY_LEADING"
    BELOW_OWN_MAXIMUM = "BELOW_OWN_MAXIMUM"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    NO_SUCH_BID = "NO_SUCH_BID"
    RESERVE_NOT_LOWERED = "RESERVE_NOT_LOWERED"
    NOT_ENDED = "NOT_ENDED"
    NOT_HELD = "NOT_HELD"
    HAS_BIDS = "HAS_BIDS"
    RETRACTION_NOT_ALLOWED = "RETRACTION_NOT_ALLOWED"
    BUY_NOW_NOT_OPEN = "BUY_NOW_NOT_OPEN"
    BUY_NOW_ONCE = "BUY_NOW_ONCE"
    RESERVED = "RESERVED"
    NOT_RESERVED = "NOT_RESERVED"
    OFFERS_NOT_OPEN = "OFFERS_NOT_OPEN"
    NOT_ON_SUNDAY = "NOT_ON_SUNDAY"
    UNREADABLE = "UNREADABLE"


class DomainError(Exception):
    """A refusal with a stable `code`, one sentence of `detail` for the person, and facts in `data` (JSON values)."""

    def __init__(self, code: str, detail: str, **data: object) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.data = data


class NotFoundError(DomainError):
    """There is no such thing, or not for this person."""


class NotAllowedError(DomainError):
    """The person may not do this; `code` says what is missing, `detail` how to get it."""


class NotSignedInError(DomainError):
    """Nobody is signed in."""


class RefusedError(DomainError):
    """A rule of the auction refuses it."""


class ChangedError(DomainError):
    """The thing is not any more what the person has read and decided on."""


class InvalidError(DomainError):
    """The request cannot be read; `data["errors"]` lists field, rule and message."""


class TooManyError(DomainError):
    """A limit was reached; `data["retry_after_s"]` says when to come back."""


class UnavailableError(DomainError):
    """A part we need is away; the same request may be sent again after `data["retry_after_s"]`."""
