"""Dated rate tables: every fee and tax rate by name, in force from a day on until the next table's.

Money is in cents, shares are in millionths (6.875 % is 68,750 ppm, half a basis point being too fine for basis points).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from domain.vehicles import Flaw

WHOLE_PPM = 1_000_000
# The bid forms work the buyer fee out in basis points.
BASIS_POINT_PPM = 100
MOST_CENTS = 100_000_000
MOST_YEARS = 100


class Rate(StrEnum):
    """The names of the rates; the ending of a name is its unit. Sources: providers.md section 5.2 and the house."""

    # The house's own.
    BUYER_FEE = "buyer_fee_ppm"
    BUYER_FEE_LEAST = "buyer_fee_least_cents"
    BUYER_FEE_MOST = "buyer_fee_most_cents"
    # Minn. Stat. 168.27 subd. 31 caps it by a sum and by a share of the price.
    DOCUMENTATION_FEE = "documentation_fee_cents"
    DOCUMENTATION_FEE_MOST = "documentation_fee_most_ppm"
    LATE_FEE = "late_fee_cents"
    # Minn. Stat. 297B.02 and 297B.025. Whether the house's fee is part of the taxed price is the tax adviser's to say.
    SALES_TAX = "sales_tax_ppm"
    BUYER_FEE_IS_TAXED = "buyer_fee_taxed_switch"
    OLDER_TAX = "older_tax_cents"
    OLDER_FROM = "older_from_years"
    OLDER_BELOW = "older_below_cents"
    COLLECTOR_TAX = "collector_tax_cents"
    # The fee chart of Driver and Vehicle Services.
    TITLE_FEE = "title_fee_cents"
    TITLE_TECHNOLOGY = "title_technology_cents"
    PUBLIC_SAFETY_FEE = "public_safety_fee_cents"
    TRANSFER_TAX = "transfer_tax_cents"
    FILING_FEE = "filing_fee_cents"
    LIEN_FEE = "lien_fee_cents"
    PERMIT = "permit_cents"


class RateCode(StrEnum):
    """Why a table is not taken on, or not taken back."""

    NOT_AHEAD = "RATES_NOT_AHEAD"
    DATE_TAKEN = "RATES_DATE_TAKEN"
    IN_FORCE = "RATES_IN_FORCE"


# The most that a value of a unit may be; the least is nothing.
MOST: Mapping[str, int] = MappingProxyType(
    {"cents": MOST_CENTS, "ppm": WHOLE_PPM, "years": MOST_YEARS, "switch": 1},
)


@dataclass(frozen=True, slots=True)
class RateTable:
    """One version of all rates. It is in force from `effective_on`, a day in Chicago, until the next table is."""

    version: int
    effective_on: date
    rates: Mapping[str, int]

    def of(self, rate: Rate) -> int:
        """One rate, in the unit its name ends with."""
        return self.rates[rate]

    def share(self, rate: Rate, cents: int) -> int:
        """A share of an amount that is not negative, rounded half up to the cent."""
        return (cents * self.of(rate) + WHOLE_PPM // 2) // WHOLE_PPM


def table(version: int, effective_on: date, values: Mapping[str, int]) -> RateTable:
    """A table of exactly all rates. Raises ValueError where `flaws` finds any."""
    wrong = flaws(values)
    if wrong:
        raise ValueError("; ".join(f"{flaw.field}: {flaw.message}" for flaw in wrong))
    return RateTable(version, effective_on, MappingProxyType({rate.value: values[rate] for rate in Rate}))


def flaws(values: Mapping[str, object]) -> tuple[Flaw, ...]:
    """All that is wrong with the values of a table; empty when they may be one."""
    return (*_names(values), *_ranges(values), *_order(values))


def in_force(tables: Iterable[RateTable], day: date) -> RateTable | None:
    """The table of a day in Chicago: the last one to have taken effect by then. None before the first."""
    begun = [each for each in tables if each.effective_on <= day]
    return max(begun, key=lambda each: each.effective_on, default=None)


def upcoming(tables: Iterable[RateTable], day: date) -> RateTable | None:
    """The next table to take effect after a day."""
    ahead = [each for each in tables if each.effective_on > day]
    return min(ahead, key=lambda each: each.effective_on, default=None)


def refusal(tables: Iterable[RateTable], effective_on: date, today: date) -> RateCode | None:
    """Why a table may not take effect on a day: only tomorrow or later, and one table for each day."""
    if effective_on <= today:
        return RateCode.NOT_AHEAD
    return RateCode.DATE_TAKEN if any(each.effective_on == effective_on for each in tables) else None


def withdrawal_refusal(known: RateTable, today: date) -> RateCode | None:
    """Why a table may not be taken back: it is in force, or was."""
    return RateCode.IN_FORCE if known.effective_on <= today else None


def notes_on_change(tables: Iterable[RateTable], today: date, sold_on: date) -> Iterator[str]:
    """What a quote made today for a sale of another day says of the rates that change in between or later."""
    known = tuple(tables)
    current, then, later = in_force(known, today), in_force(known, sold_on), upcoming(known, sold_on)
    if then is not None and then != current:
        yield f"By the rates from {then.effective_on.isoformat()} on, for the sale is planned to end after that."
    if later is not None:
        yield f"New rates hold from {later.effective_on.isoformat()} on; a sale that ends then goes by them."


def percent(ppm: int) -> str:
    """`6.875 %`."""
    whole, rest = divmod(ppm, WHOLE_PPM // 100)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + " %"


def unit_of(rate: Rate) -> str:
    """What a rate counts: cents, ppm, years or switch."""
    return rate.value.rpartition("_")[2]


def _names(values: Mapping[str, object]) -> Iterator[Flaw]:
    known = {rate.value for rate in Rate}
    for name in sorted(known - values.keys()):
        yield Flaw(name, "REQUIRED", "this rate is missing")
    for name in sorted(values.keys() - known):
        yield Flaw(name, "UNKNOWN", "there is no rate of this name")


def _ranges(values: Mapping[str, object]) -> Iterator[Flaw]:
    for rate in Rate:
        value, most = values.get(rate, 0), MOST[unit_of(rate)]
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            yield Flaw(rate.value, "RANGE", f"must be a whole number from 0 to {most:,}")


def _order(values: Mapping[str, object]) -> Iterator[Flaw]:
    share = values.get(Rate.BUYER_FEE)
    if isinstance(share, int) and share % BASIS_POINT_PPM:
        yield Flaw(Rate.BUYER_FEE.value, "BASIS_POINTS", "must be whole basis points, which are 100 ppm each")
    least, most = values.get(Rate.BUYER_FEE_LEAST), values.get(Rate.BUYER_FEE_MOST)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield Flaw(Rate.BUYER_FEE_LEAST.value, "ORDER", "must not be above buyer_fee_most_cents")
