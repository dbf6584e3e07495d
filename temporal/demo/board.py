"""What the bidders know of the lots they watch: a board of lots, kept from lists, from answers and from the stream."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.bidding import Reserve
from domain.clock import from_text
from temporal.demo.catalogue import offering_of
from temporal.demo.habits import Lot

UNKNOWN_VALUE_FACTOR = 2


class Board:
    """Lots by id, each as new as the newest news of it; and how far the server's clock is ahead of ours."""

    def __init__(self) -> None:
        self.lots: dict[int, Lot] = {}
        self.ahead = timedelta(0)

    def put_view(self, view: Mapping[str, Any]) -> None:
        """Take over an AuctionView, unless the board is ahead of it."""
        known = self.lots.get(view["id"])
        if known is None or known.version <= view["version"]:
            self.lots[view["id"]] = _lot(view)

    def put_news(self, news: Mapping[str, Any]) -> None:
        """Take over a public frame of the stream, unless the board is ahead of it."""
        known = self.lots.get(news["auction_id"])
        if known is None or known.version > news["version"]:
            return
        self.lots[known.id] = replace(
            known,
            status=news["status"],
            version=news["version"],
            bid_count=news.get("bid_count", known.bid_count),
            leader=news["leader"],
            **_prices(news),
        )

    def put_answer(self, auction_id: int, body: Mapping[str, Any], me: str | None) -> None:
        """Take over the facts of an answer to a bid by alias `me`, unless the stream was faster."""
        known = self.lots.get(auction_id)
        if known is None or body.get("minimum_next_cents", 0) < known.minimum_next_cents or "ends_at" not in body:
            return
        leader = me if body.get("leader") == "you" else body.get("leader", known.leader)
        facts = {"price_cents": known.price_cents, "reserve": known.reserve, **body}
        self.lots[auction_id] = replace(known, leader=leader, **_prices(facts))

    def note_server_time(self, text: str, here: datetime) -> None:
        """Learn the server's clock from a frame or an answer."""
        self.ahead = from_text(text) - here

    def forget_others(self, auction_ids: set[int]) -> None:
        """Keep only these lots."""
        self.lots = {auction_id: lot for auction_id, lot in self.lots.items() if auction_id in auction_ids}


def _lot(view: Mapping[str, Any]) -> Lot:
    vin = view["vehicle"]["vin"]
    offering = offering_of(vin)
    return Lot(
        id=view["id"],
        vin=vin,
        status=view["status"],
        start_cents=view["start_cents"],
        leader=view["leader"],
        bid_count=view["bid_count"],
        starts_at=from_text(view["starts_at"]),
        version=view["version"],
        value_cents=offering.value_cents if offering else view["start_cents"] * UNKNOWN_VALUE_FACTOR,
        **_prices(view),
    )


def _prices(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "price_cents": facts["price_cents"],
        "minimum_next_cents": facts["minimum_next_cents"],
        "reserve": Reserve(facts["reserve"]),
        "ends_at": from_text(facts["ends_at"]),
    }
