"""Disputes inside the Order workflow: what they hold, their clocks, two persons, and what they end in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.dispute_terms import Kind, Remedy, Resolution
from domain.disputes import State
from domain.orders import Party
from domain.promises import Code, Event
from domain.promises import State as Kept
from tests.doubles.orders import PRICE_CENTS, TOTAL_CENTS
from tests.workflows.orders import DAY, HOUR, RELEASE, SECOND, UNWIND, S, Sale, Yard, open_server, open_yard
from workflows import order_messages as messages
from workflows.order import OrderWorkflow
from workflows.order_payout import morning_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
W = OrderWorkflow
SMALL = Resolution(Remedy.PARTIAL_REFUND, 500_00)
GONE = (0, 0, False, False, "seller's")


@pytest_asyncio.fixture(loop_scope="session")
async def server(time_skipping_server: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: what one leaves undone would hold up the time of the next."""
    async for opened in open_server(time_skipping_server):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def yard(server: WorkflowEnvironment) -> AsyncIterator[Yard]:
    async with open_yard(server) as opened:
        yield opened


async def in_dispute(yard: Yard, **claim: Any) -> Sale:
    """Delivered, and the buyer is not content."""
    sale = await yard.sell()
    await sale.delivered()
    assert (await sale.dispute(**claim)).code == ""
    return sale


def undone(sale: Sale) -> tuple[object, ...]:
    """Money with us, money with the seller, title, transport, vehicle."""
    kept = sale.kept
    return (kept.paid_cents, kept.seller_cents, kept.title, kept.transport, kept.vehicle)


async def test_an_open_dispute_holds_the_deadlines_and_its_end_gives_a_business_day_at_least(yard: Yard) -> None:
    sale = await yard.sell()
    times = await sale.times()
    opened = await sale.dispute(kind=Kind.CONDUCT, by=Party.SELLER, asked=RELEASE)
    assert (opened.code, opened.order.status) == ("", S.DISPUTED)
    await sale.act(W.answer_dispute, messages.AnswerDispute("d1", Party.BUYER, "No."))
    await sale.pass_until(times.late_fee_at + HOUR)
    assert "late_fee" not in sale.kept.kinds()
    assert await sale.promise(Code.PAYMENT) is Kept.HELD
    await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d1", Party.SELLER))
    later = await sale.times()

    assert later.late_fee_at > await sale.now()
    assert await sale.promise(Code.PAYMENT) is Kept.OPEN
    await sale.pass_until(later.late_fee_at + SECOND)
    await sale.until_kept(lambda kept: "late_fee" in kept.kinds())


async def test_a_dispute_is_in_the_database_and_in_the_lists_before_its_opener_is_answered(yard: Yard) -> None:
    sale = await in_dispute(yard)
    record = sale.kept.records[-1]
    assert (record.order.status, [case.id for case in record.disputes]) == (S.DISPUTED, ["d1"])
    found = (await sale.handle.describe()).typed_search_attributes
    assert {pair.key.name: pair.value for pair in found}.items() >= {
        ("OrderStatus", "disputed"),
        ("DisputeOpen", True),
    }


async def test_an_unwind_above_the_sum_takes_two_persons_and_then_undoes_the_sale(yard: Yard) -> None:
    sale = await in_dispute(yard)
    first = messages.ProposeResolution("d1", "31", UNWIND)
    assert (await sale.act(W.propose_resolution, first)).code == "DISPUTE_NOT_NOW"
    await sale.act(W.escalate_dispute, messages.EscalateDispute("d1", "31"))
    assert (await sale.act(W.propose_resolution, first)).code == ""
    assert (await sale.case()).state is State.PROPOSED
    assert (await sale.act(W.approve_resolution, messages.JudgeResolution("d1", "31"))).code == "DISPUTE_SAME_PERSON"
    assert sale.kept.paid_cents == TOTAL_CENTS
    answer = await sale.act(W.approve_resolution, messages.JudgeResolution("d1", "32"))
    assert (answer.code, answer.order.status) == ("", S.REFUNDED)
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")

    assert (undone(sale), sale.kept.owed_cents) == (GONE, 0)
    assert [name for name in sale.kept.calls if name.startswith(("cancel", "give", "release"))] in (
        ["cancel_transport", "cancel_title", "give_back", "release_vehicle"],
        ["cancel_title", "cancel_transport", "give_back", "release_vehicle"],
    )
    await sale.pass_time(41 * DAY)
    assert (await sale.handle.result()).status is S.REFUNDED


async def test_what_a_second_person_does_not_stand_for_is_decided_anew(yard: Yard) -> None:
    sale = await in_dispute(yard)
    await sale.act(W.escalate_dispute, messages.EscalateDispute("d1", "31"))
    await sale.act(W.propose_resolution, messages.ProposeResolution("d1", "31", UNWIND))
    await sale.act(W.reject_resolution, messages.JudgeResolution("d1", "32"))
    assert (await sale.case()).state is State.ESCALATED
    await sale.act(W.propose_resolution, messages.ProposeResolution("d1", "32", RELEASE))
    await sale.pass_until_stage(S.COMPLETED)
    assert sale.kept.seller_cents == PRICE_CENTS


