"""Payments that the vendor took back are in the audit log as the system's own findings; many of them in a day are an
error in the log."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from activities.db import audit, deposits, payments
from activities.db.account_tables import payments as table
from activities.db.audit import SYSTEM_ID, Deed
from activities.db.engine import reading, transaction
from activities.db.payments import Change, Payment
from activities.ledger import utc_now
from activities.payments import PaymentWork
from domain.payments import Purpose, State
from tests.activities.till import CENTS, Till, open_till
from tests.db.holders import SITE
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox

DAY = timedelta(days=1)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def till(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(sandbox, tmp_path / "till.db") as opened, sandbox.client() as vendor:
        follow = {Purpose.DEPOSIT: partial(deposits.follow, public_url=SITE)}
        opened.work = PaymentWork(opened.engine, vendor, opened.told, follow, many_reversals=2)
        yield opened


def deeds(till: Till) -> list[Deed]:
    with reading(till.engine) as connection:
        return audit.deeds(connection, since=utc_now() - DAY, until=utc_now() + DAY, limit=100)


def befall(till: Till, payment: Payment, status: str) -> None:
    till.sandbox.befall(till.row(payment).transaction_id or "", status)


async def taken_back(till: Till, key: str) -> tuple[Payment, list[str]]:
    """A new charge that the vendor takes back, and what was alerted of it."""
    charge = till.asked(key=key)
    await till.charge(charge)
    till.sandbox.settle()
    befall(till, charge, "chargeback")
    with capture_logs() as logs:
        await till.look(charge)
    return charge, [str(each["event"]) for each in logs if each["event"] == "many_payments_taken_back"]


async def test_a_charge_that_is_taken_back_is_audited_once_as_the_systems_finding(till: Till) -> None:
    charge, _ = await taken_back(till, "k1")
    for _ in range(2):
        await till.look(charge)
    (deed,) = deeds(till)
    assert (deed.actor_id, deed.action, deed.subject) == (SYSTEM_ID, "payment_taken_back", f"payment {charge.id}")
    assert (deed.request_id, deed.address) == ("", None)
    assert deed.detail == {
        "actor": "system",
        "kind": "charge",
        "before": "done",
        "after": "reversed",
        "code": "chargeback",
        "amount_cents": CENTS,
        "transaction_id": till.row(charge).transaction_id,
    }


async def test_one_that_comes_back_is_audited_with_why_it_was_gone(till: Till) -> None:
    charge, _ = await taken_back(till, "k1")
    befall(till, charge, "chargebackReversal")
    await till.look(charge)
    facts = [(deed.action, deed.detail["before"], deed.detail["after"], deed.detail["code"]) for deed in deeds(till)]
    assert facts == [
        ("payment_taken_back", "done", "reversed", "chargeback"),
        ("payment_came_back", "reversed", "done", "chargeback"),
    ]


async def test_a_return_that_did_not_arrive_is_audited_too(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    back = till.asked_back(charge, 100)
    await till.refund(back)
    befall(till, back, "declined")
    await till.look(back)
    found = [(deed.action, deed.subject, deed.detail["after"]) for deed in deeds(till)]
    assert found == [("payment_return_undone", f"payment {back.id}", "manual")]


async def test_what_we_do_ourselves_is_no_finding(till: Till) -> None:
    charge = await till.charged()
    await till.look(charge)
    back = till.asked_back(charge)
    await till.refund(back)
    await till.look(charge)
    assert deeds(till) == []


async def test_many_in_a_day_are_an_error_in_the_log(till: Till) -> None:
    assert [(await taken_back(till, key))[1] for key in ("k1", "k2", "k3")] == [[], *[["many_payments_taken_back"]] * 2]


async def test_as_many_over_several_days_are_none(till: Till) -> None:
    first, _ = await taken_back(till, "k1")
    with transaction(till.engine) as connection:
        connection.execute(update(table).where(table.c.id == first.id).values(updated_at=utc_now() - 1.5 * DAY))
    assert (await taken_back(till, "k2"))[1] == []


async def test_what_a_person_wrote_down_counts_as_well(till: Till) -> None:
    charge = await till.charged()
    with transaction(till.engine) as connection:
        change = Change(State.REVERSED, code="CHARGEBACK")
        payments.mark(connection, charge.id, change, utc_now(), only_from=State.DONE)
    assert (await taken_back(till, "k2"))[1] == ["many_payments_taken_back"]
