"""The inventory's index against the rule of what fits, on both engines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, update

from activities.db import search, text_search
from activities.db.engine import reading, transaction
from activities.db.tables import auctions
from activities.search_index.coding import ORDERS, place_in
from activities.search_index.index import PATIENCE_S, Found, SearchIndex, Wanted
from activities.search_index.terms import FREQUENT
from activities.zips import find
from domain.errors import UnavailableError
from domain.geo import miles_between
from domain.search import NO_FILTERS, Facet, Filters, Listing, Near, Sort, Span
from tests.db.inventory import LATER, ZIPS, Inventory
from tests.db.market import NOON

CARS = 60
# The inventory is the same for all examples, and nothing changes it.
UNHEALTHY = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
SECOND = timedelta(seconds=1)


def near(zip_: str, miles: int) -> Near:
    place = find(zip_)
    assert place is not None
    return Near(place.zip, place.lat, place.lng, miles)


FILTERS = st.builds(
    Filters,
    make=st.sampled_from([(), ("honda",), ("Ford", "AUDI"), ("Saab",)]),
    model=st.sampled_from([(), ("CIVIC",), ("Q5", "CR-V")]),
    trim=st.sampled_from([(), ("EX",)]),
    body_type=st.sampled_from([(), ("suv",), ("sedan", "pickup")]),
    fuel_type=st.sampled_from([(), ("hybrid",)]),
    state=st.sampled_from([(), ("MN", "IL")]),
    status=st.sampled_from([(), ("live",), ("listed", "ended")]),
    year=st.builds(Span, st.sampled_from([None, 2017]), st.sampled_from([None, 2019])),
    price_cents=st.builds(Span, st.sampled_from([None, 700_000]), st.sampled_from([None, 800_000, 900_000])),
    mileage=st.builds(Span, st.sampled_from([None, 20_000]), st.sampled_from([None, 0, 40_000])),
    condition_grade=st.builds(Span, st.sampled_from([None, 25]), st.none()),
    near=st.none() | st.builds(near, st.sampled_from(ZIPS), st.sampled_from([1, 20, 300, 3_000])),
    ending_within_h=st.sampled_from([None, 24, 72]),
    no_reserve=st.booleans(),
    text=st.sampled_from(["", "", "honda", "f-150", "q5 owner", "sunr", "tow package ford"]),
)


class Searched:
    """An inventory with its index."""

    def __init__(self, inventory: Inventory, frequent: int = FREQUENT) -> None:
        self.inventory = inventory
        self.index = SearchIndex(frequent)

    def find(self, filters: Filters = NO_FILTERS, sort: Sort = Sort.NEWEST, limit: int = 100, **more: Any) -> Found:
        with reading(self.inventory.engine) as connection:
            return self.index.find(connection, Wanted(filters, sort, limit, **more), NOON)

    def ids(self, filters: Filters = NO_FILTERS, sort: Sort = Sort.NEWEST) -> list[int]:
        return [listing.vehicle_id for listing in self.find(filters, sort).listings]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is sent to the database in the block."""
    sent: list[str] = []

    def note(*facts: Any) -> None:
        sent.append(facts[2])

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


Filled = tuple[Searched, list[int]]


@pytest.fixture
def searched(engine: Engine) -> Searched:
    return Searched(Inventory(engine))


@settings(max_examples=40, suppress_health_check=UNHEALTHY, deadline=None)
@given(data=st.data())
def test_the_index_finds_what_fits_and_nothing_else(filled: Filled, data: st.DataObject) -> None:
    searched, made = filled
    filters = data.draw(FILTERS)
    sort = data.draw(st.sampled_from([sort for sort in Sort if sort is not Sort.DISTANCE or filters.near]))
    expected = searched.inventory.fitting(made, filters)
    found = searched.find(filters, sort, 7)
    assert found.total == len(expected)
    for facet, counts in found.counts.items():
        free: dict[str, Any] = {facet.value: ()}
        rest = searched.inventory.fitting(made, replace(filters, **free)).values()
        values = [getattr(listing, facet.value) for listing in rest]
        assert dict(counts) == {value: values.count(value) for value in values if value}
    pages = [*found.listings]
    while found.after is not None:
        found = searched.find(filters, sort, 7, after=found.after, with_counts=False)
        pages += found.listings
    assert [listing.vehicle_id for listing in pages] == in_order(list(expected.values()), sort, filters.near)


