"""Example values for every kind of mail."""

from typing import Any

from domain.notices import NoticeKind
from web.mail_messages import Site

SITE = Site("Hammertime", "https://market.example", "https://market.example/help", "help@market.example")
LINK = "https://market.example/auth/verify?token=s3cret&next=%2F"
PAGE = "https://market.example/account"
AT = "2026-05-05T12:00:00.000Z"
WRITTEN_AT = "May 5, 2026, 7:00 AM CDT"
CARD: dict[str, Any] = {"name": "Ada", "brand": "Visa", "last4": "1111", "expires_month": "2027-06"}
CAR = "2019 Honda Civic EX"
LISTED: dict[str, Any] = {"name": "Ada", "title": CAR, "listing_link": PAGE}

OFFER: dict[str, Any] = {
    "name": "Ada",
    "title": "2019 Honda Civic EX",
    "amount_cents": 8_000_00,
    "offer_link": PAGE,
}
ORDER: dict[str, Any] = {"name": "Ada", "title": CAR, "order_link": PAGE}

VALUES: dict[NoticeKind, dict[str, Any]] = {
    NoticeKind.WELCOME: {"link": LINK, "link_expires_at": AT},
    NoticeKind.VERIFY_EMAIL: {"link": LINK, "link_expires_at": AT},
    NoticeKind.EMAIL_CHANGE_CONFIRM: {"link": LINK, "link_expires_at": AT},
    NoticeKind.EMAIL_CHANGE_NOTICE: {"name": "Ada", "new_email_hint": "a***@new.example", "security_link": PAGE},
    NoticeKind.PASSWORD_RESET: {"name": "Ada", "link": LINK, "link_expires_at": AT},
    NoticeKind.PASSWORD_CHANGED: {"name": "Ada", "changed_at": AT, "reset_link": PAGE},
    NoticeKind.NEW_DEVICE: {
        "name": "Ada",
        "device": "Firefox on Linux",
        "address": "192.0.2.7",
        "signed_in_at": AT,
        "security_link": PAGE,
    },
    NoticeKind.SECOND_FACTOR_CHANGED: {
        "name": "Ada",
        "change": "passkey_added",
        "changed_at": AT,
        "security_link": PAGE,
    },
    NoticeKind.IDENTITY_APPROVED: {"name": "Ada", "account_link": PAGE},
    NoticeKind.IDENTITY_REVIEW: {"name": "Ada", "account_link": PAGE},
    NoticeKind.IDENTITY_DECLINED: {"name": "Ada", "can_retry": True, "account_link": PAGE},
    NoticeKind.CARD_STORED: {**CARD, "account_link": PAGE},
    NoticeKind.CARD_EXPIRING: {**CARD, "account_link": PAGE},
    NoticeKind.CLEARED_TO_BID: {"name": "Ada", "limit_cents": 10_000_00, "lots": 2, "auctions_link": PAGE},
    NoticeKind.LEADING_BEYOND_LIMIT: {
        "name": "Ada",
        "title": CAR,
        "limit_cents": 10_000_00,
        "lots": 2,
        "auction_id": 7,
    },
    NoticeKind.DEPOSIT_RECEIVED: {
        "name": "Ada",
        "amount_cents": 5_000_00,
        "limit_cents": 50_000_00,
        "account_link": PAGE,
    },
    NoticeKind.DEPOSIT_RETURNED: {"name": "Ada", "amount_cents": 5_000_50, "returned_at": AT, "account_link": PAGE},
    NoticeKind.DEPOSIT_REVERSED: {
        "name": "Ada",
        "amount_cents": 5_000_00,
        "limit_cents": 10_000_00,
        "account_link": PAGE,
    },
    NoticeKind.SELLER_APPROVED: {"name": "Ada", "business_name": "Ada's Autos", "sell_link": PAGE},
    NoticeKind.SELLER_REJECTED: {
        "name": "Ada",
        "business_name": "Ada's Autos",
        "reasons": ["The licence has expired.", "The tax id & the name do not match."],
        "seller_link": PAGE,
    },
    NoticeKind.LICENCE_EXPIRING: {"name": "Ada", "expires_on": "2026-06-04", "seller_link": PAGE},
    NoticeKind.ENDPOINT_DISABLED: {
        "name": "Ada",
        "host": "stock.dealer.example",
        "gone": False,
        "disabled_at": AT,
        "seller_link": PAGE,
    },
    NoticeKind.LISTING_APPROVED: {"name": "Ada", "title": CAR, "listing_link": PAGE},
    NoticeKind.LISTING_CHANGES_REQUESTED: {**LISTED, "reasons": ["mileage: the photo shows 61,000"]},
    NoticeKind.LISTING_REJECTED: {**LISTED, "reasons": ["vin: it belongs to another car"]},
    NoticeKind.LISTING_REVIEW_LATE: {"name": "Ada", "title": CAR, "due_at": AT, "review_link": PAGE},
    NoticeKind.LISTING_UNSOLD: {**LISTED, "result": "reserve_not_met"},
    NoticeKind.LISTING_EDITED: {
        "name": "Ada",
        "title": CAR,
        "reasons": ["mileage", "disclosures"],
        "told_at": AT,
        "auction_link": PAGE,
    },
    NoticeKind.OFFER_RECEIVED: {**OFFER, "expires_at": AT},
    NoticeKind.OFFER_COUNTERED: {**OFFER, "expires_at": AT},
    NoticeKind.OFFER_ACCEPTED: OFFER,
    NoticeKind.OFFER_DECLINED: OFFER,
    NoticeKind.OFFER_OVER: {**OFFER, "how": "sold"},
    NoticeKind.NEGOTIATION_OPENED: {**OFFER, "expires_at": AT, "part": "leader"},
    NoticeKind.SECOND_CHANCE_OFFERED: {**OFFER, "expires_at": AT},
    NoticeKind.SECOND_CHANCE_ASKED: {**OFFER, "expires_at": AT},
    NoticeKind.SECOND_CHANCE_OVER: {"name": "Ada", "title": CAR, "is_relisted": True, "lot_link": PAGE},
    NoticeKind.QUESTION_ASKED: {"name": "Ada", "title": CAR, "vehicle_link": PAGE},
    NoticeKind.QUESTION_ANSWERED: {"name": "Ada", "title": CAR, "vehicle_link": PAGE},
    NoticeKind.ORDER_INVOICED: {**ORDER, "number": "INV-2026-000001", "total_cents": 9_661_00, "due_at": AT},
    NoticeKind.ORDER_REMINDER: {**ORDER, "due_cents": 9_661_00, "due_at": AT},
    NoticeKind.ORDER_PAYMENT_RECEIVED: {**ORDER, "amount_cents": 9_661_00, "due_cents": 0},
    NoticeKind.ORDER_LATE_FEE: {**ORDER, "fee_cents": 100_00, "due_cents": 9_761_00, "default_at": AT},
    NoticeKind.ORDER_DEFAULTED: {**ORDER, "side": "buyer", "forfeited_cents": 900_00},
    NoticeKind.ORDER_REFUNDED: {**ORDER, "amount_cents": 500_00},
    NoticeKind.ORDER_COMPLETED: {**ORDER, "side": "buyer"},
    NoticeKind.PAYOUT_SENT: {**ORDER, "amount_cents": 9_000_00},
    NoticeKind.SEARCH_MATCHES: {"name": "Ada", "found": [[CAR, "Hondas", PAGE]], "total": 1, "searches_link": PAGE},
    NoticeKind.WATCH_ENDING: {"name": "Ada", "title": CAR, "ends_at": AT, "lot_link": PAGE},
    NoticeKind.WATCH_OUTBID: {"name": "Ada", "title": CAR, "price_cents": 12_100_00, "lot_link": PAGE},
    NoticeKind.WATCH_RESERVE: {"name": "Ada", "title": CAR, "price_cents": 12_100_00, "lot_link": PAGE},
    NoticeKind.ACCOUNT_DELETED: {"name": "Ada", "deleted_at": AT, "kept_until_on": "2033-12-31"},
}
