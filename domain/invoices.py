"""The papers of a sale: invoice, receipt, refund note and bill of sale, numbered without gaps by year and kind.

A document's data is all that its page is made of, so that the same data and template make the same page again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from domain.charges import Charge, Line, Total
from domain.money_events import Means


class Paper(StrEnum):
    """The kinds of documents; each counts its own numbers."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    REFUND_NOTE = "refund_note"
    BILL_OF_SALE = "bill_of_sale"


PREFIXES: Mapping[Paper, str] = MappingProxyType(
    {Paper.INVOICE: "INV", Paper.RECEIPT: "RCT", Paper.REFUND_NOTE: "REF", Paper.BILL_OF_SALE: "BOS"}
)
# The template that a document is made with from now on; it keeps the name, and so the look, that it was issued with.
TEMPLATES: Mapping[Paper, str] = MappingProxyType({paper: f"{paper.value}-1" for paper in Paper})
LABELS: Mapping[Charge, str] = MappingProxyType(
    {
        Charge.VEHICLE: "Vehicle",
        Charge.TRADE_IN: "Trade-in",
        Charge.BUYER_FEE: "Buyer fee",
        Charge.DOCUMENTATION_FEE: "Documentation fee",
        Charge.SALES_TAX: "Motor vehicle sales tax",
        Charge.TITLE_FEE: "Title fee",
        Charge.TITLE_TECHNOLOGY: "Title technology surcharge",
        Charge.PUBLIC_SAFETY_FEE: "Public safety vehicle fee",
        Charge.TRANSFER_TAX: "Transfer tax",
        Charge.FILING_FEE: "Filing fee",
        Charge.LIEN_FEE: "Lien recording",
        Charge.PERMIT: "Temporary permit",
        Charge.DELIVERY: "Delivery",
    }
)
MEANS: Mapping[Means, str] = MappingProxyType(
    {Means.CARD: "Card", Means.WIRE: "Wire transfer", Means.CHEQUE: "Cashier's cheque"}
)


@dataclass(frozen=True, slots=True, repr=False)
class Party:
    """One side of a sale as a document names it: a name, and the lines of an address. It never shows in a log."""

    name: str
    address: tuple[str, ...] = ()
    licence_number: str | None = None


@dataclass(frozen=True, slots=True)
class SoldVehicle:
    """The vehicle as a document describes it; `odometer` is in `odometer_unit`s with what is certified of it."""

    title: str
    vin: str
    odometer: int
    odometer_unit: str
    odometer_status: str
    title_status: str
    title_state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a document."""

    label: str
    cents: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment or a return on a document; `hint` is what its owner knows it by: `ending in 1111`."""

    means: Means
    cents: int
    on: date
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What every document of an order begins with. `issued_on` and `sold_on` are days in Chicago."""

    number: str
    issued_on: date
    order_id: int
    auction_id: int
    sold_on: date
    seller: Party
    buyer: Party
    vehicle: SoldVehicle


@dataclass(frozen=True, slots=True)
class Document:
    """A document's data. `of_number` is the invoice that it belongs to, `balance_cents` what is owed after it.

    Raises ValueError where the lines do not sum to `total_cents`.
    """

    paper: Paper
    template: str
    head: Head
    entries: tuple[Entry, ...]
    total_cents: int
    balance_cents: int = 0
    rates_version: int | None = None
    of_number: str | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(entry.cents for entry in self.entries) != self.total_cents:
            raise ValueError(f"{self.head.number}: the lines do not sum to the total")


def number(paper: Paper, year: int, count: int) -> str:
    """`INV-2026-000001`: the count of its kind in the year (in Chicago) in which it is issued."""
    return f"{PREFIXES[paper]}-{year}-{count:06}"


def invoice(head: Head, total: Total) -> Document:
    """What is owed for a sale, by the rates of its day."""
    return Document(
        Paper.INVOICE,
        TEMPLATES[Paper.INVOICE],
        head,
        _entries(total.lines),
        total.total_cents,
        balance_cents=total.total_cents,
        rates_version=total.rates_version,
        notes=total.notes,
    )


def receipt(head: Head, of_number: str, paid: Sequence[Paid], *, balance_cents: int) -> Document:
    """What was paid on an invoice; a negative balance is the buyer's to have back."""
    entries = tuple(_entry(each) for each in paid)
    total = sum(each.cents for each in paid)
    template = TEMPLATES[Paper.RECEIPT]
    return Document(Paper.RECEIPT, template, head, entries, total, balance_cents, of_number=of_number)


def refund_note(head: Head, of_number: str, lines: Sequence[Line], *, reason: str, balance_cents: int = 0) -> Document:
    """Which lines of an invoice are taken back, whole or in part, and why; they are given positive."""
    entries = tuple(replace(entry, cents=-entry.cents) for entry in _entries(lines))
    total = sum(entry.cents for entry in entries)
    template = TEMPLATES[Paper.REFUND_NOTE]
    return Document(
        Paper.REFUND_NOTE, template, head, entries, total, balance_cents, of_number=of_number, reason=reason
    )


def bill_of_sale(head: Head, of_number: str, price_cents: int) -> Document:
    """That the vehicle is the buyer's, at its price; what was paid besides is not the seller's to say."""
    entries = (Entry(LABELS[Charge.VEHICLE], price_cents),)
    return Document(Paper.BILL_OF_SALE, TEMPLATES[Paper.BILL_OF_SALE], head, entries, price_cents, of_number=of_number)


def to_text(document: Document) -> str:
    """The document as JSON, always the same text for the same data: keys sorted, no spaces."""
    return json.dumps(asdict(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def from_text(text: str) -> Document:
    """A document as `to_text` wrote it. Raises KeyError, TypeError or ValueError for another text."""
    values = json.loads(text)
    head = values["head"]
    days = {name: date.fromisoformat(head[name]) for name in ("issued_on", "sold_on")}
    sides = {name: _party(head[name]) for name in ("seller", "buyer")}
    return Document(
        **{
            **values,
            "paper": Paper(values["paper"]),
            "head": Head(**{**head, **days, **sides, "vehicle": SoldVehicle(**head["vehicle"])}),
            "entries": tuple(Entry(**entry) for entry in values["entries"]),
            "notes": tuple(values["notes"]),
        }
    )


def digest(text: str) -> str:
    """SHA-256 of a document's text as hex: what says later that nothing of it was changed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _entries(lines: Sequence[Line]) -> tuple[Entry, ...]:
    return tuple(Entry(LABELS[line.code], line.cents, line.why) for line in lines)


def _entry(paid: Paid) -> Entry:
    hint = f" {paid.hint}" if paid.hint else ""
    return Entry(f"{MEANS[paid.means]}{hint}", paid.cents, f"Received on {paid.on.isoformat()}.")


def _party(values: Mapping[str, Any]) -> Party:
    return Party(values["name"], tuple(values["address"]), values["licence_number"])


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a document")
