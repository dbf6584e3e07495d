"""The JSON shape of an offer: the same figure and the same end for both sides, by the server's clock."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.offers import Listed, Stored
from domain.clock import to_text
from domain.offers import MOST_OFFERS, Offer, OfferStatus, Side

OFFER_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7",
        "vehicle_id": 12,
        "auction_id": 7,
        "status": "open",
        "amount_cents": 1_250_000,
        "by": "buyer",
        "you_are": "seller",
        "your_turn": True,
        "step": 1,
        "offers_left": 2,
        "reason": None,
        "expires_at": "2026-05-07T19:12:03.000Z",
        "created_at": "2026-05-05T19:12:03.000Z",
        "server_now": "2026-05-05T19:12:03.120Z",
    }
)


class OfferView(TypedDict):
    """An offer as one of its sides sees it.

    `by` named the figure; `step` is to be sent back with an answer to it; `offers_left` is how many more the buyer has
    on this vehicle. `status` is open, accepting, accepted, declined, withdrawn, expired or lapsed (`reason` says why).
    """

    id: str
    vehicle_id: int
    auction_id: int
    status: str
    amount_cents: int
    by: str
    you_are: str
    your_turn: bool
    step: int
    offers_left: int
    reason: str | None
    expires_at: str
    created_at: str
    server_now: str


class ListedOfferView(OfferView):
    """An offer in a list, with the vehicle's title."""

    title: str


class OfferPage(TypedDict):
    """Offers, newest first."""

    items: list[ListedOfferView]
    next_cursor: str | None
    total: int


def offer_view(stored: Stored, side: Side, at: datetime, offer: Offer | None = None) -> OfferView:
    """An offer as a side sees it, as it is recorded or, where that is newer, as its workflow says."""
    shown = stored.offer if offer is None or offer.step < stored.offer.step else offer
    waits = shown.status is OfferStatus.OPEN and at < shown.expires_at
    return {
        "id": stored.offer_id,
        "vehicle_id": stored.vehicle_id,
        "auction_id": stored.auction_id,
        "status": shown.status.value,
        "amount_cents": shown.cents,
        "by": shown.by.value,
        "you_are": side.value,
        "your_turn": waits and side is not shown.by,
        "step": shown.step,
        "offers_left": max(MOST_OFFERS - shown.made, 0),
        "reason": shown.reason or None,
        "expires_at": to_text(shown.expires_at),
        "created_at": to_text(stored.created_at),
        "server_now": to_text(at),
    }


def listed_view(listed: Listed, side: Side, at: datetime) -> ListedOfferView:
    """An offer in a list."""
    return {**offer_view(listed.stored, side, at), "title": listed.vehicle.title}
