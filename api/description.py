"""The OpenAPI description: what FastAPI derives, with our problem shape and the two ways to say who one is."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.routes import AUDIENCE_NAME
from api.security import COOKIE, CSRF_HEADER, Audience

SUMMARY = """Live vehicle auctions. Errors are problem+json (RFC 9457) with a stable `code`. Money is in US cents.

Browsers sign in with a cookie and send `X-CSRF-Token` with every write; machines send `Authorization: Bearer ht_...`.
"""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; made for programs."},
        "detail": {"type": "string", "description": "One sentence for the person."},
        "instance": {"type": "string", "description": "The request id, also in X-Request-ID."},
        "retry_after_s": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "rule", "message")},
            },
        },
    },
    "additionalProperties": True,
}
SCHEMES: dict[str, Any] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": f"Writes also send {CSRF_HEADER}."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of /api/me/tokens, with its scopes."},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Make the description once and keep it."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, description=SUMMARY, routes=app.routes)
        parts = found.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = PROBLEM
        parts["securitySchemes"] = SCHEMES
        for path in found["paths"].values():
            for operation in path.values():
                operation["security"] = _security(Audience(operation[AUDIENCE_NAME]))
        app.openapi_schema = found
    return app.openapi_schema


def _security(audience: Audience) -> list[dict[str, list[str]]]:
    match audience:
        case Audience.PUBLIC:
            return []
        case Audience.BROWSER | Audience.ACCOUNT:
            return [{"session": []}]
        case _:
            return [{"session": []}, {"bearer": []}]
