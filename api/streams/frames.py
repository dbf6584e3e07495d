"""The wire form of what streams say: server-sent events, each encoded once and given its id per audience."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

HISTORY_LINES = 20
RETRY = b"retry: 2000\n\n"
BID = "bid"
BID_KINDS = frozenset({"bid", "auto_bid"})
# What the public hears of each entry of the ledger that is no bid.
NAMES: Mapping[str, str] = {
    "started": "started",
    "reserve_lowered": "reserve",
    "retracted": "retracted",
    "bidder_removed": "retracted",
    "held": "held",
    "resumed": "resumed",
    "extended": "extended",
    "closing": "closing",
    "closed": "closed",
    "cancelled": "cancelled",
    "reserved": "held",
    "buy_now_failed": "resumed",
    "bought": "closed",
    "offer_accepted": "closed",
}
# What it hears where only the status moved, without an entry that says so.
STATUS_NAMES: Mapping[str, str] = {
    "scheduled": "resumed",
    "live": "started",
    "closing": "closing",
    "held": "held",
    "ended": "closed",
}
STATE = (
    "version",
    "status",
    "price_cents",
    "leader",
    "reserve",
    "minimum_next_cents",
    "bid_count",
    "bidder_count",
    "ends_at",
)
MORE = ("reason", "result", "bid_seq", "bid_seqs", "starts_at", "expires_at", "sold_by")
ENCODER = msgspec.json.Encoder()

Facts = Mapping[str, Any]


class Frame(NamedTuple):
    """One event before it has its id: the name and the encoded data."""

    name: str
    data: bytes

    def written(self, event_id: bytes | None) -> bytes:
        """The event on the wire; without an id the reader keeps the one it had."""
        line = b"" if event_id is None else b"id: %b\n" % event_id
        return b"event: %b\n%bdata: %b\n\n" % (self.name.encode(), line, self.data)


class Said(NamedTuple):
    """An event to be told, and the entry that it is about."""

    name: str
    entry: Facts


def line_of(entry: Facts) -> dict[str, Any]:
    """The history line of a bid's public part (see `api.views.HistoryLineView`)."""
    return {
        "version": entry["version"],
        "seq": entry["seq"],
        "at": entry["received_at"],
        "bidder": entry["bidder"],
        "kind": entry["kind"],
        "amount_cents": entry["amount_cents"],
        "price_cents": entry["price_cents"],
        "leader": entry["leader"],
        "outcome": entry["outcome"],
        "extended": entry["extended"],
        "retracted": entry.get("retracted", False),
    }


def lines_of(entries: Sequence[Facts]) -> list[dict[str, Any]]:
    """The history lines of entries, newest first, at most `HISTORY_LINES`."""
    return [line_of(entry) for entry in reversed(entries) if entry["kind"] in BID_KINDS][:HISTORY_LINES]


def said_of(entries: Iterable[Facts], reserve_before: str) -> list[Said]:
    """What happened beside bids, one event of each name with its newest entry, in the order in which they last came."""
    said: dict[str, Said] = {}
    reserve = reserve_before
    for entry in entries:
        names = []
        if entry["kind"] in BID_KINDS:
            names += ["extended"] if entry["extended"] else []
        elif entry["kind"] in NAMES:
            names.append(NAMES[entry["kind"]])
        if entry["reserve"] != reserve and "reserve" not in names:
            names.append("reserve")
        reserve = entry["reserve"]
        for name in names:
            said.pop(name, None)
            said[name] = Said(name, entry)
    return list(said.values())


def public_frames(
    auction_id: int, state: Facts, entries: Sequence[Facts], said: Sequence[Said], now: str
) -> list[Frame]:
    """Every event of a step from one state to another: the bids first, because they alone carry history lines.

    `state` is the newest one and stands in each event; `entries` are those that led to it, `said` what to tell of them.
    """
    common = {"auction_id": auction_id, **{name: state[name] for name in STATE}, "server_now": now}
    frames = []
    lines = lines_of(entries)
    if lines or not said:
        frames.append(Frame(BID, ENCODER.encode({**common, "lines": lines})))
    for name, entry in said:
        more = {name: entry[name] for name in MORE if name in entry}
        frames.append(Frame(name, ENCODER.encode({**common, "lines": [], **more})))
    return frames


def heartbeat(versions: Mapping[int, int], ends: Mapping[int, str], now: str) -> bytes:
    """A sign of life for proxies (the comment) and for scripts (the event), without an id."""
    data = {
        "server_now": now,
        "versions": {str(key): version for key, version in versions.items()},
        "ends_at": {str(key): end for key, end in ends.items()},
    }
    return b": heartbeat\n\n" + Frame("heartbeat", ENCODER.encode(data)).written(None)


def stamped(data: bytes, now: str) -> bytes:
    """An encoded object without `server_now`, with it."""
    return b'%b,"server_now":"%b"}' % (data[:-1], now.encode())
