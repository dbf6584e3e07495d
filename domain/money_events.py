"""What happens to the money of a sale, each as the transfer that tells of it.

Amounts are positive cents; anything else raises ValueError.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.charges import Charge, Line
from domain.money_ledger import Account, Book, Event, Kind, Transfer, transfer

BOOK_OF: Mapping[Charge, Book] = MappingProxyType(
    {
        Charge.VEHICLE: Book.PROCEEDS,
        Charge.TRADE_IN: Book.TRADE_INS,
        Charge.BUYER_FEE: Book.BUYER_FEES,
        Charge.DOCUMENTATION_FEE: Book.BUYER_FEES,
        Charge.SALES_TAX: Book.TAX,
        Charge.TITLE_FEE: Book.TITLE_FEES,
        Charge.TITLE_TECHNOLOGY: Book.TITLE_FEES,
        Charge.PUBLIC_SAFETY_FEE: Book.TITLE_FEES,
        Charge.TRANSFER_TAX: Book.TITLE_FEES,
        Charge.FILING_FEE: Book.TITLE_FEES,
        Charge.LIEN_FEE: Book.TITLE_FEES,
        Charge.PERMIT: Book.TITLE_FEES,
        Charge.DELIVERY: Book.TRANSPORT,
    }
)
# What we collect for others, and hand on.
REMITTABLE = frozenset({Book.TAX, Book.TITLE_FEES, Book.TRANSPORT})
CLEARING, BANK = Account(Book.CLEARING), Account(Book.BANK)


class Means(StrEnum):
    """How money comes and goes."""

    CARD = "card"
    WIRE = "wire"
    CHEQUE = "cheque"


def invoice_issued(event: Event, buyer_id: int, lines: Iterable[Line]) -> Transfer:
    """The buyer owes the total, and each line goes where it belongs. The seller's price is not due yet."""
    return transfer(Kind.INVOICE_ISSUED, event, *_owed(buyer_id, lines, 1))


def invoice_credited(event: Event, buyer_id: int, lines: Iterable[Line]) -> Transfer:
    """These lines of an invoice, whole or in part, are not owed any more: what a refund note says."""
    return transfer(Kind.INVOICE_CREDITED, event, *_owed(buyer_id, lines, -1))


def payment_received(event: Event, buyer_id: int, cents: int, means: Means, *, owed_cents: int) -> Transfer:
    """A payment pays what is owed for the order; what is left over is the buyer's credit."""
    paying = min(_positive(cents), max(owed_cents, 0))
    left = (_credit(buyer_id), paying - cents)
    return transfer(Kind.PAYMENT_RECEIVED, event, (_till(means), cents), (_buyer(buyer_id), -paying), left)


def credit_applied(event: Event, buyer_id: int, cents: int) -> Transfer:
    """A buyer's credit pays for an order."""
    return _moved(Kind.CREDIT_APPLIED, event, _credit(buyer_id), _buyer(buyer_id), cents)


def credit_returned(event: Event, buyer_id: int, cents: int, means: Means) -> Transfer:
    """A buyer's credit goes back."""
    return _moved(Kind.CREDIT_RETURNED, event, _credit(buyer_id), _till(means), cents)


def refund_sent(event: Event, buyer_id: int, cents: int, means: Means) -> Transfer:
    """What was paid goes back; whether it is still owed is the invoice's to say (see `invoice_credited`)."""
    return _moved(Kind.REFUND_SENT, event, _buyer(buyer_id), _till(means), cents)


def processor_fee(event: Event, cents: int) -> Transfer:
    """The processor keeps its fee."""
    return _moved(Kind.PROCESSOR_FEE, event, Account(Book.PROCESSOR_FEES), CLEARING, cents)


def processor_paid(event: Event, cents: int) -> Transfer:
    """The processor's settled batch reaches the bank."""
    return _moved(Kind.PROCESSOR_PAID, event, BANK, CLEARING, cents)


def chargeback(event: Event, cents: int) -> Transfer:
    """The card's bank takes a payment back; who bears it is open until it is won or lost."""
    return _moved(Kind.CHARGEBACK, event, Account(Book.CHARGEBACKS), CLEARING, cents)


def chargeback_won(event: Event, cents: int) -> Transfer:
    """The money comes back to us."""
    return _moved(Kind.CHARGEBACK_WON, event, CLEARING, Account(Book.CHARGEBACKS), cents)


def chargeback_lost(event: Event, buyer_id: int, cents: int) -> Transfer:
    """The money is gone, and the buyer owes it again."""
    return _moved(Kind.CHARGEBACK_LOST, event, _buyer(buyer_id), Account(Book.CHARGEBACKS), cents)


def late_fee(event: Event, buyer_id: int, cents: int) -> Transfer:
    """The buyer owes a fee for paying late."""
    return _moved(Kind.LATE_FEE, event, _buyer(buyer_id), Account(Book.LATE_FEES), cents)


