"""The market that searches are measured on, and what people look for in it."""

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select

from activities.db import search
from activities.db.engine import make_engine, reading, transaction
from activities.db.search_tables import listing_search
from activities.db.tables import auctions
from activities.search_index.index import SearchIndex, Wanted
from domain.search import Filters, Sort, fits
from migrations import schema
from tests.load.listings import NOW, fill
from tests.load.listings_database import statements
from tests.load.search_wishes import filters, pages, text_pages

CARS = 300


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('market') / 'listings.db'}")
    schema.upgrade(engine)
    fill(engine, CARS)
    yield engine
    engine.dispose()


def test_each_listing_is_what_putting_its_vehicle_writes(market: Engine) -> None:
    everyone = range(1, CARS + 1)
    with reading(market) as connection:
        before = (search.listings(connection, everyone), search.words_of(connection, everyone))
    with transaction(market) as connection:
        for number in everyone:
            search.put(connection, number, NOW)
        assert (search.listings(connection, everyone), search.words_of(connection, everyone)) == before


def test_most_listings_have_an_auction(market: Engine) -> None:
    with reading(market) as connection:
        lots = connection.execute(select(func.count()).select_from(auctions)).scalar_one()
        live = select(func.count()).where(listing_search.c.status == "live")
        assert CARS / 2 < lots < CARS
        assert CARS / 4 < connection.execute(live).scalar_one() < lots


def test_people_look_for_what_there_is(market: Engine) -> None:
    index, dice = SearchIndex(), random.Random(1)
    with reading(market) as connection:
        found = [index.find(connection, wanted, NOW).total for wanted in [*pages(dice, 40), *text_pages(dice, 40)]]
        words = search.words_of(connection, range(1, CARS + 1))
        cars = search.listings(connection, range(1, CARS + 1))
    assert sum(total > 0 for total in found) > 40
    wish = filters(random.Random(2))
    with reading(market) as connection:
        total = index.find(connection, Wanted(wish, Sort.NEWEST, 24), NOW).total
    assert total == sum(fits(wish, car, words[number], NOW) for number, car in cars.items())


def test_only_reading_statements_are_counted(market: Engine) -> None:
    index = SearchIndex()
    with reading(market) as connection, statements(market) as sent:
        index.find(connection, Wanted(Filters(), Sort.NEWEST, 24), NOW)
        counted = len(sent)
    with reading(market) as connection:
        index.find(connection, Wanted(Filters(), Sort.NEWEST, 24), NOW)
    assert counted == len(sent) == 2
