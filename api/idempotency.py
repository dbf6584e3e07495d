"""The Idempotency-Key of a write: what makes it safe to send again."""

from starlette.requests import Request

from domain.errors import InvalidError

HEADER = "idempotency-key"
LONGEST = 128


def idempotency_key(request: Request) -> str:
    """The request's key: 1 to 128 visible ASCII characters. Raises InvalidError that names the header."""
    key = request.headers.get(HEADER, "")
    if 0 < len(key) <= LONGEST and key.isascii() and key.isprintable() and " " not in key:
        return key
    rule = "is missing" if not key else "must be 1 to 128 visible ASCII characters"
    message = f"Idempotency-Key {rule}; send a new one for each new intent, and the same one when you repeat it."
    errors = [{"field": "Idempotency-Key", "rule": "required", "message": message}]
    raise InvalidError("INVALID_INPUT", message, errors=errors)
