"""The daily three-way reconcile: what our payments say, what the processor says, and what the money ledger and the
orders say, compared cent by cent. Each difference is a case for a person, named so that it is opened once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from domain.payments import Kind, State


class Difference(StrEnum):
    """What does not agree. The subject is a payment's id, a transaction's, an order's, a transfer's or a document's."""

    NOT_AT_PROCESSOR = "not_at_processor"
    PROCESSOR_DIFFERS = "processor_differs"
    NOT_OURS = "not_ours"
    NOT_IN_LEDGER = "not_in_ledger"
    LEDGER_DIFFERS = "ledger_differs"
    LEDGER_WITHOUT_PAYMENT = "ledger_without_payment"
    LEDGER_UNBALANCED = "ledger_unbalanced"
    ORDER_PAID_DIFFERS = "order_paid_differs"
    ORDER_TOTAL_DIFFERS = "order_total_differs"
    NUMBER_MISSING = "number_missing"


WORDS: Mapping[Difference, str] = MappingProxyType(
    {
        Difference.NOT_AT_PROCESSOR: "We count a payment that the processor does not know.",
        Difference.PROCESSOR_DIFFERS: "The processor moved another sum than we count.",
        Difference.NOT_OURS: "The processor moved money that no payment of ours asked for.",
        Difference.NOT_IN_LEDGER: "A payment is done, and the money ledger does not tell of it.",
        Difference.LEDGER_DIFFERS: "The money ledger tells of another sum than the payment.",
        Difference.LEDGER_WITHOUT_PAYMENT: "The money ledger tells of a payment that there never was.",
        Difference.LEDGER_UNBALANCED: "A transfer in the money ledger does not balance.",
        Difference.ORDER_PAID_DIFFERS: "An order shows another sum as paid than the money ledger.",
        Difference.ORDER_TOTAL_DIFFERS: "An order asks for another sum than the money ledger.",
        Difference.NUMBER_MISSING: "Numbers of documents have a gap.",
    }
)


@dataclass(frozen=True, slots=True)
class Paid:
    """A card payment of ours that is over, or one of the past that belongs to the same transaction.

    `ledger_cents` is what the ledger tells of it: what came in, less what went out; None where it tells nothing.
    """

    id: int
    kind: Kind
    state: State
    cents: int
    transaction_id: str | None
    ledger_cents: int | None = None

    @property
    def moved_cents(self) -> int:
        """What we count: in, positive; out, negative; nothing where nothing was done."""
        if self.state is not State.DONE or self.kind is Kind.FORFEIT:
            return 0
        return self.cents if self.kind is Kind.CHARGE else -self.cents


@dataclass(frozen=True, slots=True)
class Seen:
    """A transaction as the processor tells it; `moved_cents` is None while it has not decided."""

    transaction_id: str
    reference: str
    moved_cents: int | None


@dataclass(frozen=True, slots=True)
class OrderSums:
    """An order's sums as its row shows them, and as the money ledger has them."""

    order_id: int
    total_cents: int | None
    paid_cents: int
    ledger_total_cents: int
    ledger_paid_cents: int


@dataclass(frozen=True, slots=True)
class Case:
    """One difference: our sum and the other one, where there are any."""

    difference: Difference
    subject: str
    ours_cents: int | None = None
    theirs_cents: int | None = None


def with_processor(ours: Iterable[Paid], theirs: Mapping[str, Seen | None], known: Iterable[str]) -> list[Case]:
    """Payments against transactions. `theirs` has every transaction by id, and None for one that was asked for and does
    not exist; `known` are the ids and references of all payments there ever were."""
    sums: dict[str, int] = {}
    for paid in ours:
        if paid.transaction_id is not None:
            sums[paid.transaction_id] = sums.get(paid.transaction_id, 0) + paid.moved_cents
    found = [_compared(each, cents, theirs[each]) for each, cents in sums.items() if each in theirs]
    names = frozenset(known)
    strange = [
        seen for seen in theirs.values() if seen is not None and not {seen.transaction_id, seen.reference} & names
    ]
    found += [
        Case(Difference.NOT_OURS, seen.transaction_id, 0, seen.moved_cents) for seen in strange if seen.moved_cents
    ]
    return [case for case in found if case is not None]


def with_ledger(ours: Iterable[Paid], strays: Iterable[str] = ()) -> list[Case]:
    """Payments against what the ledger tells of them; `strays` are transfers of payments that are not there."""
    found = [_booked(paid) for paid in ours]
    lost = [Case(Difference.LEDGER_WITHOUT_PAYMENT, transfer_id) for transfer_id in strays]
    return [*(case for case in found if case is not None), *lost]


def with_orders(orders: Iterable[OrderSums]) -> list[Case]:
    """Orders against the ledger."""
    found = []
    for each in orders:
        subject = str(each.order_id)
        if each.paid_cents != each.ledger_paid_cents:
            found.append(Case(Difference.ORDER_PAID_DIFFERS, subject, each.paid_cents, each.ledger_paid_cents))
        if (each.total_cents or 0) != each.ledger_total_cents:
            found.append(Case(Difference.ORDER_TOTAL_DIFFERS, subject, each.total_cents, each.ledger_total_cents))
    return found


def within(unbalanced: Iterable[str], gaps: Iterable[str]) -> list[Case]:
    """What is wrong with the ledger and the documents by themselves."""
    return [
        *(Case(Difference.LEDGER_UNBALANCED, transfer_id) for transfer_id in unbalanced),
        *(Case(Difference.NUMBER_MISSING, gap) for gap in gaps),
    ]


def _compared(transaction_id: str, cents: int, seen: Seen | None) -> Case | None:
    if seen is None:
        return Case(Difference.NOT_AT_PROCESSOR, transaction_id, cents, 0) if cents else None
    if seen.moved_cents is None or seen.moved_cents == cents:
        return None
    return Case(Difference.PROCESSOR_DIFFERS, transaction_id, cents, seen.moved_cents)


def _booked(paid: Paid) -> Case | None:
    told, cents = paid.ledger_cents, paid.moved_cents
    if told is None:
        return Case(Difference.NOT_IN_LEDGER, str(paid.id), cents, 0) if cents else None
    return None if told == cents else Case(Difference.LEDGER_DIFFERS, str(paid.id), cents, told)
