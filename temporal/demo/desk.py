"""The admin's desk of the demo: approves its sellers and their listings and gives its bidders their lines."""

import asyncio

from temporal.demo.browser import Browser
from temporal.demo.client import Answer, Json, MarketError
from temporal.demo.entry import Entry, sign_in
from temporal.demo.people import DemoPerson

# What a sign-in that is old, or was ended, is refused with.
STALE = frozenset({"NOT_SIGNED_IN", "CSRF_FAILED", "STEP_UP_REQUIRED", "SECOND_FACTOR_REQUIRED"})
REASON = "Somebody of the demo market."


class Desk:
    """One admin in one browser, signed in when first needed and again when that has grown old.

    Whoever needs it waits until it has `opened`.
    """

    def __init__(self, browser: Browser, entry: Entry, admin: DemoPerson) -> None:
        self._browser = browser
        self._entry = entry
        self._admin = admin
        self.opened = asyncio.Event()
        self._signing_in = asyncio.Lock()
        self._sign_ins = 0

    async def approve_seller(self, user_id: int) -> None:
        """Approve the profile that was handed in, as it reads now. Raises MarketError."""
        path = f"/api/admin/sellers/{user_id}"
        read = await self._ask("GET", path)
        await self._ask("POST", f"{path}/approve", {"version": read["version"], "reason": REASON})

    async def approve_listing(self, vehicle_id: int) -> None:
        """Approve the listing that was sent in, as it reads now. Raises MarketError."""
        path = f"/api/admin/listings/{vehicle_id}"
        read = await self._ask("GET", path)
        await self._ask("POST", f"{path}/approve", {"version": read["version"]})

    async def give_line(self, user_id: int, cents: int) -> None:
        """Give a dealer's line of buying power. Raises MarketError."""
        await self._ask("PUT", f"/api/admin/accounts/{user_id}/dealer-line", {"cents": cents, "reason": REASON})

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        await self.opened.wait()
        answer, known = Answer(0, {}), self._sign_ins
        if known:
            answer = await self._browser.send(method, path, body)
        if not known or answer.code in STALE:
            await self._sign_in(known)
            answer = await self._browser.send(method, path, body)
        if not answer.accepted:
            raise MarketError(f"{method} {path} answered {answer.code}")
        return answer.body

    async def _sign_in(self, known: int) -> None:
        """Sign in, unless somebody else at this desk has done so since."""
        async with self._signing_in:
            if self._sign_ins > known:
                return
            if await sign_in(self._browser, self._admin, self._entry.apps, self._entry.clock) is None:
                raise MarketError("the demo's admin cannot sign in: the password is another one")
            self._sign_ins += 1
