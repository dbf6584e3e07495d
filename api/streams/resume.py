"""What a reader who comes back has missed, by its `Last-Event-ID`: replayed from the ledger, or a fresh snapshot."""

import re
from collections.abc import Mapping
from typing import Any

from activities.db.streams import entries_between
from api.database import Database, now
from api.recent import Recent
from api.streams.audience import Audience
from api.streams.broadcast import MOST_MISSED
from api.streams.frames import STATUS_NAMES, Facts, Said, public_frames, said_of
from api.streams.lot import LiveLot
from domain.clock import to_text

ONE = re.compile(r"[0-9]{1,18}")
LIST = re.compile(r"[0-9]{1,18}:[0-9]{1,18}(,[0-9]{1,18}:[0-9]{1,18}){0,199}")
KEPT_S = 5.0
KEPT = 1_000

Entries = list[dict[str, Any]]


def versions_of(event_id: str | None, *, auction_ids: list[int], is_list: bool) -> dict[int, int]:
    """The versions a reader has, by lot; lots that an id does not name are missing, and all are for garbage."""
    text = event_id or ""
    if not is_list:
        return {auction_ids[0]: int(text)} if ONE.fullmatch(text) else {}
    if not LIST.fullmatch(text):
        return {}
    pairs = (pair.split(":") for pair in text.split(","))
    return {int(key): int(version) for key, version in pairs}


class Resume:
    """Prepares the beginning of a stream; many readers who come back at once share one query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._replays: Recent[tuple[int, int, int], Entries | None] = Recent(size=KEPT, seconds=KEPT_S)

    async def beginning(self, audience: Audience, have: Mapping[int, int]) -> bytes:
        """What brings a reader with these versions to what watchers were told last as this was called.

        The state is taken before the first wait: what is told from then on must be queued for the reader.
        """
        plan = [
            (lot, lot.view, lot.snapshot(), self._can_replay(lot, have.get(lot.id))) for lot in audience.lots.values()
        ]
        versions = {lot.id: have[lot.id] for lot, _, _, replays in plan if replays}
        parts = []
        for lot, view, snapshot, replays in plan:
            entries = await self._missed(lot.id, have[lot.id], view["version"]) if replays else None
            if entries is None:
                versions[lot.id] = view["version"]
                parts.append(snapshot.written(audience.event_id(versions)))
            else:
                parts += _replayed(audience, lot.id, entries, view, versions)
        return b"".join(parts)

    def _can_replay(self, lot: LiveLot, version: int | None) -> bool:
        if version is None or not 0 <= lot.version - version <= MOST_MISSED:
            return False
        # Before the first bid the start itself has no version: a reader may not know that the lot is live.
        return version < lot.version or lot.view["status"] != "live" or lot.view["price_cents"] is not None

    async def _missed(self, auction_id: int, after: int, through: int) -> Entries | None:
        if after == through:
            return []
        key = (auction_id, after, through)
        return await self._replays.get(
            key,
            lambda: self._database.read(entries_between, auction_id, after=after, through=through, most=MOST_MISSED),
        )


def _replayed(
    audience: Audience, auction_id: int, entries: Entries, view: Facts, versions: dict[int, int]
) -> list[bytes]:
    """Each missed version as events of its own; `versions` moves along. A closing at the end has no version."""
    parts, moment = [], to_text(now())
    reserve = entries[0]["reserve"] if entries else view["reserve"]
    for entry in entries:
        told = public_frames(auction_id, entry, [entry], said_of([entry], reserve), moment)
        reserve, versions[auction_id] = entry["reserve"], entry["version"]
        parts += [frame.written(audience.event_id(versions)) for frame in told]
    versions[auction_id] = view["version"]
    if view["status"] in {"closing", "held"} and (not entries or entries[-1]["status"] != view["status"]):
        said = [Said(STATUS_NAMES[view["status"]], {"reason": view["hold_reason"]})]
        told = public_frames(auction_id, view, [], said, moment)
        parts += [frame.written(audience.event_id(versions)) for frame in told]
    return parts
