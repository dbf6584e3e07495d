"""A dispute's case: its states and clocks, answers, evidence, proposals and approvals, and what it ends in.

No case waits for ever: the other side has days to answer, staff to decide, then more senior staff, and then the default
outcome is carried out. Nothing that gives back more than a set sum rests on one person, or on the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import add_business_days, day_of, end_of_business_day
from domain.dispute_terms import (
    DEFAULTS,
    MOST_EVIDENCE,
    MOST_NOTES,
    SIDES,
    DisputeCode,
    Kind,
    Resolution,
    Sale,
    text_refusal,
    window_refusal,
)
from domain.orders import Party

TWO_PERSONS_ABOVE_CENTS = 1_000_00
PERSONS = 2


class State(StrEnum):
    """Where a case stands. `open`: the other side is asked; `review`: staff decide; `proposed`: it needs approval."""

    OPEN = "open"
    REVIEW = "review"
    ESCALATED = "escalated"
    PROPOSED = "proposed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What is done with a case. `concede` is the other side's yes to what is asked, `expire` is the clock's."""

    ANSWER = "answer"
    CONCEDE = "concede"
    EXPIRE = "expire"
    ESCALATE = "escalate"
    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


S, A = State, Act
SETTLES = frozenset({S.PROPOSED, S.RESOLVED})
MOVES: Mapping[tuple[State, Act], frozenset[State]] = MappingProxyType(
    {
        (S.OPEN, A.ANSWER): frozenset({S.REVIEW}),
        (S.OPEN, A.CONCEDE): SETTLES,
        (S.OPEN, A.EXPIRE): frozenset({S.REVIEW}),
        (S.OPEN, A.ESCALATE): frozenset({S.ESCALATED}),
        (S.OPEN, A.WITHDRAW): frozenset({S.WITHDRAWN}),
        # An answer that comes late is still read, for as long as nothing is decided.
        (S.REVIEW, A.ANSWER): frozenset({S.REVIEW}),
        (S.REVIEW, A.CONCEDE): SETTLES,
        (S.REVIEW, A.EXPIRE): frozenset({S.ESCALATED}),
        (S.REVIEW, A.ESCALATE): frozenset({S.ESCALATED}),
        (S.REVIEW, A.PROPOSE): SETTLES,
        (S.REVIEW, A.WITHDRAW): frozenset({S.WITHDRAWN}),
        (S.ESCALATED, A.ANSWER): frozenset({S.ESCALATED}),
        (S.ESCALATED, A.CONCEDE): SETTLES,
        (S.ESCALATED, A.EXPIRE): SETTLES,
        (S.ESCALATED, A.PROPOSE): SETTLES,
        (S.ESCALATED, A.WITHDRAW): frozenset({S.WITHDRAWN}),
        (S.PROPOSED, A.APPROVE): SETTLES,
        (S.PROPOSED, A.REJECT): frozenset({S.ESCALATED}),
        # Persons are asked again, for as long as it takes.
        (S.PROPOSED, A.EXPIRE): frozenset({S.PROPOSED}),
    }
)
ENDS = frozenset({S.RESOLVED, S.WITHDRAWN})
# Business days that each state waits for what is to come.
DAYS: Mapping[State, int] = MappingProxyType({S.OPEN: 2, S.REVIEW: 3, S.ESCALATED: 2, S.PROPOSED: 1})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a case is opened with. Staff and the house say whom it is `against`; for a side it is the other one."""

    kind: Kind
    by: Party
    words: str
    asked: Resolution
    against: Party | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that was filed, by its id and SHA-256 (hex)."""

    id: str
    by: Party
    at: datetime
    digest: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that staff (`by` their id) make for each other."""

    by: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """One case. `owner` is a member of staff by id; `paid_cents` is what an unwind would give back.

    `approved_by` are the members of staff who stand for what is `proposed`, who proposed it among them.
    """

    id: str
    claim: Claim
    against: Party
    owner: str
    paid_cents: int
    opened_at: datetime
    due_at: datetime
    state: State = State.OPEN
    answer: str = ""
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[Note, ...] = ()
    proposed: Resolution | None = None
    approved_by: tuple[str, ...] = ()
    closed_at: datetime | None = None
    two_persons_above_cents: int = TWO_PERSONS_ABOVE_CENTS

    @property
    def is_open(self) -> bool:
        """Whether it holds the order's money and payout."""
        return self.state not in ENDS

    @property
    def resolution(self) -> Resolution | None:
        """What it ended in, once it has been decided."""
        return self.proposed if self.state is State.RESOLVED else None

    @property
    def default_outcome(self) -> Resolution:
        """What it ends in if nobody decides: what was asked where the other side never answered, else by its kind."""
        return DEFAULTS[self.claim.kind] if self.answer else self.claim.asked

    def needs_two(self, resolution: Resolution) -> bool:
        """Whether a resolution gives back so much that two persons have to stand for it."""
        return resolution.given_back(self.paid_cents) > self.two_persons_above_cents


