"""The Order workflow under time skipping: a sale that goes well, its deadlines, and money that comes when it likes."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.clock import CHICAGO, MILLISECOND
from domain.order_deadlines import Outcome, Payment
from domain.promises import Code, Event, State
from tests.doubles.orders import LATE_FEE_CENTS, PRICE_CENTS, TOTAL_CENTS
from tests.workflows.orders import DAY, HOUR, SECOND, S, Sale, Yard, open_server, open_yard
from workflows.order import OrderWorkflow
from workflows.order_messages import OrderOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")
W = OrderWorkflow
THURSDAY, SUNDAY = 3, 6


@pytest_asyncio.fixture(loop_scope="session")
async def server(time_skipping_server: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: what one leaves undone would hold up the time of the next."""
    async for opened in open_server(time_skipping_server):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def yard(server: WorkflowEnvironment) -> AsyncIterator[Yard]:
    async with open_yard(server) as opened:
        yield opened


async def test_a_sale_that_goes_well_is_completed_without_a_human(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    await sale.pass_until_stage(S.COMPLETED)

    assert (sale.kept.seller_cents, sale.kept.paid_cents, sale.kept.troubles) == (PRICE_CENTS, TOTAL_CENTS, [])
    assert {promise.state for promise in sale.kept.records[-1].timeline} == {State.KEPT}
    kinds = sale.kept.kinds()
    assert (kinds[:3], set(kinds[3:5])) == (["sold", "invoiced", "paid"], {"title_begun", "transport_begun"})
    assert kinds[5:] == [
        *("title_received", "title_filed", "picked_up", "delivered"),
        *("accepted", "payout_set", "paid_out", "completed"),
    ]


async def test_an_order_that_is_completed_ends_when_nobody_may_dispute_it_any_more(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.completed()
    await sale.pass_time(170 * DAY)
    assert (await sale.state()).order.stage is S.COMPLETED
    await sale.pass_time(20 * DAY)

    assert await sale.handle.result() == OrderOutcome(S.COMPLETED)
    assert (await sale.act(W.accept_delivery)).code == "ORDER_OVER"
    await sale.orders.payment_news(sale.id)


async def test_the_buyer_fetches_a_vehicle_that_nobody_brings(yard: Yard) -> None:
    sale = await yard.sell(with_carrier=False)
    await sale.paid()
    await sale.tell(Event.PICKED_UP)
    await sale.until_stage(S.DELIVERED)
    assert Code.DELIVERY not in {promise.code for promise in (await sale.state()).timeline}


async def test_the_house_lets_an_operator_read_the_sale(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    described = await sale.handle.describe()
    metadata = await sale.handle.query("__temporal_workflow_metadata", result_type=dict)

    assert await described.static_summary() == f"Order {sale.id}"
    assert "**delivered**" in str(metadata)
    assert "buyer owes inspection: open" in str(metadata)


# Deadlines


async def reaches(sale: Sale, moment: datetime, kind: str) -> None:
    """Something happens at a moment and not before."""
    await sale.pass_until(moment - SECOND)
    assert kind not in sale.kept.kinds()
    await sale.pass_time(2 * SECOND)
    await sale.until_kept(lambda kept: kind in kept.kinds())


async def test_reminder_charge_late_fee_and_default_come_each_at_its_time(yard: Yard) -> None:
    sale = await yard.sell(charge_agreed=True)
    sale.kept.charge_code = "NO_CARD"
    times = await sale.times()
    assert times.charge_at is not None
    await reaches(sale, times.remind_at, "reminded")
    await reaches(sale, times.charge_at, "charge_refused")
    await reaches(sale, times.late_fee_at, "late_fee")
    await reaches(sale, times.default_at, "defaulted")
    await sale.until_kept(lambda kept: kept.vehicle == "offered")

    assert (sale.kept.owed_cents, sale.kept.late_fee_cents, sale.kept.seller_cents) == (0, LATE_FEE_CENTS, 0)
    await sale.until_stage(S.DEFAULTED)
    assert await sale.promise(Code.LAST_PAYMENT) is State.MISSED
    assert await sale.promise(Code.TITLE_FILED) is State.WAIVED


async def test_a_card_is_not_charged_by_itself_where_that_was_not_agreed(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pass_until(times.default_at - HOUR)
    assert "charge_order" not in sale.kept.calls


async def test_the_automatic_charge_pays_the_order_when_its_outcome_is_known(yard: Yard) -> None:
    sale = await yard.sell(charge_agreed=True)
    times = await sale.times()
    assert times.charge_at is not None
    await sale.pass_until(times.charge_at + SECOND)
    await sale.until_kept(lambda kept: "charge_asked" in kept.kinds())
    await sale.settle()
    await sale.until_stage(S.TITLE_PROCESSING)
    assert sale.kept.calls.count("charge_order") == 1


async def test_a_payment_before_the_late_fee_costs_nothing_more(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pass_until(times.late_fee_at - SECOND)
    await sale.pay()
    await sale.until_stage(S.TITLE_PROCESSING)
    assert (sale.kept.late_fee_cents, await sale.promise(Code.PAYMENT)) == (0, State.KEPT)


async def test_a_late_payment_before_the_default_cures_it(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pass_until(times.default_at - SECOND)
    await sale.pay()
    await sale.until_stage(S.TITLE_PROCESSING)

    assert (sale.kept.late_fee_cents, await sale.promise(Code.PAYMENT)) == (LATE_FEE_CENTS, State.LATE)
    assert await sale.promise(Code.LAST_PAYMENT) is State.KEPT


async def in_doubt_at_the_deadline(yard: Yard) -> Sale:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pass_until(times.late_fee_at + HOUR)
    sale.kept.payments.append(Payment(times.default_at - MILLISECOND, TOTAL_CENTS, Outcome.IN_DOUBT))
    await sale.pass_until(times.default_at + HOUR)
    assert (await sale.state()).order.stage is S.PENDING_PAYMENT
    return sale


async def test_a_payment_that_is_in_doubt_at_the_deadline_holds_the_default_until_it_is_known(yard: Yard) -> None:
    sale = await in_doubt_at_the_deadline(yard)
    await sale.settle()
    await sale.until_stage(S.TITLE_PROCESSING)
    assert "settle_default" not in sale.kept.calls


async def test_a_payment_that_turns_out_to_have_failed_leaves_the_default(yard: Yard) -> None:
    sale = await in_doubt_at_the_deadline(yard)
    await sale.settle(Outcome.FAILED)
    await sale.until_stage(S.DEFAULTED)


async def defaulted(yard: Yard) -> Sale:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pass_until(times.default_at + SECOND)
    await sale.until_kept(lambda kept: kept.vehicle == "offered")
    return sale


async def test_a_payment_made_in_time_takes_a_default_back_though_it_was_heard_of_after_it(yard: Yard) -> None:
    sale = await defaulted(yard)
    times = await sale.times()
    await sale.pass_time(DAY)
    await sale.pay(at=times.default_at - MILLISECOND)
    await sale.until_stage(S.TITLE_PROCESSING)

    assert (sale.kept.vehicle, sale.kept.owed_cents, sale.kept.given_back) == ("sold", TOTAL_CENTS, [])
    assert await sale.promise(Code.TITLE_HANDED) is State.OPEN
    assert "cured" in sale.kept.kinds()


@pytest.mark.parametrize(("resold", "code"), [(False, "ORDER_PAID_TOO_LATE"), (True, "ORDER_RESOLD")])
async def test_a_payment_that_comes_too_late_or_for_a_vehicle_that_is_gone_goes_back(
    yard: Yard, resold: bool, code: str
) -> None:
    sale = await defaulted(yard)
    times = await sale.times()
    sale.kept.vehicle = "resold" if resold else "offered"
    await sale.pay(at=times.default_at - MILLISECOND if resold else times.default_at)
    await sale.until_kept(lambda kept: bool(kept.given_back))

    assert [work.reason for work in sale.kept.given_back] == [code]
    assert (sale.kept.paid_cents, (await sale.state()).order.stage) == (0, S.DEFAULTED)


async def test_what_was_paid_in_part_is_kept_a_few_days_for_the_rest_and_then_goes_back(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pay(5_000_00)
    await sale.pass_until(times.default_at + DAY)
    await sale.until_stage(S.DEFAULTED)
    assert sale.kept.given_back == []
    await sale.pass_time(3 * DAY)
    await sale.until_kept(lambda kept: kept.paid_cents == 0)


async def test_two_payments_in_part_that_were_in_time_take_a_default_back(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await sale.pay(5_000_00)
    await sale.pass_until(times.default_at + DAY)
    await sale.until_stage(S.DEFAULTED)
    await sale.pay(TOTAL_CENTS - 5_000_00, at=times.default_at - HOUR)
    await sale.until_stage(S.TITLE_PROCESSING)


async def test_a_default_ends_when_no_money_is_to_be_expected_any_more(yard: Yard) -> None:
    sale = await defaulted(yard)
    await sale.pass_time(41 * DAY)
    assert (await sale.handle.result()).status is S.DEFAULTED


async def test_what_was_paid_twice_goes_back_once(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.paid()
    await sale.pay()
    await sale.orders.payment_news(sale.id)
    await sale.until_kept(lambda kept: bool(kept.given_back))
    await sale.orders.payment_news(sale.id)
    await sale.until(lambda state: not state.has_money_news)

    assert [(work.cents, work.credited) for work in sale.kept.given_back] == [(TOTAL_CENTS, False)]
    assert sale.kept.paid_cents == TOTAL_CENTS


async def test_a_late_fee_for_money_that_was_sent_in_time_is_a_persons_to_take_back(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    await reaches(sale, times.late_fee_at, "late_fee")
    await sale.pay(at=times.late_fee_at - HOUR)
    await sale.until_kept(lambda kept: kept.steps() == ["late_fee: PAID_IN_TIME"])


# The calendar


def thanksgiving_after(now: datetime) -> date:
    days = (
        date(year, 11, 22 + (THURSDAY - date(year, 11, 22).weekday()) % 7) for year in range(now.year, now.year + 3)
    )
    return next(day for day in days if day - DAY > now.date())


def spring_forward_after(now: datetime) -> date:
    days = (date(year, 3, 8 + (SUNDAY - date(year, 3, 8).weekday()) % 7) for year in range(now.year, now.year + 3))
    return next(day for day in days if day - 3 * DAY > now.date())


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=CHICAGO).astimezone(UTC)


async def test_a_holiday_is_no_day_of_payment(yard: Yard) -> None:
    holiday = thanksgiving_after(await yard.env.get_current_time())
    await yard.on_the_day(at(holiday - DAY, 12))
    sale = await yard.sell()
    times = await sale.times()
    await reaches(sale, at(holiday + DAY, 9), "reminded")
    await reaches(sale, at(holiday + 5 * DAY, 17), "late_fee")
    assert times.default_at == at(holiday + 7 * DAY, 17)


async def test_the_week_in_which_the_clocks_change_has_its_deadlines_by_the_clock_on_the_wall(yard: Yard) -> None:
    sunday = spring_forward_after(await yard.env.get_current_time())
    await yard.on_the_day(at(sunday - 2 * DAY, 12))
    sale = await yard.sell()
    await reaches(sale, at(sunday + DAY, 9), "reminded")
    await reaches(sale, at(sunday + 3 * DAY, 17), "late_fee")
    await reaches(sale, at(sunday + 5 * DAY, 17), "defaulted")
    assert at(sunday + 5 * DAY, 17) - at(sunday - 2 * DAY, 17) == timedelta(days=7) - HOUR


# Promises


async def test_a_missed_promise_of_the_sellers_is_told_and_our_staff_call_them(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.paid()
    await sale.pass_time(8 * DAY)
    await sale.until_kept(lambda kept: kept.kinds().count("promise_missed") == 2)

    assert sale.kept.steps() == ["promise-handover: MISSED"]
    assert [await sale.promise(code) for code in (Code.TITLE_HANDED, Code.HANDOVER)] == [State.MISSED] * 2
    await sale.tell(Event.PICKED_UP)
    assert await sale.promise(Code.HANDOVER) is State.LATE


async def test_an_invoice_that_does_not_come_calls_our_staff_and_the_days_count_from_it(yard: Yard) -> None:
    sale = await yard.written()
    sale.kept.away = {"issue_invoice"}
    await sale.orders.begin(sale.id)
    await sale.until_kept(lambda kept: "issue_invoice" in kept.calls)
    await sale.pass_time(4 * DAY)
    await sale.until_kept(lambda kept: len(kept.troubles) == 2)
    sale.kept.let_go()
    before = await sale.now()
    await sale.pass_time(HOUR)
    times = await sale.times()

    assert sale.kept.steps() == ["issue_invoice: STILL_TRYING", "promise-invoice: MISSED"]
    assert times.remind_at > before
    assert await sale.promise(Code.INVOICE) is State.LATE


async def test_a_title_in_hand_and_funds_that_cleared_are_waited_for_before_the_seller_is_paid(yard: Yard) -> None:
    sale = await yard.sell()
    sale.kept.is_cleared = False
    await sale.paid()
    await sale.tell(Event.DELIVERED)
    await sale.until_stage(S.DELIVERED)
    await sale.act(W.accept_delivery)
    await sale.pass_time(5 * DAY)
    await sale.tell(Event.TITLE_RECEIVED)
    await sale.pass_time(5 * DAY)
    assert (sale.kept.payout, sale.kept.seller_cents) == (None, 0)
    sale.kept.is_cleared = True
    await sale.orders.payment_news(sale.id)
    await sale.pass_until_stage(S.COMPLETED)
    assert sale.kept.seller_cents == PRICE_CENTS
