"""The JSON shapes of vehicles and auctions, and how they are made from rows: pages and streams show the same values."""

from datetime import datetime

from typing_extensions import TypedDict

from activities.db.auctions import FullLot, Head, Lot, PreviousRun
from activities.db.bids import Mine
from activities.db.history import HistoryLine
from activities.db.vehicles import Vehicle, VehicleSummary
from domain.clock import to_text
from domain.money import DOLLAR


class VehicleView(TypedDict):
    """A vehicle in a list; `mileage` in miles."""

    id: int
    title: str
    vin: str
    year: int
    make: str
    model: str
    trim: str
    body_type: str
    exterior_color: str
    mileage: int
    city: str
    state: str


class FullVehicleView(VehicleView):
    """A vehicle in full; `mileage` in `mileage_unit`s, `condition_grade` in tenths from 0 to 50.

    `disclosures_hash` is SHA-256 over what the seller has disclosed, as it was approved.
    """

    interior_color: str
    engine: str
    transmission: str
    drivetrain: str
    fuel_type: str
    title_status: str
    condition_grade: int
    description: str
    disclosures: str
    market: str
    cylinders: int | None
    doors: int | None
    mileage_unit: str
    odometer_status: str
    title_state: str
    has_lien: bool
    lights: list[str]
    sale_type: str
    buy_now_cents: int | None
    offers_open: bool
    disclosures_hash: str | None
    listed_at: str | None


class HeadView(TypedDict):
    """The public state of an auction; times as `2026-05-05T12:00:00.000Z`, money in cents."""

    id: int
    title: str
    status: str
    start_cents: int
    price_cents: int | None
    minimum_next_cents: int
    reserve: str
    bid_count: int
    bidder_count: int
    leader: str | None
    starts_at: str
    ends_at: str
    version: int
    result: str | None
    hold_reason: str | None
    public_reason: str | None
    server_now: str
    increments_version: str
    window_s: int


class AuctionView(HeadView):
    """An auction in a list."""

    vehicle: VehicleView


class PreviousView(TypedDict):
    """What became of the auction before this one of the same vehicle."""

    auction_id: int
    result: str
    price_cents: int | None
    ended_at: str


class FullAuctionView(HeadView):
    """An auction with its vehicle in full. `relisted_from` is the auction of the same vehicle before it."""

    vehicle: FullVehicleView
    relisted_from: int | None
    previous: PreviousView | None


class HistoryLineView(TypedDict):
    """A public bid; `amount_cents` only for plain bids, an auto-bid shows the price that it made."""

    version: int
    seq: int
    at: str
    bidder: str
    kind: str
    amount_cents: int | None
    price_cents: int
    leader: str
    outcome: str
    extended: bool
    retracted: bool


class MineView(TypedDict):
    """The asker's own position; `minimum_cents` is the least they can offer now."""

    position: str
    minimum_cents: int
    my_max_cents: int | None
    my_last_bid_id: str | None
    alias: str | None


def vehicle_view(row: VehicleSummary | Vehicle) -> VehicleView:
    """The short form of a vehicle."""
    return {
        "id": row.id,
        "title": row.title,
        "vin": row.vin,
        "year": row.year,
        "make": row.make,
        "model": row.model,
        "trim": row.trim,
        "body_type": row.body_type,
        "exterior_color": row.exterior_color,
        "mileage": row.mileage,
        "city": row.city,
        "state": row.state,
    }


def full_vehicle_view(row: Vehicle) -> FullVehicleView:
    """A vehicle in full."""
    return {
        **vehicle_view(row),
        "interior_color": row.interior_color,
        "engine": row.engine,
        "transmission": row.transmission,
        "drivetrain": row.drivetrain,
        "fuel_type": row.fuel_type,
        "title_status": row.title_status,
        "condition_grade": row.condition_grade,
        "description": row.description,
        "disclosures": row.disclosures,
        "market": row.market,
        "cylinders": row.cylinders,
        "doors": row.doors,
        "mileage_unit": row.mileage_unit,
        "odometer_status": row.odometer_status,
        "title_state": row.title_state,
        "has_lien": row.has_lien,
        "lights": [name for name in row.lights.split(",") if name],
        "sale_type": row.sale_type,
        "buy_now_cents": row.buy_now_cents,
        "offers_open": row.offers_open,
        "disclosures_hash": row.disclosures_hash,
        "listed_at": None if row.listed_at is None else to_text(row.listed_at),
    }


def head_view(head: Head, title: str, moment: datetime) -> HeadView:
    """What the public may know of an auction's state at a moment of the server's clock."""
    return {
        "id": head.id,
        "title": title,
        "status": head.status,
        "start_cents": head.start_cents,
        "price_cents": head.price_cents,
        "minimum_next_cents": head.minimum_next_cents,
        "reserve": head.reserve_state,
        "bid_count": head.bid_count,
        "bidder_count": head.bidder_count,
        "leader": head.leader_alias,
        "starts_at": to_text(head.starts_at),
        "ends_at": to_text(head.ends_at),
        "version": head.version,
        "result": head.result,
        "hold_reason": head.hold_reason,
        "public_reason": head.public_reason,
        "server_now": to_text(moment),
        "increments_version": head.increments_version,
        "window_s": head.window_s,
    }


def auction_view(lot: Lot, moment: datetime) -> AuctionView:
    """An auction in a list."""
    return {**head_view(lot.head, lot.vehicle.title, moment), "vehicle": vehicle_view(lot.vehicle)}


def full_auction_view(lot: FullLot, moment: datetime) -> FullAuctionView:
    """An auction with its vehicle in full."""
    return {
        **head_view(lot.head, lot.vehicle.title, moment),
        "vehicle": full_vehicle_view(lot.vehicle),
        "relisted_from": None if lot.previous is None else lot.previous.auction_id,
        "previous": None if lot.previous is None else previous_view(lot.previous),
    }


def previous_view(run: PreviousRun) -> PreviousView:
    """An earlier auction of the same vehicle, which is over."""
    return {
        "auction_id": run.auction_id,
        "result": run.result,
        "price_cents": run.price_cents,
        "ended_at": to_text(run.ended_at),
    }


def history_view(line: HistoryLine) -> HistoryLineView:
    """One line of the public history."""
    return {
        "version": line.version,
        "seq": line.seq,
        "at": line.at,
        "bidder": line.bidder,
        "kind": line.kind,
        "amount_cents": line.amount_cents,
        "price_cents": line.price_cents,
        "leader": line.leader,
        "outcome": line.outcome,
        "extended": line.extended,
        "retracted": line.retracted,
    }


def mine_view(head: Head, user_id: int, mine: Mine) -> MineView:
    """One person's position. A leader may only raise the own maximum, by a dollar at least (auction-rules.md 2)."""
    leads = head.leader_id == user_id
    least = head.minimum_next_cents
    if leads and mine.max_cents is not None:
        least = mine.max_cents + DOLLAR
    return {
        "position": _position(head, mine, leads=leads),
        "minimum_cents": least,
        "my_max_cents": mine.max_cents,
        "my_last_bid_id": mine.last_bid_id,
        "alias": mine.alias,
    }


def _position(head: Head, mine: Mine, *, leads: bool) -> str:
    if mine.max_cents is None:
        return "none"
    if head.status != "ended":
        return "leading" if leads else "outbid"
    return "won" if leads and head.result == "sold" else "lost"
