"""Accounts that share something: fingerprints and the pairs that they make, with what a human decided of each pair."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.account_tables import fingerprints, linked_accounts
from activities.db.tables import auctions, users
from domain.links import BAR, SUGGEST, Decision, Evidence, after_evidence, from_text, is_evidence, pair, score, to_text


@dataclass(frozen=True, slots=True)
class Link:
    """Two accounts, the lower id first, and what is known of them together."""

    first_id: int
    second_id: int
    evidence: frozenset[Evidence]
    score: int
    found_at: datetime
    decision: Decision
    decided_by: int | None
    decided_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class LinkKey:
    """Where a page of links ended."""

    score: int
    first_id: int
    second_id: int


LINK = (
    linked_accounts.c.first_id,
    linked_accounts.c.second_id,
    linked_accounts.c.evidence,
    linked_accounts.c.score,
    linked_accounts.c.found_at,
    linked_accounts.c.decision,
    linked_accounts.c.decided_by,
    linked_accounts.c.decided_at,
    linked_accounts.c.reason,
)
BARRED = or_(
    linked_accounts.c.decision == Decision.LINKED.value,
    and_(linked_accounts.c.decision == Decision.OPEN.value, linked_accounts.c.score >= BAR),
)


def note_fingerprint(connection: Connection, user_id: int, kind: Evidence, digest: str, now: datetime) -> list[int]:
    """Note what an account has shown, and pair it with all who have shown the same; returns these accounts' ids.

    `digest` is a keyed hash, see `activities.fingerprints`. Noting the same again changes nothing but the time.
    """
    own = (fingerprints.c.user_id == user_id) & (fingerprints.c.kind == kind.value) & (fingerprints.c.hash == digest)
    seen = update(fingerprints).where(own).values(seen_at=now)
    if connection.execute(seen).rowcount == 0:
        row = {"user_id": user_id, "kind": kind.value, "hash": digest, "seen_at": now}
        _insert_unless_there(connection, fingerprints, row)
    others = _others(connection, user_id, kind, digest)
    if not is_evidence(kind, len(others)):
        return []
    for other in others:
        _add_evidence(connection, pair(user_id, other), kind, now)
    return others


def stays(connection: Connection, user_id: int) -> bool:
    """Whether somebody is not erased, nor will be before the end of the transaction.

    The lock is a shared one: two who show the same thing at once may both write their pair.
    """
    living = select(users.c.id).where(users.c.id == user_id, users.c.erased_at.is_(None))
    return connection.execute(living.with_for_update(read=True)).one_or_none() is not None


def barred_with(connection: Connection, seller_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Who may not bid on each seller's lots for being linked to them, by id: decided, or strong and undecided."""
    first, second = linked_accounts.c.first_id, linked_accounts.c.second_id
    one = select(first, second).where(first.in_(seller_ids), BARRED)
    other = select(second, first).where(second.in_(seller_ids), BARRED)
    found: dict[int, list[int]] = {seller_id: [] for seller_id in seller_ids}
    for seller_id, linked_id in connection.execute(one.union_all(other)):
        found[seller_id].append(linked_id)
    return {seller_id: tuple(sorted(linked)) for seller_id, linked in found.items()}


def barred_on(connection: Connection, auction_id: int) -> frozenset[int]:
    """Who may not bid on one lot as things are now; its frozen terms may not know of all of them."""
    seller_id = connection.execute(select(auctions.c.seller_id).where(auctions.c.id == auction_id)).scalar_one_or_none()
    return frozenset() if seller_id is None else frozenset(barred_with(connection, [seller_id])[seller_id])


def link(connection: Connection, first_id: int, second_id: int) -> Link | None:
    """One pair, whichever account is named first."""
    row = connection.execute(_query().where(_is(pair(first_id, second_id)))).one_or_none()
    return None if row is None else _link(row)


def locked_link(connection: Connection, first_id: int, second_id: int) -> Link | None:
    """One pair, locked until the end of the transaction, so that it is decided once at a time."""
    row = connection.execute(_query().where(_is(pair(first_id, second_id))).with_for_update()).one_or_none()
    return None if row is None else _link(row)


