"""Answers of Authorize.Net read into values: an envelope with one code, direct responses, transactions, lists.

Money is decided by `responseCode` of the transaction or of the direct response; `resultCode` says nothing about it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from activities.providers.authorize_net_results import (
    CardRef,
    CardSummary,
    StoredCard,
    StoredProfile,
    TransactionDetails,
    TransactionPage,
    TransactionSummary,
    Validation,
)

APPROVED = "1"
HELD = "4"
DUPLICATE_ID = re.compile(r"ID (\d+)")
MASKED = re.compile(r"X{4}\d{4}")
# How far before the masked account number (field 51) the CVV answer (field 39) is.
CVV_BEFORE_ACCOUNT = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """One decoded answer; `code` and `text` are of its first message."""

    code: str
    text: str
    fields: Mapping[str, Any]

    @property
    def transaction(self) -> Mapping[str, Any]:
        """The transactionResponse, empty when there is none."""
        return _mapping(self.fields.get("transactionResponse"))

    @property
    def duplicate_id(self) -> str | None:
        """The id inside "A duplicate record with ID 123 already exists."."""
        match = DUPLICATE_ID.search(self.text)
        return match[1] if match else None


def decode(raw: bytes) -> Answer:
    """An answer's bytes, which begin with a byte order mark. ValueError for all that is not the vendor's JSON."""
    document = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal)
    match document:
        case {"messages": {"resultCode": "Ok" | "Error", "message": [{"code": str(code), "text": str(text)}, *_]}}:
            return Answer(code, text, document)
        # A gateway's older answers carry a single message without the list.
        case {"messages": {"resultCode": "Ok" | "Error", "message": {"code": str(code), "text": str(text)}}}:
            return Answer(code, text, document)
        case _:
            raise ValueError("no messages in the answer")


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """The parts of a comma-delimited direct response that matter."""

    response_code: str
    reason_code: str
    text: str
    validation: Validation
    last4: str
    brand: str


def direct_response(line: object) -> DirectResponse | None:
    """A direct response, or None when there is none. Names and addresses stand in its middle, unescaped, so fields
    after them are counted from the masked account number."""
    fields = line.split(",") if isinstance(line, str) else []
    accounts = [place for place, value in enumerate(fields) if MASKED.fullmatch(value)]
    if not accounts or accounts[-1] <= CVV_BEFORE_ACCOUNT or accounts[-1] + 1 >= len(fields):
        return None
    account = accounts[-1]
    return DirectResponse(
        response_code=fields[0],
        reason_code=fields[2],
        text=fields[3],
        validation=Validation(
            transaction_id=fields[6], avs=fields[5], cvv=fields[account - CVV_BEFORE_ACCOUNT], auth_code=fields[4]
        ),
        last4=fields[account][-4:],
        brand=fields[account + 1],
    )


def first(value: object) -> Any:
    """The first of a list, or None."""
    return value[0] if isinstance(value, list) and value else None


def reason(transaction: Mapping[str, Any]) -> tuple[str, str]:
    """The reason code and text of a transaction that was not approved."""
    error = _mapping(first(transaction.get("errors")))
    message = _mapping(first(transaction.get("messages")))
    return (
        str(error.get("errorCode") or message.get("code") or ""),
        str(error.get("errorText") or message.get("description") or ""),
    )


def stored_profile(fields: Mapping[str, Any]) -> StoredProfile:
    """The profile of a getCustomerProfileResponse."""
    profile = _mapping(fields.get("profile"))
    cards = [_stored_card(_mapping(item)) for item in profile.get("paymentProfiles") or []]
    return StoredProfile(str(profile["customerProfileId"]), tuple(card for card in cards if card is not None))


def page(fields: Mapping[str, Any]) -> TransactionPage:
    """A page of a transaction list; no records is an empty page."""
    lines = tuple(_summary(_mapping(item)) for item in fields.get("transactions") or [])
    return TransactionPage(lines, int(fields.get("totalNumInResultSet", len(lines))))


def details(fields: Mapping[str, Any]) -> TransactionDetails:
    """The transaction of a getTransactionDetailsResponse. `transrefId` is the refId of the transaction's own request;
    the refId at the root only echoes this one."""
    told = _mapping(fields.get("transaction"))
    return TransactionDetails(
        transaction_id=str(told["transId"]),
        type=str(told.get("transactionType", "")),
        status=str(told["transactionStatus"]),
        response_code=int(told.get("responseCode", 0)),
        reason_code=int(told.get("responseReasonCode", 0)),
        reason_text=str(told.get("responseReasonDescription", "")),
        auth_code=str(told.get("authCode", "")),
        avs=str(told.get("AVSResponse", "")),
        cvv=str(told.get("cardCodeResponse", "")),
        auth_cents=cents(told.get("authAmount", 0)),
        settle_cents=cents(told.get("settleAmount", 0)),
        invoice_number=str(_mapping(told.get("order")).get("invoiceNumber", "")),
        reference=str(told.get("transrefId", "")),
        network_id=told.get("networkTransId") or None,
        ref_transaction_id=told.get("refTransId") or None,
        submitted_at=_time(told.get("submitTimeUTC")),
        last4=_last4(told),
        card=_card_of(told),
    )


def cents(amount: object) -> int:
    """An amount in dollars, as the vendor's JSON number or string, exactly."""
    whole = Decimal(str(amount)) * 100
    if whole != whole.to_integral_value():
        raise ValueError("an amount has parts of a cent")
    return int(whole)


def _last4(told: Mapping[str, Any]) -> str:
    """The digits that paid, of a number masked as `XXXX1111`; empty where it is no card or looks otherwise."""
    masked = str(_mapping(_mapping(told.get("payment")).get("creditCard")).get("cardNumber", ""))
    return masked[-4:] if MASKED.fullmatch(masked) else ""


def _card_of(told: Mapping[str, Any]) -> CardRef | None:
    profile = _mapping(told.get("profile"))
    ids = profile.get("customerProfileId"), profile.get("customerPaymentProfileId")
    return CardRef(str(ids[0]), str(ids[1])) if all(ids) else None


def _stored_card(item: Mapping[str, Any]) -> StoredCard | None:
    """A payment profile that is a card; a bank account is none."""
    card = _mapping(_mapping(item.get("payment")).get("creditCard"))
    if not card:
        return None
    summary = CardSummary(
        brand=str(card.get("cardType", "")),
        last4=str(card["cardNumber"])[-4:],
        expires=str(card.get("expirationDate", "")),
    )
    return StoredCard(str(item["customerPaymentProfileId"]), summary)


def _summary(item: Mapping[str, Any]) -> TransactionSummary:
    return TransactionSummary(
        transaction_id=str(item["transId"]),
        status=str(item.get("transactionStatus", "")),
        invoice_number=str(item.get("invoiceNumber", "")),
        amount_cents=cents(item.get("settleAmount", 0)),
        submitted_at=_time(item.get("submitTimeUTC")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    told = datetime.fromisoformat(value)
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
