"""What fits a search, and the one way in which it is written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.search import (
    NO_FILTERS,
    Facet,
    Filters,
    Listing,
    Measure,
    Near,
    Span,
    faults,
    fits,
    from_json,
    loosened,
    to_json,
)
from domain.words import kept_words

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CIVIC = Listing(
    vehicle_id=7,
    seller_id=1,
    make="Honda",
    model="Civic",
    trim="EX",
    year=2019,
    mileage=41_250,
    body_type="sedan",
    fuel_type="gasoline",
    drivetrain="FWD",
    transmission="cvt",
    condition_grade=42,
    title_status="clean",
    exterior_color="silver",
    state="MN",
    lat=44.951,
    lng=-93.09,
    sale_type="timed",
    no_reserve=True,
    auction_id=3,
    status="live",
    price_cents=900_000,
    ends_at=NOW + 2 * HOUR,
    listed_at=NOW,
)
WORDS = kept_words("Honda Civic", "One owner")
HERE = Near("55101", 44.951, -93.09, 10)
SPANS = st.builds(Span, st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
CHOICES = st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple)
LASTING = st.builds(
    Filters,
    **{facet.value: CHOICES for facet in Facet if facet is not Facet.STATUS},
    **{measure.value: SPANS for measure in Measure},
    near=st.none() | st.just(HERE),
    no_reserve=st.booleans(),
    text=st.text(max_size=20),
)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(make=("honda", "Ford"), model=("CIVIC",)),
        Filters(year=Span(2019, 2019), price_cents=Span(900_000), mileage=Span(None, 41_250)),
        Filters(near=HERE, no_reserve=True),
        Filters(status=("live",), ending_within_h=2),
        Filters(ends_before=NOW + 3 * HOUR, ending_within_h=24),
        Filters(text="civic own"),
    ],
)
def test_a_listing_fits(filters: Filters) -> None:
    assert fits(filters, CIVIC, WORDS, NOW)


@pytest.mark.parametrize(
    ("filters", "changes"),
    [
        (Filters(make=("Ford",)), {}),
        (Filters(year=Span(2020)), {}),
        (Filters(year=Span(None, 2018)), {}),
        (Filters(price_cents=Span(None, 10**9)), {"price_cents": None}),
        (Filters(near=HERE), {"lat": 45.5}),
        (Filters(near=HERE), {"lat": None}),
        (Filters(near=HERE), {"lng": None}),
        (Filters(no_reserve=True), {"no_reserve": False}),
        (Filters(ending_within_h=1), {}),
        (Filters(ending_within_h=24), {"ends_at": NOW}),
        (Filters(ending_within_h=24), {"ends_at": None}),
        (Filters(ending_within_h=24), {"status": "ended"}),
        (Filters(text="accord"), {}),
    ],
)
def test_a_listing_does_not_fit(filters: Filters, changes: dict[str, Any]) -> None:
    assert not fits(filters, replace(CIVIC, **changes), WORDS, NOW)


def test_an_open_span_holds_the_unknown_too() -> None:
    assert fits(Filters(), replace(CIVIC, price_cents=None), WORDS, NOW)


def test_a_listing_knows_whether_its_end_is_to_come() -> None:
    ended = replace(CIVIC, status="ended")
    assert (CIVIC.closes_at, CIVIC.closed_at) == (CIVIC.ends_at, None)
    assert (ended.closes_at, ended.closed_at) == (None, CIVIC.ends_at)


def test_every_fault_is_named_with_its_field() -> None:
    wrong = Filters(
        make=tuple(str(n) for n in range(31)),
        year=Span(2020, 2019),
        near=replace(HERE, miles=0),
        ending_within_h=1_000,
        text="!!",
    )
    assert [each.field for each in faults(wrong)] == ["year_from", "make", "miles", "ending_within_h", "q"]
    assert faults(Filters(make=("Ford",), year=Span(2019, 2019), near=HERE, ending_within_h=1, text="civic")) == ()


@given(LASTING)
def test_filters_are_written_in_one_way_and_read_back(filters: Filters) -> None:
    written = to_json(filters)
    assert to_json(from_json(written)) == written


@given(LASTING)
def test_what_is_read_back_fits_the_same(filters: Filters) -> None:
    assert fits(from_json(to_json(filters)), CIVIC, WORDS, NOW) == fits(filters, CIVIC, WORDS, NOW)


def test_order_and_case_of_choices_make_no_other_search() -> None:
    assert (
        to_json(Filters(make=("Ford", "HONDA")))
        == to_json(Filters(make=("honda", "ford")))
        == '{"make":["ford","honda"]}'
    )


def test_what_passes_is_not_kept() -> None:
    asked = Filters(make=("Ford",), status=("live",), ending_within_h=2, ends_before=NOW)
    assert asked.lasting == Filters(make=("Ford",))
    assert NO_FILTERS.is_empty
    assert not asked.is_empty


def test_what_is_set_is_written_in_its_one_way_and_read_again() -> None:
    filters = Filters(
        make=("Honda", "ford"), year=Span(2018), near=HERE, no_reserve=True, text="  One   Owner ", ending_within_h=None
    )
    text = to_json(filters)
    assert text == (
        '{"make":["ford","honda"],"near":["55101",44.951,-93.09,10],"no_reserve":true,"text":"one owner",'
        '"year":[2018,null]}'
    )
    assert to_json(from_json(text)) == text
    assert from_json(text).near == HERE
    assert to_json(NO_FILTERS) == "{}"


def test_a_fault_names_the_field_as_it_is_typed() -> None:
    wrong = Filters(**{measure.value: Span(2, 1) for measure in Measure})  # type: ignore[arg-type]  # spans all
    named = [each.field for each in faults(wrong)]
    assert named == ["year_from", "price_from_cents", "mileage_from", "condition_from"]
    assert [measure.ends[1] for measure in Measure] == ["year_to", "price_to_cents", "mileage_to", "condition_to"]


def test_filters_are_loosened_one_by_one() -> None:
    filters = Filters(make=("Honda",), year=Span(2018), near=HERE)
    assert loosened(filters) == (
        ("make", replace(filters, make=())),
        ("year", replace(filters, year=Span())),
        ("near", replace(filters, near=None)),
    )
    assert loosened(NO_FILTERS) == ()


@given(LASTING)
def test_whatever_fits_filters_fits_looser_ones(filters: Filters) -> None:
    if fits(filters, CIVIC, WORDS, NOW):
        assert all(fits(looser, CIVIC, WORDS, NOW) for _, looser in loosened(filters))
