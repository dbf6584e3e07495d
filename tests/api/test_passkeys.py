"""Passkeys with an authenticator in software: registered, signed in by, stepped up by, and every way to cheat."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, select, update

from activities.db.account_tables import authenticators, passkeys
from activities.db.engine import reading, transaction
from activities.db.tables import users
from api.database import now
from api.guesses import CEREMONY_LIMIT
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, House
from tests.api.sign_ins import session_headers
from tests.doubles.authenticator import Authenticator
from tests.doubles.notices import letters

OPTIONS, SIGN_IN = "/auth/passkeys/options", "/auth/passkeys/sign-in"


def device(house: House, **changes: Any) -> Authenticator:
    url = urlsplit(house.services.settings.public_url)
    return Authenticator(**{"origin": f"{url.scheme}://{url.netloc}", "host": url.hostname or "", **changes})


async def register(client: AsyncClient, key: Authenticator, **body: str) -> Response:
    options = (await client.post("/auth/passkeys/registration-options", json=body)).json()
    return await client.post("/auth/passkeys", json={"credential": key.create(options), "name": "my phone"})


async def sign_in(client: AsyncClient, key: Authenticator) -> Response:
    options = (await client.post(OPTIONS)).json()
    return await client.post(SIGN_IN, json={"credential": key.sign(options)})


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def registered(house: House, name: str = "ada", **changes: Any) -> Authenticator:
    key = device(house, **changes)
    answer = await register(await house.browser(name), key)
    assert answer.status_code == 201, answer.text
    return key


async def test_a_passkey_signs_in_without_a_password_and_counts_as_two_factors(house: House) -> None:
    key = await registered(house, "amy")
    client = house.client()
    answer = await sign_in(client, key)
    assert (answer.status_code, answer.json()["user"]["email"]) == (200, "amy@example.com")
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    assert (await client.post("/api/me/tokens", json={"name": "bot", "scopes": ["admin"]})).status_code == 201


async def test_the_options_say_nothing_of_anybody(house: House) -> None:
    options = (await house.client().post(OPTIONS)).json()
    assert options["allowCredentials"] == []
    assert (options["userVerification"], options["rpId"]) == ("required", "127.0.0.1")


async def test_a_passkey_is_the_second_factor_of_who_has_no_app(house: House) -> None:
    await registered(house)
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert answer.json()["methods"] == ["recovery", "passkey"]


async def test_the_first_passkey_comes_with_recovery_codes_and_a_mail(house: House) -> None:
    browser = await house.browser("ada")
    first, second = await register(browser, device(house)), await register(browser, device(house))
    assert [len(answer.json()["recovery_codes"]) for answer in (first, second)] == [10, 0]
    changes = [letter.values["change"] for letter in letters(house.engine, NoticeKind.SECOND_FACTOR_CHANGED)]
    assert changes == ["passkey_added"] * 2
    assert [each["name"] for each in (await browser.get("/auth/passkeys")).json()["items"]] == ["my phone"] * 2


async def test_staff_set_up_a_passkey_instead_of_an_app(house: House) -> None:
    with transaction(house.engine) as connection:
        connection.execute(delete(authenticators))
    client = await house.stranger("sue")
    assert (await register(client, device(house), password=PASSWORD)).status_code == 201
    assert (await client.get("/auth/me")).status_code == 200


async def test_a_challenge_is_good_once(house: House) -> None:
    key = await registered(house, counts=False)
    client = house.client()
    credential = key.sign((await client.post(OPTIONS)).json())
    assert (await client.post(SIGN_IN, json={"credential": credential})).status_code == 200
    again = await house.client().post(SIGN_IN, json={"credential": credential})
    assert code_of(again) == (403, "PASSKEY_REFUSED")


async def test_a_challenge_is_used_up_by_a_failure_too(house: House) -> None:
    key = await registered(house)
    client = house.client()
    options = (await client.post(OPTIONS)).json()
    forged = replace(key, key=device(house).key)
    for each in (forged, key):
        answer = await client.post(SIGN_IN, json={"credential": each.sign(options)})
        assert code_of(answer) == (403, "PASSKEY_REFUSED")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://hammertime.evil.example"},
        {"host": "evil.example"},
        {"verifies": False},
    ],
)
async def test_another_site_or_an_unverified_person_does_not_sign_in(house: House, changes: dict[str, Any]) -> None:
    key = await registered(house)
    assert code_of(await sign_in(house.client(), replace(key, **changes))) == (403, "PASSKEY_REFUSED")
    assert code_of(await register(await house.browser("bob"), device(house, **changes))) == (403, "PASSKEY_REFUSED")


async def test_a_copied_passkey_is_noticed_by_its_count(house: House) -> None:
    key = await registered(house)
    copy = replace(key)
    assert (await sign_in(house.client(), key)).status_code == 200
    assert code_of(await sign_in(house.client(), copy)) == (403, "PASSKEY_REFUSED")


async def test_a_passkey_that_does_not_count_signs_in_again_and_again(house: House) -> None:
    key = await registered(house, counts=False)
    assert [(await sign_in(house.client(), key)).status_code for _ in range(3)] == [200] * 3


async def test_an_unknown_passkey_signs_nobody_in(house: House) -> None:
    assert code_of(await sign_in(house.client(), device(house))) == (403, "PASSKEY_REFUSED")


async def test_a_challenge_for_one_purpose_is_none_for_another(house: House) -> None:
    key, browser = await registered(house), await house.browser("ada")
    for_sign_in = key.sign((await browser.post(OPTIONS)).json())
    assert code_of(await browser.post("/auth/step-up", json={"credential": for_sign_in})) == (403, "PASSKEY_REFUSED")
    for_step_up = key.sign((await browser.post("/auth/step-up/options")).json())
    assert code_of(await house.client().post(SIGN_IN, json={"credential": for_step_up})) == (403, "PASSKEY_REFUSED")


async def test_a_passkey_steps_its_own_account_up_and_no_other(house: House) -> None:
    ada, bob = await registered(house), await registered(house, "bob")
    client = house.client(**session_headers(house.engine, house.people["ada"], shown_at=None))
    other = bob.sign((await client.post("/auth/step-up/options")).json())
    assert code_of(await client.post("/auth/step-up", json={"credential": other})) == (403, "PASSKEY_REFUSED")
    own = ada.sign((await client.post("/auth/step-up/options")).json())
    assert (await client.post("/auth/step-up", json={"credential": own})).status_code == 200
    assert (await client.post("/api/me/tokens", json={"name": "bot", "scopes": ["read"]})).status_code == 201


async def test_a_registration_is_for_who_asked_for_it(house: House) -> None:
    ada, bob, key = await house.browser("ada"), await house.browser("bob"), device(house)
    options = (await ada.post("/auth/passkeys/registration-options", json={})).json()
    answer = await bob.post("/auth/passkeys", json={"credential": key.create(options), "name": "mine"})
    assert code_of(answer) == (403, "PASSKEY_REFUSED")


async def test_a_passkey_belongs_to_one_account(house: House) -> None:
    key = await registered(house)
    assert code_of(await register(await house.browser("bob"), key)) == (409, "PASSKEY_KNOWN")


async def test_a_removed_passkey_signs_nobody_in(house: House) -> None:
    key, browser = await registered(house), await house.browser("ada")
    (item,) = (await browser.get("/auth/passkeys")).json()["items"]
    assert code_of(await (await house.browser("bob")).delete(f"/auth/passkeys/{item['id']}")) == (
        404,
        "PASSKEY_NOT_FOUND",
    )
    assert (await browser.delete(f"/auth/passkeys/{item['id']}")).status_code == 204
    assert code_of(await sign_in(house.client(), key)) == (403, "PASSKEY_REFUSED")
    assert (await browser.get("/auth/factors")).json() == {"methods": [], "recovery_left": 0}


async def test_a_disabled_account_does_not_come_in_by_passkey(house: House) -> None:
    key = await registered(house)
    with transaction(house.engine) as connection:
        connection.execute(update(users).values(disabled_at=now()))
    assert code_of(await sign_in(house.client(), key)) == (403, "ACCOUNT_DISABLED")


async def test_without_redis_there_are_no_passkeys_but_passwords(house: House) -> None:
    key = await registered(house, counts=False)
    client = house.client()
    credential = key.sign((await client.post(OPTIONS)).json())
    house.redis_server.connected = False
    for answer in (await client.post(OPTIONS), await client.post(SIGN_IN, json={"credential": credential})):
        assert code_of(answer) == (503, "PASSKEYS_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0
    answer = await house.client().post("/auth/login", json={"email": "bob@example.com", "password": PASSWORD})
    assert answer.status_code == 200


async def test_challenges_are_made_for_an_address_only_so_often(house: House) -> None:
    answers = [await house.client().post(OPTIONS) for _ in range(CEREMONY_LIMIT.tries + 1)]
    assert code_of(answers[-1]) == (429, "TOO_MANY_TRIES")


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "AQID"},
        {"id": 7},
        {"id": "AQID", "response": []},
        {"id": "AQID", "response": {"clientDataJSON": "!"}},
        {"id": "AQID", "response": {"clientDataJSON": "bnVsbA"}},
        {"id": "AQID", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOjd9"}},
        {"id": "x" * 5_000},
        {"id": "ü"},
    ],
)
async def test_what_cannot_be_read_is_refused(house: House, credential: dict[str, Any]) -> None:
    assert code_of(await house.client().post(SIGN_IN, json={"credential": credential})) == (403, "PASSKEY_REFUSED")
    browser = await house.browser("ada")
    for path, body in (("/auth/step-up", {}), ("/auth/passkeys", {"name": "x"})):
        answer = await browser.post(path, json={"credential": credential, **body})
        assert code_of(answer) == (403, "PASSKEY_REFUSED")


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
async def test_a_credential_with_a_garbled_part_is_refused(house: House, part: str) -> None:
    key = await registered(house)
    for garbage in (None, 7, "", "AAAA"):
        credential = key.sign((await house.client().post(OPTIONS)).json())
        credential["response"][part] = garbage
        answer = await house.client().post(SIGN_IN, json={"credential": credential})
        assert code_of(answer) == (403, "PASSKEY_REFUSED")


async def test_only_the_public_key_is_kept(house: House) -> None:
    key = await registered(house)
    with reading(house.engine) as connection:
        row = connection.execute(select(passkeys)).one()
    assert row.sign_count == key.count == 1
    assert str(key.key.private_numbers().private_value) not in str(row)
