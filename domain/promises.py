"""The promise timeline of an order: what each side owes by when, what follows if it does not come, and what happened.

Built from one table of specifications and moved by the events of the order. Days are counted from the day in Chicago
on which a promise begins, and end with the business day, or (calendar days) at midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import add_business_days, day_of, end_of_business_day
from domain.clock import CHICAGO
from domain.order_deadlines import Deadlines
from domain.orders import Party


class Code(StrEnum):
    """The promises, in the order in which a timeline shows them."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    LAST_PAYMENT = "last_payment"
    TITLE_HANDED = "title_handed"
    TITLE_FILED = "title_filed"
    HANDOVER = "handover"
    DELIVERY = "delivery"
    INSPECTION = "inspection"
    PAYOUT = "payout"


class State(StrEnum):
    """Where a promise stands. `waiting`: what it begins with has not happened; `late`: kept after it was due."""

    WAITING = "waiting"
    OPEN = "open"
    HELD = "held"
    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    WAIVED = "waived"


class Act(StrEnum):
    """What happens to a promise."""

    BEGIN = "begin"
    KEEP = "keep"
    MISS = "miss"
    HOLD = "hold"
    RELEASE = "release"
    WAIVE = "waive"


class Event(StrEnum):
    """What happens to an order, as far as promises hang on it."""

    SOLD = "sold"
    INVOICED = "invoiced"
    PAID = "paid"
    TITLE_RECEIVED = "title_received"
    TITLE_FILED = "title_filed"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    PAYOUT_SET = "payout_set"
    PAID_OUT = "paid_out"
    DISPUTED = "disputed"
    RELEASED = "released"
    ENDED = "ended"


class Days(StrEnum):
    """How the days of a promise are counted."""

    BUSINESS = "business"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Spec:
    """A promise in general. `lapses`: silence keeps it, there is nothing to miss. `is_held`: a dispute stops it."""

    owner: Party
    begins_with: Event
    days: int
    kept_by: Event
    if_missed: str
    counted: Days = Days.BUSINESS
    lapses: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """One line of the timeline. `due_at` (aware UTC) is None while it waits; `done_at`: when it was kept or waived."""

    code: Code
    owner: Party
    if_missed: str
    due_at: datetime | None = None
    state: State = State.WAITING
    done_at: datetime | None = None
    note: str = ""


Timeline = tuple[Promise, ...]
C, E, P, S, A = Code, Event, Party, State, Act
# TITLE_FILED: Minn. Stat. 168A.11 subd. 1, ten business days from the sale; a title that is sent back keeps that day.
SPECS: Mapping[Code, Spec] = MappingProxyType(
    {
        C.INVOICE: Spec(P.HOUSE, E.SOLD, 0, E.INVOICED, "Our staff are called; payment days count from the invoice."),
        C.PAYMENT: Spec(P.BUYER, E.INVOICED, 3, E.PAID, "A late fee is added.", is_held=True),
        C.LAST_PAYMENT: Spec(
            P.BUYER,
            E.INVOICED,
            5,
            E.PAID,
            "The sale is in default: the deposit is forfeited as published and the vehicle is offered to others.",
            is_held=True,
        ),
        C.TITLE_HANDED: Spec(
            P.SELLER, E.PAID, 2, E.TITLE_RECEIVED, "The payout waits, and the buyer may open a dispute on the title."
        ),
        C.TITLE_FILED: Spec(
            P.HOUSE, E.SOLD, 10, E.TITLE_FILED, "The state's term has passed: our staff are called, the buyer is told."
        ),
        C.HANDOVER: Spec(P.SELLER, E.PAID, 3, E.PICKED_UP, "Our staff call the seller; the buyer may open a dispute."),
        C.DELIVERY: Spec(P.CARRIER, E.PICKED_UP, 10, E.DELIVERED, "Our staff call the carrier, and the buyer is told."),
        C.INSPECTION: Spec(
            P.BUYER,
            E.DELIVERED,
            5,
            E.ACCEPTED,
            "The vehicle counts as accepted.",
            Days.CALENDAR,
            lapses=True,
            is_held=True,
        ),
        C.PAYOUT: Spec(P.HOUSE, E.PAYOUT_SET, 0, E.PAID_OUT, "Our staff are called.", is_held=True),
    }
)
MOVES: Mapping[tuple[State, Act], State] = MappingProxyType(
    {
        (S.WAITING, A.BEGIN): S.OPEN,
        (S.WAITING, A.KEEP): S.KEPT,
        (S.WAITING, A.WAIVE): S.WAIVED,
        (S.OPEN, A.KEEP): S.KEPT,
        (S.OPEN, A.MISS): S.MISSED,
        (S.OPEN, A.HOLD): S.HELD,
        (S.OPEN, A.WAIVE): S.WAIVED,
        (S.HELD, A.KEEP): S.KEPT,
        (S.HELD, A.RELEASE): S.OPEN,
        (S.HELD, A.WAIVE): S.WAIVED,
        # By a fact of before the term, or late.
        (S.MISSED, A.KEEP): S.KEPT,
        (S.MISSED, A.WAIVE): S.WAIVED,
    }
)


