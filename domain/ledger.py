"""The append-only ledger of one auction: entries chained by hash, each with a public part and a sealed private part.

Source: auction-rules.md section 5. `hash = SHA-256(prev_hash | SHA-256(nonce | private part) | public part)`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt or fact. `public` and `private` are JSON objects; hashes and the nonce are lower-case hex.

    The nonce is empty where there is nothing private. `public` names the auction, the `seq`, and the state after it.
    """

    seq: int
    prev_hash: str
    hash: str
    public: dict[str, Any]
    private: dict[str, Any] | None = None
    nonce: str = ""


def canonical(value: object) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def genesis(auction_id: int) -> str:
    """The `prev_hash` of an auction's first entry."""
    return hashlib.sha256(b"auction-%d" % auction_id).hexdigest()


def commitment(private: Mapping[str, Any] | None, nonce: str) -> str:
    """What the public sees of a private part: a hash that only the nonce and the part itself can open."""
    return hashlib.sha256(bytes.fromhex(nonce) + canonical(private)).hexdigest()


def chain_hash(prev_hash: str, sealed: str, public: Mapping[str, Any]) -> str:
    """The hash of an entry, from the hash before it, its commitment and its public part."""
    return hashlib.sha256(bytes.fromhex(prev_hash) + bytes.fromhex(sealed) + canonical(public)).hexdigest()


def chain(prev_hash: str, public: dict[str, Any], private: dict[str, Any] | None, nonce: str) -> Entry:
    """Make the entry that follows `prev_hash`; its `seq` is the one named in the public part."""
    seal = nonce if private is not None else ""
    digest = chain_hash(prev_hash, commitment(private, seal), public)
    return Entry(public["seq"], prev_hash, digest, public, private, seal)


def first_break(auction_id: int, entries: Iterable[Entry]) -> int | None:
    """The `seq` of the first entry that does not follow from the one before it, or None for a whole chain."""
    prev = genesis(auction_id)
    for seq, entry in enumerate(entries, 1):
        expected = chain_hash(prev, commitment(entry.private, entry.nonce), entry.public)
        if entry.seq != seq or entry.public.get("seq") != seq or entry.prev_hash != prev or entry.hash != expected:
            return seq
        prev = entry.hash
    return None
