"""The activities of orders: each may be repeated, or die between its transaction and what follows, and is done once."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from activities.db import invoices, operator_tasks, order_defaults, order_money, stand_ins
from activities.db.order_tables import order_stand_ins
from activities.db.tables import auctions
from activities.order_contracts import (
    EventKind,
    GiveBack,
    OrderEvent,
    OrderKey,
    PayoutState,
    RecordOrder,
    SetPayout,
    Trouble,
)
from activities.order_doors import OrderChanged
from activities.stand_ins import StandInTold
from domain.invoices import Paper
from domain.orders import OrderStatus, Party
from domain.payments import State
from domain.payouts import PayoutCode, PayoutStatus
from domain.promises import Event, begun, happened
from tests.activities.order_counter import BY_STAFF, Counter, SlammedError, open_counter
from tests.db.holders import mails
from tests.db.market import NOON, add_car, add_lot
from tests.db.order_desk import PRICE
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox

TODAY = date(2026, 5, 5)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def counter(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(sandbox, tmp_path / "orders.db") as opened:
        yield opened


async def invoiced(counter: Counter) -> int:
    return (await counter.work.issue_invoice(counter.order_id)).total_cents


async def paid(counter: Counter) -> int:
    """Invoice the order and pay all of it; the payment's id."""
    await invoiced(counter)
    asked = await counter.work.charge_order(OrderKey(counter.order_id, "c1"))
    assert asked.payment_id is not None
    assert (await counter.charge(asked.payment_id)).state is State.DONE
    return asked.payment_id


def tasks(counter: Counter) -> list[str]:
    return [task.step for task in counter.read(lambda c: operator_tasks.waiting(c, 99))]


async def test_an_order_opens_as_it_was_sold(counter: Counter) -> None:
    opened = await counter.work.open_order(counter.order_id)
    assert (opened.order.price_cents, opened.order.buyer_id, opened.order.stage) == (
        PRICE,
        counter.ada,
        OrderStatus.PENDING_PAYMENT,
    )
    assert (opened.terms.charge_agreed, opened.with_carrier) == (False, False)
    with pytest.raises(LookupError):
        await counter.work.open_order(99)


async def test_the_invoice_is_the_same_however_often_it_is_asked_for(counter: Counter) -> None:
    first = await counter.work.issue_invoice(counter.order_id)
    counter.now[0] += timedelta(days=1)
    assert await counter.work.issue_invoice(counter.order_id) == first
    assert counter.world.printed == [first.number] * 2
    assert len(counter.read(lambda c: invoices.of_order(c, counter.order_id))) == 1


# Charging


async def test_a_charge_is_one_payment_though_its_start_failed(counter: Counter) -> None:
    await invoiced(counter)
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.work.charge_order(OrderKey(counter.order_id, "c1"))
    asked = await counter.work.charge_order(OrderKey(counter.order_id, "c1"))
    assert counter.world.started == [asked.payment_id]
    assert len(counter.read(lambda c: order_money.money_of(c, counter.stored())).payments) == 1


async def test_a_charge_beside_another_is_that_other_one(counter: Counter) -> None:
    await invoiced(counter)
    first = await counter.work.charge_order(OrderKey(counter.order_id, "c1"))
    assert await counter.work.charge_order(OrderKey(counter.order_id, "c2")) == first
    assert counter.world.started == [first.payment_id]


async def test_nothing_is_charged_that_is_not_due(counter: Counter) -> None:
    assert (await counter.work.charge_order(OrderKey(counter.order_id, "c0"))).code == "ORDER_NOT_INVOICED"
    await paid(counter)
    assert (await counter.work.charge_order(OrderKey(counter.order_id, "c2"))).code == "ORDER_NOTHING_DUE"
    money = await counter.work.money_of_order(counter.order_id)
    assert (money.due_cents, money.cleared_on) == (0, None)


