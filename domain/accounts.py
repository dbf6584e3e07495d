"""What a person has to show before they may bid, what is still missing, and how much they may have at stake."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

# A verified person with a card may have this much at stake, on so many lots; a deposit counts tenfold.
CARD_LIMIT_CENTS = 1_000_000
CARD_LOTS = 2
DEPOSIT_TIMES = 10
DEPOSIT_LEAST_CENTS = 50_000
DEPOSIT_MOST_CENTS = 5_000_000
CARD_WARNED = timedelta(days=30)
TERMS_VERSION = "2026-11"
DECEMBER = 12


class Identity(StrEnum):
    """Where the identity check stands. Only `approved` counts: `completed` is what the person did, not the verdict."""

    NONE = "none"
    PENDING = "pending"
    COMPLETED = "completed"
    NEEDS_REVIEW = "needs_review"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"
    EXPIRED = "expired"


class Card(StrEnum):
    """Where the payment card stands."""

    NONE = "none"
    STORED = "stored"
    DECLINED = "declined"


class Step(StrEnum):
    """The steps to being cleared, in the order in which a person sees them."""

    EMAIL = "email"
    IDENTITY = "identity"
    CARD = "card"
    DETAILS = "details"
    TERMS = "terms"


class State(StrEnum):
    """`waiting` is for somebody else to finish; `problem` needs the person to do it again or to talk to support."""

    DONE = "done"
    MISSING = "missing"
    WAITING = "waiting"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an account has shown. `card_expires` is (year, month), its last valid month; `legal_matches` is None until
    the given name was compared with the identity check's; `deposits_cents` are captured and not returned."""

    email_verified: bool = False
    identity: Identity = Identity.NONE
    identity_expires_at: datetime | None = None
    card: Card = Card.NONE
    card_expires: tuple[int, int] | None = None
    details_given: bool = False
    legal_matches: bool | None = None
    terms_version: str | None = None
    deposits_cents: int = 0
    dealer_line_cents: int = 0
    on_hold: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist; `code` says why it is not done, and is empty when it is."""

    step: Step
    state: State
    code: str = ""


@dataclass(frozen=True, slots=True)
class Clearance:
    """Whether a person may bid, and how much; `lots` is None where only the sum counts."""

    cleared: bool
    limit_cents: int
    lots: int | None
    items: tuple[Item, ...]
    on_hold: bool = False

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is not done, first things first."""
        return tuple(item for item in self.items if item.state is not State.DONE)


def clearance(facts: Facts, now: datetime) -> Clearance:
    """Judge an account as it is now."""
    items = checklist(facts, now)
    complete = all(item.state is State.DONE for item in items)
    if not complete or facts.on_hold:
        return Clearance(cleared=False, limit_cents=0, lots=0, items=items, on_hold=facts.on_hold)
    limit, lots = buying_power(facts.deposits_cents, facts.dealer_line_cents)
    return Clearance(cleared=True, limit_cents=limit, lots=lots, items=items)


def buying_power(deposits_cents: int, dealer_line_cents: int) -> tuple[int, int | None]:
    """The most a cleared person may have at stake, and on how many lots (None: any number).

    The card's limit of two lots ends where a deposit or a dealer's line allows at least as much as the card.
    """
    backed = max(deposits_cents * DEPOSIT_TIMES, dealer_line_cents)
    return (backed, None) if backed >= CARD_LIMIT_CENTS else (CARD_LIMIT_CENTS, CARD_LOTS)


def checklist(facts: Facts, now: datetime) -> tuple[Item, ...]:
    """Every step with its state."""
    return (
        _item(Step.EMAIL, State.DONE if facts.email_verified else State.MISSING, "EMAIL_UNVERIFIED"),
        _item(Step.IDENTITY, *_identity(facts, now)),
        _item(Step.CARD, *_card(facts, now)),
        _item(Step.DETAILS, *_details(facts)),
        _item(Step.TERMS, *_terms(facts)),
    )


def changes_at(facts: Facts, now: datetime) -> Sequence[datetime]:
    """The moments still to come at which this account changes by itself: card warned of, card and identity expired."""
    moments = [facts.identity_expires_at] if facts.identity is Identity.APPROVED else []
    if facts.card is Card.STORED and facts.card_expires is not None:
        ends = month_end(facts.card_expires)
        moments += [ends - CARD_WARNED, ends]
    return sorted(moment for moment in moments if moment is not None and moment > now)


def month_end(month: tuple[int, int]) -> datetime:
    """The first moment, in UTC, after a (year, month)."""
    year, number = month
    return datetime(year + number // DECEMBER, number % DECEMBER + 1, 1, tzinfo=UTC)


def _item(step: Step, state: State, code: str) -> Item:
    return Item(step, state, "" if state is State.DONE else code)


def _identity(facts: Facts, now: datetime) -> tuple[State, str]:
    match facts.identity:
        case Identity.APPROVED:
            over = facts.identity_expires_at is not None and facts.identity_expires_at <= now
            return (State.MISSING, "IDENTITY_EXPIRED") if over else (State.DONE, "")
        case Identity.NONE:
            return State.MISSING, "IDENTITY_UNVERIFIED"
        case Identity.PENDING:
            return State.MISSING, "IDENTITY_UNFINISHED"
        case Identity.EXPIRED:
            return State.MISSING, "IDENTITY_EXPIRED"
        case Identity.COMPLETED | Identity.NEEDS_REVIEW:
            return State.WAITING, "IDENTITY_IN_REVIEW"
        case Identity.FAILED | Identity.DECLINED:
            return State.PROBLEM, f"IDENTITY_{facts.identity.upper()}"
        case _ as unreachable:
            assert_never(unreachable)


def _card(facts: Facts, now: datetime) -> tuple[State, str]:
    match facts.card:
        case Card.NONE:
            return State.MISSING, "CARD_MISSING"
        case Card.DECLINED:
            return State.PROBLEM, "CARD_DECLINED"
        case Card.STORED:
            over = facts.card_expires is not None and month_end(facts.card_expires) <= now
            return (State.PROBLEM, "CARD_EXPIRED") if over else (State.DONE, "")
        case _ as unreachable:
            assert_never(unreachable)


def _details(facts: Facts) -> tuple[State, str]:
    if not facts.details_given:
        return State.MISSING, "DETAILS_MISSING"
    if facts.legal_matches is None:
        return State.WAITING, "DETAILS_UNMATCHED"
    return (State.DONE, "") if facts.legal_matches else (State.PROBLEM, "NAME_MISMATCH")


def _terms(facts: Facts) -> tuple[State, str]:
    if facts.terms_version == TERMS_VERSION:
        return State.DONE, ""
    return State.MISSING, "TERMS_CHANGED" if facts.terms_version else "TERMS_MISSING"
