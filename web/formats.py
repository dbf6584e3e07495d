"""How money, times and spans are written on a page; `static/js/format.js` writes them the same way."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.clock import CHICAGO, from_text
from domain.money import DOLLAR, dollars

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DOLLARS_TEXT = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{2}))?")


def money(cents: int | None) -> str:
    """`$12,345`; a dash while there is no amount."""
    return "\N{EM DASH}" if cents is None else dollars(cents)


def cents_of(text: str) -> int | None:
    """Read an amount a person typed (`12500`, `$12,500`, `12500.00`) as cents, None when it is no amount.

    Whether the amount is allowed (whole dollars, the minimum) stays with the auction's rules.
    """
    found = DOLLARS_TEXT.fullmatch(text.strip())
    if found is None:
        return None
    return int(found[1].replace(",", "")) * DOLLAR + int(found[2] or 0)


def moment(value: str | datetime) -> datetime:
    """The aware UTC time of a JSON text or a datetime."""
    return from_text(value) if isinstance(value, str) else value.astimezone(UTC)


def when(value: str | datetime) -> str:
    """`May 5, 2026, 7:00 AM CDT`: the market's own zone, until the browser writes its reader's."""
    local = moment(value).astimezone(CHICAGO)
    return f"{local:%b} {local.day}, {local.year}, {hour_of(local)}:{local:%M %p %Z}"


def clock_time(value: str | datetime) -> str:
    """`May 5, 7:00:05 AM`: a line of a history, to the second."""
    local = moment(value).astimezone(CHICAGO)
    return f"{local:%b} {local.day}, {hour_of(local)}:{local:%M:%S %p}"


def short_time(value: str | datetime) -> str:
    """`May 5, 7:00 AM`: where there is little room."""
    local = moment(value).astimezone(CHICAGO)
    return f"{local:%b} {local.day}, {hour_of(local)}:{local:%M %p}"


def exact_time(value: str | datetime) -> str:
    """`12:00:00.412 UTC`: for a bid that was late by milliseconds."""
    return f"{moment(value).isoformat(timespec='milliseconds')[11:23]} UTC"


def hour_of(local: datetime) -> int:
    """The hour on a 12-hour clock, without a leading zero."""
    return local.hour % 12 or 12


def span(milliseconds: int) -> str:
    """Time left: `3d 4h 12m`, `4h 05m 09s`, `12m 09s`, `27s`; never negative, seconds rounded up."""
    left = max(0, -(-milliseconds // SECOND)) * SECOND
    days, hours = left // DAY, left % DAY // HOUR
    minutes, seconds = left % HOUR // MINUTE, left % MINUTE // SECOND
    if days:
        return f"{days}d {hours}h {minutes:02}m"
    if hours:
        return f"{hours}h {minutes:02}m {seconds:02}s"
    return f"{minutes}m {seconds:02}s" if minutes else f"{seconds}s"


def counted(number: int, noun: str) -> str:
    """`1 bid`, `1,200 bids`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True, slots=True)
class BuyerFee:
    """The buyer fee as the bid forms announce it; for display only, an order computes its own."""

    basis_points: int
    least_cents: int
    most_cents: int

    def of(self, cents: int) -> int:
        """The fee on a price, in cents, rounded half up."""
        share = (cents * self.basis_points + 5_000) // 10_000
        return min(self.most_cents, max(self.least_cents, share))

    def terms(self) -> str:
        """`5 %, at least $250, at most $5,000`."""
        return f"{self.basis_points / 100:g} %, at least {money(self.least_cents)}, at most {money(self.most_cents)}"


BUYER_FEE = BuyerFee(basis_points=500, least_cents=250_00, most_cents=5_000_00)
