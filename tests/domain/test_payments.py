"""Every move a payment may make, and every one it may not."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import DUPLICATE_WINDOW, ENDS, MOVES, NOT_RETURNED, State, is_final, may_move, resend_until

S = State
ALLOWED = {
    (S.CREATED, S.SENDING),
    (S.CREATED, S.FAILED),
    (S.CREATED, S.MANUAL),
    (S.SENDING, S.CREATED),
    (S.SENDING, S.UNKNOWN),
    (S.SENDING, S.HELD),
    (S.SENDING, S.DONE),
    (S.SENDING, S.DECLINED),
    (S.SENDING, S.FAILED),
    (S.SENDING, S.MANUAL),
    (S.UNKNOWN, S.SENDING),
    (S.UNKNOWN, S.HELD),
    (S.UNKNOWN, S.DONE),
    (S.UNKNOWN, S.DECLINED),
    (S.UNKNOWN, S.FAILED),
    (S.UNKNOWN, S.MANUAL),
    (S.HELD, S.DONE),
    (S.HELD, S.DECLINED),
    (S.HELD, S.FAILED),
    (S.HELD, S.MANUAL),
    (S.MANUAL, S.DONE),
    (S.MANUAL, S.DECLINED),
    (S.MANUAL, S.FAILED),
}
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_payment_makes_the_moves_of_the_table_and_no_other(before: State, after: State) -> None:
    assert may_move(before, after) is ((before, after) in ALLOWED)


def test_a_payment_is_over_once_it_is_done_declined_or_failed() -> None:
    assert set(MOVES) == set(State)
    assert {state for state in State if is_final(state)} == ENDS
    assert NOT_RETURNED < ENDS


@given(st.lists(st.sampled_from(State), max_size=12))
def test_whatever_is_tried_what_is_over_stays_and_what_was_perhaps_sent_is_never_called_unsent(
    tries: list[State],
) -> None:
    state, was_in_doubt, ended = State.CREATED, False, None
    for wanted in tries:
        if may_move(state, wanted):
            assert ended is None
            was_in_doubt = was_in_doubt or wanted is State.UNKNOWN
            assert not (wanted is State.CREATED and state is not State.SENDING)
            state = wanted
            ended = state if is_final(state) else None


def test_a_charge_is_sent_again_only_while_the_vendor_still_knows_the_first() -> None:
    assert NOON + timedelta(hours=7) < resend_until(NOON) < NOON + DUPLICATE_WINDOW
