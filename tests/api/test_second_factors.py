"""The second factor: set up, asked for, never twice the same code, recovery codes once, and none without for staff."""

from typing import Any

import pyotp
import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, select, update

from activities.db import second_factors
from activities.db.account_tables import authenticators, recovery_codes
from activities.db.engine import reading, transaction
from activities.db.tables import users
from api.guesses import CODE_LIMIT
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, House
from tests.api.sign_ins import app_code, session_headers
from tests.doubles.notices import letters


async def ticket_of(client: AsyncClient, name: str) -> str:
    answer = await client.post("/auth/login", json={"email": f"{name}@example.com", "password": PASSWORD})
    return str(answer.json()["ticket"])


async def show(client: AsyncClient, ticket: str, code: str) -> Response:
    return await client.post("/auth/second-factor", json={"ticket": ticket, "code": code})


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


async def set_up(client: AsyncClient, **body: str) -> tuple[str, dict[str, Any]]:
    """Set an app up; its secret, and what the confirmation answered."""
    begun = (await client.post("/auth/authenticator", json=body)).json()
    confirmed = await client.post(
        "/auth/authenticator/confirm", json={"setup": begun["setup"], "code": pyotp.TOTP(begun["secret"]).now()}
    )
    assert confirmed.status_code == 200, confirmed.text
    return begun["secret"], confirmed.json()


def strip(house: House, name: str) -> None:
    """Take somebody's second factor away."""
    with transaction(house.engine) as connection:
        connection.execute(delete(authenticators).where(authenticators.c.user_id == house.people[name]))


