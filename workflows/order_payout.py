"""How the seller is paid: a day is set, the money leaves on it when nothing holds it, and the order is completed.

After that the order stays for as long as somebody may still have something to say about it.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind, OrderActivities, OrderKey, OrderMoney, PayoutState, SetPayout
    from domain import orders, payouts, promises
    from domain.business_days import end_of_business_day
    from domain.clock import CHICAGO
    from domain.order_deadlines import Outcome
    from domain.orders import OrderCode, OrderStatus
    from domain.payouts import Facts, PayoutCode, PayoutStatus
    from domain.promises import Event
    from workflows.order_delivery import give_excess_back
    from workflows.order_desk import Desk, failure_of
    from workflows.order_messages import Undo
    from workflows.order_saga import give_back

MORNING = time(9, 0)
LEFT = frozenset({PayoutStatus.SENT, PayoutStatus.PAID})
# Funds clear from one day to the next, and what the provider has is asked about now and then.
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# A charge may be taken back months after it was made; money that was on its way arrives within weeks.
STAYS: Mapping[OrderStatus, timedelta] = MappingProxyType(
    {
        OrderStatus.COMPLETED: timedelta(days=180),
        OrderStatus.CANCELLED: timedelta(days=40),
        OrderStatus.REFUNDED: timedelta(days=40),
    }
)


async def pay_out(desk: Desk) -> None:
    """Pay the seller on the day that the rules give, unless a dispute is open, and complete the order."""
    state, plan = desk.state, desk.state.payout
    while state.order.stage is OrderStatus.DELIVERED:
        if plan.status in LEFT:
            _complete(desk)
            await desk.wait(lambda: not state.order.disputes)
            continue
        money = await desk.money()
        await give_excess_back(desk, money)
        day = payouts.due_on(_facts(desk, money))
        if not await _set(desk, day):
            await _pause(desk, DAY)
        elif day is None:
            # Funds that clear are news; where none come they are looked for once a day.
            await _pause(desk, DAY)
        elif desk.now() < morning_of(day):
            await _pause(desk, morning_of(day) - desk.now())
        else:
            await _send(desk)


async def stay(desk: Desk) -> None:
    """See to money and disputes that come after the end, until none is to be expected."""
    state = desk.state
    while state.order.stage in STAYS:
        if state.has_money_news:
            await _after_the_end(desk, await desk.money())
        until = (state.ended_at or state.order.sold_at) + STAYS[state.order.stage]
        is_late = desk.now() >= until
        if is_late and not state.order.disputes and not state.has_money_news:
            return
        await desk.wait(
            lambda late=is_late: state.has_money_news or (late and not state.order.disputes),  # type: ignore[misc] # a plain bool
            None if is_late else until,
        )


def morning_of(day: date) -> datetime:
    """When (UTC) what is due on a day is seen to."""
    return datetime.combine(day, MORNING, tzinfo=CHICAGO)


def _facts(desk: Desk, money: OrderMoney) -> Facts:
    state = desk.state
    return Facts(
        funds_cleared_on=money.cleared_on,
        title_in_hand_at=state.facts.get(Event.TITLE_RECEIVED),
        dispute_window_ends=desk.promise(promises.Code.INSPECTION).done_at,
        disputes_open=bool(state.order.disputes),
        last_dispute_closed_at=state.dispute_closed_at,
    )


async def _set(desk: Desk, day: date | None) -> bool:
    """The day, and whether a dispute holds it, as far as that is news."""
    plan, held = desk.state.payout, bool(desk.order.disputes)
    if (plan.due_on, plan.held) == (day, held):
        return True
    desk.register(Undo.CLAW_BACK)
    try:
        told: PayoutState | None = await desk.attempt(
            "set_payout", OrderActivities.set_payout, SetPayout(desk.order.id, day, held)
        )
    except ActivityError as error:
        desk.call("set_payout", failure_of(error))
        return False
    plan.due_on, plan.held = day, held
    plan.status = plan.status if told is None else told.status
    if day is not None:
        desk.note(EventKind.PAYOUT_SET, cents=None if told is None else told.cents, words=day.isoformat())
        desk.happened(Event.PAYOUT_SET, desk.now(), due={promises.Code.PAYOUT: end_of_business_day(day)})
    return True


async def _send(desk: Desk) -> None:
    """Hand it over. A dispute that comes first stops it; one that comes later finds the money gone."""
    plan, order = desk.state.payout, desk.order
    # From here on it may have left, whatever we hear.
    plan.status = PayoutStatus.SENDING
    try:
        told: PayoutState | None = await desk.attempt(
            "send_payout",
            OrderActivities.send_payout,
            OrderKey(order.id, f"payout-{plan.attempt}"),
            stop=lambda: bool(desk.order.disputes),
        )
    except ActivityError as error:
        desk.call("send_payout", failure_of(error))
        await _pause(desk, DAY)
        return
    if told is None:
        return
    plan.status = told.status
    if told.status in LEFT or told.code == PayoutCode.NOTHING_TO_SEND:
        plan.status = told.status if told.status in LEFT else PayoutStatus.PAID
        desk.note(EventKind.PAID_OUT, cents=told.cents)
        desk.happened(Event.PAID_OUT, desk.now())
        return
    desk.note(EventKind.PAYOUT_WAITS, words=told.code or told.status.value)
    if told.status is PayoutStatus.RETURNED:
        plan.attempt += 1
        desk.call("send_payout", told.code or told.status.value)
    await _pause(desk, HOUR if told.status is PayoutStatus.SENDING else DAY)


def _complete(desk: Desk) -> None:
    after = orders.moved(desk.order, orders.Step.COMPLETE)
    if not isinstance(after, OrderCode):
        desk.put(after, EventKind.COMPLETED)
        desk.state.ended_at = desk.now()


async def _pause(desk: Desk, longest: timedelta) -> None:
    """Until there is news of what a payout hangs on, but no longer than that."""
    state = desk.state
    disputes, facts = bool(state.order.disputes), len(state.facts)
    await desk.wait(
        lambda: state.has_money_news or bool(state.order.disputes) != disputes or len(state.facts) != facts,
        desk.now() + longest,
    )


async def _after_the_end(desk: Desk, money: OrderMoney) -> None:
    if desk.order.stage is OrderStatus.COMPLETED:
        await give_excess_back(desk, money)
    elif any(each.outcome is Outcome.DONE and each.cents > 0 for each in money.payments):
        await give_back(desk, OrderCode.OVER.value)
