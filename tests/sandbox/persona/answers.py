"""What a Persona call is answered: a body of JSON:API in kebab-case, or errors with `details` in the plural."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Json | None


class Refusal(Exception):
    """A 4xx answer."""

    def __init__(self, status: int, title: str, details: str) -> None:
        super().__init__(title)
        self.answer = Answer(status, errors(title, details))


def errors(title: str, details: str) -> Json:
    """The body of an error."""
    return {"errors": [{"title": title, "details": details}]}


def bad_request(details: str) -> Refusal:
    """Something in the request is not as it has to be."""
    return Refusal(400, "Bad Request", details)


def not_found() -> Refusal:
    """No such thing."""
    return Refusal(404, "Record not found", "The record does not exist in this environment.")
