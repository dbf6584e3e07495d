"""The demo's sellers: dealers who write a profile, hand it in and are approved; licences that end are renewed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from temporal.demo.browser import Browser
from temporal.demo.desk import Desk
from temporal.demo.entry import Entry
from temporal.demo.people import DemoPerson
from temporal.demo.tokens import new_token, step_up

SCOPES = ("read", "sell")
RENEWED_DAYS = 30


async def join_seller(browser: Browser, person: DemoPerson, entry: Entry, desk: Desk, token: str) -> tuple[int, str]:
    """Come in and be approved; the account's id, and its token: the one that works, or a new one for "".

    Raises MarketError.
    """
    user = await entry.come_in(browser, person)
    await step_up(browser, person)
    view = await browser.ask("GET", "/api/me/seller")
    if is_ours(view, person, user["id"]) and (view["status"] == "draft" or is_due(view)):
        await browser.ask("PUT", "/api/me/seller", _profile(person, user["id"], entry.clock().date()))
        view = await browser.ask("POST", "/api/me/seller/submit")
    if is_ours(view, person, user["id"]) and view["status"] == "submitted":
        await desk.approve_seller(user["id"])
    return user["id"], token or await new_token(browser, SCOPES)


def is_ours(view: Mapping[str, Any], person: DemoPerson, user_id: int) -> bool:
    """Whether a profile is as the demo wrote it, or not written yet; what a visitor makes of it is left as it is."""
    licence = view["licence"]
    return view["status"] == "none" or (
        view["business_name"] == person.name and licence is not None and licence["number"] == _number(user_id)
    )


def is_due(view: Mapping[str, Any]) -> bool:
    """Whether a profile has to be written for the first time, or anew for a licence that ends."""
    licence = view["licence"]
    ends = licence is not None and licence["days_left"] < RENEWED_DAYS
    return view["status"] in {"none", "lapsed"} or (view["status"] == "approved" and ends)


def _profile(person: DemoPerson, user_id: int, today: date) -> dict[str, Any]:
    return {
        "business_name": person.name,
        "licence": {
            "number": _number(user_id),
            "licence_class": "used",
            "state": "MN",
            "expires_on": date(today.year + 1, 12, 31).isoformat(),
        },
        "tax_id": f"41{user_id:07}",
        "payout_account": f"acct_demo_{user_id:06}",
    }


def _number(user_id: int) -> str:
    return f"DLR{user_id:05}"
