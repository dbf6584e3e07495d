"""A lot that closed, and who bid on it: with the ledger that a replay needs, from its schedule on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from activities.db import ledger, orders
from activities.db.account_tables import accounts
from activities.db.orders import Sold
from activities.db.tables import auctions, reservations, users, vehicles
from activities.talks_contracts import ChanceStep, TalksStep
from domain import negotiation, second_chance, steering
from domain.accounts import TERMS_VERSION
from domain.auction import Auction, Bid, Terms
from domain.bidding import Kind
from domain.negotiation import Negotiation, Side
from domain.orders import HowSold
from domain.second_chance import Chance
from tests.db.market import DAY, NOON, SECOND, add_car, add_lot, add_person, bid_id, let_sell

RESERVE = 900_000
END = NOON + DAY
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Closed:
    """`sam` sells; `ada` led, with 700,000 cents at most, before `bob` and `cy`."""

    lot: int
    vehicle: int
    sam: int
    ada: int
    bob: int
    cy: int


def closed(connection: Connection, *, reserve_cents: int | None = RESERVE, limit: int | None = None) -> Closed:
    """Cy reaches 600,000, bob 650,000, ada leads with 700,000 and the lot closes; all but ada accepted the terms."""
    sam, ada, bob, cy = (add_person(connection, f"{name}@missed.example.com") for name in ("sam", "ada", "bob", "cy"))
    let_sell(connection, sam)
    for user_id in (bob, cy):
        agree(connection, user_id)
    if limit is not None:
        connection.execute(update(users).values(buying_limit_cents=limit))
    vehicle = add_car(connection, sam, 1, length_days=3)
    lot = add_lot(connection, sam, vehicle, reserve_cents=reserve_cents)
    auction = Auction(Terms(lot, (str(sam),), 500_000, reserve_cents, NOON, END))
    connection.execute(update(auctions).where(auctions.c.id == lot).values(hash=auction.hash))
    steering.schedule(auction, NOON, "ab" * 32)
    auction.start(NOON)
    for number, (user_id, cents) in enumerate(((cy, 600_000), (bob, 650_000), (ada, 700_000)), start=1):
        at = NOON + number * SECOND
        name = bid_id(lot * 1_000 + number)
        if limit is not None:
            row = {"bid_id": name, "user_id": user_id, "auction_id": lot, "cents": cents, "created_at": at}
            connection.execute(insert(reservations).values({**row, "kind": "bid"}))
        answer = auction.place(Bid(name, str(user_id), Kind.BID, cents, at, f"{number:064x}"), at)
        assert answer.code is None
    auction.close(END)
    ledger.record(connection, lot, auction.tail.entries)
    return Closed(lot, vehicle, sam, ada, bob, cy)


def agree(connection: Connection, user_id: int) -> None:
    """Accept the terms, and with them to be asked."""
    row = {"user_id": user_id, "terms_version": TERMS_VERSION, "identity_status": "approved", "card_status": "stored"}
    connection.execute(insert(accounts).values(dealer_line_cents=0, updated_at=NOON, **row))


def sold(connection: Connection, lot: Closed, *, price_cents: int = 700_000, how: HowSold = HowSold.HAMMER) -> int:
    """Ada has bought it, and will not pay; the order's id."""
    found = orders.of_run(connection, lot.lot)
    if found is None:
        wanted = Sold(lot.lot, lot.vehicle, lot.sam, lot.ada, price_cents, how, END)
        found = orders.add(connection, wanted)
    connection.execute(
        update(vehicles).where(vehicles.c.id == lot.vehicle).values(listing_status="sold", open_vin=None)
    )
    return found


def held(connection: Connection) -> list[tuple[int, str, int]]:
    """Who has what on hold."""
    query = select(reservations.c.user_id, reservations.c.kind, reservations.c.cents).order_by(reservations.c.user_id)
    return [(user_id, kind, cents) for user_id, kind, cents in connection.execute(query)]


def after(
    talks: Negotiation, side: Side, act: negotiation.Act, at: datetime, *, cents: int = 0, act_id: str = ""
) -> TalksStep:
    """The next step of talks."""
    found = negotiation.answered(talks, side, act, at, bidder=talks.candidate.bidder, cents=cents)
    assert isinstance(found, Negotiation)
    return TalksStep(act, side, at, found, act_id)


def next_step(chance: Chance, act: second_chance.Act, at: datetime, *, act_id: str = "") -> ChanceStep:
    """The next step of a second chance."""
    found = second_chance.answered(chance, act, at, bidder=chance.candidate.bidder)
    assert isinstance(found, Chance)
    return ChanceStep(act, at, found, act_id)
