"""Who may try a card or open the identity check, and how often: the vendors are no oracle for stolen cards."""

from typing import Any

import pytest
from httpx import Response
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.tables import users
from api.onboarding_limits import CARD_ADDRESS_LIMIT, CARD_LIMIT, IDENTITY_LIMIT
from tests.api.conftest import House
from tests.api.newcomer import CARD, Onboarding, open_onboarding, page
from workflows.account_messages import CardResult


@pytest.fixture
def site(house: House) -> Onboarding:
    return open_onboarding(house)


def told(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def cards(site: Onboarding, name: str, times: int) -> list[Response]:
    browser = await site.house.browser(name)
    return [await browser.post("/api/me/card", json=CARD) for _ in range(times)]


@pytest.mark.parametrize(("path", "body"), [("/api/me/card", CARD), ("/api/me/identity", None)])
async def test_who_has_not_confirmed_their_address_tries_nothing(site: Onboarding, path: str, body: Any) -> None:
    with transaction(site.house.engine) as connection:
        connection.execute(update(users).where(users.c.id == site.ada).values(email_verified_at=None))
    browser = await site.house.browser("ada")

    assert told(await browser.post(path, json=body)) == (403, "EMAIL_NOT_VERIFIED")
    assert (await page(browser, "POST", "/account/identity")).status_code == 403
    assert site.door.wishes == []


async def test_a_person_tries_few_cards_an_hour_and_others_still_may(site: Onboarding) -> None:
    site.door.card = CardResult("declined", "2")
    answers = await cards(site, "ada", CARD_LIMIT.tries + 1)
    others = await cards(site, "bob", 1)

    assert [told(each) for each in answers[:-1]] == [(409, "CARD_DECLINED")] * CARD_LIMIT.tries
    assert told(answers[-1]) == (429, "TOO_MANY_TRIES")
    assert 0 < int(answers[-1].headers["retry-after"]) <= CARD_LIMIT.window_s
    assert "cards" in answers[-1].json()["detail"]
    assert told(others[0]) == (409, "CARD_DECLINED")
    assert len(site.door.wishes) == CARD_LIMIT.tries + 1


async def test_many_people_at_one_address_try_no_more_cards_than_it_may(site: Onboarding) -> None:
    names = ("ada", "bob", "eve", "sam")
    answers = [each for name in names for each in await cards(site, name, CARD_LIMIT.tries)]
    (late,) = await cards(site, "sue", 1)

    assert len(answers) == CARD_ADDRESS_LIMIT.tries
    assert {each.status_code for each in answers} == {200}
    assert told(late) == (429, "TOO_MANY_TRIES")


async def test_links_into_the_identity_check_are_counted_for_forms_and_machines_together(site: Onboarding) -> None:
    browser = await site.house.browser("ada")
    answers = [await browser.post("/api/me/identity") for _ in range(IDENTITY_LIMIT.tries - 1)]
    form = await page(browser, "POST", "/account/identity")
    late = [await browser.post("/api/me/identity"), await page(browser, "POST", "/account/identity")]

    assert {each.status_code for each in (*answers, form)} == {200}
    assert {each.status_code for each in late} == {429}
    assert all(0 < int(each.headers["retry-after"]) <= IDENTITY_LIMIT.window_s for each in late)
    assert len(site.door.wishes) == IDENTITY_LIMIT.tries


async def test_the_limits_hold_while_redis_is_away(site: Onboarding) -> None:
    site.house.redis_server.connected = False
    answers = await cards(site, "ada", CARD_LIMIT.tries + 1)

    assert [each.status_code for each in answers] == [200] * CARD_LIMIT.tries + [429]
