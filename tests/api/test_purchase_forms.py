"""Buying without a script: each form leads back to the lot's page, or to the page with the reason."""

import itertools

import pytest
from httpx import Response

from tests.api.conftest import House
from tests.api.market_day import MarketDay, open_market_day

KEYS = itertools.count(1)


@pytest.fixture
def day(house: House) -> MarketDay:
    return open_market_day(house)


async def send(day: MarketDay, name: str, path: str, **fields: str) -> Response:
    client = await day.floor.client(name)
    data = {"idempotency_key": f"form-{next(KEYS)}", **fields}
    return await client.post(path, data=data, headers={"Accept": "text/html"})


async def test_a_buyer_reserves_and_confirms_by_forms(day: MarketDay) -> None:
    lot = await day.lot()
    for path in (f"/auctions/{lot}/buy-now", f"/auctions/{lot}/buy-now/confirm"):
        answer = await send(day, "ada", path)
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/auctions/{lot}")
    assert (await day.floor.get("", f"/api/auctions/{lot}/buy-now")).json()["sold_by"] == "buy_now"


async def test_an_offer_is_typed_in_dollars(day: MarketDay) -> None:
    lot = await day.lot()
    sent = await send(day, "ada", f"/auctions/{lot}/offer", amount="7,000")
    unread = await send(day, "bob", f"/auctions/{lot}/offer", amount="a lot")
    assert (sent.status_code, unread.status_code) == (303, 422)
    assert (await day.floor.get("ada", "/api/me/offers")).json()["items"][0]["amount_cents"] == 700_000


async def test_a_refusal_is_read_on_the_page(day: MarketDay) -> None:
    lot = await day.lot()
    await day.buy("bob", lot)
    answer = await send(day, "ada", f"/auctions/{lot}/buy-now")
    missing = await send(day, "ada", "/auctions/999999/offer", amount="7000")
    assert (answer.status_code, "reserved this vehicle" in answer.text, missing.status_code) == (409, True, 404)
