"""The pages of being cleared: forms that work without scripts, and the one page that loads the vendor's."""

from dataclasses import replace

import pytest

from api.onboarding_limits import IDENTITY_READ_LIMIT
from domain.accounts import TERMS_VERSION
from tests.api.conftest import House
from tests.api.newcomer import DETAILS, Onboarding, open_onboarding, page


@pytest.fixture
def site(house: House) -> Onboarding:
    return open_onboarding(house)


async def test_the_account_page_holds_a_form_for_each_thing_to_do(site: Onboarding) -> None:
    answer = await page(await site.house.browser("ada"), "GET", "/account")

    for action in ("/account/identity", "/account/details", "/account/terms"):
        assert f'action="{action}"' in answer.text
    assert 'href="/account/card"' in answer.text
    assert "vendor" not in answer.headers["content-security-policy"]


async def test_the_identity_form_answers_with_the_link(site: Onboarding) -> None:
    answer = await page(await site.house.browser("ada"), "POST", "/account/identity")

    assert 'href="https://vendor.example/verify?code=us1-x"' in answer.text


async def test_the_way_back_from_the_identity_check_asks_and_believes_nothing(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    answer = await page(browser, "GET", "/account/identity?inquiry-id=inq_9&status=approved")

    assert answer.status_code == 200
    assert "We are checking" in answer.text
    assert site.door.signals == {"identity_event": 1}
    assert site.account().inquiry_id is None


async def test_the_identity_service_is_asked_once_in_half_a_minute_for_each_account(site: Onboarding) -> None:
    ada, again, bob = [await site.house.browser(name) for name in ("ada", "ada", "bob")]
    first = await page(ada, "GET", "/account/identity")
    others = [await page(each, "GET", "/account/identity") for each in (ada, again, ada)]

    assert "We are checking" in first.text
    assert all((each.status_code, "every 30 seconds" in each.text) == (200, True) for each in others)
    assert site.door.signals == {"identity_event": 1}
    assert "We are checking" in (await page(bob, "GET", "/account/identity")).text
    assert site.door.signals == {"identity_event": 2}


async def test_the_identity_service_is_asked_again_after_half_a_minute(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    await page(browser, "GET", "/account/identity")
    left_s = await site.house.services.redis.ttl(f"limit:{IDENTITY_READ_LIMIT.name}:{site.ada}")
    await site.house.services.redis.flushall()

    assert 0 < left_s <= 30
    assert "We are checking" in (await page(browser, "GET", "/account/identity")).text


async def test_details_and_terms_work_as_forms(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    details = await page(browser, "POST", "/account/details", **DETAILS)
    terms = await page(browser, "POST", "/account/terms", version=TERMS_VERSION)

    assert [(each.status_code, each.headers["location"]) for each in (details, terms)] == [(303, "/account")] * 2
    assert site.account().facts.terms_version == TERMS_VERSION


async def test_a_form_with_a_slip_comes_back_as_it_was_filled_in(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    answer = await page(browser, "POST", "/account/details", **{**DETAILS, "zip": "55", "street": "12 Elm St"})

    assert answer.status_code == 422
    assert "Please check: zip." in answer.text
    assert 'value="12 Elm St"' in answer.text


async def test_a_page_tells_people_to_come_back_too(site: Onboarding) -> None:
    site.door.away = True
    browser = await site.house.browser("ada")
    forms: list[tuple[str, dict[str, str]]] = [
        ("/account/identity", {}),
        ("/account/details", DETAILS),
        ("/account/terms", {"version": TERMS_VERSION}),
        ("/account/card/remove", {}),
    ]
    answers = [await page(browser, "POST", path, **form) for path, form in forms]
    answers.append(await page(browser, "GET", "/account/identity"))

    assert {(each.status_code, each.headers["retry-after"]) for each in answers} == {(503, "5")}


async def test_only_the_card_page_may_load_the_vendors_form(site: Onboarding) -> None:
    form = replace(site.house.services.hosted_form, script_url="https://js.vendor.example/v3/AcceptUI.js")
    site.house.services.hosted_form = form
    answer = await page(await site.house.browser("ada"), "GET", "/account/card")
    policy = answer.headers["content-security-policy"]

    assert 'src="https://js.vendor.example/v3/AcceptUI.js"' in answer.text
    assert f'data-apiLoginID="{form.login_id}"' in answer.text
    assert "script-src 'self' https://js.vendor.example;" in policy
    assert "frame-src https://js.vendor.example;" in policy
    assert "unsafe" not in policy


async def test_a_removed_card_leads_back_to_the_account(site: Onboarding) -> None:
    site.complete()
    answer = await page(await site.house.browser("ada"), "POST", "/account/card/remove")

    assert (answer.status_code, site.account().card.payment_profile_id) == (303, None)


async def test_who_accepts_the_terms_can_read_the_version_that_they_accept(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    account = await page(browser, "GET", "/account")
    checklist = (await browser.get("/api/me/checklist")).json()
    terms = await page(site.house.client(**{"X-CSRF-Token": ""}), "GET", checklist["terms_link"])

    assert f'href="{checklist["terms_link"]}"' in account.text
    assert f'value="{TERMS_VERSION}"' in account.text
    assert (terms.status_code, f'data-terms-version="{TERMS_VERSION}"' in terms.text) == (200, True)


async def test_the_terms_are_for_everybody_by_version_and_as_they_are_today(site: Onboarding) -> None:
    stranger = site.house.client(Accept="text/html")
    answers = [await stranger.get(path) for path in ("/terms", f"/terms/{TERMS_VERSION}", "/terms/2020-01")]

    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert all(f"Version {TERMS_VERSION}" in answer.text for answer in answers[:2])
    assert 'href="/terms"' in (await stranger.get("/register")).text


async def test_terms_of_another_day_are_refused_with_where_todays_are(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    answer = await browser.post("/api/me/terms", json={"version": "2020-01"})

    assert (answer.status_code, answer.json()["terms_link"]) == (409, f"/terms/{TERMS_VERSION}")
