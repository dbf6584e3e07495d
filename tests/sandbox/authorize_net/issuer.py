"""The bank behind the sandbox: what it says to a card, by the zips of the testing guide, by expiry, or as planned."""

from typing import Any

from tests.sandbox.authorize_net.envelopes import APPROVED, DECLINED, ERROR, HELD
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.store import Document

DECLINING_ZIP = "46282"
# Without allowPartialAuth, what would be approved in part is declined.
PARTIAL_ZIPS = frozenset({"46225", "46226", "46227", "46228"})
AVS = {
    "46201": "A",
    "46203": "E",
    "46204": "G",
    "46205": "N",
    "46206": "P",
    "46207": "R",
    "46208": "S",
    "46209": "U",
    "46211": "W",
    "46214": "X",
    "46217": "Z",
}
# What may be planned, and the response and reason codes it makes.
PLANNED = {
    "held": (HELD, "252"),
    "declined": (DECLINED, "2"),
    "processor_error": (ERROR, "19"),
    "processor_lost": (ERROR, "120"),
}


def authorize(merchant: Merchant, card: Document, zip_code: str, body: str) -> dict[str, Any]:
    """A judged authorization under a new id, which is 0 when the account is planned to be in test mode."""
    code, reason = _judge(merchant, card, zip_code, body)
    test = merchant.planned("test_mode", body)
    return {
        "id": "0" if test else merchant.next_id(),
        "test": "1" if test else "0",
        "response_code": code,
        "reason": reason,
        "auth_code": merchant.next_id()[-6:] if code == APPROVED else "",
        "avs": AVS.get(zip_code, "Y"),
        "cvv": card.get("cvv", "P"),
        "last4": card["last4"],
        "brand": card["brand"],
        "network_id": f"NET{merchant.next_id()}" if code == APPROVED else "",
    }


def _judge(merchant: Merchant, card: Document, zip_code: str, body: str) -> tuple[str, str]:
    for what, judged in PLANNED.items():
        if merchant.planned(what, body):
            return judged
    if card["expires"] < f"{merchant.now():%Y-%m}":
        return ERROR, "8"
    if zip_code == DECLINING_ZIP or zip_code in PARTIAL_ZIPS:
        return DECLINED, "2"
    return APPROVED, "1"
