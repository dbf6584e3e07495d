"""Tokens as ClearVIN makes them: JSON Web Tokens, signed with a key of this sandbox alone, that end."""

import base64
import hashlib
import hmac
import json
from typing import Any


def make(key: bytes, now_s: int, life_s: int, number: int) -> str:
    """A token that is good for so many seconds."""
    claims = {"id": number, "environment": "test", "iat": now_s, "exp": now_s + life_s}
    signed = f"{_coded({'alg': 'HS256', 'typ': 'JWT'})}.{_coded(claims)}"
    return f"{signed}.{_signature(key, signed)}"


def is_good(key: bytes, token: str, now_s: int) -> bool:
    """Whether this sandbox made it and it has not ended."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(key, signed).encode(), signature.encode()):
        return False
    claims = signed.partition(".")[2]
    ends: int = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    return now_s < ends


def _coded(part: dict[str, Any]) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _signature(key: bytes, signed: str) -> str:
    return _text(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
