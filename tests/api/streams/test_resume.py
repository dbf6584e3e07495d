"""What a reader finds who comes back: the versions it missed, or a fresh snapshot."""

from contextlib import AsyncExitStack

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

    assert [(event.name, event.id) for event in missed] == [("bid", "3"), ("bid", "4"), ("bid", "5")]
    assert [[line["version"] for line in event.data["lines"]] for event in missed] == [[3], [4], [5]]
    assert (live.name, live.id) == ("bid", "6")


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
        assert (await reader.next()).name == "started"
        replayed = [await reader.next() for _ in live]

    for event in (*live, *replayed):
        del event.data["server_now"]
    assert live == replayed


async def test_a_reader_who_missed_nothing_hears_only_what_comes(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 3)
    async with watch(stage, path(lot), last="3") as reader:
        assert (await reader.next("heartbeat")).name == "heartbeat"
        bid_up(lot, 1)
        told = await reader.next()

    assert (told.name, told.id) == ("bid", "4")


async def test_a_closing_that_was_missed_is_told_though_it_has_no_version(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 1)
    lot.announce_closing()
    async with watch(stage, path(lot), last="1") as reader:
        told = await reader.next()

    assert (told.name, told.id, told.data["status"]) == ("closing", "1", "closing")


@pytest.mark.parametrize("last", ["99", "garbage", "-1", "1:3", "3.5", "", "9" * 40])
async def test_an_id_from_nowhere_brings_a_snapshot(stage: Stage, last: str) -> None:
    lot = stage.lot()
    bid_up(lot, 3)
    async with watch(stage, path(lot), last=last) as reader:
        told = await reader.next()

    assert (told.name, told.id) == ("snapshot", "3")


async def test_a_start_that_was_missed_brings_a_snapshot(stage: Stage) -> None:
    async with watch(stage, path(stage.lot()), last="0") as reader:
        told = await reader.next()

    assert (told.name, told.data["status"]) == ("snapshot", "live")


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

    assert (told.name, told.id, len(told.data["history"])) == ("snapshot", "1001", 20)


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


async def test_a_reader_who_heard_more_elsewhere_brings_this_process_up_to_date(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as here:
        await here.next()
        stage.publisher.lose_next()
        bid_up(lot, 2)
        async with watch(stage, path(lot), last="2") as reader:
            bid_up(lot, 1)
            told = await reader.next()
        healed = await here.next()

    assert (told.name, told.id) == ("bid", "3")
    assert (healed.name, healed.id) == ("bid", "2")


async def test_many_who_come_back_at_once_miss_nothing_of_what_goes_on(stage: Stage) -> None:
    lot = stage.lot()
    bid_up(lot, 20)
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(watch(stage, path(lot), last=str(last))) for last in range(1, 20)]
        bid_up(lot, 5)
        heard = [[event.data["lines"] for event in await reader.until_version(25)] for reader in readers]

    versions = [sorted({line["version"] for lines in each for line in lines}) for each in heard]
    assert [list(range(last + 1, 26)) for last in range(1, 20)] == versions
