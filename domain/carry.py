"""An auction as one plain value: what is carried through continue-as-new, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from domain.auction import Auction, Result, Status, Terms
from domain.bidding import Kind, Row
from domain.clock import MILLISECOND
from domain.ledger import Entry
from domain.money import DOLLAR
from domain.tail import Tail
from domain.terms import Purchase, Sold

LETTERS = {Kind.BID: "b", Kind.AUTO_BID: "a", None: "r"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
PackedEntry = tuple[dict[str, Any], dict[str, Any] | None, str, str]


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Rows column by column, which deflates to half of what rows do: 100,000 of them must fit into one payload.

    `steps` lead from one `seq` to the next; `kinds` has b, a (auto-bid) or r (reserve) for each row; `bidders` are
    numbers by alias; `dollars` are whole dollars, or None for a waived reserve.
    """

    steps: list[int]
    kinds: str
    bidders: list[int]
    dollars: list[int | None]


@dataclass(frozen=True, slots=True)
class Carried:
    """Everything an Auction knows. `tail` entries are (public, private, nonce, hash)."""

    terms: Terms
    price_cents: int | None
    leader: str | None
    max_cents: int
    reserve_cents: int | None
    status: str
    started: bool
    starts_at: datetime
    ends_at: datetime
    result: str | None
    hold_reason: str | None
    remaining_ms: int | None
    resume_at: datetime | None
    outage_at: datetime | None
    version: int
    seq: int
    hash: str
    bidders: list[str]
    rows: PackedRows
    out: list[int]
    silent: list[int]
    slips: list[str]
    doubled: list[tuple[int, datetime]]
    bid_count: int
    recorded_through: int
    tail_prev_hash: str
    tail: list[PackedEntry]
    purchase: Purchase | None = None
    tried: list[str] = field(default_factory=list)
    sold: Sold | None = None


def carry(auction: Auction) -> Carried:
    """Everything there is to know of the auction, as one value."""
    standing, entries, remaining = auction.standing, auction.tail.entries, auction.remaining
    return Carried(
        terms=auction.terms,
        price_cents=standing.price_cents,
        leader=standing.leader,
        max_cents=standing.max_cents,
        reserve_cents=standing.reserve_cents,
        status=auction.status.value,
        started=auction.started,
        starts_at=auction.starts_at,
        ends_at=auction.ends_at,
        result=None if auction.result is None else auction.result.value,
        hold_reason=auction.hold_reason,
        remaining_ms=None if remaining is None else remaining // MILLISECOND,
        resume_at=auction.resume_at,
        outage_at=auction.outage_at,
        version=auction.version,
        seq=auction.seq,
        hash=auction.hash,
        bidders=list(auction.numbers),
        rows=_pack(auction.rows, auction.numbers),
        out=sorted(auction.out),
        silent=sorted(auction.silent),
        slips=sorted(auction.slips),
        doubled=list(auction.doubled.items()),
        bid_count=auction.bid_count,
        recorded_through=auction.tail.recorded_through,
        tail_prev_hash=entries[0].prev_hash if entries else auction.hash,
        tail=[(entry.public, entry.private, entry.nonce, entry.hash) for entry in entries],
        purchase=auction.purchase,
        tried=sorted(auction.tried),
        sold=auction.sold,
    )


def restore(carried: Carried) -> Auction:
    """The auction that `carry` was given, ready to go on."""
    auction = Auction(carried.terms)
    auction.standing = replace(
        auction.opening,
        price_cents=carried.price_cents,
        leader=carried.leader,
        max_cents=carried.max_cents,
        reserve_cents=carried.reserve_cents,
    )
    auction.status, auction.started = Status(carried.status), carried.started
    auction.starts_at, auction.ends_at = carried.starts_at, carried.ends_at
    auction.result = None if carried.result is None else Result(carried.result)
    auction.hold_reason, auction.resume_at = carried.hold_reason, carried.resume_at
    auction.remaining = None if carried.remaining_ms is None else timedelta(milliseconds=carried.remaining_ms)
    auction.outage_at = carried.outage_at
    auction.version, auction.seq, auction.hash = carried.version, carried.seq, carried.hash
    auction.numbers = {bidder: number for number, bidder in enumerate(carried.bidders, 1)}
    auction.rows = _unpack(carried.rows, ["", *carried.bidders])
    auction.out, auction.silent, auction.slips = set(carried.out), set(carried.silent), set(carried.slips)
    auction.doubled = dict(carried.doubled)
    auction.bid_count = carried.bid_count
    auction.purchase, auction.tried, auction.sold = carried.purchase, set(carried.tried), carried.sold
    auction.tail = _tail(carried)
    return auction


def _pack(rows: Sequence[Row], numbers: Mapping[str, int]) -> PackedRows:
    seqs = [row.seq for row in rows]
    return PackedRows(
        steps=[seq - before for before, seq in zip([0, *seqs], seqs, strict=False)],
        kinds="".join(LETTERS[row.kind] for row in rows),
        bidders=[numbers.get(row.bidder, 0) for row in rows],
        dollars=[None if row.cents is None else row.cents // DOLLAR for row in rows],
    )


def _unpack(packed: PackedRows, names: Sequence[str]) -> list[Row]:
    columns = zip(accumulate(packed.steps), packed.kinds, packed.bidders, packed.dollars, strict=True)
    return [
        Row(seq, KINDS[letter], names[bidder], None if dollars is None else dollars * DOLLAR)
        for seq, letter, bidder, dollars in columns
    ]


def _tail(carried: Carried) -> Tail:
    tail, prev_hash = Tail(recorded_through=carried.recorded_through), carried.tail_prev_hash
    for public, private, nonce, digest in carried.tail:
        tail.append(Entry(public["seq"], prev_hash, digest, public, private, nonce))
        prev_hash = digest
    return tail
