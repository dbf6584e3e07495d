"""The promise timeline: who owes what by when, what became of it, and that late news do not make it worse."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order_deadlines import PaymentTerms, deadlines
from domain.orders import Party
from domain.promises import (
    MOVES,
    SPECS,
    Act,
    Code,
    Event,
    Promise,
    State,
    Timeline,
    begun,
    due_at,
    happened,
    missed,
    next_due,
    payment_due,
    ticked,
)

C, E, S = Code, Event, State
SOLD_AT = datetime(2026, 5, 5, 18, tzinfo=UTC)
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=1)
SOLD = begun(SOLD_AT, with_carrier=True)
INVOICED = happened(SOLD, E.INVOICED, SOLD_AT + HOUR)
PAY_BY = datetime(2026, 5, 8, 22, tzinfo=UTC)


def of(timeline: Timeline, code: Code) -> Promise:
    return next(promise for promise in timeline if promise.code is code)


def test_a_sale_begins_with_what_the_house_owes_and_shows_all_that_will_be_owed() -> None:
    assert tuple(promise.code for promise in SOLD) == tuple(Code)
    assert {promise.code for promise in SOLD if promise.state is S.OPEN} == {C.INVOICE, C.TITLE_FILED}
    assert all(promise.if_missed for promise in SOLD)
    assert {promise.owner for promise in SOLD} == {Party.HOUSE, Party.BUYER, Party.SELLER, Party.CARRIER}


def test_who_fetches_the_vehicle_is_promised_no_carrier() -> None:
    assert C.DELIVERY not in {promise.code for promise in begun(SOLD_AT, with_carrier=False)}


def test_the_title_is_filed_within_ten_business_days_of_the_sale() -> None:
    assert of(SOLD, C.TITLE_FILED).due_at == datetime(2026, 5, 19, 22, tzinfo=UTC)
    over_memorial_day = begun(datetime(2026, 5, 15, 18, tzinfo=UTC), with_carrier=True)
    assert of(over_memorial_day, C.TITLE_FILED).due_at == datetime(2026, 6, 1, 22, tzinfo=UTC)


def test_what_is_due_the_same_day_has_the_next_one_when_that_day_is_over() -> None:
    assert due_at(C.INVOICE, SOLD_AT) == datetime(2026, 5, 5, 22, tzinfo=UTC)
    assert due_at(C.INVOICE, SOLD_AT + 4 * HOUR) == datetime(2026, 5, 6, 22, tzinfo=UTC)
    assert due_at(C.INVOICE, datetime(2026, 5, 9, 23, tzinfo=UTC)) == datetime(2026, 5, 11, 22, tzinfo=UTC)


def test_the_days_to_inspect_are_whole_days_also_when_clocks_change() -> None:
    assert due_at(C.INSPECTION, SOLD_AT) == datetime(2026, 5, 11, 5, tzinfo=UTC)
    assert due_at(C.INSPECTION, datetime(2026, 3, 5, 18, tzinfo=UTC)) == datetime(2026, 3, 11, 5, tzinfo=UTC)
    assert due_at(C.INSPECTION, datetime(2026, 10, 29, 18, tzinfo=UTC)) == datetime(2026, 11, 4, 6, tzinfo=UTC)


def test_the_buyers_terms_are_those_of_the_payment_deadlines() -> None:
    times = deadlines(SOLD_AT + HOUR, PaymentTerms(charge_agreed=False))
    assert (of(INVOICED, C.PAYMENT).due_at, of(INVOICED, C.LAST_PAYMENT).due_at) == (
        times.late_fee_at,
        times.default_at,
    )
    longer = payment_due(deadlines(SOLD_AT, PaymentTerms(charge_agreed=False, late_fee_days=4)))
    frozen = happened(SOLD, E.INVOICED, SOLD_AT, due=longer)
    assert of(frozen, C.PAYMENT).due_at == PAY_BY + 3 * DAY


def test_a_promise_is_kept_with_its_moment_and_what_happened() -> None:
    promise = of(happened(INVOICED, E.PAID, PAY_BY - TICK, note="by card"), C.PAYMENT)
    assert (promise.state, promise.done_at, promise.note) == (S.KEPT, PAY_BY - TICK, "by card")


def test_what_is_due_and_did_not_come_is_missed_once() -> None:
    after = ticked(INVOICED, PAY_BY)
    assert [promise.code for promise in missed(INVOICED, after)] == [C.PAYMENT]
    assert missed(after, ticked(after, PAY_BY)) == ()
    assert ticked(INVOICED, PAY_BY - TICK) == INVOICED


def test_what_comes_after_its_time_is_late() -> None:
    for timeline in (INVOICED, ticked(INVOICED, PAY_BY)):
        assert of(happened(timeline, E.PAID, PAY_BY), C.PAYMENT).state is S.LATE


def test_what_was_done_in_time_is_kept_though_it_was_heard_of_late() -> None:
    assert of(happened(ticked(INVOICED, PAY_BY), E.PAID, PAY_BY - TICK), C.PAYMENT).state is S.KEPT


def test_silence_accepts_the_vehicle_at_the_end_of_its_days() -> None:
    delivered = happened(INVOICED, E.DELIVERED, SOLD_AT + 2 * DAY)
    ends = of(delivered, C.INSPECTION).due_at
    assert ends is not None
    after = ticked(delivered, ends + DAY)
    assert (of(after, C.INSPECTION).state, of(after, C.INSPECTION).done_at) == (S.KEPT, ends)


def test_what_was_never_begun_can_be_done_already() -> None:
    promise = of(happened(SOLD, E.TITLE_RECEIVED, SOLD_AT), C.TITLE_HANDED)
    assert (promise.state, promise.done_at) == (S.KEPT, SOLD_AT)
    assert of(happened((promise,), E.PAID, SOLD_AT + DAY), C.TITLE_HANDED) == promise


def test_a_dispute_holds_money_and_inspection_and_nothing_the_law_wants() -> None:
    held = happened(INVOICED, E.DISPUTED, SOLD_AT + DAY)
    assert {promise.code for promise in held if promise.state is S.HELD} == {C.PAYMENT, C.LAST_PAYMENT}
    assert of(held, C.TITLE_FILED) == of(INVOICED, C.TITLE_FILED)
    assert ticked(held, PAY_BY + DAY) == held


def test_after_a_dispute_a_promise_has_the_next_business_day_at_least() -> None:
    held = happened(INVOICED, E.DISPUTED, SOLD_AT + DAY)
    early, late = happened(held, E.RELEASED, SOLD_AT + DAY), happened(held, E.RELEASED, PAY_BY + DAY)
    assert of(early, C.PAYMENT).due_at == PAY_BY
    assert of(late, C.PAYMENT).due_at == datetime(2026, 5, 11, 22, tzinfo=UTC)
    given_day = happened(held, E.RELEASED, PAY_BY, due={C.PAYMENT: PAY_BY + 5 * DAY})
    assert of(given_day, C.PAYMENT).due_at == PAY_BY + 5 * DAY


def test_what_comes_while_it_is_held_is_kept() -> None:
    held = happened(INVOICED, E.DISPUTED, SOLD_AT + DAY)
    assert of(happened(held, E.PAID, PAY_BY + DAY), C.PAYMENT).state is S.KEPT


def test_an_order_that_ends_owes_nothing_more() -> None:
    after = happened(ticked(INVOICED, PAY_BY), E.ENDED, PAY_BY + DAY, note="cancelled")
    assert {promise.state for promise in after} == {S.KEPT, S.WAIVED}
    assert next_due(after) is None


def test_the_clock_looks_at_what_is_due_next() -> None:
    assert next_due(SOLD) == of(SOLD, C.INVOICE).due_at
    assert next_due(INVOICED) == PAY_BY


def test_the_payouts_day_is_set_from_outside() -> None:
    day = datetime(2026, 5, 20, 22, tzinfo=UTC)
    payout = of(happened(INVOICED, E.PAYOUT_SET, SOLD_AT + DAY, due={C.PAYOUT: day}), C.PAYOUT)
    assert (payout.state, payout.due_at) == (S.OPEN, day)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_a_promise_makes_the_moves_of_the_table_and_no_other(state: State, event: Event) -> None:
    act = {
        E.INVOICED: Act.BEGIN,
        E.PAID: Act.KEEP,
        E.ENDED: Act.WAIVE,
        E.DISPUTED: Act.HOLD,
        E.RELEASED: Act.RELEASE,
    }.get(event)
    promise = replace(of(INVOICED, C.PAYMENT), state=state)
    found = of(happened((promise,), event, PAY_BY - HOUR), C.PAYMENT).state
    assert found is (state if act is None else MOVES.get((state, act), state))


def test_every_promise_is_specified_and_every_state_can_be_left_or_is_an_end() -> None:
    assert set(SPECS) == set(Code)
    assert set(State) - {state for state, _ in MOVES} == {S.KEPT, S.LATE, S.WAIVED}


@given(
    st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 30 * 24)), max_size=25),
    st.booleans(),
)
def test_told_twice_changes_nothing_and_what_is_done_stays_done(events: list[tuple[Event, int]], carrier: bool) -> None:
    timeline = begun(SOLD_AT, with_carrier=carrier)
    for event, hours in events:
        at = SOLD_AT + hours * HOUR
        after = happened(timeline, event, at)
        assert happened(after, event, at) == after
        assert ticked(ticked(after, at), at) == ticked(after, at)
        for old, new in zip(timeline, after, strict=True):
            if old.state in {S.KEPT, S.LATE, S.WAIVED}:
                assert new == old
            assert (new.state is S.WAITING) <= (new.due_at is None)
            assert new.state not in {S.OPEN, S.HELD} or new.due_at is not None
        timeline = ticked(after, at)
        due = next_due(timeline)
        assert due is None or due > at
