"""What a reader of one auction hears, from the first frame to the last."""

import pytest

from domain.bidding import Kind
from domain.steering import cancel, change_reserve, retract
from tests.api.streams.stage import NONCE, Lot, Stage, utc_now, watch

ADA, BOB, SAM = 1, 2, 4


def path(lot: Lot) -> str:
    return f"/api/auctions/{lot.id}/events"


async def test_the_first_frame_is_the_whole_state_with_its_history(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000), (BOB, 600_000))

    async with watch(stage, path(lot)) as reader:
        first = await reader.next("snapshot", "bid")

    assert (first.name, first.id) == ("snapshot", "2")
    shown = (await stage.client.get(f"/api/auctions/{lot.id}")).json()
    history = (await stage.client.get(f"/api/auctions/{lot.id}/bids")).json()
    for of_the_page_alone in ("server_now", "vehicle", "previous", "relisted_from"):
        del shown[of_the_page_alone]
    assert shown.items() <= first.data.items()
    assert history["items"] == first.data["history"]
    assert {"server_now", "ends_at", "vehicle"} <= first.data.keys()


async def test_a_stream_is_never_stored_and_says_when_to_come_back(stage: Stage) -> None:
    async with watch(stage, path(stage.lot())) as reader:
        await reader.next()

    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.headers["x-accel-buffering"] == "no"
    assert reader.retry == 2000


async def test_a_bid_is_told_at_once_with_its_history_line(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        told = await reader.next()

    assert (told.name, told.id) == ("bid", "1")
    facts = {name: told.data[name] for name in ("auction_id", "version", "status", "price_cents", "leader", "reserve")}
    assert facts == {
        "auction_id": lot.id,
        "version": 1,
        "status": "live",
        "price_cents": 500_000,
        "leader": "Bidder 1",
        "reserve": "none",
    }
    history = (await stage.client.get(f"/api/auctions/{lot.id}/bids")).json()
    assert history["items"] == told.data["lines"]
    assert {"server_now", "ends_at", "minimum_next_cents", "bid_count", "bidder_count"} <= told.data.keys()


async def test_a_batch_is_one_frame_with_its_twenty_newest_lines(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        for number in range(30):
            lot.bid((ADA, BOB)[number % 2], 500_000 + number * 50_000)
        lot.record()
        told = await reader.next()

    assert (told.name, told.id) == ("bid", "30")
    assert list(range(30, 10, -1)) == [line["version"] for line in told.data["lines"]]


async def test_a_refused_bid_and_a_silent_raise_are_not_told(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000))
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bid(BOB, 100)
        lot.bid(ADA, 900_000, Kind.AUTO_BID)
        lot.record()
        lot.bids((BOB, 600_000))
        told = await reader.next()

    assert told.data["version"] == 2
    assert [line["version"] for line in told.data["lines"]] == [2]
    assert "900000" not in str([event.data for event in reader.seen])


async def test_a_late_bid_says_that_the_end_has_moved(stage: Stage) -> None:
    lot = stage.lot(window_s=7200)
    async with watch(stage, path(lot)) as reader:
        first = await reader.next()
        lot.bids((ADA, 500_000))
        told = [await reader.next(), await reader.next()]

    assert [(event.name, event.id) for event in told] == [("bid", "1"), ("extended", "1")]
    assert told[1].data["ends_at"] == told[0].data["ends_at"] > first.data["ends_at"]
    assert told[1].data["lines"] == []


async def test_the_reserve_is_told_when_it_is_met_and_when_it_is_lowered(stage: Stage) -> None:
    lot = stage.lot(reserve_cents=700_000)
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        assert (await reader.next()).name == "bid"
        change_reserve(lot.auction, 500_000, utc_now(), NONCE)
        lot.record()
        told = await reader.next()

    assert (told.name, told.data["reserve"], told.id) == ("reserve", "met", "2")


async def test_a_retraction_names_the_bid_that_is_gone(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000), (BOB, 600_000))
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        seq = lot.auction.rows[-1].seq
        retract(lot.auction, seq, utc_now(), "admin", "a typing error")
        lot.record()
        told = await reader.next()
    async with watch(stage, path(lot)) as reader:
        fresh = await reader.next()

    assert (told.name, told.id, told.data["price_cents"]) == ("retracted", "3", 500_000)
    assert (seq, "a typing error") == (told.data["bid_seq"], told.data["reason"])
    assert [line["retracted"] for line in fresh.data["history"]] == [True, False]


