"""Signing in and out, sessions, CSRF and the limits on guessing."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from activities.db.engine import reading, transaction
from activities.db.tables import sessions, users
from api.guesses import ACCOUNT_LIMIT
from tests.api.conftest import PASSWORD, SITE, House
from tests.db.market import NOON


async def login(client: AsyncClient, email: str = "ada@example.com", password: str = PASSWORD) -> tuple[int, str]:
    answer = await client.post("/auth/login", json={"email": email, "password": password})
    return answer.status_code, answer.json().get("code", "")


async def test_a_sign_in_sets_a_cookie_that_no_script_can_read(house: House) -> None:
    client = house.client()
    answer = await client.post("/auth/login", json={"email": "Ada@Example.com", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "ada@example.com"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await client.get("/auth/me")).json()["user"]["name"] == "Ada"


async def test_the_database_keeps_only_the_hash_of_the_cookie(house: House) -> None:
    client = await house.browser("ada")
    with reading(house.engine) as connection:
        kept = connection.execute(select(sessions.c.token_hash)).scalar_one()
    assert len(kept) == 64
    assert kept != client.cookies["session"]


async def test_a_wrong_password_and_an_unknown_address_answer_the_same(house: House) -> None:
    expected = (401, "WRONG_CREDENTIALS")
    assert await login(house.client(), password="wrong") == expected
    assert await login(house.client(), email="nobody@example.com") == expected


async def test_a_disabled_account_cannot_sign_in_and_loses_its_sessions(house: House) -> None:
    client = await house.browser("ada")
    with transaction(house.engine) as connection:
        connection.execute(update(users).where(users.c.id == house.people["ada"]).values(disabled_at=NOON))
    assert await login(house.client()) == (403, "ACCOUNT_DISABLED")
    assert (await client.get("/auth/me")).status_code == 401


async def test_guessing_is_slowed_down_and_says_for_how_long(house: House) -> None:
    for _ in range(ACCOUNT_LIMIT.tries):
        assert await login(house.client(), password="wrong") == (401, "WRONG_CREDENTIALS")
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_SIGN_INS")
    assert 0 < int(answer.headers["retry-after"]) <= ACCOUNT_LIMIT.window_s
    assert await login(house.client(), email="bob@example.com") == (200, "")


async def test_a_success_forgets_the_failures_before_it(house: House) -> None:
    for _ in range(3):
        for _ in range(ACCOUNT_LIMIT.tries - 1):
            await login(house.client(), password="wrong")
        assert await login(house.client()) == (200, "")


async def test_signing_out_ends_the_session_at_once(house: House) -> None:
    client = await house.browser("ada")
    token = client.cookies["session"]
    assert (await client.post("/auth/logout")).status_code == 204
    again = house.client(Cookie=f"session={token}")
    assert (await again.get("/auth/me")).json()["code"] == "NOT_SIGNED_IN"


async def test_a_second_sign_in_ends_the_first_session_of_that_browser(house: House) -> None:
    client = await house.browser("ada")
    first = client.cookies["session"]
    assert await login(client, email="bob@example.com") == (200, "")
    assert (await house.client(Cookie=f"session={first}").get("/auth/me")).status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
async def test_a_write_by_cookie_needs_the_csrf_token(house: House, token: str) -> None:
    client = await house.browser("ada")
    headers = [(b"x-csrf-token", token.encode())]
    answer = await client.post("/auth/logout", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
    del client.headers["X-CSRF-Token"]
    assert (await client.post("/auth/logout")).json()["code"] == "CSRF_FAILED"


async def test_the_csrf_token_may_come_as_a_form_field(house: House) -> None:
    client = await house.browser("ada")
    token = client.headers.pop("X-CSRF-Token")
    assert (await client.post("/auth/logout", data={"csrf_token": token})).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_another_site_cannot_make_a_browser_write(house: House, headers: dict[str, str]) -> None:
    answer = await house.client().post(
        "/auth/login", json={"email": "ada@example.com", "password": PASSWORD}, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")


async def test_our_own_pages_may_write(house: House) -> None:
    answer = await house.client(Origin=SITE).post(
        "/auth/login", json={"email": "ada@example.com", "password": PASSWORD}
    )
    assert answer.status_code == 200


async def test_a_forged_cookie_is_nobody(house: House) -> None:
    for cookie in ("x" * 43, "x" * 5000):
        answer = await house.client(Cookie=f"session={cookie}").get("/auth/me")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_redis_away_leaves_sign_in_working_and_limited(house: House) -> None:
    house.redis_server.connected = False
    assert await login(house.client()) == (200, "")
    for _ in range(ACCOUNT_LIMIT.tries):
        await login(house.client(), password="wrong")
    assert await login(house.client()) == (429, "TOO_MANY_SIGN_INS")