def late_fee_waived(event: Event, buyer_id: int, cents: int) -> Transfer:
    """The fee, or a part of it, is not owed any more."""
    return _moved(Kind.LATE_FEE_WAIVED, event, Account(Book.LATE_FEES), _buyer(buyer_id), cents)


def deposit_received(event: Event, user_id: int, cents: int, means: Means = Means.CARD) -> Transfer:
    """A deposit comes in; it stays its owner's."""
    return _moved(Kind.DEPOSIT_RECEIVED, event, _till(means), Account(Book.DEPOSIT, user_id), cents)


def deposit_returned(event: Event, user_id: int, cents: int, means: Means = Means.CARD) -> Transfer:
    """A deposit goes back."""
    return _moved(Kind.DEPOSIT_RETURNED, event, Account(Book.DEPOSIT, user_id), _till(means), cents)


def deposit_forfeited(event: Event, user_id: int, cents: int) -> Transfer:
    """A defaulter's deposit is the house's, as published."""
    return _moved(Kind.DEPOSIT_FORFEITED, event, Account(Book.DEPOSIT, user_id), Account(Book.FORFEITS), cents)


def payout_due(event: Event, seller_id: int, price_cents: int, fee_cents: int = 0) -> Transfer:
    """The price, less the seller's fee, is due to the seller. Raises ValueError for a fee above the price."""
    return transfer(Kind.PAYOUT_DUE, event, *_due(seller_id, price_cents, fee_cents, 1))


def payout_sent(event: Event, seller_id: int, cents: int) -> Transfer:
    """The seller's bank is sent what is due."""
    return _moved(Kind.PAYOUT_SENT, event, _seller(seller_id), BANK, cents)


def payout_returned(event: Event, seller_id: int, cents: int) -> Transfer:
    """The seller's bank sent it back: it is due again."""
    return _moved(Kind.PAYOUT_RETURNED, event, BANK, _seller(seller_id), cents)


def clawback(event: Event, seller_id: int, price_cents: int, fee_cents: int = 0) -> Transfer:
    """A sale is unwound after it was due: the seller owes us what was, and gets the fee back."""
    return transfer(Kind.CLAWBACK, event, *_due(seller_id, price_cents, fee_cents, -1))


def clawback_collected(event: Event, seller_id: int, cents: int) -> Transfer:
    """The seller pays back what was clawed back."""
    return _moved(Kind.CLAWBACK_COLLECTED, event, BANK, _seller(seller_id), cents)


def remitted(event: Event, book: Book, cents: int) -> Transfer:
    """What was collected for the state or a carrier is handed on. Raises ValueError for a book of our own."""
    if book not in REMITTABLE:
        raise ValueError(f"nothing is collected for others in {book}")
    return _moved(Kind.REMITTED, event, Account(book), BANK, cents)


def written_off(event: Event, debtor: Account, cents: int) -> Transfer:
    """Nobody will pay it. Raises ValueError for an account that is no buyer's and no seller's."""
    if debtor.book not in {Book.BUYER, Book.SELLER}:
        raise ValueError(f"{debtor.book} owes us nothing")
    return _moved(Kind.WRITTEN_OFF, event, Account(Book.WRITE_OFFS), debtor, cents)


def _owed(buyer_id: int, lines: Iterable[Line], sign: int) -> list[tuple[Account, int]]:
    known = list(lines)
    owed = sum(line.cents for line in known)
    return [
        (_buyer(buyer_id), sign * owed),
        *((Account(BOOK_OF[line.code]), -sign * line.cents) for line in known),
    ]


def _due(seller_id: int, price_cents: int, fee_cents: int, sign: int) -> list[tuple[Account, int]]:
    if not 0 <= fee_cents <= _positive(price_cents):
        raise ValueError("a seller's fee is at most the price")
    return [
        (Account(Book.PROCEEDS), sign * price_cents),
        (_seller(seller_id), sign * (fee_cents - price_cents)),
        (Account(Book.SELLER_FEES), -sign * fee_cents),
    ]


def _moved(kind: Kind, event: Event, debited: Account, credited: Account, cents: int) -> Transfer:
    return transfer(kind, event, (debited, _positive(cents)), (credited, -cents))


def _positive(cents: int) -> int:
    if cents <= 0:
        raise ValueError(f"{cents} cents are no amount")
    return cents


def _till(means: Means) -> Account:
    return CLEARING if means is Means.CARD else BANK


def _buyer(user_id: int) -> Account:
    return Account(Book.BUYER, user_id)


def _seller(user_id: int) -> Account:
    return Account(Book.SELLER, user_id)


def _credit(user_id: int) -> Account:
    return Account(Book.CREDIT, user_id)
