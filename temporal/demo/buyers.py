"""The demo's buyers: verified at the identity check, with a card and legal details, cleared, with a dealer's line."""

from collections.abc import Mapping
from typing import Any

from temporal.demo.browser import Browser
from temporal.demo.client import Json, MarketError
from temporal.demo.desk import Desk
from temporal.demo.entry import POLL_S, Entry
from temporal.demo.people import DemoPerson
from temporal.demo.vendors import Holder, Vendors

CLEARED_POLLS = 240
UNDONE = frozenset({"missing", "problem"})


async def join_buyer(browser: Browser, person: DemoPerson, entry: Entry, desk: Desk, holder: Holder) -> int:
    """Come in, show everything that is not shown yet, and get the line; the account's id. Raises MarketError."""
    user = await entry.come_in(browser, person)
    user_id: int = user["id"]
    checklist = await browser.ask("GET", "/api/me/checklist")
    await _show(browser, entry.vendors, holder, checklist)
    await _until_cleared(browser, checklist)
    if person.line_cents:
        await desk.give_line(user_id, person.line_cents)
    return user_id


async def _show(browser: Browser, vendors: Vendors, holder: Holder, checklist: Mapping[str, Any]) -> None:
    """The vendor's verdict on the identity comes while the rest is shown."""
    undone = {item["step"] for item in checklist["items"] if item["state"] in UNDONE}
    if "identity" in undone:
        link = await browser.ask("POST", "/api/me/identity")
        if link["url"] is not None:
            await vendors.pass_check(link["url"])
    if "details" in undone:
        await browser.ask("PUT", "/api/me/legal-details", _details(holder))
    if "card" in undone:
        card = {"opaque_data": await vendors.opaque_card(holder), "bill_to": _bill_to(holder)}
        await browser.ask("POST", "/api/me/card", card)
    if "terms" in undone:
        await browser.ask("POST", "/api/me/terms", {"version": checklist["terms_version"]})


async def _until_cleared(browser: Browser, checklist: Mapping[str, Any]) -> None:
    for _ in range(CLEARED_POLLS):
        if checklist["cleared"]:
            return
        await browser.sleep(POLL_S)
        checklist = await browser.ask("GET", "/api/me/checklist")
    undone = ", ".join(item["code"] for item in checklist["items"] if item["code"])
    raise MarketError(f"somebody of the demo is not cleared: {undone or 'on hold'}")


def _details(holder: Holder) -> Json:
    return {
        "first_name": holder.first_name,
        "last_name": holder.last_name,
        "street": holder.street,
        "city": holder.city,
        "state": holder.state,
        "zip": holder.zip,
    }


def _bill_to(holder: Holder) -> Json:
    details = _details(holder)
    return {"address": details.pop("street"), **details}
