"""The limits on guessing and the browsers that an account knows: nobody locks anybody else out."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from httpx import AsyncClient
from sqlalchemy import select, update

from activities.db import people
from activities.db.account_tables import fingerprints
from activities.db.engine import reading, transaction
from activities.db.tables import sessions, users
from activities.passwords import Passwords, hash_password
from api.database import now
from api.guesses import ACCOUNT_LIMIT, ADDRESS_LIMIT, CODE_LIMIT, DEVICE_LIMIT, STRANGERS_LIMIT, Guesser, place_of
from api.people import DEVICE_COOKIE
from api.signins import Origin
from domain.errors import DomainError, TooManyError
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


@pytest.mark.parametrize("made_up", ["-" * 43, "_" * 43])
async def test_a_name_of_a_browser_without_a_letter_or_digit_is_none(house: House, made_up: str) -> None:
    client = house.client()
    client.cookies.set(DEVICE_COOKIE, made_up)
    answer = await client.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, made_up in str(answer.headers)) == (200, False)


async def test_two_browsers_whose_names_differ_in_case_only_are_two(house: House) -> None:
    for email, name in (("ada@example.com", "aB" * 21 + "c"), ("bob@example.com", "Ab" * 21 + "c")):
        client = house.client()
        client.cookies.set(DEVICE_COOKIE, name)
        assert await login(client, email=email) == (200, "")
    with reading(house.engine) as connection:
        assert len(connection.execute(select(fingerprints.c.hash).distinct()).all()) == 2


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


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_address_counts_as_its_network(address: str, place: str) -> None:
    assert place_of(address) == place


async def test_a_network_of_addresses_has_the_tries_of_one(house: House) -> None:
    guesses = house.services.ways_in.guesses
    addresses = [f"2001:db8::{number}" for number in range(ACCOUNT_LIMIT.tries + 1)]
    refused = [code for address in addresses for code in await guess(house, "ada@example.com", address, 1)]
    assert refused == ["TOO_MANY_SIGN_INS"]
    strangers = [Guesser("ada@example.com", Origin(address, ""), known=False) for address in addresses]
    assert [await guesses.may_mail(each) for each in strangers] == [True] * 5 + [False] * 6
    elsewhere = Guesser("ada@example.com", Origin("203.0.113.1", ""), known=False)
    assert [await guesses.may_mail(elsewhere) for _ in range(6)] == [True] * 5 + [False]


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


class Overtaken(Passwords):
    """Looks at a password so slowly that something else happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile: Callable[[], None] | None = meanwhile

    async def matches(self, password_hash: str | None, password: str) -> bool:
        found = await super().matches(password_hash, password)
        if self._meanwhile is not None:
            self._meanwhile()
            self._meanwhile = None
        return found


async def overtaken(house: House, **meanwhile: object) -> tuple[str, list[str]]:
    """Sign Ada in while her row changes; the code of the refusal, and the sessions and hash there are then."""
    ada = house.people["ada"]

    def change() -> None:
        with transaction(house.engine) as connection:
            connection.execute(update(users).where(users.c.id == ada).values(meanwhile))

    with closing(Overtaken(change)) as passwords:
        entrance = replace(house.services.ways_in.entrance, passwords=passwords)
        try:
            await entrance.by_password("ada@example.com", PASSWORD, Origin("127.0.0.1", ""))
            code = ""
        except DomainError as error:
            code = error.code
    with reading(house.engine) as connection:
        kept = people.credentials_of(connection, ada)
        opened = connection.execute(select(sessions.c.token_hash).where(sessions.c.user_id == ada)).all()
    assert kept is not None
    return code, [kept.password_hash] * len(opened)


def outdated(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@pytest.mark.parametrize("old", ["current", "outdated"])
@pytest.mark.parametrize("change", ["password", "disabled"])
async def test_who_is_overtaken_by_a_reset_or_a_ban_does_not_enter(house: House, old: str, change: str) -> None:
    if old == "outdated":
        with transaction(house.engine) as connection:
            people.change_password(connection, house.people["ada"], outdated(PASSWORD))
    new = hash_password("seven lamps under water")
    meanwhile = {"password_hash": new} if change == "password" else {"disabled_at": now()}
    assert await overtaken(house, **meanwhile) == ("WRONG_CREDENTIALS", [])
    with reading(house.engine) as connection:
        kept = people.credentials_of(connection, house.people["ada"])
    assert kept is not None
    assert (kept.password_hash == new) is (change == "password")


async def test_who_is_overtaken_by_another_sign_in_that_renewed_the_hash_enters(house: House) -> None:
    with transaction(house.engine) as connection:
        people.change_password(connection, house.people["ada"], outdated(PASSWORD))
    renewed = hash_password(PASSWORD)
    assert await overtaken(house, password_hash=renewed) == ("", [renewed])


async def test_a_second_step_is_overtaken_too_and_a_passkey_opens_no_disabled_account(house: House) -> None:
    entrance, origin = house.services.ways_in.entrance, Origin("127.0.0.1", "")
    with transaction(house.engine) as connection:
        ada = people.person(connection, house.people["ada"])
        connection.execute(update(users).where(users.c.id == house.people["ada"]).values(disabled_at=now()))
    assert ada is not None
    with pytest.raises(DomainError, match="disabled") as refused:
        await entrance.enter(ada, origin, second_factor_at=now())
    assert refused.value.code == "ACCOUNT_DISABLED"
    with pytest.raises(DomainError) as wrong:
        await entrance.enter(ada, origin, second_factor_at=now(), shown="the hash of before")
    assert wrong.value.code == "WRONG_CREDENTIALS"
