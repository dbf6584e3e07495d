"""The hash chain of a ledger: nothing missing, nothing changed, and every private part what was committed to."""

from collections.abc import Iterator

from domain.audit_lot import BIDS, Lot, Opened, PublicEntry, Remark
from domain.ledger import chain_hash, commitment, genesis

NOTHING_PRIVATE = commitment(None, "")
PRIVATE_KINDS = BIDS | {"scheduled", "reserve_lowered", "reserved", "offer_accepted"}
NONCE_DIGITS = 64


def sequence(lot: Lot) -> Iterator[Remark]:
    """`seq` counts from 1 without gaps, and every public part names its place in this auction."""
    for number, entry in enumerate(lot.entries, 1):
        if entry.seq != number:
            yield number, f"entry {number} has the seq {entry.seq}"
            return
        if entry.public.get("seq") != number:
            yield number, f"its public part names the seq {entry.public.get('seq')!r}"
        if entry.public.get("auction_id") != lot.auction_id:
            yield number, f"its public part names the auction {entry.public.get('auction_id')!r}"


def chain(lot: Lot) -> Iterator[Remark]:
    """Every hash follows from the hash before it, the commitment and the public part, from the genesis on."""
    previous = genesis(lot.auction_id)
    for number, entry in enumerate(lot.entries, 1):
        if entry.prev_hash != previous:
            yield number, "it does not follow the entry before it"
            return
        if entry.hash != _hash(entry):
            yield number, "its hash is not that of its contents"
            return
        previous = entry.hash


def commitments(lot: Lot) -> Iterator[Remark]:
    """Entries that keep something private have a commitment of their own; the others commit to nothing."""
    for entry in lot.entries:
        private = entry.public.get("kind") in PRIVATE_KINDS
        if private == (entry.commitment == NOTHING_PRIVATE):
            yield entry.seq, "it commits to nothing" if private else "it commits to something hidden"


def openings(lot: Lot) -> Iterator[Remark]:
    """Every private part and nonce open the commitment of their entry."""
    opened = lot.opened or {}
    for entry in lot.entries:
        found = opened.get(entry.seq)
        if found is None:
            yield entry.seq, "its private part is missing"
        elif not opens(entry, found):
            yield entry.seq, "its private part and nonce do not open its commitment"


def opens(entry: PublicEntry, opened: Opened) -> bool:
    """Whether a private part and its nonce are what an entry has committed to."""
    if len(opened.nonce) != (0 if opened.private is None else NONCE_DIGITS):
        return False
    try:
        return commitment(opened.private, opened.nonce) == entry.commitment
    except ValueError:
        return False


def _hash(entry: PublicEntry) -> str | None:
    try:
        return chain_hash(entry.prev_hash, entry.commitment, entry.public)
    except ValueError:
        return None
