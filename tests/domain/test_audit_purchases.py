"""What the public can find in a ledger about buy-now and offers that the rules would not have written."""

from functools import cache
from typing import Any

import pytest

from domain.audit import audit
from domain.audit_lot import Lot
from domain.clock import to_text
from domain.explain import Question, explain
from domain.purchases import settle
from domain.steering import cancel
from tests.domain.audit_ledgers import PLAIN, SECOND, Sale, at, bought, lot_of, offered, rechained, with_public
from tests.domain.lots import SUNDAY


@cache
def ledgers() -> tuple[Lot, Lot]:
    return lot_of(bought().auction.tail.entries), lot_of(offered().auction.tail.entries)


def found(lot: Lot, *changes: tuple[int, dict[str, Any]]) -> set[str]:
    """The checks that find something after these changes, under new hashes."""
    for seq, facts in changes:
        lot = with_public(lot, seq, **facts)
    return {finding.check for finding in audit(rechained(lot))}


# The entries of `bought`: 8 ann reserves, 14 a resumption that is refused, 16 hers expires, 18 bob reserves, 19 he does
# not pay, 20 cid reserves, 21 buys, 22 and 23 come too late. Of `offered`: 2 held, 9 refused, 10 the offer that sells.
@pytest.mark.parametrize(
    ("which", "seq", "changes"),
    [
        (0, 8, {"cents": 800_000}),
        (0, 8, {"expires_at": to_text(at(13 + 15 * 60))}),
        (0, 16, {"reason": "unpaid"}),
        (0, 19, {"reason": "expired"}),
        (0, 16, {"purchase_id": "another"}),
        (0, 21, {"purchase_id": "another"}),
        (0, 21, {"cents": 100}),
        (0, 21, {"at": to_text(at(1010 + 15 * 60))}),
        (0, 2, {"code": "BUY_NOW_NOT_OPEN"}),
        (0, 4, {"code": "TOO_LATE"}),
        (0, 5, {"code": "CLOSED"}),
        (0, 7, {"code": "TOO_LATE"}),
        (0, 10, {"code": "ON_HOLD"}),
        (0, 12, {"code": "OFFERS_NOT_OPEN"}),
        (0, 22, {"code": "CLOSED"}),
        (0, 23, {"code": "NOT_RESERVED"}),
        (1, 3, {"code": "RESERVED"}),
        (1, 7, {"code": "OWN_VEHICLE"}),
        (1, 9, {"code": "OFFERS_NOT_OPEN"}),
        (1, 10, {"cents": 50}),
        (1, 1, {"offers_open": False}),
    ],
)
def test_the_public_sees_a_purchase_that_the_rules_do_not_allow(which: int, seq: int, changes: dict[str, Any]) -> None:
    assert "purchases" in found(ledgers()[which], (seq, changes))


@pytest.mark.parametrize(
    ("check", "which", "seq", "changes"),
    [
        ("status", 0, 8, {"status": "live"}),
        ("holds", 0, 8, {"remaining_ms": 1}),
        ("holds", 0, 16, {"ends_at": to_text(at(9_000))}),
        ("version", 0, 21, {"version": 5}),
        ("commitments", 0, 8, {"kind": "held", "reason": "why", "outcome": "done"}),
        ("refusals", 1, 6, {"code": "BELOW_MINIMUM"}),
        ("form", 0, 1, {"sale_type": "raffle"}),
        ("form", 0, 21, {"sold_by": "offer"}),
        ("price", 1, 10, {"price_cents": 710_000}),
        ("nothing after the result", 0, 22, {"bid_count": 1}),
    ],
)
def test_other_checks_see_it_too(check: str, which: int, seq: int, changes: dict[str, Any]) -> None:
    assert check in found(ledgers()[which], (seq, changes))


def test_a_purchase_and_an_acceptance_after_the_first_bid_or_after_the_end_are_found() -> None:
    lot, offer = ledgers()
    bidders = {"bidder_count": 1}
    end = {"ends_at": to_text(at(9))}
    assert "purchases" in found(lot, (7, bidders))
    assert "purchases" in found(offer, (9, bidders))
    assert "purchases" in found(lot, (7, end))
    assert "purchases" in found(offer, (9, end))


