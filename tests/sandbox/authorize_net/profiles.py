"""Customer profiles and their cards: created, validated for $0.00, shown masked, deleted."""

from typing import Any

from tests.sandbox.authorize_net.envelopes import (
    APPROVED,
    NOT_FOUND,
    OK,
    UNSUCCESSFUL,
    Refusal,
    direct_response,
    error,
)
from tests.sandbox.authorize_net.issuer import authorize
from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.authorize_net.nonces import spend
from tests.sandbox.store import Document

KIND = "profile"
MOST_CARDS = 10
SAME_CARD = ("firstName", "lastName", "address", "zip")

Fields = dict[str, Any]


def create_profile(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """createCustomerProfileRequest. A duplicate is refused after its card was authorized and its nonce spent."""
    wanted = fields["profile"]
    cards = wanted.pop("paymentProfiles", [])
    if len(cards) > 1:
        raise Refusal("E00013", "paymentProfiles is invalid.")
    profile: Document = {"id": merchant.next_id(), "customer": wanted, "cards": []}
    first = _authorized(merchant, fields, wanted, cards[0], body) if cards else None
    lists = {"customerShippingAddressIdList": [], "validationDirectResponseList": [first["direct"]] if first else []}
    twin = next((one for one in merchant.store.all(KIND) if one["customer"] == wanted), None)
    if twin:
        text = f"A duplicate record with ID {twin['id']} already exists."
        if merchant.planned("duplicate_without_id"):
            text = "A duplicate record already exists."
        raise Refusal("E00039", text, customerPaymentProfileIdList=[], **lists)
    if first and not _is_kept(merchant, first):
        return {"customerPaymentProfileIdList": [], **lists, "messages": error(*UNSUCCESSFUL)}
    profile["cards"] = [first["card"]] if first else []
    merchant.store.put(KIND, profile["id"], profile)
    merchant.notify("customer.created", {"entityName": "customerProfile", "id": profile["id"]})
    ids = [card["id"] for card in profile["cards"]]
    return {"customerProfileId": profile["id"], "customerPaymentProfileIdList": ids, **lists, "messages": OK}


def create_payment_profile(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """createCustomerPaymentProfileRequest."""
    profile = _profile(merchant, fields["customerProfileId"])
    if len(profile["cards"]) >= MOST_CARDS:
        raise Refusal("E00042", f"You cannot add more than {MOST_CARDS} payment profiles.")
    made = _authorized(merchant, fields, profile["customer"], fields["paymentProfile"], body)
    told = {"customerProfileId": profile["id"], "validationDirectResponse": made["direct"]}
    if any(_is_same(made["card"], kept) for kept in profile["cards"]):
        raise Refusal("E00039", "A duplicate customer payment profile already exists.", **told)
    if not _is_kept(merchant, made):
        return {**told, "messages": error(*UNSUCCESSFUL)}
    merchant.store.put(KIND, profile["id"], {**profile, "cards": [*profile["cards"], made["card"]]})
    _notify(merchant, "created", profile["id"], made["card"]["id"])
    return {**told, "customerPaymentProfileId": made["card"]["id"], "messages": OK}


def get_profile(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """getCustomerProfileRequest, by one of its keys."""
    if merchant.planned("stale_lookup", body):
        raise Refusal(*NOT_FOUND)
    if "customerProfileId" in fields:
        profile = _profile(merchant, fields["customerProfileId"])
    else:
        key = "merchantCustomerId" if "merchantCustomerId" in fields else "email"
        named = [one for one in merchant.store.all(KIND) if one["customer"].get(key) == fields.get(key, "")]
        if not named:
            raise Refusal(*NOT_FOUND)
        profile = named[0]
    unmasked = fields.get("unmaskExpirationDate") == "true"
    cards = [_shown(card, unmasked=unmasked) for card in profile["cards"]]
    shown = {"profileType": "regular", "customerProfileId": profile["id"], **profile["customer"]}
    # The vendor leaves out what is empty.
    return {"profile": {**({"paymentProfiles": cards} if cards else {}), **shown}, "messages": OK}


def validate(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """validateCustomerPaymentProfileRequest."""
    profile, card = kept_card(merchant, fields["customerProfileId"], fields["customerPaymentProfileId"])
    if fields.get("validationMode") != "liveMode":
        raise Refusal("E00013", "validationMode is invalid.")
    told = authorize(merchant, card, card["zip"], body)
    approved = told["response_code"] == APPROVED or says_ok(merchant, told)
    direct = direct_response(told, profile["customer"], card["billTo"])
    return {"directResponse": direct, "messages": OK if approved else error(*UNSUCCESSFUL)}


def delete_payment_profile(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """deleteCustomerPaymentProfileRequest."""
    del body
    profile, card = kept_card(merchant, fields["customerProfileId"], fields["customerPaymentProfileId"])
    left = [kept for kept in profile["cards"] if kept["id"] != card["id"]]
    merchant.store.put(KIND, profile["id"], {**profile, "cards": left})
    _notify(merchant, "deleted", profile["id"], card["id"])
    return {"messages": OK}


def delete_profile(merchant: Merchant, fields: Fields, body: str) -> Fields:
    """deleteCustomerProfileRequest."""
    del body
    profile = _profile(merchant, fields["customerProfileId"])
    merchant.store.delete(KIND, profile["id"])
    merchant.notify("customer.deleted", {"entityName": "customerProfile", "id": profile["id"]})
    return {"messages": OK}


def kept_card(merchant: Merchant, profile_id: str, card_id: str) -> tuple[Document, Document]:
    """A profile and one of its cards."""
    profile = _profile(merchant, profile_id)
    card = next((kept for kept in profile["cards"] if kept["id"] == card_id), None)
    if card is None:
        raise Refusal(*NOT_FOUND)
    return profile, card


def says_ok(merchant: Merchant, told: Document) -> bool:
    """Whether the envelope of a decline says Ok; the vendor is seen to do both, so every other one does here."""
    if merchant.planned("decline_says_ok"):
        return True
    return not merchant.planned("decline_says_error") and int(told["id"]) % 2 == 0


def _authorized(merchant: Merchant, fields: Fields, customer: Fields, wanted: Fields, body: str) -> Document:
    """The card behind a nonce, authorized for $0.00."""
    if fields.get("validationMode") != "liveMode":
        raise Refusal("E00013", "validationMode is invalid.")
    nonce = spend(merchant, wanted["payment"]["opaqueData"])
    bill_to = wanted.get("billTo", {})
    card = {
        **{name: nonce[name] for name in ("number", "brand", "last4", "expires")},
        "id": merchant.next_id(),
        "billTo": bill_to,
        "zip": bill_to.get("zip", nonce["zip"]),
    }
    told = authorize(merchant, {**card, "cvv": nonce["cvv"]}, card["zip"], body)
    return {"card": card, "told": told, "direct": direct_response(told, customer, bill_to)}


def _is_kept(merchant: Merchant, made: Document) -> bool:
    """Approved cards are; declined ones too where the vendor says Ok to them, which is for the client to undo."""
    return made["told"]["response_code"] == APPROVED or says_ok(merchant, made["told"])


def _is_same(card: Document, other: Document) -> bool:
    """The vendor's rule: number and name and address; the expiry does not count."""
    return card["number"] == other["number"] and all(
        card["billTo"].get(name) == other["billTo"].get(name) for name in SAME_CARD
    )


def _profile(merchant: Merchant, profile_id: str) -> Document:
    profile = merchant.store.get(KIND, profile_id)
    if profile is None:
        raise Refusal(*NOT_FOUND)
    return profile


def _shown(card: Document, *, unmasked: bool) -> Fields:
    shown = {
        "cardNumber": f"XXXX{card['last4']}",
        "expirationDate": card["expires"] if unmasked else "XXXX",
        "cardType": card["brand"],
    }
    return {
        "customerPaymentProfileId": card["id"],
        "payment": {"creditCard": shown},
        "customerTypeSpecified": False,
        "billTo": card["billTo"],
    }


def _notify(merchant: Merchant, what: str, profile_id: str, card_id: str) -> None:
    payload = {"customerProfileId": int(profile_id), "entityName": "customerPaymentProfile", "id": card_id}
    merchant.notify(f"customer.paymentProfile.{what}", payload)
