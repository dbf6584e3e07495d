"""The seed and the market's filling: the plan carried out over the API's routes."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from temporal.demo.accounts import FILE_NAME, Accounts, read_accounts
from temporal.demo.catalogue import stock
from temporal.demo.client import MarketError
from temporal.demo.opening import Seeded, Seeder, summary
from temporal.demo.people import EVERYBODY
from temporal.demo.plan import PLAYERS, Calendar, Phase
from temporal.demo.seed import MARKET, ONE_SHOW, main
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in
from tests.demo.test_plan import SUNDAY


def test_the_market_has_the_people_that_were_promised() -> None:
    assert Counter(person.role.value for person in EVERYBODY) == {"admin": 2, "support": 1, "seller": 6, "buyer": 25}


def test_the_market_opens_with_everybody_but_the_crowd() -> None:
    assert (len(MARKET.sellers), len(MARKET.players), len(MARKET.later)) == (6, PLAYERS, 3)


def test_one_show_has_a_seller_and_three_bidders() -> None:
    assert (len(ONE_SHOW.sellers), len(ONE_SHOW.players), ONE_SHOW.later) == (1, 3, ())


def test_a_broken_accounts_file_is_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{", encoding="utf-8")
    assert read_accounts(tmp_path / FILE_NAME) is None


def _seeder(market: FakeMarket, accounts: Accounts) -> Seeder:
    client, garage = market.client(), market.garage(accounts)
    # Each program has keys of its own.
    rng = Random(len(market.keys))
    return Seeder(client, garage, lambda: accounts, market.clock, market.clock.sleep, rng)


async def _open(market: FakeMarket, accounts: Accounts, calendar: Calendar = Calendar.CHICAGO) -> Seeded:
    return await _seeder(market, accounts).open_market(calendar)


async def _open_and_fill(market: FakeMarket, accounts: Accounts, calendar: Calendar = Calendar.CHICAGO) -> Seeded:
    """What the seed does, and what the crowd's process does after it."""
    await _open(market, accounts, calendar)
    return await _seeder(market, accounts).carry_out(calendar)


async def test_the_market_opens_with_a_dozen_cars_that_are_live_and_some_of_all_else() -> None:
    market = FakeMarket(Clock())
    opened = await _open(market, accounts_in(market))
    assert {phase: len(numbers) for phase, numbers in opened.planned.items()} == {
        Phase.LIVE: 12,
        Phase.SCHEDULED: 2,
        Phase.ENDED: 2,
    }
    assert Counter(map(market.status, market.sales.values())) == {"live": 12, "scheduled": 2, "ended": 2}
    assert len(market.listings) == 16


async def test_the_scripted_auctions_wait_for_their_players() -> None:
    market = FakeMarket(Clock())
    players = asyncio.get_running_loop().create_future()
    opening = asyncio.create_task(_seeder(market, accounts_in(market)).open_market(Calendar.CHICAGO, players))
    async with asyncio.timeout(10):
        while len(market.sales) < 14 or len(market.listings) < 16:
            await asyncio.sleep(0)
    assert not market.accepted
    players.set_result(None)
    assert len((await opening).planned[Phase.ENDED]) == 2


async def test_a_market_without_players_is_not_opened() -> None:
    market = FakeMarket(Clock())
    players = asyncio.get_running_loop().create_future()
    players.set_exception(MarketError("nobody came"))
    with pytest.raises(MarketError, match="nobody came"):
        await _seeder(market, accounts_in(market)).open_market(Calendar.CHICAGO, players)


async def test_the_open_market_is_filled_with_scheduled_and_truly_ended_auctions() -> None:
    market = FakeMarket(Clock())
    await _open_and_fill(market, accounts_in(market))
    assert Counter(map(market.status, market.sales.values())) == {"live": 12, "scheduled": 7, "ended": 7}


