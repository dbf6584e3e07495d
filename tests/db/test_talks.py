"""Negotiations in the database: begun with the end of the lot, each step written once, power and sale in one go."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from activities.db import orders, talks
from activities.db.engine import transaction
from activities.db.reservations import Lack
from activities.db.tables import reservations, users, vehicles
from activities.db.talks import TalksKey
from activities.db.talks_tables import negotiation_figures
from activities.talks_contracts import TalksStep
from domain.negotiation import Act, Candidate, Negotiation, Side, opened
from domain.orders import HowSold
from tests.db.market import add_lot
from tests.db.missed import END, HOUR, RESERVE, Closed, after, closed, held

LIMIT = 1_000_000


def begun(connection: Connection, *, limit: int | None = None) -> tuple[Closed, Negotiation]:
    """A lot whose talks were opened with whom there is to ask."""
    lot = closed(connection, limit=limit)
    found = talks.opening(connection, lot.lot)
    negotiation = opened(found.candidates, found.reserve_cents, END)
    assert negotiation is not None
    talks.record(connection, lot.lot, [TalksStep(None, Side.HOUSE, END, negotiation)], END)
    return lot, negotiation


def test_a_missed_reserve_begins_a_negotiation_in_the_same_transaction(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot = closed(connection, limit=LIMIT)
        found = talks.find(connection, lot.lot)
        assert found is not None
        assert (found.status, found.bidder_id, found.held_cents, found.talks) == ("waiting", lot.ada, 700_000, None)
        assert found.side_of(lot.sam) is None
        assert held(connection) == [(lot.ada, "offer", 700_000)]
        assert talks.unstarted(connection, END + HOUR, 10) == [lot.lot]
        talks.mark_started(connection, [lot.lot], END)
        assert talks.unstarted(connection, END + HOUR, 10) == []


def test_a_lot_that_sold_begins_none(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert talks.find(connection, closed(connection, reserve_cents=None).lot) is None


def test_the_leader_is_bound_and_the_next_are_asked_at_what_they_would_have_led_with(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot = closed(connection)
        found = talks.opening(connection, lot.lot)
        assert (found.seller_id, found.reserve_cents, found.sunday_rule, found.recorded) == (
            lot.sam,
            RESERVE,
            True,
            None,
        )
        assert found.candidates == (
            Candidate(str(lot.ada), 700_000),
            Candidate(str(lot.bob), 650_000, is_bound=False),
            Candidate(str(lot.cy), 600_000, is_bound=False),
        )


@pytest.mark.parametrize("change", [{"can_bid": False}, {"disabled_at": END}, {"erased_at": END}])
def test_who_may_not_buy_any_more_is_not_asked(engine: Engine, change: dict[str, Any]) -> None:
    with transaction(engine) as connection:
        lot = closed(connection)
        connection.execute(update(users).where(users.c.id.in_([lot.ada, lot.bob])).values(change))
        assert [each.bidder for each in talks.opening(connection, lot.lot).candidates] == [str(lot.cy)]


def test_with_nobody_to_ask_it_is_over_and_nothing_is_on_hold(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot = closed(connection, limit=LIMIT)
        connection.execute(update(users).values(can_bid=False))
        assert talks.opening(connection, lot.lot).candidates == ()
        talks.give_up(connection, lot.lot, END)
        found = talks.find(connection, lot.lot)
        assert found is not None
        assert (found.status, held(connection), talks.count(connection, lot.sam)) == ("over", [], 0)


def test_each_step_is_written_once_and_the_power_follows_the_figure(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection, limit=LIMIT)
        assert held(connection) == [(lot.ada, "offer", 700_000)]
        countered = after(first, Side.SELLER, Act.COUNTER, END + HOUR, cents=850_000)
        talks.record(connection, lot.lot, [countered], END + HOUR)
        assert held(connection) == []
        again = after(countered.talks, Side.BUYER, Act.COUNTER, END + HOUR, cents=800_000, act_id="a-wish")
        for _ in range(2):
            talks.record(connection, lot.lot, [countered, again], END + HOUR)
        found = talks.find(connection, lot.lot)
        assert found is not None
        assert (found.talks, held(connection)) == (again.talks, [(lot.ada, "offer", 800_000)])
        assert connection.execute(select(func.count()).select_from(negotiation_figures)).scalar_one() == 3
        assert talks.was_done(connection, lot.lot, "a-wish")
        assert not talks.was_done(connection, lot.lot, "another")
        assert talks.figure_at(connection, lot.lot, 2) == 850_000


def test_a_sale_is_an_order_a_win_and_a_sold_listing(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection, limit=LIMIT)
        agreed = after(first, Side.SELLER, Act.ACCEPT, END + HOUR)
        done = [talks.record(connection, lot.lot, [agreed], END + HOUR) for _ in range(2)]
        assert done[0] == done[1]
        assert done[0].order_id is not None
        found = orders.find(connection, done[0].order_id)
        assert found is not None
        order = found.order
        assert (order.buyer_id, order.price_cents, order.how, order.run_no) == (lot.ada, 700_000, HowSold.NEGOTIATED, 1)
        assert held(connection) == [(lot.ada, "win", 700_000)]
        status = select(vehicles.c.listing_status, vehicles.c.open_vin).where(vehicles.c.id == lot.vehicle)
        assert tuple(connection.execute(status).one()) == ("sold", None)
        assert talks.overtaken(connection, 10) == []


@pytest.mark.parametrize("how", ["put up again", "withdrawn", "deleted"])
def test_what_is_not_for_sale_any_more_is_not_sold(engine: Engine, how: str) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection, limit=LIMIT)
        own = update(vehicles).where(vehicles.c.id == lot.vehicle)
        if how == "put up again":
            add_lot(connection, lot.sam, lot.vehicle, status="scheduled")
        elif how == "withdrawn":
            connection.execute(own.values(listing_status="withdrawn"))
        else:
            connection.execute(own.values(deleted_at=END))
        assert talks.overtaken(connection, 10) == [lot.lot]
        done = talks.record(connection, lot.lot, [after(first, Side.SELLER, Act.ACCEPT, END + HOUR)], END + HOUR)
        assert (done.code, done.order_id) == ("LISTING_OVER", None)
        stopped = after(first, Side.HOUSE, Act.STOP, END + HOUR)
        talks.record(connection, lot.lot, [stopped], END + HOUR)
        assert (held(connection), talks.overtaken(connection, 10)) == ([], [])


def test_each_side_sees_its_own_talks_and_strangers_see_none(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection)
        declined = after(first, Side.SELLER, Act.DECLINE, END + HOUR)
        before = {who: talks.count(connection, who) for who in (lot.sam, lot.ada, lot.bob, lot.cy)}
        talks.record(connection, lot.lot, [declined], END + HOUR)
        pages = {who: talks.page(connection, who, after=None, limit=5) for who in (lot.sam, lot.ada, lot.bob, lot.cy)}
        assert before == {lot.sam: 1, lot.ada: 1, lot.bob: 0, lot.cy: 0}
        assert {who: len(page) for who, page in pages.items()} == {lot.sam: 1, lot.ada: 1, lot.bob: 1, lot.cy: 0}
        stored = pages[lot.sam][0].stored
        assert [stored.side_of(who) for who in (lot.sam, lot.ada, lot.bob, lot.cy)] == [
            Side.SELLER,
            Side.BUYER,
            Side.BUYER,
            None,
        ]
        key = TalksKey(stored.created_at, stored.auction_id)
        assert talks.page(connection, lot.sam, after=key, limit=5) == []
        assert not talks.was_told(connection, lot.lot, declined.talks.candidate)
        assert talks.was_told(connection, lot.lot, first.candidate)


def test_power_is_held_before_an_answer_and_set_free_where_nothing_came_of_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection, limit=LIMIT)
        countered = after(first, Side.SELLER, Act.COUNTER, END, cents=850_000)
        talks.record(connection, lot.lot, [countered], END)
        assert talks.seller_is_bound(connection, lot.vehicle)
        assert talks.bind(connection, lot.lot, lot.ada, 1_100_000, END) is Lack.CENTS
        assert talks.bind(connection, lot.lot, lot.ada, 850_000, END) is None
        assert held(connection) == [(lot.ada, "offer", 850_000)]
        talks.unbind(connection, lot.lot, END)
        assert held(connection) == []


def test_what_a_dead_process_held_is_set_free_later(engine: Engine) -> None:
    with transaction(engine) as connection:
        lot, first = begun(connection, limit=LIMIT)
        talks.bind(connection, lot.lot, lot.ada, 850_000, END)
        soon, later = (talks.free_strays(connection, END + timedelta(minutes=each)) for each in (1, 3))
        assert (soon, later, held(connection)) == (0, 1, [(lot.ada, "offer", first.held_cents)])
        assert talks.free_strays(connection, END + HOUR) == 0
        assert connection.execute(select(func.count()).select_from(reservations)).scalar_one() == 1
        assert not talks.seller_is_bound(connection, lot.vehicle)


def test_without_a_row_there_is_nothing_to_record(engine: Engine) -> None:
    with transaction(engine) as connection:
        for work in (lambda: talks.record(connection, 99, [], END), lambda: talks.opening(connection, 99)):
            with pytest.raises(LookupError):
                work()
