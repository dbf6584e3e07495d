"""The seed: people, vehicles and tokens in a real database, and the plan carried out over the API's routes."""

import stat
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, func, select

from activities.db import people, sellers
from activities.db.engine import make_engine, reading, transaction
from activities.db.people import Scope
from activities.db.tables import api_tokens, users, vehicles
from activities.passwords import make_hasher
from domain.sellers import SellerStatus, day_in_chicago, may_list
from migrations import schema
from temporal.demo.accounts import FILE_NAME, Accounts, read_accounts, write_accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.clearing import Clearing
from temporal.demo.people import EVERYBODY, NEWCOMER, sign_ins
from temporal.demo.plan import Calendar, Phase
from temporal.demo.residents import _digest, move_in
from temporal.demo.seed import Seeded, Seeder, main, summary
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in
from tests.demo.test_plan import SUNDAY

CLEARING = Clearing(b"k" * 32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


def _count(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        tables = (users, vehicles, api_tokens)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_everybody_moves_in_once(engine: Engine, tmp_path: Path) -> None:
    first = move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    counts = _count(engine)
    assert move_in(engine, tmp_path / FILE_NAME, START, CLEARING) == first
    assert _count(engine) == counts == [len(EVERYBODY), len(catalogue()), 24 + 6]


def test_the_market_has_the_people_that_were_promised() -> None:
    assert Counter(person.role.value for person in EVERYBODY) == {"admin": 2, "support": 1, "seller": 6, "buyer": 25}


def test_the_tokens_are_valid_and_narrow(engine: Engine, tmp_path: Path) -> None:
    accounts = move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    with reading(engine) as connection:
        bidder = people.token_owner(connection, _digest(accounts.bidders[0].token), START)
        seller = people.token_owner(connection, _digest(accounts.sellers[0].token), START)
    assert bidder is not None
    assert seller is not None
    assert bidder.token.scopes == frozenset({Scope.READ, Scope.BID})
    assert seller.token.scopes == frozenset({Scope.READ, Scope.SELL})
    assert (bidder.person.can_bid, seller.person.can_bid) == (True, False)


def test_every_seller_is_an_approved_dealer_whose_licence_is_renewed_at_each_start(
    engine: Engine, tmp_path: Path
) -> None:
    for start in (START, START + timedelta(days=400)):
        accounts = move_in(engine, tmp_path / FILE_NAME, start, CLEARING)
        with reading(engine) as connection:
            for seller in accounts.sellers:
                assert may_list(sellers.profile(connection, seller.user_id), 50, day_in_chicago(start)).allowed


def test_a_seller_whom_somebody_has_reviewed_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    seller_id = move_in(engine, tmp_path / FILE_NAME, START, CLEARING).sellers[0].user_id
    with transaction(engine) as connection:
        sellers.decide(connection, seller_id, SellerStatus.SUSPENDED, reason="a complaint", by=1, now=START)
    move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    with reading(engine) as connection:
        assert sellers.profile(connection, seller_id).status is SellerStatus.SUSPENDED


def test_the_accounts_file_is_for_its_owner_only(engine: Engine, tmp_path: Path) -> None:
    accounts = move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert read_accounts(tmp_path / FILE_NAME) == accounts


def test_a_lost_accounts_file_gives_new_tokens_and_ends_the_old_ones(engine: Engine, tmp_path: Path) -> None:
    old = move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    (tmp_path / FILE_NAME).unlink()
    new = move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    with reading(engine) as connection:
        known = [people.token_owner(connection, _digest(all_.bidders[0].token), START) for all_ in (old, new)]
    assert [owner is not None for owner in known] == [False, True]


def test_a_file_of_another_database_is_not_believed(engine: Engine, tmp_path: Path) -> None:
    foreign = accounts_in(FakeMarket(Clock()))
    write_accounts(tmp_path / FILE_NAME, foreign)
    assert move_in(engine, tmp_path / FILE_NAME, START, CLEARING).bidders[0].token != foreign.bidders[0].token


def test_a_broken_accounts_file_is_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{", encoding="utf-8")
    assert read_accounts(tmp_path / FILE_NAME) is None


def test_the_printed_sign_ins_work(engine: Engine, tmp_path: Path) -> None:
    move_in(engine, tmp_path / FILE_NAME, START, CLEARING)
    with transaction(engine) as connection:
        for _, email, password in sign_ins():
            found = people.credentials(connection, email)
            assert found is not None
            assert make_hasher().verify(found.password_hash, password)
    assert sign_ins()[0][1] == NEWCOMER


async def _seed(market: FakeMarket, accounts: Accounts, calendar: Calendar = Calendar.CHICAGO) -> Seeded:
    seeder = Seeder(market.client(), accounts, market.clock, market.clock.sleep, Random(1))
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


async def test_a_bid_that_comes_too_early_is_tried_again() -> None:
    market = FakeMarket(Clock())
    accounts = accounts_in(market)
    market.faults.extend([503, 999])
    seeded = await _seed(market, accounts)
    ended = [market.sales[number] for number in seeded.planned[Phase.ENDED]]
    assert sum(sale.bids for sale in ended) >= 12


def test_the_summary_says_what_was_done() -> None:
    accounts = Accounts((), ())
    planned = {Phase.ENDED: [1], Phase.LIVE: [2, 3], Phase.SCHEDULED: []}
    assert summary(Seeded(accounts, planned, [])) == "1 ended, 2 live, 0 scheduled auctions"
    assert summary(Seeded(accounts, {}, [4])) == "the market stood already; 1 auctions added"


def test_the_seed_is_not_for_production(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PROFILE", "production")
    monkeypatch.setenv("PLATFORM_KEY", "A" * 43 + "=")
    monkeypatch.setenv("COOKIE_SECURE", "true")
    assert main(["--url", "http://127.0.0.1:1"]) == 2
    assert "embedded profile only" in capsys.readouterr().err
