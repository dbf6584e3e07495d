"""HTML of ours as an accessible PDF (PDF/UA-1), by WeasyPrint: the same bytes for the same text, and nothing fetched.

Importing this loads the layout engine and its system libraries: only the process that renders papers does.
"""

import hashlib
from typing import Any, NoReturn

import pydyf  # type: ignore[import-untyped]
from PIL import ImageFile
from weasyprint import HTML  # type: ignore[import-untyped]
from weasyprint.urls import FatalURLFetchingError, URLFetcher  # type: ignore[import-untyped]

# Importing the engine lets Pillow take half a picture for a whole one, for everything in the process.
ImageFile.LOAD_TRUNCATED_IMAGES = False
VARIANT = "pdf/ua-1"
IDENTIFIER_LENGTH = 32
HEADER, CELL, HEAD = "/TH", "/TD", "/THead"


class Nowhere(URLFetcher):  # type: ignore[misc]
    """Refuses every address: a paper is made of its own text and of fonts of the system."""

    def fetch(self, url: str, headers: object = None) -> NoReturn:
        """Refuse. Raises FatalURLFetchingError, which ends the rendering."""
        del url, headers
        raise FatalURLFetchingError("papers fetch nothing")


def pdf_of(html: str) -> bytes:
    """The PDF. Its identifier is a hash of the text, its dates are those that the text names."""
    identifier = hashlib.sha256(html.encode()).hexdigest()[:IDENTIFIER_LENGTH].encode()
    made = HTML(string=html, url_fetcher=Nowhere(), base_url=None)
    found: bytes = made.write_pdf(
        pdf_variant=VARIANT, pdf_identifier=identifier, finisher=lambda _document, pdf: _with_scopes(pdf)
    )
    return found


def _with_scopes(pdf: Any) -> None:
    """Tell for which cells a header cell stands by its scope.

    The library names header cells by their addresses in memory, which differ from run to run, and lists these names
    without the tree that readers would look them up in.
    """
    elements = {
        each.reference: each
        for each in pdf.objects
        if isinstance(each, pydyf.Dictionary) and each.get("Type") == "/StructElem"
    }
    for element in elements.values():
        if element["S"] == HEADER:
            scope = "/Column" if _is_in_head(element, elements) else "/Row"
            element.pop("ID", None)
            element["A"] = pydyf.Dictionary({"O": "/Table", "Scope": scope})
        elif element["S"] == CELL:
            element.pop("A", None)


def _is_in_head(element: Any, elements: dict[bytes, Any]) -> bool:
    row = elements[element["P"]]
    return row["P"] in elements and elements[row["P"]]["S"] == HEAD
