"""Bidders who were linked to a lot's seller after its terms were frozen: they are refused at the edge."""

from activities.db import links
from api.database import Database
from api.recent import Recent

KNOWN = 20_000
# A decision of support counts here within so many seconds.
KNOWN_S = 10.0


class Barred:
    """Who may not bid on which lots, as far as this process has asked lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Recent[int, frozenset[int]] = Recent(size=KNOWN, seconds=KNOWN_S)

    async def keeps_out(self, auction_id: int, user_id: int) -> bool:
        """Whether somebody is linked to the lot's seller, so that a bid of theirs is refused as OWN_VEHICLE."""

        async def look() -> frozenset[int]:
            return await self._database.read(links.barred_on, auction_id)

        return user_id in await self._known.get(auction_id, look)
