"""What may be an Idempotency-Key, and how the refusal names it."""

import pytest
from starlette.requests import Request

from api.idempotency import LONGEST, idempotency_key
from domain.errors import InvalidError


def request_with(*keys: bytes) -> Request:
    return Request({"type": "http", "headers": [(b"idempotency-key", key) for key in keys]})


@pytest.mark.parametrize("key", ["k", "k" * LONGEST, "3fa85f64-5717-4562-b3fc-2c963f66afa6", "!~/+=,;"])
def test_visible_ascii_up_to_the_longest_is_a_key(key: str) -> None:
    assert idempotency_key(request_with(key.encode())) == key


@pytest.mark.parametrize(
    "key", [b"k" * (LONGEST + 1), b"two words", b"tab\t", b"\x7f", b"nul\x00", "caf\u00e9".encode()]
)
def test_anything_else_is_refused_by_its_name(key: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        idempotency_key(request_with(key))
    assert caught.value.data["errors"][0]["field"] == "Idempotency-Key"  # type: ignore[index]
    assert "128 visible ASCII" in caught.value.detail


def test_a_missing_key_is_said_to_be_missing() -> None:
    with pytest.raises(InvalidError, match="is missing"):
        idempotency_key(request_with())


def test_an_empty_key_is_a_missing_one() -> None:
    with pytest.raises(InvalidError, match="is missing"):
        idempotency_key(request_with(b""))
