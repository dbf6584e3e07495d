"""The JSON shape of a dispute: what both sides may see of it, and what only the staff see besides."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict

from api.order_steps import acts_on
from domain.clock import to_text
from domain.dispute_terms import Resolution
from domain.disputes import Dispute, Evidence, Note
from domain.orders import Party


class ResolutionView(TypedDict):
    """What a dispute ends in: release, partial_refund of `cents`, or unwind."""

    remedy: str
    cents: int


class EvidenceView(TypedDict):
    """A document or statement that was filed, by its SHA-256; it stays as it is."""

    id: str
    by: str
    at: str
    words: str
    sha256: str


class NoteView(TypedDict):
    """A remark that staff (by their id) make for each other."""

    by: str
    at: str
    words: str


class DisputeView(TypedDict):
    """A dispute as its two sides see it. `due_at` is when its state ends without anybody; `can` is what its reader may
    do now; `default_outcome` is what it ends in if nobody decides."""

    id: str
    kind: str
    opened_by: str
    against: str
    words: str
    asked: ResolutionView
    state: str
    opened_at: str
    due_at: str
    closed_at: str | None
    answer: str | None
    evidence: list[EvidenceView]
    default_outcome: ResolutionView | None
    resolution: ResolutionView | None
    can: list[str]


class StaffDisputeView(DisputeView):
    """A dispute as the staff see it: who has it, what is proposed and by whom, and their notes."""

    owner: str
    paid_cents: int
    proposed: ResolutionView | None
    approved_by: list[str]
    notes: list[NoteView]


def dispute_view(case: Dispute, side: Party) -> DisputeView:
    """A dispute for one of its sides; what is proposed stays with the staff until it is decided."""
    return {
        "id": case.id,
        "kind": case.claim.kind.value,
        "opened_by": case.claim.by.value,
        "against": case.against.value,
        "words": case.claim.words,
        "asked": _resolution(case.claim.asked),
        "state": case.state.value,
        "opened_at": to_text(case.opened_at),
        "due_at": to_text(case.due_at),
        "closed_at": _text(case.closed_at),
        "answer": case.answer or None,
        "evidence": [_evidence(each) for each in case.evidence],
        "default_outcome": _resolution(case.default_outcome) if case.is_open else None,
        "resolution": _known(case.resolution),
        "can": acts_on(case, side),
    }


def staff_dispute_view(case: Dispute) -> StaffDisputeView:
    """A dispute for the staff."""
    return {
        **dispute_view(case, Party.STAFF),
        "owner": case.owner,
        "paid_cents": case.paid_cents,
        "proposed": _known(case.proposed),
        "approved_by": list(case.approved_by),
        "notes": _notes(case.notes),
    }


def _resolution(resolution: Resolution) -> ResolutionView:
    return {"remedy": resolution.remedy.value, "cents": resolution.cents}


def _known(resolution: Resolution | None) -> ResolutionView | None:
    return None if resolution is None else _resolution(resolution)


def _evidence(each: Evidence) -> EvidenceView:
    return {
        "id": each.id,
        "by": each.by.value,
        "at": to_text(each.at),
        "words": each.words,
        "sha256": each.digest,
    }


def _notes(notes: Sequence[Note]) -> list[NoteView]:
    return [{"by": each.by, "at": to_text(each.at), "words": each.words} for each in notes]


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
