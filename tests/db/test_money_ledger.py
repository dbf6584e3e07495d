"""The money ledger in the database: each transfer once, and nothing in it that does not balance."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, delete, insert

from activities.db import money_ledger as ledger
from activities.db.engine import reading, transaction
from activities.db.money_ledger import TransferReusedError
from activities.db.order_money_tables import money_postings
from domain import money_events as events
from domain.charges import Buyer, Line, Sale, total
from domain.money_events import Means
from domain.money_ledger import Account, Book, Event, Kind, Posting, Transfer, UnbalancedError, balances, undone
from tests.db.market import NOON
from tests.domain.rate_tables import rates

HOUR = timedelta(hours=1)
ADA, SAM, ORDER = 7, 9, 41
BUYER = Account(Book.BUYER, ADA)
LINES: tuple[Line, ...] = total(
    rates(), Buyer("MN"), Sale(price_cents=10_000_00, sold_on=date(2026, 5, 5), model_year=2019)
).lines
OWED = sum(line.cents for line in LINES)


def event(key: str = "k1", order_id: int | None = ORDER) -> Event:
    return Event(key, NOON, order_id)


def issued(key: str = "INV-2026-000001", order_id: int = ORDER) -> Transfer:
    return events.invoice_issued(event(key, order_id), ADA, LINES)


def paid(cents: int = OWED, key: str = "p1", owed_cents: int = OWED) -> Transfer:
    return events.payment_received(event(key), ADA, cents, Means.CARD, owed_cents=owed_cents)


def facts(told: Transfer | None) -> tuple[object, ...]:
    return () if told is None else (told.id, told.kind, told.at, told.order_id, frozenset(told.postings))


def rolled_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        ledger.record(connection, issued(), NOON)
        raise KeyError


def test_a_transfer_comes_back_as_it_was_told(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert ledger.record(connection, issued(), NOON)
        assert facts(ledger.find(connection, issued().id)) == facts(issued())
        assert ledger.find(connection, "invoice_issued:x") is None
        assert ledger.balances(connection) == balances([issued()])


def test_the_same_transfer_told_again_is_recorded_once(engine: Engine) -> None:
    later = replace(paid(), at=NOON + HOUR)
    with transaction(engine) as connection:
        assert ledger.record_all(connection, [issued(), paid()], NOON) == 2
        assert ledger.record_all(connection, [issued(), later], NOON + HOUR) == 0
        assert facts(ledger.find(connection, paid().id)) == facts(paid())


@pytest.mark.parametrize(
    "other",
    [
        paid(OWED - 1),
        replace(paid(), order_id=42),
        replace(paid(), order_id=None),
        replace(paid(), kind=Kind.CREDIT_APPLIED),
        events.payment_received(event("p1"), ADA, OWED, Means.WIRE, owed_cents=OWED),
    ],
)
def test_another_transfer_of_the_same_name_is_an_error(engine: Engine, other: Transfer) -> None:
    with transaction(engine) as connection:
        ledger.record(connection, paid(), NOON)
        with pytest.raises(TransferReusedError):
            ledger.record(connection, replace(other, id=paid().id), NOON)
        assert len(ledger.of_order(connection, ORDER)) == 1


def test_many_who_tell_the_same_at_once_record_it_once(engine: Engine) -> None:
    def tell(_: int) -> bool:
        with transaction(engine) as connection:
            return ledger.record(connection, issued(), NOON)

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(tell, range(6))) == 1
    with reading(engine) as connection:
        assert ledger.balances(connection) == balances([issued()])


def test_what_was_rolled_back_was_never_told(engine: Engine) -> None:
    with pytest.raises(KeyError):
        rolled_back(engine)
    with reading(engine) as connection:
        assert (ledger.find(connection, issued().id), ledger.balances(connection)) == (None, {})


def test_a_transfer_that_does_not_balance_is_not_written(engine: Engine) -> None:
    forged = issued()
    for postings in ((Posting(BUYER, 5), Posting(Account(Book.BANK), -4)), ()):
        object.__setattr__(forged, "postings", postings)
        with transaction(engine) as connection:
            with pytest.raises(UnbalancedError):
                ledger.record(connection, forged, NOON)
            assert ledger.find(connection, forged.id) is None


def test_what_was_written_past_the_ledger_is_found(engine: Engine) -> None:
    with transaction(engine) as connection:
        ledger.record_all(connection, [issued(), paid(), events.late_fee(event(), ADA, 5)], NOON)
        assert ledger.unbalanced(connection) == []
        connection.execute(insert(money_postings).values(transfer_id=paid().id, account="bank", cents=1))
        connection.execute(delete(money_postings).where(money_postings.c.transfer_id == "late_fee:k1"))
        assert ledger.unbalanced(connection) == ["late_fee:k1", paid().id]
        assert ledger.unbalanced(connection, limit=1) == ["late_fee:k1"]


def test_an_order_knows_what_it_moved_and_what_is_owed(engine: Engine) -> None:
    with transaction(engine) as connection:
        ledger.record_all(connection, [issued(), issued("INV-2026-000002", 42)], NOON)
        assert ledger.owed(connection, ORDER, ADA) == OWED
        ledger.record(connection, paid(OWED - 100), NOON)
        assert (ledger.owed(connection, ORDER, ADA), ledger.owed(connection, 42, ADA)) == (100, OWED)
        ledger.record(connection, paid(250, "p2", owed_cents=100), NOON)
        assert ledger.owed(connection, ORDER, ADA) == 0
        assert ledger.balances_of_order(connection, ORDER)[Account(Book.CREDIT, ADA)] == -150
        assert BUYER not in ledger.balances_of_order(connection, ORDER)
        assert ledger.owed(connection, ORDER, SAM) == ledger.owed(connection, 404, ADA) == 0


def test_balances_are_asked_for_by_account_and_sum_to_zero(engine: Engine) -> None:
    bank, clearing = Account(Book.BANK), Account(Book.CLEARING)
    with transaction(engine) as connection:
        ledger.record_all(connection, [issued(), paid(), events.processor_paid(event(), 500)], NOON)
        assert ledger.balances(connection, [bank, clearing, BUYER]) == {bank: 500, clearing: OWED - 500}
        assert ledger.balances(connection, []) == {}
        assert sum(ledger.balances(connection).values()) == 0


def test_the_story_of_an_order_and_of_a_day_is_told_in_its_order(engine: Engine) -> None:
    voided = undone(paid(), Kind.PAYMENT_VOIDED, Event("v1", NOON + HOUR))
    elsewhere = events.processor_fee(Event("f1", NOON + 2 * HOUR), 30)
    with transaction(engine) as connection:
        ledger.record_all(connection, [elsewhere, voided, paid(), issued()], NOON)
        story = [told.id for told in ledger.of_order(connection, ORDER)]
        assert story == [issued().id, paid().id, voided.id]
        assert balances(ledger.of_order(connection, ORDER)) == balances([issued()])
        day = ledger.between(connection, NOON + HOUR, NOON + 2 * HOUR)
        assert [told.id for told in day] == [voided.id]
        assert len(ledger.between(connection, NOON, NOON + 3 * HOUR)) == 4
