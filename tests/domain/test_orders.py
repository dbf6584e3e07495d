"""An order's moves: the road of a good sale, the ways out of it, and what goes on beneath a dispute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import (
    DISPUTABLE,
    HELD_BY_A_DISPUTE,
    MOVES,
    ROAD,
    WORDS,
    HowSold,
    Order,
    OrderCode,
    OrderStatus,
    Party,
    Step,
    cancelled,
    disputed,
    moved,
    paid,
    released,
    unwound,
)

S, T = OrderStatus, Step
SOLD_AT = datetime(2026, 5, 5, 18, tzinfo=UTC)
DEFAULT_AT = datetime(2026, 5, 12, 22, tzinfo=UTC)
IN_TIME = DEFAULT_AT - timedelta(milliseconds=1)
ORDER = Order(1, 7, 1, 70, 3, 4, 10_000_00, HowSold.HAMMER, SOLD_AT)
STAGES = [stage for stage in S if stage is not S.DISPUTED]
BOTH = {Party.BUYER, Party.SELLER}


def at(stage: OrderStatus, *disputes: str) -> Order:
    return replace(ORDER, stage=stage, disputes=disputes)


def done(order: Order | OrderCode) -> Order:
    assert isinstance(order, Order)
    return order


def test_a_good_sale_goes_down_the_road_to_its_end() -> None:
    order, seen = ORDER, [ORDER.status]
    for step in (T.PAY, T.START_TITLE, T.DELIVER, T.COMPLETE):
        assert not order.is_over
        order = done(moved(order, step))
        seen.append(order.status)
    assert tuple(seen) == ROAD
    assert order.is_over


@pytest.mark.parametrize(("stage", "step"), list(product(STAGES, Step)))
def test_the_table_of_moves_is_all_there_is(stage: OrderStatus, step: Step) -> None:
    found = moved(at(stage), step, "why")
    if (stage, step) in MOVES:
        assert (done(found).stage, done(found).reason) == (MOVES[stage, step], "why")
    else:
        assert found in {OrderCode.OVER, OrderCode.NOT_YET, OrderCode.PASSED}


def test_disputed_is_never_a_stage() -> None:
    assert S.DISPUTED not in {stage for stage, _ in MOVES} | set(MOVES.values())
    assert {stage for stage, _ in MOVES} | set(MOVES.values()) == set(STAGES)


def test_a_refusal_tells_early_from_late_and_from_over() -> None:
    assert moved(ORDER, T.DELIVER) is OrderCode.NOT_YET
    assert moved(at(S.DELIVERED), T.PAY) is OrderCode.PASSED
    assert moved(at(S.CANCELLED), T.PAY) is OrderCode.OVER


def test_every_refusal_has_its_words() -> None:
    assert set(WORDS) == set(OrderCode)


def test_any_payment_counts_while_the_order_waits() -> None:
    assert done(paid(ORDER, DEFAULT_AT + timedelta(days=9), DEFAULT_AT)).status is S.PAID


def test_a_payment_made_in_time_cures_a_default_that_was_faster() -> None:
    assert done(paid(at(S.DEFAULTED), IN_TIME, DEFAULT_AT)).status is S.PAID


def test_a_payment_made_at_the_very_deadline_is_too_late_once_the_order_is_in_default() -> None:
    assert paid(at(S.DEFAULTED), DEFAULT_AT, DEFAULT_AT) is OrderCode.PAID_TOO_LATE


def test_a_payment_for_a_vehicle_that_went_to_somebody_else_is_given_back() -> None:
    assert paid(at(S.DEFAULTED), IN_TIME, DEFAULT_AT, resold=True) is OrderCode.RESOLD


@pytest.mark.parametrize("stage", [S.PAID, S.TITLE_PROCESSING, S.DELIVERED, S.COMPLETED])
def test_a_second_payment_is_given_back(stage: OrderStatus) -> None:
    assert paid(at(stage), IN_TIME, DEFAULT_AT) is OrderCode.ALREADY_PAID


@pytest.mark.parametrize("stage", [S.CANCELLED, S.REFUNDED])
def test_a_payment_for_an_order_that_is_over_is_given_back(stage: OrderStatus) -> None:
    assert paid(at(stage), IN_TIME, DEFAULT_AT) is OrderCode.OVER


@pytest.mark.parametrize("wished_by", [{Party.STAFF}, BOTH])
def test_an_unpaid_order_is_cancelled_by_staff_or_by_both_sides(wished_by: set[Party]) -> None:
    order = done(cancelled(ORDER, wished_by, "the engine is gone"))
    assert (order.status, order.reason, order.is_over) == (S.CANCELLED, "the engine is gone", True)


@pytest.mark.parametrize("party", [Party.BUYER, Party.SELLER])
def test_one_side_alone_does_not_get_out_of_a_sale(party: Party) -> None:
    assert cancelled(ORDER, {party}, "changed my mind") is OrderCode.CANCEL_NEEDS_BOTH


def test_a_cancellation_says_why() -> None:
    assert cancelled(ORDER, {Party.STAFF}, " ") is OrderCode.REASON_MISSING


def test_a_paid_order_is_refunded_and_not_cancelled() -> None:
    assert cancelled(at(S.PAID), BOTH, "why") is OrderCode.CANCEL_AFTER_PAYMENT
    assert cancelled(at(S.REFUNDED), BOTH, "why") is OrderCode.OVER


@pytest.mark.parametrize("stage", list(DISPUTABLE))
def test_an_order_goes_on_where_it_was_when_its_last_dispute_is_over(stage: OrderStatus) -> None:
    order = done(disputed(done(disputed(at(stage), "d1")), "d2"))
    assert (order.status, order.is_over) == (S.DISPUTED, False)
    order = released(order, "d1")
    assert order.status is S.DISPUTED
    assert released(released(order, "d2"), "d2") == at(stage)


def test_a_dispute_that_is_told_twice_is_one() -> None:
    once = done(disputed(ORDER, "d1"))
    assert disputed(once, "d1") == once


@pytest.mark.parametrize("stage", [S.CANCELLED, S.DEFAULTED, S.REFUNDED])
def test_an_order_without_a_sale_takes_no_dispute(stage: OrderStatus) -> None:
    assert disputed(at(stage), "d1") is OrderCode.OVER


def test_the_world_goes_on_beneath_a_dispute() -> None:
    order = at(S.PENDING_PAYMENT, "d1")
    for step in (T.PAY, T.START_TITLE, T.DELIVER):
        order = done(moved(order, step))
        assert order.status is S.DISPUTED
    assert released(order, "d1").status is S.DELIVERED


@pytest.mark.parametrize(
    ("stage", "step"), [move for move in MOVES if move[1] in HELD_BY_A_DISPUTE and move[0] in DISPUTABLE]
)
def test_nobody_is_paid_refunded_or_put_in_default_while_a_dispute_is_open(stage: OrderStatus, step: Step) -> None:
    assert moved(at(stage, "d1"), step) is OrderCode.DISPUTE_OPEN


@pytest.mark.parametrize("stage", [S.PAID, S.TITLE_PROCESSING, S.DELIVERED, S.COMPLETED])
def test_a_full_unwind_refunds_the_order_and_ends_all_of_its_disputes(stage: OrderStatus) -> None:
    order = done(unwound(at(stage, "d1", "d2"), "no title"))
    assert (order.status, order.disputes, order.reason, order.is_over) == (S.REFUNDED, (), "no title", True)


def test_a_full_unwind_of_an_unpaid_order_cancels_it() -> None:
    assert done(unwound(at(S.PENDING_PAYMENT, "d1"), "why")).status is S.CANCELLED
    assert unwound(at(S.REFUNDED), "why") is OrderCode.OVER


@given(st.lists(st.sampled_from([*Step, "dispute", "release", "unwind"]), max_size=20))
def test_whatever_is_tried_money_moves_on_an_order_once_in_and_once_out(tries: list[str]) -> None:
    order, came, went = ORDER, 0, 0
    for wanted in tries:
        before = order
        found: Order | OrderCode
        if wanted == "dispute":
            found = disputed(order, "d")
        elif wanted == "release":
            found = released(order, "d")
        elif wanted == "unwind":
            found = unwound(order, "why")
        else:
            found = moved(order, Step(wanted))
        order = found if isinstance(found, Order) else order
        came += before.stage in {S.PENDING_PAYMENT, S.DEFAULTED} and order.stage is S.PAID
        went += before.stage is not S.REFUNDED and order.stage is S.REFUNDED
        assert went <= came <= 1
        assert (order.status is S.DISPUTED) == bool(order.disputes)
        assert not order.disputes or order.stage in DISPUTABLE
