"""What is one person's own is nobody else's: every route that names such a thing, tried as another buyer or seller."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from activities.db.account_tables import accounts
from activities.db.engine import reading
from api.routes import about, audiences
from api.security import RULES, Audience, SignedIn
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor
from tests.api.owners import OWNED as FIRST
from tests.api.owners import SHARED as FIRST_SHARED
from tests.api.owners import Facts
from tests.api.owners_of_sales import SALES, SHARED_SALES

Route = tuple[str, str]
OWNED, SHARED = {**FIRST, **SALES}, {**FIRST_SHARED, **SHARED_SALES}
PERSONAL = frozenset({Audience.ACCOUNT, Audience.SIGNED_IN, Audience.BROWSER, Audience.BIDDER, Audience.SELLER})
# When somebody was last seen changes by asking.
SEEN = frozenset({"last_seen_at", "last_used_at"})


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


def personal(app: FastAPI) -> dict[Route, Audience]:
    """The routes for persons, of their own kind of audience."""
    return {
        (method, path): audience
        for methods, path, audience in audiences(app)
        for method in methods - {"HEAD", "OPTIONS"}
        if audience in PERSONAL
    }


def unlisted(app: FastAPI) -> set[Route]:
    """Routes for persons with a parameter of which nobody has said whose it is."""
    return {route for route in personal(app) if "{" in route[1]} - set(OWNED) - set(SHARED)


def everything(floor: Floor) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    with reading(floor.house.engine) as connection:
        return {
            table.name: [
                {name: value for name, value in row.items() if name not in SEEN}
                for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in accounts.metadata.sorted_tables
        }


async def ask(client: AsyncClient, route: Route, found: Facts) -> Response:
    method, path = route
    headers = {"Idempotency-Key": "a-key", **OWNED[route].headers()}
    own: dict[str, Any] = {OWNED[route].sent_as: OWNED[route].body(found)}
    return await client.request(method, path.format(**found), headers=headers, params=found.get("query"), **own)


def test_of_every_route_with_a_parameter_it_is_said_whose_that_is(house: House) -> None:
    assert unlisted(house.app) == set()
    assert (set(OWNED) | set(SHARED)) - set(personal(house.app)) == set()
    assert set(OWNED) & set(SHARED) == set()


def test_a_new_route_is_noticed() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/api/me/diaries/{diary_id}", **about(Audience.SIGNED_IN))
    async def diary(person: SignedIn, diary_id: int) -> None:
        """Somebody's own."""

    assert unlisted(app) == {("GET", "/api/me/diaries/{diary_id}")}


@pytest.mark.parametrize("route", OWNED, ids=" ".join)
async def test_what_is_ones_own_nobody_else_reaches(floor: Floor, route: Route) -> None:
    own = OWNED[route]
    found = await own.make(floor)
    rule = RULES[personal(floor.house.app)[route]]
    for name in own.others:
        client = await floor.client(name)
        before = everything(floor)
        answer = await ask(client, route, found)
        assert (name, answer.status_code) in {(name, 403), (name, 404)}, answer.text
        assert answer.json()["code"] in {own.code, rule.code}, name
        assert everything(floor) == before, name
    answer = await ask(await floor.client(own.owner), route, found)
    assert answer.status_code not in {401, 403, 404, 422}, answer.text


async def test_exports_and_lists_of_ones_own_hold_nothing_of_anybody_else(floor: Floor) -> None:
    for make in {own.make for own in OWNED.values() if own.owner == "ada"}:
        await make(floor)
    mine, lists = floor.person("ada"), ("/api/me/tokens", "/auth/sessions", "/auth/passkeys", "/api/me/deposits")
    for path in lists:
        ids = {each["id"] for each in (await floor.get("ada", path)).json()["items"]}
        others = {each["id"] for each in (await floor.get("bob", path)).json()["items"]}
        assert (bool(ids), ids & others) == (True, set()), path
    exported = (await floor.get("bob", "/api/me/export")).json()["data"]
    assert {row["id"] for row in exported["users"]} == {floor.person("bob")}
    assert mine not in {row.get("user_id") for rows in exported.values() for row in rows}
