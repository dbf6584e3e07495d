"""How a lot can be bought besides by bids, as its page shows it: made from the JSON of ForSaleView and OfferView."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.clock import to_ms
from web.formats import moment, money, span

Json = Mapping[str, Any]
YOUR_TURN, NOT_YOUR_TURN = "{amount} was named to you. Answer until the time below.", "You named {amount}."
OFFER_WORDS = {
    "accepting": "The auction is being asked whether {amount} sells it.",
    "accepted": "Agreed: it is sold for {amount}.",
    "declined": "{amount} was declined.",
    "withdrawn": "{amount} was withdrawn.",
    "expired": "{amount} was not answered in time.",
    "lapsed": "{amount} is over: the vehicle takes no offers any more.",
}
SOLD_WORDS = {
    "buy_now": "Sold for {price} at its buy-now price.",
    "offer": "Sold for {price} by an offer that the seller accepted.",
}


@dataclass(frozen=True, slots=True)
class ForSale:
    """A ForSaleView at one moment of the server's clock, with fresh idempotency keys for its forms.

    `can_buy`: the reader is signed in, cleared to bid and not the seller.
    """

    sale: Json
    now: datetime
    buy_key: str
    offer_key: str
    can_buy: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say at all."""
        sale = self.sale
        return bool(
            sale["buy_now_cents"] is not None or sale["offers_open"] or sale["sold_by"] or sale["mine"] or sale["offer"]
        )

    @property
    def price(self) -> str:
        """The fixed price."""
        return money(self.sale["buy_now_cents"])

    @property
    def has_it_reserved(self) -> bool:
        """Whether the reader has it reserved, and may confirm still."""
        mine = self.sale["mine"]
        return bool(mine and mine["state"] == "reserved" and self.sale["reserved_until"])

    @property
    def may_offer(self) -> bool:
        """Whether the reader can make an offer now: one at a time, and three in all."""
        offer = self.sale["offer"]
        free = offer is None or (offer["status"] not in {"open", "accepting"} and offer["offers_left"] > 0)
        return bool(self.can_buy and self.sale["offers_open"] and free)

    @property
    def waits_until(self) -> str:
        """What the countdown counts to: the end of the reservation, or else of the offer that stands; else nothing."""
        offer = self.sale["offer"]
        standing = offer["expires_at"] if offer and offer["status"] == "open" else ""
        return str(self.sale["reserved_until"] or standing)

    @property
    def left(self) -> str:
        """The time until then as it is at the first paint."""
        if not self.waits_until:
            return ""
        milliseconds = to_ms(moment(self.waits_until)) - to_ms(self.now)
        return span(max(milliseconds, 0))

    @property
    def offer_text(self) -> str:
        """How the reader's offer stands."""
        offer = self.sale["offer"]
        if offer is None:
            return ""
        turn = YOUR_TURN if offer["your_turn"] else NOT_YOUR_TURN
        text = turn if offer["status"] == "open" else OFFER_WORDS[offer["status"]]
        return text.format(amount=money(offer["amount_cents"]))

    @property
    def sold_text(self) -> str:
        """How it was sold, where no hammer did it."""
        sold_by = self.sale["sold_by"]
        return SOLD_WORDS[sold_by].format(price=money(self.sale["sold_cents"])) if sold_by in SOLD_WORDS else ""
