"""Every route, walked as everybody whom it is not for: denied before anything is read or done."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from httpx import AsyncClient

from activities.db import people
from activities.db.engine import reading, transaction
from api.routes import audiences
from api.security import RULES, Audience
from tests.api.conftest import House
from tests.api.floor import open_floor
from tests.api.newcomer import CARD, complete_but_unverified, open_onboarding, page
from tests.db.market import add_person

# uma has not confirmed her e-mail address, eve is not cleared to bid, sam and sid sell, sue supports, amy administers.
EVERYBODY = ("anonymous", "uma", "eve", "ada", "bob", "sam", "sid", "sue", "amy")
# What waits for a confirmed address, with a body that is right but for that.
CONFIRMED_ONLY: Mapping[tuple[str, str], Mapping[str, Any] | None] = MappingProxyType(
    {
        ("POST", "/api/me/tokens"): {"name": "bot", "scopes": ["read"]},
        ("POST", "/api/me/identity"): None,
        ("POST", "/api/me/card"): CARD,
    }
)
PARAMETER = re.compile(r"\{[^}]+\}")


async def asker(house: House, name: str) -> AsyncClient:
    """A client of that person, who has just shown that it is them; uma and sid come by for the first time."""
    if name == "uma":
        with transaction(house.engine) as connection:
            house.people[name] = add_person(connection, "uma@example.com", can_bid=False)
    if name == "sid":
        open_floor(house)
    return house.client() if name == "anonymous" else await house.browser(name)


def refusal(house: House, name: str, audience: Audience) -> str | None:
    """The code with which this person is turned away; None where the route is for them."""
    if audience is Audience.PUBLIC:
        return None
    if name == "anonymous":
        return "NOT_SIGNED_IN"
    with reading(house.engine) as connection:
        person = people.person(connection, house.people[name])
    assert person is not None
    return None if RULES[audience].admits(person) else RULES[audience].code


@pytest.mark.parametrize("name", EVERYBODY)
async def test_whom_a_route_is_not_for_is_denied_by_every_method(house: House, name: str) -> None:
    client = await asker(house, name)
    wrong: list[str] = []
    denied = 0
    for methods, path, audience in audiences(house.app):
        code = refusal(house, name, audience)
        for method in sorted(methods - {"HEAD", "OPTIONS"}) if code else ():
            answer = await client.request(method, PARAMETER.sub("1", path), json={})
            denied += 1
            if answer.status_code not in {401, 403} or answer.json()["code"] != code:
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []
    assert denied > (0 if name == "amy" else 20)


async def test_who_has_not_confirmed_their_address_costs_no_vendor_anything_and_gets_no_token(house: House) -> None:
    site = open_onboarding(house)
    client = await asker(house, "uma")
    for (method, path), body in CONFIRMED_ONLY.items():
        answer = await client.request(method, path, json=body)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 403, "EMAIL_NOT_VERIFIED")
    page_of_check = await page(client, "POST", "/account/identity")
    token = await page(client, "POST", "/account/tokens", name="bot", scopes="read")
    assert [each.status_code for each in (page_of_check, token)] == [403, 403]
    assert (site.door.wishes, site.door.signals) == ([], {})
    assert (await client.get("/api/me/tokens")).json()["items"] == []


async def test_who_has_not_confirmed_their_address_is_not_cleared_whatever_else_they_have(house: House) -> None:
    await asker(house, "uma")
    complete_but_unverified(house, "uma@example.com")
    with reading(house.engine) as connection:
        uma = people.person(connection, house.people["uma"])
    assert uma is not None
    assert (uma.email_verified, uma.can_bid) == (False, False)
    assert refusal(house, "uma", Audience.BIDDER) == "NOT_APPROVED_TO_BID"