@pytest.fixture(params=[FREQUENT, 6], ids=["words by the engine", "frequent words from memory"])
def filled(engine: Engine, request: pytest.FixtureRequest) -> Filled:
    searched = Searched(Inventory(engine), request.param)
    return searched, searched.inventory.fill(CARS, seed=5)


def in_order(listings: list[Listing], sort: Sort, place: Near | None) -> list[int]:
    def rank(listing: Listing) -> tuple[bool, float, int]:
        if sort is Sort.DISTANCE:
            assert place is not None
            assert listing.lat is not None
            assert listing.lng is not None
            return False, int(miles_between(place.lat, place.lng, listing.lat, listing.lng) * 100), -listing.vehicle_id
        value = place_in(sort, listing)
        return not value, -value if ORDERS[sort][1] else value, -listing.vehicle_id

    return [listing.vehicle_id for listing in sorted(listings, key=rank)]


def test_models_are_counted_within_a_make_and_trims_within_a_model(searched: Searched) -> None:
    searched.inventory.car(1)
    assert Facet.MODEL not in searched.find().counts
    assert searched.find(Filters(make=("Honda",))).counts[Facet.MODEL] == [("Civic", 1)]
    assert searched.find(Filters(model=("Civic",))).counts[Facet.TRIM] == [("EX", 1)]


def test_a_bid_is_found_by_the_next_search(searched: Searched) -> None:
    car = searched.inventory.car(1)
    lot = searched.inventory.lot(car, price_cents=None)
    dear = Filters(price_cents=Span(800_000))
    assert searched.ids(dear) == []
    with transaction(searched.inventory.engine) as connection:
        search.move(
            connection,
            lot,
            status="live",
            price_cents=800_000,
            ends_at=LATER,
            no_reserve=False,
            now=NOON + SECOND,
        )
    assert searched.ids(dear) == [car]
    assert searched.ids(Filters(no_reserve=True)) == []


def test_what_recording_has_not_told_is_found_and_told_later(searched: Searched) -> None:
    car = searched.inventory.car(1)
    lot = searched.inventory.lot(car, price_cents=None)
    with transaction(searched.inventory.engine) as connection:
        assert search.stale(connection, 0, 10) == []
        connection.execute(update(auctions).values(price_cents=800_000, ends_at=LATER))
        assert search.stale(connection, 0, 10) == [lot]
        assert search.refresh(connection, [lot, 9_999_999], NOON + SECOND) == 1
        assert search.stale(connection, 0, 10) == []
        connection.execute(update(auctions).values(status="ended"))
        assert (search.stale(connection, 0, 10), search.stale(connection, lot, 10)) == ([lot], [])
    assert searched.ids(Filters(price_cents=Span(800_000))) == [car]


def test_a_removed_listing_is_gone_at_once_and_may_come_back(searched: Searched) -> None:
    car = searched.inventory.car(1)
    assert searched.ids() == [car]
    with transaction(searched.inventory.engine) as connection:
        search.remove(connection, car, NOON + SECOND)
    assert searched.ids() == []
    searched.inventory.change(car, NOON + 2 * SECOND, year=2018)
    assert searched.ids(Filters(year=Span(2018, 2018))) == [car]


def test_what_was_removed_is_purged_later(searched: Searched) -> None:
    car = searched.inventory.car(1)
    with transaction(searched.inventory.engine) as connection:
        search.remove(connection, car, NOON)
        assert search.purge(connection, NOON) == 0
        assert search.purge(connection, NOON + SECOND) == 1
        assert search.words_of(connection, [car]) == {}


def test_a_word_that_was_asked_for_before_follows_every_edit(searched: Searched) -> None:
    car, other = searched.inventory.car(1), searched.inventory.car(2, description="Sunroof")
    assert searched.ids(Filters(text="sunroof ")) == [other]
    searched.inventory.change(car, NOON + SECOND, description="With a sunroof")
    searched.inventory.change(other, NOON + SECOND, description="Without")
    assert searched.ids(Filters(text="sunroof ")) == [car]


