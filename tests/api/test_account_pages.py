"""Signing up, signing in and an account's security as a browser without scripts meets them."""

import re
from typing import Any

import pyotp
import pytest
from httpx import AsyncClient, Response

from activities.db import second_factors
from activities.db.engine import transaction
from domain.notices import NoticeKind
from tests.api.conftest import PASSWORD, House
from tests.api.sign_ins import app_code, session_headers
from tests.doubles.notices import letters
from tests.web.conftest import Browser

HTML = {"Accept": "text/html"}
NEW = "seven lamps under water"
HOME = "/account/security"


async def submit(client: AsyncClient, path: str, **fields: Any) -> Response:
    """Send a form, with the token of the page when somebody is signed in."""
    page = await client.get(HOME, headers=HTML)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    data = {**fields, **({"csrf_token": token[1]} if token else {})}
    client.headers.pop("X-CSRF-Token", None)
    return await client.post(path, data=data, headers=HTML)


def hidden(answer: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, answer.text
    return found[1]


@pytest.mark.parametrize(
    "path", ["/sign-in", "/register", "/verify-email", "/confirm-email", "/forgot-password", "/reset-password"]
)
async def test_every_public_form_holds_to_the_policy_and_labels_its_fields(house: House, path: str) -> None:
    answer = await house.client().get(path, headers=HTML)
    assert answer.status_code == 200
    Browser().read(answer.text)


async def test_a_newcomer_signs_up_confirms_and_signs_in(house: House) -> None:
    client = house.client()
    sent = await client.post("/register", data={"name": "Nia", "email": "nia@example.com", "password": NEW})
    assert (sent.status_code, "Check your mail" in sent.text) == (200, True)
    (letter,) = letters(house.engine, NoticeKind.WELCOME)
    done = await client.post("/verify-email", data={"token": letter.token})
    assert (done.status_code, "Confirmed" in done.text) == (200, True)
    again = await client.post("/verify-email", data={"token": letter.token})
    assert (again.status_code, "used before" in again.text) == (409, True)
    home = await client.post("/sign-in", data={"email": "nia@example.com", "password": NEW, "next": HOME})
    assert (home.status_code, home.headers["location"]) == (303, HOME)
    page = await client.get(HOME, headers=HTML)
    assert "nia@example.com (confirmed)" in page.text
    Browser().read(page.text)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "Password123!"}, "leaked elsewhere"),
        ({"email": "nobody"}, "check the e-mail"),
        ({"name": " "}, "check the name"),
    ],
)
async def test_a_wrong_entry_shows_the_form_again_without_the_password(
    house: House, fields: dict[str, str], said: str
) -> None:
    data = {"name": "Nia", "email": "nia@example.com", "password": NEW, **fields}
    answer = await house.client().post("/register", data=data)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert data["password"] not in answer.text
    Browser().read(answer.text)


