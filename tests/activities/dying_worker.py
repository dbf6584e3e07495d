"""`python -m tests.activities.dying_worker`: a worker that is killed between the vendor's answer and its own."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import NoReturn

from activities.contracts import PaymentTry
from activities.db.engine import make_engine
from activities.ledger import utc_now
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.authorize_net_results import CardRef, ChargeOutcome, RefundOutcome, VoidOutcome
from tests.activities.till import Told, make_work


class Deadly(AuthorizeNet):
    """The real client; nobody survives its answer to a write."""

    async def charge(
        self, card: CardRef, amount_cents: int, reference: str, description: str, customer_ip: str | None = None
    ) -> ChargeOutcome:
        await super().charge(card, amount_cents, reference, description, customer_ip)
        die()

    async def refund(self, transaction_id: str, amount_cents: int, to: CardRef | str, reference: str) -> RefundOutcome:
        await super().refund(transaction_id, amount_cents, to, reference)
        die()

    async def void(self, transaction_id: str, reference: str) -> VoidOutcome:
        await super().void(transaction_id, reference)
        die()


def die() -> NoReturn:
    """As `kill -9` does it."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


async def main(kind: str, database: str, url: str, login: str, key: str, *facts: str) -> None:
    """Charge or refund one payment, and die of it."""
    payment_id, profile_id, payment_profile_id = facts
    wanted = PaymentTry(int(payment_id), profile_id, payment_profile_id, utc_now() + timedelta(hours=7))
    async with Deadly(url, login, key) as vendor:
        work = make_work(make_engine(database), vendor, Told())
        await (work.charge_payment(wanted) if kind == "charge" else work.refund_payment(wanted))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
