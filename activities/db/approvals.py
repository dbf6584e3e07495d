"""Requests that a second admin must approve: filed, decided once, carried out once, and never forgotten in between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from activities.db.tables import approvals, bids, users

ENCODER = msgspec.json.Encoder()
ASKER, DECIDER = users.alias("asker"), users.alias("decider")


class State(StrEnum):
    """Where a request stands. `approved`: a second admin agreed, and its outcome is not known yet."""

    OPEN = "open"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the staff by id and name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NewApproval:
    """A request to be filed. `request_key` stands for the admin and their key; `facts` are JSON and public."""

    auction_id: int
    action: str
    facts: Mapping[str, Any]
    reason: str
    requested_by: int
    request_key: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A request. `seq` and `code` are those of the ledger entry that carrying it out has made."""

    id: int
    auction_id: int
    action: str
    facts: Mapping[str, Any]
    reason: str
    requested_by: Staff
    requested_at: datetime
    decided_by: Staff | None
    decided_at: datetime | None
    state: State
    request_key: str
    decision_key: str | None
    seq: int | None
    code: str | None


def add_approval(connection: Connection, wanted: NewApproval, now: datetime) -> int:
    """File a request and return its id."""
    payload = {"facts": dict(wanted.facts), "request_key": wanted.request_key}
    row = {
        "auction_id": wanted.auction_id,
        "action": wanted.action,
        "payload": ENCODER.encode(payload).decode(),
        "reason": wanted.reason,
        "requested_by": wanted.requested_by,
        "requested_at": now,
    }
    key: Any = connection.execute(insert(approvals).values(row)).inserted_primary_key
    number: int = key[0]
    return number


def filed_under(connection: Connection, wanted: NewApproval) -> Approval | None:
    """The request that this admin filed for this auction under the same key before."""
    # The lock on the admin's account makes two sendings of one request wait for each other.
    connection.execute(select(users.c.id).where(users.c.id == wanted.requested_by).with_for_update())
    query = _query().where(
        approvals.c.auction_id == wanted.auction_id,
        approvals.c.requested_by == wanted.requested_by,
        approvals.c.payload.contains(wanted.request_key),
    )
    return next((found for found in map(_approval, connection.execute(query))), None)


def approval(connection: Connection, approval_id: int) -> Approval | None:
    """One request."""
    row = connection.execute(_query().where(approvals.c.id == approval_id)).one_or_none()
    return None if row is None else _approval(row)


def locked_approval(connection: Connection, approval_id: int) -> Approval | None:
    """One request, locked until the end of the transaction, so that it is decided once."""
    connection.execute(select(approvals.c.id).where(approvals.c.id == approval_id).with_for_update())
    return approval(connection, approval_id)


def decide(
    connection: Connection, decided: Approval, *, by: int, at: datetime, decision_key: str, rejected: bool
) -> None:
    """Write who decided an open request; a rejected one is finished by that."""
    _update(
        connection,
        decided.id,
        decided_by=by,
        decided_at=at,
        outcome=State.REJECTED.value if rejected else None,
        payload=_payload(decided, decision_key=decision_key),
    )


def finish(connection: Connection, done: Approval, *, outcome: State, seq: int | None, code: str | None) -> None:
    """Write what carrying out an approved request has come to; the first outcome stays."""
    current = locked_approval(connection, done.id)
    if current is not None and current.state is State.APPROVED:
        _update(connection, done.id, outcome=outcome.value, payload=_payload(current, seq=seq, code=code))


def approval_page(connection: Connection, state: State | None, *, before_id: int | None, limit: int) -> list[Approval]:
    """A page of requests, newest first, below an id."""
    query = _query().where(*_in_state(state)).order_by(approvals.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(approvals.c.id < before_id)
    return [_approval(row) for row in connection.execute(query)]


def count_approvals(connection: Connection, state: State | None) -> int:
    """Count the requests of a state."""
    return connection.execute(select(func.count()).select_from(approvals).where(*_in_state(state))).scalar_one()


def bidder_of(connection: Connection, auction_id: int, alias: str) -> int | None:
    """The account behind `Bidder n` of an auction: the nth by first accepted bid (auction-rules.md section 5)."""
    number = int(alias.rsplit(" ", 1)[1])
    query = (
        select(bids.c.user_id)
        .where(bids.c.auction_id == auction_id, bids.c.outcome != "refused")
        .group_by(bids.c.user_id)
        .order_by(func.min(bids.c.seq))
        .limit(1)
        .offset(number - 1)
    )
    return connection.execute(query).scalar_one_or_none()


def _query() -> Any:
    return (
        select(
            approvals.c.id,
            approvals.c.auction_id,
            approvals.c.action,
            approvals.c.payload,
            approvals.c.reason,
            ASKER.c.id,
            ASKER.c.name,
            approvals.c.requested_at,
            DECIDER.c.id,
            DECIDER.c.name,
            approvals.c.decided_at,
            approvals.c.outcome,
        )
        .join_from(approvals, ASKER, ASKER.c.id == approvals.c.requested_by)
        .outerjoin(DECIDER, DECIDER.c.id == approvals.c.decided_by)
    )


def _approval(row: Sequence[Any]) -> Approval:
    number, auction_id, action, text, reason, asker, asker_name, asked_at, decider, name, decided_at, outcome = row
    payload = msgspec.json.decode(text)
    undecided = State.OPEN if decider is None else State.APPROVED
    return Approval(
        id=number,
        auction_id=auction_id,
        action=action,
        facts=payload["facts"],
        reason=reason,
        requested_by=Staff(asker, asker_name),
        requested_at=asked_at,
        decided_by=None if decider is None else Staff(decider, name),
        decided_at=decided_at,
        state=undecided if outcome is None else State(outcome),
        request_key=payload["request_key"],
        decision_key=payload.get("decision_key"),
        seq=payload.get("seq"),
        code=payload.get("code"),
    )


def _payload(current: Approval, **more: object) -> str:
    known = {"facts": dict(current.facts), "request_key": current.request_key, "decision_key": current.decision_key}
    return ENCODER.encode({**known, **more}).decode()


def _in_state(state: State | None) -> list[ColumnElement[bool]]:
    match state:
        case None:
            return []
        case State.OPEN:
            return [approvals.c.decided_by.is_(None)]
        case State.APPROVED:
            return [approvals.c.decided_by.is_not(None), approvals.c.outcome.is_(None)]
        case _:
            return [approvals.c.outcome == state.value]


def _update(connection: Connection, approval_id: int, **values: object) -> None:
    connection.execute(update(approvals).where(approvals.c.id == approval_id).values(**values))
