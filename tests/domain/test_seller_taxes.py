"""Form 1099-K: the sums of a year, the thresholds by date, and W-9s that are asked for before they are needed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.seller_taxes import (
    THRESHOLDS,
    W9,
    W9_MOVES,
    WORDS,
    Ask,
    SoldFor,
    Threshold,
    ThresholdFlaw,
    Year,
    exceeds,
    flaws,
    in_force,
    moved,
    report,
    to_ask,
    totals,
    withheld_cents,
)

NOW = date(2026, 6, 1)
FEDERAL = Threshold("US", 2025, 20_000_00, 200, 2_400)
SALES = [SoldFor(1, date(2026, 1, 1), 10_000_00), SoldFor(2, date(2026, 12, 31), 5_000_50, 1_200_12)]


def a_year(gross_cents: int, count: int, withheld_cents: int = 0, year: int = 2026) -> Year:
    return Year(4, year, gross_cents, count, withheld_cents, (gross_cents, *[0] * 11))


def test_a_year_is_summed_by_month() -> None:
    year = totals(4, 2026, [*SALES, SoldFor(3, date(2025, 12, 31), 7_00), SoldFor(4, date(2027, 1, 1), 7_00)])
    assert year == Year(4, 2026, 15_000_50, 2, 1_200_12, (10_000_00, *[0] * 10, 5_000_50))


def test_a_sale_that_is_told_twice_counts_once() -> None:
    assert totals(4, 2026, SALES * 2) == totals(4, 2026, SALES)


@pytest.mark.parametrize(
    ("year", "over_cents", "over_count"),
    [(2023, 20_000_00, 200), (2024, 5_000_00, 0), (2025, 20_000_00, 200), (2030, 20_000_00, 200)],
)
def test_the_threshold_is_that_of_the_year(year: int, over_cents: int, over_count: int) -> None:
    threshold = in_force(THRESHOLDS, year)
    assert threshold is not None
    assert (threshold.over_cents, threshold.over_count) == (over_cents, over_count)


def test_a_place_without_a_threshold_reports_nothing() -> None:
    assert in_force(THRESHOLDS, 2010) is None
    assert in_force(THRESHOLDS, 2026, "MN") is None
    assert not exceeds(a_year(10**9, 10**4), None)


@pytest.mark.parametrize(
    ("gross", "count", "is_over"),
    [(20_000_00, 201, False), (20_000_01, 200, False), (20_000_01, 201, True)],
)
def test_both_figures_have_to_be_above(gross: int, count: int, is_over: bool) -> None:
    assert exceeds(a_year(gross, count), FEDERAL) is is_over
    assert (report(a_year(gross, count), "MN", W9.CERTIFIED) is not None) is is_over


def test_a_report_tells_its_terms_on_business_days() -> None:
    found = report(a_year(30_000_00, 250), "MN", W9.ASKED)
    assert found is not None
    # January 31, 2027 is a Sunday.
    assert (found.furnish_by, found.file_by) == (date(2027, 2, 1), date(2027, 3, 31))
    assert (found.places, found.has_tax_id) == (("US",), False)


def test_a_state_may_ask_for_more() -> None:
    table = (*THRESHOLDS, Threshold("VT", 2020, 600_00, 0))
    found = report(a_year(1_000_00, 1), "VT", W9.CERTIFIED, table)
    assert found is not None
    assert (found.places, found.has_tax_id) == (("VT",), True)
    assert report(a_year(1_000_00, 1), "MN", W9.CERTIFIED, table) is None


def test_what_was_withheld_is_always_reported() -> None:
    found = report(a_year(1_000_00, 1, withheld_cents=240_00), "MN", W9.NONE)
    assert found is not None
    assert found.places == ("US",)


@pytest.mark.parametrize(
    ("gross", "count", "w9", "asked_on", "ask"),
    [
        (9_000_00, 150, W9.NONE, None, Ask.NOTHING),
        (15_000_00, 98, W9.NONE, None, Ask.NOTHING),
        (9_900_00, 99, W9.NONE, None, Ask.ASK),
        (9_900_00, 99, W9.REJECTED, date(2026, 1, 1), Ask.ASK),
        (9_900_00, 99, W9.ASKED, None, Ask.ASK),
        (9_900_00, 99, W9.ASKED, date(2026, 5, 19), Ask.NOTHING),
        (9_900_00, 99, W9.ASKED, date(2026, 5, 18), Ask.REMIND),
        (19_900_01, 199, W9.ASKED, date(2026, 5, 31), Ask.NOTHING),
        (19_900_01, 200, W9.ASKED, date(2026, 5, 31), Ask.WITHHOLD),
        (50_000_00, 400, W9.NONE, None, Ask.WITHHOLD),
        (50_000_00, 400, W9.CERTIFIED, None, Ask.NOTHING),
    ],
)
def test_a_w9_is_asked_for_at_half_of_both_figures_and_needed_above_them(
    gross: int, count: int, w9: W9, asked_on: date | None, ask: Ask
) -> None:
    assert to_ask(a_year(gross, count), 100_00, w9, asked_on, NOW, FEDERAL) is ask


def test_a_part_is_withheld_rounded_half_up() -> None:
    assert withheld_cents(Ask.WITHHOLD, 10_000_00, FEDERAL) == 2_400_00
    assert withheld_cents(Ask.WITHHOLD, 1, replace(FEDERAL, withholding_basis_points=5_000)) == 1
    assert withheld_cents(Ask.WITHHOLD, 1, replace(FEDERAL, withholding_basis_points=4_999)) == 0
    assert withheld_cents(Ask.REMIND, 10_000_00, FEDERAL) == 0


def test_a_table_is_checked_before_it_is_used() -> None:
    assert flaws(THRESHOLDS) == ()
    wrong = (FEDERAL, FEDERAL, Threshold("mn", 2026, -1, 0, 10_001))
    assert flaws(wrong) == tuple(ThresholdFlaw)
    assert set(WORDS) == set(ThresholdFlaw)


def test_a_certified_number_falls_only_when_the_irs_rejects_it() -> None:
    assert set(W9_MOVES) == set(W9)
    assert {after for after in W9 if moved(W9.CERTIFIED, after)} == {W9.CERTIFIED, W9.REJECTED}
    assert not moved(W9.NONE, W9.REJECTED)


@given(
    st.lists(
        st.builds(
            SoldFor,
            st.integers(1, 40),
            st.dates(date(2025, 1, 1), date(2027, 12, 31)),
            st.integers(1, 3_000_00),
            st.integers(0, 500),
        ),
        max_size=60,
        unique_by=lambda sale: sale.order_id,
    )
)
def test_every_sale_is_in_one_year_and_one_month(sales: list[SoldFor]) -> None:
    years = [totals(4, year, sales) for year in (2025, 2026, 2027)]
    assert sum(year.gross_cents for year in years) == sum(sale.gross_cents for sale in sales)
    assert sum(year.count for year in years) == len(sales)
    assert all(sum(year.months) == year.gross_cents for year in years)


@given(st.lists(st.integers(1, 400_00), min_size=1, max_size=260))
def test_nobody_is_withheld_from_who_was_not_asked_before(sums: list[int]) -> None:
    small = replace(FEDERAL, over_cents=10_000_00, over_count=100)
    year, asks = a_year(0, 0), []
    for cents in sums:
        asks.append(to_ask(year, cents, W9.NONE, None, NOW, small))
        year = replace(year, gross_cents=year.gross_cents + cents, count=year.count + 1)
    assert Ask.WITHHOLD not in asks or Ask.ASK in asks[: asks.index(Ask.WITHHOLD)]
