"""A small market for tests: people, vehicles, and lots whose ledgers the real rules have written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, insert, update

from activities.db import ledger, people, search, sellers, vehicles
from activities.db.people import Role
from activities.db.tables import auctions
from domain.auction import Auction, Bid, Terms
from domain.bidding import Kind
from domain.sellers import Licence, LicenceClass

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
CAR: dict[str, Any] = {
    "year": 2019,
    "make": "Honda",
    "model": "Civic",
    "trim": "EX",
    "body_type": "sedan",
    "exterior_color": "Silver",
    "interior_color": "Black",
    "engine": "1.5 L turbo I4",
    "transmission": "CVT",
    "drivetrain": "FWD",
    "fuel_type": "gasoline",
    "mileage": 41_250,
    "title_status": "clean",
    "condition_grade": 42,
    "city": "Saint Paul",
    "state": "MN",
    "description": "One owner.",
    "disclosures": "",
    "created_at": NOON,
}


def bid_id(number: int) -> str:
    """The id of the nth bid of a test."""
    return str(uuid5(NAMESPACE_URL, f"bid {number}"))


def add_person(
    connection: Connection,
    email: str,
    *,
    role: Role = Role.BUYER,
    can_bid: bool = True,
    password_hash: str = "no hash",  # noqa: S107 - nothing that anybody could sign in with
) -> int:
    """An account named after its address."""
    return people.add_user(
        connection,
        email=email,
        name=email.partition("@")[0].title(),
        password_hash=password_hash,
        role=role,
        can_bid=can_bid,
        buying_limit_cents=None,
        created_at=NOON,
    )


def let_sell(connection: Connection, user_id: int) -> None:
    """Make somebody an approved dealer, who may list any number of vehicles."""
    licence = Licence("DLR40123", LicenceClass.USED, "MN", date(2099, 12, 31))
    sellers.add_approved(connection, user_id, "A dealer", licence, NOON)


def add_car(connection: Connection, seller_id: int, number: int, **changes: Any) -> int:
    """The nth vehicle, a 2019 Honda Civic EX but for the changes."""
    vin = f"19XFC1F37KE{number:06}"
    vehicle_id = vehicles.add_vehicle(connection, seller_id=seller_id, vin=vin, **{**CAR, **changes})
    search.put(connection, vehicle_id, NOON)
    return vehicle_id


def add_lot(connection: Connection, seller_id: int, vehicle_id: int, **changes: Any) -> int:
    """A lot that is live from noon for a day, with nothing recorded yet."""
    row = {
        "vehicle_id": vehicle_id,
        "seller_id": seller_id,
        "status": "live",
        "start_cents": 500_000,
        "reserve_cents": None,
        "window_s": 120,
        "increments_version": "2026-1",
        "starts_at": NOON,
        "ends_at": NOON + DAY,
        "planned_ends_at": NOON + DAY,
        "reserve_state": "none",
        "minimum_next_cents": 500_000,
        "version": 0,
        "seq": 0,
        "hash": "0" * 64,
        "bid_count": 0,
        "bidder_count": 0,
        "created_at": NOON,
        **changes,
    }
    key = connection.execute(insert(auctions).values(row)).inserted_primary_key
    assert key is not None
    number: int = key[0]
    search.put(connection, vehicle_id, NOON)
    return number


def add_bids(
    connection: Connection,
    auction_id: int,
    seller_id: int,
    attempts: Sequence[tuple[int, Kind, int]],
    *,
    end: bool = False,
    reserve_cents: int | None = None,
) -> Auction:
    """Judge attempts `(user, kind, cents)` one second apart by the real rules, and record all of it."""
    terms = Terms(auction_id, (str(seller_id),), 500_000, reserve_cents, NOON, NOON + DAY)
    auction = Auction(terms)
    connection.execute(update(auctions).where(auctions.c.id == auction_id).values(hash=auction.hash))
    auction.start(NOON)
    for number, (user_id, kind, cents) in enumerate(attempts, start=1):
        moment = NOON + number * SECOND
        nonce = f"{number:064x}"
        auction.place(Bid(bid_id(auction_id * 1000 + number), str(user_id), kind, cents, moment, nonce), moment)
    if end:
        auction.close(NOON + DAY)
    ledger.record(connection, auction_id, auction.tail.entries)
    return auction
