"""Deposits in the database: what is taken, what goes back, and what both do to the buying power and the outbox."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from activities.db import deposits, payments, reservations
from activities.db.engine import reading, transaction
from activities.db.payments import Payment
from activities.db.reservations import Reservation
from activities.db.tables import reservations as held_table
from domain.accounts import CARD_LIMIT_CENTS, CARD_LOTS
from domain.deposits import Refusal, Refused
from domain.payments import Purpose, State
from tests.db.holders import add_holder, asked, deposited, end, limit_of, mails, taken_back
from tests.db.market import NOON, add_car, add_lot, add_person, bid_id

R = Refusal


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


@pytest.fixture
def ada(connection: Connection) -> int:
    return add_holder(connection)


def ask(connection: Connection, user_id: int, cents: int = 250_000, key: str = "k1") -> Refusal | None:
    found = deposits.ask(connection, user_id, cents, key, NOON)
    return found.code if isinstance(found, Refused) else None


def take_back(
    connection: Connection, user_id: int, payment: Payment, cents: int | None = None, key: str = "r1"
) -> Payment | Refusal:
    found = deposits.ask_return(connection, user_id, payment.id, cents, key, NOON)
    return found.code if isinstance(found, Refused) else found


def lots(connection: Connection, count: int) -> list[int]:
    seller = add_person(connection, "sam@example.com")
    return [add_lot(connection, seller, add_car(connection, seller, 800_000 + n)) for n in range(count)]


def stake(connection: Connection, user_id: int, lot: int, cents: int, **more: Any) -> None:
    row = {"bid_id": bid_id(lot), "user_id": user_id, "auction_id": lot, "cents": cents, "created_at": NOON, **more}
    connection.execute(insert(held_table).values(row))


# Asking


def test_a_deposit_is_taken_once_for_its_key(connection: Connection, ada: int) -> None:
    first = asked(connection, ada)
    assert asked(connection, ada) == first
    assert ask(connection, ada, 300_000) is R.ID_REUSED


def test_only_one_deposit_is_open_at_a_time(connection: Connection, ada: int) -> None:
    first = asked(connection, ada)
    assert deposits.ask(connection, ada, 250_000, "k2", NOON) == Refused(R.OPEN, {"deposit_id": first.id})
    end(connection, first, State.DECLINED)
    assert ask(connection, ada, key="k3") is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"card_status": "none"}, R.CARD_MISSING),
        ({"card_status": "declined"}, R.CARD_DECLINED),
        ({"card_expires": "2026-04"}, R.CARD_EXPIRED),
    ],
)
def test_a_deposit_needs_a_good_card(connection: Connection, changes: dict[str, Any], expected: Refusal) -> None:
    assert ask(connection, add_holder(connection, **changes)) is expected


@pytest.mark.parametrize(
    ("cents", "expected"), [(49_900, R.TOO_SMALL), (5_000_100, R.TOO_LARGE), (50_050, R.NOT_WHOLE_DOLLARS)]
)
def test_a_deposit_of_a_wrong_amount_is_refused(connection: Connection, ada: int, cents: int, expected: R) -> None:
    assert ask(connection, ada, cents) is expected


# What follows


def test_a_deposit_raises_the_buying_power_tenfold_when_it_is_charged_and_not_before(
    connection: Connection, ada: int
) -> None:
    payment = asked(connection, ada)
    assert limit_of(connection, ada) == (CARD_LIMIT_CENTS, CARD_LOTS)
    end(connection, payment, State.DONE, "60200000001")
    assert limit_of(connection, ada) == (2_500_000, None)
    assert payments.deposits_cents(connection, ada) == 250_000
    assert mails(connection, "deposit_received") == 1


@pytest.mark.parametrize("state", [State.DECLINED, State.FAILED, State.MANUAL, State.HELD, State.UNKNOWN])
def test_a_deposit_that_was_not_charged_raises_nothing(connection: Connection, ada: int, state: State) -> None:
    end(connection, asked(connection, ada), state)
    assert limit_of(connection, ada) == (CARD_LIMIT_CENTS, CARD_LOTS)
    assert mails(connection, "deposit_received") == 0


def test_a_return_lowers_the_buying_power_before_anything_is_sent(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    back = taken_back(connection, ada, payment, 100_000)
    assert back.state is State.CREATED
    assert limit_of(connection, ada) == (1_500_000, None)
    end(connection, back, State.DONE, "60200000002")
    assert limit_of(connection, ada) == (1_500_000, None)
    assert mails(connection, "deposit_returned") == 1


@pytest.mark.parametrize("state", [State.DECLINED, State.FAILED])
def test_a_return_that_failed_for_good_raises_the_buying_power_again(
    connection: Connection, ada: int, state: State
) -> None:
    back = taken_back(connection, ada, deposited(connection, ada))
    assert limit_of(connection, ada) == (CARD_LIMIT_CENTS, CARD_LOTS)
    end(connection, back, state)
    assert limit_of(connection, ada) == (2_500_000, None)
    assert mails(connection, "deposit_returned") == 0


@pytest.mark.parametrize("state", [State.UNKNOWN, State.MANUAL])
def test_a_return_in_doubt_counts_as_gone(connection: Connection, ada: int, state: State) -> None:
    end(connection, taken_back(connection, ada, deposited(connection, ada)), state)
    assert payments.deposits_cents(connection, ada) == 0


# Returning


def test_a_return_is_taken_once_for_its_key(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    back = taken_back(connection, ada, payment, 100_000)
    assert take_back(connection, ada, payment, 100_000) == back
    assert take_back(connection, ada, payment, 50_000) is R.ID_REUSED
    assert take_back(connection, ada, payment, 50_000, "r2") is R.RETURN_OPEN


def test_without_an_amount_all_that_is_left_goes_back(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    end(connection, taken_back(connection, ada, payment, 100_000), State.DONE, "60200000002")
    rest = take_back(connection, ada, payment, key="r2")
    assert isinstance(rest, Payment)
    assert rest.amount_cents == 150_000
    end(connection, rest, State.DONE, "60200000003")
    assert take_back(connection, ada, payment, key="r3") is R.NOT_HELD


def test_a_deposit_is_left_over_until_all_of_it_goes_back(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    end(connection, taken_back(connection, ada, payment, 100_000), State.DONE, "60200000002")
    assert payments.unreturned(connection, ada) == [payment.id]
    assert isinstance(take_back(connection, ada, payment, key="r2"), Payment)
    assert payments.unreturned(connection, ada) == []


def test_nobody_takes_back_what_is_not_theirs_or_not_there(connection: Connection, ada: int) -> None:
    bob = add_holder(connection, "bob@example.com")
    payment = deposited(connection, ada)
    assert take_back(connection, bob, payment) is R.NOT_FOUND
    open_one = asked(connection, bob)
    assert take_back(connection, bob, open_one) is R.NOT_HELD
    assert take_back(connection, ada, payment, 250_100) is R.RETURN_TOO_LARGE


def test_a_return_of_a_return_is_nothing(connection: Connection, ada: int) -> None:
    back = taken_back(connection, ada, deposited(connection, ada), 100_000)
    assert take_back(connection, ada, back, key="r2") is R.NOT_FOUND


def test_what_backs_a_bid_stays(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    (lot,) = lots(connection, 1)
    stake(connection, ada, lot, 1_500_000)
    refused = deposits.ask_return(connection, ada, payment.id, 150_000, "r1", NOON)
    facts = {"at_stake_cents": 1_500_000, "limit_cents": 1_000_000, "lots": None}
    assert refused == Refused(R.NEEDED, facts)
    assert limit_of(connection, ada) == (2_500_000, None)
    assert isinstance(take_back(connection, ada, payment, 100_000), Payment)


def test_what_backs_more_lots_than_the_card_allows_stays(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    for lot in lots(connection, 3):
        stake(connection, ada, lot, 100)
    assert take_back(connection, ada, payment) is R.NEEDED


def test_nothing_goes_back_while_a_win_is_unpaid(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    (lot,) = lots(connection, 1)
    stake(connection, ada, lot, 100, kind="win")
    assert take_back(connection, ada, payment) is R.UNPAID_WIN


# Racing


def test_bids_and_a_return_that_race_never_exceed_the_limit(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada = add_holder(connection)
        payment = deposited(connection, ada)
        numbers = lots(connection, 8)
    gate = threading.Barrier(len(numbers) + 1)

    def bid(lot: int) -> None:
        gate.wait()
        with transaction(engine) as connection:
            reservations.reserve(connection, [Reservation(bid_id(lot), ada, lot, 400_000)], NOON)

    def back() -> None:
        gate.wait()
        with transaction(engine) as connection:
            deposits.ask_return(connection, ada, payment.id, 100_000, "r1", NOON)

    with ThreadPoolExecutor(len(numbers) + 1) as threads:
        for done in [*[threads.submit(bid, lot) for lot in numbers], threads.submit(back)]:
            done.result()
    with reading(engine) as connection:
        limit, _ = limit_of(connection, ada)
        held = sum(reservations.at_stake(connection, ada).values())
    assert limit in {1_500_000, 2_500_000}
    assert 0 < held <= limit


def test_of_many_who_ask_at_once_with_one_key_all_get_the_same_deposit(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada = add_holder(connection)

    def ask_once(number: int) -> Payment | Refused:
        with transaction(engine) as connection:
            return deposits.ask(connection, ada, 250_000, f"k{number % 2}", NOON)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask_once, range(8)))
    with reading(engine) as connection:
        assert payments.count_of_user(connection, ada, Purpose.DEPOSIT) == 1
    made = {one.id for one in found if isinstance(one, Payment)}
    refused = {one.code for one in found if isinstance(one, Refused)}
    assert (len(made), refused) == (1, {R.OPEN})
