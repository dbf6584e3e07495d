"""An auction as a page shows it: every live field's text, made from the API's JSON.

`static/js/lot.js` makes the same texts from the same words when news arrives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.clock import to_ms
from domain.money import INCREMENT_TABLES
from web import words
from web.formats import clock_time, counted, moment, money, span

OPEN = ("scheduled", "live", "held", "closing")
NOBODY: Mapping[str, Any] = {
    "position": "none",
    "minimum_cents": None,
    "my_max_cents": None,
    "my_last_bid_id": None,
    "alias": None,
}


@dataclass(frozen=True, slots=True)
class Lot:
    """One AuctionView with its reader's `mine` at one moment of the server's clock."""

    auction: Mapping[str, Any]
    mine: Mapping[str, Any]
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether bids may still come, now or later."""
        return self.auction["status"] in OPEN

    @property
    def turns_at(self) -> str:
        """When it starts, while that is to come; then when it ends or ended."""
        return str(self.auction["starts_at" if self.auction["status"] == "scheduled" else "ends_at"])

    @property
    def minimum_cents(self) -> int:
        """The least this reader can offer now."""
        own: int | None = self.mine["minimum_cents"]
        least: int = self.auction["minimum_next_cents"]
        return least if own is None else own

    @property
    def quick_cents(self) -> list[int]:
        """The minimum and the next two steps of the auction's own increment table."""
        table = INCREMENT_TABLES[self.auction["increments_version"]]
        first = self.auction["minimum_next_cents"]
        second = first + table.at(first)
        return [first, second, second + table.at(second)]

    @property
    def steps(self) -> list[list[int]]:
        """The auction's increment table, `[price from, increment]` in cents, for the quick bids of the script."""
        return [list(step) for step in INCREMENT_TABLES[self.auction["increments_version"]].steps]

    def attributes(self) -> dict[str, str]:
        """The `data-` attributes that scripts read and styles look at."""
        lot, mine = self.auction, self.mine
        values = {
            "lot": lot["id"],
            "status": lot["status"],
            "reserve": lot["reserve"],
            "position": mine["position"],
            "result": lot["result"],
            "version": lot["version"],
            "starts-at": lot["starts_at"],
            "ends-at": lot["ends_at"],
            "start": lot["start_cents"],
            "price": lot["price_cents"],
            "minimum": lot["minimum_next_cents"],
            "bids": lot["bid_count"],
            "bidders": lot["bidder_count"],
            "leader": lot["leader"],
            "hold": lot["hold_reason"],
            "public-reason": lot["public_reason"],
            "my-minimum": mine["minimum_cents"],
            "my-max": mine["my_max_cents"],
            "alias": mine["alias"],
        }
        return {f"data-{name}": "" if value is None else str(value) for name, value in values.items()}

    def fields(self) -> dict[str, str]:
        """The text of each live field, by its `data-field` name."""
        lot, status = self.auction, self.auction["status"]
        position = self.mine["position"]
        return {
            "status": words.STATUS[status],
            "price_label": words.PRICE_LABEL[self._price_word()],
            "price": money(lot["start_cents"] if lot["price_cents"] is None else lot["price_cents"]),
            "reserve": words.RESERVE[lot["reserve"]],
            "bids": self._bids(),
            "bids_short": self._bids(short=True),
            "leader": lot["leader"] or "\N{EM DASH}",
            "minimum": money(self.minimum_cents),
            "position": words.POSITION[position],
            "position_text": self._position_text(position),
            "listing": words.LISTING.get(position, ""),
            "countdown_label": words.COUNTDOWN[status],
            "countdown": self._countdown(),
            "hold": lot["public_reason"] or words.HOLD_REASON.get(lot["hold_reason"] or "", words.HOLD_DEFAULT),
            "result": words.RESULT.get(lot["result"] or "", ""),
            "result_text": self._result_text(),
        }

    @property
    def _is_outright(self) -> bool:
        """Sold without a hammer, so that nobody leads; for how much, the page says in a part of its own."""
        return bool(self.auction["result"] == "sold" and not self.auction["leader"])

    def _price_word(self) -> str:
        if self.auction["result"] and not self._is_outright:
            return str(self.auction["result"])
        return "start" if self.auction["price_cents"] is None else "current"

    def _bids(self, *, short: bool = False) -> str:
        bids, bidders = self.auction["bid_count"], self.auction["bidder_count"]
        if not bids:
            return words.BIDS["none"]
        counts = counted(bids, words.BIDS["bid"])
        return counts if short else f"{counts} by {counted(bidders, words.BIDS['bidder'])}"

    def _position_text(self, position: str) -> str:
        maximum = self.mine["my_max_cents"]
        key = "leading_max" if position == "leading" and maximum is not None else position
        return words.POSITION_TEXT[key].format(
            minimum=money(self.minimum_cents), maximum=money(maximum), price=money(self.auction["price_cents"])
        )

    def _countdown(self) -> str:
        status = self.auction["status"]
        if status not in words.NO_TIME_LEFT:
            return words.STATUS[status]
        left = to_ms(moment(self.auction["starts_at" if status == "scheduled" else "ends_at"])) - to_ms(self.now)
        return span(left) if left > 0 else words.NO_TIME_LEFT[status]

    def _result_text(self) -> str:
        lot = self.auction
        if not lot["result"]:
            return ""
        if self._is_outright:
            return words.SOLD_OUTRIGHT
        text = words.RESULT_TEXT[lot["result"]].format(leader=lot["leader"], price=money(lot["price_cents"]))
        return f"{text} {lot['public_reason']}" if lot["public_reason"] else text


def history_fields(line: Mapping[str, Any], alias: str | None) -> dict[str, str]:
    """The texts of a public history line; `alias` is the reader's own, who reads "You" in its place."""
    kind, amount = line["kind"], line["amount_cents"]
    bidder, leader = (_named(line[who], alias) for who in ("bidder", "leader"))
    what = words.HISTORY.get(kind, kind)
    notes = [words.NOTE["retracted"]] if line["retracted"] else []
    if line["bidder"] and line["outcome"] == "outbid" and line["leader"]:
        notes.append(words.NOTE["you_stay" if leader == words.YOU else "stays"].format(leader=leader))
    if line["extended"] and kind != "extended":
        notes.append(words.NOTE["extended"])
    return {
        "who": bidder or what,
        "what": (f"{what} {money(amount)}" if amount is not None else what) if bidder else "",
        "price": money(line["price_cents"]),
        "at": clock_time(line["at"]),
        "note": ", ".join(notes),
    }


def _named(bidder: str | None, alias: str | None) -> str:
    return words.YOU if bidder and bidder == alias else bidder or ""
