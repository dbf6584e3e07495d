"""A car in Chromium from its VIN to a live auction: its seller lists it, an admin reads it, a buyer sees it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from activities.db import people
from activities.db.engine import transaction
from activities.db.people import Role
from activities.one_time_codes import code_at
from domain.clock import truncate
from domain.vin import check_digit
from tests.activities.picture_files import photo
from tests.journeys.browser import CHROMIUM, Visitor, chromium, visitor
from tests.journeys.town import PASSWORD, Town, eventually

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium is installed"),
]

PLAIN = "19XFC1F30KE902117"
VIN = f"{PLAIN[:8]}{check_digit(PLAIN)}{PLAIN[9:]}"
TOLD = {
    "exterior_color": "Lunar Silver",
    "mileage": "41,250",
    "condition_grade": "4.2",
    "disclosures": "Stone chips on the hood.",
    "description": "One owner, all services at the dealer.",
    "title_state": "MN",
    "city": "Saint Paul",
    "state": "MN",
    "zip": "55102",
    "start_cents": "5,000",
}


def test_a_car_goes_from_its_vin_to_a_live_auction(journey_town: Town, tmp_path: Path) -> None:
    with chromium() as browser:
        sam = visitor(browser, journey_town, tmp_path)
        sam.sign_in(journey_town.citizen(Role.SELLER))
        listing = begin(sam)
        add_photo(sam, listing)
        fill_in(sam, listing)
        amy = visitor(browser, journey_town, tmp_path)
        come_in_as_staff(amy, journey_town)
        approve(amy, listing)
        lot = schedule(sam, listing)
        journey_town.until_status(lot, "live")
        ada = visitor(browser, journey_town, tmp_path)
        ada.open_lot(lot)
        expect(ada.page.get_by_role("heading", level=1)).to_contain_text("2019 Honda Civic")
        ada.is_live()
        ada.shoot("live")
        assert [each.complaints for each in (sam, amy, ada)] == [[], [], []]


def begin(sam: Visitor) -> str:
    """From the menu to the draft, with what the decoder knows; gives the listing's path."""
    page = sam.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Sell").click()
    page.get_by_role("link", name="List a car").first.click()
    page.get_by_label("VIN").fill(VIN.lower())
    page.get_by_role("button", name="Look it up").click()
    sam.shoot("decoded")
    page.get_by_role("button", name="Begin this listing").click()
    page.wait_for_url(re.compile(r"/sell/\d+\?done=begun"))
    expect(page.get_by_label("Make", exact=True)).to_have_value("Honda")
    return page.url.removeprefix(sam.site).partition("?")[0]


def add_photo(sam: Visitor, listing: str) -> None:
    """One photo, straight to the store, until it is checked."""
    page = sam.page
    page.get_by_role("link", name="Add photos").click()
    page.locator("#files").set_input_files({"name": "front.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.locator("[data-photo][data-state=ready]")).to_have_count(1, timeout=30_000)
    page.goto(f"{sam.site}{listing}")
    expect(page.locator("[data-photo-state=ready] img")).to_have_count(1)


def fill_in(sam: Visitor, listing: str) -> None:
    """What the decoder does not know; it saves itself, and is then sent in."""
    page = sam.page
    for name, text in TOLD.items():
        page.locator(f"#{name}").fill(text)
    page.locator("#title_status").select_option("clean")
    page.locator("#light-green").check()
    expect(page.locator("[data-said]")).to_have_text("Saved.")
    page.goto(f"{sam.site}{listing}")
    expect(page.locator("#missing")).to_contain_text("Nothing is missing")
    sam.shoot("complete")
    page.get_by_role("button", name="Save and send in").click()
    expect(page.locator("[data-standing]")).to_have_attribute("data-standing", "submitted")


def come_in_as_staff(amy: Visitor, town: Town) -> None:
    """Sign in, and set up the app that the staff has to have."""
    page, citizen = amy.page, town.citizen(Role.ADMIN)
    with transaction(town.engine) as connection:
        people.note_verified(connection, citizen.id, truncate(datetime.now(UTC)))
    page.goto(f"{amy.site}/sign-in")
    page.get_by_label("E-mail").fill(citizen.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(re.escape(f"{amy.site}/") + "(?!sign-in)"))
    page.goto(f"{amy.site}/account/security")
    page.locator("#app-password").fill(PASSWORD)
    page.get_by_role("button", name="Set up an authenticator app").click()
    secret = page.locator("code").first.inner_text()
    page.get_by_label("Code of the app").fill(code_at(secret, datetime.now(UTC)))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def approve(amy: Visitor, listing: str) -> None:
    """Read it in the queue and approve it."""
    page, number = amy.page, listing.rpartition("/")[2]
    eventually(lambda: page.goto(f"{amy.site}/admin/listings") and page.locator("[data-listing]").count() > 0)
    page.locator(f"[data-listing='{number}']").get_by_role("link", name=re.compile("Review")).click()
    expect(page.locator("tr[data-field=mileage]")).to_contain_text("41,250")
    amy.shoot("review")
    page.get_by_role("button", name=re.compile("Approve version")).click()
    page.wait_for_url(re.compile("done=approve"))


def schedule(sam: Visitor, listing: str) -> int:
    """Put it up at once; gives the auction."""
    page = sam.page
    page.goto(f"{sam.site}{listing}")
    page.get_by_label("It runs for").select_option("3")
    page.get_by_role("button", name="Schedule the auction").click()
    page.wait_for_url(re.compile("done=scheduled"))
    sam.shoot("scheduled")
    href = page.locator("#auction a[href^='/auctions/']").first.get_attribute("href")
    assert href is not None
    return int(href.rpartition("/")[2])
