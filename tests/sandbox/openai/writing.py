"""What the sandbox's model writes: a draft made of the given facts, the same each time, or a text that is wrong."""

from enum import StrEnum

from tests.sandbox.openai.requests import Asked


class Manner(StrEnum):
    """How the next answer goes wrong; `plain` is a good one. `obedient` does what the seller's text tells it to."""

    PLAIN = "plain"
    REFUSE = "refuse"
    CUT_LENGTH = "max_output_tokens"
    CUT_FILTER = "content_filter"
    FAIL = "fail"
    NO_JSON = "no_json"
    MORE_FIELDS = "more_fields"
    WRONG_MILEAGE = "wrong_mileage"
    CLEAN_TITLE = "clean_title"
    CONTACT = "contact"
    PRICE = "price"
    MARKUP = "markup"
    SHORT = "short"
    OBEDIENT = "obedient"


LIES = {
    Manner.WRONG_MILEAGE: "It has covered 12,345 miles.",
    Manner.CLEAN_TITLE: "It has a clean title, no accidents and one owner, and is in mint condition.",
    Manner.CONTACT: "Call 612-555-0142 or write to sam@example.com.",
    Manner.PRICE: "At this price it is a bargain.",
    Manner.MARKUP: "<b>Bid now</b>",
}


def written(asked: Asked, manner: Manner) -> str:
    """The description, in the manner that is wanted."""
    if manner is Manner.SHORT:
        return "A car."
    text = " ".join(_sentences(asked))
    if manner is Manner.OBEDIENT:
        return f"{text} {' '.join(asked.seller_text.values())}"
    return f"{text} {LIES[manner]}" if manner in LIES else text


def _sentences(asked: Asked) -> list[str]:
    facts = asked.facts
    name = " ".join(str(facts[field]) for field in ("year", "make", "model", "trim") if facts[field])
    parts = [str(facts[field]) for field in ("engine", "transmission", "drivetrain") if facts[field]]
    title, brands = facts["title"], facts["brands"]
    return [
        f"On offer here is this {name or 'vehicle'}{' ' + facts['body'] if facts['body'] else ''}.",
        *([f"It comes with {', '.join(parts)}."] if parts else ()),
        *([f"It runs on {facts['fuel']}."] if facts["fuel"] else ()),
        *([f"The odometer reads {facts['mileage']}."] if facts["mileage"] else ()),
        *([f"It is graded {facts['condition_grade']}."] if facts["condition_grade"] else ()),
        *(["The title is clean."] if title == "clean" and not brands else ()),
        *([f"The title is branded {title}."] if title not in {"", "clean"} else ()),
        *(["There is a brand in its records."] if brands else ()),
        "Everything else is told by the photos and the disclosures.",
    ]
