"""The forms of Persona's objects: an inquiry with all its attributes, and what a sparse fieldset leaves of it."""

import secrets
import string
from typing import Any

from tests.sandbox.persona.answers import Json, bad_request
from tests.sandbox.store import Document

ALPHABET = string.ascii_letters + string.digits
FIELDS = {
    "name-first": "string",
    "name-middle": "string",
    "name-last": "string",
    "address-street-1": "string",
    "address-street-2": "string",
    "address-city": "string",
    "address-subdivision": "string",
    "address-postal-code": "string",
    "address-country-code": "string",
    "birthdate": "date",
    "email-address": "string",
    "phone-number": "string",
    "identification-number": "string",
}
TIMES = (
    "created-at",
    "updated-at",
    "started-at",
    "expires-at",
    "completed-at",
    "failed-at",
    "marked-for-review-at",
    "decisioned-at",
    "expired-at",
    "redacted-at",
)


def new_id(prefix: str, length: int = 24) -> str:
    """An id such as `inq_zEx4jL84ShbUyuwX6AzPSqt6`."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(length))}"


def attributes(reference_id: str | None, fields: dict[str, str | None]) -> Json:
    """The attributes of an inquiry that has just been made."""
    return {
        "status": "created",
        "reference-id": reference_id,
        "note": None,
        "behaviors": {},
        "tags": [],
        "creator": "API",
        "reviewer-comment": None,
        **dict.fromkeys(TIMES),
        "previous-step-name": None,
        "next-step-name": "start",
        "fields": {name: {"type": kind, "value": fields.get(name)} for name, kind in FIELDS.items()},
    }


def inquiry(document: Document) -> Json:
    """An inquiry as the API and the webhooks show it."""
    return {
        "type": "inquiry",
        "id": document["id"],
        "attributes": document["attributes"],
        "relationships": {
            "account": _one("account", document["account"]),
            "template": {"data": None},
            "inquiry-template": _one("inquiry-template", document["template"]),
            "inquiry-template-version": _one("inquiry-template-version", "itmplv_sandbox"),
            "transaction": {"data": None},
            "reviewer": _one("workflow-run", document["reviewer"]),
            **{name: {"data": []} for name in ("reports", "verifications", "documents", "selfies")},
            "sessions": {"data": [{"type": "inquiry-session", "id": key} for key in document["sessions"]]},
        },
    }


def sparse(whole: Json, wanted: str | None) -> Json:
    """Only the wanted attributes (`status,fields.name-first`); all of them without a wish."""
    if wanted is None:
        return whole
    kept: Json = {}
    for name in wanted.split(","):
        if name.startswith("fields.") and name.removeprefix("fields.") in FIELDS:
            field = name.removeprefix("fields.")
            kept.setdefault("fields", {})[field] = whole["attributes"]["fields"][field]
        elif name in whole["attributes"]:
            kept[name] = whole["attributes"][name]
        else:
            raise bad_request("fields[inquiry] names an attribute that does not exist")
    return {**whole, "attributes": kept}


def event(name: str, subject: Json, created_at: str) -> Json:
    """A webhook's body."""
    payload = {"data": subject, "included": []}
    attributes: Json = {"name": name, "payload": payload, "created-at": created_at}
    return {"data": {"type": "event", "id": new_id("evt"), "attributes": attributes}}


def _one(kind: str, key: str | None) -> dict[str, Any]:
    return {"data": None if key is None else {"type": kind, "id": key}}
