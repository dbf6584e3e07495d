"""How values become Temporal payloads: JSON by msgspec, strict and quick, then deflated and encrypted."""

import dataclasses
from typing import Any

import msgspec
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    BinaryProtoPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    JSONProtoPayloadConverter,
)

from temporal.codec import EncryptionCodec

ENCODER = msgspec.json.Encoder()


class MsgspecPayloadConverter(EncodingPayloadConverter):
    """JSON of dataclasses, checked against the type on the way in; a wrong type raises msgspec.ValidationError."""

    @property
    def encoding(self) -> str:
        """The encoding that the SDK knows as JSON."""
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """JSON of any value that msgspec knows."""
        return Payload(metadata={"encoding": b"json/plain"}, data=ENCODER.encode(value))

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The value, checked against its type."""
        return msgspec.json.decode(payload.data, type=Any if type_hint is None else type_hint)


class AuctionPayloadConverter(CompositePayloadConverter):
    """The SDK's order of converters, with msgspec for JSON."""

    def __init__(self) -> None:
        super().__init__(
            BinaryNullPayloadConverter(),
            BinaryPlainPayloadConverter(),
            JSONProtoPayloadConverter(),
            BinaryProtoPayloadConverter(),
            MsgspecPayloadConverter(),
        )


def make_converter(secret: bytes) -> DataConverter:
    """The converter of every client and worker; failures are encrypted too."""
    return dataclasses.replace(
        DataConverter.default,
        payload_converter_class=AuctionPayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=EncryptionCodec(secret),
    )
