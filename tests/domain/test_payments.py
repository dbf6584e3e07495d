"""Every move a payment may make, and every one it may not."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import (
    DUPLICATE_WINDOW,
    ENDS,
    MOVES,
    NOT_RETURNED,
    Kind,
    State,
    is_final,
    may_move,
    resend_until,
    taken_back,
)

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
    (S.SENDING, S.REVERSED),
    (S.UNKNOWN, S.SENDING),
    (S.UNKNOWN, S.HELD),
    (S.UNKNOWN, S.DONE),
    (S.UNKNOWN, S.DECLINED),
    (S.UNKNOWN, S.FAILED),
    (S.UNKNOWN, S.MANUAL),
    (S.UNKNOWN, S.REVERSED),
    (S.HELD, S.DONE),
    (S.HELD, S.DECLINED),
    (S.HELD, S.FAILED),
    (S.HELD, S.MANUAL),
    (S.HELD, S.REVERSED),
    (S.MANUAL, S.DONE),
    (S.MANUAL, S.DECLINED),
    (S.MANUAL, S.FAILED),
    (S.MANUAL, S.REVERSED),
    (S.DONE, S.REVERSED),
    (S.DONE, S.MANUAL),
    (S.REVERSED, S.DONE),
}
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_payment_makes_the_moves_of_the_table_and_no_other(before: State, after: State) -> None:
    assert may_move(before, after) is ((before, after) in ALLOWED)


def test_a_payment_is_over_once_it_is_done_declined_failed_or_reversed() -> None:
    assert set(MOVES) == set(State)
    assert {state for state in State if is_final(state)} == ENDS == {S.DONE, S.DECLINED, S.FAILED, S.REVERSED}
    assert NOT_RETURNED < ENDS


def test_what_moved_no_money_stays_so_and_what_was_done_never_becomes_that() -> None:
    assert all(not MOVES[state] for state in NOT_RETURNED)
    assert not (MOVES[S.DONE] | MOVES[S.REVERSED]) & NOT_RETURNED


@pytest.mark.parametrize(("kind", "state"), [(Kind.CHARGE, S.REVERSED), (Kind.REFUND, S.MANUAL), (Kind.VOID, S.MANUAL)])
def test_a_charge_that_is_undone_is_reversed_and_a_return_that_is_undone_is_for_a_person(
    kind: Kind, state: State
) -> None:
    assert taken_back(kind) is state
    assert may_move(S.DONE, state)


@given(st.lists(st.sampled_from(State), max_size=12))
def test_whatever_is_tried_what_is_over_is_never_sent_again_and_what_was_perhaps_sent_is_never_called_unsent(
    tries: list[State],
) -> None:
    state, was_over = State.CREATED, False
    for wanted in tries:
        if may_move(state, wanted):
            assert not (was_over and wanted in {State.CREATED, State.SENDING, State.UNKNOWN, State.HELD})
            assert not (wanted is State.CREATED and state is not State.SENDING)
            state, was_over = wanted, was_over or is_final(wanted)


def test_a_charge_is_sent_again_only_while_the_vendor_still_knows_the_first() -> None:
    assert NOON + timedelta(hours=7) < resend_until(NOON) < NOON + DUPLICATE_WINDOW
