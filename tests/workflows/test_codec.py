"""The codec: what it seals only it can open, and nothing it is given can make it fail."""

from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from temporal.codec import EncryptionCodec

CODEC = EncryptionCodec(b"k" * 32)


@settings(deadline=None)
@given(st.binary(max_size=3_000), st.booleans())
def test_what_was_sealed_can_be_opened_and_shows_nothing(data: bytes, repeated: bool) -> None:
    secret = b"maximum=4321000" + data * (1 + repeated)
    sealed = CODEC.seal(Payload(metadata={"encoding": b"json/plain"}, data=secret))

    assert CODEC.open(sealed).data == secret
    assert b"4321000" not in sealed.SerializeToString()
    assert sealed.metadata == {"encoding": b"binary/encrypted", "key": b"1"}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_that_claims_to_be_encrypted_is_unreadable_and_no_error(data: bytes) -> None:
    opened = CODEC.open(Payload(metadata={"encoding": b"binary/encrypted"}, data=data))

    assert (opened.metadata["encoding"], opened.data) == (b"binary/unreadable", data)


def test_another_key_opens_nothing() -> None:
    sealed = CODEC.seal(Payload(data=b"secret"))

    assert EncryptionCodec(b"x" * 32).open(sealed).metadata["encoding"] == b"binary/unreadable"


def test_the_same_payload_is_never_sealed_the_same_way_twice() -> None:
    payload = Payload(data=b"secret")

    assert CODEC.seal(payload).data != CODEC.seal(payload).data


def test_plain_text_of_an_operator_passes_as_it_is() -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"{}")

    assert CODEC.open(payload) == payload


async def test_payloads_go_through_the_sdk_one_by_one() -> None:
    payloads = [Payload(data=b"a"), Payload(data=b"b" * 2_000)]

    assert await CODEC.decode(await CODEC.encode(payloads)) == payloads
