"""The Auction workflow: one lot from its schedule to its result, and the only judge of its bids."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from activities.contracts import AwaitBids, BidsLookedUp, LedgerActivities, LookUpBids, RecordedLedger, RecordLedger
    from domain import steering
    from domain.auction import OUTAGE_DELAY, Answer, Auction, Bid, Status
    from domain.bidding import Kind
    from domain.carry import restore
    from domain.clock import truncate
    from domain.ledger import Entry
    from domain.tail import MOST_UNRECORDED, START_RECORDING
    from workflows import checks, messages, policies, runs, showing
    from workflows.ids import AUCTION_CLOSES_AT, AUCTION_STATUS
    from workflows.inbox import Inbox, TypedBid
    from workflows.purchases import PurchaseUpdates

ROWS_LIMIT = 100_000
MOST_DOORS = 64
SPARE_ENTRIES = 500


@workflow.defn(name="Auction")
class AuctionWorkflow(PurchaseUpdates):
    """A lot: its clock runs in `run`, its messages are judged at once by synchronous handlers."""

    @workflow.init
    def __init__(self, start: messages.AuctionStart) -> None:
        self._start = start
        self._nudged = False
        self._to_record = False
        self._forked = False
        self._handed: dict[str, int] = {}
        self._shown = ("", start.terms.ends_at)
        self._inbox = Inbox(list(start.operator_bids), list(start.batches))
        if start.carried is None:
            self._auction = Auction(start.terms)
            steering.schedule(self._auction, self._now(), start.nonce)
            self._to_record = True
        else:
            self._auction = restore(start.carried)
            self._to_record = self._auction.tail.unrecorded_count > 0

    @workflow.run
    async def run(self, start: messages.AuctionStart) -> messages.AuctionOutcome:
        """Wait for the start, follow the clock as bids and admins move it, close, and see the ledger home."""
        del start
        helpers = [asyncio.create_task(self._keep_recorded()), asyncio.create_task(self._work_inbox())]
        while not self._is_over():
            self._describe()
            if self._should_continue():
                self._continue_as_new()
            await self._follow_the_clock()
            if self._auction.status is Status.CLOSING:
                await self._close()
        self._describe()
        await asyncio.gather(*helpers)
        await self._settle()
        return showing.outcome(self._auction)

    # The clock

    async def _follow_the_clock(self) -> None:
        # A soft close only moves the end later: the running timer is left alone, fires early, and the rest is slept.
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
        while not self._is_over():
            await workflow.wait_condition(
                lambda: self._to_record or self._is_over() or self._auction.tail.unrecorded_count > START_RECORDING
            )
            self._to_record, through = False, self._auction.seq
            await self._record()
            while self._auction.tail.recorded_through < through:
                await self._record()

    async def _record(self) -> RecordedLedger:
        await workflow.wait_condition(lambda: not self._forked)
        tail = self._auction.tail
        before, entries = tail.recorded_through, tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
        recorded = await workflow.execute_activity_method(
            LedgerActivities.record_ledger,
            RecordLedger(self._auction.terms.auction_id, entries),
            **policies.RECORD,
        )
        if self._is_fork(recorded, before):
            self._stand_still()
        else:
            tail.confirm(recorded.through)
        return recorded

    def _is_fork(self, recorded: RecordedLedger, before: int) -> bool:
        # A database that was put back lacks what it had confirmed; one that outlived a reset has more, or other hashes.
        there = self._auction.tail.at(recorded.through)
        other = there is not None and there.hash != recorded.hash
        return recorded.forked or other or not before <= recorded.through <= self._auction.seq

    def _stand_still(self) -> None:
        # The database contradicts this history. Nothing is written over it until people have looked and resume the lot.
        self._forked = self._nudged = True
        self._auction.hold(self._now(), "fork")
        self._auction.resume_at = None

    async def _settle(self) -> None:
        recorded = await self._record()
        while not self._inbox.is_empty or recorded.through != self._auction.seq or self._forked:
            if not self._inbox.is_empty and not self._auction.tail.is_full:
                await self._empty_inbox()
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
        if tail.is_full or self._has_all_rows():
            return messages.BatchAnswer([], [], busy=True)
        answers = self._judge(batch)
        entries = tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER, after=self._handed.get(batch.door, 0))
        self._hand(batch.door, entries)
        sent = range(entries[0].seq, entries[-1].seq + 1) if entries else range(0)
        return messages.BatchAnswer([_reply(answer, sent) for answer in answers], entries)

    @place_bids.validator
    def _check_bids(self, batch: messages.BidBatch) -> None:
        checks.check_bids(batch)

    @workflow.signal(dynamic=True, description="place_bids: one bid {bidder, kind, cents}; report_outage: {at}")
    def receive(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Every signal: a door's batch or an operator's bid (place_bids), or an outage; else it is a refused entry."""
        self._to_record = True
        try:
            self._take_in(self._inbox.read(workflow.payload_converter(), name, arguments))
        except Exception as error:  # noqa: BLE001 - no exception may leave a signal handler, it would stop the auction
            self._refuse_unreadable(type(error).__name__)

    def _take_in(self, message: messages.BidBatch | TypedBid | messages.Outage) -> None:
        match message:
            case messages.Outage():
                self._report_outage(message)
            case messages.BidBatch() if self._inbox.is_empty and self._may_judge(message):
                self._judge(message)
            case _ if self._has_all_rows():
                self._refuse_unreadable("LotFull")
            case _:
                self._inbox.put(message)

    def _refuse_unreadable(self, reason: str) -> None:
        # Beyond the bound a flood of signals leaves no entries: a state above 2 MB could never be carried over.
        if self._auction.tail.unrecorded_count < MOST_UNRECORDED + SPARE_ENTRIES:
            self._auction.unreadable(self._live_now(), "operator", reason[: messages.LONGEST_REASON])
        else:
            workflow.logger.error("signal_dropped", extra={"auction_id": self._auction.terms.auction_id})

    @workflow.update
    def lower_reserve(self, command: messages.LowerReserve) -> messages.CommandAnswer:
        """Lower or waive the reserve."""
        return self._commanded(
            steering.change_reserve(self._auction, command.reserve_cents, self._live_now(), command.nonce)
        )

    @lower_reserve.validator
    def _check_reserve(self, command: messages.LowerReserve) -> None:
        checks.check_nonce(command.nonce)
        checks.check_cents(command.reserve_cents or 0)

    @workflow.update
    def retract(self, command: messages.Retract) -> messages.CommandAnswer:
        """Take one bid out by replay."""
        seq = self._auction.seq_of(command.bid_id)
        seq = command.seq if seq is None else seq
        return self._commanded(steering.retract(self._auction, seq, self._live_now(), command.by, command.reason))

    @retract.validator
    def _check_retract(self, command: messages.Retract) -> None:
        checks.check_reason(command.reason)

    @workflow.update
    def remove_bidder(self, command: messages.RemoveBidder) -> messages.CommandAnswer:
        """Take all bids of one bidder out by replay."""
        now = self._live_now()
        return self._commanded(steering.remove_bidder(self._auction, command.bidder, now, command.by, command.reason))

    @remove_bidder.validator
    def _check_removal(self, command: messages.RemoveBidder) -> None:
        checks.check_reason(command.reason)

    @workflow.update
    def cancel(self, command: messages.Cancel) -> messages.CommandAnswer:
        """End the lot without a sale."""
        return self._commanded(steering.cancel(self._auction, self._live_now(), command.by, command.reason))

    @cancel.validator
    def _check_cancel(self, command: messages.Cancel) -> None:
        checks.check_reason(command.reason)

    @workflow.update
    def hold(self, command: messages.Hold) -> messages.CommandAnswer:
        """Stop all clocks of the lot."""
        return self._commanded(self._auction.hold(self._live_now(), command.reason))

    @hold.validator
    def _check_hold(self, command: messages.Hold) -> None:
        checks.check_reason(command.reason)

    @workflow.update
    def resume(self, command: messages.Resume) -> messages.CommandAnswer:
        """Start the clocks again."""
        self._forked = False
        at_least = timedelta(seconds=command.at_least_s)
        return self._commanded(self._auction.resume(self._live_now(), at_least=at_least))

    @resume.validator
    def _check_resume(self, command: messages.Resume) -> None:
        checks.check_resume(command.at_least_s)

    @workflow.update
    def unrecorded(self, question: messages.Unrecorded) -> messages.BatchAnswer:
        """What the database does not have yet, oldest first, for a door that found a gap."""
        self._auction.tail.confirm(question.recorded_through)
        return messages.BatchAnswer([], self._auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER))

    @unrecorded.validator
    def _check_unrecorded(self, question: messages.Unrecorded) -> None:
        """It is checked by its type; without a validator a call with two arguments would stop the lot."""

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

    def _report_outage(self, outage: messages.Outage) -> None:
        # A bidder had to be answered 503 for this lot in its last minutes.
        now = self._live_now()
        if self._auction.touches_last_minutes(outage.at):
            self._auction.outage(now, since=outage.at)
            self._nudged = True

    def _is_over(self) -> bool:
        return self._auction.status is Status.ENDED

    def _has_all_rows(self) -> bool:
        return len(self._auction.rows) >= ROWS_LIMIT

    async def _work_inbox(self) -> None:
        while not self._is_over():
            await workflow.wait_condition(
                lambda: self._is_over() or not (self._inbox.is_empty or self._auction.tail.is_full)
            )
            await self._empty_inbox()

    async def _empty_inbox(self) -> None:
        inbox, tail = self._inbox, self._auction.tail
        while inbox.batches and not tail.is_full:
            if not self._may_judge(inbox.batches[0]):
                await self._look_up_first_batch()
            self._judge(inbox.batches.pop(0))
        if count := inbox.next_count():
            nonces = await workflow.execute_activity_method(LedgerActivities.make_nonces, count, **policies.NONCES)
            found = await self._look_up(inbox.next_ids(count))
            now = self._live_now()
            for bid in inbox.take(nonces, now):
                if bid.bid_id not in found.known:
                    self._auction.place(bid, now)
        self._to_record = True

    def _hand(self, door: str, entries: Sequence[Entry]) -> None:
        # An answer is durable: its door gets it, or dies and is found by its in-flight row; a new one has a new name.
        if len(self._handed) >= MOST_DOORS:
            self._handed.clear()
        if door and entries:
            self._handed[door] = entries[-1].seq

    def _may_judge(self, batch: messages.BidBatch) -> bool:
        return self._auction.tail.covers(batch.recorded_through) and not self._auction.tail.is_full

    async def _look_up_first_batch(self) -> None:
        # Much was recorded since its door looked for these ids: one that was judged meanwhile may be forgotten here.
        batches = self._inbox.batches
        while not self._auction.tail.covers(batches[0].recorded_through):
            found = await self._look_up([bid.bid_id for bid in batches[0].bids])
            fresh = [bid for bid in batches[0].bids if bid.bid_id not in found.known]
            batches[0] = messages.BidBatch(batches[0].batch_id, found.through, fresh)

    async def _look_up(self, bid_ids: list[str]) -> BidsLookedUp:
        wanted = LookUpBids(self._auction.terms.auction_id, bid_ids)
        return await workflow.execute_activity_method(LedgerActivities.look_up_bids, wanted, **policies.LOOK_UP)

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
        info = workflow.info()
        return info.is_continue_as_new_suggested() or (runs.is_behind(info, self._now()) and self._may_move())

    def _may_move(self) -> bool:
        # The next run would meet the same fork again, and write one more entry about it.
        return not self._forked and runs.may_move(self._auction, self._now())

    def _continue_as_new(self) -> None:
        workflow.continue_as_new(
            runs.next_start(self._start, self._auction, self._inbox),
            initial_versioning_behavior=runs.next_behavior(moves=self._may_move()),
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
        workflow.set_current_details(showing.details(self._auction))


def _reply(answer: Answer, sent: range) -> messages.BidReply:
    entry = None if answer.entry.seq in sent else answer.entry
    return messages.BidReply(answer.outcome, answer.code, answer.entry.seq, answer.repeated, entry)
