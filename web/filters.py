"""The auction list's filter form: read from a query string, kept as typed values, written back into links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from web.formats import cents_of

TABS = {"live": "Live now", "scheduled": "Upcoming", "ended": "Ended"}
CLOSING_HOURS = {"1": "1 hour", "6": "6 hours", "24": "24 hours", "72": "3 days", "168": "7 days"}
FIELDS = ("make", "model", "year_from", "year_to", "price_from", "price_to", "closing_within")
LONGEST = 60
FIRST_YEAR, LAST_YEAR = 1886, 2100


@dataclass(frozen=True, slots=True)
class Filters:
    """Typed filters (money in cents) beside the texts as typed; `errors` has a sentence per unusable field."""

    status: str = "live"
    texts: Mapping[str, str] = field(default_factory=dict)
    make: str | None = None
    model: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    price_from_cents: int | None = None
    price_to_cents: int | None = None
    closing_hours: int | None = None
    cursor: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> "Filters":
        """Read a page's query parameters; what cannot be read is left out and named in `errors`."""
        texts = {name: query[name].strip()[:LONGEST] for name in FIELDS if query.get(name, "").strip()}
        errors: dict[str, str] = {}
        hours = texts.get("closing_within")
        return cls(
            status=query["status"] if query.get("status") in TABS else "live",
            texts=texts,
            make=texts.get("make"),
            model=texts.get("model"),
            year_from=_year(texts, "year_from", errors),
            year_to=_year(texts, "year_to", errors),
            price_from_cents=_price(texts, "price_from", errors),
            price_to_cents=_price(texts, "price_to", errors),
            closing_hours=int(hours) if hours in CLOSING_HOURS else None,
            cursor=query.get("cursor") or None,
            errors=errors,
        )

    def closing_before(self, now: datetime) -> datetime | None:
        """The latest end asked for, None for any."""
        return None if self.closing_hours is None else now + timedelta(hours=self.closing_hours)

    def text(self, name: str) -> str:
        """What was typed into a field."""
        return self.texts.get(name, "")

    def link(self, *, status: str | None = None, cursor: str | None = None) -> str:
        """The list's address with these filters, on another tab or further down."""
        pairs = {"status": status or self.status, **self.texts}
        return f"/?{urlencode(pairs | ({'cursor': cursor} if cursor else {}))}"


def _year(texts: Mapping[str, str], name: str, errors: dict[str, str]) -> int | None:
    text = texts.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    errors[name] = "Enter a year with four digits, such as 2019."
    return None


def _price(texts: Mapping[str, str], name: str, errors: dict[str, str]) -> int | None:
    text = texts.get(name)
    if text is None:
        return None
    cents = cents_of(text)
    if cents is None:
        errors[name] = "Enter a price in dollars, such as 12,500."
    return cents
