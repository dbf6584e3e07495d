"""The pages of being cleared, in every state of every step."""

from typing import Any

import pytest

from domain.accounts import Card, Facts, Identity, Item, State, Step, checklist
from tests.web.conftest import Browser, Element
from tests.web.samples import BUYER, NOW, frame
from web import onboarding_words as words
from web.onboarding_views import Account
from web.onboarding_views import Card as CardPage
from web.pages import Pages

HOSTILE = "\"><script>alert('x')</script>"


def item(step: Step, state: State = State.DONE, code: str = "") -> dict[str, str]:
    return {
        "step": step.value,
        "title": words.STEP[step],
        "state": state.value,
        "code": code,
        "to_do": words.to_do(code),
    }


def account_page(browser: Browser, pages: Pages, *changed: dict[str, str], **more: Any) -> Element:
    items = [item(step) for step in Step]
    for each in changed:
        items[[one["step"] for one in items].index(each["step"])] = each
    card = {"brand": "Visa", "last4": "1111", "expires": "2031-12"}
    view: dict[str, Any] = {
        "frame": frame(BUYER, "/account"),
        "checklist": {
            "items": items,
            "card": card,
            "terms_version": "2026-11",
            "terms_link": "/terms/2026-11",
        },
        "eligibility": {"sentence": "You are cleared to $10,000."},
    }
    return browser.read(pages.onboarding(Account(**(view | more))))


def every_item() -> list[Item]:
    """Each line that the rules can write."""
    facts = [Facts(identity=identity, card=card) for identity, card in zip(Identity, [*Card] * 3, strict=False)]
    facts += [
        Facts(email_verified=True, details_given=True, terms_version="old"),
        Facts(details_given=True, legal_matches=False),
        Facts(card=Card.STORED, card_expires=(2020, 1)),
        Facts(identity=Identity.APPROVED, identity_expires_at=NOW),
    ]
    return list({line for each in facts for line in checklist(each, NOW)})


@pytest.mark.parametrize("line", every_item(), ids=lambda line: f"{line.step}-{line.code or 'done'}")
def test_every_line_says_what_it_is_and_what_to_do(browser: Browser, pages: Pages, line: Item) -> None:
    page = account_page(browser, pages, item(line.step, line.state, line.code))
    shown = page.one("section", data_step=line.step.value)

    assert words.STEP[line.step] in shown.text
    assert words.STATE[line.state] in shown.text
    assert words.to_do(line.code) in shown.text


def test_what_is_done_asks_for_nothing(browser: Browser, pages: Pages) -> None:
    page = account_page(browser, pages)

    assert page.all("form", action="/account/identity") == []
    assert page.all("form", action="/account/terms") == []
    assert "ending in 1111" in page.text


def test_a_form_comes_back_with_what_was_typed_and_nothing_breaks_out_of_it(browser: Browser, pages: Pages) -> None:
    page = account_page(browser, pages, details={"street": HOSTILE, "state": "MN"}, error="Please check: zip.")

    assert page.one("input", id="street").attributes["value"] == HOSTILE
    assert page.one("input", id="zip").attributes.get("value") is None
    assert "Please check: zip." in page.text


def test_the_card_page_has_no_field_for_a_card(browser: Browser, pages: Pages) -> None:
    view = CardPage(frame(BUYER, "/account/card"), "/static/js/page.js", "login", "client-key")
    page = browser.read(pages.onboarding(view))
    names = {each.attributes.get("name") for each in page.all("input")}
    button = page.one("button", class_="btn btn-primary btn-lg AcceptUI")

    assert names == {"csrf_token", "first_name", "last_name", "address", "city", "state", "zip"}
    assert button.attributes["data-responsehandler"] == "cardAnswered"
    assert button.attributes["data-clientkey"] == "client-key"
