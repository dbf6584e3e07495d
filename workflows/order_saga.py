"""How a sale is undone, and how money goes back: compensations in reverse of their steps, for as long as it takes."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind, GiveBack, GivenBack, OrderActivities, OrderKey, PayoutState
    from domain.dispute_terms import Remedy
    from domain.orders import ROAD, OrderStatus
    from domain.payouts import PayoutStatus
    from workflows.order_desk import BY_HAND, Desk
    from workflows.order_disputes import release
    from workflows.order_messages import Undo

# From here on money has left to the seller, or may have.
GONE = frozenset({PayoutStatus.SENDING, PayoutStatus.SENT, PayoutStatus.PAID})


async def unwind(desk: Desk) -> None:
    """Undo what was begun, in reverse; what cannot be undone waits for an operator, and the rest is undone anyway."""
    state = desk.state
    while state.undo:
        undo = state.undo[-1]
        await _undone(desk, undo)
        state.undo.pop()
        desk.note(EventKind.UNDONE, words=undo.value)
    state.unwinding = ""
    # Money may have come while everything else went back.
    state.has_money_news = True


async def carry_out_refunds(desk: Desk) -> None:
    """Partial refunds that disputes ended in, one after the other; the order is held until the money is on its way."""
    state = desk.state
    while True:
        await workflow.wait_condition(lambda: bool(state.refunds))
        desk.busy += 1
        await _refund(desk, state.refunds[0])
        state.refunds.pop(0)
        desk.busy -= 1


async def give_back(
    desk: Desk, reason: str, cents: int | None = None, *, key: str = "", credited: bool = False
) -> None:
    """Money goes back to who paid it: `cents` of it, or all."""
    state = desk.state
    if not key:
        state.returns += 1
        key = f"return-{state.returns}"
    work = GiveBack(state.order.id, key, reason, cents, credited)
    given: GivenBack | None = await desk.surely("give_back", OrderActivities.give_back, work)
    if given is None:
        return
    if given.payment_ids or given.by_hand_cents:
        desk.note(EventKind.GIVEN_BACK, cents=cents, words=reason)
    if given.by_hand_cents:
        # Whoever did this has put it on the operators' list already.
        desk.note(EventKind.OPERATOR_CALLED, words=f"give_back: {BY_HAND}")


async def _refund(desk: Desk, dispute_id: str) -> None:
    case = next((each for each in desk.state.disputes if each.id == dispute_id), None)
    stands = desk.order.stage in ROAD
    if stands and case is not None and case.resolution is not None and case.resolution.remedy is Remedy.PARTIAL_REFUND:
        cents = case.resolution.cents
        if desk.state.payout.status in GONE:
            work = OrderKey(desk.order.id, f"dispute-{dispute_id}", cents)
            await desk.surely("claw_back", OrderActivities.claw_back, work)
        await give_back(desk, f"dispute {dispute_id}", cents, key=f"dispute-{dispute_id}", credited=True)
    release(desk, dispute_id)


async def _undone(desk: Desk, undo: Undo) -> None:
    order = desk.order
    match undo:
        case Undo.CLAW_BACK:
            work = OrderKey(order.id, "unwind")
            back: PayoutState | None = await desk.surely(undo, OrderActivities.claw_back, work)
            desk.state.payout.status = desk.state.payout.status if back is None else back.status
        case Undo.CANCEL_TRANSPORT:
            await desk.surely(undo, OrderActivities.cancel_transport, order.id)
        case Undo.CANCEL_TITLE:
            await desk.surely(undo, OrderActivities.cancel_title, order.id)
        case Undo.GIVE_BACK:
            # Where the sale ends before it is paid the invoice is credited whole, below.
            credited = order.stage is OrderStatus.REFUNDED
            await give_back(desk, order.reason, key="unwind", credited=credited)
        case Undo.CREDIT_INVOICE:
            if order.stage is OrderStatus.CANCELLED:
                work_off = GiveBack(order.id, "unwind", order.reason)
                await desk.surely(undo, OrderActivities.credit_invoice, work_off)
        case Undo.RELEASE_VEHICLE:
            await desk.surely(undo, OrderActivities.release_vehicle, order.id)
