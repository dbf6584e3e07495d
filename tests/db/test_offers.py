"""Offers in the database: one stands at a time, each binds what it says, and every step is written once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, select, update

from activities.db import offers
from activities.db.engine import transaction
from activities.db.offers import OfferKey, Stored
from activities.db.reservations import Kind, Lack, Reservation, hold
from activities.db.tables import auctions, reservations, users, vehicles
from activities.offer_contracts import OfferStep
from domain.offers import STANDS_FOR, Act, Offer, OfferStatus, Side, Thresholds, answered, moved
from tests.db import mariadb
from tests.db.conftest import ENGINES
from tests.db.desk import Desk
from tests.db.for_sale import fresh, put_up
from tests.db.market import NOON, SECOND

CENTS = 700_000
HOUR = timedelta(hours=1)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Until a migration brings the tables: all of them as the code has them."""
    url = f"sqlite:///{tmp_path / 'market.db'}"
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        url = mariadb.create_database(server, f"o{uuid4().hex}").render_as_string(hide_password=False)
    found = fresh(url)
    yield found
    found.dispose()


def opened(connection: Connection) -> Desk:
    desk = Desk(connection, offers_open=True)
    put_up(connection, desk.lot, offers_open=True)
    desk.limit(desk.ada, 1_000_000)
    return desk


def vehicle(desk: Desk) -> int:
    found: int = desk.connection.execute(select(auctions.c.vehicle_id).where(auctions.c.id == desk.lot)).scalar_one()
    return found


def make(desk: Desk, *, cents: int = CENTS, made: int = 1, buyer: int | None = None, **changes: object) -> Stored:
    offer = Offer(cents, NOON + STANDS_FOR, made)
    sides = buyer or desk.ada, desk.seller
    limits = Thresholds(900_000, 500_000)
    stored = Stored(str(uuid4()), vehicle(desk), desk.lot, *sides, offer, cents, limits, NOON, NOON)
    return replace(stored, **changes)  # type: ignore[arg-type]  # a test's mixed bag


def added(desk: Desk, **changes: object) -> Stored:
    stored = make(desk, **changes)  # type: ignore[arg-type]
    assert offers.add(desk.connection, stored) is None
    return stored


def held(desk: Desk) -> list[tuple[str, int]]:
    query = select(reservations.c.kind, reservations.c.cents).order_by(reservations.c.cents)
    return [(kind, cents) for kind, cents in desk.connection.execute(query)]


def step(offer: Offer, side: Side, act: Act, cents: int = 0) -> OfferStep:
    after = answered(offer, side, act, NOON + HOUR, cents=cents)
    assert isinstance(after, Offer)
    return OfferStep(act, side, NOON + HOUR, after)


