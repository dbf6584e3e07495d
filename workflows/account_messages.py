"""What goes into the Onboarding workflow and what comes out: one dataclass each way, changed only by adding."""

from dataclasses import dataclass, field
from datetime import datetime

MOST_CARD_ANSWERS = 3
MOST_NEWS = 10
LONGEST_ID = 64
LONGEST_SEALED = 40_000


@dataclass(frozen=True, slots=True)
class CardResult:
    """`outcome` is stored, declined (with the vendor's `code`), nonce_refused, away or gone."""

    outcome: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What a nonce, known by its fingerprint, came to."""

    fingerprint: str
    result: CardResult


@dataclass(slots=True)
class AccountState:
    """All that the process manager keeps in mind; the record is the database.

    `begun`: the inquiries that were made, oldest first; `tries`: how often the next one was tried in vain.
    `news`: inquiries that events named and nobody has read since, an empty name for whichever is the person's.
    `card_unsure`: a wish for a card ended without an answer.
    """

    begun: list[str] = field(default_factory=list)
    tries: int = 0
    news: list[str] = field(default_factory=list)
    card_answers: list[CardAnswer] = field(default_factory=list)
    card_unsure: bool = False
    card_news: bool = False
    to_look: bool = True
    cleared: bool = False
    missing: list[str] = field(default_factory=list)
    next_look_at: datetime | None = None
    open_inquiry: str | None = None
    closing: bool = False


@dataclass(frozen=True, slots=True)
class AccountStart:
    """The workflow's input: whose account it is, and what an earlier run carries over."""

    user_id: int
    state: AccountState | None = None


@dataclass(frozen=True, slots=True)
class BeginIdentity:
    """A person wants a link into their identity check."""


@dataclass(frozen=True, slots=True)
class IdentityLink:
    """`outcome` is link, approved, waiting, declined, too_many, away or gone; `url` is secret, until `expires_at`."""

    outcome: str
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreCard:
    """A nonce with its billing address, sealed by the API; the fingerprint tells one nonce from another."""

    sealed: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class GiveDetails:
    """Legal details, sealed by the API."""

    sealed: str


@dataclass(frozen=True, slots=True)
class AcceptTerms:
    """The terms of one version."""

    version: str


@dataclass(frozen=True, slots=True)
class RemoveCard:
    """Forget the card."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Judge the account anew, and ask the vendors once more."""


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """How the account stands after a step. `outcome` is done, away (send it again) or gone."""

    outcome: str
    cleared: bool = False
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """Something happened to an inquiry, perhaps; `status_hint` is what somebody said and never what is believed."""

    event_id: str = ""
    inquiry_id: str = ""
    status_hint: str = ""


@dataclass(frozen=True, slots=True)
class CardEvent:
    """Something happened to a card at the vendor, perhaps."""

    event_id: str = ""
    profile_id: str = ""
