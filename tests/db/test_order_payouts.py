"""Payouts in the database: what is due by the ledger, what leaves under which key, and what is got back."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import order_payouts
from activities.db.engine import transaction
from activities.db.order_payouts import StoredPayout
from activities.db.orders import ENCODER, Snapshot, change
from activities.order_contracts import GiveBack, PayoutState, SetPayout
from domain.dispute_terms import RELEASE, Kind
from domain.disputes import Claim, Dispute
from domain.money_ledger import Book
from domain.orders import Party
from domain.payouts import LineCode, Payout, PayoutCode, PayoutStatus, Step
from tests.db.balanced import assert_balanced
from tests.db.market import NOON
from tests.db.order_desk import PRICE, OrderDesk, sold

S = PayoutStatus
TODAY = date(2026, 5, 5)
CLAIM = Claim(Kind.PAYMENT, Party.SELLER, "words", RELEASE)
DISPUTED = ENCODER.encode(Snapshot((), (Dispute("d1", CLAIM, Party.BUYER, "7", 0, NOON, NOON),))).decode()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found
        assert_balanced(found)


@pytest.fixture
def desk(connection: Connection) -> OrderDesk:
    return paid(connection, 1)


def paid(connection: Connection, number: int) -> OrderDesk:
    made = sold(connection, number)
    made.invoice()
    made.end(made.ask(), transaction_id=f"61{number}")
    return made


def arrange(desk: OrderDesk, day: date | None = TODAY, *, held: bool = False) -> PayoutState:
    return order_payouts.arrange(desk.connection, desk.locked(), SetPayout(desk.order_id, day, held), desk.now)


def send(desk: OrderDesk) -> Payout | PayoutCode:
    return order_payouts.begin_sending(desk.connection, desk.locked(), desk.now)


def move(desk: OrderDesk, step: Step) -> PayoutState:
    return order_payouts.moved(desk.connection, desk.order_id, step, "R03", desk.now)


def claw(desk: OrderDesk, cents: int | None = None, key: str = "unwind") -> PayoutState:
    return order_payouts.claw_back(desk.connection, desk.locked(), cents, key, desk.now)


def refund(desk: OrderDesk, cents: int | None, key: str = "dispute") -> None:
    given = desk.till.give_back(desk.connection, GiveBack(desk.order_id, key, "why", cents), desk.now)
    assert given.payment_ids


def found(desk: OrderDesk) -> StoredPayout:
    stored = order_payouts.find(desk.connection, desk.order_id)
    assert stored is not None
    return stored


def due(desk: OrderDesk) -> int:
    return -desk.balance(Book.SELLER, desk.sam)


def test_the_price_is_due_to_the_seller_once_a_day_is_set(desk: OrderDesk) -> None:
    assert arrange(desk, None) == PayoutState(S.WAITING, PRICE)
    assert due(desk) == 0
    for _ in range(2):
        assert arrange(desk) == PayoutState(S.DUE, PRICE)
    assert (due(desk), desk.balance(Book.PROCEEDS)) == (PRICE, 0)


def test_a_payout_leaves_once_and_counts_as_gone_from_before(desk: OrderDesk) -> None:
    assert send(desk) is PayoutCode.NOT_DUE
    arrange(desk)
    sent = send(desk)
    assert isinstance(sent, Payout)
    assert (sent.key, sent.status, due(desk), desk.balance(Book.BANK)) == (f"P{desk.order_id}-1", S.SENDING, 0, -PRICE)
    assert send(desk) is PayoutCode.NOT_POSSIBLE
    assert [each.payout.order_id for each in order_payouts.in_status(desk.connection, S.SENDING, 9)] == [desk.order_id]
    assert order_payouts.in_status(desk.connection, S.SENDING, 9, after=desk.order_id) == []
    assert move(desk, Step.CONFIRM) == PayoutState(S.SENT, PRICE)
    assert move(desk, Step.CONFIRM).code == PayoutCode.NOT_POSSIBLE
    assert move(desk, Step.SETTLE).status is S.PAID


def test_a_payout_waits_for_its_day_for_disputes_and_for_what_holds_it(desk: OrderDesk) -> None:
    arrange(desk, TODAY + timedelta(days=1))
    assert send(desk) is PayoutCode.NOT_DUE
    arrange(desk, held=True)
    assert send(desk) is PayoutCode.SELLER_HELD
    arrange(desk)
    change(desk.connection, desk.order_id, snapshot=DISPUTED)
    assert send(desk) is PayoutCode.DISPUTE_OPEN
    assert desk.balance(Book.BANK) == 0


@pytest.mark.parametrize(("steps", "after"), [((Step.FAIL,), S.DUE), ((Step.CONFIRM, Step.RETURN), S.RETURNED)])
def test_what_did_not_arrive_is_due_again(desk: OrderDesk, steps: tuple[Step, ...], after: PayoutStatus) -> None:
    arrange(desk)
    send(desk)
    for step in steps:
        state = move(desk, step)
    assert (state.status, due(desk), desk.balance(Book.BANK)) == (after, PRICE, 0)
    if after is S.RETURNED:
        move(desk, Step.CORRECT)
    again = send(desk)
    assert isinstance(again, Payout)
    assert (again.attempt, due(desk), desk.balance(Book.BANK)) == (2, 0, -PRICE)


def test_a_refund_before_the_payout_is_the_sellers_to_bear(desk: OrderDesk) -> None:
    refund(desk, 300_00)
    assert arrange(desk) == PayoutState(S.DUE, PRICE - 300_00)
    refund(desk, 200_00, "second")
    sent = send(desk)
    assert isinstance(sent, Payout)
    assert (sent.cents, due(desk), desk.balance(Book.BANK), desk.balance(Book.PROCEEDS)) == (
        PRICE - 500_00,
        0,
        500_00 - PRICE,
        0,
    )
    told = found(desk).statement
    assert told is not None
    assert [(line.code, line.cents) for line in told.lines] == [(LineCode.PRICE, PRICE), (LineCode.REFUNDED, -500_00)]


def test_a_payout_that_never_left_is_stopped(desk: OrderDesk) -> None:
    assert claw(desk).status is S.CANCELLED
    arrange(desk)
    for _ in range(2):
        assert claw(desk).status is S.CANCELLED
    assert (due(desk), desk.balance(Book.PROCEEDS)) == (0, -PRICE)
    refund(desk, None, "unwind")
    assert desk.balance(Book.PROCEEDS) == 0
    assert send(desk) is PayoutCode.NOT_POSSIBLE


def test_what_has_left_is_claimed_and_taken_off_the_next_payout(desk: OrderDesk) -> None:
    arrange(desk)
    send(desk)
    assert claw(desk, 400_00, "dispute").status is S.SENDING
    refund(desk, 400_00)
    assert (due(desk), desk.balance(Book.PROCEEDS), found(desk).payout.claimed_cents) == (-400_00, 0, 400_00)
    other = paid(desk.connection, 2)
    change(desk.connection, other.order_id, seller_id=desk.sam)
    other.sam = desk.sam
    arrange(other)
    sent = send(other)
    told = found(other).statement
    assert isinstance(sent, Payout)
    assert told is not None
    assert (told.net_cents, due(other), found(desk).payout.claimed_cents) == (PRICE - 400_00, 0, 0)
    move(other, Step.FAIL)
    assert (due(other), found(desk).payout.claimed_cents) == (PRICE - 400_00, 400_00)


def test_a_whole_unwind_after_the_payout_is_the_sellers_debt(desk: OrderDesk) -> None:
    arrange(desk)
    send(desk)
    move(desk, Step.CONFIRM)
    assert claw(desk).status is S.CLAWED_BACK
    refund(desk, None, "unwind")
    assert (due(desk), desk.balance(Book.PROCEEDS)) == (-PRICE, 0)
    assert move(desk, Step.RETURN).status is S.CANCELLED
    assert due(desk) == 0


def test_an_order_without_a_payout_has_nothing_to_move(desk: OrderDesk) -> None:
    with pytest.raises(LookupError):
        move(desk, Step.CONFIRM)
