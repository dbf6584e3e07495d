"""Second chances in the database: who is asked at which price, the sale that one ends with, and the relisting."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select, update

from activities.db import orders, schedules, second_chances
from activities.db.account_tables import linked_accounts
from activities.db.audit import SYSTEM_ID
from activities.db.engine import transaction
from activities.db.reservations import Lack
from activities.db.tables import auctions, audit_log, users, vehicles
from activities.talks_contracts import ChanceStep
from domain.orders import HowSold
from domain.second_chance import Act, Candidate, Chance, opened
from tests.db.market import DAY, add_car, add_lot
from tests.db.missed import END, HOUR, Closed, closed, held, next_step, sold

LIMIT = 1_000_000


def lost(connection: Connection, *, reserve_cents: int | None = None, limit: int | None = None) -> tuple[Closed, int]:
    """A lot that ada has won and does not pay for, and the order's id."""
    lot = closed(connection, reserve_cents=reserve_cents, limit=limit)
    order_id = sold(connection, lot)
    found = orders.find(connection, order_id)
    assert found is not None
    orders.free_win(connection, found.order)
    second_chances.open(connection, order_id, END)
    return lot, order_id


def begun(connection: Connection, order_id: int) -> Chance:
    found = second_chances.opening(connection, order_id)
    chance = opened(found.candidates, END, allowed_cents=found.allowed_cents)
    assert chance is not None
    second_chances.record(connection, order_id, [ChanceStep(None, END, chance)], END)
    return chance


def row(connection: Connection, order_id: int) -> second_chances.StoredChance:
    found = second_chances.find(connection, order_id)
    assert found is not None
    return found


