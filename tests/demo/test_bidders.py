"""The bidders' process: the stream it reads, the lists it keeps, and its end on a signal."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from domain.clock import to_text
from temporal.demo.accounts import FILE_NAME, write_accounts
from temporal.demo.bidders import Market, main
from temporal.demo.catalogue import catalogue
from temporal.demo.stream import Frame, follow, frames
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in

ROOT = Path(__file__).parents[2]


async def _lines(text: str) -> AsyncIterator[str]:
    for line in text.split("\n"):
        yield line


async def test_frames_are_read_from_lines() -> None:
    text = ': hello\nretry: 500\n\nid: 4\nevent: bid\ndata: {"a":\ndata: 1}\n\ndata:{}\n\nevent: cut\ndata: {"off'
    found = [frame async for frame in frames(_lines(text))]
    assert found == [Frame("bid", {"a": 1}), Frame("message", {})]


@pytest.fixture
def market() -> FakeMarket:
    fake = FakeMarket(Clock())
    for offering in catalogue()[:3]:
        fake.open_sale(offering.spec.vin, start=offering.start_cents, reserve=None, length=timedelta(hours=1))
    return fake


def _people(fake: FakeMarket) -> Market:
    return Market(fake.http(), accounts_in(fake), rate=3, rng=Random(1), clock=fake.clock)


async def test_the_stream_fills_the_board(market: FakeMarket) -> None:
    people = _people(market)
    await follow(market.client(), [1, 2], people.take_frame)
    assert sorted(people.board.lots) == [1, 2]


async def test_the_lists_fill_the_board_and_clear_it(market: FakeMarket) -> None:
    people = _people(market)
    await people.read_lists()
    first = sorted(people.board.lots)
    market.clock.now += timedelta(hours=2)
    await people.read_lists()
    assert (first, people.board.lots) == ([1, 2, 3], {})


async def test_a_show_of_seconds_is_left_to_its_own_players(market: FakeMarket) -> None:
    market.open_sale(catalogue()[3].spec.vin, start=1_000_00, reserve=None, length=timedelta(seconds=9))
    people = _people(market)
    await people.read_lists()
    assert sorted(people.board.lots) == [1, 2, 3]


async def test_news_moves_a_lot_and_old_news_does_not(market: FakeMarket) -> None:
    people = _people(market)
    await people.read_lists()
    news = {
        "auction_id": 1,
        "version": 4,
        "status": "live",
        "price_cents": 9_000_00,
        "leader": "Bidder 2",
        "reserve": "none",
        "minimum_next_cents": 9_100_00,
        "bid_count": 4,
        "ends_at": to_text(START + timedelta(hours=2)),
        "server_now": to_text(START + timedelta(seconds=3)),
    }
    people.take_frame(Frame("bid", news))
    people.take_frame(Frame("bid", {**news, "version": 3, "price_cents": 1_00}))
    people.take_frame(Frame("bid", {**news, "auction_id": 99}))
    people.take_frame(Frame("you", {"auction_id": 1, "position": "none"}))
    lot = people.board.lots[1]
    assert (lot.price_cents, lot.leader, lot.version, people.board.ahead) == (
        9_000_00,
        "Bidder 2",
        4,
        timedelta(seconds=3),
    )


async def test_everything_runs_together_and_stops_together(market: FakeMarket) -> None:
    market.streams_end = False
    people = _people(market)
    running = asyncio.create_task(people.run())
    async with asyncio.timeout(10):
        while len(people.board.lots) < 3 or not people._streaming:
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_a_missing_accounts_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:1", "--accounts", str(tmp_path / "none.json")]) == 2
    assert "is no accounts file" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-1", "1000"])
def test_a_rate_out_of_bounds_is_refused(rate: str) -> None:
    with pytest.raises(SystemExit):
        main(["--url", "http://127.0.0.1:1", "--rate", rate])


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_stops_at_once_on_a_signal(tmp_path: Path, deaf_port: int, number: signal.Signals) -> None:
    write_accounts(tmp_path / FILE_NAME, accounts_in(FakeMarket(Clock())))
    log = (tmp_path / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "temporal.demo.bidders", "--url", f"http://127.0.0.1:{deaf_port}"),
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "LOG_LEVEL": "DEBUG"},
        stderr=log,
    )
    async with asyncio.timeout(20):
        while "connect_tcp.started" not in (tmp_path / "log").read_text(encoding="utf-8"):
            await asyncio.sleep(0.05)
        process.send_signal(number)
        code = await process.wait()
    log.close()
    assert code == 0
