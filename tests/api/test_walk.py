"""Every route, walked as everybody whom it is not for: denied before anything is read or done."""

import re

import pytest
from httpx import AsyncClient

from activities.db import people
from activities.db.engine import reading
from api.routes import audiences
from api.security import RULES, Audience
from tests.api.conftest import House

# eve is not cleared to bid, sam sells, sue supports, amy administers.
EVERYBODY = ("anonymous", "eve", "ada", "sam", "sue", "amy")
PARAMETER = re.compile(r"\{[^}]+\}")


async def asker(house: House, name: str) -> AsyncClient:
    """A client of that person, who has just shown that it is them."""
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


async def test_another_buyer_sees_nothing_of_ones_own(house: House) -> None:
    mine, other = await house.browser("ada"), await house.browser("bob")
    made = (await mine.post("/api/me/tokens", json={"name": "bot", "scopes": ["read"]})).json()
    assert (await other.delete(f"/api/me/tokens/{made['id']}")).json()["code"] == "TOKEN_NOT_FOUND"
    sessions = (await mine.get("/auth/sessions")).json()["items"]
    gone = await other.delete(f"/auth/sessions/{sessions[0]['id']}")
    assert gone.json()["code"] == "SESSION_NOT_FOUND"
    assert (await mine.get("/auth/me")).status_code == 200
