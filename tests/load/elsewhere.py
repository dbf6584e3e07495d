"""A stack with its market in a process of its own: `python -P elsewhere.py LOTS CSRF` with a tree on PYTHONPATH.

`tests.load.earlier` starts it for this tree and for one of another commit, so only what both have is used here. It
tells as a line of JSON where everything is, obeys lines of orders, and ends with its input.
"""

import hashlib
import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, update

from activities.db.engine import make_engine, transaction
from activities.db.tables import sessions, users
from domain.clock import truncate
from tests.load.bench import Bench, Stage

LIFE = timedelta(days=1)


def main(lots: int, csrf: str) -> None:
    """Serve until the input ends."""
    with Bench(quick=True).stage() as stage:
        engine = make_engine(stage.stack.environment["DATABASE_URL"])
        made = stage.market.lots(lots)
        stage.settle()
        say(
            {
                "url": stage.stack.base_url,
                "pids": stage.stack.pids,
                "tokens": stage.market.tokens,
                "cookies": open_sessions(engine, csrf),
                "lots": made,
            }
        )
        for line in sys.stdin:
            say(obey(stage, engine, *json.loads(line)))
        engine.dispose()


def obey(stage: Stage, engine: Engine, order: str, value: Any) -> int:
    """`taken`, with lots: how many bids are recorded on them; `limit`, in cents or None: all bidders have that one."""
    match order:
        case "taken":
            return stage.market.taken(value)
        case "limit":
            with transaction(engine) as connection:
                bidders = update(users).where(users.c.can_bid.is_(True))
                return connection.execute(bidders.values(buying_limit_cents=value)).rowcount
        case _:
            raise ValueError(order)


def open_sessions(engine: Engine, csrf: str) -> list[str]:
    """Sign every bidder in; the cookies."""
    now = truncate(datetime.now(UTC))
    with transaction(engine) as connection:
        people = connection.execute(select(users.c.id).where(users.c.can_bid.is_(True))).scalars().all()
        cookies = {person: secrets.token_urlsafe(32) for person in people}
        rows = [
            {
                "token_hash": hashlib.sha256(cookie.encode()).hexdigest(),
                "user_id": person,
                "csrf_token": csrf,
                "created_at": now,
                "last_seen_at": now,
                "expires_at": now + LIFE,
                "user_agent": "load",
                "address": "127.0.0.1",
            }
            for person, cookie in cookies.items()
        ]
        connection.execute(insert(sessions), rows)
    return list(cookies.values())


def say(found: object) -> None:
    """One line of JSON."""
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
