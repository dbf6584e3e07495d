"""What the IRS is told of sellers (form 1099-K): the year's sums, the dated thresholds, and W-9s asked for in time.

Sources: 26 U.S.C. 6050W (e) as restored by Pub. L. 119-21 section 70432 for years from 2025 on (more than $20,000 and
more than 200 transactions), IRS Notice 2024-85 for 2024 ($5,000), 26 U.S.C. 3406 (24 % backup withholding).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import add_business_days

FEDERAL = "US"
MONTHS = 12
BASIS = 10_000
# A seller is asked for the form at this part of either figure, and again after so many days without an answer.
ASKED_AT_BASIS_POINTS = 5_000
REMINDED_AFTER_DAYS = 14


class W9(StrEnum):
    """What we have of a seller's certified tax number. `rejected`: the IRS says that name and number do not match."""

    NONE = "none"
    ASKED = "asked"
    CERTIFIED = "certified"
    REJECTED = "rejected"


class Ask(StrEnum):
    """What to do about a seller's W-9 now. `withhold`: nothing is paid out without backup withholding any more."""

    NOTHING = "nothing"
    ASK = "ask"
    REMIND = "remind"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `from_year` on, who gets more than `over_cents` in more than `over_count` sales is reported.

    `place` is US, or the two letters of a state that asks for more; `withholding_basis_points` is the backup rate.
    """

    place: str
    from_year: int
    over_cents: int
    over_count: int
    withholding_basis_points: int = 0


W9_MOVES: Mapping[W9, frozenset[W9]] = MappingProxyType(
    {
        W9.NONE: frozenset({W9.ASKED, W9.CERTIFIED}),
        W9.ASKED: frozenset({W9.ASKED, W9.CERTIFIED}),
        W9.CERTIFIED: frozenset({W9.CERTIFIED, W9.REJECTED}),
        W9.REJECTED: frozenset({W9.ASKED, W9.CERTIFIED}),
    }
)
# The law as it is known; an admin's newer tables are put beside it.
THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(FEDERAL, 2011, 20_000_00, 200, 2_400),
    Threshold(FEDERAL, 2024, 5_000_00, 0, 2_400),
    Threshold(FEDERAL, 2025, 20_000_00, 200, 2_400),
)


@dataclass(frozen=True, slots=True)
class SoldFor:
    """One settled sale of a seller: the Chicago date on which the buyer's payment was made, and the gross sum.

    Gross is before fees, refunds and withholding. `withheld_cents` is what was withheld of its payout.
    """

    order_id: int
    on: date
    gross_cents: int
    withheld_cents: int = 0


@dataclass(frozen=True, slots=True)
class Year:
    """A seller's calendar year, as form 1099-K has it: boxes 1a, 3, 4 and 5a to 5l."""

    seller_id: int
    year: int
    gross_cents: int
    count: int
    withheld_cents: int
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A year that is reported: to whom, and until when the seller and the IRS must have it."""

    totals: Year
    places: tuple[str, ...]
    has_tax_id: bool
    furnish_by: date
    file_by: date


class ThresholdFlaw(StrEnum):
    """What is wrong with a table of thresholds."""

    TWICE = "THRESHOLD_TWICE"
    NEGATIVE = "THRESHOLD_NEGATIVE"
    RATE = "THRESHOLD_RATE"
    PLACE = "THRESHOLD_PLACE"


WORDS: Mapping[ThresholdFlaw, str] = MappingProxyType(
    {
        ThresholdFlaw.TWICE: "There are two thresholds of one place for one year.",
        ThresholdFlaw.NEGATIVE: "A threshold is not below zero.",
        ThresholdFlaw.RATE: "A rate is from 0 to 10,000 basis points.",
        ThresholdFlaw.PLACE: "A place is US or a state by its two capital letters.",
    }
)


def flaws(table: Sequence[Threshold]) -> tuple[ThresholdFlaw, ...]:
    """All that keeps a table from being used."""
    places = {(each.place, each.from_year) for each in table}
    checks = {
        ThresholdFlaw.TWICE: len(places) < len(table),
        ThresholdFlaw.NEGATIVE: any(each.over_cents < 0 or each.over_count < 0 for each in table),
        ThresholdFlaw.RATE: any(not 0 <= each.withholding_basis_points <= BASIS for each in table),
        ThresholdFlaw.PLACE: any(len(each.place) != len(FEDERAL) or not each.place.isupper() for each in table),
    }
    return tuple(flaw for flaw, is_there in checks.items() if is_there)


def in_force(table: Iterable[Threshold], year: int, place: str = FEDERAL) -> Threshold | None:
    """The threshold of a place for a calendar year, or None where it has none."""
    known = (each for each in table if each.place == place and each.from_year <= year)
    return max(known, key=lambda each: each.from_year, default=None)


def totals(seller_id: int, year: int, sales: Iterable[SoldFor]) -> Year:
    """A seller's calendar year. An order that is told twice counts once; years are Chicago's."""
    once = {sale.order_id: sale for sale in sales if sale.on.year == year}
    months = [0] * MONTHS
    for sale in once.values():
        months[sale.on.month - 1] += sale.gross_cents
    withheld = sum(sale.withheld_cents for sale in once.values())
    return Year(seller_id, year, sum(months), len(once), withheld, tuple(months))


def exceeds(year: Year, threshold: Threshold | None) -> bool:
    """Whether both figures are above the threshold's."""
    if threshold is None:
        return False
    return year.gross_cents > threshold.over_cents and year.count > threshold.over_count


