"""Every step of a sale failing in turn, with money, title and stock looked at after it; and sales called off."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.order_contracts import PayoutState
from domain.dispute_terms import Kind
from domain.order_deadlines import Outcome
from domain.orders import Party
from domain.payouts import PayoutStatus
from domain.promises import Event
from tests.doubles.orders import PRICE_CENTS, TOTAL_CENTS
from tests.workflows.orders import DAY, HOUR, SECOND, UNWIND, S, Sale, Yard, open_server, open_yard
from workflows.order import OrderWorkflow
from workflows.order_messages import CancelOrder, EscalateDispute, JudgeResolution, ProposeResolution

pytestmark = pytest.mark.asyncio(loop_scope="session")
W = OrderWorkflow
# Money with us, owed to us, and with the seller; title and transport begun; whose the vehicle is.
NOTHING = (0, 0, 0, False, False, "seller's")


@pytest_asyncio.fixture(loop_scope="session")
async def server(time_skipping_server: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: what one leaves undone would hold up the time of the next."""
    async for opened in open_server(time_skipping_server):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def yard(server: WorkflowEnvironment) -> AsyncIterator[Yard]:
    async with open_yard(server) as opened:
        yield opened


def standing(sale: Sale) -> tuple[object, ...]:
    kept = sale.kept
    return (kept.paid_cents, kept.owed_cents, kept.seller_cents, kept.title, kept.transport, kept.vehicle)


async def failing(yard: Yard, *steps: str) -> Sale:
    sale = await yard.written()
    sale.kept.fails = set(steps)
    await sale.orders.begin(sale.id)
    return sale


async def released(sale: Sale) -> None:
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")
    await sale.until(lambda state: not state.unwinding and not state.calls)


# The steps forward


async def test_an_invoice_that_cannot_be_made_cancels_the_sale(yard: Yard) -> None:
    sale = await failing(yard, "issue_invoice")
    await released(sale)
    assert (standing(sale), sale.kept.records[-1].order.stage) == (NOTHING, S.CANCELLED)
    assert sale.kept.steps() == ["issue_invoice: Impossible"]


@pytest.mark.parametrize("step", ["begin_title", "begin_transport"])
async def test_a_title_or_transport_that_cannot_be_begun_gives_everything_back(yard: Yard, step: str) -> None:
    sale = await failing(yard, step)
    await sale.until_kept(lambda kept: kept.invoice is not None)
    await sale.pay()
    await released(sale)
    assert (standing(sale), sale.kept.records[-1].order.stage) == (NOTHING, S.REFUNDED)
    assert sale.kept.steps() == [f"{step}: Impossible"]


async def test_a_step_that_keeps_failing_is_tried_on_and_stops_nothing_beside_it(yard: Yard) -> None:
    sale = await yard.sell()
    sale.kept.away = {"begin_transport"}
    await sale.until_kept(lambda kept: kept.invoice is not None)
    await sale.pay()
    await sale.until_stage(S.TITLE_PROCESSING)
    await sale.pass_time(2 * HOUR)
    await sale.until_kept(lambda kept: kept.steps() == ["begin_transport: STILL_TRYING"])
    sale.kept.let_go()
    await sale.pass_time(HOUR)
    await sale.until_kept(lambda kept: kept.transport)


@pytest.mark.parametrize("step", ["set_payout", "send_payout"])
async def test_a_payout_that_fails_is_a_persons_and_goes_when_it_can(yard: Yard, step: str) -> None:
    sale = await failing(yard, step)
    await sale.delivered()
    await sale.act(W.accept_delivery)
    await sale.pass_time(5 * DAY)
    await sale.until_kept(lambda kept: f"{step}: Impossible" in kept.steps())
    assert (sale.kept.seller_cents, sale.kept.vehicle) == (0, "sold")
    sale.kept.let_go()
    await sale.pass_until_stage(S.COMPLETED)
    assert sale.kept.seller_cents == PRICE_CENTS


async def test_a_payout_that_waits_or_comes_back_is_asked_about_again(yard: Yard) -> None:
    sale = await yard.sell()
    sale.kept.payout_says = [
        PayoutState(PayoutStatus.DUE, PRICE_CENTS, "PAYOUT_SELLER_HELD"),
        PayoutState(PayoutStatus.SENDING, PRICE_CENTS),
        PayoutState(PayoutStatus.RETURNED, PRICE_CENTS, "R03"),
    ]
    await sale.completed()
    assert sale.kept.steps().count("send_payout: R03") == 1
    assert {key for key in sale.kept.keys if key.startswith("payout")} == {"payout-payout-2"}


@pytest.mark.parametrize("step", ["charge_order", "add_late_fee", "settle_default"])
async def test_what_fails_around_the_deadlines_is_told_and_the_default_comes_all_the_same(
    yard: Yard, step: str
) -> None:
    sale = await yard.written(charge_agreed=True)
    sale.kept.fails, sale.kept.charge_code = {step}, "NO_CARD"
    await sale.orders.begin(sale.id)
    times = await sale.times()
    for moment in (times.charge_at, times.late_fee_at, times.default_at):
        assert moment is not None
        await sale.pass_until(moment + SECOND)
    await sale.until_stage(S.DEFAULTED)
    await sale.until_kept(lambda kept: f"{step}: Impossible" in kept.steps())


async def test_money_that_cannot_be_read_is_looked_at_again(yard: Yard) -> None:
    sale = await failing(yard, "money_of_order")
    await sale.until_kept(lambda kept: kept.steps() == ["money_of_order: Impossible"])
    sale.kept.let_go()
    await sale.pay()
    await sale.until_stage(S.TITLE_PROCESSING)


