"""The Auction workflows without Temporal: the real rules and the real recorder, and a network that fails on demand."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, assert_never

from sqlalchemy import Engine
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import Ledger
from activities.live import LotNews
from domain import purchases, steering
from domain.auction import Answer, Auction, Bid, Status
from domain.bidding import Kind
from domain.clock import truncate
from temporal.lots import AuctionLots, AuctionOverError, away
from tests.db.market import bid_id
from workflows import messages

Command = (
    messages.LowerReserve
    | messages.Retract
    | messages.RemoveBidder
    | messages.Cancel
    | messages.Hold
    | messages.Resume
    | messages.BuyNow
    | messages.SettleBuyNow
    | messages.AcceptOffer
)


@dataclass
class NewsKept:
    """A publisher that keeps what it was given, in order."""

    news: list[LotNews] = field(default_factory=list)

    def publish(self, news: list[LotNews]) -> None:
        self.news.extend(news)


class LotsDouble(AuctionLots):
    """Lots in this process's memory, judged by `domain` and recorded by `activities.ledger.Ledger`.

    Time is the machine's clock plus `ahead`. `away`: nothing reaches an auction. `lose_answers`: so many of the next
    calls are carried out and recorded, but their answers are lost. `unrecorded`: commands leave their recording undone.
    """

    def __init__(self, engine: Engine, publisher: NewsKept | None = None) -> None:
        self.publisher = publisher or NewsKept()
        self.auctions: dict[int, Auction] = {}
        self.starts: list[messages.AuctionStart] = []
        self.commands: list[tuple[str, object]] = []
        self.outages: list[tuple[int, datetime]] = []
        self.ahead = timedelta(0)
        self.away = False
        self.lose_answers = 0
        self.unrecorded = False
        self._recorder = Ledger(engine, self.publisher)
        self._answers: dict[tuple[int, str], messages.CommandAnswer] = {}
        self._numbers = count(1)

    # What a test does

    def now(self) -> datetime:
        """The clock of all lots."""
        return truncate(datetime.now(UTC) + self.ahead)

    def tick(self, auction_id: int) -> Auction:
        """Let the lot's clock do what is due (start, hold, resume, close), and record it."""
        auction, now = self.auctions[auction_id], self.now()
        before = None
        while before != (before := (auction.status, auction.ends_at, auction.seq)):
            auction.advance(now)
            if auction.status is Status.CLOSING:
                auction.close(now)
        self._record(auction_id)
        return auction

    def pass_time(self, span: timedelta) -> None:
        """Move the clock of all lots ahead, and let each do what is due at its own time, as timers would."""
        until, self.ahead = self.now() + span, self.ahead + span
        for auction_id, auction in self.auctions.items():
            while (due := auction.wake_at()) is not None and due <= until:
                auction.advance(due)
                if auction.status is Status.CLOSING:
                    auction.close(due)
            self._record(auction_id)

    def bid(
        self,
        auction_id: int,
        user_id: int,
        cents: int,
        kind: Kind = Kind.BID,
        *,
        recorded: bool = True,
        code: str | None = None,
    ) -> str:
        """Place one bid now, through no door, and return its id; it must be refused by `code`, or else accepted."""
        auction, now, number = self.tick(auction_id), self.now(), next(self._numbers)
        made = Bid(bid_id(auction_id * 1_000 + number), str(user_id), kind, cents, now, f"{number:064x}")
        answer = auction.place(made, now)
        assert answer.code == code
        if recorded:
            self._record(auction_id)
        return made.bid_id

    # What the product calls

    async def start(self, start: messages.AuctionStart) -> None:
        self._reach()
        self.starts.append(start)
        auction_id = start.terms.auction_id
        if auction_id not in self.auctions:
            auction = self.auctions[auction_id] = Auction(start.terms)
            steering.schedule(auction, self.now(), start.nonce)
        await asyncio.to_thread(self.tick, auction_id)
        self._maybe_lose(RPCError("the answer was lost", RPCStatusCode.DEADLINE_EXCEEDED, b""))

    async def place_bids(self, auction_id: int, batch: messages.BidBatch) -> messages.BatchAnswer:
        auction = await self._running(auction_id)
        if not auction.tail.covers(batch.recorded_through):
            return messages.BatchAnswer([], [], stale=True)
        auction.tail.confirm(batch.recorded_through)
        answers = [auction.place(_bid(each), self.now()) for each in batch.bids]
        replies = [messages.BidReply(a.outcome, a.code, a.entry.seq, a.repeated, a.entry) for a in answers]
        return messages.BatchAnswer(replies, self._waiting(auction))

    async def signal_bids(self, auction_id: int, batch: messages.BidBatch) -> None:
        await self.place_bids(auction_id, batch)
        await asyncio.to_thread(self._record, auction_id)

    async def command(
        self, auction_id: int, update: Any, argument: object, *, command_id: str
    ) -> messages.CommandAnswer:
        if self.away or auction_id not in self.auctions:
            raise away()
        self.commands.append((command_id, argument))
        answer = self._answers.get((auction_id, command_id))
        if answer is None:
            auction = await self._running(auction_id)
            assert update.__name__ == COMMANDS[type(argument)]
            done = _obey(auction, argument, self.now())
            answer = messages.CommandAnswer(done.outcome, done.code, done.entry, self._waiting(auction))
            self._answers[auction_id, command_id] = answer
            if not self.unrecorded:
                await asyncio.to_thread(self._record, auction_id)
        self._maybe_lose(away())
        return answer

    async def catch_up(self, auction_id: int) -> int:
        waiting = self._waiting(await self._running(auction_id))
        await asyncio.to_thread(self._record, auction_id)
        return len(waiting)

    async def hold_forked(self, auction_id: int, seq: int) -> None:
        (await self._running(auction_id)).hold(self.now(), "fork")

    async def report_outage(self, auction_id: int, at: datetime) -> None:
        self._reach()
        self.outages.append((auction_id, at))

    def forget_commands(self) -> None:
        """As after a continue-as-new, or once a workflow is gone for long: update ids are not known any more."""
        self._answers.clear()

    async def _running(self, auction_id: int) -> Auction:
        self._reach()
        if auction_id not in self.auctions:
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")
        auction = await asyncio.to_thread(self.tick, auction_id)
        if auction.status is Status.ENDED:
            raise AuctionOverError
        return auction

    def _reach(self) -> None:
        if self.away:
            raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")

    def _maybe_lose(self, error: Exception) -> None:
        if self.lose_answers:
            self.lose_answers -= 1
            raise error

    def _waiting(self, auction: Auction) -> list[Any]:
        return auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)

    def _record(self, auction_id: int) -> None:
        auction = self.auctions[auction_id]
        while waiting := self._waiting(auction):
            recorded = self._recorder.record(auction_id, waiting)
            assert (recorded.forked, recorded.gap) == (False, False)
            auction.tail.confirm(recorded.through)


