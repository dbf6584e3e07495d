"""Scheduled rows: found by their key, found while nothing of them is recorded, and audited as they are made."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from activities.db import auctions, audit, links, schedules
from activities.db.engine import transaction
from activities.db.people import Role
from activities.db.schedules import Made, NewAuction, Unstarted, Wish
from activities.db.tables import auctions as table
from domain.ledger import genesis
from domain.links import Evidence
from tests.db.market import DAY, NOON, add_car, add_lot, add_person

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Office:
    connection: Connection
    seller: int
    wanted: NewAuction
    wish: Wish

    def add(self, **changes: object) -> int:
        return schedules.add_auction(self.connection, replace(self.wanted, **changes), self.wish, NOON)  # type: ignore[arg-type]


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with transaction(engine) as connection:
        seller = add_person(connection, "sam@example.com", role=Role.SELLER)
        car = add_car(connection, seller, 1)
        wanted = NewAuction(car, seller, 500_000, 900_000, NOON + DAY, NOON + 2 * DAY, 120, "2026-1", sunday_rule=False)
        yield Office(connection, seller, wanted, Wish(seller, "id-1", "digest", "request-1", "192.0.2.1"))


def test_a_row_is_scheduled_at_the_genesis_of_its_ledger(office: Office) -> None:
    number = office.add()
    head = auctions.head(office.connection, number)
    assert head is not None
    assert (head.status, head.seq, head.hash, head.reserve_state) == ("scheduled", 0, genesis(number), "not_met")
    assert (head.minimum_next_cents, head.planned_ends_at, head.price_cents) == (500_000, NOON + 2 * DAY, None)


def test_without_a_reserve_its_state_is_none(office: Office) -> None:
    head = auctions.head(office.connection, office.add(reserve_cents=None))
    assert head is not None
    assert head.reserve_state == "none"


def test_what_was_made_is_found_by_the_person_and_their_key(office: Office) -> None:
    number = office.add()
    schedules.lock_seller(office.connection, office.seller)
    assert schedules.made_under(office.connection, office.seller, office.wish) == Made(number, "digest")
    assert schedules.made_under(office.connection, office.seller, replace(office.wish, schedule_id="id-2")) is None
    assert schedules.made_under(office.connection, office.seller, replace(office.wish, actor_id=404)) is None


def test_the_deed_is_written_with_the_row_and_says_nothing_of_the_reserve(office: Office) -> None:
    number = office.add(reserve_cents=987_600)
    (deed,) = audit.deeds(office.connection, since=NOON, until=NOON + SECOND, limit=10)
    told = (deed.at, deed.actor_id, deed.subject, deed.request_id, deed.address)
    assert told == (NOON, office.seller, f"auction {number}", "request-1", "192.0.2.1")
    assert "9876" not in str(deed.detail)


def test_an_unstarted_auction_has_all_that_its_workflow_needs(office: Office) -> None:
    number = office.add()
    expected = Unstarted(
        number,
        office.seller,
        500_000,
        900_000,
        NOON + DAY,
        NOON + 2 * DAY,
        120,
        "2026-1",
        sunday_rule=False,
        vehicle="2019 Honda Civic EX",
    )
    assert schedules.unstarted_one(office.connection, number) == expected
    assert schedules.unstarted(office.connection, NOON + SECOND) == [expected]


def test_an_unstarted_auction_names_who_is_linked_to_its_seller(office: Office) -> None:
    number = office.add()
    linked = add_person(office.connection, "ada@example.com")
    for user_id in (linked, office.seller):
        links.note_fingerprint(office.connection, user_id, Evidence.BANK, "a" * 64, NOON)
    found = schedules.unstarted_one(office.connection, number)
    assert found is not None
    assert found.barred == (linked,)
    assert [row.barred for row in schedules.unstarted(office.connection, NOON + SECOND)] == [(linked,)]


def test_an_auction_is_unstarted_while_nothing_is_recorded_of_it(office: Office) -> None:
    number = office.add()
    office.connection.execute(update(table).where(table.c.id == number).values(seq=1))
    assert schedules.unstarted_one(office.connection, number) is None
    assert schedules.unstarted(office.connection, NOON + SECOND) == []


def test_young_rows_are_left_to_those_who_made_them(office: Office) -> None:
    office.add()
    assert schedules.unstarted(office.connection, NOON) == []


def test_those_that_start_first_come_first(office: Office) -> None:
    late = office.add(starts_at=NOON + DAY)
    soon = office.add(starts_at=NOON + SECOND)
    found = [row.auction_id for row in schedules.unstarted(office.connection, NOON + SECOND)]
    assert found == [soon, late]
    assert [row.auction_id for row in schedules.unstarted(office.connection, NOON + SECOND, limit=1)] == [soon]


def test_each_keeps_its_own_sunday_rule(office: Office) -> None:
    off, on = office.add(), office.add(sunday_rule=True)
    bare = add_lot(office.connection, office.seller, office.wanted.vehicle_id, status="scheduled")
    rules = {row.auction_id: row.sunday_rule for row in schedules.unstarted(office.connection, NOON + SECOND)}
    assert rules == {off: False, on: True, bare: True}


def test_a_vehicle_is_free_once_its_auction_has_ended(office: Office) -> None:
    assert schedules.open_auction(office.connection, office.wanted.vehicle_id) is None
    number = office.add()
    assert schedules.open_auction(office.connection, office.wanted.vehicle_id) == number
    office.connection.execute(update(table).values(status="ended"))
    assert schedules.open_auction(office.connection, office.wanted.vehicle_id) is None
