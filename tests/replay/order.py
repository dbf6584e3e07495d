"""Orders whose histories are kept: one that ends well, one undone after a dispute, a default that is taken back, one
called off, one whose title is given back, and one of more than one run."""

from collections.abc import Awaitable, Callable

from temporalio.testing import WorkflowEnvironment

from activities.settings import load_settings
from domain.clock import MILLISECOND
from domain.dispute_terms import Kind, Remedy, Resolution
from domain.orders import Party
from domain.promises import Event
from temporal.server_binary import temporal_binary
from tests.replay import stage as stages
from tests.replay.stage import Scene, Stage
from tests.workflows.conftest import SEARCH_ATTRIBUTES as AUCTION_ATTRIBUTES
from tests.workflows.orders import DAY, RELEASE, SEARCH_ATTRIBUTES, SECOND, UNWIND, S, Sale, open_yard, with_attributes
from workflows import order_messages as messages
from workflows.order import OrderWorkflow as W

Story = Callable[[Sale], Awaitable[None]]
SMALL = Resolution(Remedy.PARTIAL_REFUND, 500_00)
SHORT_RUN = 150


async def completed(sale: Sale) -> None:
    """The automatic charge pays, a small dispute is conceded, the buyer takes the vehicle, the seller is paid."""
    times = await sale.times()
    await sale.pass_until((times.charge_at or times.late_fee_at) + SECOND)
    await sale.until_kept(lambda kept: "charge_asked" in kept.kinds())
    await sale.settle()
    await sale.until_stage(S.TITLE_PROCESSING)
    for event in (Event.TITLE_RECEIVED, Event.TITLE_FILED, Event.PICKED_UP, Event.DELIVERED):
        await sale.tell(event)
    await sale.until_stage(S.DELIVERED)
    await sale.dispute(asked=SMALL)
    await sale.act(W.concede_dispute, messages.ConcedeDispute("d1", Party.SELLER), command_id="concede")
    await sale.until_shown(S.DELIVERED)
    await sale.act(W.accept_delivery, command_id="accept")
    await sale.pass_until_stage(S.COMPLETED)


async def undone(sale: Sale) -> None:
    """A completed sale that a dispute ends in its undoing, with all that may be done with a case."""
    await sale.completed()
    await sale.dispute(kind=Kind.TITLE)
    acts = [
        (W.answer_dispute, messages.AnswerDispute("d1", Party.SELLER, "It is here.")),
        (W.file_evidence, messages.FileEvidence("d1", "e1", Party.BUYER, "ab" * 32)),
        (W.note_dispute, messages.NoteDispute("d1", "31", "Seen.")),
        (W.assign_dispute, messages.AssignDispute("d1", "31")),
        (W.propose_resolution, messages.ProposeResolution("d1", "31", UNWIND)),
        (W.reject_resolution, messages.JudgeResolution("d1", "32")),
        (W.propose_resolution, messages.ProposeResolution("d1", "32", UNWIND)),
        (W.approve_resolution, messages.JudgeResolution("d1", "31")),
    ]
    for number, (update, message) in enumerate(acts):
        await sale.act(update, message, command_id=f"act-{number}")
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")
    await sale.pass_time(41 * DAY)


async def cured(sale: Sale) -> None:
    """Not paid until the default; then a wire that was sent in time is found; the title is disputed."""
    times = await sale.times()
    await sale.pass_until(times.late_fee_at + SECOND)
    await sale.until_kept(lambda kept: "late_fee" in kept.kinds())
    await sale.pass_until(times.default_at + SECOND)
    await sale.until_kept(lambda kept: kept.vehicle == "offered")
    await sale.pay(at=times.default_at - MILLISECOND)
    await sale.until_stage(S.TITLE_PROCESSING)
    await sale.dispute(kind=Kind.TITLE)
    await sale.act(W.escalate_dispute, messages.EscalateDispute("d1", "31"), command_id="escalate")
    await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d1", Party.BUYER), command_id="withdraw")
    await sale.tell(Event.DELIVERED)
    await sale.tell(Event.TITLE_RECEIVED)
    await sale.pass_until_stage(S.COMPLETED)


async def called_off(sale: Sale) -> None:
    """Both sides wish it, after a dispute that support raised and noted on; then time goes until nothing is left."""
    await sale.times()
    raised = {"dispute_id": "s1", "act": "raise", "person": "31", "words": "They call.", "kind": "conduct"}
    await sale.handle.signal("dispute", raised)
    await sale.until_shown(S.DISPUTED)
    for number, (update, message) in enumerate(
        [
            (W.escalate_dispute, messages.EscalateDispute("s1", "31")),
            (W.propose_resolution, messages.ProposeResolution("s1", "31", RELEASE)),
            (W.cancel, messages.CancelOrder(Party.BUYER, "Moved away.")),
            (W.cancel, messages.CancelOrder(Party.SELLER, "Agreed.")),
        ]
    ):
        await sale.act(update, message, command_id=f"act-{number}")
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")
    await sale.pass_time(41 * DAY)


async def untitled(sale: Sale) -> None:
    """Paid, and its title cannot be begun: everything goes back."""
    await sale.until_kept(lambda kept: kept.invoice is not None)
    await sale.pay()
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")
    await sale.pass_time(41 * DAY)


async def continued(sale: Sale) -> None:
    """More than one run, with a case open all the while."""
    await sale.delivered()
    await sale.dispute()
    first, number = (await sale.handle.describe()).run_id, 0
    while (await sale.handle.describe()).run_id == first:
        number += 1
        note = messages.NoteDispute("d1", "31", f"Seen {number}.")
        await sale.act(W.note_dispute, note, command_id=f"note-{number}")
    await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d1", Party.BUYER), command_id="withdraw")
    await sale.until_shown(S.DELIVERED)


async def skipping() -> WorkflowEnvironment:
    """A server whose time passes when a scene says so, which knows the orders' search attributes."""
    return await with_attributes(stages.skipping())


async def short_runs() -> WorkflowEnvironment:
    """A real server whose runs are short, which knows them too."""
    settings = load_settings()
    binary = temporal_binary(named=settings.temporal_binary, download=settings.temporal_download)
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(binary),
        data_converter=stages.converter(),
        identity=stages.IDENTITY,
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value",
            f"limit.historyCount.suggestContinueAsNew={SHORT_RUN}",
            *AUCTION_ATTRIBUTES,
            *SEARCH_ATTRIBUTES,
        ],
    )


def _of(
    story: Story,
    server: Callable[[], Awaitable[WorkflowEnvironment]] = skipping,
    *,
    fails: str = "",
    charge_agreed: bool = False,
) -> Scene:
    async def play(stage: Stage) -> str:
        async with open_yard(stage.env) as yard:
            sale = await yard.written(charge_agreed=charge_agreed)
            sale.kept.fails = {fails} - {""}
            await yard.orders.begin(sale.id)
            await story(sale)
            return sale.handle.id

    return Scene(play, server)


SCENES = {
    "order_completed": _of(completed, charge_agreed=True),
    "order_undone": _of(undone),
    "order_cured": _of(cured),
    "order_called_off": _of(called_off),
    "order_untitled": _of(untitled, fails="begin_title"),
    "order_continued": _of(continued, short_runs),
}
