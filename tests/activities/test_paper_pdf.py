"""Papers as PDF: accessible by its own structure, the same bytes everywhere, and made without asking anybody."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from weasyprint.urls import FatalURLFetchingError  # type: ignore[import-untyped]

from activities.paper_pdf import pdf_of
from domain.invoices import Document, Entry, to_text
from tests.activities.pdf_text import opened, pages
from tests.domain.test_invoices import DOCUMENTS, INVOICE
from web.papers import PaperPages

PAGES = PaperPages()
ELSEWHERE = """
import hashlib, sys
from activities.paper_pdf import pdf_of
from domain.invoices import from_text
from web.papers import PaperPages
print(hashlib.sha256(pdf_of(PaperPages().render(from_text(sys.stdin.read())))).hexdigest())
"""


def rendered(document: Document) -> bytes:
    return pdf_of(PAGES.render(document))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.paper.value)
def test_a_paper_is_the_same_file_each_time(document: Document) -> None:
    assert rendered(document) == rendered(document)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_makes_the_same_file(seed: str) -> None:
    made = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=to_text(INVOICE),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONPATH": "."},
    )
    assert made.stdout.strip() == hashlib.sha256(rendered(INVOICE)).hexdigest()


def test_another_document_is_another_file_under_another_identifier() -> None:
    other = replace(INVOICE, notes=("Something else.",))
    names = [re.findall(r"/ID \[(\S+) ", opened(rendered(each))) for each in (INVOICE, other)]
    assert len(names[0]) == 1
    assert names[0] != names[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.paper.value)
def test_a_paper_says_that_it_is_accessible_and_names_language_and_title(document: Document) -> None:
    found = opened(rendered(document))
    assert 'pdfuaid:part="1"' in found
    assert "/Lang (en-US)" in found
    assert "/Marked true" in found
    assert "/DisplayDocTitle true" in found
    assert document.head.number in found
    assert "/CreationDate (D:20260506)" in found


def test_its_tables_are_tagged_and_each_header_cell_says_for_what_it_stands() -> None:
    found = opened(rendered(INVOICE))
    headers = found.count("/S /TH/") + found.count("/S /TH>>")
    assert found.count("/Scope /Column") == 2
    # Four facts, four of the vehicle, a row for each line, and the two sums.
    assert found.count("/Scope /Row") == 8 + len(INVOICE.entries) + 2
    assert headers == 2 + found.count("/Scope /Row")
    assert "/Headers" not in found
    assert all(tag in found for tag in ("/S /H1", "/S /H2", "/S /Table", "/S /THead", "/S /TFoot", "/S /P"))


def test_its_fonts_go_with_it() -> None:
    found = opened(rendered(INVOICE))
    assert "DejaVu" in found
    assert found.count("/FontFile") == len(re.findall(r"/Type /FontDescriptor", found)) > 0


def test_an_invoice_is_one_page_and_one_of_many_lines_has_its_sum_once() -> None:
    entries = tuple(Entry(f"Line {number}", 100, "Why it is there.") for number in range(90))
    long = rendered(replace(INVOICE, entries=entries, total_cents=9_000))
    assert (pages(rendered(INVOICE)), pages(long)) == (1, 4)
    assert opened(long).count("/S /TFoot") == 1


@pytest.mark.parametrize(
    "asks",
    [
        '<img src="http://127.0.0.1:9/a.png" alt="">',
        '<img src="file:///etc/hostname" alt="">',
        '<link rel="stylesheet" href="https://evil.example/a.css">',
        "<style>@font-face { font-family: x; src: url(https://evil.example/a.woff) } p { font-family: x }</style>",
        '<img src="data:image/png;base64,AAAA" alt="">',
    ],
)
def test_nothing_is_fetched(asks: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf_of(f"<html lang=en><title>x</title>{asks}<p>x</p></html>")


def test_only_the_process_of_the_papers_loads_the_engine() -> None:
    asked = "import sys, api.app, temporal.worker; print('weasyprint' in sys.modules)"
    made = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert made.stdout == "False\n"
