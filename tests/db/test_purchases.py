"""Buy-now in the database: power is held before the auction is asked, follows its ledger, and is never lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, select

from activities.db import batches, privacy, purchases
from activities.db.batches import InFlight
from activities.db.deposits import has_unpaid_win
from activities.db.engine import transaction
from activities.db.reservations import Kind, Lack, Reservation, at_stake, hold, release_lost
from activities.db.tables import bid_batches, reservations
from domain.purchases import RESERVED_FOR, Acceptance, Wish, accept, reserve, settle
from domain.steering import cancel
from domain.terms import Answer
from tests.db import mariadb
from tests.db.conftest import ENGINES
from tests.db.desk import Desk
from tests.db.for_sale import fresh, put_up
from tests.db.market import NOON, SECOND

PRICE = 900_000
ONE = "11111111-1111-5111-8111-111111111111"
TWO = "22222222-2222-5222-8222-222222222222"
BATCH = "33333333-3333-4333-8333-333333333333"
TERMS = {"buy_now_cents": PRICE, "offers_open": True}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Until a migration brings the tables: all of them as the code has them."""
    url = f"sqlite:///{tmp_path / 'market.db'}"
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        url = mariadb.create_database(server, f"p{uuid4().hex}").render_as_string(hide_password=False)
    found = fresh(url)
    yield found
    found.dispose()


def opened(connection: Connection) -> Desk:
    """A lot at a fixed price; ada may spend a million cents."""
    desk = Desk(connection, **TERMS)
    put_up(connection, desk.lot, **TERMS)
    desk.limit(desk.ada, 1_000_000)
    return desk


def begin(desk: Desk, purchase_id: str = ONE, cents: int = PRICE) -> Lack | None:
    wanted = Reservation(purchase_id, desk.ada, desk.lot, cents, Kind.BUYING)
    return purchases.begin(desk.connection, wanted, InFlight(BATCH, desk.lot, "one", NOON), NOON)


def wish(desk: Desk, purchase_id: str = ONE, user_id: int | None = None) -> Answer:
    return reserve(desk.auction, Wish(purchase_id, str(user_id or desk.ada), PRICE, "ab" * 32), NOON + SECOND)


def held(desk: Desk) -> list[tuple[str, str, int]]:
    query = select(reservations.c.bid_id, reservations.c.kind, reservations.c.cents).order_by(reservations.c.bid_id)
    return [(key, kind, cents) for key, kind, cents in desk.connection.execute(query)]


