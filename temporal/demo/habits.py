"""How the simulated bidders decide: one pure function per habit, over what a bidder sees and their own ceiling."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from domain.bidding import Kind, Reserve
from domain.money import DOLLAR

ENDGAME = timedelta(minutes=2)
SNIPE_LATEST = timedelta(seconds=10)
SNIPE_EARLIEST = timedelta(seconds=20)
FIRST_INCREMENT_CENTS = 50 * DOLLAR
PERCENT = 100
JUMP_STEP_CENTS = 100 * DOLLAR


class Habit(StrEnum):
    """What kind of bidder somebody is."""

    EARLY_AUTO_BIDDER = "early_auto_bidder"
    NIBBLER = "nibbler"
    SNIPER = "sniper"
    JUMPER = "jumper"
    BARGAIN_HUNTER = "bargain_hunter"
    DEALER = "dealer"
    TIRE_KICKER = "tire_kicker"
    RESERVE_TESTER = "reserve_tester"


@dataclass(frozen=True, slots=True)
class Character:
    """The numbers of a habit.

    `ceiling`: percent of the value, least and most; `interest`: percent of the lots they follow; `patience`: the
    least time between two bids of theirs on one lot; `chance`: percent of the looks at which they may act.
    """

    ceiling: tuple[int, int]
    interest: int
    patience: timedelta
    chance: int


@dataclass(frozen=True, slots=True)
class Lot:
    """What the public sees of a lot, in cents and aware UTC, and what the market would pay for it."""

    id: int
    vin: str
    status: str
    start_cents: int
    price_cents: int | None
    minimum_next_cents: int
    reserve: Reserve
    leader: str | None
    bid_count: int
    starts_at: datetime
    ends_at: datetime
    version: int
    value_cents: int

    @property
    def increment_cents(self) -> int:
        """The step to the next bid; a usual one while nobody has bid."""
        if self.price_cents is None:
            return FIRST_INCREMENT_CENTS
        return self.minimum_next_cents - self.price_cents


@dataclass(frozen=True, slots=True)
class Me:
    """One bidder on one lot: the ceiling never to be passed, and what they did so far. `mood` is drawn once, 0 to 1."""

    ceiling_cents: int
    mood: float
    leading: bool = False
    last_bid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bid:
    """A decision: `cents` is the amount of a bid or the maximum of an auto-bid."""

    kind: Kind
    cents: int


CHARACTERS = {
    Habit.EARLY_AUTO_BIDDER: Character((84, 102), 40, timedelta(seconds=60), 60),
    Habit.NIBBLER: Character((70, 95), 45, timedelta(seconds=8), 50),
    Habit.SNIPER: Character((84, 104), 55, timedelta(seconds=15), 100),
    Habit.JUMPER: Character((74, 98), 40, timedelta(seconds=60), 35),
    Habit.BARGAIN_HUNTER: Character((60, 60), 60, timedelta(seconds=45), 50),
    Habit.DEALER: Character((78, 82), 90, timedelta(seconds=90), 60),
    Habit.TIRE_KICKER: Character((34, 48), 50, timedelta(minutes=5), 15),
    Habit.RESERVE_TESTER: Character((72, 96), 60, timedelta(seconds=30), 40),
}


def draw_me(habit: Habit, value_cents: int, rng: Random) -> Me:
    """A bidder's private opinion of a lot, in whole dollars."""
    least, most = CHARACTERS[habit].ceiling
    percent = rng.randint(least, most)
    return Me(ceiling_cents=_whole(value_cents * percent // PERCENT), mood=rng.random())


def follows(habit: Habit, rng: Random) -> bool:
    """Whether a lot interests this bidder at all."""
    return rng.randrange(PERCENT) < CHARACTERS[habit].interest


def decide(habit: Habit, lot: Lot, me: Me, now: datetime, rng: Random) -> Bid | None:
    """What this bidder does on looking at the lot at `now`: a bid of at least the minimum and at most the ceiling."""
    if lot.status != "live" or not lot.starts_at <= now < lot.ends_at or me.leading:
        return None
    if lot.minimum_next_cents > me.ceiling_cents:
        return None
    character = CHARACTERS[habit]
    if me.last_bid_at is not None and now - me.last_bid_at < character.patience:
        return None
    if rng.randrange(PERCENT) >= character.chance:
        return None
    return DECISIONS[habit](lot, me, now, rng)


def limit_cents(lot: Lot, me: Me, now: datetime) -> int:
    """How far this bidder goes at `now`: half of the ceiling at the start, all of it in the last two minutes.

    Nobody shows everything at once, and so a lot of six hours lives for six hours.
    """
    if lot.ends_at - now <= ENDGAME:
        return me.ceiling_cents
    elapsed = (now - lot.starts_at) / (lot.ends_at - lot.starts_at)
    return _whole(int(me.ceiling_cents * (0.5 + 0.4 * elapsed + 0.1 * me.mood * elapsed)))


def _early_auto_bidder(lot: Lot, me: Me, now: datetime, _rng: Random) -> Bid | None:
    return _within(Kind.AUTO_BID, limit_cents(lot, me, now), lot, me)


def _nibbler(lot: Lot, me: Me, now: datetime, _rng: Random) -> Bid | None:
    if lot.minimum_next_cents > limit_cents(lot, me, now):
        return None
    return Bid(Kind.BID, lot.minimum_next_cents)


def _sniper(lot: Lot, me: Me, now: datetime, rng: Random) -> Bid | None:
    own_moment = SNIPE_LATEST + (SNIPE_EARLIEST - SNIPE_LATEST) * me.mood
    if lot.ends_at - now > own_moment:
        return None
    if me.mood > rng.random():
        return _within(Kind.AUTO_BID, me.ceiling_cents, lot, me)
    return _within(Kind.BID, lot.minimum_next_cents + lot.increment_cents * rng.randint(0, 2), lot, me)


def _jumper(lot: Lot, me: Me, now: datetime, rng: Random) -> Bid | None:
    target = lot.minimum_next_cents + lot.increment_cents * rng.randint(3, 8)
    round_figure = -(-target // JUMP_STEP_CENTS) * JUMP_STEP_CENTS
    if round_figure > limit_cents(lot, me, now):
        return None
    return Bid(Kind.BID, round_figure)


def _dealer(lot: Lot, me: Me, now: datetime, _rng: Random) -> Bid | None:
    opening = _whole(me.ceiling_cents * 7 // 10)
    late = lot.ends_at - now <= ENDGAME
    return _within(Kind.AUTO_BID, me.ceiling_cents if late else min(opening, limit_cents(lot, me, now)), lot, me)


def _reserve_tester(lot: Lot, me: Me, now: datetime, rng: Random) -> Bid | None:
    if lot.reserve is not Reserve.NOT_MET:
        return None
    probe = lot.minimum_next_cents + lot.increment_cents * rng.randint(1, 3)
    return Bid(Kind.BID, probe) if probe <= limit_cents(lot, me, now) else None


def _within(kind: Kind, cents: int, lot: Lot, me: Me) -> Bid | None:
    offer = min(cents, me.ceiling_cents)
    return Bid(kind, offer) if offer >= lot.minimum_next_cents else None


def _whole(cents: int) -> int:
    return cents // DOLLAR * DOLLAR


DECISIONS: dict[Habit, Callable[[Lot, Me, datetime, Random], Bid | None]] = {
    Habit.EARLY_AUTO_BIDDER: _early_auto_bidder,
    Habit.NIBBLER: _nibbler,
    Habit.SNIPER: _sniper,
    Habit.JUMPER: _jumper,
    Habit.BARGAIN_HUNTER: _nibbler,
    Habit.DEALER: _dealer,
    Habit.TIRE_KICKER: _nibbler,
    Habit.RESERVE_TESTER: _reserve_tester,
}
