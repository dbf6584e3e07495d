"""The browsers in which a person is signed in: listed, ended one by one or all at once, and what they have shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from activities.db.tables import sessions

# Enough of the hash to name a session among those of one person; the rest never leaves the database.
ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it."""

    token_hash: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str

    @property
    def id(self) -> str:
        """Its public name."""
        return self.token_hash[:ID_LENGTH]


def sessions_of(connection: Connection, user_id: int, now: datetime) -> list[OpenSession]:
    """The sessions of a person that are not expired, the last used first."""
    query = (
        select(
            sessions.c.token_hash,
            sessions.c.created_at,
            sessions.c.last_seen_at,
            sessions.c.expires_at,
            sessions.c.user_agent,
            sessions.c.address,
        )
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        .order_by(sessions.c.last_seen_at.desc(), sessions.c.token_hash)
    )
    return [OpenSession(*row) for row in connection.execute(query)]


def end_one(connection: Connection, user_id: int, session_id: str) -> list[str]:
    """End a person's session by its public name; the hash of what ended, or nothing."""
    own = (sessions.c.user_id == user_id) & sessions.c.token_hash.startswith(session_id, autoescape=True)
    ended = list(connection.execute(select(sessions.c.token_hash).where(own)).scalars())
    connection.execute(delete(sessions).where(own))
    return ended


def end_all(connection: Connection, user_id: int, *, but: str = "") -> list[str]:
    """End all sessions of a person, except one by its hash; the hashes of those that ended."""
    own = (sessions.c.user_id == user_id) & (sessions.c.token_hash != but)
    ended = list(connection.execute(select(sessions.c.token_hash).where(own)).scalars())
    connection.execute(delete(sessions).where(own))
    return ended


def note_proof(connection: Connection, token_hash: str, now: datetime) -> None:
    """The owner of a session has just shown once more that it is them."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(second_factor_at=now))
