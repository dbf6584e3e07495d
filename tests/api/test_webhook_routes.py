"""Which workflow a stored webhook of a payment is brought to."""

from types import SimpleNamespace
from typing import cast

import pytest
from temporalio.client import Client

from activities.db import payments
from activities.db.engine import transaction
from activities.db.payments import Change, Payment
from activities.db.webhooks import Event
from activities.db.webhooks import State as EventState
from api.database import now
from api.webhook_routes import payment_route
from domain.payments import State
from temporal.payments import Payments
from tests.api.conftest import House
from tests.db.holders import asked, complete, deposited, taken_back
from workflows.ids import payment_workflow_id


class Heard(Payments):
    """A door that notes which payments have news."""

    def __init__(self) -> None:
        super().__init__(cast("Client", SimpleNamespace()), "none")
        self.news: list[int] = []

    async def payment_event(self, payment_id: int) -> None:
        self.news.append(payment_id)


def told(thing: str) -> Event:
    facts = ("authorize-net", "n-1", "net.authorize.payment.refund.created", thing, None)
    return Event(1, *facts, now(), EventState.STORED, None, 0)


async def brought(house: House, thing: str) -> tuple[str | None, list[int]]:
    heard = Heard()
    workflow_id = await payment_route(heard, house.services.database)(told(thing))
    return workflow_id, heard.news


@pytest.fixture
def lost(house: House) -> Payment:
    """A charge of which nobody knows what the vendor did."""
    with transaction(house.engine) as connection:
        payment = asked(connection, complete(connection, house.people["ada"]))
        payments.mark(connection, payment.id, Change(State.SENDING), now())
        payments.mark(connection, payment.id, Change(State.UNKNOWN), now())
    return payment


async def test_news_of_a_payment_whose_answer_was_lost_finds_it_by_our_reference(house: House, lost: Payment) -> None:
    expected = (payment_workflow_id(lost.id), [lost.id])
    assert await brought(house, f"60200000009:{lost.reference}") == expected


async def test_news_of_a_void_reaches_the_return_and_its_charge(house: House) -> None:
    with transaction(house.engine) as connection:
        ada = complete(connection, house.people["ada"])
        charge = deposited(connection, ada)
        back = taken_back(connection, ada, charge)
    expected = (payment_workflow_id(back.id), [back.id, charge.id])
    assert await brought(house, f"{charge.transaction_id}:{back.reference}") == expected


async def test_news_without_our_reference_finds_the_transaction(house: House) -> None:
    with transaction(house.engine) as connection:
        charge = deposited(connection, complete(connection, house.people["ada"]))
    assert await brought(house, charge.transaction_id or "") == (payment_workflow_id(charge.id), [charge.id])


@pytest.mark.parametrize("thing", ["60200000009:" + "Q" * 20, "60200000009", ""])
async def test_news_of_nothing_of_ours_reaches_nobody(house: House, lost: Payment, thing: str) -> None:
    assert await brought(house, thing) == (None, [])
    assert lost.transaction_id is None
