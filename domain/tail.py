"""The newest end of a ledger as its auction keeps it: what may not be recorded yet, and recent first answers."""

from dataclasses import dataclass, field

from domain.errors import Code
from domain.ledger import Entry

ENDINGS = frozenset({"closed", "cancelled", "bought", "offer_accepted"})
# What names a wish that is judged once, besides the id of a bid.
NAMES = {"reserved": "purchase_id", "offer_accepted": "acceptance_id"}
KEEP_RECORDED = 500
TRIM_STEP = 500
START_RECORDING = 1_000
MOST_UNRECORDED = 5_000


@dataclass(slots=True)
class Tail:
    """Entries `first_seq`.. in order. Those up to `recorded_through` are in the database for certain."""

    entries: list[Entry] = field(default_factory=list)
    recorded_through: int = 0
    _by_id: dict[str, Entry] = field(default_factory=dict)

    @property
    def first_seq(self) -> int:
        """The oldest `seq` still kept, or 1 before there is any."""
        return self.entries[0].seq if self.entries else 1

    @property
    def unrecorded_count(self) -> int:
        """How many entries the database may not have."""
        return self.entries[-1].seq - self.recorded_through if self.entries else 0

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be recorded that no new bid may be taken."""
        return self.unrecorded_count >= MOST_UNRECORDED

    def append(self, entry: Entry) -> None:
        """Keep a new entry; a bid's first answer can be found by its id from now on."""
        self.entries.append(entry)
        key = _key(entry)
        if key is not None and entry.public["code"] != Code.ID_REUSED:
            self._by_id[key] = entry

    def find(self, bid_id: str) -> Entry | None:
        """The first answer to a recent bid id."""
        return self._by_id.get(bid_id)

    def first(self, kind: str, name: str) -> Entry | None:
        """The first answer to a recent wish of a kind of `NAMES`."""
        return self._by_id.get(f"{kind} {name}")

    def ending(self) -> Entry | None:
        """The entry that closed or cancelled the lot, while it is kept."""
        endings = (entry for entry in self.entries if entry.public["kind"] in ENDINGS)
        return next((entry for entry in endings if entry.public["outcome"] == "done"), None)

    def at(self, seq: int) -> Entry | None:
        """The entry of this `seq`, while it is kept."""
        index = seq - self.first_seq
        return self.entries[index] if 0 <= index < len(self.entries) else None

    def covers(self, checked_through: int) -> bool:
        """Whether a bid id that the database did not know at `checked_through` would be found here if it was judged."""
        return checked_through + 1 >= self.first_seq

    def unrecorded(self, most: int, after: int = 0) -> list[Entry]:
        """The oldest entries after a `seq` that are not known to be recorded, at most so many."""
        start = max(max(self.recorded_through, after) + 1 - self.first_seq, 0)
        return self.entries[start : start + most]

    def confirm(self, through: int) -> None:
        """Learn that the database has everything up to `through`; forget what is recorded and no longer recent."""
        last = self.entries[-1].seq if self.entries else 0
        self.recorded_through = max(self.recorded_through, min(through, last))
        spare = self.recorded_through + 1 - self.first_seq - KEEP_RECORDED
        if spare < TRIM_STEP:
            return
        for entry in self.entries[:spare]:
            key = _key(entry)
            if key is not None and self._by_id.get(key) is entry:
                del self._by_id[key]
        del self.entries[:spare]


def _key(entry: Entry) -> str | None:
    bid_id: str | None = entry.public.get("bid_id")
    kind = entry.public["kind"]
    return f"{kind} {entry.public[NAMES[kind]]}" if kind in NAMES else bid_id
