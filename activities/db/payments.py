"""Payments: a row is written before the vendor hears of it, claimed before each sending, and moves by its table."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.account_tables import payments
from activities.db.tables import users
from activities.providers.authorize_net_results import VOIDED
from activities.providers.authorize_net_wire import REFERENCE_BYTES, new_reference
from domain.money_events import Means
from domain.payments import ENDS, NOT_RETURNED, Kind, Purpose, State, is_final, may_move

LONGEST_CODE = 40
RETURNS = (Kind.REFUND.value, Kind.VOID.value, Kind.FORFEIT.value)
OPEN = tuple(sorted(state.value for state in set(State) - ENDS))


class KeyReusedError(Exception):
    """The request key names another payment."""


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment that somebody wants. The same `request_key` is the same payment; `of_payment_id` is the charge that a
    refund gives back, `order_id` the sale that is paid or undone. Without `made_at` it is made as it is written."""

    user_id: int
    purpose: Purpose
    kind: Kind
    amount_cents: int
    request_key: str
    of_payment_id: int | None = None
    order_id: int | None = None
    means: Means = Means.CARD
    made_at: datetime | None = None
    state: State = State.CREATED
    recorded_by: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. `reference` is its one name at the vendor, `transaction_id` the vendor's, `code` says why it did not
    happen or what is in doubt. `made_at` is when its maker did it, `cleared_at` when it was found settled."""

    id: int
    user_id: int
    purpose: Purpose
    kind: Kind
    amount_cents: int
    reference: str
    state: State
    transaction_id: str | None
    of_payment_id: int | None
    code: str | None
    created_at: datetime
    updated_at: datetime
    order_id: int | None = None
    means: Means = Means.CARD
    made_at: datetime | None = None
    recorded_by: int | None = None
    approved_by: int | None = None
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A payment that its claimer now sends. `again`: a sending before this one has an unknown outcome."""

    payment: Payment
    again: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a payment becomes; None leaves a column as it is."""

    state: State
    transaction_id: str | None = None
    code: str | None = None
    kind: Kind | None = None


COLUMNS = tuple(
    payments.c[name]
    for name in (
        "id",
        "user_id",
        "purpose",
        "kind",
        "amount_cents",
        "reference",
        "state",
        "transaction_id",
        "of_payment_id",
        "code",
        "created_at",
        "updated_at",
        *("order_id", "means", "made_at", "recorded_by", "approved_by", "cleared_at"),
    )
)


def request_key(user_id: int, thing: str, key: str) -> str:
    """The request key of a person's Idempotency-Key for one thing, such as their deposits."""
    return hashlib.sha256(f"{user_id}:{thing}:{key}".encode()).hexdigest()


