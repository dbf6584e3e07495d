"""The Order workflow: one sale from the hammer to its seller's money, or back to where everybody was before it.

Who acts is answered as soon as the act is in this workflow's history, which is as durable as anything we have; the
row in the database follows within moments, and an answer waits for it a little so that its reader finds it there.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind, OpenedOrder, OrderActivities, RecordOrder
    from domain import orders, promises
    from domain.dispute_terms import SIDES
    from domain.orders import OrderCode
    from workflows import order_disputes, order_showing, policies, runs
    from workflows import order_messages as messages
    from workflows.ids import DISPUTE_OPEN, ORDER_STATUS
    from workflows.order_delivery import accept, hand_over, hear, let_inspect
    from workflows.order_desk import LOOK_AGAIN, BrokenOffError, Desk, failure_of
    from workflows.order_messages import OrderAnswer, OrderOutcome, OrderStart, OrderState, Undo
    from workflows.order_payment import be_paid, invoice, see_default_through
    from workflows.order_payout import pay_out, stay
    from workflows.order_saga import carry_out_refunds, unwind

# A database that is away does not keep an answer from who acts.
RECORDED_WITHIN = timedelta(seconds=3)


@workflow.defn(name="Order")
class OrderWorkflow:
    """`run` tells the story; beside it the clock, the records, the operators' calls and the refunds are kept."""

    @workflow.init
    def __init__(self, start: OrderStart) -> None:
        self._desk = Desk(start.carried) if start.carried is not None else None
        self._waiting: list[tuple[str, Sequence[RawValue]]] = []
        self._helpers: list[asyncio.Task[None]] = []
        self._shown: tuple[str, bool] | None = None

    @workflow.run
    async def run(self, start: OrderStart) -> OrderOutcome:
        """Tell the story of the sale; where it breaks off, undo what was done, and see to what still comes."""
        await self._outlast(self._open(start.order_id))
        desk = self._read()
        while True:
            if desk.state.unwinding:
                await self._outlast(unwind(desk))
            with suppress(BrokenOffError):
                await self._outlast(self._sell(desk))
                break
        await self._outlast(self._drain(desk))
        return OrderOutcome(desk.order.status, desk.order.reason)

    async def _sell(self, desk: Desk) -> None:
        """The story of a sale. What an earlier run has told is not told again: each part knows whether its time is."""
        await invoice(desk)
        await be_paid(desk)
        await see_default_through(desk)
        await hand_over(desk)
        await let_inspect(desk)
        await pay_out(desk)
        await stay(desk)

    # What the sides and the staff do

    @workflow.update
    async def cancel(self, wish: messages.CancelOrder) -> OrderAnswer:
        """Call the sale off before it is paid: both sides one after the other, or staff."""
        return await self._answer(lambda desk: _cancel(desk, wish))

    @workflow.update
    async def accept_delivery(self) -> OrderAnswer:
        """Take the vehicle as it is."""
        return await self._answer(accept)

    @workflow.update
    async def open_dispute(self, wish: messages.OpenDispute) -> OrderAnswer:
        """Hold the money and the payout for a case."""
        return await self._answer(lambda desk: order_disputes.open_dispute(desk, wish))

    @workflow.update
    async def answer_dispute(self, wish: messages.AnswerDispute) -> OrderAnswer:
        """Tell the other side's own story."""
        return await self._answer(lambda desk: order_disputes.answer(desk, wish))

    @workflow.update
    async def concede_dispute(self, wish: messages.ConcedeDispute) -> OrderAnswer:
        """Agree to what is asked."""
        return await self._answer(lambda desk: order_disputes.concede(desk, wish))

    @workflow.update
    async def file_evidence(self, wish: messages.FileEvidence) -> OrderAnswer:
        """Add a document for good."""
        return await self._answer(lambda desk: order_disputes.file_evidence(desk, wish))

    @workflow.update
    async def note_dispute(self, wish: messages.NoteDispute) -> OrderAnswer:
        """Remark something for the other staff."""
        return await self._answer(lambda desk: order_disputes.note(desk, wish))

    @workflow.update
    async def assign_dispute(self, wish: messages.AssignDispute) -> OrderAnswer:
        """Give a case to somebody."""
        return await self._answer(lambda desk: order_disputes.assign(desk, wish))

    @workflow.update
    async def escalate_dispute(self, wish: messages.EscalateDispute) -> OrderAnswer:
        """Pass a case on to who decides more."""
        return await self._answer(lambda desk: order_disputes.escalate(desk, wish))

    @workflow.update
    async def propose_resolution(self, wish: messages.ProposeResolution) -> OrderAnswer:
        """Decide; above a sum a second person has to as well."""
        return await self._answer(lambda desk: order_disputes.propose(desk, wish))

    @workflow.update
    async def approve_resolution(self, wish: messages.JudgeResolution) -> OrderAnswer:
        """Stand for what is proposed."""
        return await self._answer(lambda desk: order_disputes.approve(desk, wish))

    @workflow.update
    async def reject_resolution(self, wish: messages.JudgeResolution) -> OrderAnswer:
        """Do not stand for what is proposed."""
        return await self._answer(lambda desk: order_disputes.reject(desk, wish))

    @workflow.update
    async def withdraw_dispute(self, wish: messages.WithdrawDispute) -> OrderAnswer:
        """Let the own case go."""
        return await self._answer(lambda desk: order_disputes.withdraw(desk, wish))

    @workflow.signal(
        dynamic=True, description="payment_news; happened {event, at, note}; dispute {dispute_id, act, person, words}"
    )
    def receive(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Every signal: news of payments and of the world, and what support does by hand. All else is noted."""
        if self._desk is None:
            self._waiting = [*self._waiting, (name, arguments)][: messages.MOST_INBOX]
        else:
            self._hear(self._desk, name, arguments)

    @workflow.query
    def state(self) -> OrderState | None:
        """All that is known of the order; None until it has been read."""
        return None if self._desk is None else self._desk.state

    def _read(self) -> Desk:
        if self._desk is None:
            raise LookupError("the order has not been read yet")
        return self._desk

    async def _answer(self, act: Callable[[Desk], str]) -> OrderAnswer:
        await workflow.wait_condition(lambda: self._desk is not None)
        desk = self._read()
        state, before, update = desk.state, desk.state.version, workflow.current_update_info()
        update_id = update.id if update else ""
        code = "" if update_id in state.known else act(desk)
        if not code and update_id not in state.known:
            state.known = [*state.known, update_id][-messages.MOST_KNOWN :]
        done = state.version
        if done != before:
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: state.recorded >= done, timeout=RECORDED_WITHIN)
        return OrderAnswer(code, desk.order)

    def _hear(self, desk: Desk, name: str, arguments: Sequence[RawValue]) -> None:
        try:
            code = self._take_in(desk, name, arguments)
        except Exception as error:  # noqa: BLE001 - no exception may leave a signal handler, it would stop the order
            desk.note(EventKind.NEWS_UNREADABLE, words=f"{name[:40]}: {type(error).__name__}")
        else:
            if code:
                desk.note(EventKind.NEWS_REFUSED, words=f"{name}: {code}")

    def _take_in(self, desk: Desk, name: str, arguments: Sequence[RawValue]) -> str:
        convert = workflow.payload_converter().from_payload
        match name:
            case "payment_news":
                desk.state.has_money_news = True
            case "happened":
                hear(desk, convert(arguments[0].payload, messages.Happened))
            case "dispute":
                return order_disputes.support(desk, convert(arguments[0].payload, messages.SupportSays))
            case _:
                return messages.Refusal.UNREADABLE.value
        return ""

    # What is kept beside the story

    async def _open(self, order_id: int) -> None:
        """The order as it begins, or as the run before left it, and what is kept beside its story."""
        desk = self._desk
        if desk is None:
            opened: OpenedOrder = await workflow.execute_activity_method(
                OrderActivities.open_order, order_id, **policies.LOOK_AT_ORDER
            )
            order = opened.order
            timeline = promises.begun(order.sold_at, with_carrier=opened.with_carrier)
            desk = self._desk = Desk(OrderState(order, opened.terms, opened.with_carrier, timeline))
            desk.register(Undo.RELEASE_VEHICLE)
            desk.note(EventKind.SOLD, cents=order.price_cents, words=order.how.value)
            for name, arguments in self._waiting:
                self._hear(desk, name, arguments)
        kept = (self._keep_time, self._keep_record, self._keep_shown, self._call_operators, carry_out_refunds)
        self._helpers = [asyncio.create_task(keep(desk)) for keep in kept]

    async def _keep_time(self, desk: Desk) -> None:
        """What is due, promises and cases alike, is due at its moment."""
        while True:
            desk.tick()
            order_disputes.expire(desk)
            due = order_disputes.next_due(desk)
            timeout = None if due is None else due - desk.now()
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda due=due: order_disputes.next_due(desk) != due, timeout=timeout)  # type: ignore[misc] # a plain moment

    async def _keep_record(self, desk: Desk) -> None:
        state = desk.state
        while True:
            await workflow.wait_condition(lambda: state.recorded < state.version)
            work = RecordOrder(
                state.version, state.order, state.timeline, list(state.disputes), state.first_event, list(state.events)
            )
            if await self._done(desk, OrderActivities.record_order, work, "record_order"):
                state.recorded = work.version
                state.events, state.first_event = state.events[len(work.events) :], work.first_event + len(work.events)

    async def _call_operators(self, desk: Desk) -> None:
        state = desk.state
        while True:
            await workflow.wait_condition(lambda: bool(state.calls))
            if await self._done(desk, OrderActivities.call_operator, state.calls[0], ""):
                state.calls = state.calls[1:]

    async def _done(self, desk: Desk, activity: Any, work: object, name: str) -> bool:
        """Whether it was done: what fails for good is told and tried again, for nothing that is owed is dropped."""
        desk.busy += 1
        try:
            await workflow.execute_activity_method(activity, work, **policies.RECORD_ORDER)
        except ActivityError as error:
            failure = failure_of(error)
        else:
            return True
        finally:
            desk.busy -= 1
        workflow.logger.error("order_not_kept", extra={"order_id": desk.order.id, "error": failure})
        if name:
            desk.call(name, failure)
        await workflow.sleep(LOOK_AGAIN)
        return False

    async def _keep_shown(self, desk: Desk) -> None:
        """Lists and pages of the Temporal UI follow the state."""
        while True:
            known = desk.state.version
            shown = (desk.order.status.value, bool(desk.order.disputes))
            if shown != self._shown:
                self._shown = shown
                workflow.upsert_search_attributes([ORDER_STATUS.value_set(shown[0]), DISPUTE_OPEN.value_set(shown[1])])
            workflow.set_current_details(order_showing.details(desk.state))
            await workflow.wait_condition(lambda known=known: desk.state.version != known)  # type: ignore[misc] # a plain number

    # The run as a Temporal workflow

    async def _outlast(self, work: Coroutine[Any, Any, None]) -> None:
        """See a part to its end, even if Temporal is asked to cancel it: a sale is called off by update, and whole."""
        task = asyncio.create_task(work)
        while not task.done():
            try:
                await workflow.wait_condition(lambda: task.done() or self._may_continue() or self._is_broken())
            except asyncio.CancelledError:
                self._refuse_to_be_cancelled()
            for helper in self._helpers:
                if helper.done():
                    helper.result()
            if not task.done() and self._may_continue():
                self._continue_as_new()
        task.result()

    async def _drain(self, desk: Desk) -> None:
        state = desk.state
        await workflow.wait_condition(
            lambda: workflow.all_handlers_finished() and state.recorded >= state.version and not state.calls
        )

    def _refuse_to_be_cancelled(self) -> None:
        if self._desk is None:
            self._waiting.append(("cancel", ()))
        else:
            self._desk.note(EventKind.NEWS_REFUSED, words="cancelled in Temporal: send the update `cancel` instead")

    def _may_continue(self) -> bool:
        idle = workflow.all_handlers_finished() and self._desk is not None and not self._desk.busy
        return idle and workflow.info().is_continue_as_new_suggested()

    def _is_broken(self) -> bool:
        return any(helper.done() for helper in self._helpers)

    def _continue_as_new(self) -> NoReturn:
        desk = self._read()
        workflow.continue_as_new(
            OrderStart(desk.order.id, desk.state),
            initial_versioning_behavior=runs.next_behavior(moves=True),
        )


def _cancel(desk: Desk, wish: messages.CancelOrder) -> str:
    """Called off, or one side's wish remembered until the other has it too."""
    state, reason = desk.state, wish.reason[: messages.LONGEST_WORDS]
    after = orders.cancelled(state.order, {*state.wished, wish.by}, reason)
    if after is OrderCode.CANCEL_NEEDS_BOTH and wish.by in SIDES and wish.by not in state.wished:
        state.wished = [*state.wished, wish.by]
        desk.note(EventKind.CANCEL_WISHED, wish.by, words=reason)
    return desk.break_off(after, wish.by)
