"""The simulated bidders at work: who looks at which lot when, and what becomes of their bids."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import structlog

from temporal.demo.accounts import BidderAccount
from temporal.demo.board import Board
from temporal.demo.client import CONFLICT, TOO_MANY, UNKNOWN_FATE, Answer, MarketClient, MarketError
from temporal.demo.habits import Bid, Lot, Me, decide, draw_me, follows
from temporal.demo.relist import new_key

TICK_S = 0.25
LOOK_S = (3.0, 12.0)
LATE_LOOK_S = (0.8, 2.5)
LATE = timedelta(seconds=60)
SHUN = timedelta(minutes=10)
LIMITED_S = 5.0
AT_ONCE = 8

log = structlog.get_logger("bidders")


@dataclass(slots=True)
class Seat:
    """One bidder at one lot. `me` None: not interested."""

    bidder: BidderAccount
    me: Me | None
    next_look: datetime
    alias: str | None = None
    asked: bool = False
    busy: bool = False


class Pace:
    """At most `per_second` bids over the whole market, evenly, however many would like to."""

    def __init__(self, per_second: float) -> None:
        self._gap = timedelta(seconds=1 / per_second)
        self._next: datetime | None = None

    def grants(self, now: datetime) -> bool:
        """Whether one more bid may go out at `now`; takes the place when it may."""
        if self._next is not None and now < self._next:
            return False
        self._next = now + self._gap
        return True


class Crowd:
    """All bidders over one board; `clock` is this machine's, `rng` the source of looks, keys and whims."""

    def __init__(
        self,
        client: MarketClient,
        board: Board,
        bidders: tuple[BidderAccount, ...],
        *,
        clock: Callable[[], datetime],
        rng: Random,
        rate: float,
    ) -> None:
        self._client = client
        self._board = board
        self._bidders = list(bidders)
        self._clock = clock
        self._rng = rng
        self._pace = Pace(rate)
        self._seats: dict[tuple[int, int], Seat] = {}
        self._shut_out: dict[int, datetime] = {}
        self._bids: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look and bid until cancelled; bids on their way are cancelled with it."""
        try:
            while True:
                self.look_around()
                await asyncio.sleep(TICK_S)
        finally:
            for task in self._bids:
                task.cancel()
            await asyncio.gather(*self._bids, return_exceptions=True)

    def look_around(self) -> None:
        """Let everybody look whose time has come, and send out what they decide on."""
        now = self._clock() + self._board.ahead
        live = [lot for lot in self._board.lots.values() if lot.status == "live"]
        seats = [self._seat(bidder, lot, now) for lot in live for bidder in self._bidders]
        self._rng.shuffle(seats)
        for seat, lot in seats:
            if len(self._bids) >= AT_ONCE:
                return
            self._look(seat, lot, now)

    def join(self, bidder: BidderAccount) -> None:
        """Somebody more, from the next look on."""
        self._bidders.append(bidder)

    def forget_others(self, auction_ids: set[int]) -> None:
        """Leave the seats of lots that are no longer watched."""
        self._seats = {key: seat for key, seat in self._seats.items() if key[0] in auction_ids}

    async def settle(self) -> None:
        """Wait until every bid on its way has been answered."""
        await asyncio.gather(*self._bids)

    def _seat(self, bidder: BidderAccount, lot: Lot, now: datetime) -> tuple[Seat, Lot]:
        seat = self._seats.get((lot.id, bidder.user_id))
        if seat is None:
            private = Random(f"{bidder.seed}-{lot.id}")  # noqa: S311 - a bidder's taste, the same after a restart
            me = draw_me(bidder.habit, lot.value_cents, private) if follows(bidder.habit, private) else None
            first = now + timedelta(seconds=self._rng.uniform(0, LOOK_S[1]))
            seat = self._seats[lot.id, bidder.user_id] = Seat(bidder, me, first)
        return seat, lot

    def _look(self, seat: Seat, lot: Lot, now: datetime) -> None:
        if seat.me is None or seat.busy or now < max(seat.next_look, self._shut_out.get(seat.bidder.user_id, now)):
            return
        seat.next_look = now + timedelta(seconds=self._rng.uniform(*self._look_span(lot, now)))
        me = replace(seat.me, leading=seat.alias is not None and seat.alias == lot.leader)
        bid = decide(seat.bidder.habit, lot, me, now, self._rng)
        if bid is None or not self._pace.grants(now):
            return
        seat.busy = True
        task = asyncio.create_task(self._place(seat, seat.me, lot, bid))
        self._bids.add(task)
        task.add_done_callback(self._bids.discard)

    def _look_span(self, lot: Lot, now: datetime) -> tuple[float, float]:
        return LATE_LOOK_S if lot.ends_at - now < LATE else LOOK_S

    async def _place(self, seat: Seat, me: Me, lot: Lot, bid: Bid) -> None:
        """Place a bid; before the first one, find out whether this bidder leads already from an earlier life."""
        try:
            if not seat.asked and lot.bid_count and await self._leads_already(seat, lot):
                return
            key = new_key(self._rng)
            answer = await self._client.bid(seat.bidder.token, lot.id, bid, key)
            await self._take(seat, me, lot, answer)
        except MarketError as error:
            log.warning("bid_given_up", auction_id=lot.id, user_id=seat.bidder.user_id, reason=str(error))
        finally:
            seat.busy = False

    async def _leads_already(self, seat: Seat, lot: Lot) -> bool:
        mine = await self._client.mine(seat.bidder.token, lot.id)
        seat.asked, seat.alias = True, mine["alias"]
        return bool(mine["position"] == "leading")

    async def _take(self, seat: Seat, me: Me, lot: Lot, answer: Answer) -> None:
        now = self._clock() + self._board.ahead
        if answer.accepted:
            seat.me = replace(me, last_bid_at=now)
            if seat.alias is None:
                await self._leads_already(seat, lot)
            self._board.put_answer(lot.id, answer.body, seat.alias)
            log.info("bid_placed", auction_id=lot.id, habit=seat.bidder.habit, outcome=answer.body.get("outcome"))
        elif answer.status == CONFLICT:
            self._board.put_answer(lot.id, answer.body, seat.alias)
            seat.asked = False
            log.info("bid_refused", auction_id=lot.id, habit=seat.bidder.habit, code=answer.code)
        else:
            pause = self._pause_after(answer)
            self._shut_out[seat.bidder.user_id] = now + pause
            log.warning("bidder_paused", user_id=seat.bidder.user_id, code=answer.code, seconds=pause.total_seconds())

    def _pause_after(self, answer: Answer) -> timedelta:
        """A limit says how long; what stays unavailable gets a rest; anything else will not get better soon."""
        if answer.status == TOO_MANY or answer.status in UNKNOWN_FATE:
            return timedelta(seconds=LIMITED_S if answer.retry_after_s is None else answer.retry_after_s)
        return SHUN
