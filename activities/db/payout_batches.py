"""Payouts on their way to banks: queued once by their key, cut into batches, and decided by what the bank says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.payout_bank_tables import payout_batches as batches
from activities.db.payout_bank_tables import payout_entries as entries
from activities.db.payout_bank_tables import seller_banks as banks
from domain.business_days import add_business_days, day_of
from domain.nacha import LAST_ENTRY, MODIFIERS


class Way(StrEnum):
    """How payouts go: in a file that the bank takes, or by hand at the bank's own desk."""

    ACH = "ach"
    MANUAL = "manual"


class BatchState(StrEnum):
    """Where a batch stands. `taken`: the bank has it; `refused`: it certainly did not take it."""

    MADE = "made"
    TAKEN = "taken"
    REFUSED = "refused"


class EntryState(StrEnum):
    """Where one attempt stands. `batched`: it is in a batch, and may have left."""

    QUEUED = "queued"
    BATCHED = "batched"
    SENT = "sent"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt to pay a seller; `key` is what the bank knows it by."""

    key: str
    order_id: int
    seller_id: int
    cents: int
    state: EntryState
    batch_id: int | None
    trace: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch; `effective_on` is the banking day on which the money shall be there."""

    id: int
    way: Way
    state: BatchState
    made_at: datetime
    effective_on: date
    modifier: str
    first_entry: int
    file_key: str | None
    file_sha256: str | None


ENTRY = tuple(entries.c[name] for name in ("key", "order_id", "seller_id", "cents", "state", "batch_id", "trace"))
BATCH = tuple(
    batches.c[name]
    for name in (
        *("id", "way", "state", "made_at", "effective_on", "modifier", "first_entry", "file_key", "file_sha256"),
    )
)


class EntryReusedError(Exception):
    """A payout of this key is queued already, and it is another one."""


def queue(connection: Connection, key: str, *, order_id: int, seller_id: int, cents: int, now: datetime) -> Entry:
    """Queue an attempt, or find the one of its key. Raises EntryReusedError where that one is not the same."""
    if find(connection, key) is None:
        row = {"key": key, "order_id": order_id, "seller_id": seller_id, "cents": cents, "created_at": now}
        try:
            with connection.begin_nested():
                connection.execute(insert(entries).values({**row, "state": EntryState.QUEUED.value, "updated_at": now}))
        except IntegrityError:
            pass
    found = find(connection, key)
    if found is None or (found.order_id, found.seller_id, found.cents) != (order_id, seller_id, cents):
        raise EntryReusedError(key)
    return found


def find(connection: Connection, key: str) -> Entry | None:
    """The attempt of a key."""
    row = connection.execute(select(*ENTRY).where(entries.c.key == key)).one_or_none()
    return None if row is None else _entry(tuple(row))


