"""The first rate table, as the tests of money use it; the tests of the database compare it with the real seed."""

from datetime import date

from domain.rates import RateTable, table

FIRST_DAY = date(2023, 7, 1)
FIRST_VALUES = {
    "buyer_fee_ppm": 50_000,
    "buyer_fee_least_cents": 250_00,
    "buyer_fee_most_cents": 5_000_00,
    "documentation_fee_cents": 125_00,
    "documentation_fee_most_ppm": 100_000,
    "late_fee_cents": 100_00,
    "sales_tax_ppm": 68_750,
    "buyer_fee_taxed_switch": 0,
    "older_tax_cents": 10_00,
    "older_from_years": 10,
    "older_below_cents": 3_000_00,
    "collector_tax_cents": 150_00,
    "title_fee_cents": 8_25,
    "title_technology_cents": 2_25,
    "public_safety_fee_cents": 3_50,
    "transfer_tax_cents": 10_00,
    "filing_fee_cents": 12_00,
    "lien_fee_cents": 2_00,
    "permit_cents": 1_00,
}


def rates(version: int = 1, effective_on: date = FIRST_DAY, **changes: int) -> RateTable:
    """The first table but for the changes."""
    return table(version, effective_on, {**FIRST_VALUES, **changes})
