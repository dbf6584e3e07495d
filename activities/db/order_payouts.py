"""Payouts in the database: each with its day, what of it left under which key, and the seller's side of the ledger.

What is with the provider counts as gone from the moment before it is handed over. The caller has the order locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from activities.db import money_ledger
from activities.db.order_tables import payouts as table
from activities.db.orders import Stored
from activities.order_contracts import PayoutState, SetPayout
from domain import money_events as events
from domain import payouts as rules
from domain.business_days import day_of
from domain.money_ledger import Account, Book, Event, Kind, undone
from domain.orders import OrderStatus
from domain.payouts import Claim, Line, LineCode, Payout, PayoutCode, PayoutStatus, Statement, Step, statement

ENCODER = msgspec.json.Encoder()
DUE_KINDS = frozenset({Kind.PAYOUT_DUE, Kind.CLAWBACK})
COLUMNS = tuple(
    table.c[name]
    for name in (
        *("order_id", "seller_id", "status", "cents", "due_on", "held", "attempt", "claimed_cents", "reason"),
        *("statement", "updated_at"),
    )
)


@dataclass(frozen=True, slots=True)
class StoredPayout:
    """A payout with its seller; `statement` is there once it was handed over."""

    payout: Payout
    seller_id: int
    held: bool
    statement: Statement | None
    updated_at: datetime


def find(connection: Connection, order_id: int) -> StoredPayout | None:
    """The payout of an order."""
    row = connection.execute(select(*COLUMNS).where(table.c.order_id == order_id)).one_or_none()
    return None if row is None else _stored(row)


def in_status(connection: Connection, status: PayoutStatus, limit: int, after: int | None = None) -> list[StoredPayout]:
    """Payouts in a status by their order, after one: such as those that are with the provider."""
    query = select(*COLUMNS).where(table.c.status == status.value).order_by(table.c.order_id).limit(limit)
    if after is not None:
        query = query.where(table.c.order_id > after)
    return [_stored(row) for row in connection.execute(query)]


def arrange(connection: Connection, stored: Stored, work: SetPayout, now: datetime) -> PayoutState:
    """Write down when the seller is paid; from then on the price is due to them in the money ledger."""
    known = find(connection, stored.order.id) or _add(connection, stored, now)
    payout = known.payout
    if work.due_on is not None and payout.status in {PayoutStatus.WAITING, PayoutStatus.DUE}:
        payout = replace(_due(connection, stored, payout, now), due_on=work.due_on)
        after = rules.moved(payout, Step.SET)
        payout = payout if isinstance(after, PayoutCode) else after
    _write(connection, payout, now, held=work.held)
    return _state(payout)


def begin_sending(connection: Connection, stored: Stored, now: datetime) -> Payout | PayoutCode:
    """The payout as it leaves, judged by the facts of this very moment; nothing leaves before this is committed."""
    known = find(connection, stored.order.id)
    if known is None:
        return PayoutCode.NOT_DUE
    payout = _settled_with_refunds(connection, stored, known.payout, now)
    code = _refusal(stored, known, payout, day_of(now))
    if code is not None:
        _write(connection, payout, now)
        return code
    told = _statement(connection, stored, payout)
    after = rules.moved(replace(payout, attempt=payout.attempt + 1), Step.SEND)
    if isinstance(after, PayoutCode):
        return after
    _take_claims(connection, told, 1, now)
    if told.net_cents:
        sent = events.payout_sent(Event(after.key, now, stored.order.id), known.seller_id, told.net_cents)
        money_ledger.record(connection, sent, now)
    _write(connection, after, now, statement=ENCODER.encode(told).decode())
    return after


def moved(connection: Connection, order_id: int, step: Step, reason: str, now: datetime) -> PayoutState:
    """A provider's or a bank's word on a payout that was handed over; the same word again changes nothing.

    Raises LookupError for an order without one.
    """
    known = find(connection, order_id)
    if known is None:
        raise LookupError(order_id)
    if step is Step.RETURN:
        found = rules.returned(known.payout, reason)
        after = found if isinstance(found, PayoutCode) else found[0]
    else:
        after = rules.moved(known.payout, step, reason)
    if isinstance(after, PayoutCode):
        return replace(_state(known.payout), code=after.value)
    if step in {Step.RETURN, Step.FAIL}:
        _came_back(connection, known, now)
    _write(connection, after, now)
    return _state(after)


def claw_back(connection: Connection, stored: Stored, cents: int | None, key: str, now: datetime) -> PayoutState:
    """Stop a payout or a part of it, or claim from the seller what has left."""
    order = stored.order
    known = find(connection, order.id)
    if known is None:
        return PayoutState(PayoutStatus.CANCELLED)
    back = known.payout.cents if cents is None else min(cents, known.payout.cents - known.payout.claimed_cents)
    after, _ = rules.clawback(known.payout, back)
    due = _due_cents(connection, stored)
    owed = due if cents is None else min(back, due)
    if owed > 0:
        told = events.clawback(Event(f"{order.id}-{key}", now, order.id), known.seller_id, owed)
        money_ledger.record(connection, told, now)
    _write(connection, after, now)
    return _state(after)


def _refusal(stored: Stored, known: StoredPayout, payout: Payout, today: date) -> PayoutCode | None:
    if payout.status is not PayoutStatus.DUE:
        return PayoutCode.NOT_POSSIBLE
    if stored.order.status is OrderStatus.DISPUTED:
        return PayoutCode.DISPUTE_OPEN
    if known.held:
        return PayoutCode.SELLER_HELD
    if payout.due_on is None or today < payout.due_on:
        return PayoutCode.NOT_DUE
    return None if payout.cents > 0 else PayoutCode.NOTHING_TO_SEND


def _due(connection: Connection, stored: Stored, payout: Payout, now: datetime) -> Payout:
    """What is due by the ledger: the price, less what of it was credited to the buyer."""
    order = stored.order
    told = money_ledger.of_order(connection, order.id)
    if any(each.kind is Kind.PAYOUT_DUE for each in told):
        return _settled_with_refunds(connection, stored, payout, now)
    cents = -_proceeds(connection, order.id)
    if cents > 0:
        due = events.payout_due(Event(str(order.id), now, order.id), order.seller_id, cents)
        money_ledger.record(connection, due, now)
    return replace(payout, cents=max(cents, 0))


def _settled_with_refunds(connection: Connection, stored: Stored, payout: Payout, now: datetime) -> Payout:
    """A part of the price that was credited after it was due to the seller is theirs to bear."""
    order = stored.order
    over = min(_proceeds(connection, order.id), _due_cents(connection, stored))
    if over <= 0:
        return payout
    count = sum(each.kind is Kind.CLAWBACK for each in money_ledger.of_order(connection, order.id))
    told = events.clawback(Event(f"{order.id}-refund-{count + 1}", now, order.id), order.seller_id, over)
    money_ledger.record(connection, told, now)
    after, _ = rules.clawback(payout, over)
    return after


def _proceeds(connection: Connection, order_id: int) -> int:
    """The price that is due to nobody yet, negative; positive where the buyer was credited what the seller has."""
    return money_ledger.balances_of_order(connection, order_id).get(Account(Book.PROCEEDS), 0)


def _due_cents(connection: Connection, stored: Stored) -> int:
    """What of the price has become the seller's, less what was clawed back."""
    seller = Account(Book.SELLER, stored.order.seller_id)
    told = (each for each in money_ledger.of_order(connection, stored.order.id) if each.kind in DUE_KINDS)
    return -sum(posting.cents for each in told for posting in each.postings if posting.account == seller)


