"""Questions and answers on a listing: asked by who is signed in, answered by the seller, watched over by the staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, notifications, people, questions, seller_feed, vehicles
from activities.db.audit import Deed, Source
from activities.db.notifications import NewNotice
from activities.db.people import Person
from activities.db.questions import Question
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller, SignedIn, Staff, Viewer
from api.sources import source_of
from api.staff_reads import note_read
from api.state import services_of
from domain.clock import to_text
from domain.notices import NoticeKind
from domain.questions import LONGEST, OPEN_MOST, SHORTEST, Part, State, state_of
from domain.seller_feed import FeedKind

EXAMPLE: dict[str, Any] = {
    "id": 31,
    "vehicle_id": 12,
    "text": "Has the timing chain been replaced?",
    "state": "shown",
    "asked_at": "2026-05-04T18:00:00.000Z",
    "mine": False,
    "answer": "Yes, at 38,000 miles; the invoice is among the documents.",
    "answer_state": "shown",
    "answered_at": "2026-05-04T20:11:00.000Z",
    "reason": None,
}
HELD: dict[str, Any] = {**EXAMPLE, "state": "held", "answer": None, "answer_state": None, "answered_at": None}
PAGE = {"items": [EXAMPLE], "next_cursor": None, "total": 1}
router = APIRouter(tags=["questions"])
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST, max_length=LONGEST)]


class TextBody(BaseModel):
    """A question or an answer. What gives away an address, a number or a link waits for the staff."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Has the timing chain been replaced?"}]}
    )

    text: Text


class JudgementBody(BaseModel):
    """Whether one of the two texts is shown, and why; its writer reads the reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"part": "question", "show": False, "reason": "It gives a telephone number."}]},
    )

    part: Part
    show: bool
    reason: Reason


class QuestionView(TypedDict):
    """A question with its answer as its reader may see them; what is held or refused only its writer sees."""

    id: int
    vehicle_id: int
    text: str
    state: str
    asked_at: str
    mine: bool
    answer: str | None
    answer_state: str | None
    answered_at: str | None
    reason: str | None


class QuestionPage(TypedDict):
    """A page of questions, newest first."""

    items: list[QuestionView]
    next_cursor: str | None


class QueuePage(TypedDict):
    """A page of what waits for the staff, oldest first."""

    items: list[QuestionView]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something with a question, when, and from where."""

    by: Person
    at: datetime
    source: Source
    public_url: str


