"""Payments in a person's hands: listed for the staff, ended by an admin with a reason, with all that follows."""

from types import SimpleNamespace
from typing import cast

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from temporalio.client import Client

from activities.db import payments, privacy
from activities.db.engine import reading, transaction
from activities.db.payments import Payment
from activities.db.tables import audit_log
from api import payment_reviews
from api.app import ROUTES
from domain.payments import State
from temporal.payments import Payments
from tests.api.conftest import House
from tests.db.holders import asked, complete, deposited, end, limit_of, mails, taken_back

FOUND = {"outcome": "done", "transaction_id": "60200000009", "reason": "Settled, see the batch."}
FAILED = {"outcome": "failed", "reason": "The vendor has nothing of it."}


class Heard(Payments):
    """A door that notes which payments have news."""

    def __init__(self) -> None:
        super().__init__(cast("Client", SimpleNamespace()), "none")
        self.news: list[int] = []

    async def payment_event(self, payment_id: int) -> None:
        self.news.append(payment_id)


@pytest.fixture
def heard(house: House) -> Heard:
    if payment_reviews not in ROUTES:
        house.app.include_router(payment_reviews.router)
    made = Heard()
    house.services.payments = made
    return made


@pytest.fixture
def manual(house: House, heard: Heard) -> Payment:
    """A charge that nobody could find at the vendor."""
    assert heard.news == []
    with transaction(house.engine) as connection:
        return end(connection, asked(connection, complete(connection, house.people["ada"])), State.MANUAL)


async def resolve(client: AsyncClient, payment: Payment, finding: dict[str, str]) -> Response:
    return await client.post(f"/api/admin/payments/{payment.id}/resolve", json=finding)


def stands(house: House) -> tuple[int | None, int]:
    """Ada's buying limit, and how many mails told of a deposit."""
    with reading(house.engine) as connection:
        return limit_of(connection, house.people["ada"])[0], mails(connection, "deposit_received")


async def test_support_sees_what_waits_for_a_person(house: House, manual: Payment) -> None:
    answer = await (await house.browser("sue")).get("/api/support/payments?limit=1")
    (item,) = answer.json()["items"]
    assert (item["id"], item["reference"], item["state"]) == (manual.id, manual.reference, "manual")
    assert (answer.json()["next_cursor"], answer.json()["total"]) == (None, 1)
    assert set(item) == set(payment_reviews.EXAMPLE)


async def test_a_charge_that_was_taken_counts_and_is_told_once(house: House, manual: Payment, heard: Heard) -> None:
    admin = await house.browser("amy")
    answers = [await resolve(admin, manual, FOUND) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in answers] == [(200, "done")] * 2
    assert answers[0].json()["transaction_id"] == "60200000009"
    assert stands(house) == (2_500_000, 1)
    await house.services.ways_in.post.finish()
    assert set(heard.news) == {manual.id}


async def test_a_charge_that_was_not_taken_stands_in_nobodys_way(house: House, manual: Payment) -> None:
    with reading(house.engine) as connection:
        assert privacy.obligations(connection, manual.user_id)
    assert (await resolve(await house.browser("amy"), manual, FAILED)).json()["state"] == "failed"
    assert stands(house) == (1_000_000, 0)
    with reading(house.engine) as connection:
        assert privacy.obligations(connection, manual.user_id) == []


async def test_a_return_that_failed_raises_the_buying_power_again(house: House, heard: Heard) -> None:
    with transaction(house.engine) as connection:
        ada = complete(connection, house.people["ada"])
        back = end(connection, taken_back(connection, ada, deposited(connection, ada)), State.MANUAL)
    assert (stands(house)[0], heard.news) == (1_000_000, [])
    assert (await resolve(await house.browser("amy"), back, FAILED)).status_code == 200
    assert stands(house)[0] == 2_500_000


async def test_a_charge_that_is_done_needs_its_transaction(house: House, manual: Payment) -> None:
    answer = await resolve(await house.browser("amy"), manual, {**FAILED, "outcome": "done"})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert stands(house) == (1_000_000, 0)


async def test_what_waits_for_nobody_is_left_as_it_is(house: House, heard: Heard) -> None:
    with transaction(house.engine) as connection:
        payment = asked(connection, complete(connection, house.people["ada"]))
    answer = await resolve(await house.browser("amy"), payment, FAILED)
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "DEPOSIT_NOT_HELD", "created")
    with reading(house.engine) as connection:
        assert payments.find(connection, payment.id) == payment
    assert heard.news == []


async def test_resolving_is_an_admins_alone_and_written_down(house: House, manual: Payment) -> None:
    for name in ("ada", "sue"):
        answer = await resolve(await house.browser(name), manual, FOUND)
        assert (answer.status_code, answer.json()["code"]) == (403, "ADMINS_ONLY")
    await resolve(await house.browser("amy"), manual, FOUND)
    query = select(audit_log.c.subject, audit_log.c.detail).where(audit_log.c.action == "payment_resolved")
    with reading(house.engine) as connection:
        (deed,) = connection.execute(query).all()
    assert deed.subject == f"payment {manual.id}"
    assert FOUND["reason"] in deed.detail
