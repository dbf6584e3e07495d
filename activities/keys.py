"""The platform's keys, all derived from one 32-byte secret: payload encryption, signatures, and sealing for audits."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose; knowing it tells nothing of the secret or of the other keys."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"hammertime {purpose} v1".encode()).derive(secret)


def receipt_message(auction_id: int, seq: int, entry_hash: str) -> bytes:
    """What a receipt's signature covers: the entry's place and its hash, and with that all that came before."""
    return f"hammertime receipt {auction_id} {seq} {entry_hash}".encode()


def head_message(auction_id: int, seq: int, entry_hash: str) -> bytes:
    """What the signature of a ledger's head covers."""
    return f"hammertime head {auction_id} {seq} {entry_hash}".encode()


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether an Ed25519 signature (hex) of the message verifies under a public key (hex)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """Signs receipts and ledger heads (Ed25519, deterministic, so nothing need be stored)."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(derive(secret, "signature"))
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def receipt(self, auction_id: int, seq: int, entry_hash: str) -> str:
        """The signature of one receipt, as hex."""
        return self._key.sign(receipt_message(auction_id, seq, entry_hash)).hex()

    def head(self, auction_id: int, seq: int, entry_hash: str) -> str:
        """The signature of a ledger's head, as hex."""
        return self._key.sign(head_message(auction_id, seq, entry_hash)).hex()


class Sealer:
    """Encrypts the private parts in an audit export; only the platform's secret opens them."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(derive(secret, "seal"))

    def seal(self, plain: bytes, nonce: bytes, place: str) -> str:
        """Encrypt under a 12-byte nonce that is used once, bound to the entry's `place`; hex."""
        return (nonce + self._aead.encrypt(nonce, plain, place.encode())).hex()

    def open(self, sealed: str, place: str) -> bytes:
        """The plain text. Raises cryptography's InvalidTag, or ValueError for what is not a seal."""
        raw = bytes.fromhex(sealed)
        return self._aead.decrypt(raw[:12], raw[12:], place.encode())
