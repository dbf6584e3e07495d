"""The shapes of answers: messages, transaction responses and comma-delimited direct responses."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

BOM = b"\xef\xbb\xbf"
OK = {"resultCode": "Ok", "message": [{"code": "I00001", "text": "Successful."}]}
NO_RECORDS = {"resultCode": "Ok", "message": [{"code": "I00004", "text": "No records found."}]}
UNSUCCESSFUL = ("E00027", "The transaction was unsuccessful.")
NOT_FOUND = ("E00040", "The record cannot be found.")

APPROVED, DECLINED, ERROR, HELD = "1", "2", "3", "4"
REASONS = {
    "1": "This transaction has been approved.",
    "2": "This transaction has been declined.",
    "8": "The credit card has expired.",
    "11": "A duplicate transaction has been submitted.",
    "16": "The transaction cannot be found.",
    "19": "An error occurred during processing. Please try again in 5 minutes.",
    "54": "The referenced transaction does not meet the criteria for issuing a credit.",
    "55": "The sum of credits against the referenced transaction would exceed original debit amount.",
    "120": "An error occurred during processing. Please try again.",
    "252": "Your order has been received. Thank you for your business!",
    "310": "This transaction has already been voided.",
}
DIRECT_FIELDS = 68


class Refusal(Exception):
    """An answer with a code of the E series, and what else is in it."""

    def __init__(self, code: str, text: str, **more: Any) -> None:
        super().__init__(code)
        self.messages = error(code, text)
        self.more = more


def error(code: str, text: str) -> dict[str, Any]:
    """The messages of a refusal."""
    return {"resultCode": "Error", "message": [{"code": code, "text": text}]}


def render(document: Mapping[str, Any]) -> Response:
    """JSON as the vendor sends it: after a byte order mark, and with 200 whatever it says."""
    content = BOM + json.dumps(document, ensure_ascii=False).encode()
    return Response(content, media_type="application/json; charset=utf-8")


def transaction_response(told: Mapping[str, Any]) -> dict[str, Any]:
    """A transactionResponse; all its numbers are strings, and it spells refTransID so."""
    code = told["response_code"]
    response = {
        "responseCode": code,
        "authCode": told.get("auth_code", ""),
        "avsResultCode": told.get("avs", "P"),
        "cvvResultCode": told.get("cvv", "P"),
        "cavvResultCode": "2",
        "transId": told["id"],
        "refTransID": told.get("original", ""),
        "transHash": "",
        "testRequest": told.get("test", "0"),
        "accountNumber": f"XXXX{told['last4']}" if told.get("last4") else "",
        "accountType": told.get("brand", ""),
        "transHashSha2": "",
    }
    said = told["reason"]
    if code in {APPROVED, HELD}:
        response["messages"] = [{"code": said, "description": REASONS[said]}]
    else:
        response["errors"] = [{"errorCode": said, "errorText": REASONS[said]}]
    if told.get("network_id"):
        response["networkTransId"] = told["network_id"]
    return response


def direct_response(told: Mapping[str, Any], customer: Mapping[str, Any], bill_to: Mapping[str, str]) -> str:
    """The line about an authorization of $0.00. Commas of names and addresses stand in it as they are."""
    fields = [""] * DIRECT_FIELDS
    fields[:13] = [
        told["response_code"],
        "1",
        told["reason"],
        REASONS[told["reason"]],
        told["auth_code"],
        told["avs"],
        told["id"],
        "none",
        "Test transaction for ValidateCustomerPaymentProfile.",
        "0.00",
        "CC",
        "auth_only",
        customer.get("merchantCustomerId", "none"),
    ]
    names = ("firstName", "lastName", "company", "address", "city", "state", "zip", "country", "phoneNumber")
    fields[13:22] = [bill_to.get(name, "") for name in names]
    fields[23] = customer.get("email", "")
    fields[32:38] = ["0.00", "0.00", "0.00", "FALSE", "none", "B1D58B7B6A29B6F989FBC6DC541F04BE"]
    fields[38], fields[39] = told["cvv"], "2"
    fields[50], fields[51] = f"XXXX{told['last4']}", told["brand"]
    return ",".join(fields)
