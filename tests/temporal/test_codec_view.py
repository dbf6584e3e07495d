"""What an admin sees in the Temporal UI: everything but maxima, reserves, nonces and what bidders' rows tell."""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload

from domain import steering
from domain.auction import Auction, Bid, Terms
from domain.bidding import Kind
from domain.carry import carry
from temporal.codec import ENCRYPTED, UNREADABLE, EncryptionCodec
from temporal.codec_view import HIDDEN, blanked, readable
from temporal.converter import MsgspecPayloadConverter
from tests.db.market import DAY, NOON, SECOND
from workflows.messages import AuctionStart, BatchAnswer, BidBatch, BidIn, BidReply, LowerReserve, OperatorBid

CODEC = EncryptionCodec(b"k" * 32)
NONCE = "5e" * 32
MAXIMUM, RESERVE = 1_234_500, 2_987_600


def auction() -> Auction:
    """Ada leads with a maximum; the lot has a reserve."""
    made = Auction(Terms(7, ("1",), 500_000, RESERVE, NOON, NOON + DAY))
    steering.schedule(made, NOON - timedelta(days=1), NONCE)
    made.start(NOON)
    for number, (bidder, kind, cents) in enumerate((("42", Kind.AUTO_BID, MAXIMUM), ("43", Kind.BID, 600_000)), 1):
        moment = NOON + number * SECOND
        made.place(Bid(f"b-{number}", bidder, kind, cents, moment, NONCE), moment)
    return made


def shown(value: Any) -> Any:
    """A value as the UI gets it: encoded, encrypted, decoded for an admin."""
    payload = MsgspecPayloadConverter().to_payload(value)
    assert payload is not None
    return json.loads(readable(CODEC, CODEC.seal(payload)).data)


def batch() -> BidBatch:
    return BidBatch("batch-1", 3, [BidIn("b-1", "42", "auto_bid", MAXIMUM, NOON, NONCE)])


@pytest.mark.parametrize(
    "value",
    [
        batch(),
        AuctionStart(auction().terms, NONCE, "2019 Honda Civic EX"),
        AuctionStart(
            auction().terms,
            NONCE,
            carried=carry(auction()),
            operator_bids=[OperatorBid("b-9", "42", "auto_bid", MAXIMUM)],
            batches=[batch()],
        ),
        BatchAnswer([BidReply("leading", None, 3, entry=auction().tail.entries[2])], auction().tail.entries),
        LowerReserve(RESERVE, NONCE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_maximum_reserve_or_nonce_is_shown(value: Any) -> None:
    text = json.dumps(shown(value))
    secrets = (str(MAXIMUM), str(MAXIMUM // 100), str(RESERVE), str(RESERVE // 100), NONCE)
    assert not any(secret in text for secret in secrets)


def test_what_an_operator_needs_is_shown() -> None:
    found = shown(batch())
    assert (found["recorded_through"], found["bids"][0]["bidder"]) == (3, "42")
    assert found["bids"][0]["cents"] == HIDDEN


def test_a_waived_reserve_still_reads_as_none() -> None:
    assert shown(LowerReserve(None, NONCE)) == {"reserve_cents": None, "nonce": HIDDEN}


def test_the_public_part_of_each_carried_entry_stays() -> None:
    found = shown(AuctionStart(auction().terms, NONCE, carried=carry(auction())))
    assert [entry["kind"] for entry in found["carried"]["tail"]] == ["scheduled", "started", "auto_bid", "bid"]


def test_what_an_operator_typed_in_the_open_is_blanked_as_well() -> None:
    typed = Payload(
        metadata={"encoding": b"json/plain"}, data=b'{"bidder": "42", "kind": "auto_bid", "cents": 1234500}'
    )
    assert json.loads(readable(CODEC, typed).data) == {"bidder": "42", "kind": "auto_bid", "cents": HIDDEN}


def test_garbage_is_shown_as_it_is() -> None:
    found = readable(CODEC, Payload(metadata={"encoding": ENCRYPTED}, data=b"garbage"))
    assert (found.metadata["encoding"], found.data) == (UNREADABLE, b"garbage")


def test_json_that_is_none_is_hidden_whole() -> None:
    found = readable(CODEC, Payload(metadata={"encoding": b"json/plain"}, data=b'{"cents": 1234500'))
    assert json.loads(found.data) == HIDDEN


def test_other_encodings_pass() -> None:
    null = Payload(metadata={"encoding": b"binary/null"})
    assert readable(CODEC, CODEC.seal(null)) == null


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        ([{"max_cents": 5}, "x"], [{"max_cents": HIDDEN}, "x"]),
        ({"private": {"cents": 5}, "public": {"price_cents": 5}}, {"private": HIDDEN, "public": {"price_cents": 5}}),
        ({"tail": [[{"seq": 1}, {"cents": 5}], "odd", []]}, {"tail": [{"seq": 1}, HIDDEN, HIDDEN]}),
        ({"tail": {"cents": 5}}, {"tail": {"cents": HIDDEN}}),
    ],
)
def test_secrets_are_blanked_at_any_depth(value: Any, expected: Any) -> None:
    assert blanked(value) == expected
