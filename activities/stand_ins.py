"""The stand-ins of title and transport that do everything by themselves: what has happened is told to its order."""

import asyncio
from datetime import datetime

from sqlalchemy import Engine

from activities.db import stand_ins
from activities.db.engine import reading, transaction
from activities.db.stand_ins import Due
from activities.ledger import utc_now
from activities.order_doors import OrderNews

AT_ONCE = 50


class StandInTold:
    """A sweep: it is run every few seconds, by any process."""

    def __init__(self, engine: Engine, news: OrderNews) -> None:
        self._engine = engine
        self._news = news

    async def tell_due(self) -> int:
        """Tell the orders what has happened; how much that was. Raises where a workflow cannot be reached: what was not
        told is told by the next sweep, and what was told twice is news once."""
        found = await asyncio.to_thread(self._due, utc_now())
        for each in found:
            await self._news.happened(each.order_id, each.event, each.due_at)
            await asyncio.to_thread(self._mark, each)
        return len(found)

    def _due(self, now: datetime) -> list[Due]:
        with reading(self._engine) as connection:
            return stand_ins.due(connection, now, AT_ONCE)

    def _mark(self, told: Due) -> None:
        with transaction(self._engine) as connection:
            stand_ins.mark_told(connection, told, utc_now())
