"""The limits on guessing and the browsers that an account knows: nobody locks anybody else out."""

from argon2 import PasswordHasher
from httpx import AsyncClient

from activities.db import people
from activities.db.engine import reading, transaction
from api.guesses import ACCOUNT_LIMIT, ADDRESS_LIMIT, CODE_LIMIT, DEVICE_LIMIT, STRANGERS_LIMIT, Guesser
from api.people import DEVICE_COOKIE
from api.signins import Origin
from domain.errors import TooManyError
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, House
from tests.api.sign_ins import app_code
from tests.doubles.notices import letters

EVE = "203.0.113.66"


async def login(client: AsyncClient, password: str = PASSWORD, email: str = "ada@example.com") -> tuple[int, str]:
    answer = await client.post("/auth/login", json={"email": email, "password": password})
    return answer.status_code, answer.json().get("code", "")


async def guess(house: House, email: str, address: str, times: int) -> list[str]:
    """Wrong passwords of a stranger, without the time that looking at them takes; the codes of refusals."""
    guesses, codes = house.services.ways_in.guesses, []
    guesser = Guesser(email, Origin(address, ""), known=False)
    for _ in range(times):
        try:
            await guesses.may_try(guesser)
        except TooManyError as error:
            codes.append(error.code)
        await guesses.wrong(guesser)
    return codes


async def device_of(house: House, email: str = "ada@example.com") -> AsyncClient:
    """A browser that has been signed in and is not any more."""
    client = house.client()
    assert await login(client, email=email) == (200, "")
    del client.cookies["session"]
    return client


async def test_a_new_browser_is_told_of_and_a_known_one_is_not(house: House) -> None:
    client = await device_of(house)
    assert await login(client) == (200, "")
    (letter,) = letters(house.engine, NoticeKind.NEW_DEVICE)
    assert (letter.to, letter.values["address"]) == ("ada@example.com", "127.0.0.1")
    assert await login(client, email="bob@example.com") == (200, "")
    assert [letter.to for letter in letters(house.engine, NoticeKind.NEW_DEVICE)] == [
        "ada@example.com",
        "bob@example.com",
    ]


async def test_the_name_of_a_browser_is_for_no_script(house: House) -> None:
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{DEVICE_COOKIE}=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_made_up_name_of_a_browser_is_replaced(house: House) -> None:
    client = house.client()
    client.cookies.set(DEVICE_COOKIE, "x" * 400)
    await login(client)
    assert len([each for each in client.cookies.jar if each.name == DEVICE_COOKIE and len(each.value or "") == 43]) == 1


async def test_strangers_cannot_lock_out_the_owner_on_a_known_browser(house: House) -> None:
    owner = await device_of(house)
    for number in range(20):
        await guess(house, "ada@example.com", f"203.0.113.{number}", ACCOUNT_LIMIT.tries)
    assert await login(house.client()) == (429, "TOO_MANY_SIGN_INS")
    assert await login(owner) == (200, "")


async def test_the_address_of_a_guesser_does_not_lock_out_a_known_browser_behind_it(house: House) -> None:
    owner = await device_of(house)
    for number in range(ADDRESS_LIMIT.tries // ACCOUNT_LIMIT.tries + 1):
        await guess(house, f"nobody{number}@example.com", "127.0.0.1", ACCOUNT_LIMIT.tries)
    assert await login(house.client(), email="bob@example.com") == (429, "TOO_MANY_SIGN_INS")
    assert await login(owner) == (200, "")


async def test_a_known_browser_has_tries_of_its_own_and_no_more(house: House) -> None:
    owner = await device_of(house)
    codes = [await login(owner, "wrong") for _ in range(DEVICE_LIMIT.tries + 1)]
    assert codes == [(401, "WRONG_CREDENTIALS")] * DEVICE_LIMIT.tries + [(429, "TOO_MANY_SIGN_INS")]
    assert await login(house.client()) == (200, "")


async def test_many_addresses_together_have_only_so_many_tries(house: House) -> None:
    refused = []
    for number in range(STRANGERS_LIMIT.tries // 2 + 1):
        refused += await guess(house, "ada@example.com", f"203.0.113.{number}", 2)
    assert refused == ["TOO_MANY_SIGN_INS"] * 2
    assert await guess(house, "bob@example.com", EVE, 1) == []


async def test_a_right_password_is_not_looked_at_from_an_address_that_guesses(house: House) -> None:
    for number in range(ADDRESS_LIMIT.tries // ACCOUNT_LIMIT.tries + 1):
        await guess(house, f"nobody{number}@example.com", "127.0.0.1", ACCOUNT_LIMIT.tries)
    answer = await house.client().post("/auth/login", json={"email": "bob@example.com", "password": PASSWORD})
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)


async def test_an_unknown_account_runs_into_the_same_limits(house: House) -> None:
    codes = {await login(house.client(), email="nobody@example.com") for _ in range(ACCOUNT_LIMIT.tries)}
    assert codes == {(401, "WRONG_CREDENTIALS")}
    assert await login(house.client(), email="nobody@example.com") == (429, "TOO_MANY_SIGN_INS")


async def test_resetting_the_password_is_a_way_in_for_who_is_slowed_down(house: House) -> None:
    for number in range(20):
        await guess(house, "ada@example.com", f"203.0.113.{number}", ACCOUNT_LIMIT.tries)
    client = house.client()
    await client.post("/auth/reset-password", json={"email": "ada@example.com"})
    (letter,) = letters(house.engine, NoticeKind.PASSWORD_RESET)
    new = "seven lamps under water"
    await client.post("/auth/reset-password/confirm", json={"token": letter.token, "password": new})
    assert await login(client, new) == (200, "")


async def test_wrong_codes_of_a_stranger_do_not_lock_out_the_owners_browser(house: House) -> None:
    owner = house.client()
    body = {"email": "amy@example.com", "password": PASSWORD}
    ticket = (await owner.post("/auth/login", json=body)).json()["ticket"]
    assert (await owner.post("/auth/second-factor", json={"ticket": ticket, "code": app_code()})).status_code == 200
    del owner.cookies["session"]
    thief = house.client()
    stolen = (await thief.post("/auth/login", json=body)).json()["ticket"]
    tries = [
        await thief.post("/auth/second-factor", json={"ticket": stolen, "code": "000000"})
        for _ in range(CODE_LIMIT.tries + 1)
    ]
    assert [answer.status_code for answer in tries] == [403] * CODE_LIMIT.tries + [429]
    assert int(tries[-1].headers["retry-after"]) > 0
    again = (await owner.post("/auth/login", json=body)).json()["ticket"]
    answer = await owner.post("/auth/second-factor", json={"ticket": again, "code": app_code(1)})
    assert answer.status_code == 200


async def test_a_hash_of_old_parameters_is_renewed_at_the_next_sign_in(house: House) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with transaction(house.engine) as connection:
        people.change_password(connection, house.people["amy"], weak)
    answer = await house.client().post("/auth/login", json={"email": "amy@example.com", "password": PASSWORD})
    with reading(house.engine) as connection:
        kept = people.credentials(connection, "amy@example.com")
    assert kept is not None
    assert kept.password_hash != weak
    body = {"ticket": answer.json()["ticket"], "code": app_code()}
    assert (await house.client().post("/auth/second-factor", json=body)).status_code == 200
