"""A public ledger as a table for people to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.money import dollars

HEADS = ("seq", "decided at", "kind", "who", "amount", "outcome", "price", "leader", "reserve", "end")
NUMBERS = frozenset({"seq", "amount", "price"})


def table(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the table, a rule below the heads; money in dollars, times of day in UTC."""
    rows = [HEADS, *(_row(public) for public in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if head in NUMBERS else cell.ljust(width)
            for head, cell, width in zip(HEADS, row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def _row(public: Mapping[str, Any]) -> tuple[str, ...]:
    outcome = public.get("code") or public.get("result") or public.get("outcome") or ""
    return (
        str(public["seq"]),
        _time(public["at"]),
        public["kind"].replace("_", "-"),
        public.get("bidder") or "",
        _money(public.get("amount_cents")),
        f"{outcome}, extended" if public.get("extended") else outcome,
        _money(public["price_cents"]),
        public["leader"] or "",
        public["reserve"].replace("_", " "),
        _time(public["ends_at"]),
    )


def _money(cents: int | None) -> str:
    return "" if cents is None else dollars(cents)


def _time(text: str) -> str:
    return text[11:-1]
