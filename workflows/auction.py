"""The Auction workflow: one lot from its schedule to its result, and the only judge of its bids."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities.contracts import AwaitBids, LedgerActivities, RecordedLedger, RecordLedger
    from domain import steering
    from domain.auction import OUTAGE_DELAY, Answer, Auction, Bid, Status
    from domain.bidding import Kind
    from domain.carry import carry, restore
    from domain.clock import truncate
    from domain.money import dollars
    from domain.tail import START_RECORDING
    from workflows import messages, policies
    from workflows.ids import AUCTION_CLOSES_AT, AUCTION_STATUS
    from workflows.inbox import OperatorInbox

ROWS_LIMIT = 100_000


@workflow.defn(name="Auction")
class AuctionWorkflow:
    """A lot: its clock runs in `run`, its messages are judged at once by synchronous handlers."""

    @workflow.init
    def __init__(self, start: messages.AuctionStart) -> None:
        self._start = start
        self._nudged = False
        self._to_record = False
        self._forked = False
        self._shown = ("", start.terms.ends_at)
        self._operator = OperatorInbox(list(start.operator_bids))
        if start.carried is None:
            self._auction = Auction(start.terms)
            steering.schedule(self._auction, self._now(), start.nonce)
            self._to_record = True
        else:
            self._auction = restore(start.carried)

    @workflow.run
    async def run(self, start: messages.AuctionStart) -> messages.AuctionOutcome:
        """Wait for the start, follow the clock as bids and admins move it, close, and see the ledger home."""
        del start
        helpers = [asyncio.create_task(self._keep_recorded()), asyncio.create_task(self._judge_operator_bids())]
        while self._auction.status is not Status.ENDED:
            self._describe()
            if self._should_continue():
                self._continue_as_new()
            await self._follow_the_clock()
            if self._auction.status is Status.CLOSING:
                await self._close()
        for helper in helpers:
            helper.cancel()
        self._describe()
        await self._settle()
        return self._outcome()

    # The clock

    async def _follow_the_clock(self) -> None:
        # A soft close only moves the end later, so the running timer is left alone: it fires early and the rest is slept.
        deadline = self._auction.wake_at()
        timeout = None if deadline is None else max(deadline - self._now(), timedelta(0))
        self._nudged = False
        try:
            await workflow.wait_condition(lambda: self._nudged or self._should_continue(), timeout=timeout)
        except TimeoutError:
            self._advance()

    async def _close(self) -> None:
        ends_at = self._auction.ends_at
        self._describe()
        awaited = await workflow.execute_activity_method(
            LedgerActivities.await_bids_in_flight,
            AwaitBids(self._auction.terms.auction_id, ends_at),
            **policies.IN_FLIGHT,
        )
        now = self._now()
        if self._auction.status is not Status.CLOSING:
            return
        for missed in awaited.missed_at:
            self._auction.outage(now, since=missed)
        if now - ends_at > 2 * OUTAGE_DELAY:
            self._auction.outage(now, since=ends_at)
        if self._auction.status is Status.CLOSING:
            self._auction.close(now)
        self._to_record = True

    def _advance(self) -> None:
        before = self._auction.seq
        self._auction.advance(self._now())
        self._to_record = self._to_record or self._auction.seq != before

    # Recording

    async def _keep_recorded(self) -> None:
        while True:
            await workflow.wait_condition(
                lambda: self._to_record or self._auction.tail.unrecorded_count > START_RECORDING
            )
            await self._record()

    async def _record(self) -> RecordedLedger:
        self._to_record = False
        auction = self._auction
        entries = auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
        recorded = await workflow.execute_activity_method(
            LedgerActivities.record_ledger, RecordLedger(auction.terms.auction_id, entries), **policies.RECORD
        )
        if recorded.forked:
            await self._stand_still()
        else:
            auction.tail.confirm(recorded.through)
        return recorded

    async def _stand_still(self) -> None:
        # The database contradicts this history. Nothing is written over it until people have looked and resume the lot.
        self._forked = self._nudged = True
        self._auction.hold(self._now(), "fork")
        await workflow.wait_condition(lambda: not self._forked)

    async def _settle(self) -> None:
        recorded = await self._record()
        while recorded.through != self._auction.seq or recorded.hash != self._auction.hash:
            recorded = await self._record()
        if recorded.count != self._auction.seq:
            workflow.logger.error("ledger_count_differs", extra={"auction_id": self._auction.terms.auction_id})

    # Messages

    @workflow.update
    def place_bids(self, batch: messages.BidBatch) -> messages.BatchAnswer:
        """Judge a batch of bids in order; answers carry what the doors have not recorded yet."""
        tail = self._auction.tail
        if not tail.covers(batch.recorded_through):
            return messages.BatchAnswer([], [], stale=True)
        if tail.is_full or len(self._auction.rows) >= ROWS_LIMIT:
            return messages.BatchAnswer([], [], busy=True)
        answers = self._judge(batch)
        entries = tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
        sent = range(entries[0].seq, entries[-1].seq + 1) if entries else range(0)
        return messages.BatchAnswer([_reply(answer, sent) for answer in answers], entries)

    @workflow.signal(name="place_bids")
    def place_bids_by_signal(self, raw: RawValue) -> None:
        """The same by signal: a door's batch, or one bid of an operator; what cannot be read becomes a refused entry."""
        converter = workflow.payload_converter()
        try:
            message = self._operator.read(converter, raw)
        except Exception as error:  # noqa: BLE001 - no exception may leave a signal handler, it would fail the auction
            self._auction.unreadable(self._now(), "operator", f"{type(error).__name__}"[: messages.LONGEST_REASON])
        else:
            if isinstance(message, messages.BidBatch):
                self._judge(message)
        self._to_record = True

    @workflow.update
    def lower_reserve(self, command: messages.LowerReserve) -> messages.CommandAnswer:
        """Lower or waive the reserve."""
        return self._commanded(
            steering.change_reserve(self._auction, command.reserve_cents, self._live_now(), command.nonce)
        )

    @workflow.update
    def retract(self, command: messages.Retract) -> messages.CommandAnswer:
        """Take one bid out by replay."""
        seq = self._auction.seq_of(command.bid_id)
        seq = command.seq if seq is None else seq
        return self._commanded(steering.retract(self._auction, seq, self._live_now(), command.by, command.reason))

    @workflow.update
    def remove_bidder(self, command: messages.RemoveBidder) -> messages.CommandAnswer:
        """Take all bids of one bidder out by replay."""
        now = self._live_now()
        return self._commanded(steering.remove_bidder(self._auction, command.bidder, now, command.by, command.reason))

    @workflow.update
    def cancel(self, command: messages.Cancel) -> messages.CommandAnswer:
        """End the lot without a sale."""
        return self._commanded(steering.cancel(self._auction, self._live_now(), command.by, command.reason))

    @workflow.update
    def hold(self, command: messages.Hold) -> messages.CommandAnswer:
        """Stop all clocks of the lot."""
        return self._commanded(self._auction.hold(self._live_now(), command.reason))

    @workflow.update
    def resume(self, command: messages.Resume) -> messages.CommandAnswer:
        """Start the clocks again."""
        self._forked = False
        at_least = timedelta(seconds=command.at_least_s)
        return self._commanded(self._auction.resume(self._live_now(), at_least=at_least))

    @workflow.update
    def unrecorded(self, question: messages.Unrecorded) -> messages.BatchAnswer:
        """What the database does not have yet, oldest first, for a door that found a gap."""
        self._auction.tail.confirm(question.recorded_through)
        return messages.BatchAnswer([], self._auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER))

    @workflow.signal
    def report_outage(self, outage: messages.Outage) -> None:
        """A bidder had to be answered 503 for this lot in its last minutes."""
        if self._auction.touches_last_minutes(outage.at):
            self._auction.outage(self._live_now(), since=outage.at)
            self._nudged = self._to_record = True

    @workflow.query
    def state(self) -> dict[str, object]:
        """The public state now, with how much waits to be recorded."""
        auction = self._auction
        facts = auction.facts(self._now())
        return {**facts, "hash": auction.hash, "unrecorded": auction.tail.unrecorded_count}

    def _judge(self, batch: messages.BidBatch) -> list[Answer]:
        now, auction = self._live_now(), self._auction
        auction.tail.confirm(batch.recorded_through)
        held = auction.status is Status.HELD
        bids = (Bid(b.bid_id, b.bidder, Kind(b.kind), b.cents, b.received_at, b.nonce) for b in batch.bids)
        answers = [auction.place(bid, now) for bid in bids]
        self._nudged = self._nudged or held != (auction.status is Status.HELD)
        self._tell()
        return answers

    async def _judge_operator_bids(self) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self._operator.waiting))
            count = len(self._operator.waiting)
            nonces = await workflow.execute_activity_method(LedgerActivities.make_nonces, count, **policies.NONCES)
            now = self._live_now()
            for bid in self._operator.take(nonces, now):
                self._auction.place(bid, now)
            self._to_record = True

    def _commanded(self, answer: Answer) -> messages.CommandAnswer:
        self._nudged = self._to_record = True
        entries = self._auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
        return messages.CommandAnswer(answer.outcome, answer.code, answer.entry, entries)

    # The run as a Temporal workflow

    def _now(self) -> datetime:
        return truncate(workflow.now())

    def _live_now(self) -> datetime:
        # Messages of an activation come before its timers: a lot whose start has come is started first.
        now = self._now()
        if self._auction.status is Status.SCHEDULED and now >= self._auction.starts_at:
            self._auction.start(now)
            self._nudged = self._to_record = True
        return now

    def _should_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _continue_as_new(self) -> None:
        workflow.continue_as_new(
            messages.AuctionStart(
                terms=self._start.terms,
                nonce="",
                vehicle=self._start.vehicle,
                carried=carry(self._auction),
                operator_bids=list(self._operator.waiting),
            )
        )

    def _describe(self) -> None:
        auction = self._auction
        shown = (auction.status.value, auction.ends_at)
        if shown != self._shown:
            self._shown = shown
            workflow.upsert_search_attributes(
                [AUCTION_STATUS.value_set(shown[0]), AUCTION_CLOSES_AT.value_set(auction.ends_at)]
            )
        self._tell()

    def _tell(self) -> None:
        auction = self._auction
        price = auction.standing.price_cents
        standing = "no bids" if price is None else f"{dollars(price)}, {auction.alias(auction.standing.leader)} leads"
        workflow.set_current_details(
            f"**{auction.status}** until {auction.ends_at:%Y-%m-%d %H:%M:%S} UTC: {standing}; "
            f"{auction.bid_count} bids by {len(auction.numbers)} bidders; reserve {auction.standing.reserve}"
        )

    def _outcome(self) -> messages.AuctionOutcome:
        auction = self._auction
        result = auction.result.value if auction.result else ""
        sold = result == "sold"
        return messages.AuctionOutcome(
            auction_id=auction.terms.auction_id,
            result=result,
            price_cents=auction.standing.price_cents if sold else None,
            winner=auction.standing.leader if sold else None,
            seq=auction.seq,
            hash=auction.hash,
        )


def _reply(answer: Answer, sent: range) -> messages.BidReply:
    entry = None if answer.entry.seq in sent else answer.entry
    return messages.BidReply(answer.outcome, answer.code, answer.entry.seq, answer.repeated, entry)