COMMANDS: dict[type, str] = {
    messages.LowerReserve: "lower_reserve",
    messages.Retract: "retract",
    messages.RemoveBidder: "remove_bidder",
    messages.Cancel: "cancel",
    messages.Hold: "hold",
    messages.Resume: "resume",
    messages.BuyNow: "buy_now",
    messages.SettleBuyNow: "settle_buy_now",
    messages.AcceptOffer: "accept_offer",
}


def _obey(auction: Auction, command: Any, now: datetime) -> Answer:
    """What the handlers of workflows.auction do with each command."""
    told: Command = command
    match told:
        case messages.LowerReserve():
            return steering.change_reserve(auction, told.reserve_cents, now, told.nonce)
        case messages.Retract():
            seq = auction.seq_of(told.bid_id)
            return steering.retract(auction, told.seq if seq is None else seq, now, told.by, told.reason)
        case messages.RemoveBidder():
            return steering.remove_bidder(auction, told.bidder, now, told.by, told.reason)
        case messages.Cancel():
            return steering.cancel(auction, now, told.by, told.reason)
        case messages.Hold():
            return auction.hold(now, told.reason)
        case messages.Resume():
            return auction.resume(now, at_least=timedelta(seconds=told.at_least_s))
        case messages.BuyNow() | messages.SettleBuyNow() | messages.AcceptOffer():
            return _sell(auction, told, now)
        case _:
            assert_never(told)


def _sell(
    auction: Auction, told: messages.BuyNow | messages.SettleBuyNow | messages.AcceptOffer, now: datetime
) -> Answer:
    match told:
        case messages.BuyNow():
            wish = purchases.Wish(told.purchase_id, told.buyer, told.cents, told.nonce)
            return purchases.reserve(auction, wish, now)
        case messages.SettleBuyNow():
            return purchases.settle(auction, told.purchase_id, now, paid=told.paid)
        case _:
            ids = told.acceptance_id, told.offer_id
            return purchases.accept(auction, purchases.Acceptance(*ids, told.buyer, told.cents, told.nonce), now)


def _bid(given: messages.BidIn) -> Bid:
    return Bid(given.bid_id, given.bidder, Kind(given.kind), given.cents, given.received_at, given.nonce)
