"""How streams live and end: heartbeats, their longest life, shutdown, slow readers, full houses, and lost news."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import update
from starlette.types import Message

from activities.db.engine import transaction
from activities.db.tables import auctions
from api.streams.hub import LiveHub
from api.streams.response import EventStream
from tests.api.streams.conftest import Perform
from tests.api.streams.stage import Lot, RedisProcess, Stage, until, watch

ADA, BOB = 1, 2


def path(lot: Lot) -> str:
    return f"/api/auctions/{lot.id}/events"


async def test_heartbeats_carry_the_clock_and_the_versions(perform: Perform, shared_redis: RedisProcess) -> None:
    async with perform(shared_redis) as stage:
        one, two = stage.lot(), stage.lot()
        one.bids((ADA, 500_000))
        async with watch(stage, f"/api/events?auctions={one.id},{two.id}") as reader:
            beat = await reader.next("heartbeat")

    assert {str(one.id): 1, str(two.id): 0} == beat.data["versions"]
    assert {"server_now", "versions", "ends_at"} == beat.data.keys()
    assert (beat.id, reader.comments > 0) == (None, True)


async def test_a_stream_ends_cleanly_when_its_time_is_over(perform: Perform, shared_redis: RedisProcess) -> None:
    async with perform(shared_redis, sse_max_life_s=1) as stage:
        async with watch(stage, path(stage.lot())) as reader:
            assert await reader.ended()
        await until(lambda: stage.services.hub.open_count == 0)


async def test_a_shutdown_ends_all_streams_cleanly(perform: Perform, shared_redis: RedisProcess) -> None:
    async with perform(shared_redis) as stage:
        lot = stage.lot()
        async with watch(stage, path(lot)) as one, watch(stage, f"/api/events?auctions={lot.id}") as two:
            for reader in (one, two):
                await reader.next()
            stage.end()
            assert [await reader.ended() for reader in (one, two)] == [True, True]
        assert stage.services.hub.open_count == 0


async def test_who_goes_away_is_forgotten(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot), user_id=ADA) as reader:
        await reader.next()
        assert stage.services.hub.open_count == 1
    await until(lambda: stage.services.hub.open_count == 0)


async def test_a_full_house_sends_readers_elsewhere(stage: Stage) -> None:
    services, lot = stage.services, stage.lot()
    services.hub = LiveHub(stage.engine, services.settings.redis_url, services.settings, CollectorRegistry(), most=1)
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        answer = await stage.client.get(path(lot))

    assert (
        answer.status_code,
        answer.json()["code"],
        answer.headers["retry-after"],
    ) == (503, "TOO_MANY_STREAMS", "5")


class Stalled:
    """A reader that takes the beginning of an answer and then nothing until it is let go."""

    def __init__(self, takes: int) -> None:
        self.taken: list[Message] = []
        self.gone = asyncio.Event()
        self.may_read = asyncio.Event()
        self._takes = takes

    async def send(self, message: Message) -> None:
        if len(self.taken) >= self._takes:
            await self.may_read.wait()
        self.taken.append(message)

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.taken).decode()


async def test_a_slow_reader_loses_its_queue_and_gets_a_fresh_snapshot(stage: Stage) -> None:
    hub, lot = stage.services.hub, stage.lot()
    slow = Stalled(takes=3)
    response = EventStream(hub, await hub.lots([lot.id]), is_list=False, have={}, user_id=ADA)
    serving = asyncio.create_task(response({}, slow.receive, slow.send))
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        for number in range(100):
            lot.bids(((ADA, BOB)[number % 2], 500_000 + number * 100_000))
            await reader.until_version(number + 1)
        await until(lambda: dropped(stage) == 1)
        slow.may_read.set()
        await until(lambda: "my_max_cents" in slow.text.rpartition("id: 100")[2])
    slow.gone.set()
    await serving

    assert [name for name in names(slow.text) if name == "snapshot"] == ["snapshot", "snapshot"]
    assert "bid" not in names(slow.text.rpartition("event: snapshot")[2])
    assert len(slow.text) < 64 * 1024


def names(text: str) -> list[str]:
    return [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]


def dropped(stage: Stage) -> float | None:
    return stage.services.registry.get_sample_value("stream_slow_readers_total")


async def test_a_reader_that_does_not_even_take_the_end_is_given_up(
    perform: Perform, shared_redis: RedisProcess
) -> None:
    async with perform(shared_redis, sse_max_life_s=1) as stage:
        hub, lot = stage.services.hub, stage.lot()
        stuck = Stalled(takes=2)
        response = EventStream(hub, await hub.lots([lot.id]), is_list=False, have={}, user_id=None)
        serving = asyncio.create_task(response({}, stuck.receive, stuck.send))
        await serving

        assert hub.open_count == 0


async def test_with_redis_away_the_database_heals_streams_within_a_second(
    perform: Perform, own_redis: RedisProcess
) -> None:
    async with perform(own_redis) as stage:
        lot = stage.lot()
        async with watch(stage, path(lot), user_id=ADA) as reader:
            await reader.next()
            await reader.next("you")
            lot.bids((ADA, 500_000), (BOB, 600_000))
            told = await reader.next()
            mine = await reader.next("you")

            assert (told.name, told.id, [line["version"] for line in told.data["lines"]]) == ("bid", "2", [2, 1])
            assert mine.data["position"] == "outbid"
            own_redis.start()
            await until(lambda: stage.services.hub.is_listening)
            lot.bids((ADA, 700_000))
            assert (await reader.next()).id == "3"


async def test_streams_survive_a_redis_that_dies_and_comes_back(perform: Perform, own_redis: RedisProcess) -> None:
    own_redis.start()
    async with perform(own_redis) as stage:
        hub, lot = stage.services.hub, stage.lot()
        await until(lambda: hub.is_listening)
        async with watch(stage, path(lot)) as reader:
            await reader.next()
            own_redis.stop()
            await until(lambda: not hub.is_listening)
            lot.bids((ADA, 500_000))
            assert (await reader.next()).id == "1"
            own_redis.start()
            await until(lambda: hub.is_listening)
            lot.bids((BOB, 600_000))
            assert (await reader.next()).id == "2"


async def test_a_lost_frame_heals_while_the_others_flow(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot), user_id=ADA) as reader:
        await reader.next("you")
        stage.publisher.lose_next()
        lot.bids((ADA, 500_000))
        told, mine = await reader.next(), await reader.next("you")

    assert (told.name, told.id, mine.data["position"]) == ("bid", "1", "leading")


async def test_a_hold_for_a_fork_is_told_though_no_entry_says_so(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        with transaction(stage.engine) as connection:
            held = update(auctions).where(auctions.c.id == lot.id).values(status="held", hold_reason="fork")
            connection.execute(held)
        told = await reader.next()

    assert (told.name, told.id, told.data["status"], told.data["reason"]) == ("held", "0", "held", "fork")


async def test_a_gap_in_the_news_is_filled_at_once(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        stage.publisher.lose_next()
        lot.bids((ADA, 500_000), (BOB, 600_000))
        told = await reader.next()

    assert (told.id, [line["version"] for line in told.data["lines"]]) == ("2", [2, 1])
    assert stage.services.registry.get_sample_value("stream_repairs_total") == 1


async def test_old_and_repeated_news_are_dropped(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        lot.bids((BOB, 600_000))
        stage.publisher.repeat_all()
        lot.bids((ADA, 700_000))
        told = await reader.until_version(3)

    assert [event.data["version"] for event in told] == sorted({event.data["version"] for event in told})


async def test_more_than_two_hundred_lost_versions_become_a_snapshot(stage: Stage) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        stage.publisher.lose_next()
        for number in range(201):
            lot.bid((ADA, BOB)[number % 2], 500_000 + number * 100_000)
        lot.record()
        told = await reader.next()

    assert (told.name, told.id) == ("snapshot", "201")


@pytest.mark.parametrize(
    "message", [b"", b"{}", b"[1]", b'{"auction_id":1,"facts":{},"events":[],"users":[]}', b"\xff"]
)
async def test_news_that_cannot_be_read_are_skipped(stage: Stage, message: bytes) -> None:
    lot = stage.lot()
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        stage.publisher.send_raw(message)
        lot.bids((ADA, 500_000))
        assert (await reader.next()).id == "1"


async def test_the_process_counts_its_streams_and_their_lag(stage: Stage) -> None:
    lot, sample = stage.lot(), stage.services.registry.get_sample_value
    async with watch(stage, path(lot)) as reader:
        await reader.next()
        lot.bids((ADA, 500_000))
        await reader.next()
        await until(lambda: sample("stream_lag_seconds_count") == 1)
        assert (sample("streams_open"), sample("stream_writes_total")) == (1, 1)
