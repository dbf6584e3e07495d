"""What `POST /v3/mail/send` takes here: the part of SendGrid's request that the product uses, and nothing beside it."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

MOST_RECIPIENTS = 1_000
MOST_ARGS_BYTES = 10_000
MOST_BYTES = 30_000_000

Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")]
# SendGrid keeps these for long and cannot redact them: an address in them is refused here, though not there.
Category = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^@]+$")]
Argument = Annotated[str, StringConstraints(pattern=r"^[^@]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Address(Strict):
    email: Email
    name: str | None = None


class Personalization(Strict):
    to: Annotated[list[Address], Field(min_length=1, max_length=MOST_RECIPIENTS)]


class Content(Strict):
    type: Literal["text/plain", "text/html"]
    value: Text


class ClickTracking(Strict):
    enable: bool
    enable_text: bool = False


class OpenTracking(Strict):
    enable: bool


class Tracking(Strict):
    click_tracking: ClickTracking | None = None
    open_tracking: OpenTracking | None = None


class MailRequest(Strict):
    personalizations: Annotated[list[Personalization], Field(min_length=1, max_length=1_000)]
    sender: Annotated[Address, Field(alias="from")]
    subject: Text
    content: Annotated[list[Content], Field(min_length=1, max_length=2)]
    categories: Annotated[list[Category], Field(max_length=10)] = []
    custom_args: dict[str, Argument] = {}
    tracking_settings: Tracking = Tracking()

    @model_validator(mode="after")
    def _recipients(self) -> Self:
        everybody = [address.email.lower() for each in self.personalizations for address in each.to]
        if len(everybody) > MOST_RECIPIENTS:
            raise ValueError("personalizations: at most 1000 recipients in a request")
        if len(set(everybody)) < len(everybody):
            raise ValueError("personalizations: each email address should be unique")
        return self

    @model_validator(mode="after")
    def _parts(self) -> Self:
        kinds = [part.type for part in self.content]
        if kinds not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
            raise ValueError("content: text/plain must be first, text/html after it, each once")
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("categories: the categories must be unique")
        if len(json.dumps(self.custom_args).encode()) >= MOST_ARGS_BYTES:
            raise ValueError("custom_args: must be less than 10000 bytes")
        return self

    def part(self, kind: str) -> str:
        return next((part.value for part in self.content if part.type == kind), "")

    @property
    def is_tracked(self) -> bool:
        settings = self.tracking_settings
        clicks, opens = settings.click_tracking, settings.open_tracking
        return clicks is None or clicks.enable or clicks.enable_text or opens is None or opens.enable


def complaints(error: ValidationError) -> dict[str, Any]:
    """The vendor's form of an error: a message and the field's path."""
    return {"errors": [_complaint(each["loc"], each["msg"]) for each in error.errors(include_input=False)]}


def complaint(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": None, "help": None}]}


def _complaint(loc: tuple[int | str, ...], message: str) -> dict[str, Any]:
    text = message.removeprefix("Value error, ")
    field = ".".join(map(str, loc)) or text.partition(":")[0]
    return {"message": text, "field": field, "help": None}
