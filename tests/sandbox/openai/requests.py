"""What a request to the Responses API must be: stricter than OpenAI, who forgives much of what we must never send."""

import json
import re
from dataclasses import dataclass
from typing import Any

from domain.questions import contacts

FIELDS = {"model", "input", "text", "max_output_tokens", "safety_identifier", "store"}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
HASH = re.compile(r"[0-9a-f]{64}")
VIN = re.compile(r"\b(?=[A-Z]*\d)[A-HJ-NPR-Z0-9]{17}\b")
# The keywords of strict schemas that every model knows.
KEYWORDS = {"type", "properties", "required", "additionalProperties", "title", "description", "enum", "items", "anyOf"}
MOST_TOKENS = 4_000
LONGEST_PROMPT = 20_000


@dataclass(eq=False)
class Wrong(Exception):
    """Why a request is refused with 400: the parameter and a sentence."""

    param: str
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was understood: the developer's text, and the user's as it came and as data."""

    developer: str
    user: str
    facts: dict[str, Any]
    seller_text: dict[str, str]
    properties: list[str]


def understood(body: Any) -> Asked:
    """The request, or Wrong."""
    if not isinstance(body, dict):
        raise Wrong("body", "We could not parse the JSON body of your request.")
    unknown = set(body) - FIELDS
    if unknown:
        raise Wrong(min(unknown), f"Unknown parameter: '{min(unknown)}'.", "unknown_parameter")
    for field in sorted(FIELDS - set(body)):
        raise Wrong(field, f"Missing required parameter: '{field}'.", "missing_required_parameter")
    if body["store"] is not False:
        raise Wrong("store", "This sandbox stores nothing: send false.")
    if not isinstance(body["max_output_tokens"], int) or not 16 <= body["max_output_tokens"] <= MOST_TOKENS:
        raise Wrong("max_output_tokens", "Invalid value.", "integer_out_of_range")
    if not HASH.fullmatch(str(body["safety_identifier"])):
        raise Wrong("safety_identifier", "This must be a hash and nobody's name.")
    developer, user = _messages(body["input"])
    told = _data(user)
    return Asked(developer, user, told["facts"], told["seller_text"], _schema(body["text"]))


def _messages(given: Any) -> tuple[str, str]:
    if not isinstance(given, list) or [each.get("role") for each in given] != ["developer", "user"]:
        raise Wrong("input", "This sandbox takes one developer and one user message.")
    if any(set(each) != {"role", "content"} or not isinstance(each["content"], str) for each in given):
        raise Wrong("input", "Invalid type for 'input[0].content'.", "invalid_type")
    texts = tuple(each["content"] for each in given)
    if sum(map(len, texts)) > LONGEST_PROMPT:
        raise Wrong("input", "Your input exceeds the context window of this model.", "context_length_exceeded")
    return texts[0], texts[1]


def _data(user: str) -> dict[str, Any]:
    """The user's message as the data that it must be; nobody may be reached or known by it."""
    try:
        told = json.loads(user)
    except ValueError:
        raise Wrong("input", "The user's message is no JSON.") from None
    if not isinstance(told, dict) or set(told) != {"facts", "seller_text"}:
        raise Wrong("input", "The seller's text must stand beside the facts.")
    for text in _texts(told):
        if contacts(text) or VIN.search(text.upper()):
            raise Wrong("input", "There is personal data in the prompt.", "sandbox_personal_data")
    return told


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [str(value)]


def _schema(text: Any) -> list[str]:
    form = text.get("format") if isinstance(text, dict) else None
    if not isinstance(form, dict) or form.get("type") != "json_schema" or form.get("strict") is not True:
        raise Wrong("text.format", "This sandbox answers in a strict schema only.")
    if not NAME.fullmatch(str(form.get("name", ""))):
        raise Wrong("text.format.name", "Invalid 'text.format.name': string does not match pattern.", "invalid_value")
    schema: Any = form.get("schema")
    _strict(schema, "()")
    return sorted(schema["properties"])


def _strict(schema: Any, place: str) -> None:
    """Every object closed, all of its fields required, and nothing but what strict schemas know."""

    def wrong(message: str) -> Wrong:
        message = f"Invalid schema for response_format: In context={place}, {message}"
        return Wrong("text.format.schema", message, "invalid_json_schema")

    if not isinstance(schema, dict) or not {"type", "anyOf"} & set(schema):
        raise wrong("schema must have a 'type' key.")
    for keyword in sorted(set(schema) - KEYWORDS):
        raise wrong(f"'{keyword}' is not permitted.")
    if place == "()" and schema.get("type") != "object":
        raise wrong("the root must be an object.")
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise wrong("'additionalProperties' is required to be supplied and to be false.")
        if sorted(schema.get("required", ())) != sorted(schema.get("properties", ())):
            raise wrong("'required' is required to be an array including every key in properties.")
        for name, inner in schema["properties"].items():
            _strict(inner, name)
    for inner in (*filter(None, (schema.get("items"),)), *schema.get("anyOf", ())):
        _strict(inner, f"{place}.items")
