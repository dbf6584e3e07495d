"""What every part of an order's run works with: the state and each way to change it, the clock, waits and steps.

Changes are synchronous, so that handlers make them whole; a wait or a step of the story ends with `BrokenOffError` as
soon as the sale is to be undone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind, Invoiced, OrderActivities, OrderEvent, OrderMoney, Trouble
    from domain import disputes, orders, promises
    from domain.clock import truncate
    from domain.dispute_terms import DisputeCode
    from domain.disputes import Dispute
    from domain.order_deadlines import Deadlines, Outcome
    from domain.orders import Order, OrderCode, OrderStatus, Party
    from domain.promises import Event, State
    from workflows import policies
    from workflows.order_messages import LONGEST_WORDS, OrderState, Undo

# An operator is told of what is still being tried after so long.
ALERT_AFTER = timedelta(hours=1)
LOOK_AGAIN = timedelta(hours=1)
STILL_TRYING, BY_HAND = "STILL_TRYING", "BY_HAND"
# A promise that is missed calls our staff where they owe it, or are to call who owes it.
CALLS_STAFF = frozenset(
    {
        promises.Code.INVOICE,
        promises.Code.TITLE_FILED,
        promises.Code.HANDOVER,
        promises.Code.DELIVERY,
        promises.Code.PAYOUT,
    }
)


class BrokenOffError(Exception):
    """The sale is to be undone: nothing more of its story is told."""


class Desk:
    """One order's state in the hands of its run. `busy` counts what is under way and not in the state yet."""

    def __init__(self, state: OrderState) -> None:
        self.state = state
        self.busy = 0

    @property
    def order(self) -> Order:
        """The order as it stands."""
        return self.state.order

    @property
    def invoice(self) -> Invoiced:
        """The invoice. Raises LookupError before there is one."""
        if self.state.invoice is None:
            raise LookupError("there is no invoice yet")
        return self.state.invoice

    @property
    def times(self) -> Deadlines:
        """The deadlines of the invoice. Raises LookupError before there are any."""
        if self.state.times is None:
            raise LookupError("there is no deadline yet")
        return self.state.times

    def now(self) -> datetime:
        """The time as everything here counts it."""
        return truncate(workflow.now())

    # Changes

    def note(self, kind: EventKind, by: Party = Party.HOUSE, *, cents: int | None = None, words: str = "") -> None:
        """One more line of the order's history, which is one more change to be recorded."""
        self.state.version += 1
        self.state.events.append(OrderEvent(self.now(), kind.value, by, cents, words[:LONGEST_WORDS]))

    def put(self, order: Order, kind: EventKind, by: Party = Party.HOUSE, *, words: str = "") -> None:
        """The order after a step."""
        self.state.order = order
        self.note(kind, by, words=words)

    def happened(
        self, event: Event, at: datetime, *, due: Mapping[promises.Code, datetime] | None = None, note: str = ""
    ) -> None:
        """Something happened to the order, as far as promises hang on it; the first word of a fact is the one kept."""
        self.state.facts.setdefault(event, at)
        self.state.timeline = promises.happened(self.state.timeline, event, at, due=due, note=note[:LONGEST_WORDS])
        self.state.version += 1

    def promise(self, code: promises.Code) -> promises.Promise:
        """One line of the timeline. Raises StopIteration for one that this sale does not have."""
        return next(each for each in self.state.timeline if each.code is code)

    def end_promises(self) -> None:
        """Nothing more is owed; what was missed stays so."""
        ended = promises.happened(self.state.timeline, Event.ENDED, self.now())
        pairs = zip(self.state.timeline, ended, strict=True)
        self.state.timeline = tuple(old if old.state is State.MISSED else new for old, new in pairs)
        self.state.ended_at = self.now()

    def tick(self) -> None:
        """The clock: what is due is missed, which both sides read and our staff are called for, or kept by silence."""
        state, before = self.state, self.state.timeline
        state.timeline = promises.ticked(before, self.now())
        if state.timeline == before:
            return
        state.version += 1
        for promise in promises.missed(before, state.timeline):
            self.note(EventKind.PROMISE_MISSED, promise.owner, words=f"{promise.code}: {promise.if_missed}")
            if promise.code in CALLS_STAFF:
                self.call(f"promise-{promise.code}", promise.state.value.upper())
        was_open = any(each.code is promises.Code.INSPECTION and each.state is State.OPEN for each in before)
        if was_open and self.promise(promises.Code.INSPECTION).state is State.KEPT:
            self.note(EventKind.ACCEPTED, words="nothing was said in time")

    def call(self, step: str, code: str) -> None:
        """An operator is to see to it: once for each time that it is called for."""
        state = self.state
        state.troubles += 1
        state.calls.append(Trouble(state.order.id, f"{step}-{state.troubles}", step, code))
        self.note(EventKind.OPERATOR_CALLED, words=f"{step}: {code}")

    def register(self, undo: Undo) -> None:
        """A step is about to be taken: what undoes it is known before."""
        if undo not in self.state.undo:
            self.state.undo.append(undo)

    def break_off(self, after: Order | OrderCode, by: Party = Party.HOUSE) -> str:
        """The sale ends here, and what was done for it is undone; the code where that is not possible."""
        if isinstance(after, OrderCode):
            return after.value
        for case in self.state.disputes:
            self.keep(closed(case, self.now()))
        kind = EventKind.CANCELLED if after.stage is OrderStatus.CANCELLED else EventKind.REFUNDED
        self.put(after, kind, by, words=after.reason)
        self.end_promises()
        self.state.unwinding = after.reason or kind.value
        return ""

    def keep(self, case: Dispute) -> None:
        """A case as it is now."""
        known = [each for each in self.state.disputes if each.id != case.id]
        self.state.disputes = [*known, case] if len(known) == len(self.state.disputes) else self._replaced(case)

    def _replaced(self, case: Dispute) -> list[Dispute]:
        return [case if each.id == case.id else each for each in self.state.disputes]

    # Waits and steps of the story

    async def wait(self, condition: Callable[[], bool], until: datetime | None = None) -> None:
        """Until something is so, or a moment has come. Raises BrokenOffError once the sale is to be undone."""
        timeout = None if until is None else max(until - self.now(), timedelta(0))
        # A timer of no time would be refused, and what is due is due.
        if timeout is None or timeout > timedelta(0):
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: bool(self.state.unwinding) or condition(), timeout=timeout)
        self._go_on()

    async def step(
        self, name: str, activity: Callable[..., Any], work: object, *, stop: Callable[[], bool] | None = None
    ) -> Any:
        """A step of the sale, tried for as long as the sale stands, or until `stop` says so (None, if it was not done).

        A step that fails for good breaks the sale off, and an operator hears of it. Raises BrokenOffError then.
        """
        self._go_on()
        try:
            return await self.attempt(name, activity, work, stop=stop)
        except ActivityError as error:
            self.call(name, failure_of(error))
            code = self.break_off(orders.unwound(self.order, f"{name}: {failure_of(error)}"))
            if code:
                raise
        raise BrokenOffError

    async def attempt(
        self, name: str, activity: Callable[..., Any], work: object, *, stop: Callable[[], bool] | None = None
    ) -> Any:
        """The same, for what is not undone when it fails for good. Raises ActivityError then."""
        self.busy += 1
        try:
            doing = asyncio.create_task(_done(activity, work, policies.ORDER_STEP))
            await self._while_trying(name, doing, lambda: bool(self.state.unwinding) or (stop is not None and stop()))
            if not doing.done():
                # What the worker is doing right now comes to its end before anything is undone.
                doing.cancel()
                await workflow.wait_condition(doing.done)
            try:
                done = doing.result()
            except asyncio.CancelledError:
                done = None
            except ActivityError as error:
                if not is_cancelled(error):
                    raise
                done = None
        finally:
            self.busy -= 1
        self._go_on()
        return done

    async def surely(self, name: str, activity: Callable[..., Any], work: object) -> Any:
        """What has to be done whatever happens: nothing stops it, and an operator hears of what takes long or cannot
        be done (None)."""
        self.busy += 1
        try:
            doing = asyncio.create_task(_done(activity, work, policies.UNDO_ORDER))
            await self._while_trying(name, doing, lambda: False)
            return doing.result()
        except ActivityError as error:
            self.call(name, failure_of(error))
            return None
        finally:
            self.busy -= 1

    async def money(self) -> OrderMoney:
        """What has been paid by now."""
        self.state.has_money_news = False
        found: OrderMoney | None = None
        while found is None:
            try:
                found = await self.attempt("money_of_order", OrderActivities.money_of_order, self.order.id)
            except ActivityError as error:
                # Money that cannot be read is for a person to see; what is promised is not given up.
                self.call("money_of_order", failure_of(error))
                await self.wait(lambda: self.state.has_money_news, self.now() + LOOK_AGAIN)
        paid = sum(each.cents for each in found.payments if each.outcome is Outcome.DONE)
        if paid != self.state.paid_cents:
            self.state.paid_cents = paid
            self.state.disputes = [disputes.paid_since(case, paid) for case in self.state.disputes]
            self.state.version += 1
        return found

    async def _while_trying(self, name: str, doing: asyncio.Task[Any], stop: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            return await workflow.wait_condition(lambda: doing.done() or stop(), timeout=ALERT_AFTER)
        self.call(name, STILL_TRYING)
        return await workflow.wait_condition(lambda: doing.done() or stop())

    def _go_on(self) -> None:
        if self.state.unwinding:
            raise BrokenOffError


async def side_by_side(*works: Awaitable[None]) -> None:
    """All of these at once; an error of one is raised when the others have ended as well."""
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def closed(case: Dispute, at: datetime) -> Dispute:
    """A case that has nothing left to be about is let go in its opener's name."""
    if not case.is_open:
        return case
    again = disputes.rejected(case, at) if case.state is disputes.State.PROPOSED else case
    open_case = case if isinstance(again, DisputeCode) else again
    let_go = disputes.withdrawn(open_case, open_case.claim.by, at)
    return open_case if isinstance(let_go, DisputeCode) else let_go


def failure_of(error: ActivityError) -> str:
    """The kind of an activity's failure, without its words."""
    cause = error.cause
    return (cause.type if isinstance(cause, ApplicationError) else None) or type(cause).__name__


def is_cancelled(error: ActivityError) -> bool:
    """Whether an activity ended because we asked for it."""
    return isinstance(error.cause, CancelledError)


async def _done(activity: Callable[..., Any], work: object, policy: policies.ActivityPolicy) -> Any:
    return await workflow.execute_activity_method(
        activity, work, cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, **policy
    )
