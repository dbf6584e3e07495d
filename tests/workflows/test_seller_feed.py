"""An endpoint's feed under time skipping, with a real receiver: in order by vehicle, for three days, and no longer."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.worker import Worker

from domain.seller_feed import Disabled
from temporal.seller_feeds import SellerFeeds, feeds_queue
from temporal.worker import sandboxed
from tests.doubles.feed_room import SECRET, FeedRoom, feed_room, is_signed
from tests.doubles.receiver import HANG, LORIS_BODY, Behaviour, Received
from tests.workflows.conftest import House
from tests.workflows.test_notice import said
from workflows.ids import seller_feed_workflow_id
from workflows.seller_feed import PARALLEL, SellerFeedStart, SellerFeedWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "accounts-of-feeds"
IN_TIME_S = 1.0
Handle = WorkflowHandle[SellerFeedWorkflow, None]


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[FeedRoom]:
    async with feed_room(tmp_path / "hammertime.db", total_s=IN_TIME_S, queue=feeds_queue(QUEUE)) as made:
        yield made


def worker(client: Client, room: FeedRoom, threads: ThreadPoolExecutor, queue: str = feeds_queue(QUEUE)) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[SellerFeedWorkflow],
        activities=[room.work.look_at_feed, room.work.deliver_event],
        activity_executor=threads,
        workflow_runner=sandboxed(),
    )


@pytest_asyncio.fixture(loop_scope="session")
async def house(skipping: House, room: FeedRoom) -> AsyncIterator[House]:
    """The session's server, with a worker that sends to this test's receiver; its workflow ends with the test."""
    with ThreadPoolExecutor(4) as threads:
        async with worker(skipping.client, room, threads):
            yield skipping
            await end(skipping.client, room)


async def end(client: Client, room: FeedRoom) -> None:
    room.there.let_go()
    room.remove()
    if await is_running(client, room):
        await SellerFeeds(client, QUEUE).tell(room.endpoint_id)
        await handle_of(client, room).result()


def handle_of(client: Client, room: FeedRoom) -> Handle:
    return client.get_workflow_handle_for(SellerFeedWorkflow.run, seller_feed_workflow_id(room.endpoint_id))


async def is_running(client: Client, room: FeedRoom) -> bool:
    return (await handle_of(client, room).describe()).status is WorkflowExecutionStatus.RUNNING


async def tell(house: House, room: FeedRoom) -> None:
    await SellerFeeds(house.client, QUEUE).tell(room.endpoint_id)


async def test_events_arrive_signed_and_in_the_order_of_each_vehicle(house: House, room: FeedRoom) -> None:
    numbers = [room.note(vehicle) for vehicle in (1, 2, 1, 2, 1)]
    await tell(house, room)
    await room.until(lambda: len(room.there.taken) == 5)
    by_vehicle = {v: [e["id"] for each in room.there.taken if (e := each.event)["vehicle_id"] == v] for v in (1, 2)}
    assert by_vehicle == {1: [numbers[0], numbers[2], numbers[4]], 2: [numbers[1], numbers[3]]}
    assert all(is_signed(each) and not is_signed(each, "whsec_of_somebody_else") for each in room.there.taken)
    assert [each.headers["hammertime-event-id"] for each in room.there.taken] == [str(n) for n in room.there.ids()]


async def test_a_later_event_is_sent_when_somebody_tells(house: House, room: FeedRoom) -> None:
    room.note(1)
    await tell(house, room)
    await room.until(lambda: len(room.there.taken) == 1)
    last = room.note(1)
    await tell(house, room)
    await room.until(lambda: room.there.ids()[1:] == [last])
    await room.until(lambda: set(room.states().values()) == {"delivered"})


async def test_a_lost_signal_is_healed_by_the_upkeep(house: House, room: FeedRoom) -> None:
    room.note(1)
    feeds = SellerFeeds(house.client, QUEUE)
    assert await feeds.wake_asleep(room.engine) == 1
    await room.until(lambda: set(room.states().values()) == {"delivered"})
    room.note(2)
    assert await feeds.wake_asleep(room.engine) == 1
    await room.until(lambda: set(room.states().values()) == {"delivered"})
    await room.until(lambda: len(room.there.taken) == 2)
    assert await feeds.wake_asleep(room.engine) == 0


async def test_a_vehicle_that_is_not_taken_waits_in_order_while_the_others_go_on(house: House, room: FeedRoom) -> None:
    room.there.behave = Refusals(vehicle=1, tries=3)
    first, second, other = room.note(1), room.note(1), room.note(2)
    await tell(house, room)
    await room.until(lambda: room.there.ids() == [other])
    for _ in range(6):
        await house.pass_time(seconds=30)
    await room.until(lambda: room.there.ids() == [other, first, second])
    bodies = {each.body for each in room.there.received if each.event["id"] == first}
    assert len(bodies) == 1
    assert room.log()[first].attempts == 4


@pytest.mark.parametrize("behaviour", [HANG, LORIS_BODY])
async def test_one_that_hangs_holds_up_no_other_vehicle(house: House, room: FeedRoom, behaviour: Behaviour) -> None:
    first = room.note(1)
    room.there.behave = lambda got: behaviour if got.event["id"] == first else 200
    others = [room.note(vehicle) for vehicle in range(2, 12)]
    await tell(house, room)
    await room.until(lambda: set(others) <= set(room.there.ids()))
    if behaviour == HANG:
        await room.until(lambda: room.log()[first].last_error == "no answer in time")


async def test_so_many_vehicles_are_told_of_side_by_side_and_no_more(house: House, room: FeedRoom) -> None:
    room.there.behave = lambda _: HANG
    for vehicle in range(10):
        room.note(vehicle)
    await tell(house, room)
    await room.until(lambda: len(room.there.received) >= PARALLEL)
    assert room.there.most_open == PARALLEL
    room.there.behave = lambda _: 200
    room.there.let_go()
    await room.until(lambda: len(set(room.there.ids())) == 10)
    assert room.there.most_open == PARALLEL


async def test_an_endpoint_that_is_gone_is_switched_off_at_once_and_its_seller_told(
    house: House, room: FeedRoom
) -> None:
    room.there.behave = lambda _: 410
    room.note(1)
    later = room.note(1)
    await tell(house, room)
    await handle_of(house.client, room).result()
    found = room.endpoint()
    assert found is not None
    assert found.disabled_reason is Disabled.GONE
    assert len(room.there.received) == 1
    assert room.states()[later] == "given_up"
    assert [(mail.kind, mail.user_id, msgspec.json.decode(mail.context)["gone"]) for mail in room.mails()] == [
        ("endpoint_disabled", room.sam, True)
    ]


async def test_after_three_days_it_is_given_up_and_switched_off_and_a_replay_brings_all_of_it(
    house: House, room: FeedRoom
) -> None:
    room.there.behave = lambda _: 500
    numbers = [room.note(1), room.note(1), room.note(2)]
    await tell(house, room)
    await house.pass_time(days=2)
    assert await is_running(house.client, room)
    await house.pass_time(days=2)
    await handle_of(house.client, room).result()
    found = room.endpoint()
    assert found is not None
    assert found.disabled_reason is Disabled.UNREACHABLE
    assert set(room.states().values()) == {"given_up"}
    assert [mail.kind for mail in room.mails()] == ["endpoint_disabled"]
    assert 20 < room.log()[numbers[0]].attempts < 40
    room.there.behave = lambda _: 200
    room.replay(0)
    await SellerFeeds(house.client, QUEUE).hurry(room.endpoint_id)
    await room.until(lambda: sorted(room.there.ids()) == numbers)
    assert [number for number in room.there.ids() if number != numbers[2]] == numbers[:2]


async def test_an_event_that_is_never_taken_is_given_up_alone_and_the_next_one_goes_on(
    house: House, room: FeedRoom
) -> None:
    poison, next_one, other = room.note(1), room.note(1), room.note(2)
    room.there.behave = lambda got: 500 if got.event["id"] == poison else 200
    await tell(house, room)
    await room.until(lambda: room.there.ids() == [other])
    await house.pass_time(days=1)
    last = room.note(2)
    await tell(house, room)
    await house.pass_time(days=3)
    await room.until(lambda: room.there.ids() == [other, last, next_one])
    assert room.states()[poison] == "given_up"
    assert room.mails() == []


async def test_a_replaced_secret_and_the_one_before_both_verify(house: House, room: FeedRoom) -> None:
    room.rotate("whsec_new")
    room.note(1)
    await tell(house, room)
    await room.until(lambda: len(room.there.taken) == 1)
    assert is_signed(room.there.taken[0], "whsec_new")
    assert is_signed(room.there.taken[0], SECRET)


async def test_a_deleted_endpoint_ends_its_workflow(house: House, room: FeedRoom) -> None:
    room.note(1)
    await tell(house, room)
    await room.until(lambda: len(room.there.taken) == 1)
    room.remove()
    await tell(house, room)
    await handle_of(house.client, room).result()
    room.note(1)
    assert await SellerFeeds(house.client, QUEUE).wake_asleep(room.engine) == 0


async def test_temporal_knows_an_endpoint_and_its_events_by_number_alone(house: House, room: FeedRoom) -> None:
    room.there.behave = lambda _: 410
    room.note(1)
    await tell(house, room)
    handle = handle_of(house.client, room)
    await handle.result()
    plain = await said(handle)  # type: ignore[arg-type]
    assert f'{{"endpoint_id":{room.endpoint_id},"queue":"{feeds_queue(QUEUE)}"}}' in plain
    assert not any(secret in plain for secret in (SECRET, room.there.url, "question"))


async def test_one_that_began_on_the_accounts_queue_goes_on_beside_it_with_its_next_look(
    house: House, room: FeedRoom
) -> None:
    first = room.note(1)
    start, number = SellerFeedStart(room.endpoint_id), seller_feed_workflow_id(room.endpoint_id)
    with ThreadPoolExecutor(4) as threads:
        async with worker(house.client, room, threads, QUEUE):
            await house.client.start_workflow(SellerFeedWorkflow.run, start, id=number, task_queue=QUEUE)
            await room.until(lambda: room.there.ids() == [first])
    later = room.note(1)
    await tell(house, room)
    await room.until(lambda: room.there.ids() == [first, later])
    assert (await handle_of(house.client, room).describe()).task_queue == feeds_queue(QUEUE)


async def test_nothing_of_a_feed_waits_for_the_accounts_worker(house: House, room: FeedRoom) -> None:
    room.note(1)
    await tell(house, room)
    await room.until(lambda: len(room.there.taken) == 1)
    history = await handle_of(house.client, room).fetch_history()
    asked = [event.activity_task_scheduled_event_attributes for event in history.events]
    queues = {each.task_queue.name for each in asked if each.activity_type.name}
    assert queues == {feeds_queue(QUEUE)}


async def test_it_goes_on_as_new_and_loses_and_doubles_nothing(real: House, room: FeedRoom) -> None:
    numbers = [room.note(1) for _ in range(45)]
    with ThreadPoolExecutor(4) as threads:
        async with worker(real.client, room, threads):
            await tell(real, room)
            first = (await handle_of(real.client, room).describe()).run_id
            await room.until(lambda: len(room.there.taken) == len(numbers))
            assert room.there.ids() == numbers
            await room.until(lambda: set(room.states().values()) == {"delivered"})
            assert (await handle_of(real.client, room).describe()).run_id != first
            await end(real.client, room)


class Refusals:
    """Answers 500 to so many tries of a vehicle."""

    def __init__(self, vehicle: int, tries: int) -> None:
        self.vehicle, self.left = vehicle, tries

    def __call__(self, got: Received) -> Behaviour:
        if got.event["vehicle_id"] != self.vehicle or self.left == 0:
            return 200
        self.left -= 1
        return 500
