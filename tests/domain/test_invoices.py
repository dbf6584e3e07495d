"""The papers of a sale: numbers, sums, and data that comes back as it was written."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.charges import Buyer, Charge, Line, Sale, total
from domain.invoices import (
    LABELS,
    MEANS,
    PREFIXES,
    TEMPLATES,
    Document,
    Entry,
    Head,
    Paid,
    Paper,
    Party,
    SoldVehicle,
    bill_of_sale,
    digest,
    from_text,
    invoice,
    number,
    receipt,
    refund_note,
    to_text,
)
from domain.money_events import Means
from tests.domain.rate_tables import rates

DAY = date(2026, 5, 6)
HEAD = Head(
    "INV-2026-000001",
    DAY,
    41,
    7,
    date(2026, 5, 5),
    Party("Loon Lake Motors", ("1 Main St", "Duluth, MN 55802"), "DLR12345"),
    Party("Ada Nyström", ("2 Elm St", "Saint Paul, MN 55101")),
    SoldVehicle("2019 Honda Civic EX", "19XFC2F59KE000001", 41_200, "mi", "actual", "clean", "MN"),
)
TOTAL = total(rates(3), Buyer("MN"), Sale(price_cents=10_000_00, sold_on=HEAD.sold_on, model_year=2019))
LINES = [Line(Charge.VEHICLE, 10_000_00, "x"), Line(Charge.SALES_TAX, 687_50, "y")]
INVOICE = invoice(HEAD, TOTAL)
DOCUMENTS = [
    INVOICE,
    receipt(HEAD, INVOICE.head.number, [Paid(Means.CARD, 5_00, DAY, "ending in 1111")], balance_cents=-5),
    refund_note(HEAD, INVOICE.head.number, LINES, reason="The title did not come."),
    bill_of_sale(HEAD, INVOICE.head.number, 10_000_00),
]


@pytest.mark.parametrize(
    ("paper", "count", "expected"),
    [
        (Paper.INVOICE, 1, "INV-2026-000001"),
        (Paper.RECEIPT, 42, "RCT-2026-000042"),
        (Paper.REFUND_NOTE, 999_999, "REF-2026-999999"),
        (Paper.BILL_OF_SALE, 1_000_000, "BOS-2026-1000000"),
    ],
)
def test_a_number_names_kind_year_and_count(paper: Paper, count: int, expected: str) -> None:
    assert number(paper, 2026, count) == expected


def test_an_invoice_shows_every_line_with_its_reason_and_the_version_of_the_rates() -> None:
    assert (INVOICE.total_cents, INVOICE.balance_cents, INVOICE.rates_version) == (*(TOTAL.total_cents,) * 2, 3)
    assert INVOICE.entries[1] == Entry(
        "Buyer fee", 500_00, "The house's fee: 5 % of the price, at least $250, at most $5,000."
    )
    assert INVOICE.notes == TOTAL.notes


def test_a_receipt_tells_how_it_was_paid_and_what_is_left() -> None:
    paid = [Paid(Means.CARD, 5_000_00, DAY, "ending in 1111"), Paid(Means.WIRE, 1_000_00, DAY)]
    made = receipt(HEAD, "INV-2026-000001", paid, balance_cents=400_00)
    assert [entry.label for entry in made.entries] == ["Card ending in 1111", "Wire transfer"]
    assert made.entries[0].why == "Received on 2026-05-06."
    assert (made.total_cents, made.balance_cents, made.of_number) == (6_000_00, 400_00, "INV-2026-000001")


def test_a_refund_note_takes_lines_back() -> None:
    made = refund_note(HEAD, "INV-2026-000001", LINES, reason="The title did not come.", balance_cents=1)
    assert [(entry.label, entry.cents) for entry in made.entries] == [
        ("Vehicle", -10_000_00),
        ("Motor vehicle sales tax", -687_50),
    ]
    assert (made.total_cents, made.reason, made.balance_cents) == (-10_687_50, "The title did not come.", 1)


def test_a_bill_of_sale_names_the_price_alone() -> None:
    made = bill_of_sale(HEAD, "INV-2026-000001", 10_000_00)
    assert (made.entries, made.balance_cents) == ((Entry("Vehicle", 10_000_00),), 0)


def test_everything_that_can_be_on_a_document_has_its_words() -> None:
    assert (set(LABELS), set(MEANS), set(PREFIXES), set(TEMPLATES)) == (*map(set, (Charge, Means, Paper, Paper)),)
    assert len(set(PREFIXES.values())) == len(set(TEMPLATES.values())) == len(Paper)


def test_lines_that_do_not_sum_to_the_total_are_no_document() -> None:
    with pytest.raises(ValueError, match="INV-2026-000001"):
        replace(INVOICE, total_cents=INVOICE.total_cents + 1)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.paper.value)
def test_a_document_comes_back_as_it_was_written(document: Document) -> None:
    text = to_text(document)
    assert from_text(text) == document
    assert to_text(from_text(text)) == text
    assert digest(text) == digest(to_text(from_text(text)))
    assert document.template == f"{document.paper.value}-1"


def test_an_older_document_keeps_its_template() -> None:
    old = to_text(replace(INVOICE, template="invoice-0"))
    assert from_text(old).template == "invoice-0"


def test_the_text_is_plain_json_with_letters_as_they_are() -> None:
    text = to_text(INVOICE)
    assert '"name":"Ada Nyström"' in text
    assert text.startswith('{"balance_cents":')


def test_what_is_no_document_is_not_read_or_written() -> None:
    for text in ("{", "{}", to_text(INVOICE).replace('"paper":"invoice"', '"paper":"novel"')):
        with pytest.raises((KeyError, ValueError)):
            from_text(text)
    with pytest.raises(TypeError, match="set"):
        to_text(replace(INVOICE, notes={"x"}))  # type: ignore[arg-type]  # what must not work


def test_people_do_not_show_themselves() -> None:
    assert "Ada" not in repr(INVOICE)
    assert "DLR12345" not in repr(INVOICE)


WORDS = st.text(max_size=30)
ENTRIES = st.lists(st.builds(Entry, WORDS, st.integers(-(10**9), 10**9), WORDS), max_size=8)


@given(ENTRIES, WORDS, st.lists(WORDS, max_size=3), st.dates())
def test_any_document_survives_its_text(entries: list[Entry], name: str, notes: list[str], day: date) -> None:
    head = replace(HEAD, buyer=Party(name, (name,)), issued_on=day)
    cents = sum(entry.cents for entry in entries)
    made = Document(Paper.RECEIPT, "receipt-1", head, tuple(entries), cents, notes=tuple(notes))
    assert from_text(to_text(made)) == made
