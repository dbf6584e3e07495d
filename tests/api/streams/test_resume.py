"""What a reader finds who comes back: the versions it missed, or a fresh snapshot."""

import pytest

from tests.api.streams.stage import Lot, Stage, utc_now, watch

ADA, BOB = 1, 2


def path(lot: Lot) -> str:
    return f"/api/auctions/{lot.id}/events"


def bid_up(lot: Lot, count: int) -> None:
    """So many more versions, recorded in one go."""
    start = lot.auction.version
    for number in range(start, start + count):
        lot.bid((ADA, BOB)[number % 2], 500_000 + number * 100_000)
    lot.record()


async def test_missed_versions_are_replayed_one_by_one_and_then_news_go_on(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 5)
    async with watch(stage, path(lot), last="2") as reader:
        missed = [await reader.next() for _ in range(3)]
        bid_up(lot, 1)
        live = await reader.next()

    assert [("bid", "3"), ("bid", "4"), ("bid", "5")] == [(event.name, event.id) for event in missed]
    assert [[3], [4], [5]] == [[line["version"] for line in event.data["lines"]] for event in missed]
    assert ("bid", "6") == (live.name, live.id)


async def test_a_replay_is_what_was_told_at_the_time(stage: Stage) -> None:
    lot = stage.lot(window_s=7200)
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        live = [await reader.next(), await reader.next()]
        lot.auction.hold(utc_now(), "material_edit")
        lot.record()
        live.append(await reader.next())
    async with watch(stage, path(lot), last="0") as reader:
        # The lot may have started after the reader's last event: it is told again.
        assert "started" == (await reader.next()).name
        replayed = [await reader.next() for _ in live]

    for event in (*live, *replayed):
        del event.data["server_now"]
    assert live == replayed


async def test_a_reader_who_missed_nothing_hears_only_what_comes(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 3)
    async with watch(stage, path(lot), last="3") as reader:
        assert "heartbeat" == (await reader.next("heartbeat")).name
        bid_up(lot, 1)
        told = await reader.next()

    assert ("bid", "4") == (told.name, told.id)


async def test_a_closing_that_was_missed_is_told_though_it_has_no_version(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 1)
    lot.announce_closing()
    async with watch(stage, path(lot), last="1") as reader:
        told = await reader.next()

    assert ("closing", "1", "closing") == (told.name, told.id, told.data["status"])


@pytest.mark.parametrize("last", ["99", "garbage", "-1", "1:3", "3.5", "", "9" * 40])
async def test_an_id_from_nowhere_brings_a_snapshot(stage: Stage, last: str) -> None:
    lot = stage.lot()
    bid_up(lot, 3)
    async with watch(stage, path(lot), last=last) as reader:
        told = await reader.next()

    assert ("snapshot", "3") == (told.name, told.id)


async def test_a_start_that_was_missed_brings_a_snapshot(stage: Stage) -> None:
    async with watch(stage, path(stage.lot()), last="0") as reader:
        told = await reader.next()

    assert ("snapshot", "live") == (told.name, told.data["status"])


async def test_two_hundred_missed_versions_are_replayed(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 201)
    async with watch(stage, path(lot), last="1") as reader:
        told = await reader.until_version(201)

    assert [str(version) for version in range(2, 202)] == [event.id for event in told]


async def test_a_browser_back_after_a_thousand_missed_events_gets_a_snapshot(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 1_001)
    async with watch(stage, path(lot), last="1") as reader:
        told = await reader.next()

    assert ("snapshot", "1001", 20) == (told.name, told.id, len(told.data["history"]))


async def test_a_list_resumes_each_lot_from_its_own_version(stage: Stage) -> None:
    replayed, same, behind, unknown = (stage.lot() for _ in range(4))
    bid_up(replayed, 3)
    bid_up(same, 2)
    bid_up(behind, 300)
    bid_up(unknown, 1)
    lots = (replayed, same, behind, unknown)
    address = "/api/events?auctions=" + ",".join(str(lot.id) for lot in lots)
    async with watch(stage, address, last=f"{replayed.id}:1,{same.id}:2,{behind.id}:4") as reader:
        told = [await reader.next() for _ in range(4)]

    one, two, three, four = (lot.id for lot in lots)
    assert [
        ("bid", one, f"{one}:2,{two}:2"),
        ("bid", one, f"{one}:3,{two}:2"),
        ("snapshot", three, f"{one}:3,{two}:2,{three}:300"),
        ("snapshot", four, f"{one}:3,{two}:2,{three}:300,{four}:1"),
    ] == [(event.name, event.data.get("auction_id", event.data.get("id")), event.id) for event in told]
