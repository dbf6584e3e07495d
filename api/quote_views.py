"""The JSON shape of a quote: the all-in price of a bid, line by line."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from domain.charges import Total
from domain.invoices import LABELS
from domain.rates import RateTable

QUOTE_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "auction_id": 7,
        "amount_cents": 1_210_000,
        "state": "MN",
        "sold_on": "2026-05-05",
        "rates_version": 1,
        "rates_effective_on": "2023-07-01",
        "lines": [
            {"code": "vehicle", "label": "Vehicle", "cents": 1_210_000, "why": "The price of the vehicle."},
            {
                "code": "sales_tax",
                "label": "Motor vehicle sales tax",
                "cents": 83_188,
                "why": "Minnesota's 6.875 % on vehicles, of $12,100.",
            },
        ],
        "total_cents": 1_293_188,
        "notes": ["Delivery is not included; you can pick the vehicle up."],
    }
)


class QuoteLineView(TypedDict):
    """One charge with its reason."""

    code: str
    label: str
    cents: int
    why: str


class QuoteView(TypedDict):
    """What a bid would cost in all. `state` is whose tax was worked out, null where nobody knows; `sold_on` the day in
    Chicago whose rates were used, and `rates_version` those rates."""

    auction_id: int
    amount_cents: int
    state: str | None
    sold_on: str
    rates_version: int
    rates_effective_on: str
    lines: list[QuoteLineView]
    total_cents: int
    notes: list[str]


def quote_view(
    auction_id: int, amount_cents: int, state: str | None, sold_on: date, table: RateTable, total: Total
) -> QuoteView:
    """A total as a quote shows it."""
    return {
        "auction_id": auction_id,
        "amount_cents": amount_cents,
        "state": state,
        "sold_on": sold_on.isoformat(),
        "rates_version": total.rates_version,
        "rates_effective_on": table.effective_on.isoformat(),
        "lines": [
            {"code": line.code.value, "label": LABELS[line.code], "cents": line.cents, "why": line.why}
            for line in total.lines
        ],
        "total_cents": total.total_cents,
        "notes": list(total.notes),
    }
