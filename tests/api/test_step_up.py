"""Stepping up: a stolen cookie makes no token, changes no address and acts for nobody of the staff."""

from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.tables import sessions, users
from api.database import now
from api.security import STEP_UP_LIFE, stepped_browser, stepped_seller
from tests.api.conftest import PASSWORD, House
from tests.api.sign_ins import app_code, session_headers

TOKEN = {"name": "bot", "scopes": ["read"]}
STEPPED = {stepped_browser, stepped_seller}
LATE = STEP_UP_LIFE + timedelta(seconds=1)


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def aged(house: House, name: str, by: timedelta) -> AsyncClient:
    """A session that showed who it is so long ago."""
    return house.client(**session_headers(house.engine, house.people[name], shown_at=now() - by))


async def test_a_fresh_password_makes_a_token_where_there_is_no_second_factor(house: House) -> None:
    client = await house.stranger("ada")
    refused = await client.post("/api/me/tokens", json=TOKEN)
    assert code_of(refused) == (403, "STEP_UP_REQUIRED")
    assert refused.json()["step_up"] == "/auth/step-up"
    assert code_of(await client.post("/auth/step-up", json={"password": "wrong"})) == (403, "WRONG_PASSWORD")
    assert (await client.post("/auth/step-up", json={"password": PASSWORD})).status_code == 200
    assert (await client.post("/api/me/tokens", json=TOKEN)).status_code == 201


async def test_a_proof_is_good_for_ten_minutes(house: House) -> None:
    young, old = aged(house, "ada", STEP_UP_LIFE - timedelta(minutes=1)), aged(house, "ada", LATE)
    assert (await young.post("/api/me/tokens", json=TOKEN)).status_code == 201
    assert code_of(await old.post("/api/me/tokens", json=TOKEN)) == (403, "STEP_UP_REQUIRED")


async def test_whoever_has_a_second_factor_shows_that_and_not_the_password(house: House) -> None:
    client = aged(house, "amy", LATE)
    answer = await client.post("/auth/step-up", json={"password": PASSWORD})
    assert code_of(answer) == (403, "STEP_UP_REQUIRED")
    assert answer.json()["methods"] == ["totp"]
    assert code_of(await client.post("/auth/step-up", json={"code": "000000"})) == (403, "WRONG_CODE")
    assert (await client.post("/auth/step-up", json={"code": app_code()})).status_code == 200
    assert (await client.post("/api/me/tokens", json=TOKEN)).status_code == 201


async def test_staff_read_for_long_but_act_with_fresh_proof_only(house: House) -> None:
    client = aged(house, "amy", LATE)
    assert (await client.get("/api/approvals")).status_code == 200
    body = {"reason": "a check of the papers"}
    answer = await client.post("/api/auctions/404/hold", json=body, headers={"Idempotency-Key": "key-1"})
    assert code_of(answer) == (403, "STEP_UP_REQUIRED")


async def test_a_bearer_token_of_an_admin_acts_without_stepping_up(house: House) -> None:
    machine = await house.machine("amy", "admin", "read")
    body = {"reason": "a check of the papers"}
    answer = await machine.post("/api/auctions/404/hold", json=body, headers={"Idempotency-Key": "key-1"})
    assert answer.json()["code"] == "AUCTION_NOT_FOUND"


async def test_what_another_process_was_shown_counts_at_once(house: House) -> None:
    client = await house.stranger("ada")
    assert (await client.get("/auth/me")).status_code == 200
    with transaction(house.engine) as connection:
        connection.execute(update(sessions).values(second_factor_at=now()))
    assert (await client.post("/api/me/tokens", json=TOKEN)).status_code == 201


async def test_a_code_that_signed_in_does_not_step_up(house: House) -> None:
    client, code = house.client(), app_code()
    half_way = await client.post("/auth/login", json={"email": "amy@example.com", "password": PASSWORD})
    signed_in = await client.post("/auth/second-factor", json={"ticket": half_way.json()["ticket"], "code": code})
    client.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
    assert code_of(await client.post("/auth/step-up", json={"code": code})) == (403, "WRONG_CODE")


@pytest.mark.parametrize("body", [{}, {"code": "123456", "password": "x"}, {"code": "1"}, {"credential": 7}])
async def test_exactly_one_proof_is_asked_for(house: House, body: dict[str, object]) -> None:
    answer = await (await house.stranger("ada")).post("/auth/step-up", json=body)
    assert code_of(answer) == (422, "INVALID_INPUT")


async def test_a_token_needs_an_address_that_is_the_persons_own(house: House) -> None:
    with transaction(house.engine) as connection:
        connection.execute(update(users).values(email_verified_at=None))
    answer = await (await house.browser("ada")).post("/api/me/tokens", json=TOKEN)
    assert code_of(answer) == (403, "EMAIL_NOT_VERIFIED")


def test_every_route_that_needs_fresh_proof_says_so(house: House) -> None:
    needing = [
        route
        for route in iter_route_contexts(house.app.routes)
        if {each.call for each in getattr(getattr(route, "dependant", None), "dependencies", ())} & STEPPED
    ]
    assert needing
    assert [route.path for route in needing if "STEP_UP_REQUIRED" not in str(route.responses)] == []
