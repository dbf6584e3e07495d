"""The part of a lot's page by which it is bought without bidding, in every state and for every reader."""

from dataclasses import replace
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.web.conftest import Browser, Element
from tests.web.samples import BUYER, NOW
from web.pages import HERE
from web.purchase_views import ForSale
from web.views import Viewer

UNTIL = "2026-05-05T12:14:00.000Z"
SALE: dict[str, Any] = {
    "auction_id": 7,
    "sale_type": "timed",
    "auction_status": "live",
    "buy_now_cents": 9_000_00,
    "buy_now_open": True,
    "offers_open": True,
    "reserved_until": None,
    "sold_by": None,
    "sold_cents": None,
    "mine": None,
    "offer": None,
    "server_now": "2026-05-05T12:00:00.000Z",
}
OFFER = {"status": "open", "amount_cents": 8_000_00, "your_turn": False, "offers_left": 2, "expires_at": UNTIL}
HELD: dict[str, Any] = {"reserved_until": UNTIL, "buy_now_open": False, "auction_status": "held"}


def part(browser: Browser, *, can_buy: bool = True, viewer: Viewer | None = BUYER, **changes: Any) -> Element:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    module: Any = environment.get_template("parts/purchase.html").module
    shown = ForSale({**SALE, **changes}, NOW, "key-1", "key-2", can_buy)
    return browser.read(f"<main><h1>Lot</h1>{module.purchase(7, shown, viewer)}</main>")


def actions(page: Element) -> list[str]:
    return [form.attributes["action"] or "" for form in page.all("form")]


def test_a_buyer_finds_both_forms_with_their_keys(browser: Browser) -> None:
    page = part(browser)
    assert actions(page) == ["/auctions/7/buy-now", "/account/offers/new"]
    keys = [each.attributes["value"] for each in page.all("input", name="idempotency_key")]
    assert keys == ["key-1", "key-2"]
    assert "Buy now for $9,000" in page.text


def test_who_may_not_buy_reads_the_price_only(browser: Browser) -> None:
    page = part(browser, can_buy=False)
    assert (actions(page), "Buy-now price: $9,000" in page.text) == ([], True)


def test_who_could_make_an_offer_reads_how(browser: Browser) -> None:
    only_offers: dict[str, Any] = {"sale_type": "make_offer", "buy_now_cents": None, "buy_now_open": False}
    stranger = part(browser, can_buy=False, viewer=None, **only_offers)
    uncleared = part(browser, can_buy=False, viewer=replace(BUYER, can_bid=False), **only_offers)
    buyer = part(browser, **only_offers)
    assert [each.attributes["href"] for each in stranger.all("a")] == ["/sign-in?next=/auctions/7"]
    assert [each.attributes["href"] for each in uncleared.all("a")] == ["/account", "/account/offers"]
    assert (actions(buyer), buyer.one("input", name="auction_id").attributes["value"]) == (["/account/offers/new"], "7")


def test_a_lot_at_a_fixed_price_alone_has_the_button_alone(browser: Browser) -> None:
    page = part(browser, sale_type="buy_now_only", offers_open=False)
    assert (actions(page), page.all("a")) == (["/auctions/7/buy-now"], [])


def test_who_has_it_reserved_confirms_and_all_see_the_countdown(browser: Browser) -> None:
    mine = {"state": "reserved", "cents": 9_000_00, "expires_at": UNTIL, "purchase_id": "p"}
    own, other = part(browser, mine=mine, offers_open=False, **HELD), part(browser, offers_open=False, **HELD)
    assert (actions(own), actions(other)) == (["/auctions/7/buy-now/confirm"], [])
    for page in (own, other):
        assert page.one("time").attributes["datetime"] == UNTIL
        assert "14m 00s" in page.text


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        ({}, "You named $8,000."),
        ({"your_turn": True}, "$8,000 was named to you."),
        ({"status": "accepting"}, "The auction is being asked"),
        ({"status": "accepted"}, "Agreed: it is sold for $8,000."),
        ({"status": "declined"}, "$8,000 was declined."),
        ({"status": "withdrawn"}, "$8,000 was withdrawn."),
        ({"status": "expired"}, "not answered in time"),
        ({"status": "lapsed"}, "takes no offers any more"),
    ],
)
def test_an_offer_is_shown_as_it_stands_and_a_new_one_can_be_made_after_it(
    browser: Browser, offer: dict[str, Any], words: str
) -> None:
    page = part(browser, offer={**OFFER, **offer})
    stands = {**OFFER, **offer}["status"] in {"open", "accepting"}
    assert words in page.text
    assert ("/account/offers/new" in actions(page)) == (not stands)


def test_after_three_offers_there_is_no_form_for_another(browser: Browser) -> None:
    assert actions(part(browser, offer={**OFFER, "status": "declined", "offers_left": 0})) == ["/auctions/7/buy-now"]


@pytest.mark.parametrize(("by", "words"), [("buy_now", "at its buy-now price"), ("offer", "by an offer")])
def test_a_lot_that_was_sold_says_how(browser: Browser, by: str, words: str) -> None:
    sold: dict[str, Any] = {"sold_by": by, "sold_cents": 8_500_00, "buy_now_open": False, "offers_open": False}
    page = part(browser, auction_status="ended", **sold)
    assert (words in page.text, "$8,500" in page.text, actions(page)) == (True, True, [])


def test_a_lot_that_only_bids_can_buy_shows_nothing(browser: Browser) -> None:
    page = part(browser, buy_now_cents=None, buy_now_open=False, offers_open=False)
    assert page.text == "Lot"
