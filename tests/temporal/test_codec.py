"""The codec: nothing that Temporal stores can be read, and nothing that it gives back can stop a workflow."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter

from domain.ledger import Entry
from temporal.codec import COMPRESS_FROM, ENCRYPTED, NONCE_BYTES, UNREADABLE, EncryptionCodec
from temporal.converter import make_converter
from tests.doubles.cluster import utc_now
from workflows.messages import BatchAnswer, BidBatch, BidIn, BidReply, LowerReserve

SECRET = b"k" * 32
MAXIMUM = 1_234_500


@pytest.fixture
def codec() -> EncryptionCodec:
    return EncryptionCodec(SECRET)


@pytest.fixture
def converter() -> DataConverter:
    return make_converter(SECRET)


def plain(data: bytes = b'{"cents":1234500}') -> Payload:
    return Payload(metadata={"encoding": b"json/plain", "messageType": b"x"}, data=data)


def bid(cents: int = MAXIMUM) -> BidIn:
    return BidIn("b-1", "42", "auto_bid", cents, utc_now(), "ab" * 32)


async def stored(converter: DataConverter, value: Any) -> Payload:
    return (await converter.encode([value]))[0]


def forms_of(cents: int) -> Iterator[bytes]:
    """How an amount could stand in a stored payload."""
    yield str(cents).encode()
    yield str(cents // 100).encode()
    yield cents.to_bytes(4, "big")
    yield cents.to_bytes(4, "little")


@pytest.mark.parametrize("size", [0, 1, COMPRESS_FROM, 200_000, 1_500_000])
async def test_a_payload_of_any_size_comes_back_whole(codec: EncryptionCodec, size: int) -> None:
    payload = plain(os.urandom(size))
    (sealed,) = await codec.encode([payload])
    assert await codec.decode([sealed]) == [payload]
    assert sealed.metadata["encoding"] == ENCRYPTED


async def test_payloads_keep_their_order(codec: EncryptionCodec) -> None:
    payloads = [plain(b"%d" % number) for number in range(5)]
    assert await codec.decode(await codec.encode(payloads)) == payloads
    assert await codec.encode([]) == []


def test_what_is_plain_passes_as_it_is(codec: EncryptionCodec) -> None:
    payload = plain()
    assert codec.open(payload) is payload


def test_the_metadata_is_encrypted_too(codec: EncryptionCodec) -> None:
    assert b"json/plain" not in codec.seal(plain()).SerializeToString()


def test_the_same_payload_never_looks_the_same(codec: EncryptionCodec) -> None:
    assert codec.seal(plain()).data != codec.seal(plain()).data


def test_a_long_payload_is_deflated_first(codec: EncryptionCodec) -> None:
    assert len(codec.seal(plain(b"a" * 100_000)).data) < 1_000


@pytest.mark.parametrize("place", [0, NONCE_BYTES, -1])
def test_data_that_was_tampered_with_is_unreadable(codec: EncryptionCodec, place: int) -> None:
    sealed = codec.seal(plain())
    data = bytearray(sealed.data)
    data[place] ^= 1
    opened = codec.open(Payload(metadata=dict(sealed.metadata), data=bytes(data)))
    assert (opened.metadata["encoding"], opened.data) == (UNREADABLE, bytes(data))


@pytest.mark.parametrize("data", [b"", b"x", b"x" * NONCE_BYTES, b"x" * 27, os.urandom(500)])
def test_garbage_is_unreadable_and_never_an_error(codec: EncryptionCodec, data: bytes) -> None:
    opened = codec.open(Payload(metadata={"encoding": ENCRYPTED}, data=data))
    assert (opened.metadata["encoding"], opened.data) == (UNREADABLE, data)


def test_another_platforms_payload_is_unreadable(codec: EncryptionCodec) -> None:
    other = EncryptionCodec(b"o" * 32).seal(plain())
    assert codec.open(other).metadata["encoding"] == UNREADABLE


async def test_a_stored_bid_does_not_contain_its_maximum(converter: DataConverter) -> None:
    entry = Entry(1, "a" * 64, "b" * 64, {"seq": 1}, {"bidder_id": "42", "cents": MAXIMUM}, "ab" * 32)
    values = [
        BidBatch("batch-1", 0, [bid()]),
        BatchAnswer([BidReply("leading", None, 1, entry=entry)], [entry] * 20),
        LowerReserve(MAXIMUM, "ab" * 32),
    ]
    for value in values:
        raw = (await stored(converter, value)).SerializeToString()
        assert not any(form in raw for form in forms_of(MAXIMUM)), type(value)


async def test_a_failure_is_stored_without_its_text(converter: DataConverter) -> None:
    failure = Failure()
    await converter.encode_failure(ValueError("a maximum of 1234500"), failure)
    assert b"1234500" not in failure.SerializeToString()
    assert str(await converter.decode_failure(failure)) == "ValueError: a maximum of 1234500"