def test_a_frequent_word_follows_every_edit_without_asking_the_engine(engine: Engine) -> None:
    searched = Searched(Inventory(engine), frequent=2)
    first, second, third = (searched.inventory.car(number, description="Sunroof") for number in range(3))
    assert searched.ids(Filters(text="sunroof ")) == [third, second, first]
    searched.inventory.change(first, NOON + SECOND, description="Towed")
    with transaction(engine) as connection:
        search.remove(connection, second, NOON + SECOND)
    fourth = searched.inventory.car(4, put_at=NOON + SECOND, description="Sunroofs")
    with statements(engine) as sent:
        assert searched.ids(Filters(text="sunroof ")) == [third]
        assert searched.ids(Filters(text="sunroof")) == [fourth, third]
    assert not any("MATCH" in statement for statement in sent)
    assert searched.ids(Filters(text="towed")) == [first]


def test_nobody_waits_while_somebody_reads_all_listings(searched: Searched) -> None:
    with searched.index._lock:
        assert searched.index.is_loading
        with pytest.raises(UnavailableError) as refused:
            searched.find()
    assert (refused.value.code, refused.value.data) == ("SEARCH_LOADING", {"retry_after_s": 5})
    assert searched.find().total == 0


def test_later_a_search_waits_for_the_one_before(searched: Searched) -> None:
    searched.find()
    with ThreadPoolExecutor(1) as threads:
        with searched.index._lock:
            assert searched.index.is_filled
            assert not searched.index.is_loading
            found = threads.submit(searched.find)
            assert not wait([found], 2 * PATIENCE_S).done
        assert found.result().total == 0


def test_all_words_are_read_in_parts(searched: Searched) -> None:
    made = [searched.inventory.car(number, description=f"Number {number}") for number in range(3)]
    with reading(searched.inventory.engine) as connection:
        known = search.words_of(connection, made)
        assert search.words_after(connection, None, 2) == [(number, known[number]) for number in made[:2]]
        assert search.words_after(connection, made[1], 2) == [(made[2], known[made[2]])]
        assert search.words_after(connection, made[2], 2) == []


def test_a_full_text_index_that_is_made_anew_finds_everything(searched: Searched) -> None:
    before = searched.inventory.car(1, description="Sunroof")
    with searched.inventory.engine.begin() as connection:
        text_search.drop(connection)
    meanwhile = searched.inventory.car(2, description="Sunroof")
    with searched.inventory.engine.begin() as connection:
        text_search.create(connection)
    assert searched.ids(Filters(text="sunroof ")) == [meanwhile, before]


def test_a_change_that_was_committed_late_is_found_all_the_same(searched: Searched) -> None:
    searched.inventory.car(1, put_at=NOON + 10 * SECOND)
    assert len(searched.ids()) == 1
    searched.inventory.car(2, put_at=NOON)
    assert len(searched.ids()) == 2


def test_a_page_costs_the_same_few_statements_however_long_it_is(searched: Searched) -> None:
    for number in range(9):
        searched.inventory.car(number)
    searched.find(Filters(text="honda"))
    with statements(searched.inventory.engine) as sent:
        assert len(searched.find(Filters(text="honda", year=Span(2019)), limit=9).listings) == 9
    assert len([each for each in sent if each.startswith("SELECT")]) == 2


def test_another_index_begins_with_everything(searched: Searched) -> None:
    made = searched.inventory.fill(5, seed=1)
    assert not searched.index.is_filled
    assert Searched(searched.inventory).find(limit=2).total == len(made)
    searched.find()
    assert searched.index.is_filled


@pytest.mark.parametrize(
    ("text", "color"),
    [("Lunar Silver Metallic", "silver"), ("Charcoal", "gray"), ("Cosmic", "other"), ("", "other")],
)
def test_colours_have_plain_names(text: str, color: str) -> None:
    assert search.color_of(text) == color


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("6-speed manual", "manual"),
        ("automated manual", "automatic"),
        ("CVT", "cvt"),
        ("8-speed automatic", "automatic"),
        ("unknown", "other"),
    ],
)
def test_transmissions_are_of_four_kinds(text: str, kind: str) -> None:
    assert search.gearbox_of(text) == kind


def test_kilometres_are_searched_as_miles(searched: Searched) -> None:
    car = searched.inventory.car(1, mileage=100_000, mileage_unit="km")
    assert searched.ids(Filters(mileage=Span(62_137, 62_137))) == [car]


def test_a_vehicle_that_there_is_not_cannot_be_put(searched: Searched) -> None:
    with transaction(searched.inventory.engine) as connection, pytest.raises(LookupError):
        search.put(connection, 9_999_999, NOON)
