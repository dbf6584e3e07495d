"""Payments in the database: written once for a key, claimed by one sender, moved by the table only."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import payments
from activities.db.engine import transaction
from activities.db.payments import Change, Claimed, KeyReusedError, NewPayment, Payment
from domain.payments import Kind, Purpose, State
from tests.db.market import NOON, SECOND, add_person

LATER = NOON + timedelta(minutes=1)
UNTIL = NOON + timedelta(hours=8)
S = State


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


@pytest.fixture
def ada(connection: Connection) -> int:
    return add_person(connection, "ada@example.com")


def wanted(user_id: int, key: str = "k1", cents: int = 250_000) -> NewPayment:
    return NewPayment(user_id, Purpose.DEPOSIT, Kind.CHARGE, cents, payments.request_key(user_id, "deposit", key))


def claim(connection: Connection, payment: Payment, now: timedelta = SECOND) -> Claimed | Payment:
    return payments.claim(connection, payment.id, NOON + now, resend_until=UNTIL)


def claimed(connection: Connection, payment: Payment, now: timedelta = SECOND) -> Claimed:
    found = claim(connection, payment, now)
    assert isinstance(found, Claimed)
    return found


def state_of(connection: Connection, payment: Payment) -> State:
    found = payments.find(connection, payment.id)
    assert found is not None
    return found.state


# Writing


def test_a_payment_is_written_once_for_its_key_with_a_reference_of_its_own(connection: Connection, ada: int) -> None:
    first = payments.create(connection, wanted(ada), NOON)
    again = payments.create(connection, wanted(ada), LATER)
    other = payments.create(connection, wanted(ada, "k2"), NOON)
    assert (again, first.state, len(first.reference)) == (first, S.CREATED, 20)
    assert other.reference != first.reference


def test_the_same_key_for_another_amount_is_refused(connection: Connection, ada: int) -> None:
    payments.create(connection, wanted(ada), NOON)
    with pytest.raises(KeyReusedError):
        payments.create(connection, wanted(ada, cents=300_000), NOON)


def test_keys_of_different_people_do_not_meet(connection: Connection, ada: int) -> None:
    bob = add_person(connection, "bob@example.com")
    assert payments.create(connection, wanted(ada), NOON).id != payments.create(connection, wanted(bob), NOON).id


# Claiming


def test_one_sender_claims_a_payment_and_the_next_finds_its_outcome_in_doubt(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    first = claimed(connection, payment)
    second = claim(connection, payment)
    assert (first.again, first.payment.state) == (False, S.SENDING)
    assert isinstance(second, Payment)
    assert second.state is S.UNKNOWN


def test_what_is_in_doubt_is_claimed_again_within_the_window_only(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    claimed(connection, payment)
    payments.mark(connection, payment.id, Change(S.UNKNOWN), LATER)
    late = claim(connection, payment, timedelta(hours=8))
    assert isinstance(late, Payment)
    assert late.state is S.UNKNOWN
    assert claimed(connection, payment, timedelta(hours=7)).again


@pytest.mark.parametrize("state", [S.HELD, S.DONE, S.DECLINED, S.FAILED, S.MANUAL])
def test_what_has_an_outcome_is_not_claimed(connection: Connection, ada: int, state: State) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    claimed(connection, payment)
    payments.mark(connection, payment.id, Change(state), LATER)
    assert isinstance(claim(connection, payment), Payment)
    assert state_of(connection, payment) is state


def test_what_was_certainly_not_sent_waits_to_be_sent_and_what_was_in_doubt_stays_so(
    connection: Connection, ada: int
) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    assert payments.release(connection, claimed(connection, payment), LATER, "connect").state is S.CREATED
    claimed(connection, payment)
    payments.mark(connection, payment.id, Change(S.UNKNOWN), LATER)
    assert payments.release(connection, claimed(connection, payment), LATER).state is S.UNKNOWN


def test_a_sender_that_was_given_up_releases_nothing_of_its_successor(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    slow = claimed(connection, payment)
    payments.mark(connection, payment.id, Change(S.UNKNOWN), LATER)
    claimed(connection, payment, timedelta(minutes=2))
    assert payments.release(connection, slow, LATER).state is S.SENDING


# Moving


def test_a_move_that_the_table_does_not_know_changes_nothing(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    claimed(connection, payment)
    done, moved = payments.mark(connection, payment.id, Change(S.DONE, "60200000001"), LATER)
    assert (done.transaction_id, moved) == ("60200000001", True)
    assert payments.mark(connection, payment.id, Change(S.DECLINED, code="2"), LATER) == (done, False)


def test_an_outcome_carries_its_code_and_a_done_payment_none(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    claimed(connection, payment)
    doubtful, _ = payments.mark(connection, payment.id, Change(S.UNKNOWN, code="x" * 99), LATER)
    done, _ = payments.mark(connection, payment.id, Change(S.DONE, "60200000001", kind=Kind.VOID), LATER)
    assert (doubtful.code, done.code, done.kind) == ("x" * 40, None, Kind.VOID)


def test_a_payment_that_is_not_there_is_an_error(connection: Connection) -> None:
    assert payments.find(connection, 404) is None
    with pytest.raises(LookupError):
        payments.mark(connection, 404, Change(S.DONE), NOON)


# Finding


def test_payments_are_found_by_what_the_vendor_knows_of_them(connection: Connection, ada: int) -> None:
    payment = payments.create(connection, wanted(ada), NOON)
    claimed(connection, payment)
    payments.mark(connection, payment.id, Change(S.DONE, "60200000001"), LATER)
    assert payments.by_transaction(connection, "60200000001") == [payment.id]
    assert payments.by_transaction(connection, "60200000002") == []
    assert payments.by_reference(connection, payment.reference) == payment.id
    assert payments.by_reference(connection, "A" * 20) is None


def test_a_persons_payments_come_newest_first_below_an_id(connection: Connection, ada: int) -> None:
    made = [payments.create(connection, wanted(ada, f"k{n}"), NOON).id for n in range(3)]
    payments.create(connection, wanted(add_person(connection, "bob@example.com")), NOON)
    found = payments.of_user(connection, ada, Purpose.DEPOSIT, limit=2)
    rest = payments.of_user(connection, ada, Purpose.DEPOSIT, limit=2, before=found[-1].id)
    assert [payment.id for payment in [*found, *rest]] == made[::-1]
    assert payments.count_of_user(connection, ada, Purpose.DEPOSIT) == 3


def test_the_sweep_finds_what_was_written_a_while_ago_and_never_sent(connection: Connection, ada: int) -> None:
    waiting = payments.create(connection, wanted(ada), NOON)
    sent = payments.create(connection, wanted(ada, "k2"), NOON)
    claimed(connection, sent)
    assert payments.unsent(connection, LATER, 10) == [waiting.id]
    assert payments.unsent(connection, NOON, 10) == []
