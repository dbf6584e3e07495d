"""What each step to being cleared is called, what to do about what is missing, and why a card was declined."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from web.formats import money

STEP: Mapping[str, str] = MappingProxyType(
    {
        "email": "Confirm your e-mail",
        "identity": "Verify your identity",
        "card": "Add a payment card",
        "details": "Give your legal name and address",
        "terms": "Accept the terms",
    }
)
STATE: Mapping[str, str] = MappingProxyType(
    {"done": "Done", "missing": "To do", "waiting": "Being checked", "problem": "Needs attention"}
)
TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "EMAIL_UNVERIFIED": "Open the link that we mailed to you, or have it sent again.",
        "IDENTITY_UNVERIFIED": "Have your driver's licence or passport at hand and start the check. It takes minutes.",
        "IDENTITY_UNFINISHED": "You have begun the check. Go on with it where you left off.",
        "IDENTITY_EXPIRED": "The check was not finished in time, or is too old. Start it again.",
        "IDENTITY_IN_REVIEW": "Nothing to do: your documents are being looked at. We write to you when that is done.",
        "IDENTITY_DECLINED": "Your identity could not be verified. Write to support; a person will look at it.",
        "IDENTITY_FAILED": "The check did not succeed. Start it again with a clear picture of your document.",
        "CARD_MISSING": "Add a card. We ask your bank for an authorization of $0.00 and charge nothing.",
        "CARD_DECLINED": "Your bank declined the card. Add another one, or ask your bank.",
        "CARD_EXPIRED": "Your card has expired. Add the new one.",
        "DETAILS_MISSING": "Give the name, address and state for the title, and a dealer's exemption if you have one.",
        "DETAILS_UNMATCHED": "Nothing to do: your name is compared with your identity check as soon as that is done.",
        "NAME_MISMATCH": "The name is not the one on your document. Give it as it stands there, or write to support.",
        "TERMS_MISSING": "Read the terms and accept them.",
        "TERMS_CHANGED": "The terms have changed. Read them and accept them again.",
    }
)
ON_HOLD = "Your account is on hold. Write to support."
# Response reason codes of Authorize.Net, and what a person can do about them.
DECLINED: Mapping[str, str] = MappingProxyType(
    {
        "2": "Your bank declined the card. Ask your bank, or use another card.",
        "3": "Your bank declined the card. Ask your bank, or use another card.",
        "4": "Your bank wants this card to be kept. Use another card.",
        "6": "The card number is not valid. Check it and type it again.",
        "7": "The expiry date is not valid. Check it and type it again.",
        "8": "The card has expired. Use another card.",
        "27": "The billing address is not the one that your bank knows. Correct it and try again.",
        "37": "The card number is not valid. Check it and type it again.",
        "44": "The security code is wrong. Check it and type the card again.",
        "45": "The security code or the billing address is wrong. Check both and type the card again.",
        "65": "The security code is wrong. Check it and type the card again.",
        "127": "The billing address is not the one that your bank knows. Correct it and try again.",
        "E00042": "Too many cards were tried on this account. Write to support.",
        "E00118": "The card cannot be added from here. Write to support.",
    }
)
DECLINED_ANYHOW = "Your bank did not approve the card. Use another one, or ask your bank."


def to_do(code: str) -> str:
    """What a person has to do about a missing item; nothing for what is done."""
    return TO_DO[code] if code else ""


def declined(code: str) -> str:
    """Why a card was declined, by the vendor's code."""
    return DECLINED.get(code, DECLINED_ANYHOW)


def eligibility(view: Mapping[str, Any]) -> str:
    """One sentence on what a person may do now, from the API's eligibility."""
    if view["on_hold"]:
        return ON_HOLD
    if not view["cleared"]:
        steps = [STEP[item["step"]] for item in view["missing"]]
        return f"You cannot bid yet. To do: {'; '.join(steps)}."
    lots = view["free_lots"]
    on = "" if lots is None else f" on {lots} more {'auction' if lots == 1 else 'auctions'}"
    cleared = f"You are cleared to {money(view['limit_cents'])}"
    return f"{cleared}; {money(view['free_cents'])} of it is free{on}."
