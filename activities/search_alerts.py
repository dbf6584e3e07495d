"""Tells people what their saved searches have found: each listing is matched once, each alert is in one mail."""

from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from activities.db import notifications, saved_searches, search
from activities.db.engine import reading, transaction
from activities.db.notifications import NewNotice
from activities.db.saved_searches import Letter
from activities.ledger import utc_now
from domain.clock import to_ms, truncate
from domain.notices import NoticeKind
from domain.search import Listing

LISTINGS_AT_ONCE = 20
LETTERS_AT_ONCE = 100
SHOWN = 10

log = structlog.get_logger(__name__)


class SearchAlerts:
    """Matching and writing, in transactions of their own; all of it may be done again, by any number of processes.

    `site_url` has no slash at its end. What is written into the outbox is sent by the Notice workflows.
    """

    def __init__(self, engine: Engine, site_url: str) -> None:
        self._engine = engine
        self._site_url = site_url

    def match(self, vehicle_id: int) -> int:
        """Note whose searches a listing that has gone live fits, once; returns how many alerts are new."""
        with transaction(self._engine) as connection:
            found = saved_searches.match(connection, vehicle_id, truncate(utc_now()))
        log.info("listing_matched", vehicle_id=vehicle_id, alerts=found)
        return found

    def match_new(self) -> int:
        """Match every listing that nobody has matched yet; returns how many listings that were."""
        with reading(self._engine) as connection:
            waiting = saved_searches.unmatched(connection, LISTINGS_AT_ONCE)
        for vehicle_id in waiting:
            self.match(vehicle_id)
        return len(waiting)

    def write_due(self, now: datetime) -> list[str]:
        """Write the letters that are due into the outbox; returns their outbox ids, to be started."""
        with reading(self._engine) as connection:
            people = saved_searches.due(connection, now, LETTERS_AT_ONCE)
        written = [self._write(user_id, now) for user_id in people]
        return [outbox_id for outbox_id in written if outbox_id is not None]

    def _write(self, user_id: int, now: datetime) -> str | None:
        # The mail and the mark are one transaction: whoever dies in between has written neither.
        with transaction(self._engine) as connection:
            letter = saved_searches.letter(connection, user_id, now)
            if letter is None:
                return None
            outbox_id = self._enqueue(connection, letter, now)
            saved_searches.mark_told(connection, letter, outbox_id, now)
            return outbox_id

    def _enqueue(self, connection: Connection, letter: Letter, now: datetime) -> str | None:
        known = search.listings(connection, [vehicle_id for vehicle_id, _ in letter.found])
        found = [
            [title_of(known[vehicle_id]), name, f"{self._site_url}/vehicles/{vehicle_id}"]
            for vehicle_id, name in letter.found
            if vehicle_id in known
        ]
        if not found or not letter.email:
            return None
        values = {
            "name": letter.name,
            "found": found[:SHOWN],
            "total": len(found),
            "searches_link": f"{self._site_url}/me/searches",
        }
        key = f"searches {letter.user_id} {to_ms(now)}"
        mail = NewNotice(letter.user_id, NoticeKind.SEARCH_MATCHES, letter.email, values, key)
        return notifications.enqueue(connection, mail, now)


def title_of(listing: Listing) -> str:
    """`2019 Honda Civic EX`."""
    return f"{listing.year} {listing.make} {listing.model} {listing.trim}".rstrip()
