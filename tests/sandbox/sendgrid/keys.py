"""The key that signs the event webhook: ECDSA on P-256, its public half shown as SendGrid shows it."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"


def new_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def load_or_create(path: Path) -> EllipticCurvePrivateKey:
    """The PEM file's key; made with mode 0600 when the file is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pem = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


def public_text(key: EllipticCurvePrivateKey) -> str:
    """What SendGrid's settings page shows: the public key as base64 of its DER form."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def sign(key: EllipticCurvePrivateKey, body: bytes, timestamp: int) -> dict[str, str]:
    """The two headers over the raw body, the line end at its end included."""
    signature = key.sign(f"{timestamp}".encode() + body, ECDSA(SHA256()))
    return {SIGNATURE_HEADER: base64.b64encode(signature).decode(), TIMESTAMP_HEADER: f"{timestamp}"}
