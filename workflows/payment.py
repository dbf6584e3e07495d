"""The Payment workflow: one charge or one return of money, done once whatever is killed when, or handed to a person."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import EndPayment, PaymentActivities, PaymentPlan, PaymentState, PaymentTry
    from domain.payments import DUPLICATE_WINDOW, Kind, State, is_final, resend_until
    from workflows import policies

# Who asks for a charge is there and waits; what we owe is tried for longer than any weekend of a vendor.
CHARGE_WITHIN = timedelta(hours=1)
RETURN_WITHIN = timedelta(days=4)
SETTLEMENT_PAUSE = timedelta(hours=1)
LOOK_WITHIN = timedelta(minutes=15)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
# The vendor's lists may lag: one look that finds nothing proves nothing.
LOOKS_BEFORE_RESEND = 2
WATCH_PAUSE = timedelta(days=1)
WATCH_FOR = timedelta(days=30)
TELL_WITHIN = timedelta(minutes=10)
# The settlement runs each night. A batch that failed is sent again for 30 days, if somebody asks the vendor for it.
SETTLED_AFTER = timedelta(days=2)
FOLLOW_FOR = timedelta(days=35)
MOST_LOOKS = 100
SETTLEMENT_PATCH = "settlement"
AWAY, LOST, UNSETTLED, HELD_LONG = "VENDOR_AWAY", "OUTCOME_UNKNOWN", "UNSETTLED", "HELD_TOO_LONG"
DOUBTFUL = frozenset({State.SENDING, State.UNKNOWN})
WATCHED = frozenset({State.HELD, State.MANUAL})
FOLLOWED = frozenset({State.DONE, State.REVERSED})


@dataclass(frozen=True, slots=True)
class PaymentStart:
    """The payment by its row: who pays, how much and under which reference stays in the database."""

    payment_id: int


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """How it stands when nothing more is to be expected; `code` says why where it is not done."""

    state: State
    code: str = ""


@workflow.defn(name="Payment")
class PaymentWorkflow:
    """A payment from its row to its end.

    It is sent, and where nobody knows what the vendor did, looked up by its reference until that is known; it is sent
    again only under the same reference, while the vendor would find the first one. What is still in doubt after that,
    or held for review, is watched for news for a month. What is done is looked at once more after its settlement, and
    with any news; news that come after that begin another run.
    """

    @workflow.init
    def __init__(self, start: PaymentStart) -> None:
        self._payment_id = start.payment_id
        self._sent_at = workflow.now()
        self._has_news = False

    @workflow.run
    async def run(self, start: PaymentStart) -> PaymentOutcome:
        """Send; find out what is in doubt; watch what others decide; let the account know; see whether it holds."""
        del start
        plan: PaymentPlan = await workflow.execute_activity_method(
            PaymentActivities.open_payment, self._payment_id, **policies.MARK_PAYMENT
        )
        status = await self._send(plan) if plan.fresh else PaymentState(plan.state)
        if status.state in DOUBTFUL:
            status = await self._find_out(plan)
        if status.state in WATCHED:
            status = await self._watch(plan, status)
        await self._tell(plan)
        if status.state in FOLLOWED and workflow.patched(SETTLEMENT_PATCH):
            status = await self._follow(plan, status)
        return PaymentOutcome(status.state, status.code)

    @workflow.signal
    def payment_event(self) -> None:
        """The vendor has news of this payment: what it says is looked up, not believed."""
        self._has_news = True

    async def _send(self, plan: PaymentPlan) -> PaymentState:
        """Send once; what waits for the settlement comes back every hour."""
        until = workflow.now() + RETURN_WITHIN
        while True:
            self._sent_at = workflow.now()
            status = await self._try(plan)
            if status.state is not State.CREATED:
                return status
            if workflow.now() >= until:
                return await self._end(UNSETTLED)
            await self._pause(SETTLEMENT_PAUSE)

    async def _try(self, plan: PaymentPlan) -> PaymentState:
        is_charge = plan.kind is Kind.CHARGE
        try:
            sent: PaymentState = await workflow.execute_activity_method(
                PaymentActivities.charge_payment if is_charge else PaymentActivities.refund_payment,
                self._work(plan),
                schedule_to_close_timeout=CHARGE_WITHIN if is_charge else RETURN_WITHIN,
                **policies.SEND_PAYMENT,
            )
        except ActivityError:
            return await self._end(AWAY, unsent_only=True)
        return sent

    async def _find_out(self, plan: PaymentPlan) -> PaymentState:
        """Look it up, ever more rarely, for as long as the vendor knows a repeat; then it is for a person."""
        until, pause, absent = self._sent_at + DUPLICATE_WINDOW, FIRST_PAUSE, 0
        while True:
            status = await self._look(plan)
            absent += status.absent
            if status.state is State.UNKNOWN and absent >= LOOKS_BEFORE_RESEND and self._may_resend(plan):
                status = await self._try(plan)
            if status.state is not State.UNKNOWN:
                return status
            if workflow.now() >= until:
                return await self._end(LOST)
            await self._pause(min(pause, until - workflow.now()))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _watch(self, plan: PaymentPlan, status: PaymentState) -> PaymentState:
        until = workflow.now() + WATCH_FOR
        while status.state in WATCHED and workflow.now() < until:
            await self._pause(WATCH_PAUSE)
            looked = await self._look(plan)
            status = looked if is_final(looked.state) or looked.state in WATCHED else status
        return await self._end(HELD_LONG) if status.state is State.HELD else status

    async def _follow(self, plan: PaymentPlan, status: PaymentState) -> PaymentState:
        """Look after the settlement, and every day while that is open; after news once more, for the vendor may lag."""
        until, pause = workflow.now() + FOLLOW_FOR, SETTLED_AFTER
        for _ in range(MOST_LOOKS):
            heard = await self._pause(pause)
            looked = await self._look(plan)
            pause = WATCH_PAUSE
            if looked.state is not State.UNKNOWN:
                if looked.state is not status.state:
                    await self._tell(plan)
                status = looked
                if not status.waits and not heard:
                    break
            if workflow.now() >= until:
                break
        return status

    async def _look(self, plan: PaymentPlan) -> PaymentState:
        try:
            found: PaymentState = await workflow.execute_activity_method(
                PaymentActivities.look_up_payment,
                self._work(plan),
                schedule_to_close_timeout=LOOK_WITHIN,
                **policies.LOOK_UP_PAYMENT,
            )
        except ActivityError:
            return PaymentState(State.UNKNOWN)
        return found

    async def _end(self, code: str, *, unsent_only: bool = False) -> PaymentState:
        return await workflow.execute_activity_method(
            PaymentActivities.end_payment, EndPayment(self._payment_id, code, unsent_only), **policies.MARK_PAYMENT
        )

    async def _tell(self, plan: PaymentPlan) -> None:
        # The buying power is written already; the account's own workflow looks at it sooner or later anyway.
        with suppress(ActivityError):
            await workflow.execute_activity_method(
                PaymentActivities.tell_account,
                plan.user_id,
                schedule_to_close_timeout=TELL_WITHIN,
                **policies.LOOK_UP_PAYMENT,
            )

    async def _pause(self, longest: timedelta) -> bool:
        """Wait for news, but not for ever; returns whether there are any."""
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._has_news, timeout=longest)
        heard, self._has_news = self._has_news, False
        return heard

    def _may_resend(self, plan: PaymentPlan) -> bool:
        """What an earlier run of this workflow sent may have gone to another card: then it is only looked up."""
        return plan.fresh and workflow.now() < self._until()

    def _until(self) -> datetime:
        return resend_until(self._sent_at)

    def _work(self, plan: PaymentPlan) -> PaymentTry:
        return PaymentTry(self._payment_id, plan.profile_id, plan.payment_profile_id, self._until())