def test_a_default_opens_one_second_chance(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        second_chances.open(connection, order_id, END + HOUR)
        stored = row(connection, order_id)
        assert (stored.auction_id, stored.run_no, stored.status, stored.created_at) == (lot.lot, 2, "waiting", END)
        assert second_chances.unstarted(connection, END + HOUR, 5) == [order_id]
        second_chances.mark_started(connection, [order_id], END)
        assert second_chances.unstarted(connection, END + HOUR, 5) == []
        with pytest.raises(LookupError):
            second_chances.open(connection, 999, END)


def test_the_price_is_replayed_without_who_did_not_pay_and_nobody_pays_over_their_own_maximum(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        found = second_chances.opening(connection, order_id)
        assert found.candidates == (
            Candidate(str(lot.bob), 650_000, needs_word=False),
            Candidate(str(lot.cy), 600_000, needs_word=False),
        )
        assert (found.seller_id, found.allowed_cents, found.stopped) == (lot.sam, None, False)


def test_below_the_reserve_the_sellers_word_is_needed_unless_they_gave_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot = closed(connection)
        order_id = sold(connection, lot, price_cents=650_000, how=HowSold.NEGOTIATED)
        second_chances.open(connection, order_id, END)
        found = second_chances.opening(connection, order_id)
        assert [each.needs_word for each in found.candidates] == [True, True]
        assert found.allowed_cents == 650_000


def test_who_is_linked_to_who_did_not_pay_is_not_asked(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        pair = {"first_id": lot.ada, "second_id": lot.bob, "evidence": "card", "score": 100, "found_at": END}
        connection.execute(linked_accounts.insert().values(decision="linked", **pair))
        assert [each.bidder for each in second_chances.opening(connection, order_id).candidates] == [str(lot.cy)]


def test_who_takes_it_has_an_order_of_the_next_run(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection, limit=LIMIT)
        chance = begun(connection, order_id)
        stored = row(connection, order_id)
        assert second_chances.bind(connection, stored, lot.bob, 1_100_000, END) is Lack.CENTS
        assert second_chances.bind(connection, stored, lot.bob, 650_000, END) is None
        taken = next_step(chance, Act.TAKE, END + HOUR, act_id="a-wish")
        done = [second_chances.record(connection, order_id, [taken], END + HOUR) for _ in range(2)]
        assert done[0] == done[1]
        assert done[0].order_id is not None
        found = orders.find(connection, done[0].order_id)
        assert found is not None
        order = found.order
        assert (order.run_no, order.buyer_id, order.price_cents, order.how) == (
            2,
            lot.bob,
            650_000,
            HowSold.SECOND_CHANCE,
        )
        assert held(connection) == [(lot.bob, "win", 650_000)]
        assert second_chances.was_done(connection, order_id, "a-wish")
        assert not second_chances.stop(connection, order_id, END + HOUR)
        assert second_chances.relist(connection, order_id, END + HOUR) is None


def test_each_is_asked_in_turn_and_sees_only_what_was_offered_to_them(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        chance = begun(connection, order_id)
        first = [row(connection, order_id).candidate_of(who) for who in (lot.bob, lot.cy, lot.ada)]
        assert first == [chance.candidates[0], None, None]
        declined = next_step(chance, Act.DECLINE, END + HOUR)
        second_chances.record(connection, order_id, [declined], END + HOUR)
        stored = row(connection, order_id)
        assert [stored.candidate_of(who) for who in (lot.bob, lot.cy)] == list(chance.candidates)
        counts = [second_chances.count(connection, who) for who in (lot.sam, lot.bob, lot.cy, lot.ada)]
        assert counts == [1, 1, 1, 0]
        assert second_chances.page(connection, lot.cy, before=None, limit=5)[0].stored == stored
        assert second_chances.page(connection, lot.cy, before=order_id, limit=5) == []


def test_while_the_seller_is_asked_no_candidate_knows_of_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot = closed(connection)
        order_id = sold(connection, lot)
        second_chances.open(connection, order_id, END)
        chance = begun(connection, order_id)
        assert second_chances.count(connection, lot.bob) == 0
        refused = next_step(chance, Act.REFUSE, END)
        second_chances.record(connection, order_id, [refused], END)
        assert (second_chances.count(connection, lot.bob), row(connection, order_id).candidate_of(lot.bob)) == (0, None)


def test_one_that_is_stopped_sells_and_relists_nothing(engine: Engine) -> None:
    with transaction(engine) as connection:
        _, order_id = lost(connection)
        chance = begun(connection, order_id)
        assert [second_chances.stop(connection, order_id, END) for _ in range(2)] == [True, True]
        done = second_chances.record(connection, order_id, [next_step(chance, Act.TAKE, END)], END)
        assert (done.code, done.order_id) == ("SECOND_CHANCE_OVER", None)
        second_chances.record(connection, order_id, [next_step(chance, Act.STOP, END)], END)
        assert (row(connection, order_id).status, second_chances.relist(connection, order_id, END)) == ("stopped", None)
        assert second_chances.stopped(connection, END, 5) == [order_id]
        assert second_chances.opening(connection, order_id).stopped
        assert second_chances.stop(connection, 999, END)


def test_with_nobody_to_ask_the_lot_is_put_up_again_a_day_later_by_its_terms(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        connection.execute(update(users).where(users.c.id != lot.sam).values(can_bid=False))
        assert second_chances.opening(connection, order_id).candidates == ()
        second_chances.give_up(connection, order_id, END)
        again = [second_chances.relist(connection, order_id, END) for _ in range(2)]
        assert again[0] == again[1]
        columns = auctions.c.vehicle_id, auctions.c.start_cents, auctions.c.starts_at, auctions.c.ends_at
        found = connection.execute(select(*columns).where(auctions.c.id == again[0])).one()
        # Three days from Thursday noon would be a Sunday: it ends when the market opens again.
        assert found[:3] == (lot.vehicle, 500_000, END + DAY)
        assert found[3] > END + 4 * DAY
        status = select(vehicles.c.listing_status, vehicles.c.open_vin).where(vehicles.c.id == lot.vehicle)
        assert connection.execute(status).one()[0] == "scheduled"
        assert connection.execute(status).one()[1] is not None
        assert connection.execute(select(audit_log.c.actor_id)).scalar_one() == SYSTEM_ID
        assert schedules.unstarted(connection, END + HOUR)[0].auction_id == again[0]
        assert not second_chances.stop(connection, order_id, END)


@pytest.mark.parametrize("why", ["listed by another", "deleted", "not allowed to sell", "put up already"])
def test_what_cannot_be_put_up_by_itself_is_left_to_its_seller(engine: Engine, why: str) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection)
        second_chances.give_up(connection, order_id, END)
        if why == "listed by another":
            other = add_car(connection, lot.bob, 2)
            vin = select(vehicles.c.vin).where(vehicles.c.id == lot.vehicle).scalar_subquery()
            connection.execute(update(vehicles).where(vehicles.c.id == other).values(open_vin=vin))
        elif why == "deleted":
            connection.execute(update(vehicles).where(vehicles.c.id == lot.vehicle).values(deleted_at=END))
        elif why == "put up already":
            add_lot(connection, lot.sam, lot.vehicle, status="scheduled")
        moment = END + 100_000 * DAY if why == "not allowed to sell" else END
        assert second_chances.relist(connection, order_id, moment) is None


def test_what_a_dead_process_held_is_set_free_later(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, order_id = lost(connection, limit=LIMIT)
        begun(connection, order_id)
        stored = row(connection, order_id)
        second_chances.bind(connection, stored, lot.bob, 650_000, END)
        soon, later = (second_chances.free_strays(connection, END + timedelta(minutes=each)) for each in (1, 3))
        assert (soon, later, held(connection)) == (0, 1, [])
        second_chances.bind(connection, stored, lot.bob, 650_000, END)
        second_chances.unbind(connection, stored, lot.bob)
        assert held(connection) == []


def test_without_a_row_there_is_nothing_to_do(engine: Engine) -> None:
    with transaction(engine) as connection:
        for work in (
            lambda: second_chances.record(connection, 99, [], END),
            lambda: second_chances.opening(connection, 99),
            lambda: second_chances.relist(connection, 99, END),
        ):
            with pytest.raises(LookupError):
                work()
