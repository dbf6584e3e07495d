"""What the two sides of an order hear on their streams when it moves, and that nobody else does."""

from activities.live_orders import CHANNEL, DECODER, ENCODER, RedisOrderPublisher
from activities.order_doors import OrderChanged
from domain.orders import OrderStatus
from temporal.stack.ports import LOOPBACK, free_port
from tests.api.streams.stage import Stage, watch

ADA, BOB, SAM = 1, 2, 4
PAID = OrderChanged(41, OrderStatus.PAID, 7, (ADA, SAM))
SHIPPED = OrderChanged(41, OrderStatus.TITLE_PROCESSING, 8, (ADA, SAM))
BOBS = OrderChanged(42, OrderStatus.PAID, 3, (BOB,))


async def test_both_sides_hear_that_their_order_moved_and_nobody_else(stage: Stage) -> None:
    lot = stage.lot()
    path = f"/api/auctions/{lot.id}/events"
    publisher = RedisOrderPublisher(stage.services.settings.redis_url)
    async with (
        watch(stage, path, user_id=ADA) as ada,
        watch(stage, path, user_id=SAM) as sam,
        watch(stage, path, user_id=BOB) as bob,
        watch(stage, path) as nobody,
    ):
        for reader in (ada, sam, bob):
            await reader.next("you")
        for news in (PAID, SHIPPED, BOBS):
            publisher.publish_order(news)
        told = [await reader.next("order") for reader in (ada, sam, bob)]
        lot.bids((BOB, 500_000))
        await nobody.next("bid")
    publisher.close()

    facts = [(event.id, event.data["order_id"], event.data["status"], event.data["version"]) for event in told]
    assert facts == [(None, 41, "paid", 7), (None, 41, "paid", 7), (None, 42, "paid", 3)]
    assert set(told[0].data) == {"order_id", "status", "version", "server_now"}
    assert not [event for event in nobody.seen if event.name == "order"]
    assert [event.data["order_id"] for event in bob.seen if event.name == "order"] == [42]


def test_news_that_find_no_redis_are_dropped() -> None:
    publisher = RedisOrderPublisher(f"redis://{LOOPBACK}:{free_port()}/0")
    for _ in range(2):
        publisher.publish_order(PAID)
    publisher.close()


def test_news_are_read_as_they_were_written() -> None:
    assert (DECODER.decode(ENCODER.encode(PAID)), CHANNEL) == (PAID, "hammertime:orders")
