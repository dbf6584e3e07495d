"""Writes ledger entries down: one idempotent function for whoever brings them, in one transaction of the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from activities.db import listings, orders, talks
from activities.db.bulk import insert_rows
from activities.db.prepared import Prepared
from activities.db.purchases import PURCHASES, follow
from activities.db.reinstatements import let_lead_again
from activities.db.reservations import Kind, release, turn
from activities.db.seller_feed import note_lot
from activities.db.tables import auction_ledger, auctions, bids
from domain.auction import Result
from domain.clock import from_text, to_ms
from domain.errors import Code
from domain.ledger import Entry
from domain.orders import HowSold

BID_KINDS = frozenset({"bid", "auto_bid"})
REPLAYS = frozenset({"retracted", "bidder_removed"})
ENCODER = msgspec.json.Encoder()
FORK_ALERT = "fork: the database and the auction's history disagree at one ledger entry"


COPIED = ("status", "price_cents", "minimum_next_cents", "version", "bid_count", "bidder_count")
HEAD_COLUMNS = (auctions.c.seq, auctions.c.hash, auctions.c.version, auctions.c.leader_id, auctions.c.leader_alias)
HEAD = Prepared(select(*HEAD_COLUMNS).where(auctions.c.id == bindparam("auction_id")))
LOCKED_HEAD = Prepared(select(*HEAD_COLUMNS).where(auctions.c.id == bindparam("auction_id")).with_for_update())
NEW_HEAD = Prepared(
    update(auctions)
    .where(auctions.c.id == bindparam("auction_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("seq", "hash", "leader_id", "leader_alias", "reserve_state", "ends_at", *COPIED)
        }
    )
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How far the database is without a gap. `written` are the entries that were new to it.

    `forked`: it has another hash at a `seq` that was sent; nothing was written. `gap`: the entries begin after the next
    missing `seq`; nothing was written.
    """

    through: int
    hash: str
    written: Sequence[Entry] = ()
    forked: bool = False
    gap: bool = False
    users: Sequence[int] = ()
    version_before: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """The part of an auction's head row that recording needs."""

    seq: int
    hash: str
    version: int
    leader_id: int | None
    leader_alias: str | None


def head(connection: Connection, auction_id: int, *, lock: bool = False) -> Head | None:
    """The recorded head of an auction; locked until the end of the transaction where asked for."""
    row: Sequence[Any] | None = (LOCKED_HEAD if lock else HEAD).run(connection, auction_id=auction_id).one_or_none()
    return None if row is None else Head(*row)


def record(connection: Connection, auction_id: int, entries: Sequence[Entry]) -> Recorded:
    """Write what is new of `entries`: ledger, bids, head, and reservations that are over.

    `entries` are what one or more batches brought, each in order of `seq`; they may overlap. Idempotent by (auction,
    seq). Raises LookupError for an auction without a row.
    """
    current = head(connection, auction_id, lock=True)
    if current is None:
        message = f"auction {auction_id} has no row to record on"
        raise LookupError(message)
    known = max((entry for entry in entries if entry.seq <= current.seq), key=lambda entry: entry.seq, default=None)
    if known is not None and _stored_hash(connection, auction_id, known.seq) != known.hash:
        return _fork(connection, auction_id, current)
    fresh, forked, gap = _fresh(current, entries)
    if forked:
        return _fork(connection, auction_id, current)
    if gap or not fresh:
        return Recorded(current.seq, current.hash, gap=gap)
    users = _write(connection, auction_id, current, fresh)
    return Recorded(fresh[-1].seq, fresh[-1].hash, fresh, users=users, version_before=current.version)


def count_entries(connection: Connection, auction_id: int) -> int:
    """How many entries of an auction are recorded."""
    query = select(func.count()).select_from(auction_ledger).where(auction_ledger.c.auction_id == auction_id)
    return connection.execute(query).scalar_one()


def _fresh(current: Head, entries: Sequence[Entry]) -> tuple[list[Entry], bool, bool]:
    """The entries that follow from the head, each once; whether some contradict each other, and whether some lack."""
    fresh: list[Entry] = []
    for entry in entries:
        place = entry.seq - current.seq - 1
        if place > len(fresh):
            return fresh, False, True
        if place == len(fresh):
            if entry.prev_hash != (fresh[-1].hash if fresh else current.hash):
                return fresh, True, False
            fresh.append(entry)
        elif place >= 0 and fresh[place].hash != entry.hash:
            return fresh, True, False
    return fresh, False, False


