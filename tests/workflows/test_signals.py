"""Signals: bids without a door or without an answer, and that nothing anyone sends can stop a lot."""

from datetime import timedelta
from typing import Any

import pytest

from tests.workflows.conftest import House
from tests.workflows.lots import Lot, bid, raw
from workflows import messages
from workflows.auction import AuctionWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_operators_bid_is_judged_with_a_nonce_from_outside(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.signal_from_outside({"bidder": "42", "kind": "bid", "cents": 600_00})
    public = await lot.until_recorded("bid")
    entry = lot.kept.entries[-1]

    assert (public["channel"], public["outcome"], public["received_at"]) == ("operator", "leading", public["at"])
    assert (entry.private, len(entry.nonce)) == ({"bidder_id": "42", "cents": 600_00}, 64)
    await lot.end()


async def test_a_doors_batch_by_signal_is_judged_and_recorded(skipping: House) -> None:
    lot = await skipping.lot()
    at = lot.terms.starts_at
    await lot.signal(messages.BidBatch("one", 0, [bid(2, 600 + 100 * number, at) for number in range(256)]))
    await lot.signal(messages.BidBatch("two", 0, [bid(3, 60_000, at), bid(2, 70_000, at)]))
    await lot.until(lambda: len(lot.kept.entries) == 260)

    assert lot.kept.entries[-1].public["leader"] == "Bidder 1"
    await lot.end()


BROKEN: list[Any] = [
    pytest.param([raw(b"{")], id="JSON that ends too early"),
    pytest.param([raw(b"\xff\xfe")], id="no text at all"),
    pytest.param([raw(b"1", b"binary/unknown")], id="an unknown encoding"),
    pytest.param([raw(b"x" * 40, b"binary/encrypted")], id="cipher text that is garbage"),
    pytest.param([raw(b"", b"binary/encrypted")], id="cipher text that is empty"),
    pytest.param([{"bidder": 42, "kind": "bid", "cents": 600_00}], id="a wrong type"),
    pytest.param([{"bidder": "42", "kind": "offer", "cents": 600_00}], id="an unknown kind"),
    pytest.param([{"bidder": "Bob", "kind": "bid", "cents": 600_00}], id="a bidder who is no account"),
    pytest.param([{"bidder": "42", "kind": "bid", "cents": 10**17}], id="an amount beyond all bids"),
    pytest.param([{"bidder": "42", "kind": "bid", "cents": 1, "bid_id": "x" * 65}], id="a long id"),
    pytest.param([{"batch_id": "x", "recorded_through": 0, "bids": [{}]}], id="a batch of nothing"),
    pytest.param([], id="no argument"),
    pytest.param([1, 2], id="two arguments"),
    pytest.param([None], id="null"),
]


@pytest.mark.parametrize("arguments", BROKEN)
@pytest.mark.parametrize("name", ["place_bids", "report_outage"])
async def test_what_cannot_be_read_is_a_refused_entry_and_the_lot_goes_on(
    skipping: House, name: str, arguments: Any
) -> None:
    lot = await skipping.lot()
    await lot.signal_from_outside(*arguments, name=name)
    entry = await lot.until_recorded("unreadable")

    assert (entry["outcome"], entry["code"], entry["channel"]) == ("refused", "UNREADABLE", "operator")
    assert (await lot.place(bid(2, 600, lot.terms.starts_at))).replies[0].outcome == "leading"
    await lot.end()


async def test_a_signal_of_an_unknown_name_and_a_time_without_a_zone_are_refused_entries(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.signal({"bidder": "42", "kind": "bid", "cents": 600_00}, name="place_bid")
    await lot.signal({"at": "2026-05-05T12:00:00"}, name="report_outage")
    await lot.until(lambda: lot.kept.kinds().count("unreadable") == 2)

    assert "bid" not in lot.kept.kinds()
    await lot.end()


async def fill(lot: Lot, entries: int) -> None:
    """Refused bids that nobody records, so many or a few more."""
    while (await lot.state())["unrecorded"] < entries:
        answer = await lot.place(*[bid(2, 1, lot.terms.starts_at) for _ in range(256)])
        if answer.busy:
            return


async def test_above_a_thousand_unrecorded_entries_recording_starts_by_itself(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.until(lambda: len(lot.kept.entries) == 2)
    for _ in range(4):
        await lot.place(*[bid(2, 1, lot.terms.starts_at) for _ in range(250)], through=2)
    lot.kept.entries[2:] = []
    await lot.place(bid(2, 1, lot.terms.starts_at), through=2)
    lot.kept.entries[2:] = []
    await lot.until(lambda: len(lot.kept.entries) == 1_003)

    assert (await lot.state())["seq"] == 1_003
    await lot.end()


async def test_a_slow_database_makes_the_lot_busy_and_signals_wait_until_there_is_room(skipping: House) -> None:
    lot = await skipping.lot()
    lot.kept.away = True
    await fill(lot, 5_000)
    busy = await lot.place(bid(2, 600, lot.terms.starts_at))
    await lot.signal(messages.BidBatch("late", 0, [bid(3, 700, lot.terms.starts_at)]))
    await lot.signal({"bidder": "4", "kind": "bid", "cents": 900_00})
    waiting = (await lot.state())["seq"]
    lot.kept.away = False
    await skipping.pass_time(seconds=30)
    await lot.until(lambda: lot.kept.kinds()[-1] == "bid" and lot.kept.entries[-1].public["outcome"] == "leading")
    await lot.until(lambda: lot.kept.entries[-1].public["leader"] == "Bidder 2")

    assert (busy.busy, busy.replies) == (True, [])
    assert len(lot.kept.entries) == waiting + 2
    await lot.end()


async def test_a_bid_signalled_after_its_first_answer_was_forgotten_is_not_judged_again(skipping: House) -> None:
    lot = await skipping.lot()
    first, fresh = bid(2, 600, lot.terms.starts_at), bid(3, 900, lot.terms.starts_at)
    await lot.place(first)
    for _ in range(5):
        await lot.place(*[bid(4, 1, lot.terms.starts_at) for _ in range(256)])
    await lot.signal(messages.BidBatch("late", 0, [first, fresh]))
    await lot.until(lambda: lot.kept.entries[-1].public.get("bid_id") == fresh.bid_id)

    assert [entry.public.get("bid_id") for entry in lot.kept.entries].count(first.bid_id) == 1
    assert lot.kept.looked_up == 1
    await lot.end()


async def test_a_fork_holds_the_lot_until_people_resume_it(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.place(bid(2, 600, lot.terms.starts_at))
    lot.kept.other_history = True
    await lot.signal({"bidder": "3", "kind": "bid", "cents": 700_00})
    await _until_held(lot)
    count = len(lot.kept.entries)
    refused = await lot.place(bid(2, 900, lot.terms.starts_at))
    stood_still = len(lot.kept.entries)
    lot.kept.other_history = False
    resumed = await lot.command(AuctionWorkflow.resume, messages.Resume())
    await lot.until_recorded("resumed")

    assert (refused.replies[0].code, stood_still, resumed.outcome) == ("ON_HOLD", count, "done")
    assert (await lot.end()).result == "cancelled"


async def test_a_database_that_was_put_back_holds_the_lot(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.place(bid(2, 600, lot.terms.starts_at))
    await lot.place(bid(3, 700, lot.terms.starts_at))
    lost = lot.kept.entries[2:]
    lot.kept.entries[2:] = []
    await lot.signal({"bidder": "3", "kind": "bid", "cents": 800_00})
    state = await _until_held(lot)
    lot.kept.entries[2:] = lost
    await lot.command(AuctionWorkflow.resume, messages.Resume())

    assert state["status"] == "held"
    assert (await lot.end()).seq == len(lot.kept.entries)


async def test_a_fork_on_a_sunday_is_not_undone_by_monday(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.until(lambda: len(lot.kept.entries) == 2)
    lot.kept.other_history = True
    await lot.signal({"bidder": "3", "kind": "bid", "cents": 800_00})
    await _until_held(lot)
    await skipping.pass_time(days=30)

    assert (await lot.state())["status"] == "held"
    lot.kept.other_history = False
    await lot.command(AuctionWorkflow.resume, messages.Resume())
    await lot.end()


async def _until_held(lot: Lot) -> dict[str, Any]:
    state = await lot.state()
    while state["status"] != "held":
        state = await lot.state()
    return state


async def test_an_operators_bid_that_comes_at_the_very_end_still_has_its_entry(skipping: House) -> None:
    lot = await skipping.lot()
    lot.kept.away = True
    await lot.command(AuctionWorkflow.cancel, messages.Cancel("admin", "over"))
    await lot.signal({"bidder": "3", "kind": "bid", "cents": 800_00})
    lot.kept.away = False
    await skipping.pass_time(seconds=30)
    outcome = await lot.handle.result()

    assert lot.kept.kinds() == ["scheduled", "started", "cancelled", "bid"]
    assert (outcome.seq, lot.kept.entries[-1].public["code"]) == (4, "CLOSED")


async def test_an_outage_long_before_the_last_minutes_changes_nothing(skipping: House) -> None:
    lot = await skipping.lot()
    await lot.signal(messages.Outage(lot.terms.ends_at - timedelta(hours=1)), name="report_outage")

    assert (await lot.end()).seq == 3
