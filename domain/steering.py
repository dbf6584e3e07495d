"""What sellers, bidders and admins may do to a lot besides bidding: reserve, retraction, removal, withdrawal.

Source: auction-rules.md section 6. Each takes the auction, appends one entry and answers; none fails on a refusal.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from domain.auction import MATERIAL_EDIT, Answer, Auction, Result, Status
from domain.bidding import Row, lower_reserve, replay
from domain.clock import CLOCK_RULES, to_text
from domain.errors import Code
from domain.money import is_whole_dollars

RETRACT_WITHIN = timedelta(seconds=60)
RETRACT_BEFORE_END = timedelta(hours=1)
ADMIN, ONE_ADMIN, SELLER = "admin", "one_admin", "seller"
BEFORE_THE_FIRST_BID = frozenset({SELLER, ONE_ADMIN})


def schedule(auction: Auction, now: datetime, nonce: str) -> Answer:
    """Write the frozen terms as the first entry; the reserve and the barred bidders are its private part."""
    terms = auction.terms
    clock = {"sunday_rule": terms.sunday_rule, "outage_stagger_ms": terms.outage_stagger_ms}
    sale = {
        "sale_type": terms.sale_type.value,
        "buy_now_cents": terms.buy_now_cents,
        "offers_open": terms.offers_open,
    }
    return auction.done(
        "scheduled",
        now,
        {"reserve_cents": terms.reserve_cents, "barred": list(terms.barred)},
        nonce,
        start_cents=terms.start_cents,
        starts_at=to_text(terms.starts_at),
        window_s=terms.window_s,
        increments=terms.increments,
        **(clock if terms.clock_rules >= CLOCK_RULES else {}),
        **(sale if terms.sells_without_bids else {}),
    )


def change_reserve(auction: Auction, reserve_cents: int | None, now: datetime, nonce: str) -> Answer:
    """The seller lowers or (None) waives the reserve while live; the price is recomputed upwards only."""
    private = {"reserve_cents": reserve_cents}
    current = auction.standing.reserve_cents
    live = auction.status is Status.LIVE and now < auction.ends_at
    valid = reserve_cents is None or is_whole_dollars(reserve_cents)
    if not live or not valid or current is None or (reserve_cents is not None and reserve_cents >= current):
        return auction.refuse("reserve_lowered", Code.RESERVE_NOT_LOWERED, now, private, nonce)
    before = auction.standing
    auction.standing = lower_reserve(before, reserve_cents)
    auction.rows.append(Row(auction.seq + 1, None, "", reserve_cents))
    auction.version += not auction.standing.looks_like(before)
    return auction.done("reserve_lowered", now, private, nonce, waived=reserve_cents is None)


def retract(auction: Auction, seq: int | None, now: datetime, by: str, reason: str) -> Answer:
    """Take one accepted bid out by replay. `by` is "admin" (two have agreed) or the bidder's own id."""
    who = "admin" if by == ADMIN else "bidder"
    code = _retract_refusal(auction, seq, now, by)
    if code is not None or seq is None:
        return auction.refuse("retracted", code or Code.NO_SUCH_BID, now, bid_seq=seq, by=who)
    if by != ADMIN:
        auction.slips.add(by)
    _take_out(auction, {seq})
    return auction.done("retracted", now, bid_seq=seq, by=who, reason=reason)


def remove_bidder(auction: Auction, bidder: str, now: datetime, by: str, reason: str) -> Answer:
    """Take out every bid of one bidder at once: by admins, or by the bidder while a material edit holds the lot."""
    alias = auction.alias(bidder)
    mine = {row.seq for row in auction.rows if row.kind and row.bidder == bidder} - auction.out
    code = _removal_refusal(auction, mine, by)
    if code is not None:
        return auction.refuse("bidder_removed", code, now, bidder=alias)
    _take_out(auction, mine)
    who = "admin" if by == ADMIN else "bidder"
    return auction.done("bidder_removed", now, bidder=alias, bid_seqs=sorted(mine), by=who, reason=reason)


def cancel(auction: Auction, now: datetime, by: str, reason: str) -> Answer:
    """End the lot without a sale. `by` is "admin" after two agreed; "seller" and "one_admin" only before the first bid.

    Only the auction knows the bids that no database has yet, so it is here that one admin alone is refused `HAS_BIDS`.
    The ledger says "admin" for both. A bid that was taken back was a bid. A lot that a buyer has reserved is as safe
    from one admin and the seller: `RESERVED`.
    """
    if auction.status is Status.ENDED:
        return auction.refuse("cancelled", auction.over(), now)
    if by in BEFORE_THE_FIRST_BID and auction.numbers:
        return auction.refuse("cancelled", Code.HAS_BIDS, now)
    if by in BEFORE_THE_FIRST_BID and auction.purchase is not None:
        return auction.refuse("cancelled", Code.RESERVED, now)
    auction.end(Result.CANCELLED)
    shown = ADMIN if by == ONE_ADMIN else by
    return auction.done("cancelled", now, reason=reason, by=shown, result=Result.CANCELLED.value)


def _retract_refusal(auction: Auction, seq: int | None, now: datetime, by: str) -> Code | None:
    if auction.status is Status.ENDED:
        return auction.over()
    rows = [row for row in auction.rows if row.seq == seq and row.kind]
    if not rows or seq in auction.out:
        return Code.NO_SUCH_BID
    if by == ADMIN:
        return None
    if rows[0].bidder != by:
        return Code.NO_SUCH_BID
    return None if _is_slip(auction, rows[0], now) else Code.RETRACTION_NOT_ALLOWED


def _is_slip(auction: Auction, row: Row, now: datetime) -> bool:
    bid_at = auction.doubled.get(row.seq)
    if bid_at is None or row.bidder in auction.slips:
        return False
    early = auction.status is Status.LIVE and auction.ends_at - now > RETRACT_BEFORE_END
    return early and now - bid_at <= RETRACT_WITHIN


def _removal_refusal(auction: Auction, mine: AbstractSet[int], by: str) -> Code | None:
    if auction.status is Status.ENDED:
        return auction.over()
    if not mine:
        return Code.NO_SUCH_BID
    if by != ADMIN and auction.hold_reason != MATERIAL_EDIT:
        return Code.RETRACTION_NOT_ALLOWED
    return None


def _take_out(auction: Auction, seqs: AbstractSet[int]) -> None:
    before = auction.standing
    auction.out |= seqs
    auction.bid_count -= len(seqs - auction.silent)
    auction.standing = replay(auction.opening, auction.rows, auction.out)
    auction.version += not auction.standing.looks_like(before)
