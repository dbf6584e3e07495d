"""How an order is paid, or comes to its default: the invoice, one deadline after the other, and what comes late."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import (
        ChargeAsked,
        EventKind,
        Invoiced,
        OrderActivities,
        OrderKey,
        OrderMoney,
    )
    from domain import orders, promises
    from domain.money import dollars
    from domain.order_deadlines import (
        Outcome,
        Step,
        Verdict,
        deadlines,
        judged,
        late_fee_stands,
        next_step,
        paid_in_full_at,
    )
    from domain.orders import OrderCode, OrderStatus
    from domain.promises import Event
    from workflows.order_desk import Desk, failure_of
    from workflows.order_messages import Undo
    from workflows.order_saga import give_back

# A payment in doubt tells when it is known; in between it is looked at now and then.
DOUBT_PAUSE = timedelta(minutes=15)
# A wire may be found days after it was made: what was paid in part is kept for so long, for it may complete the sum.
PART_KEPT_FOR = timedelta(days=3)
# For so long after its end an order sees to money that comes in.
LATE_MONEY = timedelta(days=40)


async def invoice(desk: Desk) -> None:
    """Day 0: the invoice, from which all days of payment count."""
    state = desk.state
    if state.invoice is not None:
        return
    desk.register(Undo.CREDIT_INVOICE)
    desk.register(Undo.GIVE_BACK)
    made: Invoiced = await desk.step("issue_invoice", OrderActivities.issue_invoice, state.order.id)
    state.invoice, state.times = made, deadlines(made.issued_at, state.terms)
    desk.note(EventKind.INVOICED, cents=made.total_cents, words=made.number)
    desk.happened(Event.INVOICED, made.issued_at, due=promises.payment_due(state.times))


async def be_paid(desk: Desk) -> None:
    """Wait for the money, with a step at each of its times, until it is there or the time is over."""
    state = desk.state
    while state.order.stage is OrderStatus.PENDING_PAYMENT:
        money = await desk.money()
        if _is_paid(desk, money):
            return
        due = next_step(desk.times, frozenset(state.taken))
        if state.order.disputes:
            await desk.wait(lambda: state.has_money_news or not state.order.disputes)
        elif due is None or desk.now() < due[1]:
            until = None if due is None else due[1]
            await desk.wait(lambda: state.has_money_news or bool(state.order.disputes), until)
        else:
            await _take(desk, due[0], money)


async def see_default_through(desk: Desk) -> None:
    """What a default entails; then, for a while, whether it was paid in time after all, which takes it back."""
    state = desk.state
    if state.order.stage is not OrderStatus.DEFAULTED:
        return
    if not state.default_settled:
        await desk.surely("settle_default", OrderActivities.settle_default, state.order.id)
        state.default_settled = True
        desk.note(EventKind.DEFAULTED, words="settled")
    ended_at = state.ended_at or desk.now()
    part_kept_until, until = ended_at + PART_KEPT_FOR, ended_at + LATE_MONEY
    while desk.now() < until:
        keeps_part = desk.now() < part_kept_until
        if await _is_cured(desk, await desk.money(), keeps_part=keeps_part):
            return
        await desk.wait(lambda: state.has_money_news, part_kept_until if keeps_part else until)


def _is_paid(desk: Desk, money: OrderMoney) -> bool:
    """Whether the money is there, which moves the order."""
    state = desk.state
    at = paid_in_full_at(money.payments, money.owed_cents)
    if at is None:
        return False
    after = orders.paid(state.order, at, desk.times.default_at)
    if isinstance(after, OrderCode):
        return False
    desk.put(after, EventKind.PAID)
    desk.happened(Event.PAID, at)
    if state.late_fee_cents and not late_fee_stands(desk.times, money.payments, money.owed_cents):
        # The money was sent in time, and only heard of late: what was added for it is not owed.
        desk.call("late_fee", "PAID_IN_TIME")
    return True


async def _take(desk: Desk, step: Step, money: OrderMoney) -> None:
    state = desk.state
    match judged(step, desk.times, money.payments, money.owed_cents):
        case Verdict.SKIP:
            state.taken.append(step)
        case Verdict.WAIT:
            await desk.wait(lambda: state.has_money_news or bool(state.order.disputes), desk.now() + DOUBT_PAUSE)
        case Verdict.TAKE:
            # It is marked first: each of them is done once by itself, and a failed one is not done over and over.
            state.taken.append(step)
            await _TAKEN[step](desk, money)


async def _remind(desk: Desk, money: OrderMoney) -> None:
    desk.note(EventKind.REMINDED, cents=money.due_cents)


async def _charge(desk: Desk, money: OrderMoney) -> None:
    del money
    try:
        asked: ChargeAsked | None = await desk.attempt(
            "charge_order",
            OrderActivities.charge_order,
            OrderKey(desk.order.id, "automatic-charge"),
            stop=lambda: bool(desk.order.disputes),
        )
    except ActivityError as error:
        # Nobody was charged; the buyer still has days to pay by themselves.
        desk.call("charge_order", failure_of(error))
        return
    if asked is None:
        # A dispute came first; when it is over the charge is due again.
        desk.state.taken.remove(Step.CHARGE)
    elif asked.code:
        desk.note(EventKind.CHARGE_REFUSED, words=asked.code)
    else:
        desk.note(EventKind.CHARGE_ASKED)


async def _add_late_fee(desk: Desk, money: OrderMoney) -> None:
    del money
    try:
        cents: int = await desk.attempt("add_late_fee", OrderActivities.add_late_fee, desk.order.id) or 0
    except ActivityError as error:
        desk.call("add_late_fee", failure_of(error))
        return
    desk.state.late_fee_cents = cents
    desk.note(EventKind.LATE_FEE, cents=cents)


async def _default(desk: Desk, money: OrderMoney) -> None:
    after = orders.moved(desk.order, orders.Step.DEFAULT, "not paid in time")
    if isinstance(after, OrderCode):
        desk.state.taken.remove(Step.DEFAULT)
        return
    # What is due is missed, before everything else is let go.
    desk.tick()
    desk.put(after, EventKind.DEFAULTED, words=f"{dollars(money.due_cents)} not paid")
    desk.end_promises()


_TAKEN = {Step.REMIND: _remind, Step.CHARGE: _charge, Step.LATE_FEE: _add_late_fee, Step.DEFAULT: _default}


async def _is_cured(desk: Desk, money: OrderMoney, *, keeps_part: bool) -> bool:
    """Money after the default: in time it takes that back, where the vehicle is still there; else it is given back."""
    order, default_at = desk.order, desk.times.default_at
    at = paid_in_full_at(money.payments, desk.invoice.total_cents)
    if at is None:
        if not keeps_part and any(each.outcome is Outcome.DONE and each.cents > 0 for each in money.payments):
            await give_back(desk, "paid in part")
        return False
    after = orders.paid(order, at, default_at)
    if not isinstance(after, OrderCode):
        undone: bool | None = await desk.surely("undo_default", OrderActivities.undo_default, order.id)
        if undone is None:
            # Whose the vehicle is now, a person finds out; until then the money stays where it is.
            return False
        after = orders.paid(order, at, default_at, resold=not undone)
    if isinstance(after, OrderCode):
        await give_back(desk, after.value)
        return False
    desk.put(after, EventKind.CURED)
    _begin_promises_anew(desk)
    desk.happened(Event.PAID, at)
    return True


def _begin_promises_anew(desk: Desk) -> None:
    state = desk.state
    state.ended_at = None
    state.timeline = promises.begun(state.order.sold_at, with_carrier=state.with_carrier)
    due = promises.payment_due(desk.times)
    state.timeline = promises.happened(state.timeline, Event.INVOICED, desk.invoice.issued_at, due=due)
    for event, at in state.facts.items():
        if event is not Event.INVOICED:
            state.timeline = promises.happened(state.timeline, event, at, due=due)