async def test_the_password_alone_opens_no_session(house: House) -> None:
    client = house.client()
    answer = await client.post("/auth/login", json={"email": "amy@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.json()["second_factor"], answer.json()["methods"]) == (200, "required", ["totp"])
    assert "set-cookie" not in answer.headers
    done = await show(client, answer.json()["ticket"], app_code())
    assert done.json()["user"]["role"] == "admin"
    assert (await client.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_a_phones_clock_may_be_half_a_minute_off(house: House, steps: int) -> None:
    client = house.client()
    assert (await show(client, await ticket_of(client, "amy"), app_code(steps))).status_code == 200


async def test_a_code_of_long_ago_is_wrong(house: House) -> None:
    client = house.client()
    assert code_of(await show(client, await ticket_of(client, "amy"), app_code(-4))) == (403, "WRONG_CODE")


async def test_no_code_is_taken_twice(house: House) -> None:
    one, other, code = house.client(), house.client(), app_code()
    tickets = await ticket_of(one, "amy"), await ticket_of(other, "amy")
    assert (await show(one, tickets[0], code)).status_code == 200
    assert code_of(await show(other, tickets[1], code)) == (403, "WRONG_CODE")
    assert code_of(await show(other, tickets[1], app_code(-1))) == (403, "WRONG_CODE")
    assert (await show(other, tickets[1], app_code(1))).status_code == 200


@pytest.mark.parametrize("ticket", ["", "00", "x" * 200, "5f" * 60])
async def test_a_made_up_ticket_opens_nothing(house: House, ticket: str) -> None:
    assert (await show(house.client(), ticket, app_code())).status_code in {401, 422}


async def test_codes_may_be_guessed_only_so_often(house: House) -> None:
    client = house.client()
    ticket = await ticket_of(client, "amy")
    answers = [code_of(await show(client, ticket, "000000")) for _ in range(CODE_LIMIT.tries)]
    assert answers == [(403, "WRONG_CODE")] * CODE_LIMIT.tries
    last = await show(client, ticket, app_code())
    assert code_of(last) == (429, "TOO_MANY_CODES")
    assert 0 < int(last.headers["retry-after"]) <= CODE_LIMIT.window_s


async def test_an_app_is_set_up_with_the_password_and_asked_for_from_then_on(house: House) -> None:
    client = await house.stranger("ada")
    secret, confirmed = await set_up(client, password=PASSWORD)
    assert len(set(confirmed["recovery_codes"])) == 10
    with reading(house.engine) as connection:
        sealed = select(authenticators.c.secret_sealed).where(authenticators.c.user_id == house.people["ada"])
        kept = connection.execute(sealed).scalar_one()
        hashes = set(connection.execute(select(recovery_codes.c.code_hash)).scalars())
    assert secret not in kept
    assert not hashes & set(confirmed["recovery_codes"])
    assert letters(house.engine, NoticeKind.SECOND_FACTOR_CHANGED)[0].values["change"] == "authenticator_added"
    other = house.client()
    ticket = await ticket_of(other, "ada")
    assert (await show(other, ticket, pyotp.TOTP(secret).now())).status_code == 403, "the code of the set-up is used"
    assert (await show(other, ticket, confirmed["recovery_codes"][0])).status_code == 200


async def test_nothing_changes_before_the_first_code(house: House) -> None:
    client = await house.stranger("ada")
    begun = (await client.post("/auth/authenticator", json={"password": PASSWORD})).json()
    assert begun["picture"].startswith("data:image/svg+xml")
    assert begun["address"].startswith("otpauth://totp/Hammertime:ada%40example.com?")
    wrong = await client.post("/auth/authenticator/confirm", json={"setup": begun["setup"], "code": "000000"})
    assert code_of(wrong) == (403, "WRONG_CODE")
    assert (
        await house.client().post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    ).json().get("ticket") is None


async def test_a_set_up_is_for_one_account(house: House) -> None:
    ada, bob = await house.browser("ada"), await house.browser("bob")
    begun = (await ada.post("/auth/authenticator", json={})).json()
    body = {"setup": begun["setup"], "code": pyotp.TOTP(begun["secret"]).now()}
    assert code_of(await bob.post("/auth/authenticator/confirm", json=body)) == (409, "SETUP_EXPIRED")


@pytest.mark.parametrize(
    ("body", "expected"), [({}, (403, "STEP_UP_REQUIRED")), ({"password": "wrong"}, (403, "WRONG_PASSWORD"))]
)
async def test_a_stolen_cookie_sets_nothing_up(house: House, body: dict[str, str], expected: tuple[int, str]) -> None:
    client = await house.stranger("ada")
    assert code_of(await client.post("/auth/authenticator", json=body)) == expected
    assert code_of(await client.post("/auth/passkeys/registration-options", json=body)) == expected


async def test_an_address_that_may_be_a_strangers_gets_no_second_factor(house: House) -> None:
    with transaction(house.engine) as connection:
        connection.execute(update(users).values(email_verified_at=None))
    client = await house.stranger("ada")
    answer = await client.post("/auth/authenticator", json={"password": PASSWORD})
    assert code_of(answer) == (403, "EMAIL_NOT_VERIFIED")


async def test_another_app_needs_the_first_one_and_not_the_password(house: House) -> None:
    client = await house.browser("ada")
    await set_up(client)
    headers = session_headers(house.engine, house.people["ada"], shown_at=None)
    answer = await house.client(**headers).post("/auth/authenticator", json={"password": PASSWORD})
    assert code_of(answer) == (403, "STEP_UP_REQUIRED")


async def test_a_recovery_code_works_once_however_it_is_typed_and_is_told_of(house: House) -> None:
    _, confirmed = await set_up(await house.browser("ada"))
    first = confirmed["recovery_codes"][0]
    client = house.client()
    typed = f" {first.upper().replace('-', ' ')} "
    assert (await show(client, await ticket_of(client, "ada"), typed)).status_code == 200
    assert code_of(await show(client, await ticket_of(client, "ada"), first)) == (403, "WRONG_CODE")
    changes = [letter.values["change"] for letter in letters(house.engine, NoticeKind.SECOND_FACTOR_CHANGED)]
    assert changes == ["authenticator_added", "recovery_code_used"]
    left = (await client.get("/auth/factors")).json()
    assert left == {"methods": ["totp", "recovery"], "recovery_left": 9}


async def test_nobody_uses_the_recovery_codes_of_another(house: House) -> None:
    _, confirmed = await set_up(await house.browser("ada"))
    await set_up(await house.browser("bob"))
    client = house.client()
    assert (await show(client, await ticket_of(client, "bob"), confirmed["recovery_codes"][0])).status_code == 403


async def test_new_recovery_codes_end_the_old_ones(house: House) -> None:
    browser = await house.browser("ada")
    _, confirmed = await set_up(browser)
    fresh = (await browser.post("/auth/recovery-codes")).json()["recovery_codes"]
    client = house.client()
    ticket = await ticket_of(client, "ada")
    assert (await show(client, ticket, confirmed["recovery_codes"][0])).status_code == 403
    assert (await show(client, ticket, fresh[0])).status_code == 200


async def test_without_a_second_factor_there_are_no_recovery_codes(house: House) -> None:
    browser = await house.browser("ada")
    assert code_of(await browser.post("/auth/recovery-codes")) == (404, "FACTOR_NOT_FOUND")
    assert code_of(await browser.delete("/auth/authenticator")) == (404, "FACTOR_NOT_FOUND")


async def test_removing_the_last_factor_takes_the_recovery_codes_with_it(house: House) -> None:
    browser = await house.browser("ada")
    await set_up(browser)
    assert (await browser.delete("/auth/authenticator")).status_code == 204
    assert (await browser.get("/auth/factors")).json() == {"methods": [], "recovery_left": 0}
    assert (await house.stranger("ada")).headers["X-CSRF-Token"]


async def test_staff_keep_one_second_factor(house: House) -> None:
    browser = await house.browser("amy")
    assert code_of(await browser.delete("/auth/authenticator")) == (409, "LAST_FACTOR")
    with reading(house.engine) as connection:
        assert second_factors.factors(connection, house.people["amy"]).totp


@pytest.mark.parametrize("name", ["amy", "sue"])
async def test_staff_without_a_second_factor_can_only_set_one_up_and_leave(house: House, name: str) -> None:
    strip(house, name)
    client = await house.stranger(name)
    refused = [
        await client.get("/auth/me"),
        await client.get("/auth/sessions"),
        await client.get("/api/me/tokens"),
        await client.post("/api/me/tokens", json={"name": "bot", "scopes": ["admin"]}),
        await client.get("/api/approvals"),
        await client.post("/auth/step-up", json={"password": PASSWORD}),
    ]
    assert {code_of(answer) for answer in refused} == {(403, "SECOND_FACTOR_REQUIRED")}
    assert (await client.get("/auth/factors")).status_code == 200
    await set_up(client, password=PASSWORD)
    assert (await client.get("/auth/me")).status_code == 200
    assert (await client.post("/auth/logout")).status_code == 204


async def test_staff_without_a_second_factor_may_leave(house: House) -> None:
    strip(house, "amy")
    assert (await (await house.stranger("amy")).post("/auth/logout")).status_code == 204


async def test_a_buyer_who_becomes_staff_within_a_session_needs_a_second_factor_at_once(house: House) -> None:
    client = await house.browser("ada")
    with transaction(house.engine) as connection:
        connection.execute(update(users).where(users.c.id == house.people["ada"]).values(role="admin"))
    assert code_of(await client.get("/auth/me")) == (403, "SECOND_FACTOR_REQUIRED")


async def test_a_token_of_an_admin_works_without_a_session(house: House) -> None:
    machine = await house.machine("amy", "read", "admin")
    assert (await machine.get("/api/approvals")).status_code == 200
