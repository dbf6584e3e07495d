"""The inventory page's links: every choice is one click from being made, and one from being taken back."""

from typing import Any

from tests.web.samples import NOW
from web.search_views import address, facet_lists, inventory
from web.views import Frame

MAKES: dict[str, Any] = {"make": [{"value": "Honda", "count": 2}, {"value": "Ford", "count": 1}], "trim": []}
PAGE: dict[str, Any] = {"items": [], "total": 3, "facets": MAKES, "next_cursor": "newest-1-2"}


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
    assert status.choices[0].text == "No auction"


def test_a_page_leads_to_the_next_with_the_same_query() -> None:
    view = inventory(Frame("/inventory", NOW), PAGE, [("make", "Honda"), ("q", ""), ("cursor", "x")], sort="newest")
    assert view.next_link == "/inventory?make=Honda&cursor=newest-1-2"
    assert (view.text("make"), view.text("q"), view.total) == ("Honda", "", 3)
    assert address([]) == "/inventory"


def test_only_from_somewhere_there_is_a_distance() -> None:
    last: dict[str, Any] = {**PAGE, "next_cursor": None}
    nowhere = inventory(Frame("/inventory", NOW), last, [], sort="newest")
    somewhere = inventory(Frame("/inventory", NOW), last, [("zip", "55101")], sort="distance")
    assert ("distance" in nowhere.sorts, "distance" in somewhere.sorts, somewhere.next_link) == (False, True, None)
