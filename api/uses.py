"""When sessions and tokens were last used: noted together a little later, so that no request waits for it."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.db import people
from activities.db.engine import SqliteBusyError
from api.database import Database, now

GATHER_S = 2.0
log = structlog.get_logger(__name__)


class Uses:
    """Gathers uses for two seconds and writes them in one transaction; one lost to a crash is noted next time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens: set[int] = set()
        self._sessions: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def of_token(self, token_id: int) -> None:
        """A bearer token was used."""
        self._tokens.add(token_id)
        self._gather()

    def of_session(self, token_hash: str) -> None:
        """A session was used."""
        self._sessions.add(token_hash)
        self._gather()

    def _gather(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        await asyncio.sleep(GATHER_S)
        self._task = None
        tokens, sessions = list(self._tokens), list(self._sessions)
        self._tokens.clear()
        self._sessions.clear()
        try:
            await self._database.write(people.note_uses, tokens, sessions, now())
        except (SQLAlchemyError, SqliteBusyError) as error:
            log.warning("uses_not_noted", error=type(error).__name__, uses=len(tokens) + len(sessions))
