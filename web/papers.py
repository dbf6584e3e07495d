"""The papers of a sale as HTML: invoice, receipt, refund note and bill of sale, one look for all of them.

A document names the template that it was issued with, so that it looks the same for ever.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.invoices import Document, Paper, SoldVehicle
from domain.money import DOLLAR

TEMPLATES = Path(__file__).parent / "templates"
TITLES: Mapping[Paper, str] = MappingProxyType(
    {
        Paper.INVOICE: "Invoice",
        Paper.RECEIPT: "Receipt",
        Paper.REFUND_NOTE: "Refund note",
        Paper.BILL_OF_SALE: "Bill of sale",
    }
)


def exact_money(cents: int) -> str:
    """`-$1,234.50`: to the cent, so that a column of amounts lines up."""
    whole, rest = divmod(abs(cents), DOLLAR)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02}"


def long_day(day: date) -> str:
    """`May 5, 2026`."""
    return f"{day:%B} {day.day}, {day.year}"


def odometer(vehicle: SoldVehicle) -> str:
    """`41,200 mi (actual)`."""
    return f"{vehicle.odometer:,} {vehicle.odometer_unit} ({_words(vehicle.odometer_status)})"


def title_of(vehicle: SoldVehicle) -> str:
    """`clean, MN`."""
    return f"{_words(vehicle.title_status)}, {vehicle.title_state}"


class PaperPages:
    """Writes papers; an instance serves a whole process."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = (exact_money, long_day, odometer, title_of)
        self._environment.filters.update({each.__name__: each for each in filters})

    def render(self, document: Document) -> str:
        """The whole HTML of a document, its style with it; always the same for the same document.

        Raises jinja2's TemplateNotFound for a template that there never was.
        """
        template = self._environment.get_template(f"papers/{document.template}.html")
        return template.render(paper=document, head=document.head, title=TITLES[document.paper])


def _words(code: str) -> str:
    return code.replace("_", " ")
