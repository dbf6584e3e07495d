"""Offers whose histories are kept: agreed on after counters, declined, withdrawn, lapsed, expired, asked for long."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.clock import truncate
from domain.offers import Offer, Thresholds, opened
from temporal.worker import sandboxed
from tests.replay.stage import Scene, Stage, short_runs, skipping
from tests.workflows.kept_offers import KeptOffers
from tests.workflows.test_offer import BUYER, SELLER, Talk
from workflows.ids import offer_workflow_id
from workflows.offer import OfferWorkflow
from workflows.offer_messages import OfferStart

QUEUE = "offers-of-replay"
NOTHING = Thresholds()
Story = Callable[[Stage, Talk], Awaitable[None]]


async def agreed(stage: Stage, talk: Talk) -> None:
    """Counters of both sides, an auction that says "not now", and one that sells."""
    talk.kept.says = ["RESERVED"]
    await talk.say(OfferWorkflow.counter, SELLER, cents=9_500_00)
    await talk.say(OfferWorkflow.counter, BUYER, cents=9_000_00)
    await talk.say(OfferWorkflow.accept, BUYER)
    await talk.say(OfferWorkflow.accept, SELLER)
    await talk.say(OfferWorkflow.accept, SELLER)


async def declined(stage: Stage, talk: Talk) -> None:
    """Turned down."""
    await talk.say(OfferWorkflow.decline, SELLER)


async def withdrawn(stage: Stage, talk: Talk) -> None:
    """Taken back."""
    await talk.say(OfferWorkflow.withdraw, BUYER)


async def lapsed(stage: Stage, talk: Talk) -> None:
    """Somebody has bid."""
    await talk.handle.signal(OfferWorkflow.lot_closed, "bid")


async def by_threshold(stage: Stage, talk: Talk) -> None:
    """Accepted by itself, and the auction says no."""
    talk.kept.says = ["OFFERS_NOT_OPEN"]


async def nothing(stage: Stage, talk: Talk) -> None:
    """Nobody answers."""


async def continued(stage: Stage, talk: Talk) -> None:
    """More than one run, the last one withdrawn."""
    latest = Talk(stage.client.get_workflow_handle_for(OfferWorkflow.run, talk.handle.id), talk.kept)
    first = (await latest.handle.describe()).run_id
    await latest.say(OfferWorkflow.counter, SELLER, cents=9_500_00, act_id="one")
    while (await latest.handle.describe()).run_id == first:
        await latest.say(OfferWorkflow.accept, SELLER)
    await latest.say(OfferWorkflow.decline, BUYER)


def _of(
    name: str,
    story: Story,
    server: Callable[[], Awaitable[WorkflowEnvironment]] = skipping,
    thresholds: Thresholds = NOTHING,
) -> Scene:
    async def play(stage: Stage) -> str:
        kept, offer_id = KeptOffers(), str(uuid5(NAMESPACE_URL, name))
        now: datetime = truncate(await stage.env.get_current_time())
        offer = opened(8_000_00, now, made=1)
        assert isinstance(offer, Offer)
        worker = Worker(
            stage.client,
            task_queue=QUEUE,
            workflows=[OfferWorkflow],
            activities=[kept.record_offer, kept.ask_auction],
            workflow_runner=sandboxed(),
        )
        async with worker:
            handle = await stage.client.start_workflow(
                OfferWorkflow.run,
                OfferStart(offer_id, 7, BUYER, SELLER, offer, thresholds, now),
                id=offer_workflow_id(offer_id),
                task_queue=QUEUE,
            )
            talk = Talk(handle, kept.of(offer_id))
            await story(stage, talk)
            return await stage.ended(handle.id)

    return Scene(play, server)


SCENES = {
    "offer_agreed": _of("agreed", agreed),
    "offer_declined": _of("declined", declined),
    "offer_withdrawn": _of("withdrawn", withdrawn),
    "offer_lapsed": _of("lapsed", lapsed),
    "offer_expired": _of("expired", nothing),
    "offer_by_threshold": _of("threshold", by_threshold, thresholds=Thresholds(8_000_00)),
    "offer_continued": _of("continued", continued, short_runs),
}
