"""The hot path takes the two bid routes and nothing else, and is the same to everyone who asks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from activities.db.engine import reading
from api.hot_path import is_hot
from tests.api.conftest import House
from tests.api.sale import Sale, open_sale, problem
from tests.doubles.cluster import Fault, utc_now

MINUTE = timedelta(minutes=1)
DRESS = {"content-security-policy", "x-content-type-options", "referrer-policy", "cache-control", "x-request-id"}


@pytest.fixture
async def sale(house: House) -> AsyncIterator[Sale]:
    async with open_sale(house) as opened:
        yield opened


@pytest.fixture(params=["hot", "cold"])
async def either(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Sale]:
    async with open_sale(house, cold=request.param == "cold") as opened:
        yield opened


def database_file(sale: Sale) -> Path:
    return Path(str(sale.house.engine.url.database))


def take_away(sale: Sale) -> None:
    """The database is gone, with all its connections."""
    with reading(sale.house.engine) as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    sale.house.engine.dispose()
    database_file(sale).rename(database_file(sale).with_suffix(".away"))


def bring_back(sale: Sale) -> None:
    sale.house.engine.dispose()
    for rest in database_file(sale).parent.glob(f"{database_file(sale).name}*"):
        rest.unlink()
    database_file(sale).with_suffix(".away").rename(database_file(sale))


@pytest.mark.parametrize(
    ("method", "path", "hot"),
    [
        ("POST", "/api/auctions/7/bid", True),
        ("POST", "/api/auctions/7/auto-bid", True),
        ("GET", "/api/auctions/7/bid", False),
        ("POST", "/api/auctions/7/bids", False),
        ("POST", "/api/auctions/7/bid/", False),
        ("POST", "/api/auctions/07/bid", False),
        ("POST", "/api/auctions/0/bid", False),
        ("POST", "/api/auctions/-7/bid", False),
        ("POST", "/api/auctions/\u0667/bid", False),
        ("POST", "/api/auctions/7/bid\n", False),
        ("POST", "/x/api/auctions/7/bid", False),
        ("POST", f"/api/auctions/{'9' * 19}/bid", False),
        ("POST", "/auctions/7/bid", False),
    ],
)
def test_only_the_two_bid_routes_are_hot(method: str, path: str, hot: bool) -> None:
    assert is_hot({"type": "http", "method": method, "path": path}) is hot


def test_other_protocols_are_not_hot() -> None:
    assert not is_hot({"type": "lifespan"})


async def test_every_hot_path_is_a_route_of_the_description(sale: Sale) -> None:
    paths = sale.house.app.openapi()["paths"]
    assert {"post"} == {
        method for name in ("bid", "auto-bid") for method in paths[f"/api/auctions/{{auction_id}}/{name}"]
    }


async def test_answers_carry_the_house_s_headers(either: Sale) -> None:
    lot = either.stage.lot()
    for answer in (await either.bid("ada", lot, 600_000), await either.bid("", lot, 600_000)):
        assert set(answer.headers) >= DRESS


async def test_answers_are_counted_by_their_route(either: Sale) -> None:
    await either.bid("ada", either.stage.lot(), 600_000)
    labels = {"method": "POST", "route": "/api/auctions/{auction_id}/bid", "status": "201"}
    assert either.house.services.registry.get_sample_value("http_requests_total", labels) == 1.0


async def test_other_methods_are_refused_by_the_route(either: Sale) -> None:
    client = await either.client("ada")
    for method in ("PUT", "DELETE", "PATCH"):
        assert problem(await client.request(method, "/api/auctions/7/bid")) == (405, "METHOD_NOT_ALLOWED")


async def test_hundreds_at_once_are_one_chain(sale: Sale) -> None:
    lot = sale.stage.lot()
    await asyncio.gather(sale.client("ada"), sale.client("bob"))
    names = ["ada", "bob"] * 25
    answers = await asyncio.gather(*(sale.bid(name, lot, 600_000) for name in names))
    assert sorted(answer.status_code for answer in answers)[:1] == [201]
    assert sum(answer.status_code == 201 for answer in answers) == 1
    await sale.settle()
    assert sorted(answer.json()["seq"] for answer in answers) == list(range(2, 52))


async def test_a_full_queue_is_429_with_the_time_to_come_back(house: House) -> None:
    async with open_sale(house, queue_max=1) as sale:
        lot = sale.stage.lot()
        await asyncio.gather(sale.client("ada"), sale.client("bob"))
        answers = await asyncio.gather(*(sale.bid(name, lot, 600_000) for name in ["ada", "bob"] * 5))
    busy = [answer for answer in answers if answer.status_code == 429]
    assert busy
    assert {(problem(answer), answer.headers["retry-after"]) for answer in busy} == {((429, "BUSY_LOT"), "1")}


async def test_no_answer_in_time_is_503_and_a_missed_bid(house: House) -> None:
    async with open_sale(house, answer_s=0.1) as sale:
        lot = sale.stage.lot(ends_at=utc_now() + MINUTE)
        sale.stage.cluster.open.clear()
        answer = await sale.bid("ada", lot, 600_000, "my-key")
        sale.stage.cluster.open.set()
        await sale.settle()
        again = await sale.bid("ada", lot, 600_000, "my-key")
    assert (problem(answer), sale.missed()) == ((503, "UNAVAILABLE"), [lot])
    assert (again.status_code, again.json()["seq"]) == (201, 2)


async def test_a_worker_that_comes_back_in_time_costs_nobody_a_503(sale: Sale) -> None:
    lot = sale.stage.lot()
    sale.stage.cluster.faults.extend([Fault.AWAY, Fault.LAZY, Fault.LOST])
    answer = await sale.bid("ada", lot, 600_000)
    assert (answer.status_code, answer.json()["seq"]) == (201, 2)


@pytest.mark.parametrize("known", [True, False])
async def test_a_database_that_is_away_is_503_whoever_asks(either: Sale, known: bool) -> None:
    lot = either.stage.lot(ends_at=utc_now() + MINUTE)
    if known:
        assert (await either.bid("ada", lot, 100)).status_code == 409
        await either.settle()
        either.house.services.known_lots.forget(lot)
    await either.client("ada")
    take_away(either)
    answer = await either.bid("ada", lot, 600_000)
    bring_back(either)
    assert problem(answer) == (503, "DATABASE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_database_that_was_away_in_the_last_minutes_leaves_a_missed_bid(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() + MINUTE)
    await sale.client("ada")
    take_away(sale)
    await sale.bid("ada", lot, 600_000)
    bring_back(sale)
    await sale.house.services.sweeper.sweep()
    assert sale.missed() == [lot]
    assert [call.name for call in sale.stage.cluster.signals] == ["report_outage"]


async def test_a_stranger_in_the_last_minutes_leaves_none(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() + MINUTE)
    await sale.bid("", lot, 600_000)
    await sale.bid("eve", lot, 600_000)
    assert sale.missed() == []
