"""The JSON shapes of buy-now: what a lot is sold for besides by bids, and one buyer's reservation."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.purchases import Purchase, SaleTerms
from api.commands import EXAMPLE, CommandView
from api.offer_views import OFFER_EXAMPLE, OfferView
from domain.auction import Status
from domain.clock import to_text

PURCHASE_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        **EXAMPLE,
        "kind": "reserved",
        "auction_status": "held",
        "price_cents": None,
        "leader": None,
        "purchase_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7",
        "state": "reserved",
        "cents": 1_400_000,
        "expires_at": "2026-05-05T19:27:03.101Z",
    }
)
OPEN_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "auction_id": 7,
        "sale_type": "timed",
        "auction_status": "live",
        "buy_now_cents": 1_400_000,
        "buy_now_open": True,
        "offers_open": True,
        "reserved_until": None,
        "sold_by": None,
        "sold_cents": None,
        "mine": None,
        "offer": OFFER_EXAMPLE,
        "server_now": "2026-05-05T19:12:03.120Z",
    }
)


class PurchaseView(CommandView):
    """A buyer's own reservation or purchase. `state` is reserved, bought or failed."""

    purchase_id: str
    state: str
    cents: int
    expires_at: str | None


class MineView(TypedDict):
    """What the asker has reserved on a lot."""

    purchase_id: str
    state: str
    cents: int
    expires_at: str | None


class ForSaleView(TypedDict):
    """How a lot can be bought besides by bids. `reserved_until`: somebody has it, and its clock stands still."""

    auction_id: int
    sale_type: str
    auction_status: str
    buy_now_cents: int | None
    buy_now_open: bool
    offers_open: bool
    reserved_until: str | None
    sold_by: str | None
    sold_cents: int | None
    mine: MineView | None
    offer: OfferView | None
    server_now: str


def purchase_view(purchase: Purchase, facts: CommandView) -> PurchaseView:
    """A purchase with the facts of the entry that made it what it is."""
    return {**facts, **mine_view(purchase)}


def mine_view(purchase: Purchase) -> MineView:
    """A purchase by itself."""
    return {
        "purchase_id": purchase.purchase_id,
        "state": purchase.state,
        "cents": purchase.cents,
        "expires_at": None if purchase.expires_at is None else to_text(purchase.expires_at),
    }


def for_sale_view(terms: SaleTerms, purchase: Purchase | None, offer: OfferView | None, at: datetime) -> ForSaleView:
    """A lot's fixed price and offers at a moment of the server's clock."""
    runs = terms.status in {Status.SCHEDULED, Status.LIVE, Status.HELD} and not terms.has_bids
    held = terms.status == Status.HELD and terms.reserved_until is not None
    return {
        "auction_id": terms.auction_id,
        "sale_type": terms.sale_type,
        "auction_status": terms.status,
        "buy_now_cents": terms.buy_now_cents,
        "buy_now_open": runs and terms.status == Status.LIVE and terms.buy_now_cents is not None,
        "offers_open": runs and terms.offers_open,
        "reserved_until": to_text(terms.reserved_until) if held and terms.reserved_until else None,
        "sold_by": terms.sold_by,
        "sold_cents": terms.sold_cents,
        "mine": None if purchase is None else mine_view(purchase),
        "offer": offer,
        "server_now": to_text(at),
    }
