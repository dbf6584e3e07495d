"""The demo market on paper: which vehicle is sold when, at what start and reserve. Pure; the seed carries it out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.bidding import Kind
from domain.clock import SUNDAY_MARGIN, may_end_at, monday_opening, sunday_before
from domain.money import DOLLAR
from temporal.demo.catalogue import Offering

LEAD = timedelta(seconds=2)
ENDED_LENGTH = timedelta(seconds=7)
ENDED_WINDOW_S = 2
BID_SPACING = timedelta(seconds=0.7)
# With the rule on, the soonest lots must be able to end; the later ones may be moved to Monday.
DEMO_HORIZON = timedelta(hours=3)
SQUEEZE = 5
STRIDE = 7
PERCENT = 100

LIVE_MINUTES = (4, 6, 9, 13, 18, 25, 35, 50, 75, 110, 180, 360)
SCHEDULED_MINUTES = ((3, 20), (8, 30), (25, 45), (90, 120), (480, 180), (1560, 240), (3000, 300))


class Calendar(StrEnum):
    """Whether the Sunday rule of auction-rules.md section 4 applies; NONE exists in the embedded profile only."""

    CHICAGO = "chicago"
    NONE = "none"


class Phase(StrEnum):
    """What a planned auction is when the market opens."""

    ENDED = "ended"
    LIVE = "live"
    SCHEDULED = "scheduled"


@dataclass(frozen=True, slots=True)
class PlannedBid:
    """A bid that the seed places: `bidder` is an index into the simulated bidders, `after` counts from the start."""

    after: timedelta
    bidder: int
    kind: Kind
    cents: int


@dataclass(frozen=True, slots=True)
class PlannedAuction:
    """One auction to schedule. Money in cents; `window_s` None takes the product's soft-close window."""

    offering: Offering
    phase: Phase
    starts_at: datetime
    ends_at: datetime
    window_s: int | None = None
    bids: tuple[PlannedBid, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """An auction that runs before the market opens: which kind of lot, and bids in percent of its value."""

    wants: Callable[[Offering], bool]
    steps: tuple[tuple[int, Kind, int], ...]


def _with_reserve(offering: Offering) -> bool:
    return offering.reserve_cents is not None


def _without_reserve(offering: Offering) -> bool:
    return offering.reserve_cents is None


# Few people play all the scripts, so that the market opens soon after they have come.
PLAYERS = 5
DUEL = ((0, Kind.AUTO_BID, 75), (1, Kind.BID, 55), (2, Kind.BID, 65), (1, Kind.AUTO_BID, 82), (3, Kind.BID, 86))
SINGLE = ((4, Kind.AUTO_BID, 70),)
PAIR = ((3, Kind.BID, 58), (4, Kind.BID, 66), (3, Kind.AUTO_BID, 80), (0, Kind.BID, 72))
REACHED = ((1, Kind.BID, 60), (2, Kind.BID, 74), (4, Kind.AUTO_BID, 97))
MISSED = ((2, Kind.BID, 52), (1, Kind.AUTO_BID, 68), (3, Kind.BID, 61))
SCRIPTS = (
    Script(_without_reserve, DUEL),
    Script(_without_reserve, PAIR),
    Script(_with_reserve, REACHED),
    Script(_with_reserve, MISSED),
    Script(_without_reserve, SINGLE),
    Script(_with_reserve, REACHED),
    Script(_without_reserve, ()),
)


def calendar_for(now: datetime) -> Calendar:
    """The calendar of a demo started at `now`: NONE on Sundays and in Saturday's last hours, Chicago time."""
    if may_end_at(now) and may_end_at(now + DEMO_HORIZON):
        return Calendar.CHICAGO
    return Calendar.NONE


def legal_end(end: datetime, calendar: Calendar) -> datetime:
    """The same end, or one on Monday from 10:00 Chicago time on where the rule forbids it; later stays later."""
    if calendar is Calendar.NONE or may_end_at(end):
        return end
    midnight = sunday_before(end) or sunday_before(end + SUNDAY_MARGIN)
    if midnight is None:
        return end
    into = end - (midnight - SUNDAY_MARGIN)
    return monday_opening(midnight) + into / SQUEEZE


def market_plan(
    now: datetime, catalogue: Sequence[Offering], calendar: Calendar = Calendar.CHICAGO
) -> list[PlannedAuction]:
    """The market that opens at `now`: 7 ended, 12 live and 7 scheduled auctions of different vehicles.

    With the Sunday rule on and `now` in or just before a Sunday, every end lies on Monday: what should have ended by
    then is live instead, and has no script.
    """
    pool = _shuffled(catalogue)
    ended = [_ended(script, _take(pool, script.wants), now, calendar) for script in SCRIPTS]
    live = [_live(_take(pool), now, minutes, calendar) for minutes in LIVE_MINUTES]
    scheduled = [_scheduled(_take(pool), now, times, calendar) for times in SCHEDULED_MINUTES]
    return [*ended, *live, *scheduled]


def _ended(script: Script, offering: Offering, now: datetime, calendar: Calendar) -> PlannedAuction:
    starts_at = now + LEAD
    ends_at = starts_at + ENDED_LENGTH
    legal = legal_end(ends_at, calendar)
    if legal != ends_at:
        return PlannedAuction(offering, Phase.LIVE, starts_at, legal)
    bids = tuple(
        PlannedBid(BID_SPACING * number, bidder, kind, _percent(offering, percent))
        for number, (bidder, kind, percent) in enumerate(script.steps, start=1)
    )
    return PlannedAuction(offering, Phase.ENDED, starts_at, ends_at, ENDED_WINDOW_S, bids)


def _live(offering: Offering, now: datetime, minutes: int, calendar: Calendar) -> PlannedAuction:
    return PlannedAuction(offering, Phase.LIVE, now + LEAD, legal_end(now + timedelta(minutes=minutes), calendar))


def _scheduled(offering: Offering, now: datetime, times: tuple[int, int], calendar: Calendar) -> PlannedAuction:
    wait, length = times
    starts_at = now + timedelta(minutes=wait)
    return PlannedAuction(
        offering, Phase.SCHEDULED, starts_at, legal_end(starts_at + timedelta(minutes=length), calendar)
    )


def _shuffled(catalogue: Sequence[Offering]) -> list[Offering]:
    """The same order every time, but without neighbours of one kind next to each other."""
    return [offering for first in range(STRIDE) for offering in catalogue[first::STRIDE]]


def _take(pool: list[Offering], wants: Callable[[Offering], bool] = lambda _: True) -> Offering:
    index = next(index for index, offering in enumerate(pool) if wants(offering))
    return pool.pop(index)


def _percent(offering: Offering, percent: int) -> int:
    return offering.value_cents * percent // PERCENT // DOLLAR * DOLLAR
