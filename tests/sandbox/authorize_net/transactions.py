"""Charges, refunds and voids, and the window for duplicates."""

from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.authorize_net.envelopes import (
    APPROVED,
    DECLINED,
    ERROR,
    HELD,
    NOT_FOUND,
    OK,
    UNSUCCESSFUL,
    Refusal,
    error,
    transaction_response,
)
from tests.sandbox.authorize_net.issuer import authorize
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.authorize_net.profiles import kept_card, says_ok
from tests.sandbox.store import Document

KIND = "transaction"
CHARGE, REFUND = "authCaptureTransaction", "refundTransaction"
STATUSES = {APPROVED: "capturedPendingSettlement", HELD: "FDSPendingReview", DECLINED: "declined"}
VOIDABLE = frozenset({"capturedPendingSettlement", "refundPendingSettlement", "FDSPendingReview"})
# Refunds that will never arrive.
DEAD = frozenset({"voided", "declined", "generalError"})
REFUNDABLE = timedelta(days=90)
DEFAULT_WINDOW_S, LONGEST_WINDOW_S = 120, 28_800
SETTINGS = frozenset({"allowPartialAuth", "duplicateWindow", "emailCustomer", "recurringBilling"})

Fields = dict[str, Any]


def create_transaction(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """createTransactionRequest, of the three types that the schema lets in."""
    request = fields["transactionRequest"]
    make = {CHARGE: _charge, REFUND: _refund}.get(request["transactionType"], _void)
    told = make(merchant, request, fields.get("refId", ""), body)
    approved = told["response_code"] in {APPROVED, HELD}
    fine = approved or (told["response_code"] == DECLINED and says_ok(merchant, told))
    messages = OK if fine else error(*UNSUCCESSFUL)
    return {"transactionResponse": transaction_response(told), "messages": messages}


def update_held(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """updateHeldTransactionRequest: a person lets a held transaction pass, or not."""
    del body
    request = fields["heldTransactionRequest"]
    held = merchant.store.get(KIND, request["refTransId"])
    if held is None or held["status"] != STATUSES[HELD]:
        raise Refusal(*NOT_FOUND)
    approves = request["action"] == "approve"
    judged = {**held, "status": STATUSES[APPROVED] if approves else "failedReview"}
    merchant.store.put(KIND, held["id"], judged)
    notify(merchant, "payment.fraud.approved" if approves else "payment.fraud.declined", judged)
    told = {**judged, "response_code": APPROVED if approves else DECLINED, "reason": "1" if approves else "2"}
    return {"transactionResponse": transaction_response(told), "messages": OK}


def _charge(merchant: Merchant, request: Fields, reference: str, body: str) -> Document:
    _need(request, "amount", "profile", "order", "processingOptions")
    ids = request["profile"]["customerProfileId"], request["profile"]["paymentProfile"]["paymentProfileId"]
    _, card = kept_card(merchant, *ids)
    told = {**_common(merchant, request, reference), "profile_id": ids[0], "payment_profile_id": ids[1]}
    told["fingerprint"] = [CHARGE, card["number"], card["expires"], card["billTo"], *_compared(request)]
    if twin := _twin(merchant, told):
        return _duplicate(request, twin)
    told |= authorize(merchant, card, card["zip"], body)
    if told["response_code"] == ERROR or told["id"] == "0":
        return told
    told["status"] = STATUSES[told["response_code"]]
    merchant.store.put(KIND, told["id"], told)
    if told["response_code"] != DECLINED:
        held = told["response_code"] == HELD
        notify(merchant, "payment.fraud.held" if held else "payment.authcapture.created", told)
    return told


def _refund(merchant: Merchant, request: Fields, reference: str, body: str) -> Document:
    del body
    _need(request, "amount", "refTransId")
    original = merchant.store.get(KIND, request["refTransId"])
    told = {**_common(merchant, request, reference), "original": request["refTransId"], **_nowhere("1")}
    if original is None:
        return {**told, **_refused("16")}
    told |= {"last4": original["last4"], "brand": original["brand"]}
    if "profile" in request:
        told["profile_id"] = request["profile"]["customerProfileId"]
        kept_card(merchant, told["profile_id"], request["profile"]["paymentProfile"]["paymentProfileId"])
    told["fingerprint"] = [REFUND, original["id"], *_compared(request)]
    if twin := _twin(merchant, told):
        return _duplicate(request, twin)
    if refused := _not_refundable(merchant, request, original):
        return {**told, **_refused(refused)}
    made = {**told, "id": merchant.next_id(), "response_code": APPROVED, "status": "refundPendingSettlement"}
    merchant.store.put(KIND, made["id"], made)
    notify(merchant, "payment.refund.created", made)
    return made


def _void(merchant: Merchant, request: Fields, reference: str, body: str) -> Document:
    del body, reference
    _need(request, "refTransId")
    if set(request) != {"transactionType", "refTransId"}:
        raise Refusal("E00013", "transactionRequest is invalid.")
    original = merchant.store.get(KIND, request["refTransId"])
    told = {**_nowhere("1"), "original": request["refTransId"], "id": "0"}
    if original is not None and original["status"] == "voided":
        return {**told, "response_code": APPROVED, "reason": "310"}
    if original is None or original["status"] not in VOIDABLE:
        return {**told, **_refused("16")}
    merchant.store.put(KIND, original["id"], {**original, "status": "voided"})
    notify(merchant, "payment.void.created", original)
    return {**original, "response_code": APPROVED, "reason": "1", "original": original["id"]}


def _not_refundable(merchant: Merchant, request: Fields, original: Document) -> str | None:
    """The reason code, if this refund of that transaction is refused."""
    age = merchant.now() - datetime.fromisoformat(original["submitted"])
    if original["type"] != CHARGE or original["status"] != "settledSuccessfully" or age > REFUNDABLE:
        return "54"
    if not _to_the_same_card(request, original):
        return "54"
    given = [one for one in merchant.store.all(KIND) if one["type"] == REFUND and one["original"] == original["id"]]
    back = sum(one["amount_cents"] for one in given if one["status"] not in DEAD)
    return "55" if back + _cents(request["amount"]) > original["amount_cents"] else None


def _to_the_same_card(request: Fields, original: Document) -> bool:
    if "profile" in request:
        asked = request["profile"]["customerProfileId"], request["profile"]["paymentProfile"]["paymentProfileId"]
        return asked == (original["profile_id"], original["payment_profile_id"])
    return bool(request.get("payment", {}).get("creditCard", {}).get("cardNumber") == original["last4"])


def _common(merchant: Merchant, request: Fields, reference: str) -> Document:
    order = request.get("order", {})
    return {
        "type": request["transactionType"],
        "amount_cents": _cents(request["amount"]),
        "invoice": order.get("invoiceNumber", ""),
        "description": order.get("description", ""),
        "reference": reference,
        "submitted": merchant.now().isoformat(),
        "profile_id": "",
        "payment_profile_id": "",
        "original": "",
        "window_s": _window(request)[0],
        "batched": False,
    }


def _compared(request: Fields) -> list[Any]:
    """What makes two submissions the same, besides the card: any difference in it is another transaction."""
    names = ("amount", "poNumber", "customer", "billTo", "order")
    told = [request.get(name) for name in names]
    return [*told[:-1], (told[-1] or {}).get("invoiceNumber"), _window(request)[0]]


def _window(request: Fields) -> tuple[int, bool]:
    """The window for duplicates in seconds, and whether it was asked for."""
    given = {
        one["settingName"]: one["settingValue"]
        for one in request.get("transactionSettings", {"setting": []})["setting"]
    }
    if set(given) - SETTINGS:
        raise Refusal("E00013", "settingName is invalid.")
    if "duplicateWindow" not in given:
        return DEFAULT_WINDOW_S, False
    value = given["duplicateWindow"]
    if not value.isdecimal() or int(value) > LONGEST_WINDOW_S:
        raise Refusal("E00013", "settingValue is invalid.")
    return int(value), True


def _twin(merchant: Merchant, told: Document) -> Document | None:
    since = merchant.now() - timedelta(seconds=told["window_s"])
    for one in merchant.store.all(KIND):
        if one["fingerprint"] == told["fingerprint"] and datetime.fromisoformat(one["submitted"]) > since:
            return one
    return None


def _duplicate(request: Fields, twin: Document) -> Document:
    """Reason 11; it names the original only to those who set the window themselves."""
    told = twin if _window(request)[1] else {**_nowhere("11"), "id": "0"}
    return {**told, "response_code": ERROR, "reason": "11"}


def _nowhere(reason: str) -> Document:
    return {"reason": reason, "auth_code": "", "avs": "P", "cvv": "", "last4": "", "brand": "", "network_id": ""}


def _refused(reason: str) -> Document:
    return {"id": "0", "response_code": ERROR, "reason": reason}


def _need(request: Fields, *names: str) -> None:
    for name in names:
        if name not in request:
            raise Refusal("E00014", f"{name} is required.")


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def notify(merchant: Merchant, event: str, told: Document) -> None:
    """Send the webhook of an event, named without its prefix, about a transaction."""
    payload = {
        "responseCode": int(told["response_code"]),
        "authCode": told["auth_code"],
        "avsResponse": told["avs"],
        "authAmount": told["amount_cents"] / 100,
        "merchantReferenceId": told["reference"],
        "invoiceNumber": told["invoice"],
        "entityName": "transaction",
        "id": told["id"],
    }
    merchant.notify(event, payload)