def create(connection: Connection, wanted: NewPayment, now: datetime) -> Payment:
    """Write a payment that nobody has sent yet, or find the one of this request key.

    Raises KeyReusedError where that one is not the same payment.
    """
    known = by_request(connection, wanted)
    if known is not None:
        return known
    row = {
        "user_id": wanted.user_id,
        "purpose": wanted.purpose.value,
        "kind": wanted.kind.value,
        "amount_cents": wanted.amount_cents,
        "reference": new_reference(secrets.token_bytes(REFERENCE_BYTES)),
        "request_key": wanted.request_key,
        "state": wanted.state.value,
        "of_payment_id": wanted.of_payment_id,
        "order_id": wanted.order_id,
        "means": wanted.means.value,
        "made_at": wanted.made_at or now,
        "recorded_by": wanted.recorded_by,
        "created_at": now,
        "updated_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(payments).values(row))
    except IntegrityError:
        if by_request(connection, wanted) is None:
            raise
    made = by_request(connection, wanted)
    if made is None:
        raise LookupError(wanted.request_key)
    return made


def by_request(connection: Connection, wanted: NewPayment) -> Payment | None:
    """The payment of a request key. Raises KeyReusedError where it is another one than is wanted now."""
    known = by_key(connection, wanted.request_key)
    if known is None:
        return None
    same = (known.user_id, known.purpose, known.amount_cents, known.of_payment_id, known.order_id)
    if same != (wanted.user_id, wanted.purpose, wanted.amount_cents, wanted.of_payment_id, wanted.order_id):
        raise KeyReusedError
    return known


def by_key(connection: Connection, key: str) -> Payment | None:
    """The payment of a request key, whatever it is."""
    row = connection.execute(select(*COLUMNS).where(payments.c.request_key == key)).one_or_none()
    return None if row is None else _payment(row)


def find(connection: Connection, payment_id: int) -> Payment | None:
    """One payment."""
    row = connection.execute(select(*COLUMNS).where(payments.c.id == payment_id)).one_or_none()
    return None if row is None else _payment(row)


def locked(connection: Connection, payment_id: int) -> Payment:
    """One payment, which nobody else moves before the transaction's end. Raises LookupError."""
    row = connection.execute(select(*COLUMNS).where(payments.c.id == payment_id).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(payment_id)
    return _payment(row)


def claim(connection: Connection, payment_id: int, now: datetime, *, resend_until: datetime) -> Claimed | Payment:
    """Take a payment for sending; where it is not to be sent, the payment as it stands.

    One found half sent was left by a sender that died: nobody knows what the vendor did. A payment in doubt is claimed
    again before `resend_until`, by whoever has looked it up in vain. Raises LookupError for an unknown id.
    """
    payment = locked(connection, payment_id)
    if payment.state is State.SENDING:
        return _write(connection, payment, Change(State.UNKNOWN), now)
    again = payment.state is State.UNKNOWN and now < resend_until
    if payment.state is not State.CREATED and not again:
        return payment
    return Claimed(_write(connection, payment, Change(State.SENDING), now), again)


def release(connection: Connection, claimed: Claimed, now: datetime, code: str | None = None) -> Payment:
    """Give a claimed payment back: this sending has certainly done nothing. What was in doubt before it still is."""
    payment = locked(connection, claimed.payment.id)
    # Another sender may have found this one silent and claimed the payment since.
    if payment.state is not State.SENDING or payment.updated_at != claimed.payment.updated_at:
        return payment
    return _write(connection, payment, Change(State.UNKNOWN if claimed.again else State.CREATED, code=code), now)


def mark(
    connection: Connection, payment_id: int, change: Change, now: datetime, *, only_from: State | None = None
) -> tuple[Payment, bool]:
    """Move a payment, if it may make that move; returns it as it stands, and whether it moved. Raises LookupError.

    What is over moves only for who names the state that it leaves: an answer that comes late undoes nothing. Only a
    charge is reversed, and not one that a return of ours let go.
    """
    payment = locked(connection, payment_id)
    named = only_from is payment.state or (only_from is None and not is_final(payment.state))
    if not named or not may_move(payment.state, change.state):
        return payment, False
    if change.state is State.REVERSED and not _is_lost(connection, payment, change):
        return payment, False
    return _write(connection, payment, change, now), True


def whole_return(connection: Connection, charge: Payment) -> Payment | None:
    """The return of all of a charge that was carried out, or is not given up: it may be what voids the charge.

    Takes the person's lock, under which returns are asked for: none comes up before the transaction's end.
    """
    connection.execute(select(users.c.id).where(users.c.id == charge.user_id).with_for_update())
    query = select(*COLUMNS).where(
        payments.c.of_payment_id == charge.id,
        payments.c.kind != Kind.FORFEIT.value,
        payments.c.amount_cents == charge.amount_cents,
        payments.c.state.not_in([state.value for state in sorted(NOT_RETURNED)]),
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _payment(row)


def deposits_cents(connection: Connection, user_id: int) -> int:
    """Deposits that were taken, less what went back, is on its way back, or may have gone back.

    One that was reversed counts no more, but what of it had gone back still does: that is money of ours. A return of it
    that was never sent will not be.
    """
    taken = (payments.c.kind == Kind.CHARGE.value) & (payments.c.state == State.DONE.value)
    charge = payments.alias()
    lost = select(charge.c.id).where(charge.c.user_id == user_id, charge.c.state == State.REVERSED.value)
    stopped = (payments.c.state == State.CREATED.value) & payments.c.of_payment_id.in_(lost)
    given = payments.c.state.not_in([state.value for state in sorted(NOT_RETURNED)])
    gone = payments.c.kind.in_(RETURNS) & given & ~stopped
    held = case((taken, payments.c.amount_cents), (gone, -payments.c.amount_cents), else_=0)
    query = select(func.coalesce(func.sum(held), 0)).where(
        payments.c.user_id == user_id, payments.c.purpose == Purpose.DEPOSIT.value
    )
    return max(int(connection.execute(query).scalar_one()), 0)


def returned_cents(connection: Connection, charge_id: int) -> int:
    """How much of a charge went back, is on its way back, or may have gone back."""
    query = select(func.coalesce(func.sum(payments.c.amount_cents), 0)).where(
        payments.c.of_payment_id == charge_id, payments.c.state.not_in([state.value for state in sorted(NOT_RETURNED)])
    )
    return int(connection.execute(query).scalar_one())


def unreturned(connection: Connection, user_id: int) -> list[int]:
    """The deposits of which something is left, oldest first."""
    query = select(payments.c.id, payments.c.amount_cents).where(
        _of(user_id, Purpose.DEPOSIT), payments.c.kind == Kind.CHARGE.value, payments.c.state == State.DONE.value
    )
    taken = connection.execute(query.order_by(payments.c.id)).all()
    return [key for key, cents in taken if returned_cents(connection, key) < cents]


def of_order(connection: Connection, order_id: int) -> list[Payment]:
    """All payments and returns of a sale, oldest first; what a default forfeits is a deposit's."""
    own = (payments.c.order_id == order_id) & (payments.c.purpose == Purpose.ORDER.value)
    query = select(*COLUMNS).where(own).order_by(payments.c.id)
    return [_payment(row) for row in connection.execute(query)]


def note_cleared(connection: Connection, payment_id: int, now: datetime) -> None:
    """Note that a payment is settled; the first time stays."""
    fresh = (payments.c.id == payment_id) & payments.c.cleared_at.is_(None)
    connection.execute(update(payments).where(fresh).values(cleared_at=now))


def open_of(connection: Connection, user_id: int, purpose: Purpose, kind: Kind) -> Payment | None:
    """A payment of this kind that is not over; the oldest."""
    query = (
        select(*COLUMNS)
        .where(_of(user_id, purpose), payments.c.kind == kind.value, payments.c.state.in_(OPEN))
        .order_by(payments.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _payment(row)


def of_user(
    connection: Connection, user_id: int, purpose: Purpose, *, limit: int, before: int | None = None
) -> list[Payment]:
    """A person's payments for one purpose, newest first, below an id."""
    query = select(*COLUMNS).where(_of(user_id, purpose)).order_by(payments.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(payments.c.id < before)
    return [_payment(row) for row in connection.execute(query)]


def count_of_user(connection: Connection, user_id: int, purpose: Purpose) -> int:
    """How many `of_user` would list in all."""
    query = select(func.count()).select_from(payments).where(_of(user_id, purpose))
    return connection.execute(query).scalar_one()


def in_state(connection: Connection, state: State, limit: int, before: int | None = None) -> list[Payment]:
    """Everybody's payments in a state, such as those that wait for a person, newest first, below an id."""
    query = select(*COLUMNS).where(payments.c.state == state.value).order_by(payments.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(payments.c.id < before)
    return [_payment(row) for row in connection.execute(query)]


def count_in_state(connection: Connection, state: State, since: datetime | None = None) -> int:
    """How many `in_state` would list in all, or of those how many came into it since a moment."""
    query = select(func.count()).select_from(payments).where(payments.c.state == state.value)
    if since is not None:
        query = query.where(payments.c.updated_at >= since)
    return connection.execute(query).scalar_one()


def by_transaction(connection: Connection, transaction_id: str) -> list[int]:
    """The payments that the vendor knows under an id: a charge, and the void of it, have the same."""
    query = select(payments.c.id).where(payments.c.transaction_id == transaction_id).order_by(payments.c.id)
    return list(connection.execute(query).scalars())


def by_reference(connection: Connection, reference: str) -> int | None:
    """The payment that we named so."""
    return connection.execute(select(payments.c.id).where(payments.c.reference == reference)).scalar_one_or_none()


def unsent(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Payments written before a moment that wait to be sent, oldest first."""
    query = (
        select(payments.c.id)
        .where(payments.c.state == State.CREATED.value, payments.c.created_at < before)
        .order_by(payments.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _is_lost(connection: Connection, payment: Payment, change: Change) -> bool:
    is_ours = change.code == VOIDED and whole_return(connection, payment) is not None
    return payment.kind is Kind.CHARGE and not is_ours


def _of(user_id: int, purpose: Purpose) -> Any:
    return (payments.c.user_id == user_id) & (payments.c.purpose == purpose.value)


def _write(connection: Connection, payment: Payment, change: Change, now: datetime) -> Payment:
    values: dict[str, Any] = {"state": change.state.value, "updated_at": now}
    if change.transaction_id is not None:
        values["transaction_id"] = change.transaction_id
    if change.code is not None:
        values["code"] = change.code[:LONGEST_CODE]
    if change.kind is not None:
        values["kind"] = change.kind.value
    if change.state is State.DONE:
        values["code"] = None
    connection.execute(update(payments).where(payments.c.id == payment.id).values(values))
    return locked(connection, payment.id)


def _payment(row: Sequence[Any]) -> Payment:
    key, user_id, purpose, kind, amount, reference, state, *rest = row
    transaction_id, of_payment_id, code, created_at, updated_at, order_id, means, *more = rest
    return Payment(
        key,
        user_id,
        Purpose(purpose),
        Kind(kind),
        amount,
        reference,
        State(state),
        transaction_id,
        of_payment_id,
        code,
        created_at,
        updated_at,
        order_id,
        Means(means),
        *more,
    )
