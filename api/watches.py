"""Who relies on a sign-in for longer than one request, as a stream with private news does, is told when it ends."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from activities.db.engine import SqliteBusyError
from api.database import Database, now

CHECK_S = 5.0
MOST_IN_QUERY = 1_000

End = Callable[[], None]
Living = Callable[[Connection, Collection[str], datetime], set[str]]
log = structlog.get_logger(__name__)


class Watches:
    """The watched sign-ins of one kind, by their hashes.

    What ends here is told at once by `ended`; what ends elsewhere, or by time, is found by one query for all of them
    (one per thousand) every few seconds, which runs only while anything is watched. `living` says which of many stand;
    `forget` is called with each that is found to have ended, before those who watch it.
    """

    def __init__(
        self, database: Database, living: Living, forget: Callable[[str], None], *, every_s: float = CHECK_S
    ) -> None:
        self._database = database
        self._living = living
        self._forget = forget
        self._every_s = every_s
        self._ends: dict[str, set[End]] = {}
        self._checking: asyncio.Task[None] | None = None

    def add(self, token_hash: str, end: End) -> None:
        """Call `end` once this sign-in is over, unless it is removed before."""
        self._ends.setdefault(token_hash, set()).add(end)
        if self._checking is None:
            self._checking = asyncio.get_running_loop().create_task(self._keep_checking())

    def remove(self, token_hash: str, end: End) -> None:
        """Call it no more."""
        ends = self._ends.get(token_hash, set())
        ends.discard(end)
        if not ends:
            self._ends.pop(token_hash, None)
        if not self._ends and self._checking is not None:
            self._checking.cancel()
            self._checking = None

    def ended(self, token_hash: str) -> None:
        """This sign-in is over: tell all who watch it."""
        for end in list(self._ends.get(token_hash, ())):
            end()

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._check()
            except (SQLAlchemyError, SqliteBusyError) as error:
                log.warning("sign_ins_not_checked", error=type(error).__name__, watched=len(self._ends))

    async def _check(self) -> None:
        watched = list(self._ends)
        for start in range(0, len(watched), MOST_IN_QUERY):
            some = watched[start : start + MOST_IN_QUERY]
            living = await self._database.read(self._living, some, now())
            for token_hash in some:
                if token_hash not in living:
                    self._forget(token_hash)
                    self.ended(token_hash)