async def test_a_partial_refund_goes_back_and_the_sale_goes_on(yard: Yard) -> None:
    sale = await in_dispute(yard, asked=SMALL)
    await sale.act(W.concede_dispute, messages.ConcedeDispute("d1", Party.SELLER))
    await sale.pass_until_stage(S.COMPLETED)
    given = [(work.key, work.cents, work.credited) for work in sale.kept.given_back]
    assert given == [("dispute-d1", 500_00, True)]
    assert (await sale.case()).resolution == SMALL


async def test_an_order_is_held_until_a_partial_refund_is_on_its_way(yard: Yard) -> None:
    sale = await in_dispute(yard, asked=SMALL)
    sale.kept.away = {"give_back"}
    await sale.act(W.concede_dispute, messages.ConcedeDispute("d1", Party.SELLER))
    await sale.pass_time(2 * HOUR)
    assert (await sale.state()).order.status is S.DISPUTED
    await sale.until_kept(lambda kept: "give_back: STILL_TRYING" in kept.steps())
    sale.kept.let_go()
    await sale.pass_time(HOUR)
    await sale.until_shown(S.DELIVERED)


async def test_nobody_decides_and_the_clock_carries_out_what_was_asked(yard: Yard) -> None:
    sale = await in_dispute(yard, asked=SMALL)
    await sale.pass_until_stage(S.COMPLETED)
    assert (await sale.case()).resolution == SMALL
    assert "dispute-d1: ESCALATED" in sale.kept.steps()
    assert sale.kept.paid_cents == TOTAL_CENTS - 500_00


async def test_the_clock_alone_gives_back_no_more_than_the_sum_and_calls_for_persons_every_day(yard: Yard) -> None:
    sale = await in_dispute(yard)
    await sale.pass_time(20 * DAY)
    await sale.until_kept(lambda kept: kept.steps().count("dispute-d1: PROPOSED") >= 2)
    assert ((await sale.case()).state, sale.kept.paid_cents) == (State.PROPOSED, TOTAL_CENTS)


async def test_what_was_answered_stands_when_nobody_decides(yard: Yard) -> None:
    sale = await in_dispute(yard)
    assert (await sale.act(W.answer_dispute, messages.AnswerDispute("d1", Party.SELLER, "It is fine."))).code == ""
    again = await sale.act(W.answer_dispute, messages.AnswerDispute("d1", Party.SELLER, "It is!"))
    assert again.code == "DISPUTE_ANSWERED"
    await sale.pass_until_stage(S.COMPLETED)
    assert sale.kept.given_back == []


async def test_evidence_is_locked_and_staff_note_assign_and_escalate(yard: Yard) -> None:
    sale = await in_dispute(yard)
    acts: list[tuple[Any, Any]] = [
        (W.file_evidence, messages.FileEvidence("d1", "e1", Party.BUYER, "ab" * 32)),
        (W.file_evidence, messages.FileEvidence("d1", "e1", Party.BUYER, "cd" * 32)),
        (W.note_dispute, messages.NoteDispute("d1", "31", "Seen.")),
        (W.assign_dispute, messages.AssignDispute("d1", "32")),
        (W.escalate_dispute, messages.EscalateDispute("d1", "31")),
        (W.escalate_dispute, messages.EscalateDispute("d9", "31")),
    ]
    codes = [(await sale.act(update, message)).code for update, message in acts]
    case = await sale.case()

    assert codes == ["", "DISPUTE_EVIDENCE_LOCKED", "", "", "", "ORDER_NO_SUCH_DISPUTE"]
    assert (len(case.evidence), len(case.notes), case.owner, case.state) == (1, 1, "32", State.ESCALATED)


async def test_a_repeated_act_is_done_once(yard: Yard) -> None:
    sale = await in_dispute(yard)
    note = messages.NoteDispute("d1", "31", "Seen.")
    codes = [(await sale.act(W.note_dispute, note, command_id="one")).code for _ in range(2)]
    assert (codes, len((await sale.case()).notes)) == (["", ""], 1)
    assert (await sale.dispute()).code == ""


async def test_a_buyer_who_took_the_vehicle_as_it_is_may_not_dispute_its_condition(yard: Yard) -> None:
    sale = await yard.sell()
    assert (await sale.act(W.accept_delivery)).code == "ORDER_NOT_YET"
    await sale.delivered()
    assert [(await sale.act(W.accept_delivery)).code for _ in range(2)] == ["", ""]
    assert (await sale.dispute()).code == "DISPUTE_WINDOW_CLOSED"
    assert (await sale.dispute(kind=Kind.TITLE)).code == ""
    assert (await sale.dispute("d2", kind=Kind.TITLE)).code == "DISPUTE_ALREADY_OPEN"


