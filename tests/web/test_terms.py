"""The terms: the text of today's version says what the rules do, and a text that was accepted never changes."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from domain import accounts, order_deadlines, purchases, second_chance, sellers, steering
from domain.accounts import TERMS_VERSION
from tests.web.conftest import Browser
from tests.web.samples import BUYER, frame
from web.formats import BUYER_FEE, money
from web.pages import Pages
from web.terms_views import VERSIONS, Terms, terms_link

TEXTS = Path(__file__).parents[2] / "web/templates/terms"
# The words of each version as people have accepted them. A line is added for a new version; none is ever changed.
WORDS = {"2026-11": "db55c38081776659d1231404d389028629d98bf65ff7b7f83a4162ed22566002"}


def text_of(browser: Browser, pages: Pages, version: str = TERMS_VERSION) -> str:
    return browser.read(pages.terms(Terms(frame(BUYER, terms_link(version)), version))).one("main").text


def test_the_version_that_the_rules_ask_for_has_a_text() -> None:
    assert VERSIONS[-1] == TERMS_VERSION


def test_every_version_keeps_its_words() -> None:
    found = {path.stem: sha256(path.read_bytes()).hexdigest() for path in TEXTS.iterdir()}

    assert found == WORDS
    assert sorted(found) == list(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_is_a_page_of_its_own(browser: Browser, pages: Pages, version: str) -> None:
    text = text_of(browser, pages, version)

    assert f"Version {version}" in text
    assert ("holds today" in text) == (version == TERMS_VERSION)


def test_the_text_of_today_says_the_figures_that_the_rules_go_by(browser: Browser, pages: Pages) -> None:
    text, days = text_of(browser, pages), order_deadlines.PaymentTerms(charge_agreed=True)

    assert [
        said
        for said in (
            f"may have {money(accounts.CARD_LIMIT_CENTS)} at stake",
            f"{money(accounts.DEPOSIT_LEAST_CENTS)} to {money(accounts.DEPOSIT_MOST_CENTS)} counts ten times",
            f"{BUYER_FEE.basis_points // 100} % of that price, at least {money(BUYER_FEE.least_cents)}",
            f"at most {money(BUYER_FEE.most_cents)}",
            f"within {steering.RETRACT_WITHIN.seconds} seconds",
            f"day {days.remind_days}. Where you agreed to it",
            f"end of day {days.charge_days}. After day {days.late_fee_days}",
            f"After day {days.default_days} you are in default",
            f"reserves the vehicle for {purchases.RESERVED_FOR // timedelta(minutes=1)} minutes",
            f"each for {second_chance.STANDS_FOR // timedelta(hours=1)} hours",
        )
        if said not in text
    ] == []
    assert (accounts.DEPOSIT_TIMES, accounts.CARD_LOTS, second_chance.MOST_ASKED, sellers.PRIVATE_MOST) == (10, 2, 3, 5)
    assert timedelta(hours=1) == steering.RETRACT_BEFORE_END


def test_every_page_leads_to_the_terms(browser: Browser, pages: Pages) -> None:
    page = browser.read(pages.terms(Terms(frame(), TERMS_VERSION)))

    assert page.one("footer").one("a", href="/terms").text == "Terms"
