"""The money ledger in double entry: accounts, and transfers whose postings sum to zero.

A posting is positive where it debits: what people owe us, what we hold and what we spend grow by it; what we owe and
what we earn grow by negative ones. What happens in a sale is in `domain.money_events`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_ID = 120


class Book(StrEnum):
    """The accounts. Of the first four each person has one of their own: what a buyer owes us, what is due to a seller,
    somebody's deposit, and money of a buyer's that is for no order (yet).
    """

    BUYER = "buyer"
    SELLER = "seller"
    DEPOSIT = "deposit"
    CREDIT = "credit"
    # The price of vehicles that is not due to their sellers yet.
    PROCEEDS = "proceeds"
    TRADE_INS = "trade_ins"
    CLEARING = "processor_clearing"
    BANK = "bank"
    BUYER_FEES = "buyer_fees"
    SELLER_FEES = "seller_fees"
    LATE_FEES = "late_fees"
    FORFEITS = "forfeits"
    TAX = "tax_payable"
    TITLE_FEES = "title_fees_payable"
    TRANSPORT = "transport_payable"
    CHARGEBACKS = "chargebacks"
    PROCESSOR_FEES = "processor_fees"
    WRITE_OFFS = "write_offs"


class Kind(StrEnum):
    """What a transfer tells of."""

    INVOICE_ISSUED = "invoice_issued"
    INVOICE_CREDITED = "invoice_credited"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_VOIDED = "payment_voided"
    CREDIT_APPLIED = "credit_applied"
    CREDIT_RETURNED = "credit_returned"
    REFUND_SENT = "refund_sent"
    REFUND_FAILED = "refund_failed"
    PROCESSOR_FEE = "processor_fee"
    PROCESSOR_PAID = "processor_paid"
    CHARGEBACK = "chargeback"
    CHARGEBACK_WON = "chargeback_won"
    CHARGEBACK_LOST = "chargeback_lost"
    LATE_FEE = "late_fee"
    LATE_FEE_WAIVED = "late_fee_waived"
    DEPOSIT_RECEIVED = "deposit_received"
    DEPOSIT_RETURNED = "deposit_returned"
    DEPOSIT_FORFEITED = "deposit_forfeited"
    PAYOUT_DUE = "payout_due"
    PAYOUT_SENT = "payout_sent"
    PAYOUT_RETURNED = "payout_returned"
    CLAWBACK = "clawback"
    CLAWBACK_COLLECTED = "clawback_collected"
    REMITTED = "remitted"
    WRITTEN_OFF = "written_off"


PERSONAL = frozenset({Book.BUYER, Book.SELLER, Book.DEPOSIT, Book.CREDIT})


class UnbalancedError(ValueError):
    """The postings of a transfer are no transfer: they do not sum to zero, or say nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `person` is a user's id where everybody has one of their own. Raises ValueError for a wrong pair."""

    book: Book
    person: int | None = None

    def __post_init__(self) -> None:
        if (self.book in PERSONAL) != (self.person is not None and self.person > 0):
            raise ValueError(f"{self.book} is not an account of {self.person}")

    @property
    def name(self) -> str:
        """`buyer:7`, `bank`."""
        return self.book.value if self.person is None else f"{self.book.value}:{self.person}"

    @classmethod
    def named(cls, name: str) -> "Account":
        """The account of a name. Raises ValueError for any other text."""
        book, _, person = name.partition(":")
        found = cls(Book(book), int(person) if person else None)
        if found.name != name:
            raise ValueError(f"there is no account {name!r}")
        return found


@dataclass(frozen=True, slots=True)
class Posting:
    """So many cents to an account: positive debits it, negative credits it."""

    account: Account
    cents: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that changed sides, all at once. `id` is unique for what it tells of, so that nothing is told twice.

    Raises UnbalancedError unless at least two accounts change, each once, and in sum by nothing; ValueError for a naive
    time or an id that is too long.
    """

    id: str
    kind: Kind
    at: datetime
    postings: tuple[Posting, ...]
    order_id: int | None = None

    def __post_init__(self) -> None:
        accounts = {posting.account for posting in self.postings}
        if len(accounts) < 2 or len(accounts) < len(self.postings):  # noqa: PLR2004 - double entry has two sides
            raise UnbalancedError(f"{self.id}: a transfer names two accounts or more, each once")
        if any(posting.cents == 0 for posting in self.postings) or sum(each.cents for each in self.postings) != 0:
            raise UnbalancedError(f"{self.id}: the postings of a transfer sum to zero, and none is zero")
        if self.at.tzinfo is None or not 0 < len(self.id) <= LONGEST_ID:
            raise ValueError(f"{self.id}: an aware time and an id of at most {LONGEST_ID} characters")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, to be told by a transfer: `key` names it among its kind, such as an invoice's number."""

    key: str
    at: datetime
    order_id: int | None = None


def transfer(kind: Kind, event: Event, *moved: tuple[Account, int]) -> Transfer:
    """A transfer of amounts; those to one account are added up, and what comes to nothing is left out.

    Its id is `kind:key`. Raises UnbalancedError where that leaves no transfer.
    """
    sums: dict[Account, int] = {}
    for account, cents in moved:
        sums[account] = sums.get(account, 0) + cents
    postings = tuple(Posting(account, cents) for account, cents in sums.items() if cents)
    return Transfer(f"{kind.value}:{event.key}", kind, event.at, postings, event.order_id)


def undone(told: Transfer, kind: Kind, event: Event) -> Transfer:
    """A transfer that takes another one back, under its own kind and name, for the same order."""
    postings = tuple(Posting(posting.account, -posting.cents) for posting in told.postings)
    return Transfer(f"{kind.value}:{event.key}", kind, event.at, postings, told.order_id)


def balances(transfers: Iterable[Transfer]) -> Mapping[Account, int]:
    """What is on each account that is not empty. The balances always sum to zero."""
    sums: dict[Account, int] = {}
    for each in transfers:
        for posting in each.postings:
            sums[posting.account] = sums.get(posting.account, 0) + posting.cents
    return {account: cents for account, cents in sums.items() if cents}
