"""The Offer workflow: one buyer and one seller over the price of one vehicle, until they agree or it is over."""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.offer_contracts import AskAuction, AuctionSaid, OfferActivities, OfferStep, RecordOffer
    from domain.clock import truncate
    from domain.errors import Code
    from domain.offers import (
        Act,
        Offer,
        OfferCode,
        OfferStatus,
        Side,
        answered,
        ask_again_at,
        by_threshold,
        moved,
    )
    from domain.purchases import FOR_NOW
    from workflows import checks, policies
    from workflows.offer_messages import OfferAct, OfferAnswer, OfferOutcome, OfferStart, OfferState

# Who acts reads their own act in the database a moment later; a database that is away does not keep them waiting.
RECORDED_WITHIN = timedelta(seconds=3)


@workflow.defn(name="Offer")
class OfferWorkflow:
    """The sides act by update, each act judged at once; the clock and the auction are `run`'s."""

    @workflow.init
    def __init__(self, start: OfferStart) -> None:
        self._start = start
        first = [OfferStep(Act.OFFER, Side.BUYER, start.made_at, start.offer)]
        state = start.carried or OfferState(start.offer, unrecorded=first, ask_again_at=start.made_at)
        self._offer = state.offer
        self._answers = dict(state.answers)
        self._unrecorded = list(state.unrecorded)
        # When a threshold is looked at: a figure of the buyer's is accepted or declined without anybody's doing.
        self._ask_again_at = state.ask_again_at
        self._said = ""

    @workflow.run
    async def run(self, start: OfferStart) -> OfferOutcome:
        """Record what was done, ask the auction when both agree, and wait for the next act or the end of the time."""
        del start
        while True:
            self._do_what_is_due()
            await self._record()
            if self._offer.status is OfferStatus.ACCEPTING:
                await self._ask()
            elif not self._unrecorded and not self._offer.stands:
                break
            elif not self._unrecorded:
                await self._wait()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return OfferOutcome(self._offer.status, self._offer.reason)

    # What the sides do

    @workflow.update
    async def counter(self, act: OfferAct) -> OfferAnswer:
        """Name another figure; the one before it is void."""
        return await self._take(Act.COUNTER, act)

    @counter.validator
    def _check_counter(self, act: OfferAct) -> None:
        self._check(act)

    @workflow.update
    async def accept(self, act: OfferAct) -> OfferAnswer:
        """Agree to the figure on the table; whether that sells the vehicle, its auction says."""
        return await self._take(Act.ACCEPT, act)

    @accept.validator
    def _check_accept(self, act: OfferAct) -> None:
        self._check(act)

    @workflow.update
    async def decline(self, act: OfferAct) -> OfferAnswer:
        """Turn the figure on the table down."""
        return await self._take(Act.DECLINE, act)

    @decline.validator
    def _check_decline(self, act: OfferAct) -> None:
        self._check(act)

    @workflow.update
    async def withdraw(self, act: OfferAct) -> OfferAnswer:
        """Take the own figure from the table."""
        return await self._take(Act.WITHDRAW, act)

    @withdraw.validator
    def _check_withdraw(self, act: OfferAct) -> None:
        self._check(act)

    @workflow.signal
    def lot_closed(self, reason: str) -> None:
        """The lot takes no offers any more. While the auction is being asked, its own answer says so."""
        if self._offer.status is OfferStatus.OPEN:
            self._move(Act.LAPSE, Side.HOUSE, reason[:40])

    @workflow.query
    def state(self) -> Offer:
        """The offer as it stands."""
        return self._offer

    def _check(self, act: OfferAct) -> None:
        checks.check_id(act.act_id)
        checks.check_cents(act.cents)
        if act.by not in self._sides():
            raise checks.UnreadableError("somebody else's offer")

    async def _take(self, act: Act, said: OfferAct) -> OfferAnswer:
        known = self._answers.get(said.act_id)
        if known is not None:
            return known
        judged = self._judge(act, said)
        if isinstance(judged, OfferCode):
            return OfferAnswer(judged.value, self._offer)
        side = self._sides()[said.by]
        number = self._put(judged, act, side)
        code = ""
        if act is Act.ACCEPT:
            await workflow.wait_condition(lambda: self._offer.step > number)
            code = "" if self._offer.status is OfferStatus.ACCEPTED else self._said
        answer = OfferAnswer(code, self._offer)
        if not code:
            self._answers[said.act_id] = answer
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: not self._unrecorded, timeout=RECORDED_WITHIN)
        return answer

    def _judge(self, act: Act, said: OfferAct) -> Offer | OfferCode:
        if said.step != self._offer.step and self._offer.status is OfferStatus.OPEN:
            return OfferCode.OFFER_CHANGED
        return answered(self._offer, self._sides()[said.by], act, self._now(), cents=said.cents)

    def _sides(self) -> dict[int, Side]:
        return {self._start.buyer_id: Side.BUYER, self._start.seller_id: Side.SELLER}

    # What happens by itself

    def _do_what_is_due(self) -> None:
        now = self._now()
        if self._offer.status is not OfferStatus.OPEN:
            return
        if now >= self._offer.expires_at:
            self._move(Act.EXPIRE, Side.HOUSE)
        elif self._ask_again_at is not None and now >= self._ask_again_at:
            self._ask_again_at = None
            act = by_threshold(self._offer, self._start.thresholds)
            if act is not None:
                self._move(act, Side.SELLER)

    async def _ask(self) -> None:
        offer = self._offer
        asked = AskAuction(
            f"{self._start.offer_id}-{offer.step}",
            self._start.offer_id,
            self._start.auction_id,
            self._start.buyer_id,
            offer.cents,
        )
        said: AuctionSaid = await workflow.execute_activity_method(
            OfferActivities.ask_auction, asked, **policies.ASK_AUCTION
        )
        self._said = said.code
        if not said.code:
            self._move(Act.SELL, Side.HOUSE)
        elif said.code in FOR_NOW:
            self._move(Act.WAIT, Side.HOUSE, said.code)
            self._ask_again_at = ask_again_at(said.code, self._now())
        else:
            self._move(Act.LAPSE, Side.HOUSE, _reason(said.code))

    async def _record(self) -> None:
        steps = list(self._unrecorded)
        if steps:
            await workflow.execute_activity_method(
                OfferActivities.record_offer, RecordOffer(self._start.offer_id, steps), **policies.RECORD_OFFER
            )
            del self._unrecorded[: len(steps)]

    async def _wait(self) -> None:
        due = min(moment for moment in (self._offer.expires_at, self._ask_again_at) if moment is not None)
        known, info = self._offer.step, workflow.info()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._offer.step != known or info.is_continue_as_new_suggested(),
                timeout=max(due - self._now(), timedelta(0)),
            )
        if info.is_continue_as_new_suggested():
            # Who is still being answered may have moved the offer on; then that is seen to first.
            await workflow.wait_condition(lambda: workflow.all_handlers_finished() or self._offer.step != known)
            if self._offer.step == known:
                workflow.continue_as_new(self._carried())

    def _carried(self) -> OfferStart:
        start, state = self._start, OfferState(self._offer, self._answers, self._unrecorded, self._ask_again_at)
        return OfferStart(
            start.offer_id,
            start.auction_id,
            start.buyer_id,
            start.seller_id,
            start.offer,
            start.thresholds,
            start.made_at,
            state,
        )

    def _move(self, act: Act, side: Side, reason: str = "") -> None:
        self._put(moved(self._offer, act, reason), act, side)

    def _put(self, offer: Offer, act: Act, side: Side) -> int:
        self._offer = offer
        self._unrecorded.append(OfferStep(act, side, self._now(), offer))
        if act is Act.COUNTER and side is Side.BUYER:
            self._ask_again_at = self._now()
        return offer.step

    def _now(self) -> datetime:
        return truncate(workflow.now())


def _reason(code: str) -> str:
    """What the other side is told where the auction said no."""
    return {Code.OFFERS_NOT_OPEN.value: "bid", Code.TOO_LATE.value: "ended", Code.CLOSED.value: "ended"}.get(code, code)
