"""Updates: reserve, retraction, removal, and what a bad update may not do."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.workflows.conftest import House
from tests.workflows.lots import NONCE, Lot, bid, raw
from workflows import messages
from workflows.auction import AuctionWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def two_bids(house: House, **terms: object) -> tuple[Lot, messages.BatchAnswer]:
    lot = await house.lot(**terms)
    at = lot.terms.starts_at
    return lot, await lot.place(bid(2, 600, at, bid_id="first"), bid(3, 6_000, at, bid_id="second"))


async def test_a_batch_is_answered_in_order_with_the_entries_to_be_recorded(skipping: House) -> None:
    lot, answer = await two_bids(skipping)

    assert [(reply.outcome, reply.entry) for reply in answer.replies] == [("leading", None)] * 2
    assert [reply.seq for reply in answer.replies] == [entry.seq for entry in answer.entries[-2:]]
    await lot.end()


async def test_a_repeated_bid_gets_its_first_answer_also_in_another_batch(skipping: House) -> None:
    lot, first = await two_bids(skipping)
    again = await lot.place(
        bid(2, 600, lot.terms.starts_at, bid_id="first"), bid(2, 700, lot.terms.starts_at, bid_id="first")
    )

    assert (again.replies[0].repeated, again.replies[0].entry) == (True, first.entries[-2])
    assert again.replies[1].code == "ID_REUSED"
    await lot.end()


async def test_the_reserve_can_be_lowered(skipping: House) -> None:
    lot, _ = await two_bids(skipping, reserve_cents=9_000_00)
    higher = await lot.command(AuctionWorkflow.lower_reserve, messages.LowerReserve(9_500_00, NONCE))
    lower = await lot.command(AuctionWorkflow.lower_reserve, messages.LowerReserve(6_000_00, NONCE))

    assert (higher.code, lower.outcome, lower.entry.public["reserve"]) == ("RESERVE_NOT_LOWERED", "done", "met")
    assert lower.entries[-1] == lower.entry
    await lot.end()


async def test_a_bid_is_retracted_by_its_id_or_its_seq(skipping: House) -> None:
    lot, answer = await two_bids(skipping)
    slip = await lot.command(AuctionWorkflow.retract, messages.Retract("second", None, "3", "a zero too much"))
    gone = await lot.command(
        AuctionWorkflow.retract, messages.Retract("long ago", answer.replies[0].seq, "admin", "why")
    )
    unknown = await lot.command(AuctionWorkflow.retract, messages.Retract("never", None, "admin", "why"))

    assert (slip.outcome, slip.entry.public["leader"]) == ("done", "Bidder 1")
    assert (gone.outcome, gone.entry.public["price_cents"]) == ("done", None)
    assert unknown.code == "NO_SUCH_BID"
    await lot.end()


async def test_a_bidder_is_removed_and_may_withdraw_during_a_material_edit(skipping: House) -> None:
    lot, _ = await two_bids(skipping)
    removed = await lot.command(AuctionWorkflow.remove_bidder, messages.RemoveBidder("3", "admin", "shill"))
    await lot.command(AuctionWorkflow.hold, messages.Hold("material_edit"))
    withdrawn = await lot.command(AuctionWorkflow.remove_bidder, messages.RemoveBidder("2", "2", "not this car"))
    resumed = await lot.command(AuctionWorkflow.resume, messages.Resume(int(timedelta(days=9).total_seconds())))

    assert [removed.outcome, withdrawn.outcome, resumed.outcome] == ["done"] * 3
    assert resumed.entry.public["status"] == "live"
    await lot.end()


@pytest.mark.parametrize("by", ["one_admin", "seller"])
async def test_only_two_admins_cancel_a_lot_whose_bids_no_database_has(skipping: House, by: str) -> None:
    lot = await skipping.lot()
    lot.kept.away = True
    await lot.place(bid(2, 600, lot.terms.starts_at))
    refused = await lot.command(AuctionWorkflow.cancel, messages.Cancel(by, "the title is lost"))
    lot.kept.away = False

    assert (refused.outcome, refused.code, refused.entry.public["status"]) == ("refused", "HAS_BIDS", "live")
    assert (await lot.end()).result == "cancelled"


async def test_one_admin_cancels_a_lot_without_bids(skipping: House) -> None:
    lot = await skipping.lot()
    done = await lot.command(AuctionWorkflow.cancel, messages.Cancel("one_admin", "the title is lost"))

    assert (done.outcome, done.entry.public["by"], (await lot.handle.result()).result) == ("done", "admin", "cancelled")


async def test_an_old_look_at_the_database_judges_nothing(skipping: House) -> None:
    """After 1,000 more recorded entries an id that the door did not find may have been judged and forgotten."""
    lot = await skipping.lot()
    at = lot.terms.starts_at
    for _ in range(5):
        await lot.place(*[bid(2, 1, at) for _ in range(256)])
    seq = (await lot.state())["seq"]
    stale = await lot.place(bid(2, 600, at), through=2)
    fresh = await lot.place(bid(2, 600, at))

    assert (stale.stale, stale.replies, fresh.replies[0].outcome) == (True, [], "leading")
    assert fresh.replies[0].seq == seq + 1
    await lot.end()


async def test_a_door_that_found_a_gap_is_told_what_is_not_recorded(skipping: House) -> None:
    lot, answer = await two_bids(skipping)
    told = await lot.handle.execute_update(AuctionWorkflow.unrecorded, messages.Unrecorded(2))

    assert [entry.seq for entry in told.entries] == [entry.seq for entry in answer.entries if entry.seq > 2]
    await lot.end()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"kind": "buy"}, id="an unknown kind"),
        pytest.param({"nonce": "xyz"}, id="a nonce that is not hex"),
        pytest.param({"nonce": "ab"}, id="a short nonce"),
        pytest.param({"bidder": "Bob"}, id="a bidder who is no account"),
        pytest.param({"bidder": "9" * 30}, id="an account beyond all numbers"),
        pytest.param({"bid_id": "x" * 65}, id="a long id"),
        pytest.param({"cents": 10**17}, id="an amount beyond all bids"),
        pytest.param({"received_at": "2026-05-05T12:00:00"}, id="a time without a zone"),
        pytest.param({"received_at": "0001-01-01T00:00:00+14:00"}, id="a time before all times"),
    ],
)
async def test_a_broken_bid_refuses_the_update_and_the_lot_goes_on(skipping: House, broken: dict[str, object]) -> None:
    lot = await skipping.lot()
    good = {"bid_id": "a", "bidder": "2", "kind": "bid", "cents": 600_00, "nonce": NONCE,
            "received_at": "2026-05-05T12:00:00Z"}  # fmt: skip
    batch = {"batch_id": "x", "recorded_through": 0, "bids": [good, {**good, **broken}]}
    with pytest.raises(WorkflowUpdateFailedError):
        await lot.handle.execute_update("place_bids", batch)

    assert (await lot.place(bid(2, 600, lot.terms.starts_at))).replies[0].outcome == "leading"
    await lot.end()


UPDATES = ["place_bids", "lower_reserve", "retract", "remove_bidder", "cancel", "hold", "resume", "unrecorded"]


@pytest.mark.parametrize("name", [*UPDATES, "no_such_update"])
async def test_an_update_of_any_other_shape_is_refused_and_the_lot_goes_on(skipping: House, name: str) -> None:
    lot = await skipping.lot()
    shapes: list[list[object]] = [
        [],
        [1],
        [{}, {}],
        ["x", "y", "z"],
        [raw(b"{")],
        [raw(b"x" * 40, b"binary/encrypted")],
    ]
    for arguments in shapes:
        with pytest.raises(WorkflowUpdateFailedError):
            await lot.handle.execute_update(name, args=arguments)

    assert (await lot.end()).result == "cancelled"


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("lower_reserve", {"reserve_cents": 1, "nonce": "zz"}),
        ("lower_reserve", {"reserve_cents": 10**18, "nonce": NONCE}),
        ("retract", {"bid_id": "a", "seq": None, "by": "admin", "reason": "x" * 301}),
        ("remove_bidder", {"bidder": "2", "by": "admin", "reason": "x" * 301}),
        ("cancel", {"by": "admin", "reason": "x" * 301}),
        ("hold", {"reason": "x" * 301}),
        ("resume", {"at_least_s": -1}),
        ("resume", {"at_least_s": 10**12}),
    ],
)
async def test_a_command_beyond_its_bounds_is_refused(skipping: House, name: str, argument: dict[str, object]) -> None:
    lot = await skipping.lot()
    with pytest.raises(WorkflowUpdateFailedError):
        await lot.handle.execute_update(name, argument)

    assert (await lot.end()).seq == 3
