"""Which lots this process streams, and to whom."""

import time
from collections.abc import Iterable, Sequence

from activities.db.streams import Recorded
from api.streams.audience import Audience
from api.streams.lot import LiveLot
from api.streams.subscriber import Subscriber

KEEP_UNUSED_S = 10.0
Key = tuple[bool, tuple[int, ...]]


class Market:
    """The lots that are kept in step, and the audiences that watch them."""

    def __init__(self) -> None:
        self.lots: dict[int, LiveLot] = {}
        self.audiences: dict[Key, Audience] = {}
        self._watching: dict[int, set[Audience]] = {}

    def unknown(self, auction_ids: Iterable[int]) -> list[int]:
        """The ids of lots that are not kept here yet; the others are kept for a while longer."""
        missing = []
        for auction_id in auction_ids:
            lot = self.lots.get(auction_id)
            if lot is None:
                missing.append(auction_id)
            else:
                lot.unused_since = time.monotonic()
        return missing

    def add(self, recorded: Recorded) -> None:
        """Keep a lot in step from now on."""
        lot = LiveLot(recorded)
        lot.unused_since = time.monotonic()
        self.lots.setdefault(lot.id, lot)

    def audience(self, lots: Sequence[LiveLot], *, is_list: bool) -> Audience:
        """The audience of these lots, the same for all who watch the same ones the same way."""
        key = (is_list, tuple(lot.id for lot in lots))
        found = self.audiences.get(key)
        if found is None:
            # A lot that was swept meanwhile comes back, unless another request has loaded it anew.
            found = Audience([self.lots.setdefault(lot.id, lot) for lot in lots], is_list=is_list)
            self.audiences[key] = found
            for auction_id in found.lots:
                self._watching.setdefault(auction_id, set()).add(found)
        return found

    def watching(self, auction_id: int) -> list[Audience]:
        """The audiences of a lot."""
        return list(self._watching.get(auction_id, ()))

    def viewers(self, auction_id: int) -> set[int]:
        """The signed-in people who watch a lot."""
        return {user_id for audience in self.watching(auction_id) for user_id in audience.viewers}

    def subscribers(self, auction_id: int, user_id: int) -> list[Subscriber]:
        """The streams of one person that watch a lot."""
        return [each for audience in self.watching(auction_id) for each in audience.viewers.get(user_id, ())]

    def leave(self, audience: Audience, subscriber: Subscriber) -> None:
        """Take a stream out of its audience, and the audience away with its last stream."""
        audience.remove(subscriber)
        if audience.subscribers:
            return
        self.audiences.pop((audience.is_list, tuple(audience.lots)), None)
        for lot in audience.lots.values():
            lot.unused_since = time.monotonic()
            self._watching.get(lot.id, set()).discard(audience)

    def sweep(self) -> None:
        """Forget lots that nobody has watched for a while."""
        oldest = time.monotonic() - KEEP_UNUSED_S
        for lot in list(self.lots.values()):
            if not self._watching.get(lot.id) and lot.unused_since < oldest and not lot.is_flushing:
                del self.lots[lot.id]
                self._watching.pop(lot.id, None)
