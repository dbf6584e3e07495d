"""The demo's staff: they come in as everybody does, pair an authenticator, and are appointed by the operator's door."""

import asyncio
from collections.abc import Callable

from activities.db.people import Role
from temporal.demo.browser import Browser
from temporal.demo.client import MarketError
from temporal.demo.entry import Entry
from temporal.demo.people import PASSWORDS, DemoPerson

Appoint = Callable[[str, Role], object]


async def join_staff(browser: Browser, person: DemoPerson, entry: Entry, appoint: Appoint) -> None:
    """Come in, pair an authenticator where there is none, and be appointed. Raises MarketError, or what `appoint` does.

    The appointment ends this sign-in.
    """
    await entry.come_in(browser, person)
    if "totp" not in (await browser.ask("GET", "/auth/factors"))["methods"]:
        await _pair(browser, person, entry)
    await asyncio.to_thread(appoint, person.email, person.role)


async def _pair(browser: Browser, person: DemoPerson, entry: Entry) -> None:
    """The secret is kept before a code confirms it: a kill in between leaves an account that pairs anew."""
    begun = await browser.ask("POST", "/auth/authenticator", {"password": PASSWORDS[person.role]})
    entry.apps.keep(person.email, begun["secret"])
    for code in entry.apps.codes(person.email, entry.clock()):
        answer = await browser.send("POST", "/auth/authenticator/confirm", {"setup": begun["setup"], "code": code})
        if answer.accepted:
            return
    raise MarketError(f"a new authenticator was answered {answer.code}")
