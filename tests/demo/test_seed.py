"""The seed: the plan carried out over the API's routes, and the catalogue's vehicles in their sellers' hands."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, func, select

from activities.db.engine import make_engine, reading, transaction
from activities.db.tables import vehicles
from migrations import schema
from temporal.demo.accounts import FILE_NAME, Accounts, read_accounts
from temporal.demo.catalogue import stock
from temporal.demo.client import MarketError
from temporal.demo.garage import write_vehicles_as_rows
from temporal.demo.opening import Seeded, Seeder, summary
from temporal.demo.people import EVERYBODY, SELLERS
from temporal.demo.plan import PLAYERS, Calendar, Phase
from temporal.demo.seed import MARKET, ONE_SHOW, main
from tests.db.market import add_person
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in
from tests.demo.test_plan import SUNDAY


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


def test_the_market_has_the_people_that_were_promised() -> None:
    assert Counter(person.role.value for person in EVERYBODY) == {"admin": 2, "support": 1, "seller": 6, "buyer": 25}


def test_the_market_opens_with_everybody_but_the_crowd() -> None:
    assert (len(MARKET.sellers), len(MARKET.players), len(MARKET.later)) == (6, PLAYERS, 3)


def test_one_show_has_a_seller_and_three_bidders() -> None:
    assert (len(ONE_SHOW.sellers), len(ONE_SHOW.players), ONE_SHOW.later) == (1, 3, ())


def test_the_vehicles_are_parked_once_and_only_where_their_seller_is(engine: Engine) -> None:
    with transaction(engine) as connection:
        owners = {str(person.seller): add_person(connection, person.email) for person in SELLERS}
    first = dict(list(owners.items())[:2])
    some = write_vehicles_as_rows(engine, first, START)
    everything = write_vehicles_as_rows(engine, owners, START)
    assert everything == write_vehicles_as_rows(engine, owners, START)
    assert all(everything[name] == some[name] for name in first)
    assert sum(map(len, everything.values())) == len(stock())
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(vehicles)).scalar_one() == len(stock())


def test_a_broken_accounts_file_is_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{", encoding="utf-8")
    assert read_accounts(tmp_path / FILE_NAME) is None


async def _seed(market: FakeMarket, accounts: Accounts, calendar: Calendar = Calendar.CHICAGO) -> Seeded:
    seeder = Seeder(market.client(), lambda: accounts, market.clock, market.clock.sleep, Random(1))
    return await seeder.open_market(calendar)


async def test_the_market_opens_with_live_scheduled_and_truly_ended_auctions() -> None:
    market = FakeMarket(Clock())
    await _seed(market, accounts_in(market))
    assert Counter(map(market.status, market.sales.values())) == {"live": 12, "scheduled": 7, "ended": 7}


async def test_the_ended_auctions_have_bids_and_every_result() -> None:
    market = FakeMarket(Clock())
    seeded = await _seed(market, accounts_in(market))
    ended = [market.sales[number] for number in seeded.planned[Phase.ENDED]]
    assert Counter(map(market.result, ended)) == {"sold": 5, "reserve_not_met": 1, "no_bids": 1}
    assert not market.refused


async def test_the_seed_takes_seconds() -> None:
    market = FakeMarket(Clock())
    await _seed(market, accounts_in(market))
    assert market.clock.now - START < timedelta(seconds=20)


async def test_a_second_seed_adds_nothing() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _seed(market, accounts)
    again = await _seed(market, accounts)
    assert (sum(map(len, again.planned.values())), again.relisted, len(market.sales)) == (0, [], 26)


async def test_an_interrupted_seed_is_completed() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _seed(market, accounts)
    for number in list(market.sales)[-9:]:
        del market.sales[number]
    await _seed(market, accounts)
    assert len({sale.vin for sale in market.sales.values()}) == len(market.sales) == 26


async def test_a_market_found_after_days_is_topped_up() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    await _seed(market, accounts)
    market.clock.now += timedelta(days=7)
    again = await _seed(market, accounts)
    assert len(again.relisted) == 16


@pytest.mark.parametrize(("calendar", "ended"), [(Calendar.NONE, 7), (Calendar.CHICAGO, 0)])
async def test_a_demo_works_on_a_sunday(calendar: Calendar, ended: int) -> None:
    market = FakeMarket(Clock(SUNDAY), sunday_rule=calendar is Calendar.CHICAGO)
    await _seed(market, accounts_in(market), calendar)
    market.clock.now += timedelta(seconds=5)
    counts = Counter(map(market.status, market.sales.values()))
    assert (counts["ended"], counts["live"], counts["scheduled"]) == (ended, 19 - ended, 7)


async def test_the_scripted_auctions_wait_for_their_players() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    seeder = Seeder(market.client(), lambda: accounts, market.clock, market.clock.sleep, Random(1))
    players = asyncio.get_running_loop().create_future()
    opening = asyncio.create_task(seeder.open_market(Calendar.CHICAGO, players))
    async with asyncio.timeout(10):
        while len(market.sales) < 19:
            await asyncio.sleep(0)
    assert not market.accepted
    players.set_result(None)
    assert len((await opening).planned[Phase.ENDED]) == 7


async def test_a_market_without_players_is_not_opened() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    seeder = Seeder(market.client(), lambda: accounts, market.clock, market.clock.sleep, Random(1))
    players = asyncio.get_running_loop().create_future()
    players.set_exception(MarketError("nobody came"))
    with pytest.raises(MarketError, match="nobody came"):
        await seeder.open_market(Calendar.CHICAGO, players)


async def test_a_lot_whose_seller_is_not_there_is_passed_over() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    (seller,) = accounts.sellers
    some = dict(list(seller.vehicles.items())[::2])
    seeded = await _seed(market, Accounts(accounts.bidders, (replace(seller, vehicles=some),)))
    assert 0 < sum(map(len, seeded.planned.values())) < 26


async def test_a_bid_that_comes_too_early_is_tried_again() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    market.faults.extend([503, 999])
    seeded = await _seed(market, accounts)
    ended = [market.sales[number] for number in seeded.planned[Phase.ENDED]]
    assert sum(sale.bids for sale in ended) >= 12


def test_the_summary_says_what_was_done() -> None:
    planned = {Phase.ENDED: [1], Phase.LIVE: [2, 3], Phase.SCHEDULED: []}
    assert summary(Seeded(planned, [])) == "1 ended, 2 live, 0 scheduled auctions"
    assert summary(Seeded({}, [4])) == "the market stood already; 1 auctions added"


def test_the_seed_is_not_for_production(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PROFILE", "production")
    monkeypatch.setenv("PLATFORM_KEY", "A" * 43 + "=")
    monkeypatch.setenv("COOKIE_SECURE", "true")
    assert main(["--url", "http://127.0.0.1:1"]) == 2
    assert "embedded profile only" in capsys.readouterr().err


def test_the_seed_keeps_away_from_real_vendors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENDGRID_URL", "https://api.sendgrid.com")
    assert main(["--url", "http://127.0.0.1:1"]) == 2
    assert "sandboxes on this machine only" in capsys.readouterr().err
