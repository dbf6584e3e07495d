"""A payment's life: what it is for, which way the money goes, and the one table of the moves it may make."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

# The vendor knows a repeated charge as such for eight hours. A repeat leaves early enough to arrive within them.
DUPLICATE_WINDOW = timedelta(hours=8)
RESEND_MARGIN = timedelta(minutes=10)


class Purpose(StrEnum):
    """What a payment is for."""

    DEPOSIT = "deposit"
    ORDER = "order"


class Kind(StrEnum):
    """Which way the money goes. A `void` is a return that became one, because its charge had not settled yet.

    A `forfeit` is what a deposit's owner has lost of it: no money moves for it, and no vendor hears of it.
    """

    CHARGE = "charge"
    REFUND = "refund"
    VOID = "void"
    FORFEIT = "forfeit"


class State(StrEnum):
    """Where a payment stands. `unknown`: the vendor may have done it; `held`: the vendor reviews it; `failed`: nothing
    was taken or given, for a reason that is not the card's; `manual`: a person has to find out; `reversed`: a charge
    that was taken, and taken back from us."""

    CREATED = "created"
    SENDING = "sending"
    UNKNOWN = "unknown"
    HELD = "held"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"
    MANUAL = "manual"
    REVERSED = "reversed"


ENDS = frozenset({State.DONE, State.DECLINED, State.FAILED, State.REVERSED})
# From `sending` back to `created` only where the vendor has certainly done nothing; from `unknown` to `sending` only
# under the same reference, within the window. Whatever is proven later ends a payment in doubt. What is done is undone
# by others only: a charge that is taken back from us is reversed, until a batch that failed is settled after all; a
# return that did not arrive is for a person, as the vendor may carry it out yet, and a second one would give twice.
MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.CREATED: frozenset({State.SENDING, State.FAILED, State.MANUAL}),
        State.SENDING: frozenset({State.CREATED, State.UNKNOWN, State.HELD, State.MANUAL}) | ENDS,
        State.UNKNOWN: frozenset({State.SENDING, State.HELD, State.MANUAL}) | ENDS,
        State.HELD: frozenset({State.MANUAL}) | ENDS,
        State.MANUAL: ENDS,
        State.DONE: frozenset({State.REVERSED, State.MANUAL}),
        State.REVERSED: frozenset({State.DONE}),
        State.DECLINED: frozenset(),
        State.FAILED: frozenset(),
    }
)
# Given back, or on its way: a return in doubt counts as gone, for buying power comes late rather than twice.
NOT_RETURNED = frozenset({State.DECLINED, State.FAILED})


def may_move(before: State, after: State) -> bool:
    """Whether a payment in one state may come into another; staying is no move."""
    return after in MOVES[before]


def is_final(state: State) -> bool:
    """Whether it is over: nobody waits for anything, and only what is done at the vendor later can change it."""
    return state in ENDS


def taken_back(kind: Kind) -> State:
    """What becomes of a payment that was done and is not any more."""
    return State.REVERSED if kind is Kind.CHARGE else State.MANUAL


def resend_until(first_sent_at: datetime) -> datetime:
    """Until when a charge first sent then may be sent again under its reference: the vendor still finds the first."""
    return first_sent_at + DUPLICATE_WINDOW - RESEND_MARGIN