async def test_a_retraction_that_changes_no_price_brings_a_fresh_snapshot(stage: Stage) -> None:
    lot = stage.lot()
    lot.bids((ADA, 500_000), (BOB, 600_000), (ADA, 700_000))
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        retract(lot.auction, lot.auction.rows[0].seq, utc_now(), "admin", "a mistake")
        lot.record()
        told = await reader.next()

    assert (told.name, told.id, told.data["bid_count"]) == ("snapshot", "3", 2)
    assert [line["retracted"] for line in told.data["history"]] == [False, False, True]


async def test_hold_and_resume_are_told(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.auction.hold(utc_now(), "material_edit")
        lot.record()
        held = await reader.next()
        lot.auction.resume(utc_now())
        lot.record()
        resumed = await reader.next()

    assert (held.name, held.data["status"], held.data["reason"]) == ("held", "held", "material_edit")
    assert (resumed.name, resumed.data["status"]) == ("resumed", "live")


async def test_a_lot_is_told_from_its_start_to_its_result(stage: Stage) -> None:
    lot = stage.lot(start=False)
    async with watch(stage, path(lot)) as reader:
        assert (await reader.next()).data["status"] == "scheduled"
        lot.auction.start(utc_now())
        lot.record()
        told = [await reader.next()]
        lot.bids((ADA, 500_000))
        told.append(await reader.next())
        lot.auction.advance(lot.auction.ends_at)
        lot.announce_closing()
        told.append(await reader.next())
        lot.auction.close(lot.auction.ends_at)
        lot.record()
        told.append(await reader.next())

    assert [event.name for event in told] == ["started", "bid", "closing", "closed"]
    assert [event.id for event in told] == ["0", "1", "1", "2"]
    assert [event.data["status"] for event in told] == ["live", "live", "closing", "ended"]
    assert told[-1].data["result"] == "sold"


async def test_a_cancellation_is_told_with_its_public_reason(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        cancel(lot.auction, utc_now(), "admin", "The title is in doubt.")
        lot.record()
        told = await reader.next()

    assert (
        told.name,
        told.data["result"],
        told.data["reason"],
    ) == ("cancelled", "cancelled", "The title is in doubt.")


async def test_many_lots_come_over_one_connection(stage: Stage) -> None:
    one, two = stage.lot(), stage.lot()
    two.bids((ADA, 500_000))
    async with watch(stage, f"/api/events?auctions={two.id},{one.id},{two.id}") as reader:
        first = [await reader.next(), await reader.next()]
        one.bids((BOB, 500_000))
        told = await reader.next()

    assert [("snapshot", f"{one.id}:0"), ("snapshot", f"{one.id}:0,{two.id}:1")] == [(e.name, e.id) for e in first]
    assert (one.id, f"{one.id}:1,{two.id}:1") == (told.data["auction_id"], told.id)


async def test_a_lot_that_is_not_watched_is_not_heard(stage: Stage) -> None:
    watched, other = stage.lot(), stage.lot()
    async with watch(stage, path(watched)) as reader:
        await reader.next()
        other.bids((ADA, 500_000))
        watched.bids((BOB, 500_000))
        told = await reader.next()

    assert watched.id == told.data["auction_id"]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/auctions/999/events", 404, "AUCTION_NOT_FOUND"),
        ("/api/auctions/nine/events", 404, "NOT_FOUND"),
        ("/api/events?auctions=999", 404, "AUCTION_NOT_FOUND"),
        ("/api/events?auctions=0", 404, "AUCTION_NOT_FOUND"),
        ("/api/events?auctions=9999999999999999999", 404, "AUCTION_NOT_FOUND"),
        ("/api/events?auctions=", 422, "INVALID_INPUT"),
        ("/api/events", 422, "INVALID_INPUT"),
        ("/api/events?auctions=1,,2", 422, "INVALID_INPUT"),
        ("/api/events?auctions=one", 422, "INVALID_INPUT"),
        ("/api/events?auctions=-1", 422, "INVALID_INPUT"),
        ("/api/events?auctions=" + ",".join(str(number) for number in range(1, 102)), 422, "INVALID_INPUT"),
        ("/api/events?auctions=" + "1" * 3000, 422, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_streamed_is_a_problem(stage: Stage, address: str, status: int, code: str) -> None:
    answer = await stage.client.get(address)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert answer.headers["content-type"] == "application/problem+json"


async def test_one_unknown_auction_refuses_the_whole_list(stage: Stage) -> None:
    answer = await stage.client.get(f"/api/events?auctions={stage.lot().id},999")

    assert (answer.status_code, answer.json()["auction_id"]) == (404, 999)
