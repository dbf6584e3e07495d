"""How a paid vehicle comes to its buyer: title and transport side by side, the delivery, and the days to inspect it."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind, OrderActivities, OrderMoney
    from domain import orders, promises
    from domain.order_deadlines import Outcome
    from domain.orders import OrderCode, OrderStatus, Party
    from domain.promises import Event, State
    from workflows.order_desk import Desk, side_by_side
    from workflows.order_messages import NEWS, Happened, Undo
    from workflows.order_saga import give_back

IN_HAND = frozenset({OrderStatus.PAID, OrderStatus.TITLE_PROCESSING})
INSPECTED = frozenset({State.KEPT, State.LATE, State.WAIVED})


async def hand_over(desk: Desk) -> None:
    """Have the title transferred and the vehicle brought, until it is delivered."""
    state = desk.state
    if state.order.stage not in IN_HAND:
        return
    await side_by_side(_begin_title(desk), _begin_transport(desk))
    await wait_with_money(desk, lambda: Event.DELIVERED in state.facts)
    delivered = orders.moved(state.order, orders.Step.DELIVER)
    if not isinstance(delivered, OrderCode):
        # Its line in the history was written when it was told.
        state.order = delivered
        state.version += 1


async def let_inspect(desk: Desk) -> None:
    """The buyer has days to look at it; silence, or their word, ends them. A dispute holds them."""
    if desk.order.stage is not OrderStatus.DELIVERED:
        return
    await wait_with_money(
        desk, lambda: desk.promise(promises.Code.INSPECTION).state in INSPECTED and not desk.order.disputes
    )


async def wait_with_money(desk: Desk, condition: Callable[[], bool], until: datetime | None = None) -> None:
    """Wait as the desk does, while what is paid on top of the price goes back."""
    while True:
        await desk.wait(lambda: condition() or desk.state.has_money_news, until)
        if not desk.state.has_money_news:
            return
        await give_excess_back(desk, await desk.money())


async def give_excess_back(desk: Desk, money: OrderMoney) -> None:
    """What was paid twice, or too much, is nobody's but the payer's."""
    paid = sum(each.cents for each in money.payments if each.outcome is Outcome.DONE)
    excess = paid - money.owed_cents - desk.state.late_fee_cents
    if excess > 0:
        await give_back(desk, OrderCode.ALREADY_PAID.value, excess)


def hear(desk: Desk, news: Happened) -> None:
    """News of the world, which may come early, late and twice. Raises ValueError for what is no news."""
    if news.event not in NEWS or news.at.tzinfo is None:
        raise ValueError("that is not for others to tell")
    if news.event in desk.state.facts:
        return
    at = max(desk.order.sold_at, min(news.at, desk.now()))
    for event in _entailed(desk, news.event):
        if event not in desk.state.facts:
            desk.happened(event, at, note=news.note)
            desk.note(EventKind(event.value), words=news.note)


def accept(desk: Desk) -> str:
    """The buyer takes the vehicle as it is, before the days are over. Again changes nothing."""
    promise = desk.promise(promises.Code.INSPECTION)
    if promise.state in {State.KEPT, State.LATE}:
        return ""
    if promise.state is State.WAIVED:
        return OrderCode.OVER.value
    if promise.state is State.WAITING:
        return OrderCode.NOT_YET.value
    if desk.order.disputes:
        return OrderCode.DISPUTE_OPEN.value
    desk.happened(Event.ACCEPTED, desk.now())
    desk.note(EventKind.ACCEPTED, Party.BUYER)
    return ""


def _entailed(desk: Desk, event: Event) -> tuple[Event, ...]:
    """What is in hand was picked up; who fetches a vehicle has it."""
    if event is Event.DELIVERED:
        return (Event.PICKED_UP, Event.DELIVERED)
    if event is Event.PICKED_UP and not desk.state.with_carrier:
        return (Event.PICKED_UP, Event.DELIVERED)
    return (event,)


async def _begin_title(desk: Desk) -> None:
    state = desk.state
    if state.order.stage is not OrderStatus.PAID:
        return
    desk.register(Undo.CANCEL_TITLE)
    await desk.step("begin_title", OrderActivities.begin_title, state.order.id)
    begun = orders.moved(state.order, orders.Step.START_TITLE)
    if not isinstance(begun, OrderCode):
        desk.put(begun, EventKind.TITLE_BEGUN)


async def _begin_transport(desk: Desk) -> None:
    state = desk.state
    if state.has_transport:
        return
    desk.register(Undo.CANCEL_TRANSPORT)
    await desk.step("begin_transport", OrderActivities.begin_transport, state.order.id)
    state.has_transport = True
    desk.note(EventKind.TRANSPORT_BEGUN)
