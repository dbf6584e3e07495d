"""The inventory page in every state: cards, facets, chips, the form, and what it says where there is nothing."""

from typing import Any

import pytest

from domain.search import NO_FILTERS, Filters, Near, Span
from tests.web.conftest import Browser, Element
from tests.web.samples import BUYER, FULL_VEHICLE, auction, frame
from web import views
from web.pages import Pages
from web.search_views import Chip, Inventory, facet_lists

HOSTILE = "\"><script>alert('x')</script>"
ITEM: dict[str, Any] = {
    **FULL_VEHICLE,
    "title": "2019 Honda Civic EX",
    "sale_type": "timed",
    "no_reserve": False,
    "status": "live",
    "auction_id": 7,
    "price_cents": 12_400_00,
    "ends_at": "2026-05-05T12:12:09.000Z",
    "listed_at": "2026-05-04T15:00:00.000Z",
    "distance_miles": 12.4,
}
WAITING = {**ITEM, "id": 71, "auction_id": None, "status": "listed", "sale_type": "make_offer", "distance_miles": None}
LOTS = {7: auction(vehicle={**FULL_VEHICLE, "title": ITEM["title"]})}
FACETS: dict[str, Any] = {
    "make": [{"value": "Honda", "count": 2}, {"value": "Ford", "count": 1}],
    "state": [{"value": f"S{number}", "count": 1} for number in range(9)],
}
PICTURE: dict[str, Any] = {
    "id": "a",
    "alt_text": "From the front",
    "width": 640,
    "height": 480,
    "src": "/files/640.webp",
    "sizes": [{"width": wide, "height": wide * 3 // 4, "url": f"/files/{wide}.webp"} for wide in (320, 640)],
}
NEAR = Near("55101", 44.951, -93.09, 50)


def inventory_page(browser: Browser, pages: Pages, *items: dict[str, Any], **more: Any) -> Element:
    query = more.pop("query", [])
    view: dict[str, Any] = {
        "frame": frame(BUYER, "/inventory"),
        "items": items,
        "total": len(items),
        "facets": facet_lists(FACETS, query),
        "filters": NO_FILTERS,
        "query": query,
        "sort": "ending_soon",
        "lots": LOTS,
    }
    return browser.read(pages.inventory(Inventory(**(view | more))))


def test_a_card_shows_price_time_left_status_and_distance_and_follows_the_news(browser: Browser, pages: Pages) -> None:
    page = inventory_page(browser, pages, ITEM, filters=Filters(near=NEAR))
    card = page.one("article", data_lot="7")
    fields = {name: card.one(data_field=name).text for name in ("price", "countdown", "status")}
    assert fields == {"price": "$12,400", "countdown": "12m 09s", "status": "Live"}
    assert "12 mi from 55101" in card.text
    assert card.one("h2").one("a").attributes["href"] == "/auctions/7"
    assert page.all("script", src=pages.static_url("js/auction_list.js"))


def test_a_vehicle_in_no_auction_leads_to_its_own_page_and_follows_nothing(browser: Browser, pages: Pages) -> None:
    card = inventory_page(browser, pages, WAITING).one("article")
    assert "data-lot" not in card.attributes
    assert card.one("h2").one("a").attributes["href"] == "/vehicles/71"
    assert "No auction yet" in card.text
    assert "Make an offer" in card.text


def test_a_photo_has_its_size_and_words_and_waits_until_it_is_seen(browser: Browser, pages: Pages) -> None:
    page = inventory_page(browser, pages, ITEM, WAITING, pictures={70: PICTURE})
    (image,) = [each for each in page.all("img") if "srcset" in each.attributes]
    names = ("src", "width", "height", "loading", "alt")
    assert tuple(image.attributes[name] for name in names) == (
        "/files/640.webp",
        "640",
        "480",
        "lazy",
        "From the front",
    )
    assert len(page.all("svg", role="img")) == 1


def test_a_photo_without_words_is_named_after_the_vehicle(browser: Browser, pages: Pages) -> None:
    page = inventory_page(browser, pages, ITEM, pictures={70: {**PICTURE, "alt_text": ""}})
    assert page.all("img", alt="Photo of a 2019 Honda Civic EX")


def test_facets_are_links_with_counts(browser: Browser, pages: Pages) -> None:
    page = inventory_page(browser, pages, ITEM, query=[("make", "Honda")], filters=Filters(make=("Honda",)))
    make = page.one("section", aria_labelledby="facet-make")
    chosen, other = make.all("a")
    assert (chosen.attributes["href"], chosen.attributes["aria-current"]) == ("/inventory", "true")
    assert (other.attributes["href"], other.text) == ("/inventory?make=Honda&make=Ford", "Ford 1 vehicles")
    assert page.one("section", aria_labelledby="facet-state").one("summary").text == "1 more"


def test_active_filters_can_be_taken_back_one_by_one(browser: Browser, pages: Pages) -> None:
    query = [("make", "Honda"), ("year_from", "2018")]
    page = inventory_page(browser, pages, ITEM, query=query, filters=Filters(make=("Honda",), year=Span(2018)))
    chips = page.one("ul", aria_label="What you look for").all("a")
    assert [chip.attributes["href"] for chip in chips] == [
        "/inventory?year_from=2018",
        "/inventory?make=Honda",
        "/inventory",
    ]
    form = page.one("form", id="inventory-form")
    assert form.one("input", type="hidden", name="make").attributes["value"] == "Honda"
    assert form.one("input", name="year_from").attributes["value"] == "2018"


def test_text_and_order_belong_to_the_same_form(browser: Browser, pages: Pages) -> None:
    query = [("q", "civic"), ("condition_from", "33"), ("ending_within_h", "5")]
    filters = Filters(text="civic", condition_grade=Span(33), ending_within_h=5)
    page = inventory_page(browser, pages, ITEM, sort="price_low", query=query, filters=filters)
    assert {page.one(id=name).attributes["form"] for name in ("q", "sort")} == {"inventory-form"}
    assert page.one("input", id="q").attributes["value"] == "civic"
    chosen = {each.attributes["value"]: each.text for each in page.all("option") if "selected" in each.attributes}
    assert {**chosen, "daily": ""} == {
        "33": "3.3 or better",
        "5": "5 hours",
        "daily": "",
        "price_low": "Price: low to high",
    }


def test_what_could_not_be_used_is_said_at_the_top_and_at_its_field(browser: Browser, pages: Pages) -> None:
    errors, typed = {"zip": "We do not know it.", "boat": "We know no such filter."}, {"zip": "00000"}
    page = inventory_page(browser, pages, ITEM, errors=errors, typed=typed)
    assert "“00000”" in page.one(role="alert").text
    field = page.one("input", name="zip")
    assert (field.attributes["value"], field.attributes["aria-describedby"]) == ("00000", "zip-error")


def test_an_empty_page_says_which_filter_to_leave_out(browser: Browser, pages: Pages) -> None:
    looser = [Chip("Year from 2030", "/inventory?make=Honda", 12), Chip("Make: Honda", "/inventory?year_from=2030", 1)]
    query = [("make", "Honda"), ("year_from", "2030")]
    filters = Filters(make=("Honda",), year=Span(2030))
    page = inventory_page(browser, pages, query=query, filters=filters, looser=looser, ended=3)
    assert "Without “Year from 2030”: 12 vehicles" in page.text
    assert "Without “Make: Honda”: 1 vehicle" in page.text
    assert page.all("a", href="/inventory?make=Honda&year_from=2030&status=ended")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "Nothing is for sale right now."),
        ({"filters": Filters(make=("Saab",)), "query": [("make", "Saab")]}, "leave out two or more"),
        ({"total": 30, "is_first": False}, "That was the last one"),
    ],
)
def test_every_other_empty_page_says_what_to_do(
    browser: Browser, pages: Pages, more: dict[str, Any], told: str
) -> None:
    assert told in inventory_page(browser, pages, **more).text