async def test_a_lost_password_is_replaced(house: House) -> None:
    client = house.client()
    known = await client.post("/forgot-password", data={"email": "ada@example.com"})
    unknown = await client.post("/forgot-password", data={"email": "nobody@example.com"})
    texts = {re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", answer.text) for answer in (known, unknown)}
    assert (len(texts), known.status_code) == (1, 200)
    (letter,) = letters(house.engine, NoticeKind.PASSWORD_RESET)
    weak = await client.post("/reset-password", data={"token": letter.token, "password": "short"})
    assert weak.status_code == 422
    done = await client.post("/reset-password", data={"token": letter.token, "password": NEW})
    assert (done.status_code, "signed out" in done.text) == (200, True)
    assert (await client.post("/sign-in", data={"email": "ada@example.com", "password": NEW})).status_code == 303


async def test_the_second_step_is_a_form_too(house: House) -> None:
    client = house.client()
    data = {"email": "amy@example.com", "password": PASSWORD, "next": "/my-bids"}
    step = await client.post("/sign-in", data=data)
    Browser().read(step.text)
    fields = {"ticket": hidden(step, "ticket"), "next": hidden(step, "next")}
    wrong = await client.post("/sign-in/second-factor", data={**fields, "code": "000000"})
    assert (wrong.status_code, hidden(wrong, "ticket")) == (403, fields["ticket"])
    done = await client.post("/sign-in/second-factor", data={**fields, "code": app_code()})
    assert (done.status_code, done.headers["location"]) == (303, "/my-bids")
    assert (await client.get("/my-bids")).status_code == 200


async def test_too_many_tries_say_for_how_long_on_the_page_too(house: House) -> None:
    for _ in range(10):
        await house.client().post("/sign-in", data={"email": "ada@example.com", "password": "wrong"})
    answer = await house.client().post("/sign-in", data={"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)


async def test_an_app_is_set_up_and_the_recovery_codes_are_shown_once(house: House) -> None:
    client = await house.stranger("ada")
    refused = await submit(client, "/account/authenticator", password="wrong")
    assert refused.status_code == 403
    shown = await submit(client, "/account/authenticator", password=PASSWORD)
    Browser().read(re.sub(r'src="data:image/svg[^"]*"', 'src="/picture"', shown.text))
    secret = re.search(r"Key: <code>([A-Z2-7]+)</code>", re.sub(r"\s+", " ", shown.text))
    assert secret is not None
    setup = hidden(shown, "setup")
    wrong = await submit(client, "/account/authenticator/confirm", setup=setup, code="000000")
    assert (wrong.status_code, secret[1] in wrong.text) == (403, True)
    code = pyotp.TOTP(secret[1]).now()
    codes = await submit(client, "/account/authenticator/confirm", setup=setup, code=code)
    assert len(re.findall(r"<code>[a-z0-9]{5}(?:-[a-z0-9]{5}){2}</code>", codes.text)) == 10
    assert (await submit(client, "/account/recovery-codes")).status_code == 200
    assert (await submit(client, "/account/authenticator/remove")).headers["location"] == HOME


async def test_stepping_up_opens_the_forms_of_the_page(house: House) -> None:
    client = await house.stranger("ada")
    before = await client.get(HOME, headers=HTML)
    assert "/account/tokens" not in before.text
    Browser().read((await client.get("/account/step-up", headers=HTML)).text)
    assert (await submit(client, "/account/step-up", password="wrong")).status_code == 403
    assert (await submit(client, "/account/step-up", password=PASSWORD)).headers["location"] == HOME
    after = await client.get(HOME, headers=HTML)
    Browser().read(after.text)
    made = await submit(client, "/account/tokens", name="bot", scopes=["read", "bid"], expires_in_days="30")
    assert len(re.findall(r"ht_[A-Za-z0-9_-]{43}", made.text)) == 1
    empty = await submit(client, "/account/tokens", name="bot")
    assert (empty.status_code, "at least one thing" in empty.text) == (422, True)
    (token,) = (await client.get("/api/me/tokens")).json()["items"]
    assert (await submit(client, f"/account/tokens/{token['id']}/revoke")).headers["location"] == HOME
    assert (await client.get("/api/me/tokens")).json()["items"] == []


async def test_the_forms_that_need_fresh_proof_refuse_without(house: House) -> None:
    client = await house.stranger("ada")
    for path, fields in (
        ("tokens", {"name": "x"}),
        ("password", {"password": NEW}),
        ("email", {"email": "a@b.example"}),
    ):
        answer = await submit(client, f"/account/{path}", **fields)
        assert (answer.status_code, "/account/step-up" in answer.text) == (403, True)


async def test_password_and_address_are_changed_by_form(house: House) -> None:
    client = await house.browser("ada")
    assert (await submit(client, "/account/password", password="short")).status_code == 422
    assert (await submit(client, "/account/password", password=NEW)).headers["location"] == HOME
    assert (await submit(client, "/account/email", email="nobody")).status_code == 422
    assert (await submit(client, "/account/email", email="ada@example.org")).status_code == 200
    (letter,) = letters(house.engine, NoticeKind.EMAIL_CHANGE_CONFIRM)
    assert (await client.post("/confirm-email", data={"token": letter.token})).status_code == 200
    assert (await client.post("/confirm-email", data={"token": letter.token})).status_code == 409
    assert (await submit(client, "/account/email/send-again")).status_code == 200


async def test_sessions_are_ended_by_form(house: House) -> None:
    client, other = await house.browser("ada"), await house.browser("ada")
    page = await client.get(HOME, headers=HTML)
    (path,) = re.findall(r'action="(/account/sessions/[0-9a-f]{16}/end)"', page.text)
    assert (await submit(client, path)).headers["location"] == HOME
    assert (await other.get("/my-bids")).status_code == 401
    assert (await submit(client, "/account/sessions/end-all")).headers["location"] == "/"
    assert (await client.get("/my-bids")).status_code == 401


async def test_staff_without_their_second_factor_see_how_to_get_in(house: House) -> None:
    client = house.client(**session_headers(house.engine, house.people["amy"], shown_at=None))
    page = await client.get(HOME, headers=HTML)
    Browser().read(page.text)
    assert "Confirm yours" in page.text
    assert "/account/sessions" not in page.text
    answer = await client.get("/my-bids", headers=HTML)
    assert (answer.status_code, "/account/security" in answer.text) == (403, True)
    assert (await submit(client, "/account/step-up", code=app_code())).headers["location"] == HOME
    assert (await client.get("/my-bids")).status_code == 200


async def test_staff_without_a_second_factor_are_led_to_where_they_set_one_up(house: House) -> None:
    with transaction(house.engine) as connection:
        second_factors.remove_authenticator(connection, house.people["sue"])
    client = house.client()
    answer = await client.post("/sign-in", data={"email": "sue@example.com", "password": PASSWORD, "next": "/"})
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    assert (await client.get("/account/step-up", headers=HTML)).headers["location"] == HOME
    assert "Set one up" in (await client.get(HOME, headers=HTML)).text


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_stepping_up_leads_to_no_other_site(house: House, wanted: str) -> None:
    answer = await submit(await house.stranger("ada"), "/account/step-up", password=PASSWORD, next=wanted)
    assert answer.headers["location"] == "/"
