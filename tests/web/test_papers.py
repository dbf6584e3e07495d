"""Papers as HTML: one look for all four, every line of the document, and nothing that is to be fetched."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound

from domain.invoices import TEMPLATES, Document, Paper, Party, from_text, to_text
from tests.domain.test_invoices import DOCUMENTS, HEAD, INVOICE
from web.papers import TITLES, PaperPages, exact_money, long_day, odometer, title_of

PAGES = PaperPages()
OF = {document.paper: document for document in DOCUMENTS}
FOLDER = Path("web/templates/papers")


def test_every_kind_has_its_template_and_every_template_its_look() -> None:
    assert {f"{name}.html" for name in TEMPLATES.values()} <= {path.name for path in FOLDER.iterdir()}
    assert set(TITLES) == set(Paper) == set(OF)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.paper)
def test_a_paper_says_everything_that_its_document_says(document: Document) -> None:
    html = PAGES.render(document)
    head, vehicle = document.head, document.head.vehicle
    facts = [head.number, str(head.order_id), head.seller.name, head.buyer.name, *head.buyer.address, vehicle.vin]
    facts += [text for entry in document.entries for text in (entry.label, exact_money(entry.cents))]
    facts += [exact_money(document.total_cents), document.of_number or "", document.reason, *document.notes]
    assert [fact for fact in facts if fact.replace("'", "&#39;") not in html] == []
    assert html == PAGES.render(from_text(to_text(document)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.paper)
def test_a_paper_names_its_language_its_title_and_its_header_cells(document: Document) -> None:
    html = PAGES.render(document)
    assert '<html lang="en-US">' in html
    assert f"<title>{TITLES[document.paper]} {document.head.number}</title>" in html
    assert re.findall("<th(?! scope=)[^e]", html) == []
    assert 'scope="col"' in html


def test_a_paper_has_nothing_to_fetch() -> None:
    assert [
        word for word in ("url(", "@import", "<img", "<link", "<script", "http") if word in PAGES.render(INVOICE)
    ] == []


def test_what_people_typed_stays_text() -> None:
    buyer = Party("<img src=https://evil.example>", ("</style><script>",))
    html = PAGES.render(replace(INVOICE, head=replace(HEAD, buyer=buyer)))
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(("balance", "said"), [(400, "Left to pay"), (0, "Left to pay"), (-400, "yours to have back")])
def test_a_receipt_says_whose_the_balance_is(balance: int, said: str) -> None:
    html = PAGES.render(replace(OF[Paper.RECEIPT], balance_cents=balance))
    assert said in html
    assert "-$" not in html


@pytest.mark.parametrize(("balance", "said"), [(400, "Left to pay"), (-400, "Yours to have back")])
def test_a_refund_note_says_what_is_left_where_something_is(balance: int, said: str) -> None:
    note = OF[Paper.REFUND_NOTE]
    assert said in PAGES.render(replace(note, balance_cents=balance))
    assert said not in PAGES.render(note)


def test_a_template_that_there_never_was_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        PAGES.render(replace(INVOICE, template="invoice-0"))


def test_figures_and_days_are_written_for_people() -> None:
    assert [exact_money(cents) for cents in (0, 5, -123_450, 100)] == ["$0.00", "$0.05", "-$1,234.50", "$1.00"]
    assert long_day(HEAD.issued_on) == "May 6, 2026"
    assert odometer(replace(HEAD.vehicle, odometer_status="not_actual")) == "41,200 mi (not actual)"
    assert title_of(HEAD.vehicle) == "clean, MN"
