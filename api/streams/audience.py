"""All streams of this process that watch the same lots: what is written to them is written once."""

from collections.abc import Mapping, Sequence

from api.database import now
from api.streams import frames
from api.streams.frames import Frame
from api.streams.lot import LiveLot
from api.streams.subscriber import Subscriber
from domain.clock import to_text


class Audience:
    """The streams of one address: of one lot (ids `41`), or of a list of lots (ids `1:41,2:7`)."""

    __slots__ = ("is_list", "lots", "sent", "subscribers", "viewers")

    def __init__(self, lots: Sequence[LiveLot], *, is_list: bool) -> None:
        self.lots = {lot.id: lot for lot in lots}
        self.is_list = is_list
        self.subscribers: dict[Subscriber, None] = {}
        self.viewers: dict[int, set[Subscriber]] = {}
        # The versions that every stream here was surely sent: an id never claims more for another lot.
        self.sent = {lot.id: lot.version for lot in lots}

    def add(self, subscriber: Subscriber) -> None:
        """Write to this stream from now on."""
        self.subscribers[subscriber] = None
        if subscriber.user_id is not None:
            self.viewers.setdefault(subscriber.user_id, set()).add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Write to this stream no more."""
        self.subscribers.pop(subscriber, None)
        if subscriber.user_id is not None:
            own = self.viewers.get(subscriber.user_id, set())
            own.discard(subscriber)
            if not own:
                self.viewers.pop(subscriber.user_id, None)

    def event_id(self, versions: Mapping[int, int]) -> bytes:
        """The id of an event after which a stream has these versions."""
        if self.is_list:
            return ",".join(f"{key}:{version}" for key, version in versions.items()).encode()
        return b"%d" % next(iter(versions.values()))

    def written(self, lot: LiveLot, told: Sequence[Frame]) -> bytes:
        """Events of one lot, with the ids of this audience."""
        event_id = self.event_id({**self.sent, lot.id: lot.version})
        return b"".join(frame.written(event_id) for frame in told)

    def snapshots(self) -> bytes:
        """A fresh start: one snapshot of each lot; each id claims only the lots that were sent before it."""
        versions: dict[int, int] = {}
        parts = []
        for lot in self.lots.values():
            versions[lot.id] = lot.version
            parts.append(lot.snapshot().written(self.event_id(versions)))
        return b"".join(parts)

    def heartbeat(self) -> bytes:
        """The sign of life of this moment."""
        versions = {key: lot.version for key, lot in self.lots.items()}
        ends = {key: lot.view["ends_at"] for key, lot in self.lots.items()}
        return frames.heartbeat(versions, ends, to_text(now()))
