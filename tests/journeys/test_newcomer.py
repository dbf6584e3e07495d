"""A newcomer in Chromium: from signing up, past the mail, the identity check and the card, to a bid that stands."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import CHROMIUM, Visitor, chromium, visitor
from tests.journeys.town import PASSWORD, START_CENTS, Town, eventually

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium is installed"),
]

EMAIL = "nora.newcomer@example.com"
CARD = {
    "Card number": "4111 1111 1111 1111",
    "Expiry": "12/31",
    "Security code": "900",
    "Zip code": "55102",
    "First name": "Nora",
    "Last name": "Newcomer",
}
HOME = {"#street": "12 Summit Avenue", "#city": "Saint Paul", "#state": "MN", "#zip": "55102"}


def test_a_newcomer_signs_up_is_verified_and_bids(journey_town: Town, tmp_path: Path) -> None:
    lot = journey_town.lot(length_s=600)
    with chromium() as browser:
        nora = visitor(browser, journey_town, tmp_path)
        sign_up(nora, journey_town)
        nora.page.goto(f"{nora.site}/account")
        stands(nora, identity="missing", card="missing", details="missing", terms="missing")
        pass_identity_check(nora)
        give_card(nora)
        give_details(nora)
        nora.page.get_by_role("button", name=re.compile("I accept the terms")).click()
        stands(nora, email="done", identity="done", card="done", details="done", terms="done")
        expect(nora.page.locator(".lead-line")).to_contain_text("$10,000")
        nora.shoot("cleared")
        journey_town.until_status(lot, "live")
        eventually(lambda: may_bid(nora, lot))
        nora.is_live()
        nora.bid(START_CENTS // 100)
        eventually(lambda: journey_town.get(f"/api/auctions/{lot}").json()["bid_count"] == 1)
        assert nora.complaints == []


def may_bid(nora: Visitor, lot: int) -> bool:
    """Whether the lot's page has a form to bid with; a process believes a sign-in for five seconds."""
    nora.open_lot(lot)
    return nora.page.locator("#amount").count() > 0


def sign_up(nora: Visitor, town: Town) -> None:
    page = nora.page
    page.goto(f"{nora.site}/register")
    page.get_by_label("Your name").fill("Nora Newcomer")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.goto(mailed_link(town, nora.site))
    page.get_by_role("main").get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("verified|confirmed|thank", re.IGNORECASE))
    page.goto(f"{nora.site}/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{nora.site}/")


def mailed_link(town: Town, site: str) -> str:
    """The link in the newest mail, on the site that the browser is on."""

    def look() -> str | None:
        found = httpx.get(f"{town.stack.sandbox_urls['sendgrid']}/_sandbox/messages", params={"to": EMAIL}).json()
        links = re.findall(r"https?://[^\s/]+(/verify-email#[\w-]+)", str(found))
        return links[-1] if links else None

    link = eventually(look)
    assert link is not None
    return site + link


def stands(nora: Visitor, **states: str) -> None:
    """Wait until the checklist reads so; the page is loaded again while somebody else is still at it."""

    def look() -> bool:
        nora.page.goto(f"{nora.site}/account")
        found = {name: nora.page.locator(f"[data-step={name}]").get_attribute("data-state") for name in states}
        return found == states

    assert eventually(look)


def pass_identity_check(nora: Visitor) -> None:
    page = nora.page
    page.get_by_role("button", name="Start the check").click()
    page.get_by_role("link", name="Go to the identity check").click()
    page.get_by_role("button", name="Pass").click()
    page.wait_for_url(re.compile(re.escape(f"{nora.site}/account")))
    stands(nora, identity="done")
    nora.shoot("identity")


def give_card(nora: Visitor) -> None:
    page: Page = nora.page
    page.get_by_role("link", name="Add a card").click()
    page.locator("#first_name").fill("Nora")
    page.locator("#last_name").fill("Newcomer")
    page.locator("#address").fill("12 Summit Avenue")
    page.locator("#city").fill("Saint Paul")
    page.locator("#state").fill("MN")
    page.locator("#zip").fill("55102")
    page.get_by_role("button", name="Type the card").click()
    form = page.frame_locator("iframe")
    for label, text in CARD.items():
        form.get_by_label(label).fill(text)
    nora.shoot("card")
    form.get_by_role("button", name="Use this card").click()
    page.wait_for_url(f"{nora.site}/account")


def give_details(nora: Visitor) -> None:
    page = nora.page
    page.locator("#first_name").fill("Nora")
    page.locator("#last_name").fill("Newcomer")
    for place, text in HOME.items():
        page.locator(place).fill(text)
    page.get_by_role("button", name="Save").click()
    stands(nora, details="done")
