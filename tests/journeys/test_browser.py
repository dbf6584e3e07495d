"""Two people on one auction in Chromium, the same without scripts, and what a page says while the site is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browser import CHROMIUM, chromium, visitor
from tests.journeys.town import START_CENTS, Town

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium is installed"),
]

START = START_CENTS // 100
WINDOW_S = 10


@pytest.fixture
def browser(journey_town: Town) -> Iterator[Browser]:
    """Chromium, started after the stack: inside its block nothing asynchronous can run in this thread."""
    with chromium() as found:
        yield found


def test_a_is_outbid_live_bids_again_the_clock_extends_and_a_wins(
    journey_town: Town, browser: Browser, tmp_path: Path
) -> None:
    ada, bob = (visitor(browser, journey_town, tmp_path) for _ in (0, 1))
    for tab, citizen in zip((ada, bob), journey_town.buyers(2), strict=True):
        tab.sign_in(citizen)
    lot = journey_town.lot(length_s=WINDOW_S, window_s=WINDOW_S)
    for tab in (ada, bob):
        tab.open_lot(lot)
        tab.is_live()
    ada.page.evaluate("window.neverReloaded = true")
    ada.bid(START)
    ada.sees("position", "You are the high bidder")
    bob.sees("price", f"${START:,}")
    bob.bid(START + 100)
    ada.sees("position", "You have been outbid")
    expect(ada.page.locator("[data-announce]")).to_contain_text("You have been outbid")
    ada.shoot("outbid")
    before = ada.page.locator("[data-turns]").first.get_attribute("datetime") or ""
    ada.bid(START + 200)
    ada.sees("position", "You are the high bidder")
    expect(ada.page.locator("[data-extended]")).to_be_visible()
    expect(ada.page.locator("[data-turns]").first).not_to_have_attribute("datetime", before)
    assert (ada.page.locator("[data-turns]").first.get_attribute("datetime") or "") > before
    bob.sees("position", "You have been outbid")
    bob.shoot("extended")
    ada.sees("position", "You won this auction")
    bob.sees("position", "You did not win this auction")
    for tab in (ada, bob):
        tab.sees("result", "Sold")
        expect(tab.page.locator("[data-field=price]").first).to_have_text(f"${START + 200:,}")
    ada.shoot("won")
    bob.shoot("lost")
    assert ada.page.evaluate("window.neverReloaded") is True
    assert ada.complaints + bob.complaints == []


def test_bidding_works_without_scripts(journey_town: Town, browser: Browser, tmp_path: Path) -> None:
    (citizen,) = journey_town.buyers(1)
    lot = journey_town.lot()
    tab = visitor(browser, journey_town, tmp_path, scripts=False)
    tab.sign_in(citizen)
    tab.open_lot(lot)
    tab.bid(START - 100)
    expect(tab.page.get_by_role("main")).to_contain_text(f"${START:,}")
    expect(tab.page.get_by_role("main")).to_contain_text("That is below the minimum bid")
    tab.shoot("refused without scripts")
    tab.bid(START * 3)
    tab.shoot("confirm without scripts")
    tab.page.get_by_role("button", name=f"Yes, ${START * 3:,}").click()
    expect(tab.page.get_by_role("main")).to_contain_text(f"You are the high bidder at ${START * 3:,}.")
    tab.shoot("leading without scripts")
    assert journey_town.get(f"/api/auctions/{lot}").json()["price_cents"] == START_CENTS * 3
    tab.page.reload()
    assert journey_town.get(f"/api/auctions/{lot}").json()["bid_count"] == 1
    tab.page.locator("#max").fill(f"{START * 4:,}")
    tab.page.locator("form[data-bid-form=auto_bid] .bid-input button").click()
    expect(tab.page.get_by_role("main")).to_contain_text(f"${START * 4:,}")
    assert journey_town.get(f"/api/auctions/{lot}/mine", citizen).json()["my_max_cents"] == START_CENTS * 4


def test_a_page_says_that_it_reconnects_and_catches_up(journey_town: Town, browser: Browser, tmp_path: Path) -> None:
    lot, (bob,) = journey_town.lot(), journey_town.buyers(1)
    tab = visitor(browser, journey_town, tmp_path)
    tab.open_lot(lot)
    tab.is_live()
    journey_town.stack.hold("api")
    tab.is_live("reconnecting")
    tab.shoot("reconnecting")
    assert journey_town.bid(bob, lot, START_CENTS, api=1).status_code == 201
    journey_town.stack.release("api")
    tab.is_live()
    tab.sees("price", f"${START:,}")
    assert [text for text in tab.complaints if "net::ERR_" not in text] == []