async def test_the_late_fee_is_added_once(counter: Counter) -> None:
    total = await invoiced(counter)
    assert [await counter.work.add_late_fee(counter.order_id) for _ in range(2)] == [100_00, 100_00]
    assert (await counter.work.money_of_order(counter.order_id)).due_cents == total + 100_00


# The default


async def test_a_default_is_settled_through_doors_that_open_late(counter: Counter) -> None:
    await invoiced(counter)
    lots = counter.write(lambda c: [add_lot(c, counter.sam, add_car(c, counter.sam, 840_000 + n)) for n in range(2)])
    leads = update(auctions).where(auctions.c.id.in_(lots)).values(leader_id=counter.ada)
    counter.run(leads)
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.work.settle_default(counter.order_id)
    await counter.work.settle_default(counter.order_id)
    wanted = [(lot, counter.ada, f"default-{counter.order_id}-{lot}") for lot in lots]
    assert counter.world.removed == wanted
    assert counter.read(lambda c: order_defaults.count_strikes(c, counter.ada)) == 1
    assert await counter.work.undo_default(counter.order_id)
    assert counter.read(lambda c: order_defaults.count_strikes(c, counter.ada)) == 0
    assert (await counter.work.money_of_order(counter.order_id)).due_cents == counter.stored().total_cents


# Giving back


async def test_what_goes_back_is_written_once_though_its_start_failed(counter: Counter) -> None:
    await paid(counter)
    work = GiveBack(counter.order_id, "unwind", "why")
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.work.give_back(work)
    given = await counter.work.give_back(work)
    assert (len(given.payment_ids), given.by_hand_cents) == (1, 0)
    assert counter.world.started[-1:] == given.payment_ids
    await counter.work.credit_invoice(work)
    assert (await counter.refund(given.payment_ids[0])).state is State.DONE
    assert len(counter.kept("authCaptureTransaction")) >= 1
    assert len(counter.read(lambda c: invoices.of_order(c, counter.order_id, Paper.REFUND_NOTE))) == 1
    assert counter.stored().paid_cents == 0


# Title and transport


async def test_a_stand_in_tells_of_title_and_transport_by_itself_once(counter: Counter) -> None:
    for _ in range(2):
        await counter.work.begin_title(counter.order_id)
    await counter.work.begin_transport(counter.order_id)
    sweep = StandInTold(counter.engine, counter.world)
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await sweep.tell_due()
    assert [await sweep.tell_due(), await sweep.tell_due()] == [4, 0]
    wanted = {Event.TITLE_RECEIVED, Event.TITLE_FILED, Event.PICKED_UP, Event.DELIVERED}
    assert (len(counter.world.told), {event for _, event in counter.world.told}) == (4, wanted)
    await counter.work.cancel_title(counter.order_id)
    assert tasks(counter) == ["cancel_title"]


async def test_what_was_not_told_yet_is_cancelled_without_anybody(counter: Counter) -> None:
    await counter.work.begin_transport(counter.order_id)
    counter.run(update(order_stand_ins).values(due_at=NOON + timedelta(days=9_999)))
    await counter.work.cancel_transport(counter.order_id)
    assert counter.read(lambda c: stand_ins.due(c, NOON + timedelta(days=10_000), 9)) == []
    assert tasks(counter) == []


async def test_staff_are_asked_to_do_what_nobody_else_does_and_to_undo_it(counter: Counter) -> None:
    work = counter.with_doors(stand_ins=BY_STAFF)
    for _ in range(2):
        await work.begin_title(counter.order_id)
        await work.begin_transport(counter.order_id)
    await work.cancel_transport(counter.order_id)
    await work.cancel_title(counter.order_id)
    assert tasks(counter) == ["begin_title", "begin_transport", "cancel_transport", "cancel_title"]


# Payouts


