"""Reminder, automatic charge, late fee and default of an unpaid invoice; a payment in time wins over its deadline."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order_deadlines import (
    Deadlines,
    Outcome,
    Payment,
    PaymentTerms,
    Step,
    Verdict,
    deadlines,
    judged,
    late_fee_stands,
    next_step,
    paid_in_full_at,
    postponed,
)

AGREED, NOT_AGREED = PaymentTerms(charge_agreed=True), PaymentTerms(charge_agreed=False)
TUESDAY = datetime(2026, 5, 5, 18, tzinfo=UTC)
TIMES = deadlines(TUESDAY, AGREED)
OWED = 10_500_00
TICK = timedelta(milliseconds=1)


def utc(month: int, day: int, hour: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_an_invoice_of_a_tuesday_is_in_default_a_week_later() -> None:
    expected = Deadlines(utc(5, 6, 14), utc(5, 7, 22), utc(5, 8, 22), utc(5, 12, 22))
    assert expected == TIMES


def test_without_agreement_no_card_is_charged_by_itself() -> None:
    assert deadlines(TUESDAY, NOT_AGREED).charge_at is None


def test_an_invoice_of_a_saturday_has_its_first_day_on_monday() -> None:
    times = deadlines(utc(5, 9, 18), AGREED)
    assert (times.remind_at, times.default_at) == (utc(5, 11, 14), utc(5, 15, 22))


def test_an_evening_in_chicago_belongs_to_its_day_though_it_is_tomorrow_in_utc() -> None:
    assert deadlines(utc(5, 6, 4), AGREED) == TIMES


def test_holidays_do_not_count() -> None:
    # Thanksgiving 2026 is November 26; Christmas is a Friday, New Year's Day the Friday after.
    assert deadlines(utc(11, 24, 18), AGREED).charge_at == utc(11, 27, 23)
    assert deadlines(utc(12, 23, 18), AGREED).default_at == utc(12, 31, 23)
    assert deadlines(utc(12, 24, 18), AGREED).default_at == utc(1, 4, 23, 2027)


def test_a_deadline_is_five_in_the_afternoon_on_both_sides_of_a_change_of_clocks() -> None:
    spring = deadlines(utc(3, 5, 18), AGREED)
    assert (spring.remind_at, spring.charge_at, spring.late_fee_at) == (utc(3, 6, 15), utc(3, 9, 22), utc(3, 10, 22))
    autumn = deadlines(utc(10, 29, 18), AGREED)
    assert (autumn.remind_at, autumn.charge_at) == (utc(10, 30, 14), utc(11, 2, 23))


def test_the_steps_come_in_their_order_and_each_once() -> None:
    done: set[Step] = set()
    order = []
    while (due := next_step(TIMES, done)) is not None:
        order.append(due)
        done.add(due[0])
    assert [step for step, _ in order] == list(Step)
    assert [at for _, at in order] == sorted(at for _, at in order)


def test_a_charge_that_was_not_agreed_is_not_waited_for() -> None:
    assert next_step(deadlines(TUESDAY, NOT_AGREED), {Step.REMIND}) == (Step.LATE_FEE, TIMES.late_fee_at)


@pytest.mark.parametrize("step", list(Step))
def test_an_unpaid_order_takes_every_step(step: Step) -> None:
    assert judged(step, TIMES, [], OWED) is Verdict.TAKE


@pytest.mark.parametrize("step", list(Step))
def test_an_order_that_is_paid_in_time_takes_none(step: Step) -> None:
    assert judged(step, TIMES, [Payment(TUESDAY, OWED)], OWED) is Verdict.SKIP


@pytest.mark.parametrize(("step", "deadline"), [(Step.LATE_FEE, TIMES.late_fee_at), (Step.DEFAULT, TIMES.default_at)])
def test_a_payment_counts_by_the_moment_it_was_made(step: Step, deadline: datetime) -> None:
    assert judged(step, TIMES, [Payment(deadline - TICK, OWED)], OWED) is Verdict.SKIP
    assert judged(step, TIMES, [Payment(deadline, OWED)], OWED) is Verdict.TAKE


@pytest.mark.parametrize("step", list(Step))
def test_a_payment_in_doubt_that_may_cover_it_is_waited_for(step: Step) -> None:
    assert judged(step, TIMES, [Payment(TUESDAY, OWED, Outcome.IN_DOUBT)], OWED) is Verdict.WAIT


def test_a_payment_in_doubt_that_came_too_late_keeps_nobody_from_default() -> None:
    assert judged(Step.DEFAULT, TIMES, [Payment(TIMES.default_at, OWED, Outcome.IN_DOUBT)], OWED) is Verdict.TAKE


def test_no_card_is_charged_by_itself_while_any_payment_is_in_doubt() -> None:
    part = Payment(TUESDAY, 100, Outcome.IN_DOUBT)
    assert judged(Step.CHARGE, TIMES, [part], OWED) is Verdict.WAIT
    assert judged(Step.REMIND, TIMES, [part], OWED) is Verdict.TAKE


def test_a_part_and_a_payment_that_failed_do_not_cover_it() -> None:
    known = [Payment(TUESDAY, OWED - 1), Payment(TUESDAY, OWED, Outcome.FAILED)]
    assert judged(Step.DEFAULT, TIMES, known, OWED) is Verdict.TAKE


def test_parts_add_up() -> None:
    half = Payment(TUESDAY, OWED // 2)
    assert judged(Step.DEFAULT, TIMES, [half, half], OWED) is Verdict.SKIP


def test_a_late_fee_falls_when_the_money_turns_out_to_have_been_sent_in_time() -> None:
    assert late_fee_stands(TIMES, [Payment(TIMES.late_fee_at, OWED)], OWED)
    assert not late_fee_stands(TIMES, [Payment(TIMES.late_fee_at - TICK, OWED)], OWED)


def test_an_order_is_paid_at_the_moment_of_the_payment_that_completed_it() -> None:
    late, early = Payment(TUESDAY + timedelta(days=2), 60), Payment(TUESDAY, 40)
    assert paid_in_full_at([late, early], 100) == late.made_at
    assert paid_in_full_at([late, early], 40) == early.made_at
    assert paid_in_full_at([early, Payment(TUESDAY, 60, Outcome.IN_DOUBT)], 100) is None


def test_after_a_dispute_everything_is_a_business_day_away_at_least() -> None:
    friday = utc(5, 8, 23)
    assert postponed(TIMES, friday) == Deadlines(utc(5, 11, 14), utc(5, 11, 22), utc(5, 11, 22), utc(5, 12, 22))
    assert postponed(deadlines(TUESDAY, NOT_AGREED), friday).charge_at is None


@given(st.integers(0, 24 * 800))
def test_deadlines_come_in_their_order_and_leave_days_to_pay(hours: int) -> None:
    invoiced = utc(1, 1, 6) + timedelta(hours=hours)
    times = deadlines(invoiced, AGREED)
    assert times.charge_at is not None
    assert invoiced < times.remind_at < times.charge_at < times.late_fee_at < times.default_at
    assert times.default_at - invoiced >= timedelta(days=4)


@given(
    st.lists(
        st.tuples(st.integers(-200, 200), st.integers(1, 100), st.sampled_from(Outcome)).map(
            lambda each: Payment(TIMES.default_at + timedelta(hours=each[0]), each[1], each[2])
        ),
        max_size=6,
    ),
    st.integers(1, 250),
)
def test_nobody_is_put_in_default_whose_money_was_sent_in_time(payments: list[Payment], owed: int) -> None:
    done = [each for each in payments if each.outcome is Outcome.DONE]
    paid_at = paid_in_full_at(done, owed)
    in_time = paid_at is not None and paid_at < TIMES.default_at
    assert (judged(Step.DEFAULT, TIMES, payments, owed) is Verdict.SKIP) == in_time