async def test_a_record_that_cannot_be_written_is_told_and_written_in_the_end(yard: Yard) -> None:
    sale = await failing(yard, "record_order")
    await sale.until_kept(lambda kept: kept.steps() == ["record_order: Impossible"])
    sale.kept.let_go()
    await sale.pass_time(2 * HOUR)
    await sale.until_kept(lambda kept: kept.kinds()[:2] == ["sold", "operator_called"] or "invoiced" in kept.kinds())
    assert [event.kind for event in sale.kept.events].count("sold") == 1


async def test_a_database_that_is_away_keeps_no_answer_from_who_acts(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    sale.kept.away = {"record_order"}
    assert (await sale.act(W.accept_delivery)).code == ""
    sale.kept.let_go()
    await sale.pass_time(HOUR)
    await sale.until_kept(lambda kept: "accepted" in kept.kinds())


# The way back


async def undone(sale: Sale) -> None:
    await sale.dispute(kind=Kind.CONDUCT)
    await sale.act(W.escalate_dispute, EscalateDispute("d1", "31"))
    await sale.act(W.propose_resolution, ProposeResolution("d1", "31", UNWIND))
    await sale.act(W.approve_resolution, JudgeResolution("d1", "32"))


@pytest.mark.parametrize("step", ["cancel_title", "cancel_transport", "give_back", "release_vehicle"])
async def test_what_cannot_be_undone_is_an_operators_and_the_rest_is_undone(yard: Yard, step: str) -> None:
    sale = await yard.sell()
    await sale.delivered()
    sale.kept.fails = {step}
    await undone(sale)
    await sale.until_kept(lambda kept: f"{step}: Impossible" in kept.steps())
    await sale.until(lambda state: not state.unwinding and not state.undo)
    left = {
        "cancel_title": (0, 0, 0, True, False, "seller's"),
        "cancel_transport": (0, 0, 0, False, True, "seller's"),
        "give_back": (TOTAL_CENTS, TOTAL_CENTS, 0, False, False, "seller's"),
        "release_vehicle": (0, 0, 0, False, False, "sold"),
    }
    assert standing(sale) == left[step]


@pytest.mark.parametrize("step", ["cancel_title", "give_back", "release_vehicle"])
async def test_what_takes_long_to_undo_is_tried_for_ever_with_an_operator_told(yard: Yard, step: str) -> None:
    sale = await yard.sell()
    await sale.delivered()
    sale.kept.away = {step}
    await undone(sale)
    await sale.pass_time(2 * DAY)
    await sale.until_kept(lambda kept: f"{step}: STILL_TRYING" in kept.steps())
    assert (await sale.state()).unwinding != ""
    sale.kept.let_go()
    await sale.pass_time(HOUR)
    await released(sale)
    assert standing(sale) == NOTHING


async def test_money_that_goes_back_by_hand_is_on_the_operators_list(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    sale.kept.by_hand_cents = TOTAL_CENTS
    await undone(sale)
    await sale.until_kept(lambda kept: "give_back: BY_HAND" in kept.steps())


async def test_a_step_that_is_under_way_comes_to_its_end_before_it_is_undone(yard: Yard) -> None:
    sale = await yard.sell()
    sale.kept.held = {"begin_transport"}
    await sale.until_kept(lambda kept: kept.invoice is not None)
    await sale.pay()
    await sale.until_stage(S.TITLE_PROCESSING)
    await sale.tell(Event.DELIVERED)
    await undone(sale)
    assert "cancel_transport" not in sale.kept.calls
    sale.kept.let_go()
    await released(sale)
    assert standing(sale) == NOTHING


# Called off


async def test_buyer_and_seller_call_a_sale_off_together(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.until_kept(lambda kept: kept.invoice is not None)
    wish = CancelOrder(Party.BUYER, "I moved away.")
    codes = [(await sale.act(W.cancel, wish)).code for _ in range(2)]
    answer = await sale.act(W.cancel, CancelOrder(Party.SELLER, "Agreed."))
    await released(sale)

    assert (codes, answer.code, answer.order.stage) == (["ORDER_CANCEL_NEEDS_BOTH"] * 2, "", S.CANCELLED)
    assert standing(sale) == NOTHING
    assert sale.kept.kinds().count("cancel_wished") == 1
    await sale.pass_time(timedelta(days=41))
    assert (await sale.handle.result()).reason == "Agreed."


async def test_staff_call_a_sale_off_and_what_was_paid_in_part_or_comes_later_goes_back(yard: Yard) -> None:
    sale = await yard.sell(charge_agreed=True)
    times = await sale.times()
    assert times.charge_at is not None
    await sale.pay(5_000_00)
    await sale.pass_until(times.charge_at + SECOND)
    await sale.until_kept(lambda kept: "charge_asked" in kept.kinds())
    assert (await sale.act(W.cancel, CancelOrder(Party.STAFF, ""))).code == "ORDER_REASON_MISSING"
    await sale.act(W.cancel, CancelOrder(Party.STAFF, "Not the seller's to sell."))
    await released(sale)
    assert standing(sale) == NOTHING
    await sale.settle(Outcome.DONE)
    await sale.until_kept(lambda kept: len(kept.given_back) == 2 and kept.paid_cents == 0)


async def test_a_paid_sale_is_not_called_off(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.paid()
    answer = await sale.act(W.cancel, CancelOrder(Party.STAFF, "Oh no."))
    assert answer.code == "ORDER_CANCEL_AFTER_PAYMENT"


async def test_a_cancel_in_temporal_is_noted_and_nothing_is_left_half_done(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.handle.cancel()
    await sale.until_kept(lambda kept: "news_refused" in kept.kinds())
    await sale.completed()
    assert sale.kept.seller_cents == PRICE_CENTS
