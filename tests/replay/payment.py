"""Payments whose histories are kept: done at once, found, sent again, watched, waiting, in a person's hands, and lost
and found again after their settlement."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from domain.payments import DUPLICATE_WINDOW, Kind, State
from temporal.payments import Payments
from tests.replay.stage import QUEUE, Scene, Stage, skipping
from tests.workflows.kept_payments import Case, Step
from workflows.ids import payment_workflow_id
from workflows.payment import SETTLED_AFTER

News = Callable[[], Awaitable[None]]


async def watched(stage: Stage, case: Case, news: News) -> None:
    """The vendor reviews it: looked at the next day, and when there is news."""
    await case.until(State.HELD)
    await stage.house.pass_time(days=1, hours=1)
    case.decision = State.DONE
    await news()


async def in_a_persons_hands(stage: Stage, case: Case, news: News) -> None:
    """The vendor has it and tells nobody for hours; news of it end that."""
    await stage.env.sleep(DUPLICATE_WINDOW + timedelta(hours=1))
    await case.until(State.MANUAL)
    case.lookup_is_away = False
    await news()


async def settled_after_all(stage: Stage, case: Case, news: News) -> None:
    """The processor rejects the night's batch, and takes it on another day."""
    await case.until(State.DONE)
    await stage.house.pass_time(days=SETTLED_AFTER.days, hours=1)
    await case.until(State.REVERSED)
    case.lost = False


async def told_when_over(stage: Stage, case: Case, news: News) -> None:
    """News of a payment that was settled long ago: another run looks again."""
    await case.until(State.DONE)
    await stage.house.pass_time(days=100)
    case.lost = True
    await news()


async def nothing(stage: Stage, case: Case, news: News) -> None:
    """It goes its way alone."""


def _of(make: Callable[[], Case], story: Callable[[Stage, Case, News], Awaitable[None]] = nothing) -> Scene:
    async def play(stage: Stage) -> str:
        case, door = make(), Payments(stage.client, QUEUE)
        payment_id = stage.payments.add(case)
        await door.start(payment_id)
        await story(stage, case, lambda: door.payment_event(payment_id))
        return await stage.ended(payment_workflow_id(payment_id))

    return Scene(play, skipping)


SCENES = {
    "payment_charged": _of(lambda: Case([Step.DONE])),
    "payment_found": _of(lambda: Case([Step.LOST_AFTER], lags=1)),
    "payment_sent_again": _of(lambda: Case([Step.LOST_BEFORE, Step.DONE])),
    "payment_never_sent": _of(lambda: Case([Step.AWAY] * 99)),
    "payment_watched": _of(lambda: Case([Step.HELD]), watched),
    "payment_returned_after_settlement": _of(lambda: Case([Step.WAITS, Step.WAITS], kind=Kind.REFUND)),
    "payment_reversed": _of(lambda: Case([Step.DONE], lost=True)),
    "payment_settled_after_all": _of(lambda: Case([Step.DONE], lost=True), settled_after_all),
    "payment_told_when_over": _of(lambda: Case([Step.DONE]), told_when_over),
    "payment_return_not_settled": _of(lambda: Case([Step.DONE], kind=Kind.REFUND, lost=True)),
    "payment_in_a_persons_hands": _of(lambda: Case([Step.LOST_AFTER], lookup_is_away=True), in_a_persons_hands),
}
