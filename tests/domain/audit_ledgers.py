"""Ledgers that the real rules have written, for audits and explanations: one eventful lot, and random ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from domain.auction import Auction, Bid, Status, Terms
from domain.audit_lot import Lot, Opened, PublicEntry
from domain.bidding import Kind
from domain.clock import CLOCK_RULES, from_text
from domain.ledger import Entry, chain_hash, commitment, genesis
from domain.listings import SaleType
from domain.purchases import RESERVED_FOR, Acceptance, Wish, accept, reserve, settle
from domain.steering import cancel, change_reserve, remove_bidder, retract, schedule

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AUTO, PLAIN = Kind.AUTO_BID, Kind.BID
AUCTION_ID = 7


class Sale:
    """An auction in the hands of a test; `now` is in seconds from noon, when it starts."""

    def __init__(self, *, reserve: int | None = None, length: int = 7200, **terms: Any) -> None:
        end = NOON + length * SECOND
        usual = {"sunday_rule": False, "clock_rules": CLOCK_RULES}
        self.auction = Auction(Terms(AUCTION_ID, ("seller",), 100_000, reserve, NOON, end, **{**usual, **terms}))
        self.ids = 0
        schedule(self.auction, NOON - 60 * SECOND, self.nonce())

    def nonce(self) -> str:
        self.ids += 1
        return f"{self.ids:064x}"

    def start(self, now: float = 0) -> None:
        self.auction.advance(at(now))

    def bid(
        self, who: str, kind: Kind, cents: int, now: float, *, late: float = 0, bid_id: str = "", channel: str = "door"
    ) -> str:
        name = bid_id or f"bid-{self.ids + 1}"
        self.auction.place(Bid(name, who, kind, cents, at(now), self.nonce(), channel), at(now + late))
        return name

    def buy(self, who: str, now: float, *, cents: int = 900_000, purchase_id: str = "") -> str:
        name = purchase_id or f"purchase-{self.ids + 1}"
        reserve(self.auction, Wish(name, who, cents, self.nonce()), at(now))
        return name

    def offer(self, who: str, cents: int, now: float, *, acceptance_id: str = "") -> str:
        name = acceptance_id or f"acceptance-{self.ids + 1}"
        accept(self.auction, Acceptance(name, f"offer of {who}", who, cents, self.nonce()), at(now))
        return name

    def close(self, late: float = 1.0) -> None:
        """Let the clock run to the end of the lot, whatever was given to it or stops it, and close."""
        auction = self.auction
        while auction.status in (Status.LIVE, Status.HELD):
            last = from_text(auction.tail.entries[-1].public["at"])
            if auction.status is Status.HELD:
                auction.resume(last)
            auction.advance(max(auction.ends_at + late * SECOND, last))
            late = min(late, 1.0)
        if auction.status is Status.CLOSING:
            last = from_text(auction.tail.entries[-1].public["at"])
            auction.close(max(auction.ends_at + late * SECOND, last))


def at(seconds: float) -> datetime:
    """A moment by its distance from the start, in whole milliseconds."""
    return NOON + timedelta(milliseconds=round(seconds * 1000))


def eventful() -> Sale:
    """Every kind of entry once or more, ended by a sale after an outage extension."""
    sale = Sale(reserve=900_000)
    auction = sale.auction
    sale.bid("ann", PLAIN, 100_000, -5)
    auction.hold(at(-4), "papers")
    sale.bid("ann", PLAIN, 100_000, -3)
    auction.resume(at(-2))
    sale.start(2)
    sale.bid("ann", AUTO, 300_000, 10)
    reused = sale.bid("bob", PLAIN, 110_000, 11)
    sale.bid("bob", PLAIN, 120_000, 12, bid_id=reused)
    sale.bid("bob", PLAIN, 300_000, 13)
    sale.bid("ann", PLAIN, 500_000, 14)
    sale.bid("ann", AUTO, 100_000, 15)
    sale.bid("cid", PLAIN, 100_000, 16)
    sale.bid("cid", PLAIN, 100_050, 17)
    sale.bid("seller", PLAIN, 400_000, 18)
    sale.bid("cid", PLAIN, 700_000, 20)
    retract(auction, auction.seq, at(30), "cid", "slip")
    retract(auction, auction.seq - 1, at(31), "admin", "again")
    retract(auction, 8, at(32), "eve", "not mine")
    sale.bid("ann", AUTO, 600_000, 40)
    sale.bid("dot", AUTO, 650_000, 50, channel="operator")
    remove_bidder(auction, "dot", at(60), "admin", "no licence")
    remove_bidder(auction, "eve", at(61), "admin", "who?")
    change_reserve(auction, 800_000, at(70), sale.nonce())
    change_reserve(auction, 850_000, at(71), sale.nonce())
    sale.bid("bob", AUTO, 820_000, 80)
    change_reserve(auction, 790_000, at(81), sale.nonce())
    auction.hold(at(90), "mileage")
    auction.hold(at(91), "again")
    sale.bid("cid", PLAIN, 990_000, 92)
    auction.resume(at(100))
    auction.resume(at(101))
    auction.unreadable(at(102), "operator", "ValidationError")
    auction.close(at(103))
    cancel(auction, at(104), "seller", "changed my mind")
    sale.bid("cid", PLAIN, 900_000, seconds_to(auction) - 5, late=6)
    sale.bid("ann", AUTO, 2_000_000, seconds_to(auction) - 5)
    sale.bid("ann", AUTO, 3_000_000, seconds_to(auction) - 4)
    sale.close()
    sale.bid("bob", PLAIN, 9_000_000, seconds_to(auction) + 2)
    cancel(auction, auction.ends_at + 3 * SECOND, "admin", "too late")
    auction.hold(auction.ends_at + 4 * SECOND, "too late")
    return sale


def waived() -> Sale:
    """A reserve that is waived, and a lot that is cancelled; a late attempt after it."""
    sale = Sale(reserve=900_000)
    sale.start()
    sale.bid("ann", AUTO, 300_000, 10)
    change_reserve(sale.auction, None, at(20), sale.nonce())
    cancel(sale.auction, at(30), "admin", "stolen")
    sale.bid("bob", PLAIN, 300_000, 31)
    return sale


def bought() -> Sale:
    """A reservation that expires, refusals of every kind while it runs, one that is given up, and one that buys."""
    sale = Sale(buy_now_cents=900_000, offers_open=True)
    auction = sale.auction
    sale.buy("ann", -5)
    sale.start()
    settle(auction, "nothing", at(1), paid=True)
    settle(auction, "nothing", at(1), paid=False)
    sale.buy("ann", 10, cents=800_000)
    sale.buy("seller", 11)
    first = sale.buy("ann", 12)
    sale.buy("ann", 13, cents=900_100, purchase_id=first)
    sale.buy("bob", 14)
    sale.bid("bob", PLAIN, 100_000, 15)
    sale.offer("bob", 700_000, 16)
    cancel(auction, at(17), "seller", "changed my mind")
    auction.resume(at(18))
    auction.hold(at(19), "check")
    auction.advance(at(12) + RESERVED_FOR)
    sale.buy("ann", 1000)
    second = sale.buy("bob", 1001)
    settle(auction, second, at(1002), paid=False)
    last = sale.buy("cid", 1010)
    settle(auction, last, at(1011), paid=True)
    sale.buy("dot", 1012)
    settle(auction, second, at(1013), paid=True)
    sale.offer("dot", 700_000, 1014)
    sale.bid("bob", PLAIN, 100_000, 1015)
    return sale


def offered() -> Sale:
    """Offers that are refused before one sells a lot that takes no bids."""
    sale = Sale(sale_type=SaleType.MAKE_OFFER, offers_open=True)
    auction = sale.auction
    auction.hold(at(-30), "papers")
    sale.offer("ann", 700_000, -29)
    auction.resume(at(-28))
    sale.start(2)
    sale.bid("bob", PLAIN, 100_000, 5)
    sale.buy("bob", 6)
    sale.offer("ann", 700_050, 7)
    sale.offer("seller", 700_000, 8)
    sale.offer("ann", 710_000, 9, acceptance_id="one")
    sale.buy("bob", 10)
    cancel(auction, at(11), "admin", "too late")
    return sale


def seconds_to(auction: Auction) -> float:
    """Seconds from noon to the end of the auction."""
    return (auction.ends_at - NOON) / SECOND


def random_sale(seed: int, moves: int = 40) -> Sale:
    """A lot with random bids and acts of everybody, to its end."""
    rng = Random(seed)
    reserve = rng.choice([None, 100_000 * rng.randint(1, 9)])
    clock = {"clock_rules": rng.choice([1, CLOCK_RULES]), "outage_stagger_ms": rng.choice([0, 59_500])}
    sale = Sale(reserve=reserve, length=rng.choice([60, 700, 7200]), window_s=rng.choice([0, 5, 120]), **clock)
    sale.start(rng.choice([0, 0.25, 3]))
    now = 3.0
    for _ in range(moves):
        now += rng.choice([0, 0.001, 1, 20, 70])
        if sale.auction.status is Status.ENDED:
            break
        # The house decides within ten seconds of the end; later than that it would have been an outage.
        if sale.auction.status is Status.CLOSING and at(now) > sale.auction.ends_at + 9 * SECOND:
            break
        sale.auction.advance(at(now))
        _random_move(sale, rng, now)
    sale.close(rng.choice([0, 0.5, 7]))
    return sale


def _random_move(sale: Sale, rng: Random, now: float) -> None:
    auction, who = sale.auction, rng.choice(["ann", "bob", "cid", "dot", "seller"])
    act = rng.random()
    if act < 0.85:
        least = auction.standing.minimum_for(who) + 100 * rng.choice([-1, 0, 0, 1, 500, 2000, 5000])
        early = rng.choice([0, 0, 0, 2, 6])
        sale.bid(who, rng.choice([AUTO, PLAIN]), least, now - early, late=early)
    elif act < 0.88:
        retract(auction, rng.randint(1, auction.seq), at(now), rng.choice(["admin", who]), "why not")
    elif act < 0.90:
        remove_bidder(auction, who, at(now), "admin", "why not")
    elif act < 0.93:
        change_reserve(auction, rng.choice([None, 100_000 * rng.randint(1, 9)]), at(now), sale.nonce())
    elif act < 0.97:
        auction.hold(at(now), "why not") if rng.random() < 0.5 else auction.resume(at(now))
    elif act < 0.98:
        cancel(auction, at(now), rng.choice(["admin", "one_admin", "seller"]), "why not")
    elif auction.status is Status.LIVE and now < seconds_to(auction):
        auction.outage(at(now), since=at(now - 1))


def lot_of(entries: Iterable[Entry], *, opened: bool = False, running: bool = False) -> Lot:
    """What the public gets of a ledger, or the platform's audit."""
    listed = list(entries)
    private = {entry.seq: Opened(entry.private, entry.nonce) for entry in listed} if opened else None
    return Lot(AUCTION_ID, [public_entry(entry) for entry in listed], private, running)


def public_entry(entry: Entry) -> PublicEntry:
    """An entry without its private part."""
    sealed = commitment(entry.private, entry.nonce)
    return PublicEntry(entry.seq, entry.prev_hash, entry.hash, sealed, entry.public)


def rechained(lot: Lot) -> Lot:
    """The same facts under fresh hashes: what a platform could do that rewrites its own books."""
    previous, entries = genesis(lot.auction_id), list[PublicEntry]()
    for entry in lot.entries:
        digest = chain_hash(previous, entry.commitment, entry.public)
        entries.append(replace(entry, prev_hash=previous, hash=digest))
        previous = digest
    return replace(lot, entries=entries)


def with_public(lot: Lot, place: int, /, **changes: Any) -> Lot:
    """The lot with some public facts of one entry changed; the hashes stay as they were."""
    return changed(lot, place, lambda entry: replace(entry, public={**entry.public, **changes}))


def changed(lot: Lot, seq: int, change: Callable[[PublicEntry], PublicEntry]) -> Lot:
    """The lot with one entry changed."""
    entries: Sequence[PublicEntry] = [change(entry) if entry.seq == seq else entry for entry in lot.entries]
    return replace(lot, entries=entries)
