"""A till for tests: the payment activities on a database of their own, before a running sandbox of Authorize.Net."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from activities.contracts import PaymentPlan, PaymentState, PaymentTry
from activities.db import deposits, payments
from activities.db.engine import make_engine, reading, transaction
from activities.db.payments import Payment
from activities.ledger import utc_now
from activities.payments import Charges, PaymentWork
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.authorize_net_results import CardStored
from domain.payments import Purpose
from migrations import schema
from tests.db.holders import SITE, add_holder, asked, limit_of, mails
from tests.sandbox.authorize_net.control import EMAIL, HOME, Sandbox

CENTS = 250_000
CHARGE, REFUND = "authCaptureTransaction", "refundTransaction"
WINDOW = timedelta(hours=7)


@dataclass
class Told:
    """The way to account workflows, as far as tests need it."""

    people: list[int] = field(default_factory=list)

    async def look_again(self, user_id: int) -> None:
        self.people.append(user_id)


@dataclass
class Till:
    """`work` is the activities; `ada` has a card that the sandbox knows."""

    sandbox: Sandbox
    engine: Engine
    work: PaymentWork
    ada: int
    told: Told

    def worker(self, vendor: Charges) -> PaymentWork:
        """Another worker on the same database."""
        return make_work(self.engine, vendor, self.told)

    def asked(self, cents: int = CENTS, key: str = "k1") -> Payment:
        with transaction(self.engine) as connection:
            return asked(connection, self.ada, cents, key)

    def asked_back(self, charge: Payment, cents: int | None = None, key: str = "r1") -> Payment:
        with transaction(self.engine) as connection:
            found = deposits.ask_return(connection, self.ada, charge.id, cents, key, utc_now())
        assert isinstance(found, Payment), found
        return found

    async def plan(self, payment: Payment) -> PaymentPlan:
        return await self.work.open_payment(payment.id)

    async def attempt(self, payment: Payment, resend_until: datetime | None = None) -> PaymentTry:
        plan = await self.plan(payment)
        until = resend_until or utc_now() + WINDOW
        return PaymentTry(payment.id, plan.profile_id, plan.payment_profile_id, until)

    async def charge(self, payment: Payment) -> PaymentState:
        return await self.work.charge_payment(await self.attempt(payment))

    async def refund(self, payment: Payment) -> PaymentState:
        return await self.work.refund_payment(await self.attempt(payment))

    async def look(self, payment: Payment) -> PaymentState:
        return await self.work.look_up_payment(await self.attempt(payment))

    async def charged(self, cents: int = CENTS) -> Payment:
        payment = self.asked(cents)
        await self.charge(payment)
        return self.row(payment)

    def row(self, payment: Payment) -> Payment:
        with reading(self.engine) as connection:
            found = payments.find(connection, payment.id)
        assert found is not None
        return found

    def limit(self) -> int | None:
        with reading(self.engine) as connection:
            return limit_of(connection, self.ada)[0]

    def mails(self, kind: str) -> int:
        with reading(self.engine) as connection:
            return mails(connection, kind)

    def kept(self, kind: str = CHARGE) -> list[dict[str, Any]]:
        """What the vendor has kept of a kind, the $0.00 authorizations left out."""
        return [one for one in self.sandbox.transactions() if one["type"] == kind and one["amount_cents"]]


def make_work(engine: Engine, vendor: Charges, told: Told) -> PaymentWork:
    """The activities as the worker puts them together."""
    return PaymentWork(engine, vendor, told, {Purpose.DEPOSIT: partial(deposits.follow, public_url=SITE)})


@asynccontextmanager
async def open_till(sandbox: Sandbox, path: Path, **client: Any) -> AsyncIterator[Till]:
    """A till on a new database at a path; `client` changes how the vendor is asked."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    async with sandbox.client() as vendor:
        stored = await store_card(vendor, sandbox)
    ids = {"profile_id": stored.profile_id, "payment_profile_id": stored.payment_profile_id}
    with transaction(engine) as connection:
        ada = add_holder(connection, **ids)
    told = Told()
    async with sandbox.client(**client) as vendor:
        yield Till(sandbox, engine, make_work(engine, vendor, told), ada, told)
    engine.dispose()


async def store_card(vendor: AuthorizeNet, sandbox: Sandbox, **nonce: str) -> CardStored:
    stored = await vendor.create_profile("U1", EMAIL, sandbox.nonce(**nonce), HOME)
    assert isinstance(stored, CardStored)
    return stored