async def test_the_ended_auctions_have_bids_and_every_result() -> None:
    market = FakeMarket(Clock())
    await _open_and_fill(market, accounts_in(market))
    ended = [sale for sale in market.sales.values() if market.status(sale) == "ended"]
    assert Counter(map(market.result, ended)) == {"sold": 5, "reserve_not_met": 1, "no_bids": 1}
    assert not market.refused


async def test_filling_the_market_takes_seconds() -> None:
    market = FakeMarket(Clock())
    await _open_and_fill(market, accounts_in(market))
    assert market.clock.now - START < timedelta(seconds=30)


async def test_a_second_seed_adds_nothing() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _open_and_fill(market, accounts)
    again = await _open(market, accounts)
    filled = await _seeder(market, accounts).carry_out(Calendar.CHICAGO)
    assert (again, filled, len(market.sales)) == (Seeded({}, []), Seeded({}, []), 26)


async def test_an_interrupted_seed_is_completed() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _open_and_fill(market, accounts)
    for number in list(market.sales)[-9:]:
        del market.sales[number]
    await _open_and_fill(market, accounts)
    assert len({sale.vin for sale in market.sales.values()}) == len(market.sales) == 26
    assert len(market.listings) == 26


async def test_a_market_found_after_days_is_topped_up() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _open_and_fill(market, accounts)
    market.clock.now += timedelta(days=7)
    again = await _open(market, accounts)
    assert len(again.relisted) == 12


@pytest.mark.parametrize(("calendar", "ended"), [(Calendar.NONE, 7), (Calendar.CHICAGO, 0)])
async def test_a_demo_works_on_a_sunday(calendar: Calendar, ended: int) -> None:
    market = FakeMarket(Clock(SUNDAY), sunday_rule=calendar is Calendar.CHICAGO)
    await _open_and_fill(market, accounts_in(market), calendar)
    market.clock.now += timedelta(seconds=5)
    counts = Counter(map(market.status, market.sales.values()))
    assert (counts["ended"], counts["live"], counts["scheduled"]) == (ended, 19 - ended, 7)


async def test_a_market_where_nothing_can_be_listed_is_not_open() -> None:
    market = FakeMarket(Clock())
    market.unwanted = {offering.spec.vin for offering in islice(stock(), 500)}
    with pytest.raises(MarketError, match="not one auction"):
        await _open(market, accounts_in(market))


async def test_a_lot_whose_seller_is_not_there_is_passed_over_and_others_take_its_place() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _open(market, replace(accounts, sellers=accounts.sellers[:1]))
    assert {one.token for one in market.listings.values()} == {accounts.sellers[0].token}
    assert sum(market.status(sale) != "ended" for sale in market.sales.values()) >= 12


async def test_a_bid_that_comes_too_early_is_tried_again() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    market.faults.extend([503, 999])
    await _open_and_fill(market, accounts)
    ended = [sale for sale in market.sales.values() if market.status(sale) == "ended"]
    assert sum(sale.bids for sale in ended) >= 12


def test_the_summary_says_what_was_done() -> None:
    planned = {Phase.ENDED: [1], Phase.LIVE: [2, 3]}
    assert summary(Seeded(planned, [])) == "1 ended, 2 live auctions"
    assert summary(Seeded({}, [4])) == "the market stood already; 1 auctions added"


def test_the_seed_is_not_for_production(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PROFILE", "production")
    monkeypatch.setenv("PLATFORM_KEY", "A" * 43 + "=")
    monkeypatch.setenv("COOKIE_SECURE", "true")
    assert main(["--url", "http://127.0.0.1:1"]) == 2
    assert "embedded profile only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "url"),
    [("SENDGRID_URL", "https://api.sendgrid.com"), ("CLEARVIN_URL", "https://www.clearvin.com/rest/vendor")],
)
def test_the_seed_keeps_away_from_real_vendors(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, url)
    assert main(["--url", "http://127.0.0.1:1"]) == 2
    assert "sandboxes on this machine only" in capsys.readouterr().err
