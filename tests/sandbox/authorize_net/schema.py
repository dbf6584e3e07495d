"""What requests may hold, in which order and how long: AnetApiSchema.xsd of SDK 1.1.6, and stricter.

Strings only (a JSON number would be a float), no nulls, no empty elements, amounts with two decimals.
"""

import re
from dataclasses import dataclass, field

NAMESPACE = "AnetApi/xml/v1/schema/AnetApiSchema.xsd"


@dataclass(frozen=True)
class Text:
    """A string; `pattern` has to match all of it, `choices` are all there are."""

    most: int = 255
    pattern: str = r"[^\x00-\x1f]+"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Elements in their order; those in `needed` have to be there."""

    elements: dict[str, "Text | Group | Many"] = field(default_factory=dict)
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Many:
    """One or more of the same."""

    of: "Text | Group"


Element = Text | Group | Many

ID = Text(20, r"\d+")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
FLAG = Text(5, choices=("true", "false"))
AMOUNT = Text(16, r"(0|[1-9]\d*)\.\d\d")
VALIDATION_MODE = Text(choices=("none", "testMode", "liveMode", "oldLiveMode"))
BILL_TO = Group(
    {
        "firstName": Text(50),
        "lastName": Text(50),
        "company": Text(50),
        "address": Text(60),
        "city": Text(40),
        "state": Text(40),
        "zip": Text(20),
        "country": Text(60),
        "phoneNumber": Text(25),
    }
)
OPAQUE_DATA = Group({"dataDescriptor": Text(), "dataValue": Text(8192)}, ("dataDescriptor", "dataValue"))
PAYMENT_PROFILE = Group(
    {
        "customerType": Text(choices=("individual", "business")),
        "billTo": BILL_TO,
        "payment": Group({"opaqueData": OPAQUE_DATA}, ("opaqueData",)),
        "defaultPaymentProfile": FLAG,
    },
    ("payment",),
)
CUSTOMER = Group(
    {
        "merchantCustomerId": Text(20),
        "description": Text(255),
        "email": Text(255),
        "paymentProfiles": Many(PAYMENT_PROFILE),
        "profileType": Text(choices=("regular", "guest")),
    },
    ("merchantCustomerId",),
)
SETTING = Group({"settingName": Text(), "settingValue": Text()}, ("settingName", "settingValue"))
# A refund names the card by its last 4 digits; a whole card number never gets in here.
MASKED_CARD = Group(
    {"cardNumber": Text(4, r"\d{4}"), "expirationDate": Text(4, "XXXX")}, ("cardNumber", "expirationDate")
)
TRANSACTION = Group(
    {
        "transactionType": Text(choices=("authCaptureTransaction", "refundTransaction", "voidTransaction")),
        "amount": AMOUNT,
        "payment": Group({"creditCard": MASKED_CARD}, ("creditCard",)),
        "profile": Group(
            {"customerProfileId": ID, "paymentProfile": Group({"paymentProfileId": ID}, ("paymentProfileId",))},
            ("customerProfileId", "paymentProfile"),
        ),
        "refTransId": ID,
        "order": Group({"invoiceNumber": Text(20), "description": Text(255)}),
        "poNumber": Text(25),
        "customer": Group({"id": Text(20), "email": Text(255)}),
        "billTo": BILL_TO,
        "customerIP": Text(15),
        "transactionSettings": Group({"setting": Many(SETTING)}, ("setting",)),
        "processingOptions": Group({"isStoredCredentials": FLAG}),
    },
    ("transactionType",),
)
PAGES = {
    "sorting": Group(
        {"orderBy": Text(choices=("id", "submitTimeUTC")), "orderDescending": FLAG}, ("orderBy", "orderDescending")
    ),
    "paging": Group({"limit": Text(4, r"[1-9]\d*"), "offset": Text(6, r"[1-9]\d*")}, ("limit", "offset")),
}
CARD: dict[str, Element] = {"customerProfileId": ID, "customerPaymentProfileId": ID}

METHODS: dict[str, Group] = {
    "authenticateTestRequest": Group(),
    "getMerchantDetailsRequest": Group(),
    "createCustomerProfileRequest": Group({"profile": CUSTOMER, "validationMode": VALIDATION_MODE}, ("profile",)),
    "createCustomerPaymentProfileRequest": Group(
        {"customerProfileId": ID, "paymentProfile": PAYMENT_PROFILE, "validationMode": VALIDATION_MODE},
        ("customerProfileId", "paymentProfile"),
    ),
    "getCustomerProfileRequest": Group(
        {
            "customerProfileId": ID,
            "merchantCustomerId": Text(20),
            "email": Text(255),
            "unmaskExpirationDate": FLAG,
            "includeIssuerInfo": FLAG,
        }
    ),
    "validateCustomerPaymentProfileRequest": Group({**CARD, "validationMode": VALIDATION_MODE}, tuple(CARD)),
    "deleteCustomerPaymentProfileRequest": Group(CARD, tuple(CARD)),
    "deleteCustomerProfileRequest": Group({"customerProfileId": ID}, ("customerProfileId",)),
    "createTransactionRequest": Group({"transactionRequest": TRANSACTION}, ("transactionRequest",)),
    "getTransactionDetailsRequest": Group({"transId": ID}, ("transId",)),
    "getUnsettledTransactionListRequest": Group({"status": Text(choices=("any", "pendingApproval")), **PAGES}),
    "getTransactionListForCustomerRequest": Group({**CARD, **PAGES}, ("customerProfileId",)),
    "getSettledBatchListRequest": Group(
        {"includeStatistics": FLAG, "firstSettlementDate": Text(20, TIME), "lastSettlementDate": Text(20, TIME)}
    ),
    "getTransactionListRequest": Group({"batchId": ID, **PAGES}, ("batchId",)),
    "updateHeldTransactionRequest": Group(
        {
            "heldTransactionRequest": Group(
                {"action": Text(choices=("approve", "decline")), "refTransId": ID}, ("action", "refTransId")
            )
        },
        ("heldTransactionRequest",),
    ),
}
HEAD: dict[str, Element] = {
    "merchantAuthentication": Group({"name": Text(25), "transactionKey": Text(16)}, ("name", "transactionKey")),
    "clientId": Text(30),
    "refId": Text(20),
}


def complaint(method: str, fields: object) -> str | None:
    """What is wrong with a request, in the vendor's words; None when nothing is."""
    body = METHODS[method]
    whole = Group({**HEAD, **body.elements}, ("merchantAuthentication", *body.needed))
    return _wrong(method, fields, whole)


