"""One auction from schedule to result: it judges each attempt in order and writes every one into its ledger.

The only mutable thing of the domain. Time and nonces are arguments; the rules are those of auction-rules.md.
"""

from datetime import datetime, timedelta
from typing import Any

from domain.bidding import Kind, Reserve, Row, Standing, accept
from domain.clock import CLOCK_RULES, MILLISECOND, monday_opening, rest_before, sunday_before, to_text, truncate
from domain.errors import Code
from domain.ledger import Entry, chain, genesis
from domain.money import INCREMENT_TABLES, is_whole_dollars
from domain.tail import Tail
from domain.terms import Answer, Bid, Purchase, Result, Sold, Status, Terms

__all__ = [
    "MATERIAL_EDIT",
    "OUTAGE_DELAY",
    "OUTAGE_EXTENSION",
    "SLIP_FACTOR",
    "Answer",
    "Auction",
    "Bid",
    "Result",
    "Status",
    "Terms",
]

MATERIAL_EDIT = "material_edit"
OUTAGE_DELAY = timedelta(seconds=5)
OUTAGE_EXTENSION = timedelta(minutes=10)
SLIP_FACTOR = 2

Private = dict[str, Any] | None


class Auction:
    """The judge of one lot. Every method that takes `now` may append entries; none of them fails on a refusal."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.opening = Standing(terms.start_cents, terms.reserve_cents, INCREMENT_TABLES[terms.increments])
        self.standing = self.opening
        self.status = Status.SCHEDULED
        self.starts_at = terms.starts_at
        self.ends_at = terms.ends_at
        self.result: Result | None = None
        self.hold_reason: str | None = None
        self.remaining: timedelta | None = None
        self.resume_at: datetime | None = None
        self.outage_at: datetime | None = None
        self.version = 0
        self.seq = 0
        self.hash = genesis(terms.auction_id)
        self.started = False
        self.numbers: dict[str, int] = {}
        self.rows: list[Row] = []
        self.out: set[int] = set()
        self.silent: set[int] = set()
        self.slips: set[str] = set()
        self.doubled: dict[int, datetime] = {}
        self.bid_count = 0
        self.purchase: Purchase | None = None
        self.tried: set[str] = set()
        self.sold: Sold | None = None
        self.tail = Tail()

    # The clock

    def wake_at(self) -> datetime | None:
        """When the clock next has something to do, or None while only a message can move the lot."""
        match self.status:
            case Status.SCHEDULED:
                return self.starts_at
            case Status.LIVE:
                sunday = self._sunday()
                return self.ends_at if sunday is None else sunday
            case Status.HELD:
                return self.resume_at
            case _:
                return None

    def advance(self, now: datetime) -> None:
        """Do what the clock asks for at `now`: start, hold for a Sunday, resume on Monday, extend or begin to close."""
        due = self.wake_at()
        if due is None or now < due:
            return
        if self.status is Status.SCHEDULED:
            self.start(now)
        elif self.purchase is not None:
            self.lose_purchase(now, "expired")
        elif self.status is Status.HELD:
            self.resume(now)
        elif (sunday := self._sunday()) is not None:
            self.hold(now, "sunday", since=sunday, resume_at=monday_opening(sunday))
        elif now - self.ends_at > OUTAGE_DELAY:
            self.outage(now, since=self.ends_at)
        else:
            self.status = Status.CLOSING

    def start(self, now: datetime) -> None:
        """Open the lot for bids; the public version stays where it was."""
        self.status, self.started = Status.LIVE, True
        self.write("started", now)
        self._rest_on_sunday(now)

    def outage(self, now: datetime, since: datetime) -> None:
        """An outage that began at `since` touched the last 10 minutes: extend once, hold the second time."""
        if self.status not in (Status.LIVE, Status.CLOSING) or self.ends_at >= now + OUTAGE_EXTENSION:
            return
        if self.outage_at is None:
            self.outage_at = now
            self.status = Status.LIVE
            self.ends_at = now + OUTAGE_EXTENSION + timedelta(milliseconds=self.terms.outage_stagger_ms)
            self.version += 1
            self.write("extended", now, reason="outage")
            self._rest_on_sunday(now)
        elif since > self.outage_at:
            self.hold(now, "outage", at_least=OUTAGE_EXTENSION)

    def touches_last_minutes(self, moment: datetime) -> bool:
        """Whether a bid of this moment that had no answer in time gives the lot an outage extension (section 4)."""
        return self.ends_at - OUTAGE_EXTENSION <= moment < self.ends_at

    def _sunday(self) -> datetime | None:
        rest = rest_before if self.terms.clock_rules >= CLOCK_RULES else sunday_before
        return rest(self.ends_at) if self.terms.sunday_rule else None

    def _rest_on_sunday(self, now: datetime) -> None:
        # A clock that is set running on the very Sunday of its end stops at once, with all that it was given.
        sunday = self._sunday()
        if sunday is not None and now >= sunday:
            self.hold(now, "sunday", resume_at=monday_opening(sunday))

    # Bids

    def place(self, bid: Bid, now: datetime) -> Answer:
        """Judge one bid at `now`: first answer for a repeated id, else the first refusal that applies, else accept."""
        first = self.tail.find(bid.bid_id)
        if first is not None:
            if _same_body(first, bid):
                return Answer(first.public["outcome"], first, first.public["code"], repeated=True)
            return self._refuse_bid(bid, Code.ID_REUSED, now)
        received = min(truncate(bid.received_at), now)
        code = self.refusal(bid, received)
        return self._refuse_bid(bid, code, now) if code is not None else self._accept(bid, received, now)

    def refusal(self, bid: Bid, received: datetime) -> Code | None:
        """The first rule of section 3 that refuses this bid, or None."""
        standing = self.standing
        if not is_whole_dollars(bid.cents):
            return Code.NOT_WHOLE_DOLLARS
        clock = self._clock_refusal(received)
        if clock is not None:
            return clock
        if not self.terms.takes_bids:
            return Code.NO_BIDDING
        if bid.bidder in self.terms.barred:
            return Code.OWN_VEHICLE
        if bid.bidder == standing.leader:
            if bid.kind is Kind.BID:
                return Code.ALREADY_LEADING
            return Code.BELOW_OWN_MAXIMUM if bid.cents <= standing.max_cents else None
        return Code.BELOW_MINIMUM if bid.cents < standing.minimum_next_cents else None

    def _clock_refusal(self, received: datetime) -> Code | None:
        waits = self.status in (Status.SCHEDULED, Status.HELD) and not self.started
        if received < self.starts_at or waits:
            return Code.NOT_STARTED
        if self.status is Status.HELD:
            return Code.ON_HOLD
        if received >= self.ends_at:
            return Code.TOO_LATE
        if self.status is Status.ENDED:
            return self.over()
        return None

    def _accept(self, bid: Bid, received: datetime, now: datetime) -> Answer:
        before, ends_before = self.standing, self.ends_at
        self.standing = accept(before, bid.kind, bid.bidder, bid.cents)
        silent = self.standing.looks_like(before)
        self.numbers.setdefault(bid.bidder, len(self.numbers) + 1)
        self.rows.append(Row(self.seq + 1, bid.kind, bid.bidder, bid.cents))
        if bid.kind is Kind.BID and bid.cents >= SLIP_FACTOR * (before.price_cents or before.start_cents):
            self.doubled[self.seq + 1] = now
        if silent:
            self.silent.add(self.seq + 1)
        else:
            self._publish_bid(received, now)
        outcome = "leading" if self.standing.leader == bid.bidder else "outbid"
        answer = self._write_bid(bid, now, received, outcome, None, silent=silent, extended=self.ends_at != ends_before)
        if now - received > OUTAGE_DELAY and received >= ends_before - OUTAGE_EXTENSION:
            self.outage(now, since=received)
        return answer

    def _publish_bid(self, received: datetime, now: datetime) -> None:
        self.version += 1
        self.bid_count += 1
        self.ends_at = max(self.ends_at, received + timedelta(seconds=self.terms.window_s))
        if self.status is Status.CLOSING and self.ends_at > now:
            self.status = Status.LIVE

    def _refuse_bid(self, bid: Bid, code: Code, now: datetime) -> Answer:
        received = min(truncate(bid.received_at), now)
        return self._write_bid(bid, now, received, "refused", code, silent=False, extended=False)

    def _write_bid(
        self, bid: Bid, now: datetime, received: datetime, outcome: str, code: Code | None, **flags: bool
    ) -> Answer:
        shown = outcome != "refused" and bid.kind is Kind.BID and not flags["silent"]
        entry = self.write(
            bid.kind.value,
            now,
            {"bidder_id": bid.bidder, "cents": bid.cents},
            bid.nonce,
            bid_id=bid.bid_id,
            bidder=self.alias(bid.bidder),
            received_at=to_text(received),
            channel=bid.channel,
            outcome=outcome,
            code=None if code is None else code.value,
            amount_cents=bid.cents if shown else None,
            **flags,
        )
        return Answer(outcome, entry, None if code is None else code.value)

    # Hold, resume, close

    def hold(
        self,
        now: datetime,
        reason: str,
        *,
        since: datetime | None = None,
        resume_at: datetime | None = None,
        at_least: timedelta = timedelta(0),
    ) -> Answer:
        """Stop all clocks; what was left at `since` (default now), or `at_least`, is left when the lot resumes."""
        if self.status in (Status.HELD, Status.ENDED):
            code = Code.ON_HOLD if self.status is Status.HELD else self.over()
            return self.refuse("held", code, now, reason=reason)
        edge = self.starts_at if self.status is Status.SCHEDULED else self.ends_at
        left = self.stop(max(edge - (since or now), at_least), reason, resume_at)
        return self.done("held", now, reason=reason, remaining_ms=left)

    def stop(self, remaining: timedelta, reason: str, resume_at: datetime | None) -> int:
        """Stop the clocks with this much left, which is returned in milliseconds."""
        self.status, self.hold_reason, self.resume_at = Status.HELD, reason, resume_at
        self.remaining = remaining
        self.version += 1
        return remaining // MILLISECOND

    def resume(self, now: datetime, *, at_least: timedelta = timedelta(0)) -> Answer:
        """Start the clocks again with the time that was left at the hold; after a material edit with `at_least`."""
        if self.status is not Status.HELD or self.remaining is None:
            return self.refuse("resumed", Code.NOT_HELD, now)
        if self.purchase is not None:
            # Who has it reserved keeps it until then; the clock runs on by itself after that.
            self.resume_at = self.purchase.expires_at
            return self.refuse("resumed", Code.RESERVED, now)
        floor = at_least if self.hold_reason == MATERIAL_EDIT else timedelta(0)
        return self._run_on(now, max(self.remaining, floor), "resumed")

    def lose_purchase(self, now: datetime, reason: str) -> Answer:
        """A reservation ends without a sale, which is a default of its buyer; the clock runs on with what was left."""
        if self.purchase is None or self.remaining is None:
            return self.refuse("buy_now_failed", Code.NOT_RESERVED, now)
        lost, self.purchase = self.purchase, None
        return self._run_on(now, self.remaining, "buy_now_failed", purchase_id=lost.purchase_id, reason=reason)

    def _run_on(self, now: datetime, remaining: timedelta, kind: str, **more: Any) -> Answer:
        if self.started:
            self.status, self.ends_at = Status.LIVE, now + remaining
        else:
            length = self.ends_at - self.starts_at
            self.status, self.starts_at = Status.SCHEDULED, now + remaining
            self.ends_at = self.starts_at + length
        self.hold_reason = self.remaining = self.resume_at = None
        self.version += 1
        answer = self.done(kind, now, starts_at=to_text(self.starts_at), **more)
        if self.started:
            self._rest_on_sunday(now)
        return answer

    def close(self, now: datetime) -> Answer:
        """Decide the result. Before the end it is refused; a second close answers with the first result."""
        ending = self.tail.ending() if self.status is Status.ENDED else None
        if ending is not None:
            return Answer("done", ending, None, repeated=True)
        if now < self.ends_at or self.status not in (Status.LIVE, Status.CLOSING):
            return self.refuse("closed", Code.NOT_ENDED, now)
        if self.standing.leader is None:
            result = Result.NO_BIDS
        elif self.standing.reserve is Reserve.NOT_MET:
            result = Result.RESERVE_NOT_MET
        else:
            result = Result.SOLD
        self.end(result)
        return self.done("closed", now, result=result.value)

    def end(self, result: Result) -> None:
        """Nothing is judged in after this."""
        self.status, self.result, self.purchase = Status.ENDED, result, None
        self.version += 1

    def over(self) -> Code:
        """Why an ended lot takes nothing more."""
        return Code.CLOSED if self.result is Result.CANCELLED else Code.TOO_LATE

    def unreadable(self, now: datetime, channel: str, reason: str) -> Answer:
        """An attempt that could not be read still has its line in the ledger."""
        return self.refuse("unreadable", Code.UNREADABLE, now, channel=channel, reason=reason)

    # What others read

    def alias(self, bidder: str | None) -> str | None:
        """`Bidder n`, by order of first accepted bid, or None for who has none."""
        number = self.numbers.get(bidder) if bidder is not None else None
        return None if number is None else f"Bidder {number}"

    def seq_of(self, bid_id: str) -> int | None:
        """The `seq` of an accepted bid among the recent ones, or None."""
        entry = self.tail.find(bid_id)
        return entry.seq if entry is not None and entry.public["outcome"] != "refused" else None

    def facts(self, now: datetime) -> dict[str, Any]:
        """The public state after an entry, as every entry carries it."""
        standing = self.standing
        return {
            "auction_id": self.terms.auction_id,
            "seq": self.seq,
            "version": self.version,
            "at": to_text(now),
            "status": self.status.value,
            "price_cents": standing.price_cents,
            "leader": self.alias(standing.leader),
            "reserve": standing.reserve.value,
            "minimum_next_cents": standing.minimum_next_cents,
            "ends_at": to_text(self.ends_at),
            "bid_count": self.bid_count,
            "bidder_count": len(self.numbers),
        }

    # Writing

    def write(self, kind: str, now: datetime, private: Private = None, nonce: str = "", **more: object) -> Entry:
        """Append one entry with the state as it is now."""
        self.seq += 1
        entry = chain(self.hash, {"kind": kind, **self.facts(now), **more}, private, nonce)
        self.hash = entry.hash
        self.tail.append(entry)
        return entry

    def done(self, kind: str, now: datetime, private: Private = None, nonce: str = "", **more: object) -> Answer:
        """A command that was carried out."""
        return Answer("done", self.write(kind, now, private, nonce, outcome="done", code=None, **more))

    def refuse(
        self, kind: str, code: Code, now: datetime, private: Private = None, nonce: str = "", **more: object
    ) -> Answer:
        """A command that a rule refused; the state is as before."""
        entry = self.write(kind, now, private, nonce, outcome="refused", code=code.value, **more)
        return Answer("refused", entry, code.value)


def _same_body(first: Entry, bid: Bid) -> bool:
    private = first.private or {}
    body = first.public["kind"], private.get("bidder_id"), private.get("cents")
    return body == (bid.kind.value, bid.bidder, bid.cents)
