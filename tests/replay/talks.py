"""Negotiations and second chances whose histories are kept: sold, over, expired, gone, and asked for long."""

from collections.abc import Awaitable, Callable

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.second_chance import Act
from temporal.worker import sandboxed
from tests.replay.stage import Scene, Stage, short_runs, skipping
from tests.workflows.kept_talks import SELLER, KeptChance, KeptChances, KeptNegotiations, KeptTalks
from tests.workflows.test_negotiation import ADA, BOB, LEADER, NEXT, Talk
from tests.workflows.test_second_chance import BOB as FIRST_ASKED
from tests.workflows.test_second_chance import CY, FIRST, LOW, SECOND, Ask
from workflows.ids import negotiation_workflow_id, second_chance_workflow_id
from workflows.negotiation import NegotiationWorkflow
from workflows.negotiation_messages import NegotiationStart, SecondChanceStart
from workflows.second_chance import SecondChanceWorkflow

QUEUE = "talks-of-replay"
W = NegotiationWorkflow
Story = Callable[[Talk], Awaitable[None]]
ChanceStory = Callable[[Ask], Awaitable[None]]


async def agreed(talk: Talk) -> None:
    """Counters of both sides, and a sale."""
    await talk.say(W.counter, SELLER, cents=9_500_00)
    await talk.say(W.counter, ADA, cents=9_000_00)
    await talk.say(W.accept, SELLER)


async def asked(talk: Talk) -> None:
    """The leader is turned down, and the next one asked, who declines."""
    await talk.say(W.decline, SELLER)
    await talk.say(W.accept, SELLER)
    await talk.say(W.decline, BOB)


async def expired(talk: Talk) -> None:
    """Nobody answers."""
    await talk.until("open")


async def gone(talk: Talk) -> None:
    """The vehicle is put up again."""
    await talk.until("open")
    await talk.handle.signal(W.lot_gone)


async def not_sold(talk: Talk) -> None:
    """Both agree, and the vehicle is not for sale any more."""
    talk.kept.gone = True
    await talk.say(W.accept, SELLER)


async def stopped(talk: Talk) -> None:
    """The seller ends all talks."""
    await talk.say(W.stop, SELLER)


async def continued(talk: Talk) -> None:
    """More than one run."""
    latest = talk.house.client.get_workflow_handle_for(W.run, talk.handle.id)
    again = Talk(talk.house, latest, talk.kept)
    first = (await latest.describe()).run_id
    while (await latest.describe()).run_id == first:
        await again.say(W.accept, ADA)
    await again.say(W.stop, SELLER)


def _of(story: Story, server: Callable[[], Awaitable[WorkflowEnvironment]] = skipping) -> Scene:
    async def play(stage: Stage) -> str:
        kept = KeptNegotiations()
        worker = Worker(
            stage.client,
            task_queue=QUEUE,
            workflows=[NegotiationWorkflow],
            activities=[kept.open_talks, kept.record_talks],
            workflow_runner=sandboxed(),
        )
        auction_id = kept.keep(KeptTalks((LEADER, NEXT), sunday_rule=False))
        async with worker:
            handle = await stage.client.start_workflow(
                NegotiationWorkflow.run,
                NegotiationStart(auction_id),
                id=negotiation_workflow_id(auction_id),
                task_queue=QUEUE,
            )
            await story(Talk(stage.house, handle, kept.kept[auction_id]))
            return await stage.ended(handle.id)

    return Scene(play, server)


async def taken(ask: Ask) -> None:
    """The seller allows the price, and the first one takes it."""
    await ask.say(Act.ALLOW, SELLER)
    await ask.say(Act.TAKE, FIRST_ASKED)


async def relisted(ask: Ask) -> None:
    """One declines, the other does not answer."""
    await ask.say(Act.ALLOW, SELLER)
    await ask.say(Act.DECLINE, FIRST_ASKED)


async def cured(ask: Ask) -> None:
    """The order is paid after all."""
    await ask.chance()
    await ask.handle.signal(SecondChanceWorkflow.stop)


async def taken_too_late(ask: Ask) -> None:
    """It is taken as the order is paid."""
    ask.kept.gone = True
    await ask.say(Act.ALLOW, SELLER)
    await ask.say(Act.TAKE, FIRST_ASKED)


async def long_asked(ask: Ask) -> None:
    """More than one run."""
    latest = ask.house.client.get_workflow_handle_for(SecondChanceWorkflow.run, ask.handle.id)
    again = Ask(ask.house, latest, ask.kept)
    first = (await latest.describe()).run_id
    while (await latest.describe()).run_id == first:
        await again.say(Act.TAKE, CY)
    await again.say(Act.REFUSE, SELLER)


def _chance(story: ChanceStory, server: Callable[[], Awaitable[WorkflowEnvironment]] = skipping) -> Scene:
    async def play(stage: Stage) -> str:
        kept = KeptChances()
        worker = Worker(
            stage.client,
            task_queue=QUEUE,
            workflows=[SecondChanceWorkflow],
            activities=[kept.open_chance, kept.record_chance, kept.relist_lot],
            workflow_runner=sandboxed(),
        )
        order_id = kept.keep(KeptChance((LOW, SECOND, FIRST)))
        async with worker:
            handle = await stage.client.start_workflow(
                SecondChanceWorkflow.run,
                SecondChanceStart(order_id),
                id=second_chance_workflow_id(order_id),
                task_queue=QUEUE,
            )
            await story(Ask(stage.house, handle, kept.kept[order_id]))
            return await stage.ended(handle.id)

    return Scene(play, server)


# Whether a moment is a Sunday is the recording's own; on one, nothing could be sold in these scenes.
SCENES = {
    "negotiation_agreed": _of(agreed),
    "negotiation_asked": _of(asked),
    "negotiation_expired": _of(expired),
    "negotiation_gone": _of(gone),
    "negotiation_not_sold": _of(not_sold),
    "negotiation_stopped": _of(stopped),
    "negotiation_continued": _of(continued, short_runs),
    "second_chance_taken": _chance(taken),
    "second_chance_relisted": _chance(relisted),
    "second_chance_cured": _chance(cured),
    "second_chance_too_late": _chance(taken_too_late),
    "second_chance_continued": _chance(long_asked, short_runs),
}
