"""Lost and replaced passwords: the same answer for every address, and what the old password opened is closed."""

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from activities.db import passkeys, people, second_factors
from activities.db.account_tables import email_links
from activities.db.engine import reading, transaction
from activities.db.passkeys import NewPasskey
from activities.db.second_factors import Factors
from activities.db.tables import users
from api.database import now
from api.guesses import MAIL_DEVICE_LIMIT, MAIL_TO_LIMIT, Guesser
from api.passwords import replace_password
from api.signins import Origin
from domain.errors import NotSignedInError
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, SECRET, House
from tests.api.newcomer import complete_but_unverified
from tests.api.sign_ins import app_code, give_app
from tests.doubles.notices import Letter, letters

NEW, OTHER = "seven lamps under water", "nine lamps under water"


async def mailed(house: House, email: str = "ada@example.com") -> Letter:
    """Ask for a link and read the mail."""
    assert (await house.client().post("/auth/reset-password", json={"email": email})).status_code == 202
    return letters(house.engine, NoticeKind.PASSWORD_RESET)[-1]


async def exhaust(house: House, times: int) -> None:
    """Strangers have mails sent to Ada, each from somewhere else."""
    for number in range(times):
        stranger = Guesser("ada@example.com", Origin(f"203.0.113.{number}", ""), known=False)
        assert await house.services.ways_in.guesses.may_mail(stranger)


async def confirm(client: AsyncClient, letter: Letter, password: str = NEW) -> tuple[int, str]:
    answer = await client.post("/auth/reset-password/confirm", json={"token": letter.token, "password": password})
    return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]


async def login(client: AsyncClient, password: str, email: str = "ada@example.com") -> dict[str, object]:
    answer = await client.post("/auth/login", json={"email": email, "password": password})
    return {"status": answer.status_code, **answer.json()}


