"""Queries on questions and answers of listings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select, update

from activities.db.question_tables import vehicle_questions
from activities.db.tables import vehicles
from domain.questions import Part, State

QUESTION = vehicle_questions.c


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer, if there is one; `seller_id` is whose vehicle it is about."""

    id: int
    vehicle_id: int
    asker_id: int
    text: str
    state: State
    asked_at: datetime
    answer: str | None
    answer_state: State | None
    answered_at: datetime | None
    reason: str | None
    seller_id: int


COLUMNS = (
    QUESTION.id,
    QUESTION.vehicle_id,
    QUESTION.asker_id,
    QUESTION.text,
    QUESTION.state,
    QUESTION.asked_at,
    QUESTION.answer,
    QUESTION.answer_state,
    QUESTION.answered_at,
    QUESTION.reason,
    vehicles.c.seller_id,
)


def ask(connection: Connection, vehicle_id: int, asker_id: int, text: str, state: State, now: datetime) -> int:
    """Write a question down and return its id."""
    values = {"vehicle_id": vehicle_id, "asker_id": asker_id, "text": text, "state": state.value, "asked_at": now}
    key: Any = connection.execute(insert(vehicle_questions).values(values)).inserted_primary_key
    number: int = key[0]
    return number


def question(connection: Connection, question_id: int, *, lock: bool = False) -> Question | None:
    """One question; with `lock` nobody else answers or judges it until the transaction's end."""
    query = _query().where(QUESTION.id == question_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _question(row)


def shown(
    connection: Connection, vehicle_id: int, reader_id: int | None, *, after_id: int | None, limit: int
) -> list[Question]:
    """A page of a vehicle's questions as one reader may see them, newest first, below an id: those that are shown, and
    the reader's own or those on their own vehicle."""
    query = _query().where(QUESTION.vehicle_id == vehicle_id, _visible(reader_id))
    if after_id is not None:
        query = query.where(QUESTION.id < after_id)
    return [_question(row) for row in connection.execute(query.order_by(QUESTION.id.desc()).limit(limit))]


def waiting(connection: Connection, *, after_id: int | None, limit: int) -> list[Question]:
    """A page of what waits for the staff, oldest first, above an id."""
    query = _query().where(_is_held()).order_by(QUESTION.id).limit(limit)
    if after_id is not None:
        query = query.where(QUESTION.id > after_id)
    return [_question(row) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> int:
    """How many wait for the staff."""
    return connection.execute(select(func.count()).select_from(vehicle_questions).where(_is_held())).scalar_one()


def count_open(connection: Connection, vehicle_id: int, asker_id: int) -> int:
    """How many questions of a person on a vehicle are not answered yet."""
    query = select(func.count()).select_from(vehicle_questions)
    unanswered = (QUESTION.answer.is_(None), QUESTION.state != State.REFUSED.value)
    query = query.where(QUESTION.vehicle_id == vehicle_id, QUESTION.asker_id == asker_id, *unanswered)
    return connection.execute(query).scalar_one()


def answer(connection: Connection, question_id: int, text: str, state: State, now: datetime) -> None:
    """Write the seller's answer; one before it is gone."""
    _update(connection, question_id, answer=text, answer_state=state.value, answered_at=now)


def judge(
    connection: Connection, question_id: int, part: Part, state: State, reason: str, by: int, now: datetime
) -> None:
    """Write what the staff decided on one of the two texts."""
    column = "state" if part is Part.QUESTION else "answer_state"
    _update(connection, question_id, **{column: state.value}, reason=reason, reviewed_by=by, reviewed_at=now)


def _visible(reader_id: int | None) -> ColumnElement[bool]:
    public = QUESTION.state == State.SHOWN.value
    return public if reader_id is None else or_(public, QUESTION.asker_id == reader_id)


def _is_held() -> ColumnElement[bool]:
    return or_(QUESTION.state == State.HELD.value, QUESTION.answer_state == State.HELD.value)


def _query() -> Select[Any]:
    return select(*COLUMNS).join_from(vehicle_questions, vehicles, vehicles.c.id == QUESTION.vehicle_id)


def _question(row: Sequence[Any]) -> Question:
    number, vehicle_id, asker_id, text, state, asked_at, answered, answer_state, answered_at, reason, seller_id = row
    return Question(
        number,
        vehicle_id,
        asker_id,
        text,
        State(state),
        asked_at,
        answered,
        None if answer_state is None else State(answer_state),
        answered_at,
        reason,
        seller_id,
    )


def _update(connection: Connection, question_id: int, **values: object) -> None:
    connection.execute(update(vehicle_questions).where(QUESTION.id == question_id).values(values))
