"""The JSON shapes of what a search finds: listings, and how many there are of each kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from typing_extensions import TypedDict

from activities.db.auctions import Lot
from activities.db.vehicles import VehicleSummary
from activities.search_index.index import Found
from api.views import AuctionView, VehicleView, auction_view, vehicle_view
from domain.clock import to_text
from domain.geo import miles_between
from domain.search import UNSOLD, Facet, Listing, Near


class ListingView(VehicleView):
    """A listed vehicle as a search shows it; `status` is its newest auction's, or `listed` where it has none.

    `price_cents` is the price as it stands, `condition_grade` in tenths; `distance_miles` from the ZIP asked for.
    """

    fuel_type: str
    drivetrain: str
    transmission: str
    title_status: str
    condition_grade: int
    sale_type: str
    no_reserve: bool
    status: str
    auction_id: int | None
    price_cents: int | None
    ends_at: str | None
    listed_at: str
    distance_miles: float | None


class FoundAuctionView(AuctionView):
    """An auction as a search shows it; `distance_miles` from the ZIP asked for."""

    distance_miles: float | None


class FacetCount(TypedDict):
    """How many listings there are of one value, whatever else is chosen of its facet."""

    value: str
    count: int


Facets = dict[str, list[FacetCount]]


def listing_view(row: VehicleSummary, listing: Listing, near: Near | None) -> ListingView:
    """One listing."""
    return {
        **vehicle_view(row),
        "mileage": listing.mileage,
        "fuel_type": listing.fuel_type,
        "drivetrain": listing.drivetrain,
        "transmission": listing.transmission,
        "title_status": listing.title_status,
        "condition_grade": listing.condition_grade,
        "sale_type": listing.sale_type,
        "no_reserve": listing.no_reserve,
        "status": listing.status,
        "auction_id": listing.auction_id,
        "price_cents": listing.price_cents,
        "ends_at": None if listing.ends_at is None else to_text(listing.ends_at),
        "listed_at": to_text(listing.listed_at),
        "distance_miles": _miles(listing, near),
    }


def facet_views(counts: Mapping[Facet, Sequence[tuple[str, int]]]) -> Facets:
    """The counts of every facet, most first."""
    return {
        facet.value: [{"value": value, "count": count} for value, count in found] for facet, found in counts.items()
    }


def auction_facet_views(counts: Mapping[Facet, Sequence[tuple[str, int]]]) -> Facets:
    """The counts of every facet where only auctions are looked for: a vehicle in none of them is in no count."""
    return {
        facet: [each for each in values if each["value"] != UNSOLD] if facet == Facet.STATUS else values
        for facet, values in facet_views(counts).items()
    }


def found_auction_views(
    found: Found, lots: Mapping[int, Lot], near: Near | None, moment: datetime
) -> list[FoundAuctionView]:
    """The auctions of a page in its order, as they are at a moment."""
    return [
        {**auction_view(lots[listing.auction_id], moment), "distance_miles": _miles(listing, near)}
        for listing in found.listings
        if listing.auction_id is not None and listing.auction_id in lots
    ]


def listing_views(found: Found, rows: Mapping[int, VehicleSummary], near: Near | None) -> list[ListingView]:
    """The listings of a page whose vehicles are known."""
    return [
        listing_view(rows[listing.vehicle_id], listing, near)
        for listing in found.listings
        if listing.vehicle_id in rows
    ]


def _miles(listing: Listing, near: Near | None) -> float | None:
    if near is None or listing.lat is None or listing.lng is None:
        return None
    return round(miles_between(near.lat, near.lng, listing.lat, listing.lng), 1)