def test_power_is_held_before_the_auction_is_asked_and_becomes_an_unpaid_win(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        assert begin(desk) is None
        assert held(desk) == [(ONE, "buying", PRICE)]
        wish(desk)
        desk.record()
        purchases.come_home(connection, desk.lot, BATCH)
        assert held(desk) == [(ONE, "buy", PRICE)]
        assert desk.head("status", "hold_reason", "reserved_until") == ("held", "buy_now", NOON + SECOND + RESERVED_FOR)
        settle(desk.auction, ONE, NOON + 2 * SECOND, paid=True)
        desk.record()

        assert held(desk) == [(ONE, "win", PRICE)]
        assert has_unpaid_win(connection, desk.ada)
        found = purchases.find(connection, ONE)
        assert found is not None
        assert (found.state, found.user_id, found.settled_seq) == ("bought", desk.ada, desk.auction.seq)
        assert desk.head("status", "result", "sold_by", "sold_cents", "sold_to", "reserved_until") == (
            *("ended", "sold", "buy_now", PRICE, desk.ada),
            None,
        )


def test_what_goes_beyond_the_buying_power_is_not_sent(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        desk.limit(desk.ada, PRICE - 1)
        assert begin(desk) is Lack.CENTS
        assert (held(desk), desk.count(bid_batches)) == ([], 0)


def test_a_refused_purchase_and_one_that_was_lost_give_the_power_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        begin(desk)
        wish(desk)
        settle(desk.auction, ONE, NOON + 2 * SECOND, paid=False)
        desk.record()
        assert held(desk) == []
        assert desk.head("status", "hold_reason", "reserved_until") == ("live", None, None)
        hold(connection, Reservation(TWO, desk.ada, desk.lot, PRICE, Kind.BUYING), NOON)
        assert wish(desk, TWO).code == "BUY_NOW_ONCE"
        desk.record()
        assert held(desk) == []
        states = [purchases.find(connection, key) for key in (ONE, TWO)]
        assert [found and (found.state, found.code) for found in states] == [
            ("failed", None),
            ("refused", "BUY_NOW_ONCE"),
        ]
        newest = purchases.newest_of(connection, desk.lot, desk.ada)
        assert newest is not None
        assert newest.purchase_id == ONE


def test_a_purchase_that_never_reached_its_auction_gives_the_power_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        begin(desk)
        release_lost(connection, desk.lot)
        assert held(desk) == [(ONE, "buying", PRICE)]
        assert batches.abandoned(connection, NOON + 10 * SECOND, 9) == []
        assert batches.abandoned(connection, NOON + 30 * SECOND, 9) == [desk.lot]
        batches.close_abandoned(connection, desk.lot, NOON + 30 * SECOND)
        release_lost(connection, desk.lot)
        assert held(desk) == []


def test_a_reservation_that_was_given_up_for_lost_is_there_again_once_the_ledger_tells_of_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        desk.limit(desk.ada, 1)
        wish(desk)
        desk.record()
        assert held(desk) == [(ONE, "buy", PRICE)]


def test_recording_again_changes_nothing_and_who_has_no_limit_needs_no_reservation(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        wish(desk, user_id=desk.bob)
        first = desk.record()
        desk.record()
        settle(desk.auction, ONE, NOON + 2 * SECOND, paid=True)
        desk.record()
        assert (held(desk), first.users) == ([], [desk.bob])


def test_a_lot_that_is_cancelled_while_reserved_gives_the_power_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        begin(desk)
        wish(desk)
        cancel(desk.auction, NOON + 2 * SECOND, "admin", "stolen")
        desk.record()
        assert (held(desk), desk.head("status", "result")) == ([], ("ended", "cancelled"))


def test_a_repeat_under_another_body_leaves_the_first_wish_alone(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        begin(desk)
        wish(desk)
        assert wish(desk, user_id=desk.bob).code == "ID_REUSED"
        desk.record()
        assert held(desk) == [(ONE, "buy", PRICE)]


def test_an_accepted_offer_becomes_an_unpaid_win(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        hold(connection, Reservation(TWO, desk.ada, desk.lot, 700_000, Kind.OFFER), NOON)
        refused = accept(desk.auction, Acceptance("a", TWO, str(desk.seller), 700_000, "ab" * 32), NOON + SECOND)
        accept(desk.auction, Acceptance("b", TWO, str(desk.ada), 700_000, "ab" * 32), NOON + SECOND)
        recorded = desk.record()
        assert refused.code == "OWN_VEHICLE"
        assert (held(desk), recorded.users) == ([(TWO, "win", 700_000)], [desk.ada])
        assert desk.head("sold_by", "sold_cents", "sold_to") == ("offer", 700_000, desk.ada)
        assert purchases.sold_by_offer(connection, desk.lot) == TWO


def test_nobody_has_sold_a_lot_by_an_offer_that_was_refused(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        assert purchases.sold_by_offer(connection, desk.lot) is None
        accept(desk.auction, Acceptance("a", TWO, str(desk.seller), 700_000, "ab" * 32), NOON + SECOND)
        desk.record()
        assert purchases.sold_by_offer(connection, desk.lot) is None


def test_a_hold_is_changed_within_the_limits_and_stays_as_it_was_beyond_them(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        for cents, lack in ((700_000, None), (1_000_100, Lack.CENTS), (900_000, None), (100, None)):
            assert hold(connection, Reservation(ONE, desk.ada, desk.lot, cents, Kind.OFFER), NOON) is lack
        assert held(desk) == [(ONE, "offer", 100)]
        assert at_stake(connection, desk.ada) == {desk.lot: 100}


def test_the_close_turns_a_leaders_bid_and_not_an_offer_of_theirs_into_the_win(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        hold(connection, Reservation(TWO, desk.ada, desk.lot, 950_000, Kind.OFFER), NOON)
        bid_id = str(uuid4())
        hold(connection, Reservation(bid_id, desk.ada, desk.lot, 600_000), NOON)
        desk.bid(desk.ada, 600_000, bid_id=bid_id)
        desk.auction.close(desk.auction.ends_at + timedelta(seconds=1))
        desk.record()
        assert {key: (kind, cents) for key, kind, cents in held(desk)} == {
            TWO: ("offer", 950_000),
            bid_id: ("win", 600_000),
        }


def test_the_terms_tell_how_a_lot_is_sold(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = opened(connection)
        terms = purchases.sale_terms(connection, desk.lot)
        assert terms is not None
        assert (terms.sale_type, terms.buy_now_cents, terms.offers_open, terms.has_bids) == (
            *("timed", PRICE, True),
            False,
        )
        assert purchases.sale_terms(connection, 10**6) is None
        assert privacy.obligations(connection, desk.ada) == []
