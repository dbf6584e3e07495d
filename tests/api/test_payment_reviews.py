"""Payments in a person's hands: listed for the staff, ended by an admin with a reason, with all that follows."""

from collections.abc import Mapping
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
from api.database import now
from api.security import STEP_UP_LIFE
from domain.payments import State
from temporal.payments import Payments
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields
from tests.api.sign_ins import session_headers
from tests.db.holders import asked, complete, deposited, end, limit_of, mails, taken_back

FOUND = {
    "outcome": "done",
    "transaction_id": "60200000009",
    "amount_cents": 250_000,
    "reason": "Settled, see the batch.",
}
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
    made = Heard()
    house.services.payments = made
    return made


@pytest.fixture
def manual(house: House, heard: Heard) -> Payment:
    """A charge that nobody could find at the vendor."""
    assert heard.news == []
    with transaction(house.engine) as connection:
        return end(connection, asked(connection, complete(connection, house.people["ada"])), State.MANUAL)


async def resolve(client: AsyncClient, payment: Payment, finding: Mapping[str, object]) -> Response:
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


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"transaction_id": None, "amount_cents": None}, ["transaction_id", "amount_cents"]),
        ({"transaction_id": None}, ["transaction_id"]),
        ({"amount_cents": None}, ["amount_cents"]),
        ({"amount_cents": 250_001}, ["amount_cents"]),
        ({"reason": " "}, ["reason"]),
    ],
)
async def test_what_is_done_needs_two_facts_of_the_vendors_record_and_a_reason(
    house: House, manual: Payment, change: dict[str, object], wrong: list[str]
) -> None:
    answer = await resolve(await house.browser("amy"), manual, {**FOUND, **change})
    assert wrong_fields(answer) == wrong
    assert stands(house) == (1_000_000, 0)


async def test_one_transaction_is_not_two_payments(house: House, manual: Payment) -> None:
    with transaction(house.engine) as connection:
        end(connection, asked(connection, complete(connection, house.people["bob"])), State.DONE, "60200000009")
    answer = await resolve(await house.browser("amy"), manual, FOUND)
    assert (wrong_fields(answer), stands(house)[0]) == (["transaction_id"], 1_000_000)


async def test_a_charge_that_the_vendor_named_before_is_that_one(house: House, heard: Heard) -> None:
    with transaction(house.engine) as connection:
        ada = complete(connection, house.people["ada"])
        named = end(connection, asked(connection, ada), State.MANUAL, "60200000008")
    admin = await house.browser("amy")
    assert wrong_fields(await resolve(admin, named, FOUND)) == ["transaction_id"]
    assert (await resolve(admin, named, {**FOUND, "transaction_id": "60200000008"})).status_code == 200
    assert heard.news in ([], [named.id])


async def test_a_return_that_was_done_as_a_void_has_its_charges_transaction(house: House, heard: Heard) -> None:
    with transaction(house.engine) as connection:
        ada = complete(connection, house.people["ada"])
        charge = deposited(connection, ada)
        back = end(connection, taken_back(connection, ada, charge), State.MANUAL)
    facts = {"transaction_id": charge.transaction_id, "amount_cents": back.amount_cents}
    answer = await resolve(await house.browser("amy"), back, {**FOUND, **facts})
    assert (answer.status_code, heard.news in ([], [back.id])) == (200, True)


async def test_a_token_resolves_nothing_and_neither_does_a_session_without_fresh_proof(
    house: House, manual: Payment
) -> None:
    machine = await house.machine("amy", "read", "admin")
    assert refusal(await resolve(machine, manual, FOUND)) == (403, "BROWSER_ONLY")
    stale = session_headers(house.engine, house.people["amy"], shown_at=now() - STEP_UP_LIFE)
    assert refusal(await resolve(house.client(**stale), manual, FOUND)) == (403, "STEP_UP_REQUIRED")
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


async def test_a_chargeback_is_written_down_and_a_dispute_that_is_won_too(house: House, heard: Heard) -> None:
    with transaction(house.engine) as connection:
        charge = deposited(connection, complete(connection, house.people["ada"]))
    admin, support = await house.browser("amy"), await house.browser("sue")
    lost = {"outcome": "reversed", "reason": "The bank's letter of May 5."}
    answers = [await resolve(admin, charge, lost) for _ in range(2)]
    assert [(each.status_code, each.json()["state"], each.json()["code"]) for each in answers] == [
        (200, "reversed", "CHARGEBACK")
    ] * 2
    assert stands(house)[0] == 1_000_000
    (item,) = (await support.get("/api/support/payments?state=reversed")).json()["items"]
    assert item["id"] == charge.id
    won = {**FOUND, "transaction_id": charge.transaction_id, "reason": "The bank gave it back."}
    assert (await resolve(admin, charge, won)).json()["state"] == "done"
    assert stands(house)[0] == 2_500_000


async def test_only_a_charge_that_was_done_is_charged_back(house: House, manual: Payment) -> None:
    answer = await resolve(await house.browser("amy"), manual, {"outcome": "reversed", "reason": "A letter came."})
    assert (answer.status_code, answer.json()["state"]) == (409, "manual")
    with transaction(house.engine) as connection:
        bob = complete(connection, house.people["bob"])
        back = end(connection, taken_back(connection, bob, deposited(connection, bob)), State.DONE, "60200000002")
    answer = await resolve(await house.browser("amy"), back, {"outcome": "reversed", "reason": "A letter came."})
    assert (answer.status_code, answer.json()["state"]) == (409, "done")
