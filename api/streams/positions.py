"""Private news: each signed-in viewer's own position, on that person's streams and no others."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from activities.db.auctions import Head
from activities.db.bids import Mine
from activities.db.streams import heads_and_positions
from api.database import Database, now
from api.streams.audience import Audience
from api.streams.frames import ENCODER, Frame
from api.streams.lot import LiveLot
from api.streams.market import Market
from api.streams.subscriber import Subscriber
from api.views import mine_view
from domain.clock import to_text

MOST_IN_QUERY = 500
NOTHING = Mine(None, None, None)


class Positions:
    """Tells people where they stand, from the database alone."""

    def __init__(self, market: Market, database: Database, kick: Callable[[LiveLot], None]) -> None:
        self._market = market
        self._database = database
        self._kick = kick

    async def tell(self, lot: LiveLot, user_ids: Collection[int]) -> None:
        """Tell those of these people who watch, and whose position is not what they were told last."""
        wanted = sorted(user_ids)
        for start in range(0, len(wanted), MOST_IN_QUERY):
            some = wanted[start : start + MOST_IN_QUERY]
            heads, mines = await self._database.read(heads_and_positions, [lot.id], some)
            for user_id in some:
                self._tell_one(lot, heads[lot.id], user_id, mines.get((lot.id, user_id), NOTHING))

    async def greet(self, audience: Audience, subscriber: Subscriber) -> None:
        """Tell a person who has just come where they stand in all lots of the stream."""
        user_id = subscriber.user_id
        if user_id is None:
            return
        heard = {lot: lot.heard for lot in audience.lots.values()}
        heads, mines = await self._database.read(heads_and_positions, list(audience.lots), [user_id])
        parts = []
        for lot, before in heard.items():
            if lot.id not in heads:
                continue
            mine = mines.get((lot.id, user_id), NOTHING)
            parts.append(self._you(lot, heads[lot.id], user_id, mine))
            if lot.heard != before:
                # News came while the database was asked: the answer may be older than they are.
                lot.waiting.users.add(user_id)
                self._kick(lot)
        subscriber.push(b"".join(parts))

    def _tell_one(self, lot: LiveLot, head: Head, user_id: int, mine: Mine) -> None:
        before = lot.told.get(user_id)
        written = self._you(lot, head, user_id, mine)
        if lot.told.get(user_id) == before:
            return
        for subscriber in self._market.subscribers(lot.id, user_id):
            subscriber.push(written)

    def _you(self, lot: LiveLot, head: Head, user_id: int, mine: Mine) -> bytes:
        view: Mapping[str, Any] = mine_view(head, user_id, mine)
        names = ("position", "minimum_cents", "my_max_cents", "alias")
        # The minimum of everyone but the leader is the public one, and no news by itself.
        minimum = view["minimum_cents"] if view["position"] == "leading" else None
        if mine is not NOTHING:
            lot.told[user_id] = (view["position"], minimum, view["my_max_cents"], view["alias"])
        data = {"auction_id": lot.id, **{name: view[name] for name in names}}
        more = {"ends_at": to_text(head.ends_at), "server_now": to_text(now())}
        return Frame("you", ENCODER.encode({**data, **more})).written(None)
