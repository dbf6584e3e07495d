"""Requests to Authorize.Net as JSON in the one order its schema takes, within its limits.

Both are those of AnetApiSchema.xsd in the vendor's SDK 1.1.6. A value that breaks a limit is a ValueError that names
the field and never the value.
"""

import base64
import ipaddress
import unicodedata
from typing import Any

from activities.providers.authorize_net_results import BillTo, CardRef, OpaqueData

Fields = dict[str, Any]

REFERENCE_CHARACTERS = 20
REFERENCE_BYTES = 13
DUPLICATE_WINDOW_S = 28_800
LARGEST_PAGE = 1_000


def new_reference(random_bytes: bytes) -> str:
    """A payment attempt's own name: 20 characters of base32 from at least 13 random bytes. One attempt keeps one for
    ever, as refId and invoiceNumber; a new attempt gets a new one."""
    if len(random_bytes) < REFERENCE_BYTES:
        raise ValueError(f"a reference needs {REFERENCE_BYTES} random bytes")
    return base64.b32encode(random_bytes).decode()[:REFERENCE_CHARACTERS]


def text(name: str, value: str, most: int) -> str:
    """A value of 1 to `most` characters that can stand in XML."""
    if not 0 < len(value) <= most:
        raise ValueError(f"{name} must have 1 to {most} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Cn"} for character in value):
        raise ValueError(f"{name} has a character that cannot be sent")
    return value


def dollars(name: str, cents: int) -> str:
    """A positive amount with two decimals."""
    if cents <= 0:
        raise ValueError(f"{name} must be positive")
    return f"{cents // 100}.{cents % 100:02d}"


def identifier(name: str, value: str) -> str:
    """One of the vendor's ids. "0" is what test mode answers, and never an id."""
    if not (value.isascii() and value.isdecimal()) or not value.strip("0"):
        raise ValueError(f"{name} is not an id of the vendor")
    return value


def new_profile(customer_id: str, email: str, nonce: OpaqueData, bill_to: BillTo) -> Fields:
    """createCustomerProfileRequest, with the first card, authorized for $0.00."""
    return {
        "profile": {
            "merchantCustomerId": text("customer_id", customer_id, 20),
            "email": text("email", email, 255),
            "paymentProfiles": [_payment_profile(nonce, bill_to)],
        },
        "validationMode": "liveMode",
    }


def new_payment_profile(profile_id: str, nonce: OpaqueData, bill_to: BillTo) -> Fields:
    """createCustomerPaymentProfileRequest: one more card, authorized for $0.00."""
    return {
        "customerProfileId": identifier("profile_id", profile_id),
        "paymentProfile": _payment_profile(nonce, bill_to),
        "validationMode": "liveMode",
    }


def payment_profile(profile_id: str, payment_profile_id: str) -> Fields:
    """The two ids that name a stored card."""
    return {
        "customerProfileId": identifier("profile_id", profile_id),
        "customerPaymentProfileId": identifier("payment_profile_id", payment_profile_id),
    }


def charge(card: CardRef, amount_cents: int, reference: str, description: str, customer_ip: str | None) -> Fields:
    """CreateTransactionRequest that takes money from a stored card. Equal calls make equal bytes."""
    request: Fields = {
        "transactionType": "authCaptureTransaction",
        "amount": dollars("amount_cents", amount_cents),
        "profile": _card(card),
        "order": _order(reference, description),
        # The schema has no room for anything longer than an IPv4 address.
        **({"customerIP": customer_ip} if customer_ip and _is_ipv4(customer_ip) else {}),
        "transactionSettings": _settings(),
        "processingOptions": {"isStoredCredentials": "true"},
    }
    return {"transactionRequest": request}


def refund(transaction_id: str, amount_cents: int, to: CardRef | str, reference: str) -> Fields:
    """CreateTransactionRequest that gives back what `transaction_id` took, to the stored card or the last 4 digits."""
    request: Fields = {
        "transactionType": "refundTransaction",
        "amount": dollars("amount_cents", amount_cents),
        **({"profile": _card(to)} if isinstance(to, CardRef) else {"payment": {"creditCard": _masked(to)}}),
        "refTransId": identifier("transaction_id", transaction_id),
        "order": _order(reference, None),
        "transactionSettings": _settings(),
    }
    return {"transactionRequest": request}


def void(transaction_id: str) -> Fields:
    """CreateTransactionRequest that lets a transaction never settle."""
    return {
        "transactionRequest": {
            "transactionType": "voidTransaction",
            "refTransId": identifier("transaction_id", transaction_id),
        }
    }


def paged(page: int, limit: int) -> Fields:
    """The newest first, `limit` a page, pages from 1."""
    return {
        "sorting": {"orderBy": "submitTimeUTC", "orderDescending": "true"},
        "paging": {"limit": str(limit), "offset": str(page)},
    }


def _payment_profile(nonce: OpaqueData, bill_to: BillTo) -> Fields:
    opaque = {
        "dataDescriptor": text("nonce descriptor", nonce.descriptor, 128),
        "dataValue": text("nonce", nonce.value, 8192),
    }
    return {"customerType": "individual", "billTo": _bill_to(bill_to), "payment": {"opaqueData": opaque}}


def _bill_to(bill_to: BillTo) -> Fields:
    given = (
        ("firstName", bill_to.first_name, 50),
        ("lastName", bill_to.last_name, 50),
        ("company", bill_to.company, 50),
        ("address", bill_to.address, 60),
        ("city", bill_to.city, 40),
        ("state", bill_to.state, 40),
        ("zip", bill_to.zip, 20),
        ("country", bill_to.country, 60),
        ("phoneNumber", bill_to.phone, 25),
    )
    return {name: text(f"bill_to {name}", value, most) for name, value, most in given if value}


def _card(card: CardRef) -> Fields:
    return {
        "customerProfileId": identifier("profile_id", card.profile_id),
        "paymentProfile": {"paymentProfileId": identifier("payment_profile_id", card.payment_profile_id)},
    }


def _masked(last4: str) -> Fields:
    if len(last4) != len("1111") or not (last4.isascii() and last4.isdecimal()):
        raise ValueError("last4 must be 4 digits")
    return {"cardNumber": last4, "expirationDate": "XXXX"}


def _order(reference: str, description: str | None) -> Fields:
    order = {"invoiceNumber": checked_reference(reference)}
    return order if description is None else {**order, "description": text("description", description, 255)}


def checked_reference(reference: str) -> str:
    """A reference as `new_reference` makes them."""
    if len(reference) != REFERENCE_CHARACTERS:
        raise ValueError(f"reference must have {REFERENCE_CHARACTERS} characters")
    return text("reference", reference, REFERENCE_CHARACTERS)


def _settings() -> Fields:
    """The longest window for duplicates, and explicit: only then does the vendor name the original of one. All of the
    amount or nothing: a partial approval would look like a whole one."""
    settings = {"allowPartialAuth": "false", "duplicateWindow": str(DUPLICATE_WINDOW_S)}
    return {"setting": [{"settingName": name, "settingValue": value} for name, value in settings.items()]}


def _is_ipv4(address: str) -> bool:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return True
