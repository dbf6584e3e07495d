"""Documents in the database: numbers without gaps, by kind and year, whoever asks at once and whatever fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from activities.db import invoices
from activities.db.engine import reading, transaction
from activities.db.invoices import Issued, NewPaper, Written
from activities.db.order_money_tables import invoices as invoices_table
from domain.invoices import Paper
from tests.db.market import NOON

# Midnight in Chicago, in winter.
NEW_YEAR = datetime(2027, 1, 1, 6, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def wanted(order_id: int = 41, paper: Paper = Paper.INVOICE) -> NewPaper:
    return NewPaper(paper, order_id, f"{paper.value} {order_id}")


def write(number: str) -> Written:
    return Written(f"sealed {number}", "9f" * 32, "invoice-1", 10_687_50, 1)


def issue(engine: Engine, order_id: int = 41, paper: Paper = Paper.INVOICE, now: datetime = NOON) -> Issued:
    with transaction(engine) as connection:
        return invoices.issue(connection, wanted(order_id, paper), write, now)


def rolled_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        invoices.issue(connection, wanted(3), write, NOON)
        raise KeyError


def test_a_document_is_issued_under_its_number_and_comes_back_whole(engine: Engine) -> None:
    made = issue(engine)
    assert (made.number, made.written.sealed, made.issued_at) == ("INV-2026-000001", "sealed INV-2026-000001", NOON)
    with reading(engine) as connection:
        assert invoices.find(connection, made.number) == invoices.by_request(connection, "invoice 41") == made
        assert invoices.find(connection, "INV-2026-000002") is None


def test_asked_for_again_it_is_the_same_and_takes_no_number(engine: Engine) -> None:
    first = issue(engine)
    assert issue(engine, now=NOON + timedelta(days=400)) == first
    assert issue(engine, 42).number == "INV-2026-000002"
    with reading(engine) as connection:
        assert invoices.gaps(connection) == []


def test_each_kind_and_each_year_in_chicago_counts_from_one(engine: Engine) -> None:
    numbers = [
        issue(engine, 1, now=NEW_YEAR - MILLISECOND).number,
        issue(engine, 2, now=NEW_YEAR).number,
        issue(engine, 3, now=NEW_YEAR).number,
        issue(engine, 4, now=NEW_YEAR - MILLISECOND).number,
        issue(engine, 1, Paper.RECEIPT, NEW_YEAR).number,
    ]
    assert numbers == ["INV-2026-000001", "INV-2027-000001", "INV-2027-000002", "INV-2026-000002", "RCT-2027-000001"]


def test_a_number_whose_document_was_not_written_is_given_to_the_next(engine: Engine) -> None:
    def fail(number: str) -> Written:
        raise KeyError(number)

    issue(engine, 1)
    with pytest.raises(KeyError, match="INV-2026-000002"), transaction(engine) as connection:
        invoices.issue(connection, wanted(2), fail, NOON)
    with pytest.raises(KeyError):
        rolled_back(engine)
    assert issue(engine, 4).number == "INV-2026-000002"
    with reading(engine) as connection:
        assert (invoices.gaps(connection), invoices.of_order(connection, 3)) == ([], [])


def test_many_at_once_from_the_first_of_the_year_on_leave_no_gap(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda order_id: issue(engine, order_id), range(1, 25)))
    assert sorted(each.number for each in made) == [f"INV-2026-{count:06}" for count in range(1, 25)]
    with reading(engine) as connection:
        assert invoices.gaps(connection) == []


def test_many_who_ask_for_the_same_at_once_get_one(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: issue(engine).number, range(8)))
    assert set(made) == {"INV-2026-000001"}
    assert issue(engine, 42).number == "INV-2026-000002"


def test_a_deleted_document_is_a_gap(engine: Engine) -> None:
    for order_id in (1, 2):
        issue(engine, order_id)
        issue(engine, order_id, Paper.RECEIPT)
    with transaction(engine) as connection:
        connection.execute(delete(invoices_table).where(invoices_table.c.number == "INV-2026-000001"))
        assert invoices.gaps(connection) == [(Paper.INVOICE, 2026)]
        connection.execute(delete(invoices_table).where(invoices_table.c.kind == "receipt"))
        assert invoices.gaps(connection) == [(Paper.INVOICE, 2026), (Paper.RECEIPT, 2026)]


def test_the_documents_of_an_order_come_in_their_order(engine: Engine) -> None:
    kinds = [Paper.INVOICE, Paper.RECEIPT, Paper.BILL_OF_SALE, Paper.REFUND_NOTE]
    made = [issue(engine, 41, paper, NOON + number * MILLISECOND) for number, paper in enumerate(kinds)]
    issue(engine, 42)
    with reading(engine) as connection:
        assert invoices.of_order(connection, 41) == made
        assert invoices.of_order(connection, 41, Paper.RECEIPT) == [made[1]]
        assert invoices.of_order(connection, 404) == []


def test_a_pdf_is_noted_once_and_what_has_none_is_found(engine: Engine) -> None:
    first, second = (issue(engine, 1), issue(engine, 2, now=NOON + MILLISECOND))
    with transaction(engine) as connection:
        assert invoices.without_pdf(connection, NOON + 2 * MILLISECOND, 9) == [first.number, second.number]
        assert invoices.without_pdf(connection, NOON + MILLISECOND, 9) == [first.number]
        kept = invoices.keep_pdf(connection, first.number, key="invoices/a.pdf", sha256="ab" * 32, now=NOON)
        again = invoices.keep_pdf(connection, first.number, key="invoices/b.pdf", sha256="cd" * 32, now=NOON)
        assert (kept.pdf_key, kept.pdf_sha256, again) == ("invoices/a.pdf", "ab" * 32, kept)
        assert invoices.without_pdf(connection, NOON + 2 * MILLISECOND, 9) == [second.number]
        with pytest.raises(LookupError):
            invoices.keep_pdf(connection, "INV-2026-000009", key="x", sha256="x", now=NOON)
