"""Every refusal about orders, their payments and disputes, by its stable code."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.dispute_terms import WORDS as DISPUTE_WORDS
from domain.dispute_terms import DisputeCode
from domain.errors import DomainError, InvalidError, NotAllowedError, NotFoundError, RefusedError
from domain.order_payments import WORDS as PAY_WORDS
from domain.order_payments import PayCode
from domain.orders import WORDS as ORDER_WORDS

INVALID = frozenset(
    {
        PayCode.BAD_AMOUNT,
        PayCode.IN_FUTURE,
        DisputeCode.TEXT_MISSING,
        DisputeCode.TEXT_TOO_LONG,
        DisputeCode.BAD_REMEDY,
    }
)
FORBIDDEN = frozenset({PayCode.SAME_PERSON, DisputeCode.SAME_PERSON, DisputeCode.NOT_FOR_YOU})
# Known everywhere already, with the same meaning.
ELSEWHERE = frozenset({PayCode.ID_REUSED, PayCode.CARD_MISSING})


def _kind(code: object) -> type[DomainError]:
    if code in INVALID:
        return InvalidError
    return NotAllowedError if code in FORBIDDEN else RefusedError


ORDERS: Mapping[str, tuple[type[DomainError], str]] = MappingProxyType(
    {
        **{
            code.value: (_kind(code), words)
            for code, words in (*ORDER_WORDS.items(), *DISPUTE_WORDS.items(), *PAY_WORDS.items())
            if code not in ELSEWHERE
        },
        "ORDER_NOT_FOUND": (NotFoundError, "There is no such order of yours."),
        "ORDER_BUYERS_ONLY": (NotAllowedError, "Only the buyer of this order may do this."),
        "ORDER_OWN": (NotAllowedError, "You are a side of this order; somebody else of the staff has to do this."),
        "ORDER_DUE_CHANGED": (RefusedError, "What is due has changed since you looked; `due_cents` is what it is now."),
        "ORDER_UNREADABLE": (InvalidError, "Something in it could not be read, or is too long."),
        "ORDER_NO_SUCH_DISPUTE": (NotFoundError, "There is no such dispute on this order."),
        "PAYMENT_NOT_FOUND": (NotFoundError, "There is no such payment of this order."),
        "TASK_NOT_FOUND": (NotFoundError, "There is no such task."),
    }
)
