"""Why a payment for an order is not taken, or not written down, or not approved."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.payments import State


class PayCode(StrEnum):
    """Why a payment of an order is refused."""

    ID_REUSED = "ID_REUSED"
    NOT_INVOICED = "ORDER_NOT_INVOICED"
    NOTHING_DUE = "ORDER_NOTHING_DUE"
    PAYMENT_OPEN = "ORDER_PAYMENT_OPEN"
    BAD_AMOUNT = "ORDER_BAD_AMOUNT"
    CARD_MISSING = "CARD_MISSING"
    IN_FUTURE = "ORDER_PAYMENT_IN_FUTURE"
    NOT_WAITING = "ORDER_PAYMENT_NOT_WAITING"
    SAME_PERSON = "ORDER_PAYMENT_SAME_PERSON"


WORDS: Mapping[PayCode, str] = MappingProxyType(
    {
        PayCode.ID_REUSED: "This key names another payment.",
        PayCode.NOT_INVOICED: "The invoice is being written; try again in a moment.",
        PayCode.NOTHING_DUE: "Nothing is left to pay for this order.",
        PayCode.PAYMENT_OPEN: "A payment of this order is on its way; its outcome comes first.",
        PayCode.BAD_AMOUNT: "Pay more than nothing and no more than is due.",
        PayCode.CARD_MISSING: "There is no card on file that can be charged.",
        PayCode.IN_FUTURE: "A payment was made at a moment that has passed.",
        PayCode.NOT_WAITING: "This payment waits for nobody.",
        PayCode.SAME_PERSON: "Somebody else than who wrote it down has to approve a payment.",
    }
)


def card_refused(due_cents: int | None, cents: int, *, has_open: bool, has_card: bool) -> PayCode | None:
    """Why a card is not charged `cents`. `due_cents` is None before the invoice. Nobody pays while another payment of
    the order is in doubt: so nobody pays twice."""
    if due_cents is None:
        return PayCode.NOT_INVOICED
    if has_open:
        return PayCode.PAYMENT_OPEN
    if due_cents <= 0:
        return PayCode.NOTHING_DUE
    if not 0 < cents <= due_cents:
        return PayCode.BAD_AMOUNT
    return None if has_card else PayCode.CARD_MISSING


def approval_refused(state: State, recorded_by: int | None, by: int) -> PayCode | None:
    """Why somebody may not approve what came or went past the card: it is over, or they wrote it down themselves."""
    if state is not State.HELD:
        return PayCode.NOT_WAITING
    return PayCode.SAME_PERSON if recorded_by == by else None
