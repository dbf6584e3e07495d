"""The plain words of a search: its facets, measures, orders and values, and what is wrong with a field of it."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.search import Facet, Measure, Sort

TITLES: Mapping[str, str] = MappingProxyType(
    {
        Facet.MAKE.value: "Make",
        Facet.MODEL.value: "Model",
        Facet.TRIM.value: "Trim",
        Facet.BODY_TYPE.value: "Body",
        Facet.FUEL_TYPE.value: "Fuel",
        Facet.DRIVETRAIN.value: "Drivetrain",
        Facet.TRANSMISSION.value: "Transmission",
        Facet.EXTERIOR_COLOR.value: "Color",
        Facet.TITLE_STATUS.value: "Title",
        Facet.STATE.value: "State",
        Facet.SALE_TYPE.value: "Sale",
        Facet.STATUS.value: "Auction",
    }
)
MEASURES: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.YEAR: "Year",
        Measure.PRICE_CENTS: "Price",
        Measure.MILEAGE: "Mileage",
        Measure.CONDITION_GRADE: "Condition",
    }
)
SORTS: Mapping[str, str] = MappingProxyType(
    {
        Sort.ENDING_SOON.value: "Ending soonest",
        Sort.NEWEST.value: "Newest",
        Sort.PRICE_LOW.value: "Price: low to high",
        Sort.PRICE_HIGH.value: "Price: high to low",
        Sort.MILEAGE_LOW.value: "Mileage: low to high",
        Sort.YEAR_NEW.value: "Year: newest",
        Sort.DISTANCE.value: "Distance",
        Sort.ENDED_LATEST.value: "Ended last",
    }
)
# How a value reads where its own spelling would not do.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "listed": "No auction yet",
        "live": "Live now",
        "scheduled": "Upcoming",
        "held": "On hold",
        "closing": "Closing",
        "ended": "Ended",
        "timed": "Auction",
        "buy_now_only": "Buy now",
        "make_offer": "Make an offer",
        "cvt": "CVT",
        "suv": "SUV",
    }
)
YEAR = "Enter a year with four digits, such as 2019."
PRICE = "Enter a price in dollars, such as 12,500."
MILEAGE = "Enter a number of miles, such as 60,000."
CONDITION = "Choose one of the conditions; they go from 0 to 50, ten for each grade."
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "year_from": YEAR,
        "year_to": YEAR,
        "price_from": PRICE,
        "price_to": PRICE,
        "price_from_cents": "Price from: enter whole cents, from 0 up.",
        "price_to_cents": "Price to: enter whole cents, from 0 up.",
        "mileage_from": MILEAGE,
        "mileage_to": MILEAGE,
        "condition_from": CONDITION,
        "condition_to": CONDITION,
        "zip": "We do not know this ZIP code; enter one of the United States, such as 55101.",
        "miles": "Enter a distance from 1 to 3,000 miles.",
        "no_reserve": "“No reserve” is either true or false.",
        "ending_within_h": "Choose within how many hours the auction ends, from 1 to 336.",
        "closing_before": "Give the latest end as a date and time with its zone, such as 2026-05-05T12:00:00Z.",
        "q": "There is no word in your text that we could look for; it may be up to 80 letters long.",
        "sort": "We cannot sort like that; choose one of the orders in the list.",
        "cursor": "The address of this page is damaged or belongs to another order, so this is the first page.",
    }
)
RULES: Mapping[str, str] = MappingProxyType(
    {
        "SPAN": "“From” is more than “to”: nothing can lie between.",
        "NO_ZIP": "Enter a ZIP code, to say where the distance is measured from.",
        "NO_PLACE": "Enter a ZIP code, to sort by the distance from there.",
        "TOO_MANY": "Choose fewer of them.",
        "too_long": "Choose fewer of them.",
        "UNKNOWN": "We know no such filter.",
    }
)


def word_of(value: str) -> str:
    """A value of a facet as it is read."""
    return WORDS.get(value, value[:1].upper() + value[1:])


def fault(field: str, rule: str, value: str) -> str:
    """What is wrong with a field, in a sentence for whoever typed it."""
    if rule in RULES:
        return RULES[rule]
    known = f"We know no “{value}” here; choose one from the list." if value else "This cannot be used."
    return FIELDS.get(field, known)
