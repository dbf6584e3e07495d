"""The accounts as activities keep them: facts, clearance and mails change together, in one transaction off the loop."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Engine

from activities.account_mails import mails_of
from activities.contracts import AccountStatus
from activities.db import accounts
from activities.db.accounts import NOTHING, Account, Values
from activities.db.engine import reading, transaction
from activities.db.notifications import enqueue
from domain.accounts import Clearance, changes_at
from domain.clock import truncate
from domain.identity import asked_again_at, is_open

GONE = AccountStatus(gone=True)


class Postman(Protocol):
    """Sends mails that were just written; without one the sweep finds them."""

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on these mails. Never raises."""


class AccountBook:
    """Reads and changes accounts. `public_url` is where the links in mails lead."""

    def __init__(
        self,
        engine: Engine,
        public_url: str,
        postman: Postman | None = None,
        clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC)),
    ) -> None:
        self._engine = engine
        self._public_url = public_url
        self._postman = postman
        self.now = clock

    async def find(self, user_id: int, *, even_erased: bool = False) -> Account | None:
        """An account; one that is erased only for whoever cleans up after it."""
        found = await asyncio.to_thread(self._find, user_id)
        return None if found is None or (found.erased and not even_erased) else found

    async def change(self, user_id: int, decide: Callable[[Account], Values] = lambda _: NOTHING) -> AccountStatus:
        """Write what `decide` says of the account as it is now, judge it, and write the mails that follow."""
        status, outbox_ids = await asyncio.to_thread(self._change, user_id, decide)
        if outbox_ids and self._postman is not None:
            await self._postman.send(outbox_ids)
        return status

    def _find(self, user_id: int) -> Account | None:
        with reading(self._engine) as connection:
            return accounts.find(connection, user_id)

    def _change(self, user_id: int, decide: Callable[[Account], Values]) -> tuple[AccountStatus, list[str]]:
        now = self.now()
        with transaction(self._engine) as connection:
            changed = accounts.change(connection, user_id, now, decide)
            if changed is None:
                return GONE, []
            outbox_ids = [enqueue(connection, mail, now) for mail in mails_of(changed, self._public_url, now)]
        return status_of(changed.account, changed.clearance, now), outbox_ids


def status_of(account: Account, clearance: Clearance, now: datetime) -> AccountStatus:
    """What the workflow has to know of an account."""
    facts = account.facts
    asked_again = asked_again_at(facts.identity, account.identity_at, now)
    moments = [*changes_at(facts, now), *([asked_again] if asked_again else [])]
    return AccountStatus(
        cleared=clearance.cleared,
        missing=[item.code for item in clearance.missing],
        next_look_at=min(moments, default=None),
        open_inquiry=account.inquiry_id if is_open(facts.identity) else None,
        gone=account.erased,
    )
