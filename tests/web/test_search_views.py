"""The inventory page's links: every choice is one click from being made, and one from being taken back."""

from datetime import timedelta
from typing import Any

import pytest

from domain.search import Filters, Near, Span
from tests.web.samples import NOW, frame
from web.search_views import Inventory, address, facet_lists, loose_chip, texts
from web.search_words import fault

MAKES: dict[str, Any] = {"make": [{"value": "Honda", "count": 2}, {"value": "Ford", "count": 1}], "trim": []}
HERE = Near("55101", 44.951, -93.09, 50)
EVERYTHING = Filters(
    make=("honda", "Ford"),
    status=("live",),
    year=Span(2018, 2020),
    price_cents=Span(None, 10_000_00),
    mileage=Span(0, None),
    condition_grade=Span(35, 35),
    near=HERE,
    ending_within_h=24,
    ends_before=NOW + timedelta(days=1),
    no_reserve=True,
    text="sunroof",
)
QUERY = [
    *(("make", "honda"), ("make", "Ford"), ("status", "live"), ("year_from", "2018"), ("year_to", "2020")),
    *(("price_to_cents", "1000000"), ("mileage_from", "0"), ("condition_from", "35"), ("condition_to", "35")),
    *(("zip", "55101"), ("ending_within_h", "24"), ("closing_before", "2026-05-06T12:00:00Z"), ("no_reserve", "true")),
    *(("q", "sunroof"), ("sort", "distance")),
]


def page(filters: Filters, query: list[tuple[str, str]], **more: Any) -> Inventory:
    return Inventory(frame(), [], 0, [], filters, query, "ending_soon", **more)


def test_a_click_chooses_a_value_or_takes_it_back() -> None:
    (make,) = facet_lists(MAKES, [("make", "honda"), ("year_from", "2018")])
    assert (make.title, [(each.text, each.count, each.is_chosen) for each in make.choices]) == (
        "Make",
        [("Honda", 2, True), ("Ford", 1, False)],
    )
    assert [each.link for each in make.choices] == [
        "/inventory?year_from=2018",
        "/inventory?make=honda&year_from=2018&make=Ford",
    ]


def test_what_is_chosen_can_be_taken_back_where_nothing_has_it_any_more() -> None:
    (make,) = facet_lists(MAKES, [("make", "Saab")])
    assert [(each.value, each.count, each.link) for each in make.choices][-1] == ("Saab", 0, "/inventory")


def test_values_read_as_words() -> None:
    (status,) = facet_lists({"status": [{"value": "listed", "count": 1}]}, [])
    assert status.choices[0].text == "No auction yet"


def test_what_is_looked_for_reads_as_words_and_each_part_can_be_taken_back() -> None:
    chips = page(EVERYTHING, QUERY).chips
    assert [chip.text for chip in chips] == [
        *("Make: Honda", "Make: Ford", "Auction: Live now", "Year 2018 to 2020", "Price up to $10,000"),
        *("Mileage from 0 mi", "Condition 3.5", "Within 50 miles of 55101", "Ends within 24 hours"),
        *("Ends before May 6, 2026, 7:00 AM CDT", "No reserve", "“sunroof”"),
    ]
    assert texts(EVERYTHING)["make"] == "Make: Honda, Ford"
    gone = [set(QUERY) - {pair for pair in QUERY if pair[0] + "=" in chip.link} for chip in chips]
    assert [sorted(name for name, _ in each) for each in gone[3:]] == [
        *(["year_from", "year_to"], ["price_to_cents"], ["mileage_from"], ["condition_from", "condition_to"]),
        *(["sort", "zip"], ["ending_within_h"], ["closing_before"], ["no_reserve"], ["q"]),
    ]
    assert "make=honda" not in chips[0].link
    assert "make=Ford" in chips[0].link


def test_leaving_a_facet_out_leaves_all_of_its_choices_out() -> None:
    chip = loose_chip([("make", "honda"), ("q", "a b"), ("make", "Ford")], EVERYTHING, "make", 7)
    assert (chip.text, chip.link, chip.count) == ("Make: Honda, Ford", "/inventory?q=a+b", 7)


def test_a_form_carries_what_nobody_types_and_a_saved_search_what_lasts() -> None:
    view = page(EVERYTHING, QUERY)
    assert [name for name, _ in view.carried] == [
        *("make", "make", "status", "condition_to", "closing_before"),
    ]
    assert {name for name, _ in view.lasting} == {name for name, _ in QUERY} - {
        *("status", "ending_within_h", "closing_before", "sort"),
    }
    assert (view.text("price_to"), view.text("q"), view.text("price_from")) == ("10,000", "sunroof", "")


def test_links_of_a_page_have_the_same_query() -> None:
    view = page(Filters(make=("honda",)), [("make", "honda"), ("sort", "newest")])
    assert view.first_link == "/inventory?make=honda&sort=newest"
    assert view.ended_link == "/inventory?make=honda&status=ended"
    assert address([]) == "/inventory"


def test_only_from_somewhere_there_is_a_distance() -> None:
    assert "distance" not in page(Filters(), []).sorts
    assert "distance" in page(Filters(), [("zip", "55101")]).sorts


def test_of_a_long_facet_the_first_and_the_chosen_ones_are_in_sight() -> None:
    counts: dict[str, Any] = {"state": [{"value": f"S{number}", "count": 1} for number in range(12)]}
    (state,) = facet_lists(counts, [("state", "S10")])
    assert [each.text for each in state.shown] == [*(f"S{number}" for number in range(8)), "S10"]
    assert [each.text for each in state.rest] == ["S8", "S9", "S11"]


@pytest.mark.parametrize(
    ("field", "rule", "value", "told"),
    [
        ("year_from", "int_parsing", "MMXX", "four digits"),
        ("year_from", "SPAN", "2020", "nothing can lie between"),
        ("body_type", "enum", "boat", "We know no “boat” here"),
        ("make", "string_too_short", "", "cannot be used"),
        ("colour", "UNKNOWN", "red", "We know no such filter"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(field: str, rule: str, value: str, told: str) -> None:
    assert told in fault(field, rule, value)