def opened(
    claim: Claim,
    sale: Sale,
    at: datetime,
    *,
    dispute_id: str,
    owner: str,
    others: Iterable[Dispute] = (),
    two_persons_above_cents: int = TWO_PERSONS_ABOVE_CENTS,
) -> Dispute | DisputeCode:
    """A new case, whose claim was received at `at`. `others` are the order's cases so far."""
    other_side = Party.SELLER if claim.by is Party.BUYER else Party.BUYER
    against = other_side if claim.by in SIDES else claim.against
    code = window_refusal(claim.kind, claim.by, sale, at) or text_refusal(claim.words)
    if code is not None:
        return code
    if against not in SIDES:
        return DisputeCode.NOT_FOR_YOU
    if not claim.asked.fits(sale.paid_cents):
        return DisputeCode.BAD_REMEDY
    if any(each.is_open and (each.claim.kind, each.claim.by) == (claim.kind, claim.by) for each in others):
        return DisputeCode.ALREADY_OPEN
    return Dispute(
        id=dispute_id,
        claim=claim,
        against=against,
        owner=owner,
        paid_cents=sale.paid_cents,
        opened_at=at,
        due_at=_due(State.OPEN, at),
        two_persons_above_cents=two_persons_above_cents,
    )


def answered(case: Dispute, by: Party, words: str, at: datetime) -> Dispute | DisputeCode:
    """The other side tells its own story, once."""
    code = _refusal(case, Act.ANSWER) or text_refusal(words)
    if code is not None:
        return code
    if by is not case.against:
        return DisputeCode.NOT_FOR_YOU
    if case.answer:
        return DisputeCode.ANSWERED
    told = replace(case, answer=words)
    return _at(told, State.REVIEW, at) if case.state is State.OPEN else told


def conceded(case: Dispute, by: Party, at: datetime) -> Dispute | DisputeCode:
    """The other side agrees to what is asked; above the set sum two of the staff have to agree as well."""
    code = _refusal(case, Act.CONCEDE)
    if code is not None:
        return code
    return _settled(case, case.claim.asked, (), at) if by is case.against else DisputeCode.NOT_FOR_YOU


def escalated(case: Dispute, at: datetime) -> Dispute | DisputeCode:
    """Staff pass it on to who decides more."""
    return _refusal(case, Act.ESCALATE) or _at(case, State.ESCALATED, at)


def expired(case: Dispute, now: datetime) -> Dispute | DisputeCode:
    """The time of a state is over: the case goes on without what was waited for."""
    code = _refusal(case, Act.EXPIRE)
    if code is not None:
        return code
    if now < case.due_at:
        return DisputeCode.NOT_EXPIRED
    match case.state:
        case State.OPEN:
            return _at(case, State.REVIEW, now)
        case State.REVIEW:
            return _at(case, State.ESCALATED, now)
        case State.ESCALATED:
            return _settled(case, case.default_outcome, (), now)
        case _:
            return _at(case, case.state, now)


