"""The platform's keys: one secret, many purposes that tell nothing of each other."""

import pytest
from cryptography.exceptions import InvalidTag

from activities.keys import KEY_BYTES, Sealer, Signer, derive, head_message, is_signed, receipt_message

SECRET = b"k" * 32
HASH = "ab" * 32
NONCE = b"n" * 12


def test_a_key_is_the_same_again_and_differs_by_purpose_and_secret() -> None:
    keys = {derive(secret, purpose) for secret in (SECRET, b"o" * 32) for purpose in ("codec", "seal", "signature")}
    assert (len(keys), {len(key) for key in keys}) == (6, {KEY_BYTES})
    assert derive(SECRET, "codec") in keys


def test_a_receipt_is_signed_the_same_each_time_so_that_nothing_need_be_stored() -> None:
    assert Signer(SECRET).receipt(7, 21, HASH) == Signer(SECRET).receipt(7, 21, HASH)


def test_a_signature_verifies_by_the_public_key_alone() -> None:
    signer = Signer(SECRET)
    assert is_signed(signer.public_key, receipt_message(7, 21, HASH), signer.receipt(7, 21, HASH))
    assert is_signed(signer.public_key, head_message(7, 21, HASH), signer.head(7, 21, HASH))


@pytest.mark.parametrize("message", [(8, 21, HASH), (7, 22, HASH), (7, 21, "cd" * 32)])
def test_a_signature_holds_for_its_place_and_hash_only(message: tuple[int, int, str]) -> None:
    signer = Signer(SECRET)
    assert not is_signed(signer.public_key, receipt_message(*message), signer.receipt(7, 21, HASH))


def test_a_receipt_cannot_be_passed_off_as_a_head() -> None:
    signer = Signer(SECRET)
    assert not is_signed(signer.public_key, head_message(7, 21, HASH), signer.receipt(7, 21, HASH))


@pytest.mark.parametrize(
    ("public_key", "signature"),
    [("zz", "00" * 64), ("00" * 31, "00" * 64), ("", ""), ("00" * 32, "not hex"), ("00" * 32, "00")],
)
def test_garbage_is_no_signature_and_no_error(public_key: str, signature: str) -> None:
    assert not is_signed(public_key, b"message", signature)


def test_another_platforms_signature_does_not_verify() -> None:
    other = Signer(b"o" * 32)
    assert not is_signed(Signer(SECRET).public_key, receipt_message(7, 21, HASH), other.receipt(7, 21, HASH))


def test_what_is_sealed_opens_at_its_place_only() -> None:
    sealed = Sealer(SECRET).seal(b'{"cents":5}', NONCE, "7/21")
    assert Sealer(SECRET).open(sealed, "7/21") == b'{"cents":5}'
    for sealer, place in ((Sealer(SECRET), "7/22"), (Sealer(b"o" * 32), "7/21")):
        with pytest.raises(InvalidTag):
            sealer.open(sealed, place)


def test_a_seal_shows_nothing_of_its_content() -> None:
    assert b"12345".hex() not in Sealer(SECRET).seal(b"12345", NONCE, "7/21")


@pytest.mark.parametrize("sealed", ["not hex", "00", ""])
def test_what_is_no_seal_is_a_value_error_or_a_broken_one(sealed: str) -> None:
    with pytest.raises((ValueError, InvalidTag)):
        Sealer(SECRET).open(sealed, "7/21")
