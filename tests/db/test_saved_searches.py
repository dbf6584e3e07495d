"""Saved searches: kept once, found by a listing, and told of in one letter."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, select

from activities.db import saved_searches, search
from activities.db.engine import reading, transaction
from activities.db.saved_searches import SavedSearch, TooManySearchesError
from activities.db.search_tables import search_alerts
from domain.saved_searches import MOST_SEARCHES, Frequency
from domain.search import Filters, Near, Span, to_json
from tests.db.inventory import Inventory
from tests.db.market import NOON

SECOND = timedelta(seconds=1)
CIVICS = Filters(make=("Honda",), model=("Civic",))
HERE = Near("55101", 44.951, -93.09, 50)


class Desk:
    """An inventory with people who save searches."""

    def __init__(self, engine: Engine) -> None:
        self.inventory = Inventory(engine)
        self.engine = engine
        self.ada, self.bob = self.inventory.ada, self.inventory.bob

    def save(self, user_id: int, filters: Filters, frequency: Frequency = Frequency.INSTANT) -> SavedSearch:
        with transaction(self.engine) as connection:
            return saved_searches.save(connection, user_id, "A search", filters, frequency, NOON)

    def match(self, vehicle_id: int) -> int:
        with transaction(self.engine) as connection:
            return saved_searches.match(connection, vehicle_id, NOON)

    def told(self, user_id: int) -> list[int]:
        """What a person's letter has; it is marked as written."""
        with transaction(self.engine) as connection:
            letter = saved_searches.letter(connection, user_id, NOON)
            if letter is None:
                return []
            saved_searches.mark_told(connection, letter, "outbox", NOON)
            return [vehicle_id for vehicle_id, _ in letter.found]


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_search_is_kept_as_it_was_asked_without_what_passes(desk: Desk) -> None:
    saved = desk.save(desk.ada, replace(CIVICS, status=("live",)))
    with reading(desk.engine) as connection:
        found = saved_searches.of_user(connection, desk.ada)
        assert saved_searches.of_user(connection, desk.bob) == []
    assert found == [saved]
    assert to_json(found[0].filters) == to_json(CIVICS)


def test_the_same_search_again_is_the_same_one(desk: Desk) -> None:
    first = desk.save(desk.ada, CIVICS)
    again = desk.save(desk.ada, Filters(make=("HONDA",), model=("civic",)), Frequency.DAILY)
    assert (again.id, again.frequency) == (first.id, Frequency.DAILY)
    assert desk.save(desk.bob, CIVICS).id != first.id


def test_nobody_keeps_more_searches_than_allowed(desk: Desk) -> None:
    for year in range(MOST_SEARCHES):
        desk.save(desk.ada, Filters(year=Span(1970 + year)))
    with pytest.raises(TooManySearchesError):
        desk.save(desk.ada, CIVICS)


def test_only_its_owner_deletes_a_search_and_its_alerts_go_with_it(desk: Desk) -> None:
    saved = desk.save(desk.ada, CIVICS)
    desk.match(desk.inventory.car(1))
    with transaction(desk.engine) as connection:
        assert not saved_searches.forget(connection, desk.bob, saved.id)
        assert saved_searches.forget(connection, desk.ada, saved.id)
        assert not saved_searches.forget(connection, desk.ada, saved.id)
    assert desk.told(desk.ada) == []