def proposed(case: Dispute, resolution: Resolution, person: str, at: datetime) -> Dispute | DisputeCode:
    """A member of staff decides; what gives back more than the set sum waits for a second one."""
    code = _refusal(case, Act.PROPOSE)
    if code is not None:
        return code
    fits = resolution.fits(case.paid_cents)
    return _settled(case, resolution, (person,), at) if fits else DisputeCode.BAD_REMEDY


def approved(case: Dispute, person: str, at: datetime) -> Dispute | DisputeCode:
    """One more member of staff stands for what is proposed."""
    code = _refusal(case, Act.APPROVE)
    if code is not None or case.proposed is None:
        return code or DisputeCode.NOT_NOW
    if person in case.approved_by:
        return DisputeCode.SAME_PERSON
    return _settled(case, case.proposed, (*case.approved_by, person), at)


def rejected(case: Dispute, at: datetime) -> Dispute | DisputeCode:
    """A member of staff does not stand for it: it is decided anew, by who decides more."""
    code = _refusal(case, Act.REJECT)
    return code or _at(replace(case, proposed=None, approved_by=()), State.ESCALATED, at)


def withdrawn(case: Dispute, by: Party, at: datetime) -> Dispute | DisputeCode:
    """Who opened it lets it go."""
    code = _refusal(case, Act.WITHDRAW)
    if code is not None:
        return code
    return _at(case, State.WITHDRAWN, at) if by is case.claim.by else DisputeCode.NOT_FOR_YOU


def filed(case: Dispute, evidence: Evidence) -> Dispute | DisputeCode:
    """One more document. It stays as it is; the same one again changes nothing."""
    if not case.is_open:
        return DisputeCode.OVER
    if evidence.by not in SIDES | {Party.STAFF}:
        return DisputeCode.NOT_FOR_YOU
    for each in case.evidence:
        if each.id == evidence.id:
            same = (each.by, each.digest, each.words) == (evidence.by, evidence.digest, evidence.words)
            return case if same else DisputeCode.EVIDENCE_LOCKED
    if sum(each.by is evidence.by for each in case.evidence) >= MOST_EVIDENCE:
        return DisputeCode.TOO_MUCH
    return replace(case, evidence=(*case.evidence, evidence))


def noted(case: Dispute, note: Note) -> Dispute | DisputeCode:
    """One more remark; also on a case that is over. The same one again changes nothing."""
    if note in case.notes:
        return case
    code = text_refusal(note.words)
    if code is None and len(case.notes) >= MOST_NOTES:
        code = DisputeCode.TOO_MUCH
    return code or replace(case, notes=(*case.notes, note))


def assigned(case: Dispute, owner: str) -> Dispute | DisputeCode:
    """Somebody else of the staff has it now."""
    return replace(case, owner=owner) if case.is_open else DisputeCode.OVER


def paid_since(case: Dispute, paid_cents: int) -> Dispute:
    """An open case with what the buyer has paid by now, which decides what an unwind gives back and who must agree."""
    return replace(case, paid_cents=paid_cents) if case.is_open else case


def holds_money(cases: Iterable[Dispute]) -> bool:
    """Whether an order's money and payout are held."""
    return any(case.is_open for case in cases)


def _refusal(case: Dispute, act: Act) -> DisputeCode | None:
    if not case.is_open:
        return DisputeCode.OVER
    return None if (case.state, act) in MOVES else DisputeCode.NOT_NOW


def _settled(case: Dispute, resolution: Resolution, persons: tuple[str, ...], at: datetime) -> Dispute:
    waits = case.needs_two(resolution) and len(persons) < PERSONS
    settled = replace(case, proposed=resolution, approved_by=persons)
    return _at(settled, State.PROPOSED if waits else State.RESOLVED, at)


def _at(case: Dispute, state: State, at: datetime) -> Dispute:
    if state in ENDS:
        return replace(case, state=state, closed_at=at)
    return replace(case, state=state, due_at=_due(state, at))


def _due(state: State, at: datetime) -> datetime:
    return end_of_business_day(add_business_days(day_of(at), DAYS[state]))
