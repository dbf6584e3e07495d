"""The SecondChance workflow: after a default the next bidders are asked in turn, then the lot is put up again."""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.talks_contracts import (
        ChanceRecorded,
        ChanceStep,
        OpenedChance,
        RecordChance,
        SecondChanceActivities,
    )
    from domain.clock import truncate
    from domain.second_chance import Act, Chance, ChanceCode, Status, answered, opened
    from workflows import checks, policies
    from workflows.negotiation import ON_ITS_WAY, RECORDED_WITHIN
    from workflows.negotiation_messages import (
        ChanceAct,
        ChanceAnswer,
        ChanceState,
        SecondChanceOutcome,
        SecondChanceStart,
    )

WAITS = frozenset({Status.ASKING_SELLER, Status.OFFERED})
OF_THE_SELLER = frozenset({Act.ALLOW, Act.REFUSE})
OF_A_CANDIDATE = frozenset({Act.TAKE, Act.DECLINE})


@workflow.defn(name="SecondChance")
class SecondChanceWorkflow:
    """Candidates and seller act by update, judged at once by when it was received; clock, sale and relisting are
    `run`'s."""

    @workflow.init
    def __init__(self, start: SecondChanceStart) -> None:
        self._order_id = start.order_id
        state = start.carried
        self._seller_id = 0 if state is None else state.seller_id
        self._chance: Chance | None = None if state is None else state.chance
        self._answers: dict[str, ChanceAnswer] = {} if state is None else dict(state.answers)
        self._unrecorded: list[ChanceStep] = [] if state is None else list(state.unrecorded)
        self._nobody_to_ask = False
        # What somebody takes, until the database has made a sale of it or said why not.
        self._taken: ChanceStep | None = None
        self._said = ""
        self._new_order_id: int | None = None
        # The order was paid after all, so there is nothing to offer or to relist.
        self._is_stopped = False

    @workflow.run
    async def run(self, start: SecondChanceStart) -> SecondChanceOutcome:
        """Find who is asked, ask them in turn, and put the vehicle up again where none of them takes it."""
        del start
        if self._chance is None:
            await self._open()
        while self._chance is not None:
            self._do_what_is_due(self._chance)
            await self._record()
            if self._taken is not None:
                await self._sell(self._taken)
            elif not self._unrecorded and self._chance.status not in WAITS:
                break
            elif not self._unrecorded:
                await self._wait(self._chance)
        status = Status.OVER if self._chance is None else self._chance.status
        relisted_as = None
        if status is Status.OVER and not self._is_stopped:
            relisted_as = await workflow.execute_activity_method(
                SecondChanceActivities.relist_lot, self._order_id, **policies.RECORD_OFFER
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return SecondChanceOutcome(status, self._new_order_id, relisted_as)

    @workflow.update
    async def act(self, said: ChanceAct) -> ChanceAnswer:
        """Take or decline the offer as its candidate; allow or refuse its price as the seller."""
        # Of several who wait and are woken together, the first may make the next wait again.
        while not self._may_answer():
            await workflow.wait_condition(self._may_answer)
        chance, known = self._chance, self._answers.get(said.act_id)
        if known is not None:
            return known
        judged = self._judge(chance, said)
        if isinstance(judged, ChanceCode):
            return ChanceAnswer(judged.value, chance)
        code = await self._put(judged)
        answer = ChanceAnswer(code, self._chance)
        if not code:
            self._answers[said.act_id] = answer
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: not self._unrecorded, timeout=RECORDED_WITHIN)
        return answer

    def _may_answer(self) -> bool:
        return self._nobody_to_ask or (self._chance is not None and self._taken is None)

    @act.validator
    def _check_act(self, said: ChanceAct) -> None:
        checks.check_id(said.act_id)
        checks.check_time(said.received_at)
        if said.act not in OF_THE_SELLER | OF_A_CANDIDATE:
            raise checks.UnreadableError("an act of the house")

    @workflow.signal
    def stop(self) -> None:
        """The order was paid in time after all."""
        self._is_stopped = True

    @workflow.query
    def state(self) -> Chance | None:
        """The second chance as it stands."""
        return self._chance

    def _judge(self, chance: Chance | None, said: ChanceAct) -> ChanceStep | ChanceCode:
        if chance is None:
            return ChanceCode.OVER
        if (said.by == self._seller_id) != (said.act in OF_THE_SELLER):
            return ChanceCode.NOT_YOURS
        if said.step != chance.step and chance.status in WAITS:
            # The price of somebody else is not what the seller has seen, and no candidate is asked twice.
            return ChanceCode.NOT_OPEN if said.act in OF_THE_SELLER else ChanceCode.NOT_YOURS
        at = min(said.received_at, self._now())
        judged = answered(chance, said.act, at, bidder=str(said.by))
        return judged if isinstance(judged, ChanceCode) else ChanceStep(said.act, at, judged, said.act_id)

    async def _put(self, step: ChanceStep) -> str:
        """Let a step be done; one that sells is done when the database says so, or its code says why not."""
        if step.chance.status is not Status.TAKEN:
            self._chance = step.chance
            self._unrecorded.append(step)
            return ""
        self._taken = step
        await workflow.wait_condition(lambda: self._taken is not step)
        return "" if self._chance is step.chance else self._said

    async def _open(self) -> None:
        found: OpenedChance = await workflow.execute_activity_method(
            SecondChanceActivities.open_chance, self._order_id, **policies.OPEN_TALKS
        )
        self._seller_id, now = found.seller_id, self._now()
        self._is_stopped = self._is_stopped or found.stopped
        self._chance = found.recorded
        if found.recorded is None:
            chance = opened(
                () if self._is_stopped else found.candidates,
                now,
                allowed_cents=found.allowed_cents,
                sunday_rule=found.sunday_rule,
            )
            self._nobody_to_ask = chance is None
            if chance is not None:
                self._chance = chance
                self._unrecorded.append(ChanceStep(None, now, chance))

    def _do_what_is_due(self, chance: Chance) -> None:
        now = self._now()
        if chance.status not in WAITS or self._taken is not None:
            return
        if self._is_stopped:
            self._by_the_house(chance, Act.STOP, now)
        elif now >= chance.expires_at + ON_ITS_WAY:
            self._by_the_house(chance, Act.EXPIRE, now)

    def _by_the_house(self, chance: Chance, act: Act, now: datetime) -> None:
        judged = answered(chance, act, now)
        if isinstance(judged, Chance):
            self._chance = judged
            self._unrecorded.append(ChanceStep(act, now, judged))

    async def _record(self) -> None:
        steps = list(self._unrecorded)
        if steps:
            await self._write(steps)
            del self._unrecorded[: len(steps)]

    async def _sell(self, step: ChanceStep) -> None:
        done = await self._write([step])
        self._said, self._new_order_id = done.code, done.order_id
        if done.code:
            # It was sold to its first buyer after all.
            self._is_stopped = True
        else:
            self._chance = step.chance
        self._taken = None

    async def _write(self, steps: list[ChanceStep]) -> ChanceRecorded:
        done: ChanceRecorded = await workflow.execute_activity_method(
            SecondChanceActivities.record_chance, RecordChance(self._order_id, steps), **policies.RECORD_OFFER
        )
        return done

    async def _wait(self, chance: Chance) -> None:
        info = workflow.info()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._has_news(chance) or info.is_continue_as_new_suggested(),
                timeout=max(chance.expires_at + ON_ITS_WAY - self._now(), timedelta(0)),
            )
        if info.is_continue_as_new_suggested():
            await workflow.wait_condition(lambda: workflow.all_handlers_finished() or self._has_news(chance))
            if not self._has_news(chance):
                state = ChanceState(self._seller_id, chance, self._answers, self._unrecorded)
                workflow.continue_as_new(SecondChanceStart(self._order_id, state))

    def _has_news(self, chance: Chance) -> bool:
        return self._chance is not chance or self._taken is not None or self._is_stopped

    def _now(self) -> datetime:
        return truncate(workflow.now())
