"""The pages of saved searches, of the watchlist and of offers, in every state, and the way to them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.offer_views import OFFER_EXAMPLE
from domain.clock import to_text
from domain.offers import OfferStatus, Side
from tests.web.conftest import Browser, Element
from tests.web.samples import BUYER, NOW, POSITIONS, STATES, VEHICLE, auction, frame, mine
from web.finder_views import REMINDERS, SavedSearches, WatchedFacts, Watchlist
from web.offer_views import LAPSED, QUESTIONS, OfferLine, OfferList, Offers, Question
from web.pages import Pages
from web.saved_search_words import name_of, pairs_of, phrases
from web.views import Viewer

HOSTILE = "\"><script>alert('x')</script>"
FILTERS: dict[str, Any] = {"make": ["bmw", "land rover"], "model": ["x5", "model 3"], "year_from": 2018}
SEARCH: dict[str, Any] = {
    "id": 3,
    "name": HOSTILE,
    "filters": FILTERS,
    "frequency": "daily",
    "created_at": "2026-05-01T12:00:00.000Z",
    "last_sent_at": None,
}
CAR = {**VEHICLE, "title": "2019 Honda Civic EX"}
OFFER: dict[str, Any] = {
    **OFFER_EXAMPLE,
    "title": f"2019 Honda {HOSTILE}",
    "expires_at": to_text(NOW + timedelta(hours=47, minutes=5)),
}


def read(browser: Browser, pages: Pages, view: Any) -> Element:
    return browser.read(pages.buying(view))


def line(other: str = "buyer 1", **changes: Any) -> OfferLine:
    return OfferLine({**OFFER, **changes}, other, NOW, f"key-{changes.get('id', '')}")


def offers(browser: Browser, pages: Pages, *lines: OfferLine) -> Element:
    return read(browser, pages, Offers(frame(BUYER, "/account/offers"), OfferList(lines, len(lines))))


def actions(page: Element) -> set[str]:
    found = {each.attributes.get("action", "") for each in page.all("form")}
    found |= {each.attributes.get("formaction", "") for each in page.all("button")}
    return {each.rpartition("/")[2] for each in found if "/account/offers/" in each}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (FILTERS, [("Make", "BMW or Land Rover"), ("Model", "X5 or Model 3"), ("Year", "2018 or newer")]),
        ({"model": ["f-150", "grand cherokee"]}, [("Model", "F-150 or Grand Cherokee")]),
        ({"make": ["mercedes-benz"], "state": ["mn"]}, [("Make", "Mercedes-Benz"), ("State", "MN")]),
        ({"drivetrain": ["4wd"], "fuel_type": ["plug-in hybrid"]}, [("Fuel", "Plug-in hybrid"), ("Drivetrain", "4WD")]),
        ({"price_from_cents": 100_00, "price_to_cents": 9_000_00}, [("Price", "$100 to $9,000")]),
        (
            {"mileage_to": 60_000, "year_from": 2019, "year_to": 2019},
            [("Year", "2019"), ("Mileage", "up to 60,000 miles")],
        ),
        (
            {"condition_from": 35, "mileage_from": 10},
            [("Mileage", "10 miles or more"), ("Condition", "3.5 of 5 or more")],
        ),
        ({"zip": "55101", "miles": 1_000}, [("Distance", "within 1,000 miles of 55101")]),
        ({"no_reserve": True, "q": "sunroof"}, [("Reserve", "No reserve"), ("Words", "sunroof")]),
        ({"sale_type": ["make_offer"], "body_type": ["suv"]}, [("Body", "SUV"), ("Sale", "Make an offer")]),
    ],
)
def test_a_search_reads_in_plain_words(query: dict[str, Any], said: list[tuple[str, str]]) -> None:
    assert phrases(query) == said


def test_a_search_has_a_name_and_an_address() -> None:
    assert name_of({**FILTERS, "q": "x" * 80}) == f"BMW or Land Rover, X5 or Model 3, 2018 or newer, {'x' * 31}"
    assert pairs_of({"make": ["a", "b"], "no_reserve": True, "miles": 5}) == [
        ("make", "a"),
        ("make", "b"),
        ("no_reserve", "true"),
        ("miles", "5"),
    ]


def test_each_search_can_be_shown_changed_and_deleted(browser: Browser, pages: Pages) -> None:
    items = [SEARCH, {**SEARCH, "id": 4, "frequency": "instant", "last_sent_at": "2026-05-04T12:00:00.000Z"}]
    view = SavedSearches(frame(BUYER, "/me/searches"), items, 50, ["instant", "daily"])
    page = read(browser, pages, view)
    assert [each.attributes["action"] for each in page.one("main").all("form")] == ["/me/searches/3", "/me/searches/4"]
    chosen = [each.attributes["value"] for each in page.all("option") if "selected" in each.attributes]
    assert chosen == ["daily", "instant"]
    assert page.all("button", formaction="/me/searches/4/delete")
    assert page.all("a", href="/inventory?make=bmw&make=land+rover&model=x5&model=model+3&year_from=2018")
    assert page.one("input", id="name-3").attributes["value"] == HOSTILE
    assert ("Nothing was sent yet." in page.text, "We last wrote to you May 4" in page.text) == (True, True)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("state", STATES)
def test_a_watched_vehicle_shows_its_auction_in_every_state(
    browser: Browser, pages: Pages, state: str, position: str
) -> None:
    first = WatchedFacts(CAR, auction(**STATES[state]), mine(**POSITIONS[position]), frozenset({"hour"}))
    items = [first, WatchedFacts({**CAR, "id": 71})]
    page = read(browser, pages, Watchlist(frame(BUYER, "/me/watchlist"), items, error="Too many."))
    assert page.all("article", data_lot="7")
    assert page.all("form", action="/me/watchlist/70/remove")
    assert page.all("a", href="/vehicles/71")
    assert "In no auction yet." in page.text
    ticked = {each.attributes["id"] for each in page.all("input", name="reminders") if "checked" in each.attributes}
    assert ticked == {"hour-70", *(f"{kind}-71" for kind in REMINDERS)}


def test_what_ends_first_is_at_the_top_and_what_is_over_at_the_end() -> None:
    states: list[dict[str, Any]] = [
        STATES["sold"],
        STATES["scheduled"],
        {"ends_at": "2026-05-06T12:00:00.000Z"},
        STATES["held"],
        {},
    ]
    items = [
        WatchedFacts({**CAR, "id": number}, auction(**{"id": number, **state}), mine())
        for number, state in enumerate(states)
    ]
    view = Watchlist(frame(BUYER), [*items, WatchedFacts({**CAR, "id": 9})], size=4)
    assert [each.vehicle["id"] for each in view.lines] == [4, 2, 3, 1]
    assert [each.vehicle["id"] for each in replace(view, page=2).lines] == [9, 0]
    assert (view.has_more, replace(view, page=2).has_more) == (True, False)


@pytest.mark.parametrize("status", OfferStatus)
@pytest.mark.parametrize("by", ["buyer", "seller"])
@pytest.mark.parametrize("you", ["buyer", "seller"])
def test_an_offer_says_how_it_stands_and_what_can_be_done(
    browser: Browser, pages: Pages, status: OfferStatus, by: str, you: str
) -> None:
    turn = status is OfferStatus.OPEN and by != you
    page = offers(browser, pages, line(status=status.value, by=by, you_are=you, your_turn=turn, reason="bid"))
    can = {"accept", "decline", "counter"} if turn else {"withdraw"} if status is OfferStatus.OPEN else set()
    assert actions(page) == can
    assert bool(page.one("li", data_offer_state=status.value).all("time")) == (status is OfferStatus.OPEN)
    assert ("1d 23h 05m left to answer" in page.text) == (status is OfferStatus.OPEN)
    assert "$12,500" in page.text


def test_when_the_time_is_up_nothing_can_be_done_any_more(browser: Browser, pages: Pages) -> None:
    page = offers(browser, pages, line(expires_at=to_text(NOW), your_turn=False))
    assert (actions(page), "Expired" in page.text) == (set(), True)


def test_a_buyer_without_offers_left_cannot_counter(browser: Browser, pages: Pages) -> None:
    own = {"by": "seller", "you_are": "buyer", "your_turn": True}
    assert actions(offers(browser, pages, line("the seller", offers_left=0, **own))) == {"accept", "decline"}
    over = line("the seller", status="declined", you_are="buyer", your_turn=False, offers_left=1)
    assert "make another offer" in offers(browser, pages, over).text


@pytest.mark.parametrize("reason", [*LAPSED, "RESERVED", None])
def test_an_offer_that_came_to_nothing_says_why(reason: str | None) -> None:
    assert line(status="lapsed", your_turn=False, reason=reason).text.startswith("$12,500 came to nothing: ")


def test_a_seller_sees_buyers_by_vehicle_and_what_waits_first(browser: Browser, pages: Pages) -> None:
    over = line("buyer 1", id="a", vehicle_id=1, status="declined", your_turn=False)
    low, high = line("buyer 1", id="b", amount_cents=9_000_00), line("buyer 2", id="c", amount_cents=9_500_00)
    page = offers(browser, pages, over, low, high, line("buyer 3", id="d", status="expired", your_turn=False))
    assert [each.attributes["id"] for each in page.all("li") if "data-offer-state" in each.attributes] == [
        *("offer-c", "offer-b", "offer-d", "offer-a")
    ]
    assert len(page.all("h3")) == 2
    assert "2 offers for you to answer." in page.text


@pytest.mark.parametrize(("act", "side"), QUESTIONS)
def test_a_figure_is_asked_for_once_more_before_it_counts(browser: Browser, pages: Pages, act: str, side: str) -> None:
    fields = {"step": "1", "amount": HOSTILE}
    view = Offers(frame(BUYER), question=Question(act, side, HOSTILE, 12_500_00, "/account/offers/x/y", fields))
    page = read(browser, pages, view)
    assert (page.one("h1").text.count("$12,500"), "$12,500" in page.one("main").one("button").text) == (1, True)
    binds = side == "buyer" and act not in {"decline", "withdraw"}
    assert ("$13,125 estimated total" in page.text) == binds
    assert page.one("input", name="amount").attributes["value"] == HOSTILE


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("buyer", []),
        ("seller", ["/sell"]),
        ("support", ["/admin/questions"]),
        ("admin", ["/sell", "/admin/listings", "/admin/questions"]),
    ],
)
def test_everybody_who_is_signed_in_finds_the_way(browser: Browser, pages: Pages, role: str, more: list[str]) -> None:
    usual = ["/", "/inventory", "/my-bids", "/me/watchlist", "/me/searches", "/account/offers", "/account/orders"]
    page = read(browser, pages, Watchlist(frame(replace(BUYER, role=role), "/me/watchlist?page=2"), []))
    links = page.one("nav", aria_label="Main").all("a")
    assert [each.attributes["href"] for each in links] == [*usual, *more, "/account"]
    assert [each.text for each in links if "aria-current" in each.attributes] == ["Watchlist"]


def test_who_is_not_signed_in_finds_what_is_public(browser: Browser, pages: Pages) -> None:
    nobody: Viewer | None = None
    page = read(browser, pages, Offers(frame(nobody)))
    assert [each.attributes["href"] for each in page.one("nav", aria_label="Main").all("a")] == ["/", "/inventory"]


def test_the_sides_of_an_offer_are_those_of_the_rules() -> None:
    assert {side for _, side in QUESTIONS} == {Side.BUYER.value, Side.SELLER.value}
