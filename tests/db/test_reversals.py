"""Deposits that were taken and then taken back: what counts, what stands, who is told, and what never happens twice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, update

from activities.db import deposits, payments, reservations
from activities.db.engine import reading, transaction
from activities.db.payments import Change, Payment
from activities.db.reservations import Lack, Reservation
from activities.db.tables import reservations as held_table
from activities.db.tables import users
from activities.providers.authorize_net_results import VOIDED
from domain.accounts import CARD_LIMIT_CENTS, CARD_LOTS
from domain.deposits import Refusal, Refused
from domain.payments import Kind, State
from tests.db.holders import SITE, add_holder, asked, deposited, end, limit_of, mails, taken_back
from tests.db.market import NOON, add_car, add_lot, add_person, bid_id

LATER = NOON + timedelta(days=2)
CARD_ONLY = (CARD_LIMIT_CENTS, CARD_LOTS)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


@pytest.fixture
def ada(connection: Connection) -> int:
    return add_holder(connection)


def undo(
    connection: Connection, payment: Payment, state: State = State.REVERSED, code: str = "settlementError"
) -> tuple[Payment, bool]:
    """What a look after the settlement writes."""
    found, moved = payments.mark(connection, payment.id, Change(state, code=code), LATER, only_from=State.DONE)
    if moved:
        deposits.follow(connection, found, LATER, public_url=SITE)
    return found, moved


def come_back(connection: Connection, payment: Payment, days: int = 1) -> bool:
    now = LATER + timedelta(days=days)
    found, moved = payments.mark(connection, payment.id, Change(State.DONE), now, only_from=State.REVERSED)
    if moved:
        deposits.follow(connection, found, now, public_url=SITE)
    return moved


def lot(connection: Connection, number: int) -> int:
    seller = add_person(connection, f"sam{number}@example.com")
    return add_lot(connection, seller, add_car(connection, seller, 800_000 + number))


def test_a_reversed_deposit_gives_no_buying_power_and_its_owner_is_told(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    found, moved = undo(connection, payment)
    assert (found.state, found.code, moved) == (State.REVERSED, "settlementError", True)
    assert (payments.deposits_cents(connection, ada), limit_of(connection, ada)) == (0, CARD_ONLY)
    assert mails(connection, "deposit_reversed") == 1


def test_bids_that_stand_stay_and_new_ones_are_refused(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    first, second = lot(connection, 1), lot(connection, 2)
    row = {"bid_id": bid_id(1), "user_id": ada, "auction_id": first, "cents": 2_000_000, "created_at": NOON}
    connection.execute(insert(held_table).values(row))
    undo(connection, payment)
    assert reservations.at_stake(connection, ada) == {first: 2_000_000}
    wanted = Reservation(bid_id(2), ada, second, 100)
    assert reservations.reserve(connection, [wanted], LATER) == {wanted.bid_id: Lack.CENTS}


def test_another_deposit_counts_as_before(connection: Connection, ada: int) -> None:
    lost = deposited(connection, ada)
    deposited(connection, ada, 300_000, "k2")
    undo(connection, lost)
    assert limit_of(connection, ada) == (3_000_000, None)


def test_a_reversed_deposit_does_not_go_back(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    undo(connection, payment)
    assert deposits.ask_return(connection, ada, payment.id, None, "r1", LATER) == Refused(Refusal.NOT_HELD)
    assert payments.unreturned(connection, ada) == []


def test_it_is_reversed_once_and_whoever_comes_late_changes_nothing(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    undo(connection, payment)
    assert undo(connection, payment)[1] is False
    for state in State:
        assert payments.mark(connection, payment.id, Change(state), LATER)[1] is False
    assert mails(connection, "deposit_reversed") == 1


@pytest.mark.parametrize("state", [State.REVERSED, State.MANUAL, State.DECLINED, State.FAILED])
def test_what_is_done_is_not_undone_by_an_answer_that_comes_late(
    connection: Connection, ada: int, state: State
) -> None:
    payment = deposited(connection, ada)
    assert payments.mark(connection, payment.id, Change(state), LATER) == (payment, False)


def test_a_deposit_that_comes_back_counts_again_and_each_time_is_told(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    undo(connection, payment)
    assert come_back(connection, payment)
    assert come_back(connection, payment) is False
    assert limit_of(connection, ada) == (2_500_000, None)
    found = payments.find(connection, payment.id)
    assert found is not None
    assert (found.state, found.code, found.transaction_id) == (State.DONE, None, "60200000001")
    assert (mails(connection, "deposit_received"), mails(connection, "deposit_reversed")) == (2, 1)


def test_what_went_back_of_a_deposit_that_was_lost_counts_against_the_others(connection: Connection, ada: int) -> None:
    lost = deposited(connection, ada)
    deposited(connection, ada, 500_000, "k2")
    end(connection, taken_back(connection, ada, lost, 100_000), State.DONE, "60200000002")
    undo(connection, lost, code="chargeback")
    assert payments.deposits_cents(connection, ada) == 400_000


def test_a_return_that_was_never_sent_counts_for_nothing_once_its_deposit_is_lost(
    connection: Connection, ada: int
) -> None:
    lost = deposited(connection, ada)
    deposited(connection, ada, 500_000, "k2")
    taken_back(connection, ada, lost, 100_000)
    undo(connection, lost)
    assert limit_of(connection, ada) == (5_000_000, None)


@pytest.mark.parametrize("state", [State.CREATED, State.SENDING, State.UNKNOWN, State.MANUAL, State.DONE])
def test_a_charge_that_a_return_of_ours_voids_is_not_reversed(connection: Connection, ada: int, state: State) -> None:
    payment = deposited(connection, ada)
    back = taken_back(connection, ada, payment)
    for each in [] if state is State.CREATED else [State.SENDING, state]:
        payments.mark(connection, back.id, Change(each), NOON)
    assert undo(connection, payment, code=VOIDED) == (payment, False)


@pytest.mark.parametrize("state", [State.DECLINED, State.FAILED])
def test_a_charge_that_somebody_else_voids_is_reversed(connection: Connection, ada: int, state: State) -> None:
    payment = deposited(connection, ada)
    end(connection, taken_back(connection, ada, payment), state)
    assert undo(connection, payment, code=VOIDED)[1]
    assert limit_of(connection, ada) == CARD_ONLY


def test_a_return_that_did_not_arrive_is_for_a_person_and_counts_as_gone(connection: Connection, ada: int) -> None:
    back = end(connection, taken_back(connection, ada, deposited(connection, ada)), State.DONE, "60200000002")
    assert undo(connection, back, State.MANUAL)[1]
    (waiting,) = payments.in_state(connection, State.MANUAL, 10)
    assert (waiting.id, waiting.kind, waiting.code) == (back.id, Kind.REFUND, "settlementError")
    assert limit_of(connection, ada) == CARD_ONLY
    payments.mark(connection, back.id, Change(State.FAILED), LATER)
    assert payments.deposits_cents(connection, ada) == 250_000


def test_a_return_is_never_reversed(connection: Connection, ada: int) -> None:
    back = end(connection, taken_back(connection, ada, deposited(connection, ada)), State.DONE, "60200000002")
    assert undo(connection, back) == (back, False)


def test_nobody_who_was_erased_is_written_to(connection: Connection, ada: int) -> None:
    payment = deposited(connection, ada)
    connection.execute(update(users).values(erased_at=NOON))
    undo(connection, payment)
    assert mails(connection, "deposit_reversed") == 0


def test_payments_in_a_state_are_listed_newest_first_below_an_id(connection: Connection, ada: int) -> None:
    made = [deposited(connection, ada, key=f"k{number}") for number in range(3)]
    for each in made:
        undo(connection, each)
    asked(connection, ada, key="k9")
    found = payments.in_state(connection, State.REVERSED, 2)
    rest = payments.in_state(connection, State.REVERSED, 2, before=found[-1].id)
    assert [each.id for each in [*found, *rest]] == [each.id for each in made[::-1]]
    assert payments.count_in_state(connection, State.REVERSED) == 3


# Racing


def test_of_many_who_learn_of_it_at_once_one_reverses_and_tells(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada = add_holder(connection)
        payment = deposited(connection, ada)
    gate = threading.Barrier(6)

    def learn() -> bool:
        gate.wait()
        with transaction(engine) as connection:
            return undo(connection, payment)[1]

    with ThreadPoolExecutor(6) as threads:
        moved = [each.result() for each in [threads.submit(learn) for _ in range(6)]]
    with reading(engine) as connection:
        assert (sum(moved), mails(connection, "deposit_reversed"), limit_of(connection, ada)) == (1, 1, CARD_ONLY)


def test_a_void_and_a_return_that_race_leave_one_of_them(engine: Engine) -> None:
    """Either the return is there and the charge is its to void, or the charge is reversed and nothing goes back."""
    with transaction(engine) as connection:
        ada = add_holder(connection)
        payment = deposited(connection, ada)
    gate = threading.Barrier(2)

    def void() -> bool:
        gate.wait()
        with transaction(engine) as connection:
            return undo(connection, payment, code=VOIDED)[1]

    def give_back() -> bool:
        gate.wait()
        with transaction(engine) as connection:
            return isinstance(deposits.ask_return(connection, ada, payment.id, None, "r1", NOON), Payment)

    with ThreadPoolExecutor(2) as threads:
        voided, asked_back = threads.submit(void), threads.submit(give_back)
        outcomes = voided.result(), asked_back.result()
    with reading(engine) as connection:
        assert limit_of(connection, ada) == CARD_ONLY
    assert outcomes in {(True, False), (False, True)}
