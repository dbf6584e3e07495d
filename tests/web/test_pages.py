"""Every page in every state: what its reader sees, and what no page may ever carry."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.conftest import Browser, Element
from tests.web.samples import (
    BUYER,
    FULL_VEHICLE,
    NOW,
    POSITIONS,
    STATES,
    auction,
    frame,
    line,
    mine,
)
from web import views, words
from web.art import PAINTS, SHAPES, paint_of
from web.filters import Filters
from web.pages import ERRORS, STATIC, Pages

HOSTILE = "\"><script>alert('x')</script>"


def auction_page(browser: Browser, pages: Pages, state: str = "live", position: str = "none", **more: Any) -> Element:
    view = {
        "frame": frame(BUYER, "/auctions/7"),
        "auction": auction(**STATES[state]),
        "bid_key": "key-1",
        "auto_bid_key": "key-2",
        "mine": mine(**POSITIONS[position]),
        "history": [line()],
        "history_total": 1,
    }
    return browser.read(pages.auction(views.Auction(**(view | more))))  # type: ignore[arg-type]  # a test's mixed bag


def list_page(browser: Browser, pages: Pages, items: list[object], **more: Any) -> Element:
    view = {"frame": frame(), "items": items, "filters": Filters.of_query({}), "total": len(items)} | more
    return browser.read(pages.auction_list(views.AuctionList(**view)))  # type: ignore[arg-type]  # a test's mixed bag


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("position", POSITIONS)
def test_an_auction_page_renders_in_every_state_and_position(
    browser: Browser, pages: Pages, state: str, position: str
) -> None:
    page = auction_page(browser, pages, state, position)
    lot = page.one(data_lot="7")
    status = STATES[state].get("status", "live")
    assert (status, position) == (lot.attributes["data-status"], lot.attributes["data-position"])
    assert words.STATUS[status] == page.one(data_field="status").text
    assert (status != "ended") == bool(page.all("form", data_bid_form="auto_bid"))


def test_the_bid_form_posts_what_the_edge_expects(browser: Browser, pages: Pages) -> None:
    form = auction_page(browser, pages).one("form", data_bid_form="bid")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/auctions/7/bid")
    fields = {each.attributes["name"]: each.attributes.get("value") for each in form.all("input")}
    assert fields == {"csrf_token": "token-1", "idempotency_key": "key-1", "amount": "12,500"}


def test_the_auto_bid_form_posts_a_maximum_that_nobody_prefilled(browser: Browser, pages: Pages) -> None:
    form = auction_page(browser, pages).one("form", data_bid_form="auto_bid")
    fields = {each.attributes["name"]: each.attributes.get("value") for each in form.all("input")}
    assert fields == {"csrf_token": "token-1", "idempotency_key": "key-2", "max": ""}


def test_the_all_in_minimum_is_spelled_out(browser: Browser, pages: Pages) -> None:
    text = auction_page(browser, pages).one("form", data_bid_form="bid").text
    assert "Minimum bid $12,500 ." in text
    assert "Buyer fee is added at checkout: 5 %, at least $250, at most $5,000." in text
    assert "$12,500 + $625 buyer fee = $13,125 estimated total before tax" in text


def test_quick_bids_are_the_minimum_and_two_steps_of_the_frozen_table(browser: Browser, pages: Pages) -> None:
    page = auction_page(browser, pages, mine=None, auction=auction(minimum_next_cents=24_900_00))
    assert [each.text for each in page.all("button", type="button") if "data-quick" in each.attributes] == [
        "$24,900",
        "$25,000",
        "$25,250",
    ]


def test_an_unsure_amount_comes_back_with_its_key_and_a_question(browser: Browser, pages: Pages) -> None:
    sent = views.BidForm("bid", "30,000", "key-9", confirm_cents=30_000_00)
    form = auction_page(browser, pages, form=sent).one("form", data_bid_form="bid")
    assert form.one(name="idempotency_key").attributes["value"] == "key-9"
    assert form.one(name="amount").attributes["value"] == "30,000"
    assert form.one("button", name="confirmed").attributes["value"] == "3000000"


def test_a_signed_out_reader_is_led_to_sign_in_and_back(browser: Browser, pages: Pages) -> None:
    page = auction_page(browser, pages, frame=frame(None, "/auctions/7?a=1&b=2"), mine=None)
    assert not page.all("form", data_bid_form="bid")
    assert page.all("a", href="/sign-in?next=/auctions/7%3Fa%3D1%26b%3D2")


@pytest.mark.parametrize(("more", "code"), [({"is_seller": True}, "OWN_VEHICLE"), ({}, "NOT_ELIGIBLE")])
def test_who_may_not_bid_reads_why(browser: Browser, pages: Pages, more: dict[str, Any], code: str) -> None:
    viewer = views.Viewer("Sam", "seller", "token-1", can_bid="is_seller" in more)
    page = auction_page(browser, pages, frame=frame(viewer, "/auctions/7"), **more)
    assert not page.all("form", data_bid_form="bid")
    assert words.REFUSAL[code] in page.text


def test_a_maximum_is_shown_to_its_owner(browser: Browser, pages: Pages) -> None:
    assert "Your maximum is $14,000. Only you can see it." in auction_page(browser, pages, "live", "leading").text


def test_history_calls_its_reader_you_and_marks_what_was_retracted(browser: Browser, pages: Pages) -> None:
    lines = [line(21, bidder="Bidder 2", outcome="outbid"), line(20, retracted=True)]
    rows = auction_page(browser, pages, "live", "leading", history=lines, history_total=9).all("tr", data_kind="bid")
    assert "Bidder 2" in rows[0].text
    assert "you stay ahead" in rows[0].text
    assert rows[1].one(data_cell="who").text == "You"
    assert "data-retracted" in rows[1].attributes


def test_the_proof_is_linked_while_live_and_after(browser: Browser, pages: Pages) -> None:
    page = auction_page(browser, pages, "sold", "won")
    assert page.all("a", href="/api/auctions/7/head")
    assert page.all("a", href="/api/auctions/7/ledger")
    assert "Bidder 3 won with $12,400." in page.text


def test_a_hold_and_a_cancellation_say_their_reasons(browser: Browser, pages: Pages) -> None:
    assert words.HOLD_REASON["sunday"] in auction_page(browser, pages, "held").text
    assert "Checking the mileage." in auction_page(browser, pages, "held_by_admin").text
    assert "The title was not in the seller's name." in auction_page(browser, pages, "cancelled").text


def test_live_pages_have_one_polite_live_region(browser: Browser, pages: Pages) -> None:
    for page in (auction_page(browser, pages), list_page(browser, pages, [auction()])):
        assert [each.attributes["role"] for each in page.all(aria_live="polite")] == ["status"]


def test_the_list_shows_cards_with_their_readers_position(browser: Browser, pages: Pages) -> None:
    items = [auction(id=number, **changes) for number, changes in enumerate(STATES.values(), 1)]
    page = list_page(browser, pages, [*items], mine={1: mine(**POSITIONS["leading"])}, next_cursor="a b")
    assert len(items) == len([each for each in page.walk() if "data-lot" in each.attributes])
    assert page.one(data_lot="1").one(data_field="listing").text == "You lead"
    assert page.all("a", rel="next", href="/?status=live&cursor=a+b")


def test_an_empty_list_says_so_and_wrong_filters_say_why(browser: Browser, pages: Pages) -> None:
    filters = Filters.of_query({"make": "Honda", "year_from": "20x9", "price_to": "-1", "closing_within": "24"})
    page = list_page(browser, pages, [], filters=filters)
    assert "No auction matches these filters" in page.text
    assert {"year_from", "price_to"} == set(filters.errors)
    assert page.one(id="year_from-error").text == filters.errors["year_from"]
    assert page.one("input", name="make").attributes["value"] == "Honda"
    assert filters.closing_before(NOW) == NOW + timedelta(hours=24)


def test_filters_read_what_people_type(browser: Browser, pages: Pages) -> None:
    query = {"status": "ended", "year_from": "2015", "price_from": "$5,000", "cursor": "c", "closing_within": "9"}
    filters = Filters.of_query(query)
    assert (
        filters.status,
        filters.year_from,
        filters.price_from_cents,
        filters.cursor,
        filters.closing_hours,
        filters.errors,
    ) == ("ended", 2015, 5_000_00, "c", None, {})
    assert Filters.of_query({"status": "stolen"}).status == "live"


def test_the_sign_in_form_keeps_the_address_and_the_way_back(browser: Browser, pages: Pages) -> None:
    page = browser.read(pages.sign_in(views.SignIn(frame(), "/auctions/7", "ada@example.com", "Wrong password.")))
    form = page.one("form", action="/sign-in")
    assert form.one(name="next").attributes["value"] == "/auctions/7"
    assert form.one(name="email").attributes["value"] == "ada@example.com"
    assert "value" not in form.one(name="password").attributes
    assert "Wrong password." in form.text


def test_my_bids_shows_each_auction_and_each_attempt(browser: Browser, pages: Pages) -> None:
    attempt = {"bid_id": "b-1", "kind": "auto_bid", "cents": 14_000_00, "received_at": "2026-05-05T11:58:12.345Z"}
    bids = [
        attempt | {"outcome": "leading", "code": None, "retracted": False},
        attempt | {"outcome": "refused", "code": "BELOW_MINIMUM", "retracted": False},
    ]
    items = [views.MyAuction(auction(), mine(**POSITIONS["leading"]), bids)]
    page = browser.read(pages.my_bids(views.MyBids(frame(BUYER, "/my-bids"), items, "c 2")))
    assert "You are the high bidder" in page.text
    assert words.REFUSAL["BELOW_MINIMUM"] in page.text
    assert page.all("a", href="/my-bids?cursor=c%202")
    assert "You have not bid yet" in browser.read(pages.my_bids(views.MyBids(frame(BUYER), []))).text


@pytest.mark.parametrize("body_type", SHAPES)
def test_every_body_type_has_a_drawing_with_a_spoken_title(browser: Browser, pages: Pages, body_type: str) -> None:
    vehicle = FULL_VEHICLE | {"body_type": body_type}
    page = browser.read(pages.vehicle(views.Vehicle(frame(), vehicle, [auction(vehicle=vehicle)])))
    drawing = page.one("svg", role="img")
    assert drawing.attributes["class"] == "car paint-blue"
    assert f"Drawing of a aegean blue metallic Honda Civic, {body_type}".lower() in drawing.one("title").text.lower()


def test_colour_names_find_a_paint_that_the_styles_know() -> None:
    names = ("Midnight Silver Metallic", "Rapid Red", "Onyx", "Army Green", "Mystery", "Gray Blue Pearl")
    assert [paint_of(name) for name in names] == ["silver", "red", "black", "green", "gray", "blue"]
    styles = (STATIC / "css" / "art.css").read_text()
    assert [paint for paint in PAINTS if f".paint-{paint} " not in styles] == []


@pytest.mark.parametrize("status", [*ERRORS, 400, 504])
def test_every_error_has_a_page(browser: Browser, pages: Pages, status: int) -> None:
    page = browser.read(pages.error(views.Error(frame(path="/x"), status, None, "req-1", 5)))
    assert str(status) in page.text
    assert "req-1" in page.text
    assert "again in 5 seconds" in page.text


def test_hostile_text_stays_text(browser: Browser, pages: Pages) -> None:
    texts = dict.fromkeys(("make", "model", "trim", "city", "exterior_color", "description", "disclosures"), HOSTILE)
    vehicle = FULL_VEHICLE | texts
    lot = auction(title=HOSTILE, vehicle=vehicle, leader=HOSTILE, public_reason=HOSTILE)
    viewer = views.Viewer(HOSTILE, "admin", HOSTILE)
    around = frame(viewer, f"/{HOSTILE}", views.Notice("info", HOSTILE))
    auction_page(browser, pages, frame=around, auction=lot, history=[line(bidder=HOSTILE, kind=HOSTILE)])
    list_page(browser, pages, [lot], frame=around, filters=Filters.of_query({"make": HOSTILE}), makes=[HOSTILE])
    browser.read(pages.vehicle(views.Vehicle(around, vehicle, [lot])))
    browser.read(pages.sign_in(views.SignIn(around, HOSTILE, HOSTILE, HOSTILE)))
    browser.read(pages.error(views.Error(around, 404, HOSTILE, HOSTILE)))


def test_a_notice_says_what_became_of_a_bid() -> None:
    assert views.Notice.of_bid({"outcome": "leading", "price_cents": 12_500_00}) == views.Notice(
        "success", "You are the high bidder at $12,500."
    )
    assert views.Notice.of_bid({"outcome": "outbid", "price_cents": 12_500_00}).kind == "warning"
    refused = views.Notice.of_problem({"code": "BELOW_MINIMUM", "minimum_next_cents": 12_600_00})
    assert refused == views.Notice("danger", "That is below the minimum bid, which is $12,600 now.")
