"""The way in that everybody takes: signing up, confirming the address by the mailed link, signing in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.one_time_codes import STEP_S
from temporal.demo.authenticators import Apps
from temporal.demo.browser import Browser
from temporal.demo.client import Json, MarketError
from temporal.demo.people import PASSWORDS, DemoPerson
from temporal.demo.vendors import Vendors

POLL_S = 0.25
MAIL_POLLS = 80
LINKS_MOST = 3

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Entry:
    """Where people get their mails and codes, and what time it is."""

    vendors: Vendors
    apps: Apps
    clock: Clock

    async def come_in(self, browser: Browser, person: DemoPerson) -> Json:
        """Sign in, up before where that is needed, with a confirmed address; the person's own view. Raises MarketError.

        Whoever has been half way through goes on from there.
        """
        user = await sign_in(browser, person, self.apps, self.clock)
        if user is None:
            password = PASSWORDS[person.role]
            wanted = {"name": person.name, "email": person.email, "password": password}
            await browser.ask("POST", "/auth/register", wanted)
            user = await sign_in(browser, person, self.apps, self.clock)
        if user is None:
            raise MarketError("somebody of the demo has an account with another password than the demo's")
        if not user["email_verified"]:
            await self._confirm(browser, person.email)
        return user

    async def _confirm(self, browser: Browser, email: str) -> None:
        """Take the newest link that works; where there is none, another one is asked for."""
        used: set[str] = set()
        for _ in range(LINKS_MOST):
            token = await self._mailed(browser, email, used)
            if token is not None:
                answer = await browser.send("POST", "/auth/verify-email", {"token": token})
                if answer.accepted:
                    return
                used.add(token)
            await browser.ask("POST", "/auth/verify-email/resend")
        raise MarketError("no mail with a link that works has come")

    async def _mailed(self, browser: Browser, email: str, used: set[str]) -> str | None:
        for _ in range(MAIL_POLLS):
            fresh = [token for token in await self.vendors.mailed_tokens(email) if token not in used]
            if fresh:
                return fresh[0]
            await browser.sleep(POLL_S)
        return None


async def sign_in(browser: Browser, person: DemoPerson, apps: Apps, clock: Clock) -> Json | None:
    """Sign in; None where there is no such account, or its password is another one. Raises MarketError."""
    answer = await browser.send("POST", "/auth/login", {"email": person.email, "password": PASSWORDS[person.role]})
    if answer.code == "WRONG_CREDENTIALS":
        return None
    if not answer.accepted:
        raise MarketError(f"a sign-in was answered {answer.code}")
    session = answer.body
    if "ticket" in session:
        session = await _second_step(browser, session["ticket"], lambda: apps.codes(person.email, clock()))
    browser.signed_in(session["csrf_token"])
    user: Json = session["user"]
    return user


async def _second_step(browser: Browser, ticket: str, codes: Callable[[], Sequence[str]]) -> Json:
    """Show a code. Somebody may have used the first ones; the last one tried is newer than any of them."""
    shown = codes()
    if not shown:
        raise MarketError("an authenticator of the demo's staff is lost; start anew with --fresh")
    for code in shown:
        answer = await browser.send("POST", "/auth/second-factor", {"ticket": ticket, "code": code})
        if answer.accepted:
            return answer.body
    await browser.sleep(STEP_S)
    return await browser.ask("POST", "/auth/second-factor", {"ticket": ticket, "code": codes()[-1]})
