"""A lot's clock under time skipping: a week, the soft close, holds, Sundays and outages."""

from datetime import timedelta

import pytest

from domain.clock import from_text, monday_opening, sunday_before
from domain.ledger import first_break
from tests.workflows.conftest import House
from tests.workflows.lots import WEEK, bid
from workflows import messages
from workflows.auction import AuctionWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = timedelta(seconds=1)


async def test_a_week_passes_from_the_schedule_to_the_sale(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.place(bid(2, 600, lot.terms.starts_at))
    await lot.place(bid(3, 900, lot.terms.starts_at, kind="auto_bid"))
    outcome = await lot.handle.result()

    assert (outcome.result, outcome.winner, outcome.price_cents) == ("sold", "3", 650_00 - 25_00)
    assert lot.kept.kinds() == ["scheduled", "started", "bid", "auto_bid", "closed"]
    assert (outcome.seq, outcome.hash) == (5, lot.kept.entries[-1].hash)
    assert first_break(lot.terms.auction_id, lot.kept.entries) is None


async def test_a_lot_waits_for_its_start(skipping: House) -> None:
    now = await skipping.env.get_current_time()
    lot = await skipping.lot(starts_at=now + WEEK, ends_at=now + 2 * WEEK)
    early = await lot.place(bid(2, 600, now))
    await skipping.pass_time(days=7, seconds=1)
    await lot.until_recorded("started")

    assert early.replies[0].code == "NOT_STARTED"
    assert (await lot.state())["status"] == "live"
    await lot.end()


async def test_soft_closes_move_the_end_without_a_new_timer_for_each_bid(skipping: House) -> None:
    """The old timer fires and the rest is slept: 40 bids in the last two minutes make a handful of timers."""
    lot = await skipping.lot()
    await skipping.pass_time(days=6, hours=23, minutes=59)
    for number in range(40):
        now = await skipping.env.get_current_time()
        await lot.place(bid(2 + number % 2, 600 + 100 * number, now))
        await skipping.pass_time(seconds=4)
    last = from_text((await lot.state())["ends_at"])
    outcome = await lot.handle.result()

    assert last > lot.terms.ends_at + timedelta(minutes=2)
    assert outcome.result == "sold"
    assert len(await lot.events("timer_started")) < 10
    assert len(await lot.events("timer_canceled")) == 0


async def test_hold_and_resume_restore_the_remaining_time(skipping: House) -> None:
    lot = await skipping.lot()
    held = await lot.command(AuctionWorkflow.hold, messages.Hold("check"))
    refused = await lot.place(bid(2, 600, lot.terms.starts_at))
    await skipping.pass_time(days=30)
    resumed = await lot.command(AuctionWorkflow.resume, messages.Resume())

    assert refused.replies[0].code == "ON_HOLD"
    left = from_text(resumed.entry.public["ends_at"]) - from_text(resumed.entry.public["at"])
    assert left == timedelta(milliseconds=held.entry.public["remaining_ms"])
    assert (await lot.handle.result()).result == "no_bids"


async def test_a_lot_that_a_bid_carries_into_sunday_rests_until_monday(skipping: House) -> None:
    now = await skipping.env.get_current_time()
    midnight = next(day for n in range(2, 10) if (day := sunday_before(now + timedelta(days=n))))
    lot = await skipping.lot(ends_at=midnight - SECOND, sunday_rule=True)
    await skipping.pass_time(seconds=(midnight - now).total_seconds() - 60)
    before_midnight = await skipping.env.get_current_time()
    await lot.place(bid(2, 600, before_midnight))
    held = await lot.until_recorded("held") if await _slept(skipping, 120) else {}
    outcome = await lot.handle.result()
    resumed, closed = await lot.until_recorded("resumed"), await lot.until_recorded("closed")

    assert (held["reason"], from_text(held["ends_at"])) == (
        "sunday",
        midnight + timedelta(milliseconds=held["remaining_ms"]),
    )
    assert from_text(resumed["at"]) - monday_opening(midnight) < SECOND
    assert sunday_before(from_text(closed["at"])) is None
    assert outcome.result == "sold"


async def _slept(house: House, seconds: float) -> bool:
    await house.pass_time(seconds=seconds)
    return True


async def test_a_close_that_comes_late_extends_the_lot_once(skipping: House) -> None:
    """The end passed while everything was down: here, before the workflow was started at all."""
    now = await skipping.env.get_current_time()
    lot = await skipping.lot(starts_at=now - 2 * WEEK, ends_at=now - WEEK)
    extended = await lot.until_recorded("extended")
    outcome = await lot.handle.result()

    assert extended["reason"] == "outage"
    assert from_text(extended["ends_at"]) - from_text(extended["at"]) == timedelta(minutes=10)
    assert lot.kept.kinds() == ["scheduled", "started", "extended", "closed"]
    assert outcome.result == "no_bids"


async def test_a_bid_that_was_turned_away_in_the_last_minutes_extends_the_lot(skipping: House) -> None:
    lot = await skipping.lot()
    await skipping.pass_time(days=6, hours=23, minutes=59)
    now = await skipping.env.get_current_time()
    await lot.signal(messages.Outage(now), name="report_outage")
    await lot.signal(messages.Outage(now), name="report_outage")
    await lot.signal(messages.Outage(now - WEEK), name="report_outage")
    await lot.until_recorded("extended")
    await lot.handle.result()

    assert lot.kept.kinds() == ["scheduled", "started", "extended", "closed"]


async def test_bids_that_the_database_knows_as_missed_extend_the_lot_at_its_close(skipping: House) -> None:
    lot = await skipping.lot()
    lot.kept.missed = [lot.terms.ends_at - SECOND, lot.terms.ends_at - SECOND]
    await lot.handle.result()

    assert lot.kept.kinds() == ["scheduled", "started", "extended", "closed"]


async def test_the_close_waits_for_bids_on_their_way_and_one_that_extends_opens_the_lot_again(skipping: House) -> None:
    lot = await skipping.lot()
    lot.kept.in_flight.clear()
    await skipping.pass_time(days=7)
    await lot.until(lambda: lot.kept.closings == 1)
    closing = (await lot.state())["status"]
    answer = await lot.place(bid(2, 600, lot.terms.ends_at - SECOND))
    lot.kept.in_flight.set()
    outcome = await lot.handle.result()

    assert (closing, answer.replies[0].outcome, answer.entries[-1].public["extended"]) == ("closing", "leading", True)
    assert (outcome.result, outcome.winner, lot.kept.closings) == ("sold", "2", 2)


async def test_a_lot_of_no_bids_a_reserve_and_a_cancellation_have_their_results_once(skipping: House) -> None:
    unsold = await skipping.lot(reserve_cents=9_000_00)
    await unsold.place(bid(2, 600, unsold.terms.starts_at))
    outcome = await unsold.handle.result()
    gone = await skipping.lot()
    cancelled = await gone.end()

    assert (outcome.result, outcome.price_cents, outcome.winner) == ("reserve_not_met", None, None)
    assert cancelled.result == "cancelled"
    assert [unsold.kept.kinds().count("closed"), gone.kept.kinds().count("cancelled")] == [1, 1]