def report(year: Year, state: str, w9: W9, table: Sequence[Threshold] = THRESHOLDS) -> Report | None:
    """What is reported of a seller's year, or None. What was withheld is reported whatever the sums are.

    `state` is the seller's own, by its two letters.
    """
    places = tuple(place for place in (FEDERAL, state) if exceeds(year, in_force(table, year.year, place)))
    if not places and year.withheld_cents == 0:
        return None
    return Report(
        totals=year,
        places=places or (FEDERAL,),
        has_tax_id=w9 is W9.CERTIFIED,
        furnish_by=add_business_days(date(year.year + 1, 1, 31), 0),
        file_by=add_business_days(date(year.year + 1, 3, 31), 0),
    )


def to_ask(year: Year, coming_cents: int, w9: W9, asked_on: date | None, today: date, threshold: Threshold) -> Ask:
    """What to do about a W-9 before a sale of `coming_cents` is paid out.

    It is asked for once that sale brings both figures to half of what is reported, so that the form is there long
    before it counts; from the sale on that would pass both without one, a part of each payout is withheld.
    """
    if w9 is W9.CERTIFIED:
        return Ask.NOTHING
    gross, count = year.gross_cents + coming_cents, year.count + 1
    if gross > threshold.over_cents and count > threshold.over_count:
        return Ask.WITHHOLD
    part = ASKED_AT_BASIS_POINTS
    if gross * BASIS < threshold.over_cents * part or count * BASIS < threshold.over_count * part:
        return Ask.NOTHING
    if w9 is not W9.ASKED or asked_on is None:
        return Ask.ASK
    return Ask.REMIND if (today - asked_on).days >= REMINDED_AFTER_DAYS else Ask.NOTHING


def withheld_cents(ask: Ask, gross_cents: int, threshold: Threshold) -> int:
    """What is withheld of a sale's gross sum for the IRS, rounded half up to the cent."""
    if ask is not Ask.WITHHOLD:
        return 0
    return (gross_cents * threshold.withholding_basis_points * 2 + BASIS) // (2 * BASIS)


def moved(before: W9, after: W9) -> bool:
    """Whether a seller's W-9 may come from one state into another."""
    return after in W9_MOVES[before]
