"""Section 5: the chain, and that nothing in it can be changed, left out or put elsewhere."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import Entry, canonical, chain, commitment, first_break, genesis
from tests.domain.lots import auto_bid, bid, live


def ledger() -> list[Entry]:
    auction = live(reserve_cents=2_000_00)
    bid(auction, "A", 600)
    auto_bid(auction, "B", 900)
    bid(auction, "A", 1)
    return auction.tail.entries


def test_a_whole_ledger_has_no_break() -> None:
    assert first_break(7, ledger()) is None


def test_the_hash_is_what_the_rules_say() -> None:
    nonce, private, public = "0a" * 32, {"cents": 5, "bidder_id": "A"}, {"seq": 1, "kind": "bid"}
    sealed = hashlib.sha256(bytes.fromhex(nonce) + b'{"bidder_id":"A","cents":5}').digest()
    expected = hashlib.sha256(hashlib.sha256(b"auction-7").digest() + sealed + b'{"kind":"bid","seq":1}').hexdigest()

    assert chain(genesis(7), public, private, nonce).hash == expected


def test_what_has_nothing_private_has_no_nonce() -> None:
    entry = chain(genesis(7), {"seq": 1}, None, "0a" * 32)

    assert (entry.nonce, commitment(None, "")) == ("", hashlib.sha256(b"null").hexdigest())


def test_an_entry_of_another_auction_does_not_fit() -> None:
    assert first_break(8, ledger()) == 1


@pytest.mark.parametrize("place", range(4))
def test_an_entry_that_is_left_out_breaks_the_chain(place: int) -> None:
    entries = ledger()
    del entries[place]

    assert first_break(7, entries) == (place + 1 if place < 3 else None)


@pytest.mark.parametrize(
    "change",
    [
        {"public": {"seq": 3, "kind": "bid", "price_cents": 1}},
        {"private": {"bidder_id": "B", "cents": 1}},
        {"nonce": "cd" * 32},
        {"hash": "00" * 32},
        {"prev_hash": "00" * 32},
        {"seq": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_entry_that_was_changed_breaks_the_chain(change: dict[str, object]) -> None:
    entries = ledger()
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type] # one field of any type

    assert first_break(7, entries) == 3


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_canonical_form_is_ascii_json_without_spaces_in_any_order_of_keys(value: dict[str, object]) -> None:
    text = canonical(value)

    assert json.loads(text) == value
    assert text == canonical(dict(reversed(value.items())))
    assert text.isascii()
