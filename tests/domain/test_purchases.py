"""Section 6: buy-now and offers are open until the first bid, a reservation holds the lot, nothing ends on Sunday."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.auction import Auction, Result, Status
from domain.clock import MILLISECOND, from_text
from domain.errors import Code
from domain.listings import SaleType
from domain.purchases import RESERVED_FOR, Acceptance, Wish, accept, reserve, settle
from domain.steering import cancel, retract, schedule
from domain.terms import Answer, Sold, SoldBy
from tests.domain.lots import (
    END,
    NONCE,
    SATURDAY_LATE,
    SELLER,
    START,
    SUNDAY,
    auto_bid,
    bid,
    live,
    public,
    scheduled,
    seconds,
)

PRICE = 9_000_00
BOTH: dict[str, Any] = {"buy_now_cents": PRICE, "offers_open": True}
ONE = "one"


def buy(
    auction: Auction, buyer: str = "A", now: datetime = START, *, cents: int = PRICE, purchase_id: str = ONE
) -> Answer:
    return reserve(auction, Wish(purchase_id, buyer, cents, NONCE), now)


def agree(
    auction: Auction, buyer: str = "A", now: datetime = START, *, cents: int = 7_000_00, name: str = ONE
) -> Answer:
    return accept(auction, Acceptance(name, "the offer", buyer, cents, NONCE), now)


def bid_on() -> Auction:
    auction = live(**BOTH)
    bid(auction, "B", 600)
    return auction


def bid_taken_back() -> Auction:
    auction = bid_on()
    retract(auction, 2, START, "admin", "why")
    return auction


def held(**terms: Any) -> Auction:
    auction = live(**BOTH, **terms)
    auction.hold(START, "check")
    return auction


def cancelled() -> Auction:
    auction = live(**BOTH)
    cancel(auction, START, "admin", "stolen")
    return auction


def closing() -> Auction:
    auction = live(**BOTH)
    auction.advance(END)
    return auction


LONG: dict[str, Any] = {**BOTH, "ends_at": SUNDAY + timedelta(days=9)}
NEVER = [
    pytest.param(held(), START, Code.ON_HOLD, id="on hold"),
    pytest.param(cancelled(), START, Code.CLOSED, id="cancelled"),
    pytest.param(live(**BOTH), END, Code.TOO_LATE, id="at the end"),
    pytest.param(closing(), END, Code.TOO_LATE, id="closing"),
    pytest.param(live(**LONG), SUNDAY + timedelta(hours=12), Code.NOT_ON_SUNDAY, id="on a Sunday"),
]


# Buy-now


def test_a_reservation_holds_the_clock_and_nobody_else_can_bid_buy_or_agree() -> None:
    auction = live(**BOTH)
    answer = buy(auction)
    others = bid(auction, "B", 600), buy(auction, "B", purchase_id="two"), agree(auction, "B")

    assert (answer.outcome, auction.status, auction.hold_reason) == ("done", Status.HELD, "buy_now")
    assert from_text(answer.entry.public["expires_at"]) == START + RESERVED_FOR == auction.wake_at()
    assert answer.entry.public["reason"] == "buy_now"
    assert [other.code for other in others] == [Code.ON_HOLD, Code.RESERVED, Code.RESERVED]


@pytest.mark.parametrize(
    ("auction", "now", "code"),
    [
        *NEVER,
        pytest.param(scheduled(**BOTH), START, Code.NOT_STARTED, id="not started"),
        pytest.param(bid_on(), START, Code.BUY_NOW_NOT_OPEN, id="somebody has bid"),
        pytest.param(bid_taken_back(), START, Code.BUY_NOW_NOT_OPEN, id="the only bid was taken back"),
        pytest.param(live(offers_open=True), START, Code.BUY_NOW_NOT_OPEN, id="without a price"),
        pytest.param(
            live(**{**BOTH, "ends_at": SATURDAY_LATE}), SUNDAY - RESERVED_FOR, Code.NOT_ON_SUNDAY, id="into Sunday"
        ),
    ],
)
def test_buy_now_is_refused_otherwise(auction: Auction, now: datetime, code: Code) -> None:
    before = public(auction)

    assert buy(auction, now=now).code == code
    assert public(auction) == before


def test_another_price_the_seller_and_a_second_try_are_refused() -> None:
    auction = live(**BOTH)
    wrong = buy(auction, cents=PRICE - 100, purchase_id="wrong")
    own = buy(auction, SELLER, purchase_id="own")
    buy(auction)
    settle(auction, ONE, START, paid=False)

    assert (wrong.code, own.code) == (Code.BUY_NOW_NOT_OPEN, Code.OWN_VEHICLE)
    assert buy(auction, purchase_id="again").code == Code.BUY_NOW_ONCE


def test_without_the_sunday_rule_a_lot_is_sold_on_a_sunday_too() -> None:
    one, other = live(**LONG, sunday_rule=False), live(**LONG, sunday_rule=False)

    assert buy(one, now=SUNDAY).outcome == agree(other, now=SUNDAY).outcome == "done"


def test_the_same_wish_again_has_its_first_answer_and_another_one_under_its_id_is_refused() -> None:
    auction = live(**BOTH)
    first = buy(auction)
    again, other = buy(auction, now=START + seconds(9)), buy(auction, "B")

    assert (again.repeated, again.entry) == (True, first.entry)
    assert (other.code, other.repeated) == (Code.ID_REUSED, False)
    assert buy(auction).entry == first.entry


def test_a_reservation_that_expires_is_lost_and_the_clock_runs_on_with_what_was_left() -> None:
    auction = live(**BOTH)
    buy(auction, now=START + seconds(60))
    auction.advance(START + seconds(60) + RESERVED_FOR)
    entry = auction.tail.entries[-1].public

    assert (auction.status, auction.ends_at, auction.purchase) == (Status.LIVE, END + RESERVED_FOR, None)
    assert (entry["kind"], entry["reason"], entry["purchase_id"]) == ("buy_now_failed", "expired", ONE)
    assert bid(auction, "B", 600, START + seconds(2_000)).outcome == "leading"


def test_a_confirmation_in_time_buys_the_lot() -> None:
    auction = live(**BOTH)
    buy(auction)
    answer = settle(auction, ONE, START + RESERVED_FOR - MILLISECOND, paid=True)

    assert (answer.entry.public["kind"], answer.entry.public["cents"]) == ("bought", PRICE)
    assert (answer.entry.public["result"], answer.entry.public["sold_by"]) == ("sold", "buy_now")
    assert (auction.status, auction.result) == (Status.ENDED, Result.SOLD)
    assert auction.sold == Sold(SoldBy.BUY_NOW, ONE, "A", PRICE)
    assert (auction.standing.price_cents, auction.wake_at(), auction.purchase) == (None, None, None)


def test_a_second_confirmation_has_the_first_answer() -> None:
    auction = live(**BOTH)
    buy(auction)
    first = settle(auction, ONE, START, paid=True)
    again = settle(auction, ONE, START + seconds(1), paid=True)

    assert (again.entry, again.repeated) == (first.entry, True)
    assert auction.close(END).entry == first.entry


@pytest.mark.parametrize(("now", "paid"), [(START + RESERVED_FOR, True), (START, False)])
def test_a_confirmation_that_comes_too_late_and_one_that_says_no_lose_the_lot(now: datetime, paid: bool) -> None:
    auction = live(**BOTH)
    buy(auction)
    answer = settle(auction, ONE, now, paid=paid)

    assert (answer.entry.public["kind"], answer.code) == ("buy_now_failed", None)
    assert answer.entry.public["reason"] == ("expired" if paid else "unpaid")
    assert (auction.status, auction.sold) == (Status.LIVE, None)


@pytest.mark.parametrize("paid", [True, False])
def test_what_nobody_has_reserved_is_neither_bought_nor_lost(paid: bool) -> None:
    auction = live(**BOTH)
    nothing = settle(auction, ONE, START, paid=paid)
    buy(auction)
    other = settle(auction, "two", START, paid=paid)
    cancel(auction, START, "admin", "stolen")
    late = settle(auction, ONE, START, paid=paid)

    assert [nothing.code, other.code, late.code] == [Code.NOT_RESERVED, Code.NOT_RESERVED, Code.CLOSED]
    assert auction.lose_purchase(START, "expired").code == Code.NOT_RESERVED


def test_a_reserved_lot_is_cancelled_by_two_admins_only_and_does_not_run_on_by_itself() -> None:
    auction = live(**BOTH)
    buy(auction)
    refused = [cancel(auction, START, by, "why").code for by in ("seller", "one_admin")]
    auction.resume_at = None
    refused.append(auction.resume(START).code)

    assert refused == [Code.RESERVED] * 3
    assert auction.wake_at() == START + RESERVED_FOR
    assert cancel(auction, START, "admin", "why").outcome == "done"
    assert auction.purchase is None


# Offers


@pytest.mark.parametrize("make", [live, scheduled])
def test_an_accepted_offer_sells_the_lot_before_and_after_its_start(make: Any) -> None:
    auction = make(**BOTH)
    answer = agree(auction, now=START - seconds(5) if make is scheduled else START)

    assert (answer.entry.public["kind"], answer.entry.public["sold_by"]) == ("offer_accepted", "offer")
    assert (auction.status, auction.result) == (Status.ENDED, Result.SOLD)
    assert auction.sold == Sold(SoldBy.OFFER, "the offer", "A", 7_000_00)
    assert (auction.wake_at(), bid(auction, "B", 600).outcome) == (None, "refused")


@pytest.mark.parametrize(
    ("auction", "now", "code"),
    [
        *NEVER,
        pytest.param(bid_on(), START, Code.OFFERS_NOT_OPEN, id="somebody has bid"),
        pytest.param(bid_taken_back(), START, Code.OFFERS_NOT_OPEN, id="the only bid was taken back"),
        pytest.param(live(buy_now_cents=PRICE), START, Code.OFFERS_NOT_OPEN, id="without offers"),
    ],
)
def test_an_offer_is_not_accepted_otherwise(auction: Auction, now: datetime, code: Code) -> None:
    before = public(auction)

    assert agree(auction, now=now, name=f"at {now}").code == code
    assert public(auction) == before


def test_half_dollars_and_an_offer_of_the_sellers_own_are_refused() -> None:
    auction = live(**BOTH)

    assert agree(auction, cents=50).code == Code.NOT_WHOLE_DOLLARS
    assert agree(auction, SELLER, name="two").code == Code.OWN_VEHICLE


def test_the_same_acceptance_again_has_its_first_answer_and_a_new_one_is_judged_anew() -> None:
    auction = held()
    refused, again = agree(auction), agree(auction)
    auction.resume(START)
    still, other = agree(auction), agree(auction, cents=1_00)
    sold = agree(auction, name="two")

    assert (again.repeated, again.entry, still.entry) == (True, refused.entry, refused.entry)
    assert (other.code, sold.outcome) == (Code.ID_REUSED, "done")


# The lot


@pytest.mark.parametrize("kind", [SaleType.BUY_NOW_ONLY, SaleType.MAKE_OFFER])
def test_a_lot_of_another_type_takes_no_bids_and_ends_without_any(kind: SaleType) -> None:
    auction = live(**BOTH, sale_type=kind)
    early, late = bid(auction, "B", 600, START - seconds(1), now=START), auto_bid(auction, "B", 600, END, now=END)
    answers = bid(auction, "B", 600), auto_bid(auction, SELLER, 900), early, late
    auction.advance(END)

    assert [answer.code for answer in answers] == ["NO_BIDDING", "NO_BIDDING", "NOT_STARTED", "TOO_LATE"]
    assert auction.close(END).entry.public["result"] == Result.NO_BIDS


def test_only_a_lot_that_sells_without_bids_tells_how() -> None:
    usual, fixed, offers = scheduled(), scheduled(sale_type=SaleType.BUY_NOW_ONLY, buy_now_cents=PRICE), live(**BOTH)
    first = [schedule(auction, START, NONCE).entry.public for auction in (usual, fixed, offers)]

    assert "sale_type" not in first[0]
    assert (first[1]["sale_type"], first[1]["buy_now_cents"], first[1]["offers_open"]) == ("buy_now_only", PRICE, False)
    assert (first[2]["sale_type"], first[2]["offers_open"]) == ("timed", True)


def test_a_first_answer_is_forgotten_with_the_entries_that_are_no_longer_recent() -> None:
    auction = live(**BOTH)
    buy(auction, now=END)
    for number in range(1_100):
        bid(auction, "B", 600, END, now=END, bid_id=f"late {number}")
    auction.tail.confirm(auction.seq)

    assert auction.tail.first("reserved", ONE) is None
