"""Changes on their way into the index: few of them member by member, many as whole columns."""

from array import array
from collections.abc import Sequence

from activities.db.search import CHANGE
from activities.search_index.coding import LAT, LNG, MOVING
from activities.search_index.columns import Column, members_of
from activities.search_index.places import Places
from activities.search_index.snapshot import EMPTY, Snapshot

# From here on it is quicker to write whole columns.
MANY = 2_000
PUT_AT = CHANGE.index("put_at")


class Changes:
    """What is to become of a snapshot. `since_ms` is the time from which on the changes are read."""

    def __init__(self, snapshot: Snapshot, since_ms: int) -> None:
        self._snapshot = snapshot
        self._since_ms = since_ms
        self._few: dict[str, dict[int, int]] = {}
        self._many: dict[str, array[int]] = {}
        self._touched: array[int] = array("Q")
        self._touched_put: array[int] = array("Q")
        self.count = 0
        self.put: set[int] = set()

    def note(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows of `search.changes` down; of two of one listing the later counts."""
        self.count += len(rows)
        coding = self._snapshot.coding
        # What was put before the changes were read last can have changed only in what an auction moves.
        put = [row for row in rows if int(row[PUT_AT]) >= self._since_ms]
        groups = ((rows, coding.moving, self._touched), (put, coding.static, self._touched_put))
        for concerned, code, touched in groups:
            if not concerned:
                continue
            texts = dict(zip(CHANGE, zip(*concerned, strict=True), strict=True))
            members = [int(text) for text in texts["vehicle_id"]]
            if self.count > MANY:
                touched.extend(members)
            for name, codes in code(texts).items():
                self._write(name, members, codes)
            if concerned is put:
                self.put.update(members)
                self._place(members, texts["lat"], texts["lng"])

    def snapshot(self) -> Snapshot:
        """The snapshot with all changes."""
        if not self.count:
            return self._snapshot
        columns = dict(self._snapshot.columns)
        for name, few in self._few.items():
            columns[name] = columns.get(name, EMPTY).changed(few)
        moved, put = members_of(self._touched), members_of(self._touched_put)
        for name, values in self._many.items():
            touched = moved if name in MOVING else put
            columns[name] = columns.get(name, EMPTY).replaced(touched, Column.of(values))
        places = self._snapshot.places
        now = Places(columns.get(LAT, EMPTY), columns.get(LNG, EMPTY), places.lats, places.lngs)
        return Snapshot(self._snapshot.coding, columns, now)

    def _write(self, name: str, members: Sequence[int], codes: Sequence[int]) -> None:
        if self.count <= MANY:
            self._few.setdefault(name, {}).update(zip(members, codes, strict=True))
            return
        values = self._many.setdefault(name, array("Q"))
        missing = max(members) + 1 - len(values)
        values.frombytes(bytes(values.itemsize * max(0, missing)))
        for member, code in zip(members, codes, strict=True):
            values[member] = code

    def _place(self, members: Sequence[int], lats: Sequence[str], lngs: Sequence[str]) -> None:
        for member, lat, lng in zip(members, lats, lngs, strict=True):
            self._snapshot.places.put(member, float(lat or 0), float(lng or 0))
