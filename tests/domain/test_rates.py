"""Rate tables: complete or not taken, one for each day, and in force by Chicago's midnight."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rates import (
    Rate,
    RateCode,
    flaws,
    in_force,
    notes_on_change,
    percent,
    refusal,
    table,
    unit_of,
    upcoming,
    withdrawal_refusal,
)
from tests.domain.rate_tables import FIRST_DAY, FIRST_VALUES, rates

NEXT_DAY = date(2027, 7, 1)
DAY = timedelta(days=1)
TABLES = (rates(2, NEXT_DAY, sales_tax_ppm=70_000), rates())


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (FIRST_DAY - DAY, None),
        (FIRST_DAY, 1),
        (NEXT_DAY - DAY, 1),
        (NEXT_DAY, 2),
        (NEXT_DAY + 400 * DAY, 2),
    ],
)
def test_a_table_is_in_force_from_its_day_until_the_next_ones(day: date, version: int | None) -> None:
    found = in_force(TABLES, day)
    assert (found.version if found else None) == version


def test_the_next_table_is_known_ahead() -> None:
    ahead = [upcoming(TABLES, day) for day in (FIRST_DAY - DAY, FIRST_DAY, NEXT_DAY)]
    assert [each.version if each else None for each in ahead] == [1, 2, None]


BY_NEW = "By the rates from 2027-07-01 on, for the sale is planned to end after that."
NEW_AHEAD = "New rates hold from 2027-07-01 on; a sale that ends then goes by them."


@pytest.mark.parametrize(
    ("today", "sold_on", "expected"),
    [
        (NEXT_DAY - 2 * DAY, NEXT_DAY - DAY, [NEW_AHEAD]),
        (NEXT_DAY - DAY, NEXT_DAY, [BY_NEW]),
        (NEXT_DAY, NEXT_DAY + DAY, []),
        (
            FIRST_DAY - 2 * DAY,
            FIRST_DAY - DAY,
            ["New rates hold from 2023-07-01 on; a sale that ends then goes by them."],
        ),
    ],
)
def test_a_quote_tells_of_rates_that_change(today: date, sold_on: date, expected: list[str]) -> None:
    assert list(notes_on_change(TABLES, today, sold_on)) == expected


@pytest.mark.parametrize(
    ("effective_on", "code"),
    [
        (date(2026, 11, 22), RateCode.NOT_AHEAD),
        (date(2026, 11, 23), RateCode.NOT_AHEAD),
        (date(2026, 11, 24), None),
        (NEXT_DAY, RateCode.DATE_TAKEN),
        (NEXT_DAY - DAY, None),
        (NEXT_DAY + DAY, None),
    ],
)
def test_a_table_takes_effect_tomorrow_at_the_earliest_and_alone_on_its_day(
    effective_on: date, code: RateCode | None
) -> None:
    assert refusal(TABLES, effective_on, date(2026, 11, 23)) is code


@pytest.mark.parametrize(
    ("today", "code"), [(NEXT_DAY - DAY, None), (NEXT_DAY, RateCode.IN_FORCE), (NEXT_DAY + DAY, RateCode.IN_FORCE)]
)
def test_a_table_is_taken_back_only_before_its_day(today: date, code: RateCode | None) -> None:
    assert withdrawal_refusal(TABLES[0], today) is code


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"sales_tax_ppm": -1}, [("sales_tax_ppm", "RANGE")]),
        ({"sales_tax_ppm": 1_000_001}, [("sales_tax_ppm", "RANGE")]),
        ({"sales_tax_ppm": 6.875}, [("sales_tax_ppm", "RANGE")]),
        ({"late_fee_cents": True}, [("late_fee_cents", "RANGE")]),
        ({"late_fee_cents": None}, [("late_fee_cents", "RANGE")]),
        ({"late_fee_cents": "100"}, [("late_fee_cents", "RANGE")]),
        ({"buyer_fee_taxed_switch": 2}, [("buyer_fee_taxed_switch", "RANGE")]),
        ({"older_from_years": 101}, [("older_from_years", "RANGE")]),
        ({"buyer_fee_least_cents": 5_000_01}, [("buyer_fee_least_cents", "ORDER")]),
        ({"buyer_fee_ppm": 50_050}, [("buyer_fee_ppm", "BASIS_POINTS")]),
        ({"tip_cents": 1}, [("tip_cents", "UNKNOWN")]),
    ],
)
def test_values_that_make_no_table_are_told_one_by_one(
    changes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert [(flaw.field, flaw.rule) for flaw in flaws({**FIRST_VALUES, **changes})] == expected


def test_a_table_lacks_nothing() -> None:
    values = {name: value for name, value in FIRST_VALUES.items() if name != "late_fee_cents"}
    assert [(flaw.field, flaw.rule) for flaw in flaws(values)] == [("late_fee_cents", "REQUIRED")]
    with pytest.raises(ValueError, match="late_fee_cents: this rate is missing"):
        table(1, FIRST_DAY, values)
    assert len(flaws({})) == len(Rate)


def test_a_table_does_not_change_with_what_it_was_made_of() -> None:
    values = dict(FIRST_VALUES)
    made = table(1, FIRST_DAY, values)
    values["late_fee_cents"] = 0
    assert made.of(Rate.LATE_FEE) == 100_00
    with pytest.raises(TypeError):
        made.rates["late_fee_cents"] = 0  # type: ignore[index]  # what must not work


@pytest.mark.parametrize(
    ("cents", "expected"),
    [(0, 0), (1, 0), (7, 0), (8, 1), (100_00, 6_88), (1_234_500, 84_872), (8_00, 55), (24_00, 1_65)],
)
def test_a_share_is_rounded_half_up_to_the_cent(cents: int, expected: int) -> None:
    assert rates().share(Rate.SALES_TAX, cents) == expected


@pytest.mark.parametrize(
    ("ppm", "text"), [(68_750, "6.875 %"), (50_000, "5 %"), (0, "0 %"), (1, "0.0001 %"), (1_000_000, "100 %")]
)
def test_a_share_is_told_in_percent(ppm: int, text: str) -> None:
    assert percent(ppm) == text


def test_every_name_ends_with_its_unit() -> None:
    assert {unit_of(rate) for rate in Rate} == {"cents", "ppm", "years", "switch"}


@given(st.lists(st.dates(date(2024, 1, 1), date(2030, 1, 1)), unique=True), st.dates(date(2023, 7, 1)))
def test_on_every_day_since_the_first_exactly_one_table_is_in_force(days: list[date], day: date) -> None:
    tables = [rates(), *(rates(number, begins) for number, begins in enumerate(days, start=2))]
    found, ahead = in_force(tables, day), upcoming(tables, day)
    assert found is not None
    assert found.effective_on <= day
    assert ahead is None or found.effective_on < day + DAY <= ahead.effective_on
    assert all(each.effective_on <= found.effective_on or each.effective_on > day for each in tables)


@given(st.integers(0, 10**12), st.integers(0, 1_000_000))
def test_a_share_is_never_half_a_cent_off(cents: int, ppm: int) -> None:
    share = rates(sales_tax_ppm=ppm).share(Rate.SALES_TAX, cents)
    assert -500_000 < share * 1_000_000 - cents * ppm <= 500_000
