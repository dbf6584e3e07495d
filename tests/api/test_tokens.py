"""Bearer tokens: what they may do, for how long, and who may make them."""

from datetime import timedelta

import pytest

from api.database import now
from api.security import STEP_UP_LIFE
from domain.clock import from_text
from tests.api.conftest import House
from tests.api.sign_ins import session_headers


async def test_a_token_speaks_for_its_owner_without_csrf(house: House) -> None:
    machine = await house.machine("ada", "read")
    assert (await machine.get("/auth/me")).json()["user"]["name"] == "Ada"


async def test_a_token_without_the_scope_is_refused_and_told_which(house: House) -> None:
    machine = await house.machine("ada", "sell")
    answer = await machine.get("/auth/me")
    assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "SCOPE_MISSING", "read")


async def test_a_token_makes_no_tokens(house: House) -> None:
    machine = await house.machine("ada", "read", "bid", "sell", "admin")
    answer = await machine.post("/api/me/tokens", json={"name": "more", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "BROWSER_ONLY")


async def test_a_revoked_token_stops_at_once(house: House) -> None:
    browser = await house.browser("ada")
    made = (await browser.post("/api/me/tokens", json={"name": "bot", "scopes": ["read"]})).json()
    machine = house.client(Authorization=f"Bearer {made['token']}")
    assert (await machine.get("/auth/me")).status_code == 200
    assert (await browser.delete(f"/api/me/tokens/{made['id']}")).status_code == 204
    assert (await machine.get("/auth/me")).json()["code"] == "INVALID_TOKEN"


async def test_the_list_never_shows_a_secret(house: House) -> None:
    browser = await house.browser("ada")
    await browser.post("/api/me/tokens", json={"name": "bot", "scopes": ["bid", "read"], "expires_in_days": 30})
    (item,) = (await browser.get("/api/me/tokens")).json()["items"]
    assert (item["name"], item["scopes"]) == ("bot", ["bid", "read"])
    assert "token" not in item


async def test_nobody_revokes_the_token_of_another(house: House) -> None:
    ada, bob = await house.browser("ada"), await house.browser("bob")
    made = (await ada.post("/api/me/tokens", json={"name": "bot", "scopes": ["read"]})).json()
    assert (await bob.delete(f"/api/me/tokens/{made['id']}")).json()["code"] == "TOKEN_NOT_FOUND"


async def test_one_person_has_at_most_twenty(house: House) -> None:
    browser = await house.browser("ada")
    body = {"name": "bot", "scopes": ["read"]}
    codes = [(await browser.post("/api/me/tokens", json=body)).status_code for _ in range(21)]
    assert codes == [201] * 20 + [409]


async def test_a_token_ends_after_ninety_days_where_nothing_else_is_said(house: House) -> None:
    browser = await house.browser("ada")
    ends = []
    for days in ({}, {"expires_in_days": None}, {"expires_in_days": 365}):
        made = (await browser.post("/api/me/tokens", json={"name": "bot", "scopes": ["read"], **days})).json()
        ends.append(from_text(made["expires_at"]) - from_text(made["created_at"]))
    assert ends == [timedelta(days=90), timedelta(days=90), timedelta(days=365)]


@pytest.mark.parametrize("name", ["sue", "amy"])
async def test_a_token_of_the_staff_is_made_after_fresh_proof_alone_and_ends_within_a_day(
    house: House, name: str
) -> None:
    body = {"name": "bot", "scopes": ["read", "admin"]}
    browser = await house.browser(name)
    long = await browser.post("/api/me/tokens", json={**body, "expires_in_days": 2})
    wishes = (body, {**body, "expires_in_days": 1})
    made = [(await browser.post("/api/me/tokens", json=wish)).json() for wish in wishes]
    stale = house.client(**session_headers(house.engine, house.people[name], shown_at=now() - STEP_UP_LIFE))
    assert (long.status_code, long.json()["code"], long.json()["most_days"]) == (422, "TOKEN_TOO_LONG", 1)
    assert {from_text(each["expires_at"]) - from_text(each["created_at"]) for each in made} == {timedelta(days=1)}
    assert (await stale.post("/api/me/tokens", json=body)).status_code == 403
    assert 'max="1"' in (await browser.get("/account/security")).text


@pytest.mark.parametrize(
    ("name", "scope", "code"),
    [
        ("ada", "sell", "SELLERS_ONLY"),
        ("sue", "sell", "SELLERS_ONLY"),
        ("ada", "admin", "STAFF_ONLY"),
        ("sam", "admin", "STAFF_ONLY"),
        ("sam", "sell", ""),
        ("amy", "sell", ""),
        ("sue", "admin", ""),
        ("amy", "admin", ""),
    ],
)
async def test_a_token_has_no_scope_that_its_owners_role_has_no_use_for(
    house: House, name: str, scope: str, code: str
) -> None:
    browser = await house.browser(name)
    answer = await browser.post("/api/me/tokens", json={"name": "bot", "scopes": ["read", scope]})
    assert (answer.status_code, answer.json().get("code", "")) == (403 if code else 201, code)
    assert answer.json().get("scope", scope) == scope


@pytest.mark.parametrize("value", ["Bearer ht_wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 500, "ht_wrong"])
async def test_an_unknown_bearer_is_refused_even_where_anyone_may_look(house: House, value: str) -> None:
    answer = await house.client(Authorization=value).get("/api/auctions")
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "bot", "scopes": []}, "scopes"),
        ({"name": "bot", "scopes": ["root"]}, "scopes.0"),
        ({"name": "bot", "scopes": ["read"], "expires_in_days": 0}, "expires_in_days"),
        ({"name": "bot", "scopes": ["read"], "expires_in_days": "7"}, "expires_in_days"),
        ({"name": "bot", "scopes": ["read"], "expires_in_days": 366}, "expires_in_days"),
        ({"name": "bot", "scopes": ["read"], "owner": 2}, "owner"),
    ],
)
async def test_bad_input_names_the_field(house: House, body: dict[str, object], field: str) -> None:
    answer = await (await house.browser("ada")).post("/api/me/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert answer.json()["errors"][0]["field"] == field
