"""The site's pages and forms, as a browser without scripts meets them."""

import re

import pytest
from httpx import AsyncClient

from api.account_forms import own_path
from tests.api.conftest import PASSWORD, House
from tests.api.test_auctions import live_lot

HTML = {"Accept": "text/html,application/xhtml+xml"}


async def sign_in(client: AsyncClient, password: str = PASSWORD, **fields: str) -> tuple[int, str]:
    answer = await client.post(
        "/sign-in", data={"email": "ada@example.com", "password": password, **fields}, headers=HTML
    )
    return answer.status_code, answer.headers.get("location", "")


async def test_the_front_page_shows_the_market(house: House) -> None:
    lot = live_lot(house)
    answer = await house.client().get("/")
    assert answer.status_code == 200
    assert f'href="/auctions/{lot}"' in answer.text
    assert "$6,100" in answer.text


async def test_the_page_of_an_auction_offers_to_sign_in_or_to_bid(house: House) -> None:
    lot = live_lot(house)
    stranger = await house.client().get(f"/auctions/{lot}")
    assert f"/sign-in?next=/auctions/{lot}" in stranger.text
    browser = await house.browser("bob")
    own = await browser.get(f"/auctions/{lot}")
    assert f'action="/auctions/{lot}/bid"' in own.text
    assert browser.headers["X-CSRF-Token"] in own.text


async def test_nobody_elses_maximum_is_in_a_page(house: House) -> None:
    lot = live_lot(house)
    pages = ("/", f"/auctions/{lot}", "/my-bids")
    texts = [(await (await house.browser("bob")).get(page)).text for page in pages]
    assert not any("9,000" in text or "900000" in text for text in texts)


async def test_a_vehicle_and_ones_bids_have_pages(house: House) -> None:
    live_lot(house)
    assert "19XFC1F37KE000001" in (await house.client().get("/vehicles/1")).text
    assert "$6,000" in (await (await house.browser("bob")).get("/my-bids")).text


async def test_a_refused_page_is_a_page_and_a_refused_call_is_not(house: House) -> None:
    page = await house.client().get("/auctions/404", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    call = await house.client().get("/api/auctions/404", headers=HTML)
    assert call.headers["content-type"] == "application/problem+json"


async def test_what_needs_a_sign_in_says_so_on_a_page(house: House) -> None:
    answer = await house.client().get("/my-bids", headers=HTML)
    assert answer.status_code == 401
    assert "/sign-in?next=/my-bids" in answer.text


async def test_the_form_signs_in_and_goes_on(house: House) -> None:
    client = house.client()
    assert await sign_in(client, next="/auctions/7") == (303, "/auctions/7")
    front = await client.get("/")
    token = re.search(r'name="csrf_token" value="([^"]+)"', front.text)
    assert token is not None
    out = await client.post("/sign-out", data={"csrf_token": token[1]})
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert (await client.get("/my-bids")).status_code == 401


async def test_a_wrong_password_shows_the_form_again(house: House) -> None:
    answer = await house.client().post("/sign-in", data={"email": "ada@example.com", "password": "wrong"})
    assert answer.status_code == 401
    assert "wrong" in answer.text
    assert 'value="ada@example.com"' in answer.text


async def test_signing_out_needs_the_token(house: House) -> None:
    browser = await house.browser("ada")
    del browser.headers["X-CSRF-Token"]
    assert (await browser.post("/sign-out", headers=HTML)).status_code == 403


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\r\nX: y", "", "/ü"]
)
def test_no_sign_in_leads_to_another_site(wanted: str) -> None:
    assert own_path(wanted) == "/"


async def test_static_files_are_kept_for_ever_under_their_content(house: House) -> None:
    address = house.services.pages.static_url("css/site.css")
    answer = await house.client().get(address)
    assert "immutable" in answer.headers["cache-control"]
    stale = await house.client().get("/static/css/site.css?v=old")
    assert "immutable" not in stale.headers["cache-control"]


@pytest.mark.parametrize("path", ["css", "nothing.css", "../pages.py", "%2e%2e/pages.py", "..%2fpages.py"])
async def test_nothing_but_static_files_is_served_as_one(house: House, path: str) -> None:
    assert (await house.client().get(f"/static/{path}")).status_code == 404


async def test_a_filter_that_cannot_be_read_still_shows_the_list(house: House) -> None:
    answer = await house.client().get("/", params={"year_from": "x", "price_to": "-"})
    assert answer.status_code == 200
