"""What the sides and the staff do with an order's disputes, and what the clock does: each act judged and made at once.

Each function answers with an empty code where it is done. The money of a resolution is the saga's.
"""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.order_contracts import EventKind
    from domain import disputes, orders, promises
    from domain.dispute_terms import Anchor, DisputeCode, Kind, Remedy, Resolution, Sale
    from domain.disputes import Claim, Dispute, Evidence, Note, State
    from domain.money import dollars
    from domain.order_deadlines import postponed
    from domain.orders import OrderCode, OrderStatus, Party
    from domain.promises import Event
    from workflows import order_messages as messages
    from workflows.order_desk import Desk
    from workflows.order_messages import LONGEST_ID, MOST_DISPUTES, Refusal, SupportAct, SupportSays

OVER_BY_SILENCE = frozenset({promises.State.KEPT, promises.State.LATE})
WITH_STAFF = frozenset({State.ESCALATED, State.PROPOSED})


def open_dispute(desk: Desk, wish: messages.OpenDispute) -> str:
    """A new case: from now on money and payout are held. The same id again changes nothing."""
    state, claim, now = desk.state, wish.claim, desk.now()
    known = _case(desk, wish.dispute_id)
    if known is not None:
        return "" if known.claim == claim else Refusal.UNREADABLE.value
    if not 0 < len(wish.dispute_id) <= LONGEST_ID:
        return Refusal.UNREADABLE.value
    if len(state.disputes) >= MOST_DISPUTES:
        return DisputeCode.TOO_MUCH.value
    if claim.kind is Kind.CONDITION and claim.by is Party.BUYER and _is_accepted(desk):
        return DisputeCode.WINDOW_CLOSED.value
    order = orders.disputed(state.order, wish.dispute_id)
    case = disputes.opened(
        claim, _sale(desk), now, dispute_id=wish.dispute_id, owner=wish.owner, others=tuple(state.disputes)
    )
    if isinstance(order, OrderCode) or isinstance(case, DisputeCode):
        return (order if isinstance(order, OrderCode) else case).value  # type: ignore[union-attr] # one of them is a code
    state.disputes = [*state.disputes, case]
    desk.put(order, EventKind.DISPUTE_OPENED, claim.by, words=f"{claim.kind}: {claim.words}")
    desk.happened(Event.DISPUTED, now)
    return ""


def answer(desk: Desk, wish: messages.AnswerDispute) -> str:
    """The other side's own story."""
    case = _case(desk, wish.dispute_id)
    after = disputes.answered(case, wish.by, wish.words, desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_ANSWERED, wish.by, wish.words)


def concede(desk: Desk, wish: messages.ConcedeDispute) -> str:
    """The other side's yes."""
    case = _case(desk, wish.dispute_id)
    after = disputes.conceded(case, wish.by, desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_ANSWERED, wish.by, "agreed")


def file_evidence(desk: Desk, wish: messages.FileEvidence) -> str:
    """One more document, which stays as it is."""
    case = _case(desk, wish.dispute_id)
    if max(len(wish.evidence_id), len(wish.digest)) > LONGEST_ID or len(wish.words) > messages.LONGEST_WORDS:
        return Refusal.UNREADABLE.value
    document = Evidence(wish.evidence_id, wish.by, desk.now(), wish.digest, wish.words)
    after = disputes.filed(case, document) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_EVIDENCE, wish.by, wish.words)


def note(desk: Desk, wish: messages.NoteDispute) -> str:
    """A remark of the staff's for each other; also on a case that is over."""
    case = _case(desk, wish.dispute_id)
    after = disputes.noted(case, Note(_person(wish.person), desk.now(), wish.words)) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_NOTED, Party.STAFF, wish.words)


def assign(desk: Desk, wish: messages.AssignDispute) -> str:
    """Somebody else of the staff has it now."""
    case = _case(desk, wish.dispute_id)
    after = disputes.assigned(case, _person(wish.owner)) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_ASSIGNED, Party.STAFF, "")


def escalate(desk: Desk, wish: messages.EscalateDispute) -> str:
    """Staff pass it on to who decides more."""
    case = _case(desk, wish.dispute_id)
    after = disputes.escalated(case, desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_ESCALATED, Party.STAFF, "")


def propose(desk: Desk, wish: messages.ProposeResolution) -> str:
    """A member of the staff decides; above a sum a second one has to."""
    case = _case(desk, wish.dispute_id)
    after = disputes.proposed(case, wish.resolution, _person(wish.person), desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_PROPOSED, Party.STAFF, said(wish.resolution))


def approve(desk: Desk, wish: messages.JudgeResolution) -> str:
    """The second one does."""
    case = _case(desk, wish.dispute_id)
    after = disputes.approved(case, _person(wish.person), desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_MOVED, Party.STAFF, "approved")


def reject(desk: Desk, wish: messages.JudgeResolution) -> str:
    """The second one does not: it is decided anew."""
    case = _case(desk, wish.dispute_id)
    after = disputes.rejected(case, desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_MOVED, Party.STAFF, "not approved")