def begun(at: datetime, *, with_carrier: bool) -> Timeline:
    """The timeline of a sale made at `at`. Without a carrier the buyer fetches the vehicle, so none is promised."""
    codes = (code for code in Code if with_carrier or code is not Code.DELIVERY)
    waiting = tuple(Promise(code, SPECS[code].owner, SPECS[code].if_missed) for code in codes)
    return happened(waiting, Event.SOLD, at)


def happened(
    timeline: Timeline, event: Event, at: datetime, *, due: Mapping[Code, datetime] | None = None, note: str = ""
) -> Timeline:
    """The timeline after an event that happened at `at`, whenever we heard of it; told twice it changes nothing.

    `RELEASED` is told when the last open dispute is over. `due` gives terms that are agreed or set otherwise than the
    specifications say (frozen payment terms, the carrier's day, the payout's day).
    """
    return tuple(_touched(promise, event, at, due or {}, note) for promise in timeline)


def payment_due(times: Deadlines) -> Mapping[Code, datetime]:
    """The terms of the buyer's promises, for `due`, as they were frozen into the order."""
    return {Code.PAYMENT: times.late_fee_at, Code.LAST_PAYMENT: times.default_at}


def ticked(timeline: Timeline, now: datetime) -> Timeline:
    """The timeline at `now`: what is due is missed, or kept by silence."""
    return tuple(_ticked(promise, now) for promise in timeline)


def next_due(timeline: Timeline) -> datetime | None:
    """When the clock next has something to do, or None."""
    times = [promise.due_at for promise in timeline if promise.state is S.OPEN and promise.due_at is not None]
    return min(times, default=None)


def missed(before: Timeline, after: Timeline) -> tuple[Promise, ...]:
    """What was missed from one timeline to the next: what there is to be done about now."""
    known = {promise.code for promise in before if promise.state is S.MISSED}
    return tuple(promise for promise in after if promise.state is S.MISSED and promise.code not in known)


def _touched(promise: Promise, event: Event, at: datetime, due: Mapping[Code, datetime], note: str) -> Promise:
    spec = SPECS[promise.code]
    if event is spec.kept_by:
        return _kept(promise, at, note)
    if event is spec.begins_with:
        term = due.get(promise.code) or due_at(promise.code, at)
        return _moved(promise, A.BEGIN, due_at=term, note=note)
    if event is Event.ENDED:
        return _moved(promise, A.WAIVE, done_at=at, note=note)
    if event is Event.DISPUTED and spec.is_held:
        return _moved(promise, A.HOLD, note=note)
    if event is Event.RELEASED and promise.state is S.HELD and promise.due_at is not None:
        # Who was held for a dispute has the rest of the next business day at least.
        term = due.get(promise.code) or max(promise.due_at, _end(day_of(at), 1, Days.BUSINESS))
        return _moved(promise, A.RELEASE, due_at=term, note=note)
    return promise


def due_at(code: Code, begins_at: datetime) -> datetime:
    """When (UTC) a promise is due that begins at a moment; what is due the same day has the next one in the evening."""
    spec, day = SPECS[code], day_of(begins_at)
    term = _end(day, spec.days, spec.counted)
    return term if term > begins_at else _end(day, spec.days + 1, spec.counted)


def _kept(promise: Promise, at: datetime, note: str) -> Promise:
    kept = _moved(promise, A.KEEP, done_at=at, note=note)
    # While it was held its term did not run.
    runs = promise.state is not S.HELD and promise.due_at is not None
    is_late = kept is not promise and runs and promise.due_at is not None and at >= promise.due_at
    return replace(kept, state=S.LATE) if is_late else kept


def _ticked(promise: Promise, now: datetime) -> Promise:
    if promise.state is not S.OPEN or promise.due_at is None or now < promise.due_at:
        return promise
    if SPECS[promise.code].lapses:
        return _moved(promise, A.KEEP, done_at=promise.due_at)
    return _moved(promise, A.MISS)


def _moved(
    promise: Promise, act: Act, *, due_at: datetime | None = None, done_at: datetime | None = None, note: str = ""
) -> Promise:
    state = MOVES.get((promise.state, act))
    if state is None:
        return promise
    return replace(
        promise,
        state=state,
        due_at=due_at or promise.due_at,
        done_at=done_at or promise.done_at,
        note=note or promise.note,
    )


def _end(day: date, days: int, counted: Days) -> datetime:
    if counted is Days.BUSINESS:
        return end_of_business_day(add_business_days(day, days))
    # The days are whole ones: the day of the event does not count, and the last one ends at its midnight.
    return datetime.combine(day + timedelta(days=days + 1), time(0), tzinfo=CHICAGO).astimezone(UTC)
