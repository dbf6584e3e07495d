"""Payment nonces and the test cards behind them: good once, for 15 minutes, for the merchant whose form made them."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.sandbox.authorize_net.envelopes import Refusal
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.store import Document

KIND = "nonce"
DESCRIPTOR = "COMMON.ACCEPT.INAPP.PAYMENT"
LIFE = timedelta(minutes=15)
BRANDS = {
    "4111111111111111": "Visa",
    "4007000000027": "Visa",
    "4012888818888": "Visa",
    "5424000000000015": "MasterCard",
    "2223000010309703": "MasterCard",
    "370000000000002": "AmericanExpress",
    "6011000000000012": "Discover",
    "3088000000000017": "JCB",
    "38000000000006": "DinersClub",
}
CVV_ANSWERS = {"900": "M", "901": "N", "902": "S", "903": "U", "904": "P"}


def make_nonce(merchant: Merchant, wanted: dict[str, Any]) -> Document:
    """A nonce for {"card", "expires": YYYY-MM, "zip"?, "cvv"?, "merchant"?}. ValueError for all but a test card."""
    number = digits(str(wanted["card"]))
    if number not in BRANDS:
        raise ValueError("only the test cards of the testing guide")
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", str(wanted["expires"])):
        raise ValueError("expires is YYYY-MM")
    value = uuid4().hex + uuid4().hex
    document = {
        "value": value,
        "number": number,
        "brand": BRANDS[number],
        "last4": number[-4:],
        "expires": wanted["expires"],
        "zip": str(wanted.get("zip", "")),
        # The code itself is never kept, only how it was answered.
        "cvv": CVV_ANSWERS.get(str(wanted.get("cvv", "")), "P"),
        "merchant": wanted.get("merchant", merchant.config.login_id),
        "made": merchant.now().isoformat(),
        "used": False,
    }
    merchant.store.put(KIND, value, document)
    return document


def digits(typed: str) -> str:
    """A card number without what people type between its digits."""
    return re.sub(r"[\s-]", "", typed)


def spend(merchant: Merchant, opaque: dict[str, str]) -> Document:
    """The card behind a nonce, which is worth nothing from now on."""
    nonce = merchant.store.get(KIND, opaque["dataValue"])
    if opaque["dataDescriptor"] != DESCRIPTOR:
        raise Refusal("E00113", "Invalid OTS Token Data.")
    if nonce is None or nonce["used"]:
        raise Refusal("E00114", "Invalid OTS Token.")
    if nonce["merchant"] != merchant.config.login_id:
        raise Refusal("E00116", "OTS Token access violation")
    if merchant.now() - datetime.fromisoformat(nonce["made"]) > LIFE:
        raise Refusal("E00115", "Expired OTS Token.")
    merchant.store.put(KIND, nonce["value"], {**nonce, "used": True})
    return nonce
