"""What a default writes: the strike, what is forfeited of deposits, the account's hold; and what takes it back."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from activities.db import accounts, money_ledger, payment_book, payments
from activities.db.account_tables import payments as payments_table
from activities.db.accounts import NOTHING, Account, Values
from activities.db.order_tables import strikes
from activities.db.payments import NewPayment, Payment
from activities.db.tables import auctions
from domain.deposits import forfeited_cents
from domain.money_events import deposit_forfeited
from domain.money_ledger import Event, Kind, undone
from domain.orders import Order
from domain.payments import Kind as Way
from domain.payments import Purpose, State

# What an account is on hold for until the staff have talked to its owner.
ON_HOLD = "A purchase was not paid."
CURED = "CURED"
RUNNING = ("live", "held", "closing")


def strike(connection: Connection, order: Order, now: datetime) -> None:
    """Count an unpaid win against its buyer, and let them bid no more until the staff have looked."""
    known = connection.execute(select(strikes.c.order_id).where(strikes.c.order_id == order.id)).one_or_none()
    if known is None:
        connection.execute(insert(strikes).values(order_id=order.id, user_id=order.buyer_id, at=now))
    else:
        connection.execute(update(strikes).where(strikes.c.order_id == order.id).values(undone_at=None))
    accounts.change(connection, order.buyer_id, now, _held)


def unstrike(connection: Connection, order: Order, now: datetime) -> None:
    """It counts no more; with the last one goes the hold, unless the account is held for something else."""
    own = (strikes.c.order_id == order.id) & strikes.c.undone_at.is_(None)
    connection.execute(update(strikes).where(own).values(undone_at=now))
    if count_strikes(connection, order.buyer_id) == 0:
        accounts.change(connection, order.buyer_id, now, _released)


def count_strikes(connection: Connection, user_id: int) -> int:
    """How many unpaid wins count against a person."""
    own = (strikes.c.user_id == user_id) & strikes.c.undone_at.is_(None)
    return connection.execute(select(func.count()).select_from(strikes).where(own)).scalar_one()


def forfeit(connection: Connection, order: Order, now: datetime) -> int:
    """Take what backed the sale out of the buyer's deposits, the oldest first; the cents of it.

    Each part is a payment that nobody sends, so that whatever counts deposits counts it as gone.
    """
    held = payments.deposits_cents(connection, order.buyer_id)
    wanted = left = forfeited_cents(order.price_cents, held)
    for charge_id in payments.unreturned(connection, order.buyer_id):
        charge = payments.find(connection, charge_id)
        if charge is None or left <= 0:
            break
        cents = min(left, charge.amount_cents - payments.returned_cents(connection, charge_id))
        left -= cents
        _forfeit(connection, order, charge, cents, now)
    return wanted - left


def unforfeit(connection: Connection, order: Order, now: datetime) -> int:
    """What was forfeited is its owner's deposit again; the cents of it."""
    own = (payments_table.c.order_id == order.id) & (payments_table.c.kind == Way.FORFEIT.value)
    standing = own & (payments_table.c.state == State.DONE.value)
    rows = connection.execute(select(payments_table.c.id, payments_table.c.amount_cents).where(standing)).all()
    for payment_id, _ in rows:
        told = money_ledger.find(connection, f"{Kind.DEPOSIT_FORFEITED.value}:{payment_id}")
        if told is not None:
            event = Event(f"{payment_id}-undone", now, order.id)
            money_ledger.record(connection, undone(told, Kind.DEPOSIT_FORFEITED, event), now)
    # No vendor has ever heard of it, so nobody but this undoes it.
    undoing = {"state": State.FAILED.value, "code": CURED, "updated_at": now}
    connection.execute(update(payments_table).where(standing).values(undoing))
    return sum(cents for _, cents in rows)


def leading(connection: Connection, order: Order) -> list[int]:
    """The other lots that the buyer leads and that are not over."""
    query = select(auctions.c.id).where(
        auctions.c.leader_id == order.buyer_id, auctions.c.status.in_(RUNNING), auctions.c.id != order.auction_id
    )
    return list(connection.execute(query.order_by(auctions.c.id)).scalars())


def _forfeit(connection: Connection, order: Order, charge: Payment, cents: int, now: datetime) -> None:
    payment_book.open_deposit(connection, charge, now)
    wanted = NewPayment(
        order.buyer_id,
        Purpose.DEPOSIT,
        Way.FORFEIT,
        cents,
        payments.request_key(order.buyer_id, f"forfeit {order.id}", str(charge.id)),
        charge.id,
        order.id,
        state=State.DONE,
    )
    made = payments.create(connection, wanted, now)
    event = Event(str(made.id), now, order.id)
    money_ledger.record(connection, deposit_forfeited(event, order.buyer_id, cents), now)


def _held(account: Account) -> Values:
    return NOTHING if account.on_hold_reason or account.erased else {"on_hold_reason": ON_HOLD}


def _released(account: Account) -> Values:
    return {"on_hold_reason": None} if account.on_hold_reason == ON_HOLD else NOTHING
