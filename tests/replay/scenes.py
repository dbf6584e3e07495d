"""Lots whose histories are kept for replay: together they use every message, timer and activity of the workflow."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio.common import RawValue

from domain.clock import truncate
from tests.workflows.lots import NONCE, Lot, bid, raw
from workflows import messages
from workflows.auction import AuctionWorkflow

SECOND = timedelta(seconds=1)
STEPS = 40


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


# Name: the scene, and how long its lot is live and its soft-close window are.
SCENES: dict[str, tuple[Callable[[Lot], Awaitable[None]], timedelta, int]] = {
    "sold_after_a_soft_close": (sold_after_a_soft_close, 4 * SECOND, 5),
    "steered": (steered, timedelta(days=7), 120),
    "besieged": (besieged, timedelta(minutes=9), 120),
    "continued": (continued, timedelta(days=7), 120),
}
