"""The platform's audit: a whole ledger judged anew from its private parts, every public fact compared."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.auction import OUTAGE_EXTENSION, Auction, Bid, Status, Terms
from domain.audit_lot import BIDS, ENDINGS, PURCHASES, Lot, Opened, Public, PublicEntry, Remark
from domain.bidding import Kind
from domain.clock import CLOCK_RULES, MILLISECOND, from_text, rest_before
from domain.errors import Code
from domain.listings import SaleType
from domain.purchases import EXPIRED, Acceptance, Wish, accept, reserve, settle
from domain.steering import ADMIN, SELLER, cancel, change_reserve, remove_bidder, retract, schedule

BIDDER = "bidder"
NAMING_A_BUYER = BIDS | {"reserved", "offer_accepted"}
NOTHING = Opened(None, "")


def replay(lot: Lot) -> Iterator[Remark]:
    """Judge every entry again. Stops at the first one that the rules would have written otherwise."""
    opened = lot.opened or {}
    for entry in lot.entries:
        yield from ((entry.seq, sentence) for sentence in _unreadable(entry.public, opened.get(entry.seq, NOTHING)))
    auction = _scheduled(lot, opened)
    if auction is None:
        return
    for entry in lot.entries:
        if auction.seq < entry.seq:
            _repeat(auction, entry, opened.get(entry.seq, NOTHING))
        if auction.seq < entry.seq:
            yield entry.seq, "the rules write no entry here"
            return
        made = auction.tail.entries[entry.seq - 1]
        wrong = sorted(name for name in made.public.keys() | entry.public if _differs(made.public, entry.public, name))
        if wrong:
            yield entry.seq, "the rules give " + "; ".join(_said(made.public, entry.public, name) for name in wrong)
            return
    if auction.seq > len(lot.entries) and not lot.running:
        yield len(lot.entries), "the rules write one more entry here"


def _differs(made: Public, found: Public, name: str) -> bool:
    return name not in made or name not in found or made[name] != found[name]


def _said(made: Public, found: Public, name: str) -> str:
    return f"{name} {made.get(name)!r}, the ledger has {found.get(name)!r}"


def _unreadable(public: Public, opened: Opened) -> Iterator[str]:
    private = opened.private or {}
    kind = public["kind"]
    if kind in NAMING_A_BUYER and not (_is_text(private.get("bidder_id")) and _is_cents(private.get("cents"))):
        yield "its private part names no bidder and cents"
    if kind in {"scheduled", "reserve_lowered"} and not (
        "reserve_cents" in private and (private["reserve_cents"] is None or _is_cents(private["reserve_cents"]))
    ):
        yield "its private part names no reserve"
    barred = private.get("barred")
    if kind == "scheduled" and not (isinstance(barred, list) and all(map(_is_text, barred))):
        yield "its private part does not say who is barred"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_cents(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _scheduled(lot: Lot, opened: Mapping[int, Opened]) -> Auction | None:
    if any(True for entry in lot.entries for _ in _unreadable(entry.public, opened.get(entry.seq, NOTHING))):
        return None
    first, private = lot.terms, opened[1].private or {}
    return Auction(
        Terms(
            auction_id=lot.auction_id,
            barred=tuple(private["barred"]),
            start_cents=first["start_cents"],
            reserve_cents=private["reserve_cents"],
            starts_at=from_text(first["starts_at"]),
            ends_at=from_text(first["ends_at"]),
            window_s=first["window_s"],
            increments=first["increments"],
            # Older terms do not tell the clock's rules; there every hold is taken from its own entry.
            sunday_rule=first.get("sunday_rule", False),
            outage_stagger_ms=first.get("outage_stagger_ms", _stagger(lot)),
            clock_rules=CLOCK_RULES if "sunday_rule" in first else 1,
            sale_type=SaleType(first.get("sale_type", SaleType.TIMED)),
            buy_now_cents=first.get("buy_now_cents"),
            offers_open=first.get("offers_open", False),
        )
    )


def _stagger(lot: Lot) -> int:
    # Not among older terms, so it is read off the one extension that a lot can have.
    for public in lot.publics:
        if public["kind"] == "extended":
            beyond = from_text(public["ends_at"]) - from_text(public["at"]) - OUTAGE_EXTENSION
            return max(beyond // MILLISECOND, 0)
    return 0


def _repeat(auction: Auction, entry: PublicEntry, opened: Opened) -> None:
    public, private, now = entry.public, opened.private or {}, from_text(entry.public["at"])
    overdue = auction.status is Status.LIVE and now >= auction.ends_at
    if public["status"] == Status.CLOSING and overdue:
        auction.status = Status.CLOSING
    kind = public["kind"]
    if kind in BIDS:
        auction.place(_bid(public, private, opened.nonce), now)
    elif kind == "reserve_lowered":
        change_reserve(auction, private["reserve_cents"], now, opened.nonce)
    elif kind == "scheduled":
        schedule(auction, now, opened.nonce)
    elif kind == "retracted":
        _retract(auction, public, now)
    elif kind == "bidder_removed":
        _remove(auction, public, now)
    elif kind in PURCHASES:
        _purchase(auction, public, opened, now)
    elif kind in ENDINGS:
        _finish(auction, public, now)
    else:
        _run_clock(auction, public, now)


def _bid(public: Public, private: Mapping[str, Any], nonce: str) -> Bid:
    received_at = from_text(public["received_at"])
    kind, who, cents = Kind(public["kind"]), private["bidder_id"], private["cents"]
    return Bid(public["bid_id"], who, kind, cents, received_at, nonce, public["channel"])


def _retract(auction: Auction, public: Public, now: datetime) -> None:
    seq = public["bid_seq"]
    owners = [row.bidder for row in auction.rows if row.seq == seq and row.kind]
    by = ADMIN if public["by"] == ADMIN else (owners or [""])[0]
    personal = frozenset({Code.NO_SUCH_BID, Code.RETRACTION_NOT_ALLOWED})
    if public["outcome"] == "refused" and public["by"] == BIDDER and public["code"] in personal:
        # The ledger does not say who asked, and what the lot still remembered of the bid then.
        ended = auction.status is Status.ENDED
        auction.refuse("retracted", auction.over() if ended else Code(public["code"]), now, bid_seq=seq, by=BIDDER)
    else:
        retract(auction, seq, now, by, public.get("reason", ""))


def _remove(auction: Auction, public: Public, now: datetime) -> None:
    named = {auction.alias(bidder): bidder for bidder in auction.numbers}
    bidder = named.get(public["bidder"], "")
    own = public.get("by") == BIDDER or public["code"] == Code.RETRACTION_NOT_ALLOWED
    remove_bidder(auction, bidder, now, bidder if own else ADMIN, public.get("reason", ""))


def _purchase(auction: Auction, public: Public, opened: Opened, now: datetime) -> None:
    private = opened.private or {}
    match public["kind"]:
        case "reserved":
            wish = Wish(public["purchase_id"], private["bidder_id"], private["cents"], opened.nonce)
            reserve(auction, wish, now)
        case "offer_accepted":
            named = public["acceptance_id"], public["offer_id"]
            accept(auction, Acceptance(*named, private["bidder_id"], private["cents"], opened.nonce), now)
        case kind:
            # A confirmation that came too late is written as the loss that it was.
            settle(auction, public["purchase_id"], now, paid=kind == "bought" or public.get("reason") == EXPIRED)


def _finish(auction: Auction, public: Public, now: datetime) -> None:
    if public["kind"] == "closed":
        auction.close(now)
    else:
        cancel(auction, now, public.get("by", SELLER), public.get("reason", ""))


def _run_clock(auction: Auction, public: Public, now: datetime) -> None:
    match public["kind"]:
        case "started" if auction.status is Status.SCHEDULED:
            auction.start(now)
        case "extended":
            auction.outage(now, since=now)
        case "held":
            _hold(auction, public, now)
        case "resumed":
            edge = from_text(public["ends_at" if auction.started else "starts_at"])
            auction.resume(now, at_least=max(edge - now, timedelta(0)))
        case "unreadable":
            auction.unreadable(now, public["channel"], public["reason"])
        case _:
            pass


def _hold(auction: Auction, public: Public, now: datetime) -> None:
    reason, kept = public["reason"], public.get("remaining_ms")
    edge = auction.ends_at if auction.started else auction.starts_at
    rest = rest_before(auction.ends_at)
    # An admin may give the clock's reasons too; then what was left is counted from that moment.
    by_admin = kept == max(edge - now, timedelta(0)) // MILLISECOND
    if by_admin or reason not in {"sunday", "outage"} or (reason == "sunday" and rest is None):
        auction.hold(now, reason)
    elif reason == "outage" or rest is None:
        auction.hold(now, reason, at_least=OUTAGE_EXTENSION)
    else:
        auction.hold(now, reason, since=rest)