def _stored_hash(connection: Connection, auction_id: int, seq: int) -> str | None:
    query = select(auction_ledger.c.hash).where(auction_ledger.c.auction_id == auction_id, auction_ledger.c.seq == seq)
    return connection.execute(query).scalar_one_or_none()


def _fork(connection: Connection, auction_id: int, current: Head) -> Recorded:
    connection.execute(
        update(auctions).where(auctions.c.id == auction_id).values(status="held", hold_reason="fork", alert=FORK_ALERT)
    )
    return Recorded(current.seq, current.hash, forked=True)


def _write(connection: Connection, auction_id: int, current: Head, entries: Sequence[Entry]) -> list[int]:
    insert_rows(connection, auction_ledger, [_ledger_row(auction_id, entry) for entry in entries])
    judged = [entry for entry in entries if _is_bid(entry)]
    if judged:
        _insert_bids(connection, [_bid_row(auction_id, entry) for entry in judged])
    retracted = [seq for entry in entries for seq in _retracted(entry)]
    if retracted:
        connection.execute(
            update(bids).where(bids.c.auction_id == auction_id, bids.c.seq.in_(retracted)).values(retracted=True)
        )
    leader_id = _leader_id(connection, auction_id, current, entries)
    NEW_HEAD.run(connection, auction_id=auction_id, **_head_row(entries, leader_id))
    if events := _event_columns(entries):
        connection.execute(update(auctions).where(auctions.c.id == auction_id).values(events))
        if "result" in events:
            listings.end_lot(connection, auction_id, events["result"], events["ended_at"])
    void = any(entry.public["kind"] == "cancelled" and entry.public["outcome"] == "done" for entry in entries)
    if judged or retracted or void:
        release(connection, auction_id, None if void else leader_id)
    if retracted and leader_id is not None and not void:
        let_lead_again(connection, auction_id, leader_id, entries[-1].seq, from_text(entries[-1].public["at"]))
    for entry in entries:
        if leader_id is not None and (kind := _turned(entry)):
            turn(connection, auction_id, leader_id, kind, entry.public["price_cents"])
            _end(connection, auction_id, leader_id, kind, entry)
    touched = {
        int(entry.private["bidder_id"]) for entry in judged if entry.private and entry.public["outcome"] != "refused"
    }
    if void or any(entry.public["kind"] in PURCHASES for entry in entries):
        touched |= follow(connection, auction_id, entries)
    note_lot(connection, auction_id, entries)
    return sorted(touched | {user for user in (current.leader_id, leader_id) if user is not None})


def _turned(entry: Entry) -> Kind | None:
    """What the close makes of the leader's reservation; nobody's bid is on its way any more then."""
    if entry.public["kind"] != "closed" or entry.public["outcome"] != "done":
        return None
    return {Result.SOLD: Kind.WIN, Result.RESERVE_NOT_MET: Kind.OFFER}.get(Result(entry.public["result"]))


def _end(connection: Connection, auction_id: int, leader_id: int, kind: Kind, entry: Entry) -> None:
    """What follows the close: the order of a sale, or the talks below the reserve."""
    if kind is Kind.WIN:
        _order(connection, auction_id, leader_id, entry)
    else:
        cents, at = entry.public["price_cents"], from_text(entry.public["at"])
        talks.begin(connection, auction_id, leader_id=leader_id, cents=cents, at=at)


def _order(connection: Connection, auction_id: int, buyer_id: int, entry: Entry) -> None:
    orders.sell(
        connection,
        auction_id,
        buyer_id=buyer_id,
        price_cents=entry.public["price_cents"],
        how=HowSold.HAMMER,
        sold_at=from_text(entry.public["at"]),
    )


