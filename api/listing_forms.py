"""The form of a listing read as the API's body: dollars become cents, grades tenths, and slips are told by field."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from api.listing_views import ListingBody
from domain.decoding import Specification
from domain.listings import Particulars
from domain.vin import Market, VinReading
from web.formats import cents_of
from web.listing_fields import FIELDS, FLAG, GRADE, LIGHTS, MONEY, NUMBER, TENTHS, Field

LONGEST_TYPED = 20_000
DOLLARS_WANTED = "Write whole dollars, such as 12,500."
NUMBER_WANTED = "Write a number, such as 41,250."
GRADE_WANTED = "Write a grade from 0.0 to 5.0, such as 4.2."
CHECK = "Please check this."
TOO_LONG = "This is too long."
TOLD_BY_RULE: Mapping[str, str] = {"string_too_long": TOO_LONG, "string_pattern_mismatch": CHECK, "enum": CHECK}


class Slips(Exception):
    """What is wrong with a form, a sentence by field."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(", ".join(found))
        self.found = dict(found)


def typed_in(form: FormData) -> dict[str, Any]:
    """What was typed, field by field; one that the form lacks is empty."""
    typed: dict[str, Any] = {}
    for name, field in FIELDS.items():
        texts = [text[:LONGEST_TYPED].replace("\r\n", "\n") for text in form.getlist(name) if isinstance(text, str)]
        typed[name] = texts if field.kind == LIGHTS else texts[-1] if texts else ""
    return typed


def body_in(typed: Mapping[str, Any], kept: Particulars) -> ListingBody:
    """The body that a form means; the place on the map is `kept` with its ZIP. Raises Slips."""
    slips: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, field in FIELDS.items():
        try:
            value = _value(field, typed[name])
        except ValueError as error:
            slips[name] = str(error)
        else:
            if value is not None:
                values[name] = value
    if values.get("zip") == kept.zip:
        values |= {"lat": kept.lat, "lng": kept.lng}
    try:
        body = ListingBody(**values)
    except ValidationError as error:
        for each in error.errors():
            slips.setdefault(str(each["loc"][0]), _sentence(each["type"], each["msg"]))
        raise Slips(slips) from None
    if slips:
        raise Slips(slips)
    return body


def body_of(reading: VinReading, market: Market, said: Specification | None) -> ListingBody:
    """A new listing's body: the VIN with what a decoder knows, cut to what a field holds."""
    values: dict[str, Any] = {"vin": reading.text, "market": market}
    year = said.year if said else reading.model_years[0] if len(reading.model_years) == 1 else None
    values["year"] = year
    if said is not None:
        for name in ("make", "model", "trim", "engine", "transmission"):
            values[name] = " ".join(getattr(said, name).split())[: FIELDS[name].longest].strip()
        for name in ("body_type", "drivetrain", "fuel_type", "cylinders", "doors"):
            values[name] = getattr(said, name)
    return ListingBody(**{name: value for name, value in values.items() if value is not None})


def _value(field: Field, typed: Any) -> Any:
    """One value; None where nothing was typed and the body's own default holds."""
    if field.kind == LIGHTS:
        return typed
    text = typed.strip()
    if field.kind == FLAG:
        return bool(text)
    if not text:
        return None
    if field.kind == MONEY:
        return _cents(text)
    if field.kind == GRADE:
        return _tenths(text)
    if field.kind == NUMBER or field.name == "length_days":
        return _number(text)
    return text


def _cents(text: str) -> int:
    cents = cents_of(text)
    if cents is None:
        raise ValueError(DOLLARS_WANTED)
    return cents


def _tenths(text: str) -> int:
    whole, _, part = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) == 1) or len(part) > 1 or not (part or "0").isdecimal():
        raise ValueError(GRADE_WANTED)
    return int(whole) * TENTHS + int(part or 0)


def _number(text: str) -> int:
    digits = text.replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < TENTHS):
        raise ValueError(NUMBER_WANTED)
    return int(digits)


def _sentence(rule: str, message: str) -> str:
    if rule in {"multiple_of", "greater_than_equal", "less_than_equal"}:
        return f"{message.replace('Input should be', 'This must be')}."
    return TOLD_BY_RULE.get(rule) or f"{message.removeprefix('Value error, ').capitalize()}."
