"""Time as the auction rules use it: aware UTC to the millisecond, and no ends on a Sunday in Chicago."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SUNDAY = 6
MONDAY_OPENING = time(10, 0)
SUNDAY_MARGIN = timedelta(hours=1)
# A lot that is closed later than this after its end has had an outage, which moves the end (section 4).
DECIDED_WITHIN = timedelta(seconds=10)
# The edition that new lots are scheduled with; see `domain.auction.Terms`.
CLOCK_RULES = 2


def truncate(moment: datetime) -> datetime:
    """Drop what is below a millisecond, in UTC (auction-rules.md section 1)."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def to_text(moment: datetime) -> str:
    """Write an aware UTC time as `2026-05-05T12:00:00.000Z`."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """Read an ISO 8601 time that carries its zone. Raises ValueError for any other text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"the time {text!r} has no zone; write UTC, as 2026-05-05T12:00:00.000Z"
        raise ValueError(message)
    return truncate(moment)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Aware UTC time of milliseconds since 1970."""
    return EPOCH + milliseconds * MILLISECOND


def sunday_before(end: datetime) -> datetime | None:
    """Midnight (UTC) that begins the Chicago Sunday on which `end` falls, or None on any other day."""
    local = end.astimezone(CHICAGO)
    if local.weekday() != SUNDAY:
        return None
    return datetime.combine(local.date(), time(0), tzinfo=CHICAGO).astimezone(UTC)


def rest_before(end: datetime) -> datetime | None:
    """When (UTC) a lot that would end at `end` is held for a Chicago Sunday, or None where it may end.

    Nothing is sold on a Sunday (auction-rules.md section 4), and what sells is the decision, which comes up to
    `DECIDED_WITHIN` after the end. So Saturday's last ten seconds count as Sunday: an end in them is held from where
    they begin, one inside the Sunday from midnight, and both resume on Monday with the time that was left.
    """
    inside, near = sunday_before(end), sunday_before(end + DECIDED_WITHIN)
    return near - DECIDED_WITHIN if inside is None and near is not None else inside


def monday_opening(weekend: datetime) -> datetime:
    """Monday 10:00 in Chicago (as UTC) after the Chicago Saturday or Sunday that contains `weekend`."""
    local = weekend.astimezone(CHICAGO)
    date = local.date() + timedelta(days=SUNDAY + 1 - local.weekday())
    return datetime.combine(date, MONDAY_OPENING, tzinfo=CHICAGO).astimezone(UTC)


def may_end_at(end: datetime) -> bool:
    """Whether a schedule may plan this end: not on a Sunday, and an hour clear of it (section 4)."""
    return sunday_before(end) is None and sunday_before(end + SUNDAY_MARGIN - MILLISECOND) is None
