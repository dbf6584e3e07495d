"""When an unpaid order is reminded, charged, fined and in default, and which payments are in time.

Days are Minnesota business days after the day (in Chicago) on which the invoice was issued. A payment counts by the
moment it was made, never by when it was processed; a moment is in time if and only if it lies before the deadline.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from domain.business_days import add_business_days, day_of, end_of_business_day
from domain.clock import CHICAGO

MORNING = time(9, 0)


class Step(StrEnum):
    """What the clock does to an unpaid order, in its order."""

    REMIND = "remind"
    CHARGE = "charge"
    LATE_FEE = "late_fee"
    DEFAULT = "default"


class Verdict(StrEnum):
    """What becomes of a step whose time has come. `wait`: a payment made in time is still in doubt and may cover it."""

    TAKE = "take"
    SKIP = "skip"
    WAIT = "wait"


class Outcome(StrEnum):
    """What came of a payment, as far as is known. A hold of the vendor's review is `in_doubt` as well."""

    DONE = "done"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """What the buyer agreed to, frozen into the order: business days after the invoice's day.

    `charge_agreed`: the card on file may be charged by itself.
    """

    charge_agreed: bool
    remind_days: int = 1
    charge_days: int = 2
    late_fee_days: int = 3
    default_days: int = 5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Aware UTC. `charge_at` is None where no automatic charge was agreed. Paid before `late_fee_at` is on time."""

    remind_at: datetime
    charge_at: datetime | None
    late_fee_at: datetime
    default_at: datetime

    def at(self, step: Step) -> datetime | None:
        """When a step is due, or None where it never is."""
        times = (self.remind_at, self.charge_at, self.late_fee_at, self.default_at)
        return dict(zip(Step, times, strict=True))[step]


@dataclass(frozen=True, slots=True)
class Payment:
    """`made_at` is when the buyer did it: pressed the button, or the bank's time of the wire or deposit. `cents` net of
    what was given back or taken back since."""

    made_at: datetime
    cents: int
    outcome: Outcome = Outcome.DONE


def deadlines(invoiced_at: datetime, terms: PaymentTerms) -> Deadlines:
    """The deadlines of an invoice. An invoice of a weekend or holiday counts from its day; day 1 is a business day."""
    day = day_of(invoiced_at)

    def end(days: int) -> datetime:
        return end_of_business_day(add_business_days(day, days))

    return Deadlines(
        remind_at=_morning(add_business_days(day, terms.remind_days)),
        charge_at=end(terms.charge_days) if terms.charge_agreed else None,
        late_fee_at=end(terms.late_fee_days),
        default_at=end(terms.default_days),
    )


def postponed(times: Deadlines, released_at: datetime) -> Deadlines:
    """The deadlines after a dispute held them: none is earlier than the end of the business day after its release."""
    day = add_business_days(day_of(released_at), 1)
    end = end_of_business_day(day)
    return replace(
        times,
        remind_at=max(times.remind_at, _morning(day)),
        charge_at=None if times.charge_at is None else max(times.charge_at, end),
        late_fee_at=max(times.late_fee_at, end),
        default_at=max(times.default_at, end),
    )


def next_step(times: Deadlines, done: AbstractSet[Step]) -> tuple[Step, datetime] | None:
    """The step to wait for next, and until when; None once all are done, skipped or never to be."""
    for step in Step:
        at = times.at(step)
        if step not in done and at is not None:
            return step, at
    return None


def judged(step: Step, times: Deadlines, payments: Iterable[Payment], owed_cents: int) -> Verdict:
    """What to do at a step's time. `owed_cents` is the invoice's total: a late fee alone puts nobody in default.

    A charge is not started while a payment is in doubt, whenever that was made: nobody pays twice.
    """
    known = tuple(payments)
    # A reminder or charge has no deadline to have been kept: money that is there is enough.
    deadline = times.at(step) if step in {Step.LATE_FEE, Step.DEFAULT} else None
    if _made(known, deadline, {Outcome.DONE}) >= owed_cents:
        return Verdict.SKIP
    if _made(known, deadline, {Outcome.DONE, Outcome.IN_DOUBT}) >= owed_cents:
        return Verdict.WAIT
    in_doubt = any(payment.outcome is Outcome.IN_DOUBT for payment in known)
    return Verdict.WAIT if step is Step.CHARGE and in_doubt else Verdict.TAKE


def paid_in_full_at(payments: Iterable[Payment], owed_cents: int) -> datetime | None:
    """The moment the payment was made that completed the sum, in the order in which they were made, or None."""
    sum_cents = 0
    for payment in sorted(payments, key=lambda each: each.made_at):
        sum_cents += payment.cents if payment.outcome is Outcome.DONE else 0
        if sum_cents >= owed_cents:
            return payment.made_at
    return None


def late_fee_stands(times: Deadlines, payments: Iterable[Payment], owed_cents: int) -> bool:
    """Whether a late fee that was booked stays: not if the money turns out to have been sent in time."""
    return judged(Step.LATE_FEE, times, payments, owed_cents) is not Verdict.SKIP


def _made(payments: tuple[Payment, ...], deadline: datetime | None, outcomes: AbstractSet[Outcome]) -> int:
    counted = (each for each in payments if each.outcome in outcomes)
    return sum(each.cents for each in counted if deadline is None or each.made_at < deadline)


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, tzinfo=CHICAGO).astimezone(UTC)
