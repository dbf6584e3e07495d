"""Deposits in the database: what a person may ask for, and what a payment's end does to buying power and mails."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from activities.db import accounts, payment_book, payments
from activities.db.accounts import Account
from activities.db.notifications import NewNotice, enqueue
from activities.db.payments import KeyReusedError, NewPayment, Payment
from activities.db.reservations import Kind as Hold
from activities.db.reservations import at_stake
from activities.db.tables import reservations, users
from domain.accounts import Clearance, Facts, State, Step, clearance
from domain.clock import to_text
from domain.deposits import Backing, Refusal, Refused, amount_refused, return_amount_refused, return_refused
from domain.errors import RefusedError
from domain.notices import NoticeKind
from domain.payments import Kind, Purpose
from domain.payments import State as PaymentState

THING = "deposit"
RETURN = "deposit-return"


def ask(connection: Connection, user_id: int, amount_cents: int, key: str, now: datetime) -> Payment | Refused:
    """Write down a deposit to be charged to the stored card, or find the one of this Idempotency-Key.

    Raises RefusedError (`ACCOUNT_CLOSED`) for somebody who was erased since they signed in.
    """
    account = _locked_account(connection, user_id)
    if account.erased:
        raise RefusedError("ACCOUNT_CLOSED", "This account is closed.")
    request_key = payments.request_key(user_id, THING, key)
    wanted = NewPayment(user_id, Purpose.DEPOSIT, Kind.CHARGE, amount_cents, request_key)
    try:
        known = payments.by_request(connection, wanted)
    except KeyReusedError:
        return Refused(Refusal.ID_REUSED)
    if known is not None:
        return known
    refused = amount_refused(amount_cents) or _card_refused(account, now) or _open(connection, user_id)
    return refused or payments.create(connection, wanted, now)


def ask_return(
    connection: Connection, user_id: int, charge_id: int, amount_cents: int | None, key: str, now: datetime
) -> Payment | Refused:
    """Write down that a deposit, or `amount_cents` of it, goes back, and lower the buying power with it.

    The lock on the person is the one that a bid's reservation takes, so no bid spends what is going back.
    """
    account = _locked_account(connection, user_id)
    charge = payments.find(connection, charge_id)
    if charge is None or (charge.user_id, charge.purpose, charge.kind) != (user_id, Purpose.DEPOSIT, Kind.CHARGE):
        return Refused(Refusal.NOT_FOUND)
    request_key = payments.request_key(user_id, f"{RETURN}:{charge_id}", key)
    known = payments.by_key(connection, request_key)
    if known is not None:
        return known if amount_cents in {None, known.amount_cents} else Refused(Refusal.ID_REUSED)
    if charge.state is not PaymentState.DONE:
        return Refused(Refusal.NOT_HELD)
    left = charge.amount_cents - payments.returned_cents(connection, charge_id)
    amount = left if amount_cents is None else amount_cents
    if refused := return_amount_refused(amount, left) or _backing_refused(connection, account, amount, now):
        return refused
    wanted = NewPayment(user_id, Purpose.DEPOSIT, Kind.REFUND, amount, request_key, charge_id)
    made = payments.create(connection, wanted, now)
    rejudge(connection, user_id, now)
    return made


def rejudge(connection: Connection, user_id: int, now: datetime) -> Clearance:
    """Judge an account by its deposits as they are now, and let the bid path know. The caller holds the person's lock.

    Raises LookupError for nobody.
    """
    judged = clearance(_facts(connection, _account(connection, user_id)), now)
    allowed = {"can_bid": judged.cleared, "buying_limit_cents": judged.limit_cents, "lots_limit": judged.lots}
    connection.execute(update(users).where(users.c.id == user_id).values(allowed))
    return judged


def follow(connection: Connection, payment: Payment, now: datetime, *, public_url: str) -> list[str]:
    """What the end of a deposit's payment entails, in the transaction that writes it: money ledger, buying power
    and a mail.

    Returns outbox ids. A return that failed for good raises the buying power again. A deposit that was taken back from
    us lowers it: bids that stand beyond it stay, and new ones wait for another deposit.

    Raises ValueError for what is no deposit's payment.
    """
    if payment.purpose is not Purpose.DEPOSIT:
        raise ValueError(f"payment {payment.id} is no deposit's")
    account = _locked_account(connection, payment.user_id)
    payment_book.deposit(connection, payment, now)
    judged = rejudge(connection, payment.user_id, now)
    kind = _mail_of(payment)
    if kind is None or account.erased:
        return []
    values: Mapping[str, object] = {"limit_cents": judged.limit_cents}
    # A charge may be lost, and come back, more than once; a return is told of once.
    occasion = f"payment {payment.id} {to_text(payment.updated_at)}"
    if kind is NoticeKind.DEPOSIT_RETURNED:
        values, occasion = {"returned_at": to_text(payment.updated_at)}, f"payment {payment.id}"
    told = {"name": account.name, "amount_cents": payment.amount_cents, "account_link": f"{public_url}/account"}
    mail = NewNotice(account.user_id, kind, account.email, {**told, **values}, occasion)
    return [enqueue(connection, mail, now)]


def _mail_of(payment: Payment) -> NoticeKind | None:
    """What a person is told of a payment's end."""
    is_charge = payment.kind is Kind.CHARGE
    if payment.state is PaymentState.DONE:
        return NoticeKind.DEPOSIT_RECEIVED if is_charge else NoticeKind.DEPOSIT_RETURNED
    return NoticeKind.DEPOSIT_REVERSED if is_charge and payment.state is PaymentState.REVERSED else None


def has_unpaid_win(connection: Connection, user_id: int) -> bool:
    """Whether a person has won something that is not paid."""
    query = select(reservations.c.bid_id).where(
        reservations.c.user_id == user_id, reservations.c.kind == Hold.WIN.value
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def _locked_account(connection: Connection, user_id: int) -> Account:
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    return _account(connection, user_id)


def _account(connection: Connection, user_id: int) -> Account:
    account = accounts.find(connection, user_id)
    if account is None:
        raise LookupError(user_id)
    return account


def _facts(connection: Connection, account: Account, less_cents: int = 0) -> Facts:
    held = payments.deposits_cents(connection, account.user_id) - less_cents
    return replace(account.facts, deposits_cents=max(held, 0))


def _card_refused(account: Account, now: datetime) -> Refused | None:
    item = next(item for item in clearance(account.facts, now).items if item.step is Step.CARD)
    return None if item.state is State.DONE else Refused(Refusal(item.code))


def _open(connection: Connection, user_id: int) -> Refused | None:
    found = payments.open_of(connection, user_id, Purpose.DEPOSIT, Kind.CHARGE)
    return None if found is None else Refused(Refusal.OPEN, {"deposit_id": found.id})


def _backing_refused(connection: Connection, account: Account, amount_cents: int, now: datetime) -> Refused | None:
    going = payments.open_of(connection, account.user_id, Purpose.DEPOSIT, Kind.REFUND)
    if going is not None:
        return Refused(Refusal.RETURN_OPEN, {"deposit_id": going.id})
    left = clearance(_facts(connection, account, amount_cents), now)
    stake = at_stake(connection, account.user_id)
    return return_refused(Backing(left.limit_cents, left.lots, stake, has_unpaid_win(connection, account.user_id)))
