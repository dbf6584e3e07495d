"""Payment activities that keep the real rules and drop the database and the vendor: what the vendor does is written
down before, and how often it took money is counted."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contracts import EndPayment, PaymentActivities, PaymentPlan, PaymentState, PaymentTry
from domain.payments import Kind, State, is_final, may_move, taken_back

USER = 7


class Step(StrEnum):
    """What becomes of one sending: nothing happened for sure, it is lost before or after the vendor did it, the worker
    dies of the answer, or there is one."""

    AWAY = "away"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    DEATH = "death"
    WAITS = "waits"
    HELD = "held"
    DECLINED = "declined"
    DONE = "done"


@dataclass
class Case:
    """One payment, what is to happen to it, and what has. `lags`: so many looks find nothing of what is there. Once it
    was done, the vendor shows it as settled, as lost, or as open where it is neither; `follow_is_away`: not at all."""

    steps: list[Step] = field(default_factory=list)
    kind: Kind = Kind.CHARGE
    state: State = State.CREATED
    lags: int = 0
    lookup_is_away: bool = False
    decision: State | None = None
    settled: bool = True
    lost: bool = False
    follow_is_away: bool = False
    was_done: bool = False
    code: str = ""
    taken: int = 0
    sent_at: list[datetime] = field(default_factory=list)
    looked_at: list[datetime] = field(default_factory=list)
    followed_at: list[datetime] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def move(self, state: State, code: str = "") -> None:
        if self.state is state:
            return
        assert may_move(self.state, state), (self.state, state)
        self.state, self.code = state, code
        self.was_done = self.was_done or state is State.DONE
        self.moved.set()

    def take(self) -> None:
        """The vendor knows the reference again: it never takes twice."""
        self.taken = 1

    async def until(self, state: State) -> None:
        while self.state is not state:
            self.moved.clear()
            await asyncio.wait_for(self.moved.wait(), 20)

    @property
    def told(self) -> PaymentState:
        return PaymentState(self.state, self.code)


class KeptPayments(PaymentActivities):
    """All payments of a test session, by id."""

    def __init__(self) -> None:
        self.cases: dict[int, Case] = {}
        self.told: list[int] = []

    def add(self, case: Case) -> int:
        self.cases[len(self.cases) + 1] = case
        return len(self.cases)

    @activity.defn(name="open_payment")
    async def open_payment(self, payment_id: int) -> PaymentPlan:
        case = self.cases[payment_id]
        return PaymentPlan(case.kind, case.state, USER, case.state is State.CREATED, "11", "22")

    @activity.defn(name="charge_payment")
    async def charge_payment(self, work: PaymentTry) -> PaymentState:
        assert self.cases[work.payment_id].kind is Kind.CHARGE
        return self._send(work)

    @activity.defn(name="refund_payment")
    async def refund_payment(self, work: PaymentTry) -> PaymentState:
        assert self.cases[work.payment_id].kind is Kind.REFUND
        return self._send(work)

    @activity.defn(name="look_up_payment")
    async def look_up_payment(self, work: PaymentTry) -> PaymentState:
        case = self.cases[work.payment_id]
        if case.lookup_is_away or (case.was_done and case.follow_is_away):
            raise ApplicationError("away", type="Unavailable")
        (case.followed_at if case.was_done else case.looked_at).append(_now())
        if case.state is State.SENDING:
            case.move(State.UNKNOWN)
        if case.was_done:
            return self._follow(case)
        if case.decision is not None:
            case.move(case.decision)
        if is_final(case.state) or case.state in {State.CREATED, State.HELD}:
            return case.told
        if case.taken and not case.lags:
            case.move(State.DONE)
            return case.told
        case.lags = max(case.lags - 1, 0)
        return PaymentState(case.state, case.code, absent=True)

    @activity.defn(name="end_payment")
    async def end_payment(self, work: EndPayment) -> PaymentState:
        case = self.cases[work.payment_id]
        if case.state is State.SENDING:
            case.move(State.UNKNOWN)
        if case.state is State.CREATED or not work.unsent_only:
            case.move(State.FAILED if case.state is State.CREATED else State.MANUAL, work.code)
        return case.told

    @activity.defn(name="tell_account")
    async def tell_account(self, user_id: int) -> None:
        self.told.append(user_id)

    def _follow(self, case: Case) -> PaymentState:
        if case.lost and case.state is State.DONE:
            case.move(taken_back(case.kind), "lost")
        elif case.settled and not case.lost and case.state is not State.DONE:
            case.move(State.DONE)
        return PaymentState(case.state, case.code, waits=case.lost or not case.settled)

    def _send(self, work: PaymentTry) -> PaymentState:
        case, now = self.cases[work.payment_id], _now()
        if case.state is State.SENDING:
            case.move(State.UNKNOWN)
            return case.told
        again = case.state is State.UNKNOWN
        if case.state is not State.CREATED and not (again and now < work.resend_until):
            return case.told
        case.move(State.SENDING)
        case.sent_at.append(now)
        return self._carry_out(case, case.steps.pop(0) if case.steps else Step.DONE, again=again)

    def _carry_out(self, case: Case, step: Step, *, again: bool) -> PaymentState:
        unsent = State.UNKNOWN if again else State.CREATED
        match step:
            case Step.AWAY:
                case.move(unsent)
                raise ApplicationError("away", type="Unavailable")
            case Step.WAITS:
                case.move(unsent)
                return PaymentState(case.state, waits=True)
            case Step.DEATH:
                case.take()
                raise ApplicationError("the worker was killed")
            case Step.LOST_AFTER:
                case.take()
                case.move(State.UNKNOWN)
            case Step.LOST_BEFORE:
                case.move(State.UNKNOWN)
            case Step.HELD | Step.DECLINED:
                case.move(State(step.value))
            case Step.DONE:
                case.take()
                case.move(State.DONE)
        return case.told


def _now() -> datetime:
    """The server's time, which a test may skip."""
    return activity.info().current_attempt_scheduled_time
