"""Buy-now and accepted offers in the Auction workflow: judged in its sequence, expired by its clock, done once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.listings import SaleType
from tests.workflows.conftest import House
from tests.workflows.lots import NONCE, Lot, bid
from workflows import messages
from workflows.auction import AuctionWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRICE = 9_000_00


def wish(buyer: int = 2, purchase_id: str = "one", cents: int = PRICE) -> messages.BuyNow:
    return messages.BuyNow(purchase_id, str(buyer), cents, NONCE)


def agreed(buyer: int = 2, name: str = "one", cents: int = 7_000_00) -> messages.AcceptOffer:
    return messages.AcceptOffer(name, "offer", str(buyer), cents, NONCE)


async def lot_for_sale(house: House, **terms: Any) -> Lot:
    lot = await house.lot(buy_now_cents=PRICE, offers_open=True, **terms)
    await lot.until_recorded("started")
    return lot


async def test_a_buyer_reserves_and_confirms_and_the_lot_is_sold(skipping: House) -> None:
    lot = await lot_for_sale(skipping)
    reserved = await lot.command(AuctionWorkflow.buy_now, wish())
    other = await lot.place(bid(3, 600, lot.terms.starts_at))
    bought = await lot.command(AuctionWorkflow.settle_buy_now, messages.SettleBuyNow("one", paid=True))
    outcome = await lot.handle.result()

    assert (reserved.outcome, reserved.entry.public["status"], other.replies[0].code) == ("done", "held", "ON_HOLD")
    assert (bought.entry.public["kind"], bought.entry.public["result"]) == ("bought", "sold")
    assert (outcome.result, outcome.price_cents, outcome.winner, outcome.sold_by) == ("sold", PRICE, "2", "buy_now")
    assert lot.kept.kinds()[-1] == "bought"


async def test_a_reservation_expires_by_the_clock_and_the_lot_goes_on(skipping: House) -> None:
    lot = await lot_for_sale(skipping)
    await lot.command(AuctionWorkflow.buy_now, wish())
    await skipping.pass_time(minutes=15, seconds=5)
    lost = await lot.until_recorded("buy_now_failed")
    late = await lot.command(AuctionWorkflow.settle_buy_now, messages.SettleBuyNow("one", paid=True))
    again = await lot.command(AuctionWorkflow.buy_now, wish(purchase_id="two"))

    assert (lost["reason"], lost["status"]) == ("expired", "live")
    assert (late.code, again.code) == ("NOT_RESERVED", "BUY_NOW_ONCE")
    assert (await lot.place(bid(3, 600, lot.terms.starts_at))).replies[0].outcome == "leading"
    await lot.end()


async def test_a_repeated_wish_has_its_first_answer_under_another_update_id_too(skipping: House) -> None:
    lot = await lot_for_sale(skipping)
    first = await lot.command(AuctionWorkflow.buy_now, wish())
    again = await lot.command(AuctionWorkflow.buy_now, wish())

    assert (again.entry, again.outcome) == (first.entry, "done")
    await lot.end()


async def test_an_accepted_offer_sells_a_lot_before_its_start(skipping: House) -> None:
    now = await skipping.env.get_current_time()
    later = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)}
    lot = await skipping.lot(sale_type=SaleType.MAKE_OFFER, offers_open=True, **later)
    sold = await lot.command(AuctionWorkflow.accept_offer, agreed())
    outcome = await lot.handle.result()

    assert (sold.entry.public["kind"], outcome.winner, outcome.sold_by) == ("offer_accepted", "2", "offer")
    assert "started" not in lot.kept.kinds()


async def test_of_a_bid_a_purchase_and_an_offer_at_once_exactly_one_stands(skipping: House) -> None:
    lot = await lot_for_sale(skipping)
    placed, reserved, accepted = await asyncio.gather(
        lot.place(bid(3, 600, lot.terms.starts_at)),
        lot.command(AuctionWorkflow.buy_now, wish()),
        lot.command(AuctionWorkflow.accept_offer, agreed(4)),
    )
    stands = [placed.replies[0].outcome == "leading", reserved.outcome == "done", accepted.outcome == "done"]

    assert sum(stands) == 1
    if not stands[2]:
        await lot.end()


async def test_a_lot_at_a_fixed_price_takes_no_bids_and_ends_unsold(skipping: House) -> None:
    now = await skipping.env.get_current_time()
    lot = await skipping.lot(sale_type=SaleType.BUY_NOW_ONLY, buy_now_cents=PRICE, ends_at=now + timedelta(hours=1))
    await lot.until_recorded("started")
    refused = await lot.place(bid(3, 600, lot.terms.starts_at))
    await skipping.pass_time(hours=1, seconds=10)
    closed = await lot.until_recorded("closed")

    assert (refused.replies[0].code, closed["result"]) == ("NO_BIDDING", "no_bids")


async def test_an_operator_sees_who_has_it_reserved_for_how_long(skipping: House) -> None:
    lot = await lot_for_sale(skipping)
    reserved = await lot.command(AuctionWorkflow.buy_now, wish())
    state = await lot.state()
    resumed = await lot.command(AuctionWorkflow.resume, messages.Resume())

    assert (state["status"], resumed.code) == ("held", "RESERVED")
    assert reserved.entry.public["expires_at"] > reserved.entry.public["at"]
    await lot.end()


@pytest.mark.parametrize(
    ("update", "argument"),
    [
        (AuctionWorkflow.buy_now, messages.BuyNow("one", "somebody", PRICE, NONCE)),
        (AuctionWorkflow.buy_now, messages.BuyNow("", "2", PRICE, NONCE)),
        (AuctionWorkflow.buy_now, messages.BuyNow("one", "2", 10**15, NONCE)),
        (AuctionWorkflow.buy_now, messages.BuyNow("one", "2", PRICE, "ab")),
        (AuctionWorkflow.settle_buy_now, messages.SettleBuyNow("x" * 65, paid=True)),
        (AuctionWorkflow.accept_offer, messages.AcceptOffer("one", "y" * 65, "2", PRICE, NONCE)),
    ],
)
async def test_what_no_door_would_send_is_refused_before_it_is_in_the_history(
    skipping: House, update: Any, argument: object
) -> None:
    lot = await lot_for_sale(skipping)
    with pytest.raises(WorkflowUpdateFailedError):
        await lot.command(update, argument)

    assert await lot.events("workflow_execution_update_accepted") == []
    await lot.end()