def _insert_bids(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    # An operator may type an id that another bid has had. What was judged must be recorded all the same, or the lot
    # could never be recorded again: the later bid gets an id of its own here, and the ledger tells what was typed.
    try:
        with connection.begin_nested():
            insert_rows(connection, bids, rows)
    except IntegrityError:
        query = select(bids.c.bid_id).where(bids.c.bid_id.in_([row["bid_id"] for row in rows]))
        taken = set(connection.execute(query).scalars())
        for row in rows:
            if row["bid_id"] in taken:
                row["bid_id"] = str(uuid5(NAMESPACE_OID, f"auction {row['auction_id']} seq {row['seq']}"))
            taken.add(row["bid_id"])
        insert_rows(connection, bids, rows)


def _is_bid(entry: Entry) -> bool:
    # A reused id belongs to the bid that had it first: the attempt is in the ledger only.
    return entry.public["kind"] in BID_KINDS and entry.public["code"] != Code.ID_REUSED


def _ledger_row(auction_id: int, entry: Entry) -> dict[str, Any]:
    private = None if entry.private is None else ENCODER.encode(entry.private).decode()
    return {
        "auction_id": auction_id,
        "seq": entry.seq,
        "version": entry.public["version"],
        "kind": entry.public["kind"],
        "public": ENCODER.encode(entry.public).decode(),
        "private": private,
        "nonce": entry.nonce,
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
    }


def _bid_row(auction_id: int, entry: Entry) -> dict[str, Any]:
    public, private = entry.public, entry.private or {}
    return {
        "bid_id": public["bid_id"],
        "auction_id": auction_id,
        "seq": entry.seq,
        "user_id": int(private["bidder_id"]),
        "kind": public["kind"],
        "cents": private["cents"],
        "outcome": public["outcome"],
        "code": public["code"],
        "received_at": to_ms(from_text(public["received_at"])),
        "decided_at": to_ms(from_text(public["at"])),
        "retracted": False,
    }


def _retracted(entry: Entry) -> Sequence[int]:
    public = entry.public
    if public["kind"] not in REPLAYS or public["outcome"] != "done":
        return ()
    return public["bid_seqs"] if "bid_seqs" in public else (public["bid_seq"],)


def _leader_id(connection: Connection, auction_id: int, current: Head, entries: Sequence[Entry]) -> int | None:
    alias = entries[-1].public["leader"]
    if alias is None:
        return None
    for entry in reversed(entries):
        if entry.public["kind"] in BID_KINDS and entry.public["bidder"] == alias and entry.private:
            return int(entry.private["bidder_id"])
    if alias == current.leader_alias:
        return current.leader_id
    number = int(alias.rsplit(" ", 1)[1])
    query = (
        select(bids.c.user_id)
        .where(bids.c.auction_id == auction_id, bids.c.outcome != "refused")
        .group_by(bids.c.user_id)
        .order_by(func.min(bids.c.seq))
        .limit(1)
        .offset(number - 1)
    )
    found: int = connection.execute(query).scalar_one()
    return found


def _head_row(entries: Sequence[Entry], leader_id: int | None) -> dict[str, Any]:
    last, facts = entries[-1], entries[-1].public
    return {
        "seq": last.seq,
        "hash": last.hash,
        "leader_id": leader_id,
        "leader_alias": facts["leader"],
        "reserve_state": facts["reserve"],
        "ends_at": to_ms(from_text(facts["ends_at"])),
        **{name: facts[name] for name in COPIED},
    }


def _event_columns(entries: Sequence[Entry]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for entry in entries:
        columns |= _columns_of(entry)
    return columns


FACTS = (*COPIED, "auction_id", "seq", "at", "leader", "reserve", "ends_at")


def _columns_of(entry: Entry) -> dict[str, Any]:
    public = entry.public
    if public.get("outcome") != "done":
        return {}
    match public["kind"]:
        case "reserve_lowered":
            return {"reserve_cents": (entry.private or {}).get("reserve_cents")}
        case "held":
            return {"hold_reason": public["reason"]}
        case "resumed":
            return {"hold_reason": None, "starts_at": from_text(public["starts_at"])}
        case "cancelled":
            return {"result": public["result"], "public_reason": public["reason"], "ended_at": from_text(public["at"])}
        case "closed":
            return {"result": public["result"], "ended_at": from_text(public["at"])}
        case _:
            return {}


def mark_closing(connection: Connection, auction_id: int, ends_at: datetime) -> dict[str, Any] | None:
    """Show a lot whose end has come as closing; returns its newest public state, or None if it moved on."""
    closing = update(auctions).where(
        auctions.c.id == auction_id, auctions.c.ends_at == ends_at, auctions.c.status == "live"
    )
    if connection.execute(closing.values(status="closing")).rowcount == 0:
        return None
    query = (
        select(auction_ledger.c.public)
        .where(auction_ledger.c.auction_id == auction_id)
        .order_by(auction_ledger.c.seq.desc())
        .limit(1)
    )
    return facts_of(msgspec.json.decode(connection.execute(query).scalar_one()))


def facts_of(public: Mapping[str, Any]) -> dict[str, Any]:
    """The public state in an entry's public part, without what the entry says of its own attempt or command."""
    return {name: public[name] for name in FACTS}
