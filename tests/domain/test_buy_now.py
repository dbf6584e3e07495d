"""Section 6: buy-now is open until the first bid, reserves the lot while payment runs, and never ends on a Sunday."""

from datetime import datetime, timedelta

import pytest

from domain.auction import Auction, Status
from domain.buy_now import RESERVED_FOR, Ending, is_open, refusal, reserve, settle
from domain.clock import MILLISECOND
from domain.steering import cancel, retract
from tests.domain.lots import END, SATURDAY_LATE, SELLER, START, SUNDAY, bid, live, scheduled, seconds

PRICE = 9_000_00


def refused(
    auction: Auction, buyer: str = "A", now: datetime = START, power: int = PRICE, tried: frozenset[str] = frozenset()
) -> str | None:
    return refusal(auction, buyer, now, price_cents=PRICE, buying_power_cents=power, tried=tried)


def bid_on() -> Auction:
    auction = live()
    bid(auction, "B", 600)
    return auction


def bid_taken_back() -> Auction:
    auction = bid_on()
    retract(auction, 2, START, "admin", "why")
    return auction


def test_it_is_open_on_a_live_lot_without_bids_to_a_buyer_with_full_buying_power() -> None:
    assert refused(live()) is None


@pytest.mark.parametrize(
    ("auction", "now"),
    [
        pytest.param(scheduled(), START, id="not started"),
        pytest.param(bid_on(), START, id="somebody has bid"),
        pytest.param(bid_taken_back(), START, id="the only bid was taken back"),
        pytest.param(live(), END, id="at the end"),
        pytest.param(live(ends_at=SATURDAY_LATE), SUNDAY - RESERVED_FOR, id="the payment could run into Sunday"),
        pytest.param(live(ends_at=SUNDAY + timedelta(days=9)), SUNDAY + timedelta(hours=12), id="on a Sunday"),
    ],
)
def test_it_is_closed_otherwise_and_so_are_offers_after_a_bid(auction: Auction, now: datetime) -> None:
    assert refused(auction, now=now) == "BUY_NOW_NOT_OPEN"


def test_offers_are_open_until_the_first_bid() -> None:
    assert (is_open(live(), START), is_open(bid_on(), START), is_open(bid_taken_back(), START)) == (True, False, False)


def test_the_seller_a_second_try_and_too_little_buying_power_are_refused() -> None:
    assert refused(live(), SELLER) == "OWN_VEHICLE"
    assert refused(live(), "A", tried=frozenset("A")) == "BUY_NOW_ONCE"
    assert refused(live(), "A", power=PRICE - 1) == "BUYING_POWER"


def test_a_reservation_holds_the_clock_and_nobody_else_can_bid_or_buy() -> None:
    auction = live()
    purchase = reserve(auction, "A", START, price_cents=PRICE)

    assert (auction.status, auction.hold_reason, purchase.expires_at) == (Status.HELD, "buy_now", START + RESERVED_FOR)
    assert (bid(auction, "B", 600).code, refused(auction, "B")) == ("ON_HOLD", "BUY_NOW_NOT_OPEN")


def test_a_reservation_that_expires_lets_the_clock_run_on_with_what_was_left() -> None:
    auction = live(sunday_rule=False)
    purchase = reserve(auction, "A", START, price_cents=PRICE)
    auction.advance(purchase.expires_at)
    settled = settle(auction, purchase, purchase.expires_at, paid=True)

    assert (auction.status, auction.ends_at) == (Status.LIVE, END + RESERVED_FOR)
    assert settled.ending is Ending.DEFAULTED


def test_a_payment_in_time_buys_the_lot_which_stays_held_for_its_sale() -> None:
    auction = live()
    purchase = reserve(auction, "A", START, price_cents=PRICE)
    settled = settle(auction, purchase, purchase.expires_at - MILLISECOND, paid=True)

    assert (settled.ending, settled.purchase) == (Ending.BOUGHT, purchase)
    assert (auction.status, auction.wake_at()) == (Status.HELD, None)


def test_a_failed_payment_is_a_default_and_the_lot_goes_on_at_once() -> None:
    auction = live()
    purchase = reserve(auction, "A", START, price_cents=PRICE)
    settled = settle(auction, purchase, START + seconds(60), paid=False)

    assert (settled.ending, auction.status, auction.ends_at) == (Ending.DEFAULTED, Status.LIVE, END + seconds(60))


def test_a_payment_that_completes_on_a_sunday_buys_nothing() -> None:
    auction = live(ends_at=SATURDAY_LATE + timedelta(days=3))
    purchase = reserve(auction, "A", SUNDAY - seconds(60), price_cents=PRICE)

    assert settle(auction, purchase, SUNDAY, paid=True).ending is Ending.DEFAULTED


def test_a_payment_for_a_lot_that_was_cancelled_meanwhile_buys_nothing() -> None:
    auction = live()
    purchase = reserve(auction, "A", START, price_cents=PRICE)
    cancel(auction, START, "admin", "damaged")

    assert settle(auction, purchase, START + seconds(1), paid=True).ending is Ending.DEFAULTED
    assert auction.status is Status.ENDED
