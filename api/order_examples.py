"""Orders as the API's description shows them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

LISTED_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": 41,
        "you_are": "buyer",
        "status": "pending_payment",
        "title": "2019 Honda Civic EX",
        "vehicle_id": 12,
        "auction_id": 7,
        "price_cents": 1_240_000,
        "how": "hammer",
        "sold_at": "2026-05-05T20:00:00.000Z",
        "due_cents": 1_401_850,
        "next": {"code": "pay", "due_at": "2026-05-08T22:00:00.000Z"},
        "version": 3,
        "updated_at": "2026-05-05T20:00:04.000Z",
    }
)
DISPUTE_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7",
        "kind": "condition",
        "opened_by": "buyer",
        "against": "seller",
        "words": "The left door was repainted, which the listing does not say.",
        "asked": {"remedy": "partial_refund", "cents": 80_000},
        "state": "open",
        "opened_at": "2026-05-20T15:00:00.000Z",
        "due_at": "2026-05-22T22:00:00.000Z",
        "closed_at": None,
        "answer": None,
        "evidence": [],
        "default_outcome": {"remedy": "partial_refund", "cents": 80_000},
        "resolution": None,
        "can": ["evidence", "withdraw"],
    }
)
PAYMENT_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": 31,
        "kind": "payment",
        "of": None,
        "means": "card",
        "amount_cents": 1_401_850,
        "state": "done",
        "code": None,
        "made_at": "2026-05-06T14:00:00.000Z",
        "updated_at": "2026-05-06T14:00:01.250Z",
    }
)
ORDER_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        **LISTED_EXAMPLE,
        "stage": "pending_payment",
        "reason": "",
        "bill": {
            "lines": [
                {"code": "vehicle", "cents": 1_240_000, "why": "The price of the vehicle."},
                {
                    "code": "buyer_fee",
                    "cents": 62_000,
                    "why": "The house's fee: 5 % of the price, at least $250, at most $5,000.",
                },
            ],
            "total_cents": 1_302_000,
            "paid_cents": 0,
            "due_cents": 1_302_000,
            "rates_version": 1,
            "notes": [],
            "invoice_number": "INV-2026-000041",
            "invoiced_at": "2026-05-05T20:00:03.000Z",
            "charge_agreed": True,
        },
        "payments": [],
        "papers": [
            {
                "kind": "invoice",
                "number": "INV-2026-000041",
                "issued_at": "2026-05-05T20:00:03.000Z",
                "is_ready": True,
                "url": "/api/orders/41/invoice",
            }
        ],
        "timeline": [
            {
                "code": "payment",
                "owner": "buyer",
                "due_at": "2026-05-08T22:00:00.000Z",
                "state": "open",
                "done_at": None,
                "if_missed": "A late fee is added.",
                "note": "",
            }
        ],
        "history": [
            {"at": "2026-05-05T20:00:00.000Z", "kind": "sold", "by": "house", "cents": 1_240_000, "words": ""},
        ],
        "disputes": [],
        "payout": None,
        "can": {
            "pay": True,
            "cancel": True,
            "accept_delivery": False,
            "dispute": [{"kind": "payment", "until": None}, {"kind": "conduct", "until": None}],
        },
        "cancel_wished_by": [],
        "server_now": "2026-05-05T20:00:10.000Z",
    }
)
TASK_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": 5,
        "order_id": 41,
        "step": "give_back",
        "code": "BY_HAND",
        "created_at": "2026-05-20T15:00:00.000Z",
        "done_at": None,
        "done_by": None,
    }
)
STAFF_DISPUTE_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        **DISPUTE_EXAMPLE,
        "can": [],
        "owner": "3",
        "paid_cents": 1_401_850,
        "proposed": None,
        "approved_by": [],
        "notes": [{"by": "3", "at": "2026-05-20T16:00:00.000Z", "words": "Called the seller."}],
    }
)
STAFF_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "buyer_id": 1,
        "seller_id": 4,
        "order": dict(ORDER_EXAMPLE),
        "history": ORDER_EXAMPLE["history"],
        "disputes": [],
        "payout": None,
        "tasks": [dict(TASK_EXAMPLE)],
    }
)
