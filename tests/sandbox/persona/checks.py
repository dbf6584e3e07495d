"""What a request may hold: no attribute that the specification does not know, and every value of its type."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tests.sandbox.persona.answers import Json, bad_request
from tests.sandbox.persona.wire import FIELDS

Check = Callable[[Any], bool]
DAY_S = 86_400
LONGEST_S = 90 * DAY_S


def is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LONGEST_S


def is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def is_list(value: Any) -> bool:
    return isinstance(value, list)


CREATE: Mapping[str, Any] = {
    "data": {
        "attributes": {
            "template-id": is_text,
            "inquiry-template-id": is_text,
            "inquiry-template-version-id": is_text,
            "redirect-uri": is_link,
            "note": is_text,
            "fields": {name: is_day if kind == "date" else is_text for name, kind in FIELDS.items()},
        },
    },
    "meta": {
        "auto-create-account": is_flag,
        "auto-create-account-reference-id": is_text,
        "auto-create-inquiry-session": is_flag,
        "auto-create-one-time-link": is_flag,
        "expiration-after-create-interval-seconds": is_seconds,
    },
}
LINK: Mapping[str, Any] = {"meta": {"expires-in-seconds": is_seconds}}
SIMULATE: Mapping[str, Any] = {"meta": {"simulate-actions": is_list}}
ACTION: Mapping[str, Any] = {"type": is_text}
NOTHING: Mapping[str, Any] = {}
TEMPLATES = {"template-id": "tmpl_", "inquiry-template-id": "itmpl_", "inquiry-template-version-id": "itmplv_"}


def body(given: Json | None, shape: Mapping[str, Any]) -> Json:
    """The body when it has this shape, an empty one when there is none; Refusal(400) otherwise."""
    whole = {} if given is None else given
    _check(whole, shape, "")
    return whole


def template(attributes: Json) -> str:
    """The one template that is named, by the right one of its three names."""
    named = {name: attributes[name] for name in TEMPLATES if name in attributes}
    if len(named) != 1:
        raise bad_request("exactly one of template-id, inquiry-template-id, inquiry-template-version-id must be given")
    [(name, value)] = named.items()
    if not value.startswith(TEMPLATES[name]):
        raise bad_request(f"data.attributes.{name} must start with {TEMPLATES[name]}")
    return str(value)


def query(given: list[tuple[str, str]], allowed: set[str]) -> dict[str, str]:
    """The query's parameters, each known and given once; Refusal(400) otherwise."""
    found = dict(given)
    if len(found) != len(given) or not set(found) <= allowed:
        raise bad_request("a query parameter is unknown or given twice")
    return found


def _check(value: Any, shape: Mapping[str, Any] | Check, path: str) -> None:
    if not isinstance(shape, Mapping):
        if not shape(value):
            raise bad_request(f"{path} is not valid")
        return
    if not isinstance(value, dict):
        raise bad_request(f"{path or 'the body'} must be an object")
    for name, part in value.items():
        where = f"{path}.{name}".lstrip(".")
        if name not in shape:
            raise bad_request(f"{where} is not allowed")
        _check(part, shape[name], where)
