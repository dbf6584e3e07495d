"""Looking transactions up: one in detail, the unsettled ones, those of a customer. Numbers are JSON numbers here."""

from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.authorize_net.envelopes import HELD, NO_RECORDS, NOT_FOUND, OK, REASONS, Refusal
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.authorize_net.transactions import CHARGE, KIND, STATUSES
from tests.sandbox.store import Document

Fields = dict[str, Any]
BATCH = "batch"
MOST_DAYS = timedelta(days=31)


def get_details(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getTransactionDetailsRequest."""
    del body
    told = merchant.store.get(KIND, fields["transId"])
    if told is None:
        raise Refusal(*NOT_FOUND)
    amount = told["amount_cents"] / 100
    shown = {
        "transId": told["id"],
        "submitTimeUTC": _time(told),
        "submitTimeLocal": _time(told).removesuffix("Z"),
        "transactionType": told["type"],
        "transactionStatus": told["status"],
        "responseCode": int(told["response_code"]),
        "responseReasonCode": int(told["reason"]),
        "responseReasonDescription": "Approval" if told["reason"] == "1" else REASONS[told["reason"]],
        "authCode": told["auth_code"],
        "AVSResponse": told["avs"],
        "cardCodeResponse": told["cvv"],
        "order": {"invoiceNumber": told["invoice"], "description": told["description"]},
        "authAmount": amount if told["type"] == CHARGE else 0.0,
        "settleAmount": 0.0 if told["status"] in {"voided", "declined"} else amount,
        "payment": {
            "creditCard": {
                "cardNumber": f"XXXX{told['last4']}",
                "expirationDate": "XXXX",
                "cardType": told["brand"],
            }
        },
        "networkTransId": told["network_id"],
        "transrefId": told["reference"],
        "product": "Card Not Present",
        "marketType": "eCommerce",
    }
    if told["profile_id"] and told["payment_profile_id"]:
        shown["profile"] = _stored(told)
    if told["original"]:
        shown["refTransId"] = told["original"]
    return {"transaction": shown, "messages": OK}


def list_unsettled(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getUnsettledTransactionListRequest; declined and voided ones stay in it until the night, too."""
    held_only = fields.get("status") == "pendingApproval"
    unsettled = [one for one in merchant.store.all(KIND) if not one["batched"]]
    shown = [one for one in unsettled if not held_only or one["status"] == STATUSES[HELD]]
    return _page(merchant, shown, fields, body)


def list_of_customer(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getTransactionListForCustomerRequest."""
    card = fields.get("customerPaymentProfileId")
    theirs = [one for one in merchant.store.all(KIND) if one["profile_id"] == fields["customerProfileId"]]
    return _page(merchant, [one for one in theirs if card in {None, one["payment_profile_id"]}], fields, body)


def list_batches(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getSettledBatchListRequest; of the last day where no dates are given, and of 31 days at most."""
    last = _moment(fields.get("lastSettlementDate")) or merchant.now()
    first = _moment(fields.get("firstSettlementDate")) or last - timedelta(days=1)
    if not timedelta(0) <= last - first <= MOST_DAYS:
        raise Refusal("E00003", "The settlement dates are not in order, or too far from each other.")
    batches = [one for one in merchant.store.all(BATCH) if first <= _settled(one) <= last]
    if not batches or merchant.planned("stale_list", body):
        return {"messages": NO_RECORDS}
    return {"batchList": [_batch(one) for one in batches], "messages": OK}


def list_of_batch(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getTransactionListRequest."""
    batched = [one for one in merchant.store.all(KIND) if one.get("batch") == fields["batchId"]]
    return _page(merchant, batched, fields, body)


def _settled(batch: Document) -> datetime:
    return datetime.fromisoformat(batch["settled"]).replace(microsecond=0)


def _batch(told: Document) -> Fields:
    settled = f"{_settled(told):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "batchId": told["id"],
        "settlementTimeUTC": settled,
        "settlementTimeLocal": settled.removesuffix("Z"),
        "settlementState": told["state"],
        "paymentMethod": "creditCard",
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _page(merchant: Merchant, shown: list[Document], fields: Fields, body: str) -> Fields:
    paging = {name: int(value) for name, value in fields.get("paging", {"limit": "1000", "offset": "1"}).items()}
    if paging["limit"] > 1000 or paging["offset"] > 100_000:
        raise Refusal("E00094", "Paging Offset exceeds the maximum allowed value.")
    newest_first = fields.get("sorting", {}).get("orderDescending") == "true"
    shown = shown[::-1] if newest_first else shown
    start = paging["limit"] * (paging["offset"] - 1)
    lines = shown[start : start + paging["limit"]]
    if not lines or merchant.planned("stale_list", body):
        return {"totalNumInResultSet": 0, "messages": NO_RECORDS}
    return {
        "transactions": [_line(one) for one in lines],
        "totalNumInResultSet": len(shown),
        "messages": OK,
    }


def _line(told: Document) -> Fields:
    line = {
        "transId": told["id"],
        "submitTimeUTC": _time(told),
        "submitTimeLocal": _time(told).removesuffix("Z"),
        "transactionStatus": told["status"],
        "invoiceNumber": told["invoice"],
        "accountType": told["brand"],
        "accountNumber": f"XXXX{told['last4']}",
        "settleAmount": told["amount_cents"] / 100,
        "marketType": "eCommerce",
        "product": "Card Not Present",
        "hasReturnedItemsSpecified": False,
    }
    if told["profile_id"]:
        line["profile"] = _stored(told)
    return line


def _stored(told: Document) -> Fields:
    return {"customerProfileId": told["profile_id"], "customerPaymentProfileId": told["payment_profile_id"]}


def _time(told: Document) -> str:
    return f"{datetime.fromisoformat(told['submitted']):%Y-%m-%dT%H:%M:%S}Z"
