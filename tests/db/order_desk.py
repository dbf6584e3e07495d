"""An order at the till, for tests: a seller, a buyer whose card is on file, and payments that end as the test says."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, update

from activities.db import money_ledger, order_money, orders, payments, rates
from activities.db.account_tables import accounts
from activities.db.order_money_tables import rate_tables
from activities.db.orders import Sold, Stored
from activities.db.payments import Change, Payment
from activities.db.reservations import Kind, Reservation, settle
from activities.keys import Sealer
from activities.order_till import OrderTill
from activities.sealed_forms import LegalDetails, SealedForms
from domain.money_ledger import Account, Book
from domain.orders import HowSold
from domain.payments import State
from tests.db.holders import SITE, add_holder
from tests.db.market import NOON, add_car, add_lot, add_person
from tests.domain.rate_tables import FIRST_DAY, FIRST_VALUES

SECRET = b"s" * 32
PRICE = 9_000_00
HOME = LegalDetails("Ada", "Lovelace", "1 Main St", "Saint Paul", "MN", "55101")
WIN = "22222222-2222-5222-8222-222222222222"


@dataclass
class OrderDesk:
    """One order and its till, in one transaction of the test."""

    connection: Connection
    till: OrderTill
    order_id: int
    ada: int
    sam: int
    lot: int
    now: datetime = NOON

    def stored(self) -> Stored:
        found = orders.find(self.connection, self.order_id)
        assert found is not None
        return found

    def locked(self) -> Stored:
        return orders.locked(self.connection, self.order_id)

    def invoice(self) -> int:
        """Invoice it; the total."""
        return self.till.invoice(self.connection, self.order_id, self.now)[0].total_cents

    def ask(self, key: str = "k1", cents: int | None = None) -> Payment:
        asked = order_money.ask(self.connection, self.locked(), key, self.now, cents=cents)
        assert isinstance(asked, Payment), asked
        return asked

    def end(self, payment: Payment, state: State = State.DONE, transaction_id: str | None = "6020") -> Payment:
        """Send a payment and let it end, with what follows."""
        payments.mark(self.connection, payment.id, Change(State.SENDING), self.now)
        return self.move(payment, Change(state, transaction_id))

    def move(self, payment: Payment, change: Change, only_from: State | None = None) -> Payment:
        """What a look at the vendor writes, with what follows."""
        moved, has = payments.mark(self.connection, payment.id, change, self.now, only_from=only_from)
        assert has
        self.till.follow(self.connection, moved, self.now)
        return moved

    def pay(self, key: str = "k1", cents: int | None = None) -> Payment:
        return self.end(self.ask(key, cents))

    def owed(self) -> int:
        return money_ledger.owed(self.connection, self.order_id, self.ada)

    def balance(self, book: Book, person: int | None = None) -> int:
        return money_ledger.balances(self.connection).get(Account(book, person), 0)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


def let_rates_be(connection: Connection) -> None:
    """The first rates, in a database whose tables were emptied since they came."""
    if not rates.tables(connection):
        day = FIRST_DAY.isoformat()
        row = {
            "effective_on": day,
            "in_force_on": day,
            "rates": json.dumps(FIRST_VALUES),
            "reason": "",
            "created_at": NOON,
        }
        connection.execute(insert(rate_tables).values(row))


def sold(connection: Connection, number: int = 1, **card: object) -> OrderDesk:
    """An order of a vehicle that was just hammered off, with its unpaid win on hold."""
    let_rates_be(connection)
    sam = add_person(connection, f"sam{number}@orders.example")
    ada = add_holder(connection, f"ada{number}@orders.example", **card)
    sealed = SealedForms(Sealer(SECRET)).seal(ada, HOME)
    connection.execute(update(accounts).where(accounts.c.user_id == ada).values(legal_sealed=sealed))
    car = add_car(connection, sam, 810_000 + number)
    lot = add_lot(connection, sam, car, status="ended")
    order_id = orders.add(connection, Sold(lot, car, sam, ada, PRICE, HowSold.HAMMER, NOON))
    settle(connection, Reservation(WIN[:-1] + str(number), ada, lot, PRICE, Kind.WIN), NOON)
    return OrderDesk(connection, OrderTill(SECRET, SITE), order_id, ada, sam, lot)