@router.get(
    "/api/vehicles/{vehicle_id}/questions",
    **about(Audience.PUBLIC, "VEHICLE_NOT_FOUND", "INVALID_CURSOR", example={"items": [EXAMPLE], "next_cursor": None}),
)
async def list_questions(
    request: Request, viewer: Viewer, vehicle_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> QuestionPage:
    """What was asked of a vehicle and answered, newest first; one's own questions whatever became of them."""
    reader = None if viewer.person is None else viewer.person.id
    found = await services_of(request).database.read(_page, vehicle_id, reader, number_key(cursor), limit + 1)
    return {
        "items": [view(each, reader) for each in found[:limit]],
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
    }


@router.post(
    "/api/vehicles/{vehicle_id}/questions",
    status_code=201,
    **about(
        Audience.SIGNED_IN, "VEHICLE_NOT_FOUND", "OWN_LISTING", "TOO_MANY_QUESTIONS", example=dict(HELD), success=201
    ),
)
async def ask(request: Request, person: SignedIn, vehicle_id: Id, body: TextBody) -> QuestionView:
    """Ask the seller something; everybody reads it with the answer, without a name."""
    return view(
        await services_of(request).database.write(_ask, vehicle_id, body.text, _act(request, person)), person.id
    )


@router.post(
    "/api/questions/{question_id}/answer",
    **about(Audience.SELLER, "QUESTION_NOT_FOUND", "QUESTION_NOT_SHOWN", example=EXAMPLE),
)
async def answer(request: Request, person: Seller, question_id: Id, body: TextBody) -> QuestionView:
    """Answer a question on an own vehicle; an answer may be replaced."""
    found = await services_of(request).database.write(_answer, question_id, body.text, _act(request, person))
    return view(found, person.id)


@router.get("/api/support/questions", **about(Audience.STAFF, "INVALID_CURSOR", example=PAGE))
async def queue(request: Request, person: Staff, limit: Limit = 20, cursor: Cursor = None) -> QueuePage:
    """What waits for somebody to read it, oldest first."""
    await note_read(request, person, "questions", "questions")
    read = services_of(request).database.read
    found = await read(questions.waiting, after_id=number_key(cursor), limit=limit + 1)
    return {
        "items": [_whole(each) for each in found[:limit]],
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
        "total": await read(questions.count_waiting),
    }


@router.post(
    "/api/support/questions/{question_id}/judge", **about(Audience.STAFF, "QUESTION_NOT_FOUND", example=EXAMPLE)
)
async def judge(request: Request, person: Staff, question_id: Id, body: JudgementBody) -> QuestionView:
    """Show a question or an answer, or hold it back for good, with a reason that its writer reads."""
    return _whole(await services_of(request).database.write(_judge, question_id, body, _act(request, person)))


def view(found: Question, reader: int | None) -> QuestionView:
    """A question as one reader may see it."""
    own = reader is not None and reader in {found.asker_id, found.seller_id}
    answer_shows = found.answer_state is State.SHOWN or (own and reader == found.seller_id)
    whole = _whole(found)
    if not answer_shows:
        whole |= {"answer": None, "answer_state": None, "answered_at": None}
    return {**whole, "mine": reader == found.asker_id, "reason": found.reason if own else None}


def _whole(found: Question) -> QuestionView:
    return {
        "id": found.id,
        "vehicle_id": found.vehicle_id,
        "text": found.text,
        "state": found.state.value,
        "asked_at": to_text(found.asked_at),
        "mine": False,
        "answer": found.answer,
        "answer_state": None if found.answer_state is None else found.answer_state.value,
        "answered_at": None if found.answered_at is None else to_text(found.answered_at),
        "reason": found.reason,
    }


def _page(
    connection: Connection, vehicle_id: int, reader: int | None, after_id: int | None, limit: int
) -> list[Question]:
    if vehicles.vehicle(connection, vehicle_id) is None:
        raise fail("VEHICLE_NOT_FOUND")
    return questions.shown(connection, vehicle_id, reader, after_id=after_id, limit=limit)


def _ask(connection: Connection, vehicle_id: int, text: str, act: Act) -> Question:
    found = vehicles.vehicle(connection, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    if found.seller_id == act.by.id:
        raise fail("OWN_LISTING")
    if questions.count_open(connection, vehicle_id, act.by.id) >= OPEN_MOST:
        raise fail("TOO_MANY_QUESTIONS", retry_after_s=3_600)
    state = state_of(text)
    asked = _known(connection, questions.ask(connection, vehicle_id, act.by.id, text, state, act.at))
    if state is State.SHOWN:
        _tell_seller(connection, asked, act)
    return asked


def _answer(connection: Connection, question_id: int, text: str, act: Act) -> Question:
    found = questions.question(connection, question_id, lock=True)
    if found is None or found.seller_id != act.by.id:
        raise fail("QUESTION_NOT_FOUND")
    if found.state is not State.SHOWN:
        raise fail("QUESTION_NOT_SHOWN")
    questions.answer(connection, question_id, text, state_of(text), act.at)
    answered = _known(connection, question_id)
    if answered.answer_state is State.SHOWN:
        _tell_asker(connection, answered, act)
    return answered


def _judge(connection: Connection, question_id: int, body: JudgementBody, act: Act) -> Question:
    found = questions.question(connection, question_id, lock=True)
    if found is None or (body.part is Part.ANSWER and found.answer is None):
        raise fail("QUESTION_NOT_FOUND")
    state = State.SHOWN if body.show else State.REFUSED
    questions.judge(connection, question_id, body.part, state, body.reason, act.by.id, act.at)
    before = found.state if body.part is Part.QUESTION else found.answer_state
    detail = {"part": body.part.value, "before": before, "after": state.value, "reason": body.reason}
    audit.note(connection, Deed(act.at, act.by.id, "question_judged", f"question {question_id}", detail, *act.source))
    judged = _known(connection, question_id)
    if body.show and body.part is Part.QUESTION:
        _tell_seller(connection, judged, act)
    elif body.show:
        _tell_asker(connection, judged, act)
    return judged


def _known(connection: Connection, question_id: int) -> Question:
    found = questions.question(connection, question_id)
    if found is None:
        raise LookupError(question_id)
    return found


def _tell_seller(connection: Connection, asked: Question, act: Act) -> None:
    _tell(connection, asked, asked.seller_id, NoticeKind.QUESTION_ASKED, act)
    facts, kind = {"question_id": asked.id}, FeedKind.QUESTION_ASKED
    seller_feed.note_event(connection, asked.seller_id, asked.vehicle_id, kind, facts, act.at)


def _tell_asker(connection: Connection, answered: Question, act: Act) -> None:
    _tell(connection, answered, answered.asker_id, NoticeKind.QUESTION_ANSWERED, act)


def _tell(connection: Connection, about_it: Question, user_id: int, kind: NoticeKind, act: Act) -> None:
    """Write a mail into the outbox: its text is read on the site, where it is judged and may be taken back."""
    reader, vehicle = people.person(connection, user_id), vehicles.vehicle(connection, about_it.vehicle_id)
    if reader is None or vehicle is None:
        return
    link = f"{act.public_url}/vehicles/{vehicle.id}#question-{about_it.id}"
    values = {"name": reader.name, "title": vehicle.title, "vehicle_link": link}
    at = about_it.answered_at if kind is NoticeKind.QUESTION_ANSWERED else about_it.asked_at
    key = f"{kind} {about_it.id} {at and to_text(at)}"
    notifications.enqueue(connection, NewNotice(user_id, kind, reader.email, values, key), act.at)


def _act(request: Request, person: Person) -> Act:
    return Act(person, now(), source_of(request), services_of(request).settings.public_url)
