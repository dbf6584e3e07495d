"""The site is opened by name; whoever types the address of this machine instead gets in all the same."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from activities.settings import Settings
from api.security import COOKIE
from temporal.demo.people import NEWCOMERS, PASSWORDS, DemoPerson
from temporal.stack.environment import LOCAL_NAME
from tests.demo.site import Site, open_site

PORT = 8000
BUYER: DemoPerson = NEWCOMERS[0]


@pytest.fixture
async def site(make_settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Site]:
    url = f"http://{LOCAL_NAME}:{PORT}"
    settings = make_settings(database_url=f"sqlite:///{tmp_path / 'hammertime.db'}", public_url=url)
    async with open_site(settings, tmp_path) as found:
        yield found


def at(site: Site, host: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(site.app), base_url=f"http://{host}:{PORT}")


async def sign_in(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    form = {"email": BUYER.email, "password": PASSWORDS[BUYER.role]}
    headers = {"Origin": f"http://{origin}:{PORT}", "Accept": "text/html"}
    return await client.post("/sign-in", data=form, headers=headers)


async def sign_up(client: httpx.AsyncClient) -> None:
    account = {"name": BUYER.name, "email": BUYER.email, "password": PASSWORDS[BUYER.role]}
    assert (await client.post("/auth/register", json=account)).status_code == 201


@pytest.mark.parametrize("host", [LOCAL_NAME, "127.0.0.1"])
async def test_signing_in_works_under_the_name_and_the_address(site: Site, host: str) -> None:
    async with at(site, host) as client:
        await sign_up(client)
        answer = await sign_in(client, host)
        assert (answer.status_code, COOKIE in client.cookies) == (303, True)
        assert (await client.get("/auth/me")).json()["user"]["email"] == BUYER.email


async def test_the_one_is_another_site_to_the_other(site: Site) -> None:
    async with at(site, "127.0.0.1") as client:
        await sign_up(client)
        assert (await sign_in(client, LOCAL_NAME)).status_code == 403
        assert COOKIE not in client.cookies


async def test_a_passkey_belongs_to_the_name(site: Site) -> None:
    async with at(site, LOCAL_NAME) as client:
        options = (await client.post("/auth/passkeys/options")).json()
    assert options["rpId"] == LOCAL_NAME
