"""Values as payloads: strict on the way in, the same value on the way back."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import DataConverter

from domain.auction import Auction, Terms
from domain.carry import Carried, carry
from domain.ledger import Entry
from temporal.converter import make_converter
from tests.db.market import DAY, NOON
from workflows.messages import AuctionStart, BatchAnswer, BidBatch, BidIn, BidReply, Outage

TERMS = Terms(7, ("1", "2"), 500_000, 900_000, NOON, NOON + DAY)
ENTRY = Entry(1, "a" * 64, "b" * 64, {"seq": 1, "price_cents": None}, {"bidder_id": "42", "cents": 5}, "ab" * 32)
BID = BidIn("b-1", "42", "bid", 500_000, NOON + timedelta(milliseconds=1), "ab" * 32)


@pytest.fixture
def converter() -> DataConverter:
    return make_converter(b"k" * 32)


async def there_and_back(converter: DataConverter, value: Any, kind: Any) -> Any:
    (found,) = await converter.decode(await converter.encode([value]), [kind])
    return found


@pytest.mark.parametrize(
    "value",
    [
        BidBatch("batch-1", 3, [BID] * 3),
        BatchAnswer([BidReply("refused", "TOO_LATE", 1, repeated=True, entry=ENTRY)], [ENTRY], stale=True),
        AuctionStart(TERMS, "ab" * 32, "2019 Honda Civic EX"),
        carry(Auction(TERMS)),
        Outage(NOON),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_message_comes_back_as_it_was_sent(converter: DataConverter, value: object) -> None:
    assert await there_and_back(converter, value, type(value)) == value


async def test_a_carried_auction_comes_back_inside_its_start(converter: DataConverter) -> None:
    start = AuctionStart(TERMS, "", carried=carry(Auction(TERMS)))
    found = await there_and_back(converter, start, AuctionStart)
    assert (found, type(found.carried)) == (start, Carried)


@pytest.mark.parametrize("value", [None, True, 5, "text", [1, "x"], {"a": None}, b"bytes"])
async def test_simple_values_need_no_type(converter: DataConverter, value: object) -> None:
    (found,) = await converter.decode(await converter.encode([value]))
    assert found == value


@pytest.mark.parametrize(
    "data",
    [
        b'{"batch_id": "x", "recorded_through": "3", "bids": []}',
        b'{"batch_id": "x", "recorded_through": 3.5, "bids": []}',
        b'{"batch_id": "x", "recorded_through": 3, "bids": [{}]}',
        b'{"batch_id": "x", "recorded_through": 3}',
        b"[]",
        b"null",
    ],
)
async def test_a_wrong_type_is_refused_and_never_guessed(converter: DataConverter, data: bytes) -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=data)
    with pytest.raises(msgspec.ValidationError):
        await converter.decode([payload], [BidBatch])


async def test_an_operators_plain_signal_is_read(converter: DataConverter) -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'{"at": "2026-05-05T12:00:00Z"}')
    assert await converter.decode([payload], [Outage]) == [Outage(NOON)]


async def test_an_older_message_without_the_newest_fields_is_read(converter: DataConverter) -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'{"replies": [], "entries": [], "later": 1}')
    assert await converter.decode([payload], [BatchAnswer]) == [BatchAnswer([], [])]


async def test_what_cannot_be_decrypted_reaches_a_handler_as_a_raw_value(converter: DataConverter) -> None:
    garbage = Payload(metadata={"encoding": b"binary/encrypted"}, data=b"garbage")
    (found,) = await converter.decode([garbage], [RawValue])
    assert found.payload.metadata["encoding"] == b"binary/unreadable"


async def test_what_cannot_be_decrypted_is_no_value(converter: DataConverter) -> None:
    garbage = Payload(metadata={"encoding": b"binary/encrypted"}, data=b"garbage")
    with pytest.raises(KeyError):
        await converter.decode([garbage], [BidBatch])