def by_trace(connection: Connection, trace: str) -> Entry | None:
    """The newest attempt that a bank's trace number names."""
    query = select(*ENTRY).where(entries.c.trace == trace).order_by(entries.c.created_at.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _entry(tuple(row))


def cut(connection: Connection, way: Way, sellers: Sequence[int] | None, now: datetime, limit: int) -> Batch | None:
    """Put what is queued into a new batch, of these sellers or of all; None where nothing waits, or where the day has
    no letter left for another file. Raises IntegrityError where somebody else cut one at the same moment."""
    query = select(entries.c.key, entries.c.cents).where(entries.c.state == EntryState.QUEUED.value)
    if sellers is not None:
        query = query.where(entries.c.seller_id.in_(sellers))
    waiting = connection.execute(query.order_by(entries.c.created_at, entries.c.key).limit(limit).with_for_update())
    keys: dict[str, int] = {row.key: row.cents for row in waiting}
    modifier = _next_modifier(connection, now)
    if not keys or modifier is None:
        return None
    row = {
        "way": way.value,
        "state": BatchState.MADE.value,
        "made_at": now,
        "made_on": day_of(now).isoformat(),
        "effective_on": add_business_days(day_of(now), 1).isoformat(),
        "modifier": modifier,
        "first_entry": _next_entry(connection, len(keys)),
        "entries": len(keys),
        "total_cents": sum(keys.values()),
    }
    made: Any = connection.execute(insert(batches).values(row)).inserted_primary_key
    batched = {"state": EntryState.BATCHED.value, "batch_id": made[0], "updated_at": now}
    connection.execute(update(entries).where(entries.c.key.in_(keys)).values(batched))
    return batch(connection, made[0])


def batch(connection: Connection, batch_id: int, *, lock: bool = False) -> Batch | None:
    """One batch."""
    query = select(*BATCH).where(batches.c.id == batch_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _batch(tuple(row))


def unhanded(connection: Connection, way: Way) -> Batch | None:
    """A batch that was cut for a file, of which there is none yet; the oldest. A list needs no file."""
    if way is not Way.ACH:
        return None
    missing = (batches.c.way == way.value) & batches.c.file_key.is_(None)
    still = missing & (batches.c.state == BatchState.MADE.value)
    row = connection.execute(select(*BATCH).where(still).order_by(batches.c.id).limit(1)).one_or_none()
    return None if row is None else _batch(tuple(row))


def payable_sellers(connection: Connection, *, needs_account: bool) -> list[int] | None:
    """Of whom attempts wait that can go into a batch now; None for all."""
    if not needs_account:
        return None
    waiting = select(entries.c.seller_id).where(entries.c.state == EntryState.QUEUED.value).distinct()
    query = select(banks.c.seller_id).where(banks.c.seller_id.in_(waiting)).order_by(banks.c.seller_id)
    return list(connection.execute(query).scalars())


def made(connection: Connection, limit: int) -> list[Batch]:
    """The batches that nobody has decided, oldest first."""
    query = select(*BATCH).where(batches.c.state == BatchState.MADE.value).order_by(batches.c.id).limit(limit)
    return [_batch(tuple(row)) for row in connection.execute(query)]


def of_batch(connection: Connection, batch_id: int) -> list[Entry]:
    """The attempts of a batch, in the order of their keys."""
    query = select(*ENTRY).where(entries.c.batch_id == batch_id).order_by(entries.c.key)
    return [_entry(tuple(row)) for row in connection.execute(query)]


def keep_file(connection: Connection, batch_id: int, *, key: str, sha256: str, traces: Mapping[str, str]) -> None:
    """Note where a batch's file is, and what the bank calls each of its entries; one that is noted already stays."""
    fresh = (batches.c.id == batch_id) & batches.c.file_key.is_(None)
    if connection.execute(update(batches).where(fresh).values(file_key=key, file_sha256=sha256)).rowcount:
        for entry, trace in traces.items():
            connection.execute(update(entries).where(entries.c.key == entry).values(trace=trace))


def decide(connection: Connection, batch_id: int, state: BatchState, by: int, now: datetime) -> list[Entry]:
    """The bank has taken a batch, or has not: its attempts that moved by that. A batch is decided once.

    Raises LookupError for no batch.
    """
    known = batch(connection, batch_id, lock=True)
    if known is None:
        raise LookupError(batch_id)
    if known.state is not BatchState.MADE:
        return []
    values = {"state": state.value, "decided_by": by, "decided_at": now}
    connection.execute(update(batches).where(batches.c.id == batch_id).values(values))
    after = EntryState.SENT if state is BatchState.TAKEN else EntryState.FAILED
    mine = (entries.c.batch_id == batch_id) & (entries.c.state == EntryState.BATCHED.value)
    keys = connection.execute(select(entries.c.key).where(mine)).scalars().all()
    connection.execute(update(entries).where(entries.c.key.in_(keys)).values(state=after.value, updated_at=now))
    return [each for each in of_batch(connection, batch_id) if each.key in keys]


def end(connection: Connection, key: str, state: EntryState, reason: str, now: datetime) -> Entry | None:
    """One attempt came back, or never could leave; None where it had ended so already, or is not there."""
    before = {
        EntryState.RETURNED: (EntryState.SENT, EntryState.BATCHED),
        EntryState.FAILED: (EntryState.QUEUED, EntryState.BATCHED),
    }.get(state, ())
    moves = (entries.c.key == key) & entries.c.state.in_([each.value for each in before])
    values = {"state": state.value, "reason": reason, "updated_at": now}
    moved = connection.execute(update(entries).where(moves).values(values)).rowcount
    return find(connection, key) if moved else None


def keep_bank(connection: Connection, seller_id: int, sealed: str, last4: str, now: datetime) -> None:
    """Write down the account that a seller is paid to, in the place of any other."""
    values = {"sealed": sealed, "last4": last4, "updated_at": now}
    if connection.execute(update(banks).where(banks.c.seller_id == seller_id).values(values)).rowcount == 0:
        connection.execute(insert(banks).values(seller_id=seller_id, **values))


def sealed_banks(connection: Connection, seller_ids: Sequence[int]) -> dict[int, str]:
    """The sealed accounts of those sellers that have one."""
    query = select(banks.c.seller_id, banks.c.sealed).where(banks.c.seller_id.in_(seller_ids))
    return {row.seller_id: row.sealed for row in connection.execute(query)}


def _next_modifier(connection: Connection, now: datetime) -> str | None:
    """The letter that tells the next file of a day (in Chicago) from the others."""
    query = select(func.count()).select_from(batches).where(batches.c.made_on == day_of(now).isoformat())
    today = connection.execute(query).scalar_one()
    return MODIFIERS[today] if today < len(MODIFIERS) else None


def _next_entry(connection: Connection, count: int) -> int:
    """The number of a batch's first entry: on from the last one, and from 1 again before the field is full."""
    last = select(batches.c.first_entry + batches.c.entries).order_by(batches.c.id.desc()).limit(1)
    following: int = connection.execute(last).scalar_one_or_none() or 1
    return following if following + count - 1 <= LAST_ENTRY else 1


def count_queued(connection: Connection) -> int:
    """How many attempts wait for a batch."""
    query = select(func.count()).select_from(entries).where(entries.c.state == EntryState.QUEUED.value)
    return connection.execute(query).scalar_one()


def _entry(row: tuple[Any, ...]) -> Entry:
    key, order_id, seller_id, cents, state, batch_id, trace = row
    return Entry(key, order_id, seller_id, cents, EntryState(state), batch_id, trace)


def _batch(row: tuple[Any, ...]) -> Batch:
    key, way, state, made_at, effective_on, *rest = row
    return Batch(key, Way(way), BatchState(state), made_at, date.fromisoformat(effective_on), *rest)