def test_a_refusal_for_a_reservation_that_there_is_not_is_found() -> None:
    held = Sale(buy_now_cents=900_000)
    held.start()
    held.auction.hold(at(1), "check")
    cancel(held.auction, at(2), "seller", "why")
    forged = {"outcome": "refused", "code": "RESERVED"}
    lot = lot_of(held.auction.tail.entries)

    assert "purchases" in found(lot, (4, {**forged, "status": "held"}))
    assert "commands" in found(lot, (3, {"kind": "resumed", **forged, "status": "live"}))


def test_the_clock_of_a_reserved_lot_that_runs_on_by_itself_is_found() -> None:
    lot = ledgers()[0]
    assert "purchases" in found(lot, (16, {"kind": "resumed"}))


def test_a_sale_on_a_sunday_is_found_where_the_terms_tell_of_the_rule() -> None:
    sale = Sale(buy_now_cents=900_000, offers_open=True, length=9 * 86_400)
    sale.start()
    sunday = (SUNDAY - at(0)) / SECOND
    purchase_id = sale.buy("ann", sunday)
    settle(sale.auction, purchase_id, at(sunday + 1), paid=True)
    lot = lot_of(sale.auction.tail.entries)

    assert found(lot) == set()
    assert found(lot, (1, {"sunday_rule": True})) == {"purchases", "sundays"}


def test_a_reservation_whose_expiry_falls_on_a_sunday_is_found() -> None:
    sale = Sale(buy_now_cents=900_000, length=9 * 86_400)
    sale.start()
    saturday = (SUNDAY - at(0)) / SECOND - 600
    settle(sale.auction, sale.buy("ann", saturday), at(saturday + 1), paid=True)

    assert found(lot_of(sale.auction.tail.entries), (1, {"sunday_rule": True})) == {"purchases"}


def test_a_ledger_that_a_reservation_is_running_in_has_no_findings() -> None:
    entries = bought().auction.tail.entries[:14]
    assert audit(lot_of(entries, opened=True, running=True)) == []


def test_a_cancelled_lot_refuses_purchases_as_closed() -> None:
    sale = Sale(buy_now_cents=900_000, offers_open=True)
    sale.start()
    purchase_id = sale.buy("ann", 1)
    cancel(sale.auction, at(2), "admin", "stolen")
    settle(sale.auction, purchase_id, at(3), paid=True)
    sale.buy("bob", 4)
    sale.offer("bob", 700_000, 5)
    lot = lot_of(sale.auction.tail.entries, opened=True)

    assert [entry.public.get("code") for entry in lot.entries[-3:]] == ["CLOSED"] * 3
    assert audit(lot) == []


def test_a_purchase_at_the_end_is_too_late_and_the_ledger_says_so() -> None:
    sale = Sale(buy_now_cents=900_000, offers_open=True)
    sale.start()
    sale.buy("ann", 7_200)
    sale.offer("ann", 700_000, 7_200)
    sale.close()
    lot = lot_of(sale.auction.tail.entries, opened=True)

    assert [entry.public["code"] for entry in lot.entries[2:4]] == ["TOO_LATE"] * 2
    assert audit(lot) == []


def test_a_bid_on_what_was_sold_before_and_on_what_takes_no_bids_has_its_sentence() -> None:
    sold, offer = bought().auction.tail.entries, offered().auction.tail.entries
    late = Question(sold[24].public, 100_000, sold[23].public, sold_at=sold[20].public["at"])
    never = Question(offer[5].public, 100_000, offer[4].public)

    assert explain(late)[1] == (
        "It was received at 2026-05-05 12:16:55.000 UTC; the vehicle had been sold at 2026-05-05 12:16:51.000 UTC, by "
        "its fixed price or an offer."
    )
    assert explain(never)[1] == "This vehicle is sold at its fixed price or by an offer; it takes no bids."


def test_a_first_bid_closes_buy_now_and_offers_and_their_refusals_have_no_findings() -> None:
    sale = Sale(buy_now_cents=900_000, offers_open=True)
    sale.start()
    sale.bid("ann", PLAIN, 100_000, 1)
    sale.buy("bob", 2)
    sale.offer("bob", 700_000, 3)
    sale.close()
    lot = lot_of(sale.auction.tail.entries, opened=True)

    assert [entry.public["code"] for entry in lot.entries[3:5]] == ["BUY_NOW_NOT_OPEN", "OFFERS_NOT_OPEN"]
    assert audit(lot) == []
