"""Buy-now and sales without a hammer: buying power before the auction is asked, and all that its ledger entails.

A purchase on its way has an in-flight row like a batch of bids: after a crash any process asks the auction what came of
it, records that, and gives back what nothing came of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from activities.db import orders
from activities.db.batches import InFlight, close_batches, open_batch
from activities.db.purchase_tables import purchases
from activities.db.reservations import Kind, Lack, Reservation, hold, release_lost, set_free, settle
from activities.db.tables import auction_ledger, auctions, reservations
from domain.clock import from_text
from domain.errors import Code
from domain.ledger import Entry
from domain.orders import HowSold
from domain.purchases import HOLD_REASON
from domain.terms import Result

PURCHASES = frozenset({"reserved", "buy_now_failed", "bought", "offer_accepted"})
OURS = (Kind.BUYING, Kind.BUY)
# An answer is waited for so long, and asked for again meanwhile; nobody else is to look for it until then.
ON_ITS_WAY = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A buy-now that was judged. `state`: refused, reserved, bought or failed; `settled_seq` is what ended it."""

    purchase_id: str
    auction_id: int
    user_id: int
    cents: int
    state: str
    code: str | None
    seq: int
    decided_at: datetime
    expires_at: datetime | None
    settled_seq: int | None


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """How a lot may be bought besides by bids, and how far it is; `sold_to` is for the house."""

    auction_id: int
    vehicle_id: int
    seller_id: int
    status: str
    bidder_count: int
    sale_type: str
    buy_now_cents: int | None
    offers_open: bool
    reserved_until: datetime | None
    sunday_rule: bool
    ends_at: datetime
    result: str | None
    sold_by: str | None
    sold_cents: int | None
    sold_to: int | None

    @property
    def has_bids(self) -> bool:
        """Whether anybody has ever bid, which closes buy-now and offers for good."""
        return self.bidder_count > 0


COLUMNS = (
    "purchase_id",
    "auction_id",
    "user_id",
    "cents",
    "state",
    "code",
    "seq",
    "decided_at",
    "expires_at",
    "settled_seq",
)
TERMS = (
    "id",
    "vehicle_id",
    "seller_id",
    "status",
    "bidder_count",
    "sale_type",
    "buy_now_cents",
    "offers_open",
    "reserved_until",
    "sunday_rule",
    "ends_at",
    "result",
    "sold_by",
    "sold_cents",
    "sold_to",
)


def begin(connection: Connection, wanted: Reservation, batch: InFlight, now: datetime) -> Lack | None:
    """Before a buy-now is sent: its buying power and its in-flight row, or the limit that does not allow it."""
    lack = hold(connection, wanted, now)
    if lack is None:
        open_batch(connection, batch, now + ON_ITS_WAY)
    return lack


def come_home(connection: Connection, auction_id: int, batch_id: str) -> None:
    """After its entries are recorded: nothing is on its way, and what nothing came of holds no buying power."""
    close_batches(connection, [batch_id])
    release_lost(connection, auction_id)