def test_the_next_page_and_the_first_are_links(browser: Browser, pages: Pages) -> None:
    query = [("make", "Honda")]
    page = inventory_page(browser, pages, ITEM, query=query, next_link="/inventory?cursor=x", is_first=False)
    links = [each.attributes["href"] for each in page.one("nav", aria_label="More vehicles").all("a")]
    assert links == ["/inventory?make=Honda", "/inventory?cursor=x"]


def test_a_search_is_saved_with_what_lasts_of_it(browser: Browser, pages: Pages) -> None:
    query = [("make", "Honda"), ("status", "live"), ("sort", "newest")]
    filters = Filters(make=("Honda",), status=("live",))
    form = inventory_page(browser, pages, ITEM, query=query, filters=filters).one("form", action="/me/searches")
    fields = {each.attributes["name"]: each.attributes.get("value") for each in form.all("input")}
    assert fields == {"csrf_token": "token-1", "make": "Honda", "name": None}
    assert {"daily", "instant"} <= {
        each.attributes["value"] for each in form.one("select", name="alerts").all("option")
    }


def test_nobody_saves_a_search_of_everything_or_without_an_account(browser: Browser, pages: Pages) -> None:
    assert not inventory_page(browser, pages, ITEM).all("form", action="/me/searches")
    stranger = inventory_page(browser, pages, ITEM, frame=frame(None, "/inventory?make=Honda"))
    assert stranger.all("a", href="/sign-in?next=/inventory%3Fmake%3DHonda")


def test_hostile_text_stays_text(browser: Browser, pages: Pages) -> None:
    texts = dict.fromkeys(("make", "model", "city", "title", "exterior_color", "title_status", "sale_type"), HOSTILE)
    item = {**ITEM, **texts}
    query = [("make", HOSTILE), ("q", HOSTILE)]
    filters = Filters(make=(HOSTILE,), text=HOSTILE)
    around = frame(views.Viewer(HOSTILE, "buyer", HOSTILE), f"/inventory?{HOSTILE}")
    wrong = {
        "errors": {HOSTILE: HOSTILE},
        "typed": {HOSTILE: HOSTILE},
        "pictures": {70: {**PICTURE, "alt_text": HOSTILE}},
    }
    inventory_page(browser, pages, item, WAITING | texts, query=query, filters=filters, frame=around, **wrong)