def withdraw(desk: Desk, wish: messages.WithdrawDispute) -> str:
    """Who opened it lets it go."""
    case = _case(desk, wish.dispute_id)
    after = disputes.withdrawn(case, wish.by, desk.now()) if case else None
    return _kept(desk, case, after, EventKind.DISPUTE_WITHDRAWN, wish.by, "")


def support(desk: Desk, says: SupportSays) -> str:
    """What support does by hand, from the Temporal UI or CLI."""
    match says.act:
        case SupportAct.RAISE:
            asked = Resolution(says.asked, says.cents)
            claim = Claim(says.kind, Party.STAFF, says.words, asked, says.against)
            return open_dispute(desk, messages.OpenDispute(says.dispute_id, claim, _person(says.person)))
        case SupportAct.NOTE:
            return note(desk, messages.NoteDispute(says.dispute_id, says.person, says.words))
        case SupportAct.ESCALATE:
            code = escalate(desk, messages.EscalateDispute(says.dispute_id, says.person))
            # Why it was passed on is kept where there is a word about it.
            return code or (says.words and note(desk, messages.NoteDispute(says.dispute_id, says.person, says.words)))


def expire(desk: Desk) -> None:
    """Cases whose time is over go on without what was waited for."""
    for case in list(desk.state.disputes):
        after = disputes.expired(case, desk.now())
        if isinstance(after, Dispute):
            _kept(desk, case, after, EventKind.DISPUTE_MOVED, Party.HOUSE, f"in time: nothing; now {after.state}")


def next_due(desk: Desk) -> datetime | None:
    """When the clock has something to do next, with a promise or a case."""
    due = [case.due_at for case in desk.state.disputes if case.is_open]
    promised = promises.next_due(desk.state.timeline)
    return min(due if promised is None else [*due, promised], default=None)


def release(desk: Desk, dispute_id: str) -> None:
    """A case is over and holds nothing any more: after the last one the order goes on, with a day more at least."""
    state, now = desk.state, desk.now()
    if dispute_id not in state.order.disputes:
        return
    state.order = orders.released(state.order, dispute_id)
    state.dispute_closed_at = now
    state.version += 1
    if state.order.disputes:
        return
    if state.order.stage is OrderStatus.PENDING_PAYMENT and state.times is not None:
        state.times = postponed(state.times, now)
    due = {} if state.times is None else promises.payment_due(state.times)
    desk.happened(Event.RELEASED, now, due=due)
    # It may happen again: only promises remember when.
    state.facts.pop(Event.DISPUTED, None)
    state.facts.pop(Event.RELEASED, None)


def said(resolution: Resolution) -> str:
    """A resolution in words."""
    match resolution.remedy:
        case Remedy.RELEASE:
            return "the sale stands"
        case Remedy.PARTIAL_REFUND:
            return f"{dollars(resolution.cents)} go back to the buyer"
        case Remedy.UNWIND:
            return "the sale is undone"


def _kept(
    desk: Desk, case: Dispute | None, after: Dispute | DisputeCode | None, kind: EventKind, by: Party, words: str
) -> str:
    """A case after an act, with what that entails; or the code of its refusal."""
    if case is None or after is None:
        return Refusal.NO_DISPUTE.value
    if isinstance(after, DisputeCode):
        return after.value
    if after == case:
        return ""
    desk.keep(after)
    desk.note(kind, by, words=words)
    if after.state in WITH_STAFF and (after.state, after.due_at) != (case.state, case.due_at):
        desk.call(f"dispute-{after.id}", after.state.value.upper())
    if after.state is State.WITHDRAWN:
        release(desk, after.id)
    if after.resolution is not None and case.is_open:
        return _resolved(desk, after, after.resolution)
    return ""


def _resolved(desk: Desk, case: Dispute, resolution: Resolution) -> str:
    desk.note(EventKind.DISPUTE_RESOLVED, cents=resolution.cents or None, words=said(resolution))
    match resolution.remedy:
        case Remedy.RELEASE:
            release(desk, case.id)
        case Remedy.PARTIAL_REFUND:
            desk.state.refunds.append(case.id)
        case Remedy.UNWIND:
            code = desk.break_off(orders.unwound(desk.order, f"dispute {case.id}: {case.claim.kind}"))
            if code:
                desk.call(f"dispute-{case.id}", code)
                release(desk, case.id)
    return ""


def _case(desk: Desk, dispute_id: str) -> Dispute | None:
    return next((case for case in desk.state.disputes if case.id == dispute_id), None)


def _sale(desk: Desk) -> Sale:
    state = desk.state
    facts = {Anchor.PAID: state.facts.get(Event.PAID), Anchor.DELIVERED: state.facts.get(Event.DELIVERED)}
    happened = {anchor: at for anchor, at in facts.items() if at is not None}
    return Sale({Anchor.SOLD: state.order.sold_at, **happened}, state.paid_cents)


def _is_accepted(desk: Desk) -> bool:
    return desk.promise(promises.Code.INSPECTION).state in OVER_BY_SILENCE


def _person(person: str) -> str:
    return person[:LONGEST_ID]