def _statement(connection: Connection, stored: Stored, payout: Payout) -> Statement:
    price = stored.order.price_cents
    lines = [
        Line(LineCode.PRICE, price, "The price of the vehicle."),
        Line(LineCode.REFUNDED, payout.cents - price, "Given back to the buyer."),
    ]
    owed = (table.c.seller_id == stored.order.seller_id) & (table.c.claimed_cents > 0)
    others = owed & (table.c.order_id != stored.order.id)
    query = select(table.c.order_id, table.c.claimed_cents).where(others).order_by(table.c.order_id)
    return statement(lines, [Claim(str(order_id), cents) for order_id, cents in connection.execute(query)])


def _take_claims(connection: Connection, told: Statement, sign: int, now: datetime) -> None:
    for claim in told.settled:
        left = table.c.claimed_cents - sign * claim.cents
        own = table.c.order_id == int(claim.id)
        connection.execute(update(table).where(own).values(claimed_cents=left, updated_at=now))


def _came_back(connection: Connection, known: StoredPayout, now: datetime) -> None:
    """It is due to the seller again, and older claims stand as they did."""
    payout = known.payout
    if known.statement is not None:
        _take_claims(connection, known.statement, -1, now)
    sent = money_ledger.find(connection, f"{Kind.PAYOUT_SENT.value}:{payout.key}")
    if sent is not None:
        back = undone(sent, Kind.PAYOUT_RETURNED, Event(payout.key, now, payout.order_id))
        money_ledger.record(connection, back, now)


def _add(connection: Connection, stored: Stored, now: datetime) -> StoredPayout:
    order = stored.order
    row = {
        "order_id": order.id,
        "seller_id": order.seller_id,
        "status": PayoutStatus.WAITING.value,
        "cents": order.price_cents,
        "attempt": 0,
        "claimed_cents": 0,
        "reason": "",
        "updated_at": now,
    }
    connection.execute(insert(table).values(row))
    return StoredPayout(
        Payout(order.id, order.price_cents), order.seller_id, held=False, statement=None, updated_at=now
    )


def _write(connection: Connection, payout: Payout, now: datetime, **columns: object) -> None:
    values = {
        "status": payout.status.value,
        "cents": payout.cents,
        "due_on": None if payout.due_on is None else payout.due_on.isoformat(),
        "attempt": payout.attempt,
        "claimed_cents": payout.claimed_cents,
        "reason": payout.reason,
        "updated_at": now,
    }
    connection.execute(update(table).where(table.c.order_id == payout.order_id).values({**values, **columns}))


def _state(payout: Payout) -> PayoutState:
    return PayoutState(payout.status, payout.cents)


def _stored(row: Sequence[Any]) -> StoredPayout:
    order_id, seller_id, status, cents, due_on, held, attempt, claimed, reason, told, updated_at = row
    day = None if due_on is None else date.fromisoformat(due_on)
    payout = Payout(order_id, cents, PayoutStatus(status), day, attempt, claimed, reason)
    known = None if told is None else msgspec.json.decode(told, type=Statement)
    return StoredPayout(payout, seller_id, bool(held), known, updated_at)
