"""Moving to another e-mail address: both are told, the new one confirms, and taken ones are not told apart."""

from httpx import Response

from activities.db import people
from activities.db.engine import reading
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, House
from tests.api.newcomer import complete_but_unverified
from tests.doubles.notices import Letter, letters


async def ask(house: House, name: str, email: str) -> Response:
    return await (await house.browser(name)).post("/auth/email", json={"email": email})


async def confirm(house: House, letter: Letter) -> tuple[int, str]:
    answer = await house.client().post("/auth/email/confirm", json={"token": letter.token})
    return answer.status_code, answer.json().get("code", "")


def confirmation(house: House) -> Letter:
    return letters(house.engine, NoticeKind.EMAIL_CHANGE_CONFIRM)[-1]


async def test_both_addresses_are_told_and_the_new_one_confirms(house: House) -> None:
    assert (await ask(house, "ada", "Ada@Example.org")).status_code == 202
    told = {letter.kind: letter.to for letter in letters(house.engine)}
    assert told == {
        NoticeKind.EMAIL_CHANGE_CONFIRM: "ada@example.org",
        NoticeKind.EMAIL_CHANGE_NOTICE: "ada@example.com",
    }
    (notice,) = letters(house.engine, NoticeKind.EMAIL_CHANGE_NOTICE)
    assert notice.values["new_email_hint"] == "a***@example.org"
    before = await house.client().post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert before.status_code == 401
    assert await confirm(house, confirmation(house)) == (200, "")
    after = await house.client().post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert after.status_code == 200


async def test_a_taken_address_answers_the_same_and_moves_nothing(house: House) -> None:
    free, taken = await ask(house, "ada", "free@example.org"), await ask(house, "ada", "bob@example.com")
    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    assert await confirm(house, confirmation(house)) == (409, "EMAIL_TAKEN")
    answer = await house.client().post("/auth/login", json={"email": "bob@example.com", "password": PASSWORD})
    assert answer.json()["user"]["id"] == house.people["bob"]


async def test_the_link_works_once_and_a_newer_wish_replaces_it(house: House) -> None:
    await ask(house, "ada", "one@example.org")
    first = confirmation(house)
    await ask(house, "ada", "two@example.org")
    assert await confirm(house, first) == (409, "LINK_EXPIRED")
    second = confirmation(house)
    assert await confirm(house, second) == (200, "")
    assert await confirm(house, second) == (409, "LINK_EXPIRED")


async def test_a_stolen_cookie_is_not_enough(house: House) -> None:
    answer = await (await house.stranger("ada")).post("/auth/email", json={"email": "evil@example.org"})
    assert answer.json()["code"] == "STEP_UP_REQUIRED"
    assert letters(house.engine, NoticeKind.EMAIL_CHANGE_CONFIRM) == []


async def test_an_unverified_account_may_bid_once_it_has_moved_to_an_address_of_its_own(house: House) -> None:
    ada = complete_but_unverified(house, "ada@example.com")
    await ask(house, "ada", "ada@example.org")
    assert await confirm(house, confirmation(house)) == (200, "")
    with reading(house.engine) as connection:
        found = people.person(connection, ada)
    assert found is not None
    assert (found.can_bid, found.email) == (True, "ada@example.org")
    assert [letter.to for letter in letters(house.engine, NoticeKind.CLEARED_TO_BID)] == ["ada@example.org"]