async def test_every_address_gets_the_same_answer(house: House) -> None:
    known = await house.client().post("/auth/reset-password", json={"email": "ada@example.com"})
    unknown = await house.client().post("/auth/reset-password", json={"email": "nobody@example.com"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, known.json())
    assert [letter.to for letter in letters(house.engine)] == ["ada@example.com"]


async def test_a_new_password_ends_every_session_and_the_old_password(house: House) -> None:
    browser = await house.browser("ada")
    assert await confirm(house.client(), await mailed(house)) == (204, "")
    assert (await browser.get("/auth/me")).json()["code"] == "NOT_SIGNED_IN"
    assert (await login(house.client(), PASSWORD))["status"] == 401
    assert (await login(house.client(), NEW))["status"] == 200
    assert letters(house.engine, NoticeKind.PASSWORD_CHANGED)[0].to == "ada@example.com"


async def test_a_reset_ends_every_bearer_token_and_a_change_of_the_password_ends_none(house: House) -> None:
    machine, other = await house.machine("ada", "read"), await house.machine("bob", "read")
    assert (await (await house.browser("ada")).post("/auth/password", json={"password": OTHER})).status_code == 204
    assert (await machine.get("/auth/me")).status_code == 200
    await confirm(house.client(), await mailed(house))
    assert (await machine.get("/auth/me")).json()["code"] == "INVALID_TOKEN"
    assert (await other.get("/auth/me")).status_code == 200


async def test_a_reset_of_an_account_that_nobody_had_verified_takes_its_second_factors_away(house: House) -> None:
    ada = house.people["ada"]
    with transaction(house.engine) as connection:
        connection.execute(update(users).where(users.c.id == ada).values(email_verified_at=None))
        give_app(connection, ada, SECRET)
        second_factors.set_recovery_codes(connection, ada, ["a" * 64])
        passkeys.add_passkey(connection, NewPasskey(ada, "b" * 64, "AQID", "BAUG", 0, "phone"), now())
    await confirm(house.client(), await mailed(house))
    with reading(house.engine) as connection:
        assert second_factors.factors(connection, ada) == Factors(totp=False, recovery_left=0, passkeys=0)
    assert (await login(house.client(), NEW))["status"] == 200


async def test_a_password_is_not_changed_by_a_session_that_ended_meanwhile(house: House) -> None:
    with reading(house.engine) as connection:
        ada = people.person(connection, house.people["ada"])
    assert ada is not None
    with pytest.raises(NotSignedInError):
        await replace_password(house.services, ada, NEW, but="0" * 64)
    assert (await login(house.client(), PASSWORD))["status"] == 200


async def test_a_new_password_does_not_stand_in_for_the_second_factor(house: House) -> None:
    assert await confirm(house.client(), await mailed(house, "amy@example.com")) == (204, "")
    answer = await login(house.client(), NEW, "amy@example.com")
    assert (answer["second_factor"], answer["methods"]) == ("required", ["totp"])
    assert "user" not in answer


async def test_a_ticket_for_the_second_step_ends_with_its_password(house: House) -> None:
    ticket = (await login(house.client(), PASSWORD, "amy@example.com"))["ticket"]
    await confirm(house.client(), await mailed(house, "amy@example.com"))
    answer = await house.client().post("/auth/second-factor", json={"ticket": ticket, "code": app_code()})
    assert (answer.status_code, answer.json()["code"]) == (401, "TICKET_EXPIRED")


async def test_a_link_works_once_whatever_the_browser(house: House) -> None:
    letter = await mailed(house)
    assert await confirm(house.client(), letter) == (204, "")
    assert await confirm(house.client(), letter, "nine lamps under water") == (409, "LINK_EXPIRED")


async def test_who_asks_again_does_not_spoil_the_link_just_mailed(house: House) -> None:
    first, second = await mailed(house), await mailed(house)
    assert await confirm(house.client(), first) == (204, "")
    assert await confirm(house.client(), second) == (409, "LINK_EXPIRED")


async def test_a_link_ends_after_an_hour(house: House) -> None:
    letter = await mailed(house)
    with transaction(house.engine) as connection:
        connection.execute(update(email_links).values(expires_at=now()))
    assert await confirm(house.client(), letter) == (409, "LINK_EXPIRED")


@pytest.mark.parametrize("password", ["short", "Password123!", "ada@example.com", "ada ada ada ada"])
async def test_a_weak_password_leaves_the_link_good(house: House, password: str) -> None:
    letter = await mailed(house)
    assert await confirm(house.client(), letter, password) == (422, "WEAK_PASSWORD")
    assert await confirm(house.client(), letter) == (204, "")


async def test_a_disabled_account_gets_no_link(house: House) -> None:
    with transaction(house.engine) as connection:
        connection.execute(update(users).where(users.c.id == house.people["ada"]).values(disabled_at=now()))
    await house.client().post("/auth/reset-password", json={"email": "ada@example.com"})
    assert letters(house.engine) == []


async def test_whoever_resets_has_shown_that_mail_reaches_them(house: House) -> None:
    with transaction(house.engine) as connection:
        connection.execute(update(users).values(email_verified_at=None))
    await confirm(house.client(), await mailed(house))
    answer = await login(house.client(), NEW)
    assert answer["user"]["email_verified"] is True  # type: ignore[index]


async def test_whoever_resets_may_bid_at_once_where_only_the_address_was_missing(house: House) -> None:
    ada = complete_but_unverified(house, "ada@example.com")
    await confirm(house.client(), await mailed(house))
    with reading(house.engine) as connection:
        found = people.person(connection, ada)
    assert found is not None
    assert found.can_bid
    assert len(letters(house.engine, NoticeKind.CLEARED_TO_BID)) == 1


async def test_mail_stops_after_a_while_and_the_last_link_stays_good(house: House) -> None:
    letter = await mailed(house)
    await exhaust(house, MAIL_TO_LIMIT.tries - 1)
    await house.client().post("/auth/reset-password", json={"email": "ada@example.com"})
    assert letters(house.engine) == [letter]
    assert await confirm(house.client(), letter) == (204, "")


async def test_strangers_cannot_keep_the_link_from_a_browser_that_the_account_knows(house: House) -> None:
    owner = house.client()
    await login(owner, PASSWORD)
    await exhaust(house, MAIL_TO_LIMIT.tries)
    await house.client().post("/auth/reset-password", json={"email": "ada@example.com"})
    assert letters(house.engine, NoticeKind.PASSWORD_RESET) == []
    for _ in range(MAIL_DEVICE_LIMIT.tries + 1):
        await owner.post("/auth/reset-password", json={"email": "ada@example.com"})
    assert len(letters(house.engine, NoticeKind.PASSWORD_RESET)) == MAIL_DEVICE_LIMIT.tries


async def test_changing_ones_password_needs_fresh_proof_and_ends_the_other_sessions(house: House) -> None:
    stale, browser = await house.stranger("ada"), await house.browser("ada")
    answer = await stale.post("/auth/password", json={"password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (403, "STEP_UP_REQUIRED")
    assert (await browser.post("/auth/password", json={"password": NEW})).status_code == 204
    assert (await browser.get("/auth/me")).status_code == 200
    assert (await stale.get("/auth/me")).status_code == 401
    assert (await login(house.client(), NEW))["status"] == 200