def link_page(connection: Connection, decision: Decision | None, *, after: LinkKey | None, limit: int) -> list[Link]:
    """A page of pairs worth a look, the strongest first."""
    points, first, second = linked_accounts.c.score, linked_accounts.c.first_id, linked_accounts.c.second_id
    query = _query().where(*_worth_a_look(decision)).order_by(points.desc(), first, second).limit(limit)
    if after is not None:
        later = and_(first == after.first_id, second > after.second_id)
        same_score = and_(points == after.score, or_(first > after.first_id, later))
        query = query.where(or_(points < after.score, same_score))
    return [_link(row) for row in connection.execute(query)]


def count_links(connection: Connection, decision: Decision | None) -> int:
    """How many pairs `link_page` would list in all."""
    query = select(func.count()).select_from(linked_accounts).where(*_worth_a_look(decision))
    return connection.execute(query).scalar_one()


def decide(
    connection: Connection, found: Link, decision: Decision, *, reason: str | None, by: int, now: datetime
) -> None:
    """Write what a human made of a pair."""
    values = {"decision": decision.value, "reason": reason, "decided_by": by, "decided_at": now}
    _update(connection, (found.first_id, found.second_id), **values)


def set_reason(connection: Connection, found: Link, reason: str | None) -> None:
    """Write a pair's reason anew; the decision stays who made it and when."""
    _update(connection, (found.first_id, found.second_id), reason=reason)


def _others(connection: Connection, user_id: int, kind: Evidence, digest: str) -> list[int]:
    # A locking read sees what others have committed meanwhile, and waits for what they are about to: of two accounts
    # that show the same thing at one moment, at least one finds the other (or is refused by a deadlock, and repeated).
    query = (
        select(fingerprints.c.user_id)
        .where(fingerprints.c.kind == kind.value, fingerprints.c.hash == digest, fingerprints.c.user_id != user_id)
        .order_by(fingerprints.c.user_id)
        .with_for_update(read=True)
    )
    return list(connection.execute(query).scalars())


def _add_evidence(connection: Connection, ids: tuple[int, int], kind: Evidence, now: datetime) -> None:
    evidence = frozenset({kind})
    row = {
        "first_id": ids[0],
        "second_id": ids[1],
        "evidence": to_text(evidence),
        "score": score(evidence),
        "found_at": now,
        "decision": Decision.OPEN.value,
    }
    known = locked_link(connection, *ids)
    if known is None and not _insert_unless_there(connection, linked_accounts, row):
        known = locked_link(connection, *ids)
    if known is not None and kind not in known.evidence:
        evidence = known.evidence | {kind}
        decision = after_evidence(known.decision, known.evidence, evidence)
        values = {"evidence": to_text(evidence), "score": score(evidence), "decision": decision.value}
        _update(connection, ids, found_at=now, **values)


def _insert_unless_there(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row; False where another transaction has done so meanwhile."""
    try:
        with connection.begin_nested():
            connection.execute(insert(table).values(row))
    except IntegrityError:
        return False
    return True


def _query() -> Select[Any]:
    return select(*LINK)


def _is(ids: tuple[int, int]) -> ColumnElement[bool]:
    return and_(linked_accounts.c.first_id == ids[0], linked_accounts.c.second_id == ids[1])


def _worth_a_look(decision: Decision | None) -> list[ColumnElement[bool]]:
    decided = [] if decision is None else [linked_accounts.c.decision == decision.value]
    # Signs too weak for anybody's time are kept, for the day on which another joins them.
    return [*decided, or_(linked_accounts.c.score >= SUGGEST, linked_accounts.c.decision != Decision.OPEN.value)]


def _link(row: Sequence[Any]) -> Link:
    first, second, evidence, points, found_at, decision, *rest = row
    return Link(first, second, from_text(evidence), points, found_at, Decision(decision), *rest)


def _update(connection: Connection, ids: tuple[int, int], **values: object) -> None:
    connection.execute(update(linked_accounts).where(_is(ids)).values(**values))