def test_an_offer_is_kept_as_it_was_made_and_binds_its_buyer(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        assert offers.find(connection, stored.offer_id) == stored
        assert held(desk) == [("offer", CENTS)]
        assert offers.made_so_far(connection, stored.vehicle_id, desk.ada) == (1, stored.offer_id)
        assert offers.made_so_far(connection, stored.vehicle_id, desk.bob) == (0, None)
        assert [stored.side_of(who) for who in (desk.ada, desk.seller, desk.bob)] == [Side.BUYER, Side.SELLER, None]


def test_an_offer_beyond_the_buying_power_is_not_made(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = make(desk, cents=1_000_100)
        assert offers.add(connection, stored) is Lack.CENTS
        assert (offers.find(connection, stored.offer_id), held(desk)) == (None, [])


def test_each_step_is_written_once_and_the_power_follows_the_figure(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        counter = step(stored.offer, Side.SELLER, Act.COUNTER, 900_000)
        offers.record(connection, stored.offer_id, [counter], NOON + HOUR)
        assert held(desk) == []
        again = step(counter.offer, Side.BUYER, Act.COUNTER, 800_000)
        for _ in range(2):
            found = offers.record(connection, stored.offer_id, [counter, again], NOON + HOUR)
        assert (found.offer, held(desk)) == (again.offer, [("offer", 800_000)])
        assert offers.did(connection, stored.offer_id, 3, Act.COUNTER, Side.BUYER, 800_000)
        assert not offers.did(connection, stored.offer_id, 3, Act.COUNTER, Side.BUYER, 810_000)
        assert not offers.did(connection, stored.offer_id, 3, Act.DECLINE, Side.BUYER, 0)
        over = step(again.offer, Side.SELLER, Act.DECLINE)
        offers.record(connection, stored.offer_id, [over], NOON + HOUR)
        assert (held(desk), offers.made_so_far(connection, stored.vehicle_id, desk.ada)) == ([], (2, None))


def test_an_offer_without_a_row_has_nothing_to_record(engine: Engine) -> None:
    with transaction(engine) as connection, pytest.raises(LookupError):
        offers.record(connection, str(uuid4()), [], NOON)


def test_a_win_of_the_auction_is_not_touched_by_the_offers_own_record(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        accepting = step(stored.offer, Side.SELLER, Act.ACCEPT)
        offers.record(connection, stored.offer_id, [accepting], NOON)
        won = Reservation(stored.offer_id, desk.ada, desk.lot, CENTS, Kind.WIN)
        hold(connection, won, NOON)
        sold = OfferStep(Act.SELL, Side.HOUSE, NOON, moved(accepting.offer, Act.SELL))
        offers.record(connection, stored.offer_id, [], NOON)
        offers.record(connection, stored.offer_id, [sold], NOON)
        assert held(desk) == [("win", CENTS)]


def test_power_that_was_bound_for_nothing_is_set_free_at_once_or_as_a_stray(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        counter = step(stored.offer, Side.SELLER, Act.COUNTER, 900_000)
        found = offers.record(connection, stored.offer_id, [counter], NOON)
        offers.bind(connection, found, 900_000, NOON)
        offers.unbind(connection, stored.offer_id, NOON)
        offers.unbind(connection, str(uuid4()), NOON)
        assert held(desk) == []
        offers.bind(connection, found, 900_000, NOON)
        assert offers.free_strays(connection, NOON + 60 * SECOND) == 0
        assert offers.free_strays(connection, NOON + 180 * SECOND) == 1
        assert held(desk) == []
        added(desk, buyer=desk.bob)
        desk.limit(desk.bob, 1_000_000)
        standing = added(desk, cents=600_000, buyer=desk.bob, made=2)
        assert standing.offer.stands
        assert offers.free_strays(connection, NOON + 180 * SECOND) == 0


def test_standing_offers_of_a_lot_that_takes_none_any_more_are_found_with_the_reason(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        assert offers.overtaken(connection, 9) == []
        for changes, reason in (
            ({"bidder_count": 1}, "bid"),
            ({"status": "ended", "result": "sold"}, "sold"),
            ({"status": "ended", "result": "no_bids", "bidder_count": 0}, "ended"),
        ):
            connection.execute(update(auctions).where(auctions.c.id == desk.lot).values(changes))
            assert offers.overtaken(connection, 9) == [(stored.offer_id, reason)]
        offers.record(connection, stored.offer_id, [step(stored.offer, Side.SELLER, Act.DECLINE)], NOON)
        assert offers.overtaken(connection, 9) == []


def test_offers_are_listed_to_each_side_newest_first_by_pages(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        made = [added(desk, made=number, created_at=NOON + number * SECOND) for number in (1, 2, 3)]
        theirs = added(desk, buyer=desk.bob)
        first = offers.page(connection, desk.ada, Side.BUYER, after=None, limit=2)
        key = OfferKey(first[-1].stored.created_at, first[-1].stored.offer_id)
        rest = offers.page(connection, desk.ada, Side.BUYER, after=key, limit=2)
        received = offers.page(connection, desk.seller, Side.SELLER, after=None, limit=9)

        listed = [each.stored.offer_id for each in (*first, *rest)]
        assert listed == [stored.offer_id for stored in reversed(made)]
        assert first[0].vehicle.title == "2019 Honda Civic EX"
        assert {each.stored.offer_id for each in received} == {*listed, theirs.offer_id}
        assert (offers.count(connection, desk.ada, Side.BUYER), offers.count(connection, desk.seller, Side.SELLER)) == (
            *(3,),
            4,
        )
        newest = offers.newest_of(connection, made[0].vehicle_id, desk.ada)
        assert newest is not None
        assert newest.offer_id == made[-1].offer_id
        assert offers.newest_of(connection, made[0].vehicle_id, desk.seller) is None


def test_what_was_never_started_is_found_until_it_is(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        assert offers.unstarted(connection, NOON, 9) == []
        assert offers.unstarted(connection, NOON + SECOND, 9) == [stored]
        offers.mark_started(connection, [stored.offer_id], NOON)
        assert offers.unstarted(connection, NOON + SECOND, 9) == []


def test_the_parties_the_title_the_lot_and_the_thresholds_are_read(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        stored = added(desk)
        assert {side: party.name for side, party in offers.parties(connection, stored).items()} == {
            Side.BUYER: "Ada",
            Side.SELLER: "Sam",
        }
        connection.execute(update(users).where(users.c.id == desk.ada).values(erased_at=NOON))
        assert list(offers.parties(connection, stored)) == [Side.SELLER]
        assert offers.title_of(connection, stored.vehicle_id) == "2019 Honda Civic EX"
        assert offers.open_lot(connection, stored.vehicle_id) == desk.lot
        connection.execute(update(auctions).values(status="ended"))
        assert offers.open_lot(connection, stored.vehicle_id) is None
        connection.execute(update(vehicles).values(auto_accept_cents=900_000))
        assert offers.thresholds(connection, stored.vehicle_id) == Thresholds(900_000, None)
        offers.lock_buyer(connection, desk.ada)
        assert stored.offer.status is OfferStatus.OPEN
