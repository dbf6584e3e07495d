"""Values as the API serves them, for pages in every state."""

from datetime import UTC, datetime
from typing import Any

from web.views import Frame, Notice, Viewer

NOW = datetime(2026, 5, 5, 12, 0, 0, tzinfo=UTC)
BUYER = Viewer(name="Ada Buyer", role="buyer", csrf_token="token-1")
VEHICLE = {
    "id": 70,
    "vin": "2HGFC2F59KH512345",
    "year": 2019,
    "make": "Honda",
    "model": "Civic",
    "trim": "EX",
    "body_type": "sedan",
    "exterior_color": "Aegean Blue Metallic",
    "mileage": 42_180,
    "city": "Austin",
    "state": "TX",
}
FULL_VEHICLE = VEHICLE | {
    "interior_color": "Black cloth",
    "engine": "2.0L I4",
    "transmission": "CVT automatic",
    "drivetrain": "FWD",
    "fuel_type": "gasoline",
    "title_status": "clean",
    "condition_grade": 42,
    "description": "One owner, serviced at the dealer.\nNew tires in 2025.",
    "disclosures": "A dent of an inch in the left rear door.",
}


def auction(**changes: Any) -> dict[str, Any]:
    """An AuctionView: live, with bids, reserve not met."""
    return {
        "id": 7,
        "title": "2019 Honda Civic EX",
        "status": "live",
        "vehicle": FULL_VEHICLE,
        "start_cents": 5_000_00,
        "price_cents": 12_400_00,
        "minimum_next_cents": 12_500_00,
        "reserve": "not_met",
        "bid_count": 12,
        "bidder_count": 4,
        "leader": "Bidder 3",
        "starts_at": "2026-05-01T12:00:00.000Z",
        "ends_at": "2026-05-05T12:12:09.000Z",
        "version": 14,
        "result": None,
        "hold_reason": None,
        "public_reason": None,
        "server_now": "2026-05-05T12:00:00.000Z",
        "increments_version": "2026-1",
        "window_s": 120,
    } | changes


def mine(**changes: Any) -> dict[str, Any]:
    """What a signed-in bidder alone may see: nothing yet."""
    return {
        "position": "none",
        "minimum_cents": 12_500_00,
        "my_max_cents": None,
        "my_last_bid_id": None,
        "alias": None,
    } | changes


def line(seq: int = 20, **changes: Any) -> dict[str, Any]:
    """A public history line."""
    return {
        "version": 14,
        "seq": seq,
        "at": "2026-05-05T11:58:12.345Z",
        "bidder": "Bidder 3",
        "kind": "bid",
        "amount_cents": 12_400_00,
        "price_cents": 12_400_00,
        "leader": "Bidder 3",
        "outcome": "leading",
        "extended": False,
        "retracted": False,
    } | changes


SCHEDULED = {
    "status": "scheduled",
    "price_cents": None,
    "minimum_next_cents": 5_000_00,
    "bid_count": 0,
    "bidder_count": 0,
    "leader": None,
    "version": 0,
    "starts_at": "2026-05-05T16:05:09.000Z",
    "ends_at": "2026-05-08T16:00:00.000Z",
}
ENDED = {"status": "ended", "ends_at": "2026-05-05T11:00:00.000Z"}
STATES: dict[str, dict[str, Any]] = {
    "scheduled": SCHEDULED,
    "opened": SCHEDULED | {"status": "live", "starts_at": "2026-05-05T11:00:00.000Z"},
    "live": {},
    "reserve_met": {"reserve": "met"},
    "no_reserve": {"reserve": "none"},
    "held": {"status": "held", "hold_reason": "sunday"},
    "held_by_admin": {"status": "held", "hold_reason": "admin", "public_reason": "Checking the mileage."},
    "closing": {"status": "closing", "ends_at": "2026-05-05T11:59:59.000Z"},
    "sold": ENDED | {"result": "sold", "reserve": "met"},
    "reserve_not_met": ENDED | {"result": "reserve_not_met"},
    "no_bids": ENDED | SCHEDULED | {"status": "ended", "result": "no_bids", "starts_at": "2026-05-01T12:00:00.000Z"},
    "sold_outright": ENDED | SCHEDULED | {"status": "ended", "result": "sold", "starts_at": "2026-05-01T12:00:00.000Z"},
    "cancelled": ENDED | {"result": "cancelled", "public_reason": "The title was not in the seller's name."},
}
POSITIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "leading": {"position": "leading", "minimum_cents": 14_001_00, "my_max_cents": 14_000_00, "alias": "Bidder 3"},
    "outbid": {"position": "outbid", "alias": "Bidder 2"},
    "won": {"position": "won", "alias": "Bidder 3"},
    "lost": {"position": "lost", "alias": "Bidder 2"},
}


def frame(viewer: Viewer | None = None, path: str = "/", notice: Notice | None = None) -> Frame:
    """A page asked for at NOW."""
    return Frame(path=path, server_now=NOW, viewer=viewer, notice=notice)