def _wrong(name: str, value: object, element: Element) -> str | None:
    if isinstance(element, Text):
        return _wrong_text(name, value, element)
    if isinstance(element, Group):
        return _wrong_group(name, value, element)
    if not isinstance(value, list) or not value:
        return _incomplete(name, [name])
    return next((wrong for item in value if (wrong := _wrong(name, item, element.of))), None)


def _wrong_group(name: str, value: object, group: Group) -> str | None:
    if not isinstance(value, dict):
        return f"The element '{name}' in namespace '{NAMESPACE}' cannot contain text."
    names = list(group.elements)
    next_place = 0
    for key, inner in value.items():
        if key not in names[next_place:]:
            return (
                f"The element '{name}' in namespace '{NAMESPACE}' has invalid child element '{key}' in namespace "
                f"'{NAMESPACE}'. List of possible elements expected: '{', '.join(names[next_place:])}' in namespace "
                f"'{NAMESPACE}'."
            )
        next_place = names.index(key) + 1
        if wrong := _wrong(key, inner, group.elements[key]):
            return wrong
    missing = [needed for needed in group.needed if needed not in value]
    return _incomplete(name, missing) if missing else None


def _wrong_text(name: str, value: object, element: Text) -> str | None:
    if not isinstance(value, str):
        return _invalid(name, "is not a valid value.")
    if len(value) > element.most:
        return _invalid(name, "The actual length is greater than the MaxLength value.")
    if element.choices and value not in element.choices:
        return _invalid(name, "The Enumeration constraint failed.")
    if not re.fullmatch(element.pattern, value):
        return _invalid(name, "The Pattern constraint failed.")
    return None


def _incomplete(name: str, missing: list[str]) -> str:
    return (
        f"The element '{name}' in namespace '{NAMESPACE}' has incomplete content. List of possible elements expected: "
        f"'{', '.join(missing)}' in namespace '{NAMESPACE}'."
    )


def _invalid(name: str, why: str) -> str:
    return (
        f"The '{NAMESPACE}:{name}' element is invalid - The value is invalid according to its datatype 'String' - {why}"
    )