@pytest.mark.parametrize(
    "filters",
    [
        CIVICS,
        Filters(make=("Ford", "Honda")),
        Filters(state=("MN",), year=Span(2019, 2019)),
        Filters(price_cents=Span(None, 900_000), mileage=Span(None, 50_000), make=("Honda",)),
        Filters(near=HERE),
        Filters(text="civic sunroof"),
    ],
)
def test_a_new_listing_finds_who_waits_for_it(desk: Desk, filters: Filters) -> None:
    desk.save(desk.ada, filters)
    car = desk.inventory.car(1, description="Sunroof", lat=44.95, lng=-93.1, start_cents=900_000)
    assert desk.match(car) == 1
    assert desk.told(desk.ada) == [car]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(make=("Ford",)),
        Filters(make=("Honda",), model=("Accord",)),
        Filters(year=Span(2020)),
        Filters(price_cents=Span(1)),
        Filters(near=replace(HERE, miles=1)),
        Filters(text="accord"),
    ],
)
def test_a_new_listing_leaves_others_alone(desk: Desk, filters: Filters) -> None:
    desk.save(desk.ada, filters)
    assert desk.match(desk.inventory.car(1, lat=45.5, lng=-93.1)) == 0


def test_nobody_is_told_of_their_own_car(desk: Desk) -> None:
    desk.save(desk.inventory.seller, CIVICS)
    assert desk.match(desk.inventory.car(1)) == 0


def test_a_listing_is_matched_once(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS)
    car = desk.inventory.car(1)
    with reading(desk.engine) as connection:
        assert saved_searches.unmatched(connection, 10) == [car]
    assert [desk.match(car), desk.match(car)] == [1, 0]
    with reading(desk.engine) as connection:
        assert saved_searches.unmatched(connection, 10) == []


def test_two_searches_of_one_person_make_one_letter_with_the_car_once(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS)
    desk.save(desk.ada, Filters(make=("Honda",)))
    car, other = desk.inventory.car(1), desk.inventory.car(2)
    assert [desk.match(car), desk.match(other)] == [2, 2]
    assert desk.told(desk.ada) == [other, car]
    assert desk.told(desk.ada) == []


def test_what_is_told_by_the_day_waits_for_the_morning(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS, Frequency.DAILY)
    desk.save(desk.bob, CIVICS)
    desk.match(desk.inventory.car(1))
    with reading(desk.engine) as connection:
        assert saved_searches.due(connection, NOON, 10) == [desk.bob]
        assert set(saved_searches.due(connection, NOON + timedelta(hours=25), 10)) == {desk.ada, desk.bob}


def test_who_has_switched_it_off_is_told_of_nothing_found_before_or_after(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS, Frequency.DAILY)
    desk.match(desk.inventory.car(1))
    desk.save(desk.ada, CIVICS, Frequency.OFF)
    assert desk.match(desk.inventory.car(2)) == 0
    with reading(desk.engine) as connection:
        assert saved_searches.due(connection, NOON + timedelta(hours=25), 10) == []
    desk.save(desk.ada, CIVICS)
    third = desk.inventory.car(3)
    assert (desk.match(third), desk.told(desk.ada)) == (1, [third])


def test_what_is_found_after_a_letter_was_read_stays_due(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS)
    first, second = desk.inventory.car(1), desk.inventory.car(2)
    desk.match(first)
    with transaction(desk.engine) as connection:
        letter = saved_searches.letter(connection, desk.ada, NOON)
        assert letter is not None
        saved_searches.match(connection, second, NOON)
        saved_searches.mark_told(connection, letter, "outbox", NOON)
    assert desk.told(desk.ada) == [second]


def test_matching_is_one_look_at_the_searches_however_many_wait(desk: Desk) -> None:
    for year in range(20):
        desk.save(desk.ada, Filters(make=("Honda",), year=Span(1990 + year)))
    car = desk.inventory.car(1)
    with reading(desk.engine) as connection:
        listing = search.listings(connection, [car])[car]
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
        assert len(saved_searches.waiting_for(connection, listing, "", NOON)) == 20
    assert len(statements) == 1


def test_all_that_a_person_saved_can_be_erased(desk: Desk) -> None:
    desk.save(desk.ada, CIVICS)
    desk.match(desk.inventory.car(1))
    with transaction(desk.engine) as connection:
        saved_searches.forget_all(connection, desk.ada)
        assert _alerts(connection) == 0


def _alerts(connection: Connection) -> int:
    return len(connection.execute(select(search_alerts.c.search_id)).all())
