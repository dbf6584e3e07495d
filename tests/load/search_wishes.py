"""What people look for: filters that mostly name a make and some more, and words as they are typed."""

import random
from collections.abc import Iterator
from typing import Any

from activities.search_index.index import Wanted
from activities.zips import find
from domain.search import Filters, Near, Sort, Span
from tests.load.listings_catalogue import BODIES, MODELS, SHARES

PAGE = 24
ZIPS = ("55101", "10001", "90210", "60601", "77002", "30303", "98101", "33101", "80202", "02108")
STATES = ("MN", "TX", "CA", "NY", "FL", "IL", "OH", "WA", "GA", "CO")
TEXT_SORTS = (Sort.NEWEST, Sort.ENDING_SOON, Sort.PRICE_LOW)
ASIDES = (
    *("sunroof", "one owner", "heated leather", "skid plates", "garage kept", "carplay", "third row", "tow package"),
    *("blue", "white", "black", "red", "hybrid", "awd", "limited", "touring", "minneapolis", "chicago", "springfield"),
)
LONE_WORDS = ("sunroof", "one owner", "white", "f-150", "q5", "3 series", "convertible red", "minneapolis", "st00012")


def filters(dice: random.Random) -> Filters:
    """Filters without words."""
    return Filters(**_car(dice), **_numbers(dice), **_rest(dice))


def pages(dice: random.Random, count: int) -> Iterator[Wanted]:
    """First pages in all orders."""
    for _ in range(count):
        found = filters(dice)
        if found.near is not None and dice.random() < 0.5:
            sort = Sort.DISTANCE
        else:
            sort = dice.choice([sort for sort in Sort if sort is not Sort.DISTANCE])
        yield Wanted(found, sort, PAGE)


def text_pages(dice: random.Random, count: int) -> Iterator[Wanted]:
    """First pages of what is found by words."""
    for _ in range(count):
        status = ("live",) if dice.random() < 0.5 else ()
        yield Wanted(Filters(text=_text(dice), status=status), dice.choice(TEXT_SORTS), PAGE)


def _text(dice: random.Random) -> str:
    """One to five words; the last one is often not typed to its end."""
    if dice.random() < 0.2:
        return dice.choice(LONE_WORDS)
    make, model = _make_and_model(dice)
    text = f"{make} {model}" if dice.random() < 0.5 else model
    if dice.random() < 0.2:
        text = f"{dice.randrange(2010, 2027)} {text}"
    if dice.random() < 0.5:
        text = f"{text} {dice.choice(ASIDES)}"
    return text[: -dice.randrange(1, 3)] if dice.random() < 0.4 else text


def _make_and_model(dice: random.Random) -> tuple[str, str]:
    make = dice.choices(list(SHARES), list(SHARES.values()))[0]
    return make, dice.choice(MODELS[make][:4]).split(":")[0]


def _car(dice: random.Random) -> dict[str, Any]:
    make, model = _make_and_model(dice)
    chosen: dict[str, Any] = {}
    if dice.random() < 0.65:
        chosen["make"] = (make,)
        if dice.random() < 0.6:
            chosen["model"] = (model,)
    if dice.random() < 0.35:
        chosen["body_type"] = tuple(dice.sample(BODIES, dice.randrange(1, 3)))
    if dice.random() < 0.15:
        chosen["fuel_type"] = (dice.choice(("hybrid", "electric", "diesel", "gasoline")),)
    if dice.random() < 0.15:
        chosen["drivetrain"] = (dice.choice(("AWD", "4WD", "FWD")),)
    return chosen


def _numbers(dice: random.Random) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if dice.random() < 0.3:
        low = dice.randrange(2005, 2024)
        chosen["year"] = Span(low, low + dice.randrange(2, 8) if dice.random() < 0.6 else None)
    if dice.random() < 0.4:
        low_cents, high_cents = (None, 500_000, 1_000_000), (1_500_000, 2_500_000, 4_000_000)
        chosen["price_cents"] = Span(dice.choice(low_cents), dice.choice(high_cents))
    if dice.random() < 0.25:
        chosen["mileage"] = Span(None, dice.choice((30_000, 60_000, 100_000)))
    if dice.random() < 0.1:
        chosen["condition_grade"] = Span(dice.choice((30, 40)), None)
    return chosen


def _rest(dice: random.Random) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if dice.random() < 0.2:
        chosen["state"] = tuple(dice.sample(STATES, dice.randrange(1, 3)))
    if dice.random() < 0.2:
        place = find(dice.choice(ZIPS))
        if place is not None:
            chosen["near"] = Near(place.zip, place.lat, place.lng, dice.choice((25, 50, 100, 250, 500)))
    if dice.random() < 0.5:
        chosen["status"] = ("live",)
    if dice.random() < 0.1:
        chosen["ending_within_h"] = dice.choice((1, 24, 72))
    if dice.random() < 0.1:
        chosen["title_status"] = (dice.choice(("clean", "rebuilt", "salvage", "lemon")),)
    return chosen