async def test_an_order_goes_on_when_the_last_of_two_disputes_is_over(yard: Yard) -> None:
    sale = await in_dispute(yard)
    await sale.dispute("d2", kind=Kind.TITLE)
    first = await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d1", Party.BUYER))
    last = await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d2", Party.BUYER))
    assert (first.order.status, last.order.status) == (S.DISPUTED, S.DELIVERED)
    await sale.pass_until_stage(S.COMPLETED)


async def test_a_dispute_that_is_opened_as_the_payout_starts_stops_it(yard: Yard) -> None:
    sale = await in_the_payout(yard, "send_payout")
    assert (await sale.dispute(kind=Kind.TITLE)).order.status is S.DISPUTED
    sale.kept.let_go()
    await sale.pass_time(3 * DAY)
    assert (sale.kept.seller_cents, (await sale.state()).order.stage) == (0, S.DELIVERED)
    await sale.act(W.withdraw_dispute, messages.WithdrawDispute("d1", Party.BUYER))
    await sale.pass_until_stage(S.COMPLETED)
    assert sale.kept.seller_cents == PRICE_CENTS


async def test_a_dispute_that_finds_the_payout_gone_gets_it_back_when_the_sale_is_undone(yard: Yard) -> None:
    sale = await in_the_payout(yard, "send_payout, after")
    await sale.dispute(kind=Kind.TITLE)
    sale.kept.let_go()
    await sale.until_kept(lambda kept: "paid_out" in kept.kinds())
    assert (await sale.state()).order.status is S.DISPUTED
    await unwound(sale)
    assert undone(sale) == GONE


async def in_the_payout(yard: Yard, where: str) -> Sale:
    """The provider has been asked, and has not answered."""
    sale = await yard.sell()
    await sale.delivered()
    await sale.act(W.accept_delivery)
    sale.kept.held = {where}
    state = await sale.until(lambda state: state.payout.due_on is not None)
    assert state.payout.due_on is not None
    await sale.pass_until(morning_of(state.payout.due_on) - SECOND)
    await sale.until_kept(lambda kept: "send_payout" in kept.calls)
    return sale


async def unwound(sale: Sale) -> None:
    await sale.act(W.escalate_dispute, messages.EscalateDispute("d1", "31"))
    await sale.act(W.propose_resolution, messages.ProposeResolution("d1", "31", UNWIND))
    await sale.act(W.approve_resolution, messages.JudgeResolution("d1", "32"))
    await sale.until_kept(lambda kept: kept.vehicle == "seller's")


async def test_a_completed_sale_is_undone_whole(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.completed()
    await sale.dispute(kind=Kind.TITLE)
    await unwound(sale)
    assert (undone(sale), (await sale.state()).order.stage) == (GONE, S.REFUNDED)
    assert sale.kept.calls.index("claw_back") < sale.kept.calls.index("cancel_title")


async def test_a_partial_refund_after_the_payout_is_claimed_from_the_seller(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.completed()
    await sale.dispute(kind=Kind.TITLE, asked=SMALL)
    await sale.act(W.concede_dispute, messages.ConcedeDispute("d1", Party.SELLER))
    await sale.until_shown(S.COMPLETED)
    assert (sale.kept.seller_cents, sale.kept.paid_cents) == (PRICE_CENTS - 500_00, TOTAL_CENTS - 500_00)


# By hand


async def test_support_raises_annotates_and_escalates_from_the_temporal_ui(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    words = {"dispute_id": "s1", "person": "31", "words": "They call every day."}
    await sale.handle.signal("dispute", {**words, "act": "raise", "kind": "conduct", "against": "seller"})
    await sale.handle.signal("dispute", {**words, "act": "note"})
    await sale.handle.signal("dispute", {"dispute_id": "s1", "person": "32", "act": "escalate"})
    await sale.until_shown(S.DISPUTED)
    case = await sale.case("s1")
    assert (case.claim.by, case.owner, len(case.notes), case.state) == (Party.STAFF, "31", 1, State.ESCALATED)


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("dispute", {"dispute_id": "none", "act": "note", "person": "31", "words": "x"}, "news_refused"),
        ("dispute", {"dispute_id": 7}, "news_unreadable"),
        ("dispute", "what?", "news_unreadable"),
        ("happened", {"event": "sold", "at": "2026-01-01T00:00:00Z"}, "news_unreadable"),
        ("happened", {"event": "delivered", "at": "2026-01-01T00:00:00"}, "news_unreadable"),
        ("shut_down", {}, "news_refused"),
    ],
)
async def test_what_cannot_be_read_or_done_is_kept_and_stops_nothing(
    yard: Yard, name: str, message: Any, kind: str
) -> None:
    sale = await yard.sell()
    await sale.handle.signal(name, message)
    await sale.until_kept(lambda kept: kind in kept.kinds())
    await sale.paid()


async def test_news_without_their_words_are_kept_too(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.handle.signal("happened")
    await sale.until_kept(lambda kept: "news_unreadable" in kept.kinds())
    await sale.tell(Event.TITLE_RECEIVED)
    await sale.paid()
    assert await sale.promise(Code.TITLE_HANDED) is Kept.KEPT
