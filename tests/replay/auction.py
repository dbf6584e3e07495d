"""Lots whose histories are kept: together they use every message, timer and activity of the Auction workflow."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.common import RawValue

from domain.clock import truncate
from domain.listings import SaleType
from tests.replay.stage import Scene, Stage, long_runs
from tests.workflows.lots import NONCE, Lot, bid, raw
from workflows import messages
from workflows.auction import AuctionWorkflow

SECOND = timedelta(seconds=1)
PRICE = 9_900_00


async def sold_after_a_soft_close(lot: Lot) -> None:
    """A start, a raise that nobody sees, an operator's bid, a bid that extends the end, and a repeat."""
    at = lot.terms.starts_at
    await lot.until_recorded("started")
    await lot.place(bid(2, 600, at, bid_id="a"), bid(3, 900, at, kind="auto_bid"), bid(3, 1_200, at, kind="auto_bid"))
    await lot.signal({"bidder": "4", "kind": "bid", "cents": 1_500_00})
    await lot.until_recorded("bid")
    await lot.place(bid(2, 2_000, datetime.now(UTC)), bid(2, 600, at, bid_id="a"), bid(1, 9_000, at))
    await lot.handle.result()


async def steered(lot: Lot) -> None:
    """Every command, done and refused, and a cancellation."""
    at = lot.terms.starts_at
    await lot.until_recorded("started")
    await lot.place(bid(2, 600, at, bid_id="a"), bid(3, 5_000, at, bid_id="b"))
    await lot.command(AuctionWorkflow.lower_reserve, messages.LowerReserve(8_000_00, NONCE))
    await lot.command(AuctionWorkflow.lower_reserve, messages.LowerReserve(None, NONCE))
    await lot.command(AuctionWorkflow.retract, messages.Retract("b", None, "3", "a zero too much"))
    await lot.command(AuctionWorkflow.retract, messages.Retract("c", 99, "admin", "why"))
    await lot.command(AuctionWorkflow.hold, messages.Hold("material_edit"))
    await lot.command(AuctionWorkflow.remove_bidder, messages.RemoveBidder("2", "2", "not this car"))
    await lot.command(AuctionWorkflow.resume, messages.Resume(86_400))
    await lot.handle.execute_update(AuctionWorkflow.unrecorded, messages.Unrecorded(3))
    await lot.end()


async def besieged(lot: Lot) -> None:
    """Signals that cannot be read, outages, a fork, and a database that is away for a moment."""
    await lot.until_recorded("started")
    garbage = raw(b"x", b"binary/encrypted")
    broken: list[list[object | RawValue]] = [[], [1, 2], [raw(b"{")], [garbage]]
    for arguments in broken:
        await lot.signal_from_outside(*arguments)
    await lot.signal(messages.BidBatch("s", 0, [bid(2, 600, lot.terms.starts_at)]))
    await lot.signal(messages.Outage(truncate(datetime.now(UTC))), name="report_outage")
    await lot.until_recorded("extended")
    lot.kept.away = True
    await lot.signal({"bidder": "3", "kind": "auto_bid", "cents": 900_00})
    lot.kept.away = False
    lot.kept.other_history = True
    await lot.signal({"bidder": "4", "kind": "bid", "cents": 9_000_00})
    while (await lot.state())["status"] != "held":
        pass
    lot.kept.other_history = False
    await lot.command(AuctionWorkflow.resume, messages.Resume())
    await lot.end()


async def continued(lot: Lot) -> None:
    """More than one run."""
    first = (await lot.handle.describe()).run_id
    number = 0
    while (await lot.handle.describe()).run_id == first:
        number += 1
        await lot.place(bid(2 + number % 3, 500 + 100 * number, lot.terms.starts_at))
    await lot.place(bid(9, 50_000, lot.terms.starts_at))
    await lot.end()


async def bought(lot: Lot) -> None:
    """Reserved and not paid, refused to who tried before, reserved by another and bought."""
    await lot.until_recorded("started")
    await lot.command(AuctionWorkflow.buy_now, messages.BuyNow("one", "2", PRICE, NONCE))
    await lot.command(AuctionWorkflow.accept_offer, messages.AcceptOffer("a", "offer", "4", 700_00, NONCE))
    await lot.command(AuctionWorkflow.settle_buy_now, messages.SettleBuyNow("one", paid=False))
    await lot.command(AuctionWorkflow.buy_now, messages.BuyNow("two", "2", PRICE, NONCE))
    await lot.command(AuctionWorkflow.buy_now, messages.BuyNow("three", "3", PRICE, NONCE))
    await lot.place(bid(5, 600, lot.terms.starts_at))
    await lot.command(AuctionWorkflow.settle_buy_now, messages.SettleBuyNow("three", paid=True))
    await lot.handle.result()


async def sold_by_an_offer(lot: Lot) -> None:
    """A bid that is refused, and the offer that sells it."""
    await lot.until_recorded("started")
    await lot.place(bid(5, 600, lot.terms.starts_at))
    await lot.command(AuctionWorkflow.accept_offer, messages.AcceptOffer("a", "offer", "4", 700_00, NONCE))
    await lot.handle.result()


def _of_a_lot(scene: Callable[[Lot], Awaitable[None]], length: timedelta, window_s: int, **terms: Any) -> Scene:
    """A scene of a lot that is live for this long and has this soft-close window."""

    async def play(stage: Stage) -> str:
        ends_at = datetime.now(UTC) + length
        lot = await stage.house.lot(ends_at=ends_at, window_s=window_s, reserve_cents=9_000_00, **terms)
        await scene(lot)
        return lot.handle.id

    return Scene(play, long_runs)


SCENES = {
    "sold_after_a_soft_close": _of_a_lot(sold_after_a_soft_close, 4 * SECOND, 5),
    "steered": _of_a_lot(steered, timedelta(days=7), 120),
    "besieged": _of_a_lot(besieged, timedelta(minutes=9), 120),
    "continued": _of_a_lot(continued, timedelta(days=7), 120),
    "bought": _of_a_lot(bought, timedelta(days=7), 120, buy_now_cents=PRICE, offers_open=True),
    "sold_by_an_offer": _of_a_lot(
        sold_by_an_offer, timedelta(days=7), 120, sale_type=SaleType.MAKE_OFFER, offers_open=True
    ),
}
