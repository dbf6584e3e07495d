"""Which sign-ins still stand: asked for many at once, by those who rely on them for longer than one request."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from activities.db.tables import api_tokens, sessions, users


def living_sessions(connection: Connection, token_hashes: Collection[str], now: datetime) -> set[str]:
    """Of these sessions (SHA-256 hex of their cookies), those unexpired and of accounts that are not disabled."""
    query = (
        select(sessions.c.token_hash)
        .join(users, sessions.c.user_id == users.c.id)
        .where(sessions.c.token_hash.in_(token_hashes), sessions.c.expires_at > now, users.c.disabled_at.is_(None))
    )
    return set(connection.execute(query).scalars())


def living_tokens(connection: Connection, token_hashes: Collection[str], now: datetime) -> set[str]:
    """Of these bearer tokens (SHA-256 hex), those neither revoked nor expired, of accounts that are not disabled."""
    query = (
        select(api_tokens.c.token_hash)
        .join(users, api_tokens.c.user_id == users.c.id)
        .where(
            api_tokens.c.token_hash.in_(token_hashes),
            api_tokens.c.revoked_at.is_(None),
            api_tokens.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
    )
    return set(connection.execute(query).scalars())
