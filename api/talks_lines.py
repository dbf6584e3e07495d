"""What the page of offers shows of negotiations and second chances, read at once."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from activities.db import second_chances, talks
from api.talks_views import listed_chance, listed_negotiation
from web.talks_views import ChanceLine, Talks, TalksLine

SHOWN = 20


def talks_of(connection: Connection, user_id: int, moment: datetime, typed: Mapping[str, str]) -> Talks:
    """The newest of somebody's negotiations and second chances, those that wait for them first."""
    found = [
        listed_negotiation(each, user_id, moment) for each in talks.page(connection, user_id, after=None, limit=SHOWN)
    ]
    lines = [
        TalksLine(view, moment, str(uuid.uuid4()), typed.get(f"talks {view['id']}", ""))
        for view in found
        if view is not None
    ]
    offered = [
        listed_chance(each, user_id, moment)
        for each in second_chances.page(connection, user_id, before=None, limit=SHOWN)
    ]
    chances = [ChanceLine(view, moment, str(uuid.uuid4())) for view in offered if view is not None]
    return Talks(sorted(lines, key=lambda line: not line.waits), sorted(chances, key=lambda line: not line.waits))