async def test_a_payout_is_handed_over_once_for_its_key_whatever_dies(counter: Counter) -> None:
    await paid(counter)
    key = OrderKey(counter.order_id, "payout-1")
    assert (await counter.work.send_payout(key)).code == PayoutCode.NOT_DUE
    await counter.work.set_payout(SetPayout(counter.order_id, TODAY))
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.work.send_payout(key)
    assert await counter.work.send_payout(key) == PayoutState(PayoutStatus.SENT, PRICE)
    assert await counter.work.send_payout(key) == PayoutState(PayoutStatus.SENT, PRICE)
    assert counter.world.handed_over == {f"P{counter.order_id}-1": PRICE}
    assert counter.read(lambda c: mails(c, "payout_sent")) == 1


async def test_a_payout_by_hand_waits_for_a_person(counter: Counter) -> None:
    await paid(counter)
    await counter.work.set_payout(SetPayout(counter.order_id, TODAY))
    work = counter.with_doors(payouts=None)
    for _ in range(2):
        assert await work.send_payout(OrderKey(counter.order_id, "payout-1")) == PayoutState(
            PayoutStatus.SENDING, PRICE
        )
    assert tasks(counter) == ["payout"]


async def test_a_payout_is_got_back_once_for_its_key(counter: Counter) -> None:
    await paid(counter)
    await counter.work.set_payout(SetPayout(counter.order_id, TODAY))
    await counter.work.send_payout(OrderKey(counter.order_id, "payout-1"))
    part = OrderKey(counter.order_id, "dispute-1", 500_00)
    assert [(await counter.work.claw_back(part)).status for _ in range(2)] == [PayoutStatus.SENT] * 2
    await counter.work.give_back(GiveBack(counter.order_id, "dispute-1", "why", 500_00))
    whole = OrderKey(counter.order_id, "unwind")
    assert [(await counter.work.claw_back(whole)).status for _ in range(2)] == [PayoutStatus.CLAWED_BACK] * 2


# The record


def told(counter: Counter, version: int, *kinds: EventKind, first: int = 1) -> RecordOrder:
    timeline = happened(begun(NOON, with_carrier=False), Event.INVOICED, NOON)
    events = [OrderEvent(NOON, kind.value, Party.HOUSE, 100) for kind in kinds]
    return RecordOrder(version, counter.stored().order, timeline, [], first, events)


async def test_a_record_is_written_told_and_mailed_once(counter: Counter) -> None:
    work = told(counter, 2, EventKind.INVOICED, EventKind.REMINDED)
    for _ in range(2):
        await counter.work.record_order(work)
    await counter.work.record_order(told(counter, 1, EventKind.SOLD))
    again = told(counter, 3, EventKind.REMINDED, EventKind.COMPLETED, first=2)
    await counter.work.record_order(again)
    assert [each.version for each in counter.world.changed] == [2, 3]
    users = (counter.ada, counter.sam)
    assert counter.world.changed[0] == OrderChanged(counter.order_id, OrderStatus.PENDING_PAYMENT, 2, users)
    kinds = ("order_reminder", "order_completed")
    assert [counter.read(lambda c, kind=kind: mails(c, kind)) for kind in kinds] == [1, 2]  # type: ignore[misc]


async def test_an_operator_is_called_once_for_each_key(counter: Counter) -> None:
    for key in ("issue_invoice-1", "issue_invoice-1", "issue_invoice-2"):
        await counter.work.call_operator(Trouble(counter.order_id, key, "issue_invoice", "STILL_TRYING"))
    assert tasks(counter) == ["issue_invoice"] * 2
    first = counter.read(lambda c: operator_tasks.of_order(c, counter.order_id))[0]
    for by in (7, 8):
        done = counter.write(lambda c, by=by: operator_tasks.finish(c, first.id, by, NOON))  # type: ignore[misc]
        assert done is not None
        assert done.done_by == 7
    assert counter.read(operator_tasks.count_waiting) == 1


async def test_a_released_vehicle_is_its_sellers(counter: Counter) -> None:
    await counter.work.release_vehicle(counter.order_id)
    counter.write(lambda c: add_lot(c, counter.sam, counter.stored().order.vehicle_id))
    await counter.work.release_vehicle(counter.order_id)
