"""Signing up and showing whose address it is: the same answer for everybody, links that work once."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from activities.db import people
from activities.db.account_tables import email_links
from activities.db.engine import reading, transaction
from activities.db.tables import users
from api.database import now
from api.guesses import MAIL_ADDRESS_LIMIT, MAIL_LIMIT, MAIL_TO_LIMIT, Guesser
from api.signins import Origin
from domain.notices import NoticeKind
from tests.api.conftest import House
from tests.api.newcomer import complete_but_unverified
from tests.doubles.notices import Letter, letters

GOOD = "seven lamps under water"
OTHER = "nine lamps under water"
THIRD = "thirteen lamps under water"


async def register(client: AsyncClient, email: str = "new@example.com", **changes: Any) -> Response:
    body = {"name": "Nia New", "email": email, "password": GOOD, **changes}
    return await client.post("/auth/register", json=body)


async def login(client: AsyncClient, email: str = "new@example.com", password: str = GOOD) -> Response:
    return await client.post("/auth/login", json={"email": email, "password": password})


async def reset(house: House, letter: Letter) -> Response:
    body = {"token": letter.token, "password": THIRD}
    return await house.client().post("/auth/reset-password/confirm", json=body)


def shape(answer: Response) -> tuple[int, object, list[str]]:
    """What a stranger sees of an answer, but for random values."""
    cookies = sorted(cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie"))
    return answer.status_code, answer.json(), cookies


async def welcome(house: House, client: AsyncClient) -> Letter:
    assert (await register(client)).status_code == 201
    (letter,) = letters(house.engine, NoticeKind.WELCOME)
    return letter


async def test_a_newcomer_may_sign_in_but_not_bid(house: House) -> None:
    client = house.client()
    await welcome(house, client)
    answer = await client.post("/auth/login", json={"email": "new@example.com", "password": GOOD})
    user = answer.json()["user"]
    assert (user["email_verified"], user["can_bid"], user["role"]) == (False, False, "buyer")


async def test_the_answer_is_the_same_whether_there_is_an_account_or_not(house: House) -> None:
    fresh = await register(house.client())
    known = await register(house.client(), email="Ada@example.com")
    assert shape(fresh) == shape(known) == (201, fresh.json(), ["device"])
    assert [(letter.kind, letter.to) for letter in letters(house.engine)] == [
        (NoticeKind.WELCOME, "new@example.com"),
        (NoticeKind.PASSWORD_RESET, "ada@example.com"),
    ]
    await house.services.ways_in.post.finish()
    assert [letter.outbox_id for letter in letters(house.engine)] == house.notices.started


async def test_an_account_is_not_changed_by_who_signs_up_with_its_address(house: House) -> None:
    with reading(house.engine) as connection:
        before = connection.execute(select(users).where(users.c.id == house.people["ada"])).one()
    await register(house.client(), email="ada@example.com")
    with reading(house.engine) as connection:
        assert connection.execute(select(users).where(users.c.id == house.people["ada"])).one() == before


async def test_who_signs_up_with_an_unverified_address_is_offered_a_new_password_and_no_words_of_a_stranger(
    house: House,
) -> None:
    await register(house.client())
    await register(house.client(), name="Somebody Else", password=OTHER)
    first, second = letters(house.engine)
    assert (first.kind, second.kind) == (NoticeKind.WELCOME, NoticeKind.PASSWORD_RESET)
    assert "Nia" not in str(second.values)
    assert "Somebody" not in str(second.values)
    assert (await house.client().post("/auth/verify-email", json={"token": first.token})).status_code == 409
    assert (await reset(house, second)).status_code == 204
    client = house.client()
    assert (await login(client, password=GOOD)).status_code == 401
    assert (await login(client, password=THIRD)).json()["user"]["email_verified"] is True


async def test_who_signed_up_first_with_somebody_elses_address_keeps_nothing(house: House) -> None:
    evil = house.client()
    await register(evil)
    evil.headers["X-CSRF-Token"] = (await login(evil)).json()["csrf_token"]
    await register(house.client(), name="The Owner", password=OTHER)
    # What they are mailed in between must not have the address verified by the owner's click.
    assert (await evil.post("/auth/verify-email/resend")).status_code == 202
    assert (await evil.post("/auth/step-up", json={"password": GOOD})).status_code == 200
    assert (await evil.post("/auth/password", json={"password": "eleven lamps under water"})).status_code == 204
    assert (await evil.post("/auth/verify-email/resend")).status_code == 202
    assert letters(house.engine, NoticeKind.VERIFY_EMAIL) == []
    offers = letters(house.engine, NoticeKind.PASSWORD_RESET)
    assert (len(offers), (await reset(house, offers[0])).status_code) == (3, 204)
    assert (await evil.get("/auth/me")).json()["code"] == "NOT_SIGNED_IN"
    assert (await login(evil)).status_code == 401
    assert (await login(house.client(), password=THIRD)).status_code == 200


async def test_verifying_ends_every_session_but_the_one_that_verifies(house: House) -> None:
    evil, own = house.client(), house.client()
    letter = await welcome(house, evil)
    await login(evil)
    await login(own)
    assert (await own.post("/auth/verify-email", json={"token": letter.token})).status_code == 200
    assert (await evil.get("/auth/me")).json()["code"] == "NOT_SIGNED_IN"
    assert (await own.get("/auth/me")).status_code == 200


async def test_an_account_may_bid_from_the_moment_its_address_is_verified_whoever_is_told(house: House) -> None:
    letter = await welcome(house, house.client())
    user_id = complete_but_unverified(house)
    assert (await house.client().post("/auth/verify-email", json={"token": letter.token})).status_code == 200
    with reading(house.engine) as connection:
        found = people.person(connection, user_id)
    assert found is not None
    assert (found.can_bid, found.buying_limit_cents is not None) == (True, True)
    assert [letter.to for letter in letters(house.engine, NoticeKind.CLEARED_TO_BID)] == ["new@example.com"]


async def test_a_link_verifies_in_another_browser_and_works_once(house: House) -> None:
    letter = await welcome(house, house.client())
    one, other = house.client(), house.client()
    answer = await other.post("/auth/verify-email", json={"token": letter.token})
    assert answer.status_code == 200
    for client in (one, other):
        again = await client.post("/auth/verify-email", json={"token": letter.token})
        assert (again.status_code, again.json()["code"]) == (409, "LINK_EXPIRED")
    signed_in = await one.post("/auth/login", json={"email": "new@example.com", "password": GOOD})
    assert signed_in.json()["user"]["email_verified"] is True


async def test_a_link_ends_after_a_day(house: House) -> None:
    letter = await welcome(house, house.client())
    with transaction(house.engine) as connection:
        connection.execute(update(email_links).values(expires_at=now()))
    answer = await house.client().post("/auth/verify-email", json={"token": letter.token})
    assert answer.json()["code"] == "LINK_EXPIRED"


async def test_a_link_lasts_a_day_and_only_its_hash_is_kept(house: House) -> None:
    letter = await welcome(house, house.client())
    with reading(house.engine) as connection:
        row = connection.execute(select(email_links)).one()
    assert row.expires_at - row.created_at == timedelta(days=1)
    assert letter.token not in row.token_hash
    assert "#" in letter.values["link"]


async def test_a_link_for_something_else_is_none(house: House) -> None:
    await register(house.client(), email="ada@example.com")
    (letter,) = letters(house.engine, NoticeKind.PASSWORD_RESET)
    answer = await house.client().post("/auth/verify-email", json={"token": letter.token})
    assert answer.json()["code"] == "LINK_EXPIRED"


async def test_opening_the_link_does_not_use_it_up(house: House) -> None:
    letter = await welcome(house, house.client())
    page = await house.client().get("/verify-email")
    assert 'method="post"' in page.text
    assert (await house.client().post("/auth/verify-email", json={"token": letter.token})).status_code == 200


async def test_the_link_can_be_sent_again_while_it_is_needed(house: House) -> None:
    client = house.client()
    first = await welcome(house, client)
    signed_in = await client.post("/auth/login", json={"email": "new@example.com", "password": GOOD})
    client.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
    assert (await client.post("/auth/verify-email/resend")).status_code == 202
    (second,) = letters(house.engine, NoticeKind.VERIFY_EMAIL)
    assert (await client.post("/auth/verify-email", json={"token": first.token})).status_code == 409
    assert (await client.post("/auth/verify-email", json={"token": second.token})).status_code == 200


async def test_who_is_verified_gets_no_more_links(house: House) -> None:
    assert (await (await house.browser("ada")).post("/auth/verify-email/resend")).status_code == 202
    assert letters(house.engine) == []


@pytest.mark.parametrize("password", ["short", "Password123!", "qwertyuiop12", "new@example.com", "hammertime2026"])
@pytest.mark.parametrize("email", ["new@example.com", "ada@example.com"])
async def test_trivial_and_leaked_passwords_are_refused_before_anything_else(
    house: House, email: str, password: str
) -> None:
    answer = await register(house.client(), email=email, password=password)
    assert (answer.status_code, answer.json()["code"]) == (422, "WEAK_PASSWORD")
    assert answer.json()["errors"][0]["field"] == "password"
    assert letters(house.engine) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"password": "x" * 201}, "password"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_bad_input_names_the_field(house: House, changes: dict[str, Any], field: str) -> None:
    answer = await register(house.client(), **changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_nobody_floods_somebody_elses_mailbox_and_who_tries_is_not_told(house: House) -> None:
    answers = [await register(house.client(), email="ada@example.com") for _ in range(MAIL_LIMIT.tries + 2)]
    assert {answer.status_code for answer in answers} == {201}
    assert len(letters(house.engine)) == MAIL_LIMIT.tries


async def test_somebody_whose_address_others_had_mailed_too_often_gets_an_account_and_later_a_link(
    house: House,
) -> None:
    for number in range(MAIL_TO_LIMIT.tries):
        stranger = Guesser("new@example.com", Origin(f"203.0.113.{number}", ""), known=False)
        assert await house.services.ways_in.guesses.may_mail(stranger)
    client = house.client()
    assert (await register(client)).status_code == 201
    assert letters(house.engine) == []
    client.headers["X-CSRF-Token"] = (await login(client)).json()["csrf_token"]
    assert (await client.post("/auth/verify-email/resend")).status_code == 202
    (letter,) = letters(house.engine, NoticeKind.VERIFY_EMAIL)
    assert (await client.post("/auth/verify-email", json={"token": letter.token})).status_code == 200


async def test_one_address_signs_up_only_so_many(house: House) -> None:
    for number in range(MAIL_ADDRESS_LIMIT.tries):
        await house.client().post("/auth/reset-password", json={"email": f"nobody{number}@example.com"})
    answer = await register(house.client())
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_TRIES")
    assert int(answer.headers["retry-after"]) > 0


async def test_two_at_once_with_one_address_make_one_account(house: House) -> None:
    answers = [await register(house.client(), email=email) for email in ("new@example.com", "NEW@example.com")]
    assert [answer.status_code for answer in answers] == [201, 201]
    with reading(house.engine) as connection:
        found = connection.execute(select(users.c.id).where(users.c.email == "new@example.com")).all()
    assert len(found) == 1
