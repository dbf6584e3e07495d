"""The papers of a sale as OpenAPI shows them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

DOCUMENT_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "paper": "invoice",
        "template": "invoice-1",
        "head": {
            "number": "INV-2026-000001",
            "issued_on": "2026-11-23",
            "order_id": 41,
            "auction_id": 7,
            "sold_on": "2026-11-22",
            "seller": {
                "name": "Loon Lake Motors",
                "address": ["1 Main St", "Duluth, MN 55802"],
                "licence_number": "DLR12345",
            },
            "buyer": {"name": "Ada Byron", "address": ["2 Elm St", "Saint Paul, MN 55101"], "licence_number": None},
            "vehicle": {
                "title": "2019 Honda Civic EX",
                "vin": "19XFC2F59KE000001",
                "odometer": 41_200,
                "odometer_unit": "mi",
                "odometer_status": "actual",
                "title_status": "clean",
                "title_state": "MN",
            },
        },
        "entries": [{"label": "Vehicle", "cents": 1_000_000, "why": "The price of the vehicle."}],
        "total_cents": 1_000_000,
        "balance_cents": 1_000_000,
        "rates_version": 3,
        "of_number": None,
        "reason": "",
        "notes": [],
    }
)
STATEMENT_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "lines": [{"code": "price", "cents": 1_000_000, "why": "The price of the vehicle."}],
        "net_cents": 1_000_000,
        "owed_cents": 0,
        "settled": [],
    }
)