def find(connection: Connection, purchase_id: str) -> Purchase | None:
    """A judged buy-now by its id."""
    query = select(*(purchases.c[name] for name in COLUMNS)).where(purchases.c.purchase_id == purchase_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Purchase(*row)


def newest_of(connection: Connection, auction_id: int, user_id: int) -> Purchase | None:
    """What came of somebody's buy-now on a lot; a lot can be reserved once by each."""
    query = (
        select(*(purchases.c[name] for name in COLUMNS))
        .where(purchases.c.auction_id == auction_id, purchases.c.user_id == user_id, purchases.c.state != "refused")
        .order_by(purchases.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Purchase(*row)


def sale_terms(connection: Connection, auction_id: int) -> SaleTerms | None:
    """How a lot may be bought besides by bids."""
    query = select(*(auctions.c[name] for name in TERMS)).where(auctions.c.id == auction_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else SaleTerms(*row)


def sold_by_offer(connection: Connection, auction_id: int) -> str | None:
    """The offer that has sold a lot, by its ledger."""
    own = (auction_ledger.c.auction_id == auction_id) & (auction_ledger.c.kind == "offer_accepted")
    newest = select(auction_ledger.c.public).where(own).order_by(auction_ledger.c.seq.desc()).limit(1)
    text = connection.execute(newest).scalar_one_or_none()
    public = {} if text is None else msgspec.json.decode(text)
    return public["offer_id"] if public.get("outcome") == "done" else None


def follow(connection: Connection, auction_id: int, entries: Iterable[Entry]) -> set[int]:
    """Write what new ledger entries say of purchases and offers; returns whose position they change."""
    touched: set[int] = set()
    for entry in entries:
        done = entry.public.get("outcome") == "done"
        match entry.public["kind"]:
            case "reserved" if entry.public["code"] != Code.ID_REUSED:
                touched.add(_reserved(connection, auction_id, entry, done=done))
            case "bought" | "buy_now_failed" if done:
                touched.add(_settled(connection, auction_id, entry))
            case "offer_accepted" if done:
                touched.add(_sold_by_offer(connection, auction_id, entry))
            case "cancelled" if done:
                held = [kind.value for kind in OURS]
                ours = (reservations.c.auction_id == auction_id) & reservations.c.kind.in_(held)
                connection.execute(delete(reservations).where(ours))
            case _:
                pass
    return touched


def _reserved(connection: Connection, auction_id: int, entry: Entry, *, done: bool) -> int:
    public, private = entry.public, entry.private or {}
    at, buyer, cents = from_text(public["at"]), int(private["bidder_id"]), private["cents"]
    row = {
        "purchase_id": public["purchase_id"],
        "auction_id": auction_id,
        "user_id": buyer,
        "cents": cents,
        "state": "reserved" if done else "refused",
        "code": public["code"],
        "seq": entry.seq,
        "decided_at": at,
        "expires_at": from_text(public["expires_at"]) if done else None,
    }
    connection.execute(insert(purchases).values(row))
    if done:
        _update(connection, auction_id, hold_reason=HOLD_REASON, reserved_until=row["expires_at"])
        settle(connection, Reservation(public["purchase_id"], buyer, auction_id, cents, Kind.BUY), at)
    else:
        set_free(connection, public["purchase_id"], *OURS)
    return buyer


def _settled(connection: Connection, auction_id: int, entry: Entry) -> int:
    purchase_id, at = entry.public["purchase_id"], from_text(entry.public["at"])
    bought = entry.public["kind"] == "bought"
    state = {"state": "bought" if bought else "failed", "settled_seq": entry.seq, "settled_at": at}
    own = purchases.c.purchase_id == purchase_id
    connection.execute(update(purchases).where(own).values(state))
    buyer, cents = connection.execute(select(purchases.c.user_id, purchases.c.cents).where(own)).one()
    if bought:
        _sell(connection, auction_id, entry, buyer, HowSold.BUY_NOW)
        settle(connection, Reservation(purchase_id, buyer, auction_id, cents, Kind.WIN), at)
    else:
        _update(connection, auction_id, hold_reason=None, reserved_until=None)
        set_free(connection, purchase_id, *OURS)
    return int(buyer)


def _sold_by_offer(connection: Connection, auction_id: int, entry: Entry) -> int:
    private = entry.private or {}
    buyer, cents = int(private["bidder_id"]), private["cents"]
    _sell(connection, auction_id, entry, buyer, HowSold.OFFER)
    won = Reservation(entry.public["offer_id"], buyer, auction_id, cents, Kind.WIN)
    settle(connection, won, from_text(entry.public["at"]))
    return buyer


def _sell(connection: Connection, auction_id: int, entry: Entry, buyer: int, how: HowSold) -> None:
    at, cents = from_text(entry.public["at"]), entry.public["cents"]
    _update(
        connection,
        auction_id,
        result=Result.SOLD.value,
        ended_at=at,
        hold_reason=None,
        reserved_until=None,
        sold_by=entry.public["sold_by"],
        sold_cents=cents,
        sold_to=buyer,
    )
    orders.sell(connection, auction_id, buyer_id=buyer, price_cents=cents, how=how, sold_at=at)


def _update(connection: Connection, auction_id: int, **columns: object) -> None:
    connection.execute(update(auctions).where(auctions.c.id == auction_id).values(columns))
