"""The Negotiation workflow: after a missed reserve a seller talks with one bidder at a time, until they agree or it is
over."""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.talks_contracts import NegotiationActivities, OpenedTalks, RecordTalks, TalksRecorded, TalksStep
    from domain.clock import truncate
    from domain.negotiation import Act, Negotiation, NegotiationCode, Rules, Side, Status, answered, opened
    from workflows import checks, policies
    from workflows.negotiation_messages import (
        NegotiationOutcome,
        NegotiationStart,
        TalksAct,
        TalksAnswer,
        TalksState,
    )

# Who acts reads their own act in the database a moment later; a database that is away does not keep them waiting.
RECORDED_WITHIN = timedelta(seconds=3)
# An answer that a door had read in time may be on its way still when the time is over.
ON_ITS_WAY = timedelta(seconds=5)


@workflow.defn(name="Negotiation")
class NegotiationWorkflow:
    """The sides act by update, each act judged at once by when it was received; clock and sale are `run`'s."""

    @workflow.init
    def __init__(self, start: NegotiationStart) -> None:
        self._auction_id = start.auction_id
        state = start.carried
        self._seller_id = 0 if state is None else state.seller_id
        self._talks: Negotiation | None = None if state is None else state.talks
        self._answers: dict[str, TalksAnswer] = {} if state is None else dict(state.answers)
        self._unrecorded: list[TalksStep] = [] if state is None else list(state.unrecorded)
        self._nobody_to_ask = False
        # What both sides agree on, until the database has made a sale of it or said why not.
        self._agreed: TalksStep | None = None
        self._said = ""
        self._order_id: int | None = None
        self._lot_is_gone = False

    @workflow.run
    async def run(self, start: NegotiationStart) -> NegotiationOutcome:
        """Find who is asked, record what was done, sell when both agree, and wait for an act or the end of the time."""
        del start
        if self._talks is None:
            await self._open()
        while self._talks is not None:
            self._do_what_is_due(self._talks)
            await self._record()
            if self._agreed is not None:
                await self._sell(self._agreed)
            elif not self._unrecorded and self._talks.status is not Status.OPEN:
                break
            elif not self._unrecorded:
                await self._wait(self._talks)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return NegotiationOutcome(Status.OVER if self._talks is None else self._talks.status, self._order_id)

    # What the sides do

    @workflow.update
    async def accept(self, act: TalksAct) -> TalksAnswer:
        """Agree to the other side's figure."""
        return await self._take(Act.ACCEPT, act)

    @accept.validator
    def _check_accept(self, act: TalksAct) -> None:
        check(act)

    @workflow.update
    async def counter(self, act: TalksAct) -> TalksAnswer:
        """Name another figure."""
        return await self._take(Act.COUNTER, act)

    @counter.validator
    def _check_counter(self, act: TalksAct) -> None:
        check(act)

    @workflow.update
    async def decline(self, act: TalksAct) -> TalksAnswer:
        """End the talks with this bidder."""
        return await self._take(Act.DECLINE, act)

    @decline.validator
    def _check_decline(self, act: TalksAct) -> None:
        check(act)

    @workflow.update
    async def stop(self, act: TalksAct) -> TalksAnswer:
        """End all talks, with whoever would come next too; for the seller."""
        return await self._take(Act.STOP, act)

    @stop.validator
    def _check_stop(self, act: TalksAct) -> None:
        check(act)

    @workflow.signal
    def lot_gone(self) -> None:
        """The vehicle is not for sale here any more: it was put up again, sold otherwise or withdrawn."""
        self._lot_is_gone = True

    @workflow.query
    def state(self) -> Negotiation | None:
        """The negotiation as it stands."""
        return self._talks

    async def _take(self, act: Act, said: TalksAct) -> TalksAnswer:
        # A sale that is being made is decided first: until then nobody knows what there is to answer.
        # Of several who wait and are woken together, the first may make the next wait again.
        while not self._may_answer():
            await workflow.wait_condition(self._may_answer)
        talks, known = self._talks, self._answers.get(said.act_id)
        if known is not None:
            return known
        if talks is None:
            return TalksAnswer(NegotiationCode.OVER.value, None)
        side, at = self._side(said), min(said.received_at, self._now())
        judged = answered(talks, side, act, at, bidder=str(said.by), cents=said.cents, step=said.step)
        if isinstance(judged, NegotiationCode):
            return TalksAnswer(judged.value, talks)
        code = await self._put(TalksStep(act, side, at, judged, said.act_id))
        answer = TalksAnswer(code, self._talks)
        if not code:
            self._answers[said.act_id] = answer
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: not self._unrecorded, timeout=RECORDED_WITHIN)
        return answer

    def _may_answer(self) -> bool:
        return self._nobody_to_ask or (self._talks is not None and self._agreed is None)

    async def _put(self, step: TalksStep) -> str:
        """Let a step be done; one that sells is done when the database says so, or its code says why not."""
        if step.talks.status is not Status.SOLD:
            self._talks = step.talks
            self._unrecorded.append(step)
            return ""
        self._agreed = step
        await workflow.wait_condition(lambda: self._agreed is not step)
        return "" if self._talks is step.talks else self._said

    def _side(self, said: TalksAct) -> Side:
        return Side.SELLER if said.by == self._seller_id else Side.BUYER

    # What happens by itself

    async def _open(self) -> None:
        found: OpenedTalks = await workflow.execute_activity_method(
            NegotiationActivities.open_talks, self._auction_id, **policies.OPEN_TALKS
        )
        self._seller_id, now = found.seller_id, self._now()
        self._talks = found.recorded
        if found.recorded is None:
            talks = opened(found.candidates, found.reserve_cents, now, Rules(sunday_rule=found.sunday_rule))
            self._nobody_to_ask = talks is None
            if talks is not None:
                self._talks = talks
                self._unrecorded.append(TalksStep(None, Side.HOUSE, now, talks))

    def _do_what_is_due(self, talks: Negotiation) -> None:
        now = self._now()
        if talks.status is not Status.OPEN or self._agreed is not None:
            return
        if self._lot_is_gone:
            self._by_the_house(talks, Act.STOP, now)
        elif now >= talks.expires_at + ON_ITS_WAY:
            self._by_the_house(talks, Act.EXPIRE, now)

    def _by_the_house(self, talks: Negotiation, act: Act, now: datetime) -> None:
        judged = answered(talks, Side.HOUSE, act, now)
        if isinstance(judged, Negotiation):
            self._talks = judged
            self._unrecorded.append(TalksStep(act, Side.HOUSE, now, judged))

    async def _record(self) -> None:
        steps = list(self._unrecorded)
        if steps:
            await self._write(steps)
            del self._unrecorded[: len(steps)]

    async def _sell(self, step: TalksStep) -> None:
        done = await self._write([step])
        self._said, self._order_id = done.code, done.order_id
        if done.code:
            # There is no vehicle to agree about any more.
            self._lot_is_gone = True
        else:
            self._talks = step.talks
        self._agreed = None

    async def _write(self, steps: list[TalksStep]) -> TalksRecorded:
        done: TalksRecorded = await workflow.execute_activity_method(
            NegotiationActivities.record_talks, RecordTalks(self._auction_id, steps), **policies.RECORD_OFFER
        )
        return done

    async def _wait(self, talks: Negotiation) -> None:
        info = workflow.info()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._has_news(talks) or info.is_continue_as_new_suggested(),
                timeout=max(talks.expires_at + ON_ITS_WAY - self._now(), timedelta(0)),
            )
        if info.is_continue_as_new_suggested():
            # Who is still being answered may have moved the talks on; then that is seen to first.
            await workflow.wait_condition(lambda: workflow.all_handlers_finished() or self._has_news(talks))
            if not self._has_news(talks):
                state = TalksState(self._seller_id, talks, self._answers, self._unrecorded)
                workflow.continue_as_new(NegotiationStart(self._auction_id, state))

    def _has_news(self, talks: Negotiation) -> bool:
        return self._talks is not talks or self._agreed is not None or self._lot_is_gone

    def _now(self) -> datetime:
        return truncate(workflow.now())


def check(act: TalksAct) -> None:
    """Refuse what cannot be judged."""
    checks.check_id(act.act_id)
    checks.check_cents(act.cents)
    checks.check_time(act.received_at)
