"""Buying power: a limit holds over all lots and processes, and what cannot win gives it back."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from activities.db import batches
from activities.db.batches import InFlight
from activities.db.engine import transaction
from activities.db.reservations import Lack, Reservation, release_lost, reserve
from activities.db.tables import notifications, reservations, users
from domain import steering
from domain.auction import Answer
from domain.bidding import Kind
from domain.notices import NoticeKind
from tests.db.desk import Desk
from tests.db.market import DAY, NOON, bid_id

LIMIT = 1_000_000


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        desk = Desk(connection)
        desk.limit(desk.ada, LIMIT)
        yield desk


def wish(desk: Desk, number: int, cents: int, *, lot: int | None = None, user_id: int | None = None) -> Reservation:
    return Reservation(bid_id(number), desk.ada if user_id is None else user_id, lot or desk.lot, cents)


def ask(desk: Desk, *wanted: Reservation) -> list[int]:
    """The places in `wanted` of the bids that were not allowed."""
    refused = reserve(desk.connection, wanted, NOON)
    return [place for place, item in enumerate(wanted) if item.bid_id in refused]


def held(desk: Desk) -> list[tuple[int, int]]:
    query = select(reservations.c.user_id, reservations.c.cents).order_by(reservations.c.cents)
    return [(user_id, cents) for user_id, cents in desk.connection.execute(query)]


def letters_to(desk: Desk, user_id: int) -> list[dict[str, Any]]:
    """What the mails that tell somebody that they lead beyond their limit are written from."""
    query = select(notifications.c.context).where(
        notifications.c.user_id == user_id, notifications.c.kind == NoticeKind.LEADING_BEYOND_LIMIT.value
    )
    return [json.loads(context) for context in desk.connection.execute(query).scalars()]


def bid(desk: Desk, user_id: int, cents: int, kind: Kind = Kind.BID) -> Answer:
    """A bid with its reservation, judged and recorded."""
    answer = desk.bid(user_id, cents, kind)
    reserve(desk.connection, [Reservation(answer.entry.public["bid_id"], user_id, desk.lot, cents)], NOON)
    desk.record()
    return answer


def test_a_bid_within_the_limit_is_reserved_and_one_beyond_it_is_not(desk: Desk) -> None:
    assert ask(desk, wish(desk, 1, LIMIT), wish(desk, 2, LIMIT + 100)) == [1]
    assert held(desk) == [(desk.ada, LIMIT)]


def test_a_person_without_a_limit_needs_no_reservation(desk: Desk) -> None:
    assert ask(desk, wish(desk, 1, 100 * LIMIT, user_id=desk.bob)) == []
    assert held(desk) == []


def test_the_limit_holds_over_all_lots(desk: Desk) -> None:
    other, _ = desk.another()
    assert ask(desk, wish(desk, 1, 600_000)) == []
    assert ask(desk, wish(desk, 2, 500_000, lot=other), wish(desk, 3, 400_000, lot=other)) == [0]


def test_a_third_lot_is_refused_where_two_are_allowed_and_a_raise_on_the_second_is_not(desk: Desk) -> None:
    desk.limit(desk.ada, LIMIT, lots=2)
    (second, _), (third, _) = desk.another(), desk.another()
    wanted = [wish(desk, 1, 100_000), wish(desk, 2, 100_000, lot=second), wish(desk, 3, 100_000, lot=third)]
    assert reserve(desk.connection, wanted, NOON) == {bid_id(3): Lack.LOTS}
    assert ask(desk, wish(desk, 4, 200_000, lot=second)) == []


def test_several_bids_on_one_lot_count_by_the_highest(desk: Desk) -> None:
    other, _ = desk.another()
    assert ask(desk, wish(desk, 1, 500_000), wish(desk, 2, 600_000), wish(desk, 3, 400_000, lot=other)) == []


def test_bids_of_one_batch_are_decided_in_order(desk: Desk) -> None:
    other, _ = desk.another()
    wanted = (wish(desk, 1, 600_000), wish(desk, 2, 500_000, lot=other), wish(desk, 3, 400_000, lot=other))
    assert ask(desk, *wanted) == [1]


def test_a_bid_that_is_sent_again_keeps_its_reservation(desk: Desk) -> None:
    again = wish(desk, 1, 800_000)
    assert [ask(desk, again), ask(desk, again)] == [[], []]
    assert held(desk) == [(desk.ada, 800_000)]


def test_a_bid_that_comes_twice_in_one_batch_is_reserved_once(desk: Desk) -> None:
    assert ask(desk, wish(desk, 1, 800_000), wish(desk, 1, 800_000)) == []
    assert held(desk) == [(desk.ada, 800_000)]


def test_an_id_that_comes_back_with_another_amount_is_decided_by_the_first(desk: Desk) -> None:
    assert ask(desk, wish(desk, 1, 800_000), wish(desk, 1, LIMIT + 100)) == []
    assert ask(desk, wish(desk, 2, LIMIT + 100), wish(desk, 2, 100_000)) == [0, 1]
    assert held(desk) == [(desk.ada, 800_000)]


def test_who_leads_keeps_the_reservation_and_who_is_outbid_gets_it_back(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    assert held(desk) == [(desk.ada, 600_000)]
    bid(desk, desk.bob, 700_000)
    assert held(desk) == []


def test_a_refused_bid_gives_its_reservation_back_also_to_the_leader(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    bid(desk, desk.ada, 900_000)
    assert held(desk) == [(desk.ada, 600_000)]


def test_a_raise_of_the_leader_keeps_the_higher_one(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    bid(desk, desk.ada, 900_000, Kind.AUTO_BID)
    assert held(desk)[-1] == (desk.ada, 900_000)


def test_a_bid_on_its_way_keeps_its_reservation_while_others_are_recorded(desk: Desk) -> None:
    ask(desk, wish(desk, 1, 900_000))
    bid(desk, desk.bob, 700_000)
    assert held(desk) == [(desk.ada, 900_000)]


def test_another_lots_reservations_stay(desk: Desk) -> None:
    other, _ = desk.another()
    ask(desk, wish(desk, 1, 300_000, lot=other))
    bid(desk, desk.bob, 700_000)
    assert held(desk) == [(desk.ada, 300_000)]


def test_a_retracted_bid_gives_its_reservation_back(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    answer = bid(desk, desk.ada, 900_000, Kind.AUTO_BID)
    steering.retract(desk.auction, answer.entry.seq, desk.now(), "admin", "a slip")
    desk.record()
    assert held(desk) == [(desk.ada, 600_000)]


def test_a_removed_bidder_and_a_cancelled_lot_hold_nothing(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    steering.remove_bidder(desk.auction, str(desk.ada), desk.now(), "admin", "a fraud")
    desk.record()
    assert held(desk) == []
    bid(desk, desk.ada, 600_000)
    steering.cancel(desk.auction, desk.now(), "admin", "the title is not clear")
    desk.record()
    assert held(desk) == []


def test_who_leads_again_after_a_retraction_is_reserved_for_even_beyond_the_limit(desk: Desk) -> None:
    other, _ = desk.another()
    bid(desk, desk.ada, 600_000)
    answer = bid(desk, desk.bob, 900_000)
    assert ask(desk, wish(desk, 900_001, 800_000, lot=other)) == []
    steering.retract(desk.auction, answer.entry.seq, desk.now(), "admin", "a slip")
    desk.record()
    desk.record()
    assert held(desk) == [(desk.ada, 600_000), (desk.ada, 800_000)]
    (mail,) = letters_to(desk, desk.ada)
    assert (mail["limit_cents"], mail["lots"], mail["auction_id"]) == (LIMIT, None, desk.lot)
    assert "cents" not in " ".join(name for name in mail if name != "limit_cents")
    assert ask(desk, wish(desk, 900_002, 100, lot=other), wish(desk, 900_003, 100, lot=desk.another()[0])) == [0, 1]


@pytest.mark.parametrize("left", [False, True], ids=["within", "erased"])
def test_who_leads_again_within_the_limit_or_has_left_is_sent_no_mail(desk: Desk, left: bool) -> None:
    bid(desk, desk.ada, 600_000)
    answer = bid(desk, desk.bob, 900_000)
    if left:
        desk.limit(desk.ada, 0)
        desk.connection.execute(update(users).where(users.c.id == desk.ada).values(erased_at=NOON))
    steering.retract(desk.auction, answer.entry.seq, desk.now(), "admin", "a slip")
    desk.record()
    assert (held(desk), letters_to(desk, desk.ada)) == ([(desk.ada, 600_000)], [])


@pytest.mark.parametrize(("reserve_cents", "kind"), [(None, "win"), (5_000_000, "offer")])
def test_the_close_turns_the_leaders_reservation_into_the_win_or_the_binding_offer(
    engine: Engine, reserve_cents: int | None, kind: str
) -> None:
    with transaction(engine) as connection:
        desk = Desk(connection, reserve_cents=reserve_cents)
        desk.limit(desk.ada, LIMIT)
        bid(desk, desk.ada, 600_000)
        bid(desk, desk.ada, 900_000, Kind.AUTO_BID)
        desk.auction.close(NOON + 2 * DAY)
        desk.record()
        rows = connection.execute(select(reservations.c.user_id, reservations.c.cents, reservations.c.kind)).all()
        price = desk.head("price_cents")[0]
    assert rows == [(desk.ada, price, kind)]


def test_what_was_never_judged_is_given_back_once_nothing_is_on_its_way(desk: Desk) -> None:
    bid(desk, desk.ada, 600_000)
    ask(desk, wish(desk, 900_001, 700_000))
    batches.open_batch(desk.connection, InFlight(bid_id(900_002), desk.lot, "elsewhere", NOON), NOON)
    release_lost(desk.connection, desk.lot)
    assert held(desk) == [(desk.ada, 600_000), (desk.ada, 700_000)]
    batches.close_batches(desk.connection, [bid_id(900_002)])
    release_lost(desk.connection, desk.lot)
    assert held(desk) == [(desk.ada, 600_000)]


def test_many_processes_together_never_spend_more_than_the_limit(engine: Engine) -> None:
    with transaction(engine) as connection:
        desk = Desk(connection)
        desk.limit(desk.ada, LIMIT)
        lots = [desk.another()[0] for _ in range(6)]
    numbers = count(1)
    refused: list[str] = []

    def process(lot: int) -> None:
        with transaction(engine) as own:
            refused.extend(reserve(own, [Reservation(bid_id(next(numbers)), desk.ada, lot, 400_000)], NOON))

    threads = [threading.Thread(target=process, args=(lot,)) for lot in lots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timedelta(seconds=30).total_seconds())
    with transaction(engine) as connection:
        spent = sum(connection.execute(select(reservations.c.cents)).scalars())
    assert (spent, len(refused)) == (800_000, 4)
