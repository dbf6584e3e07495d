"""A buyer who came in by the doors, with a real card in the sandbox, and what the vendor and the books know of them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import select

from activities.db import money_ledger, orders, payments
from activities.db.engine import reading
from activities.db.order_tables import orders as order_table
from activities.db.order_tables import payouts
from activities.db.people import Role
from activities.vendor_settings import load_vendor_settings
from temporal.demo.authenticators import FILE_NAME, Apps
from temporal.demo.browser import Doors, own_addresses
from temporal.demo.buyers import join_buyer
from temporal.demo.client import TIMEOUT
from temporal.demo.desk import Desk
from temporal.demo.entry import Entry
from temporal.demo.people import ADMIN, DemoPerson
from temporal.demo.tokens import new_token, step_up
from temporal.demo.vendors import Holder, Vendors
from tests.journeys.town import HTTP_TIMEOUT_S, Citizen, Town

SCOPES = ("read", "bid")
PayoutRow = tuple[str, int, bool]


def paying_buyer(town: Town, number: int) -> Citizen:
    """Somebody who signed up, passed the check, stored a card and was cleared, all over HTTP."""
    return asyncio.run(_join(town, DemoPerson(f"payer-{number}@example.com", "Paula Payer", Role.BUYER), number))


async def _join(town: Town, person: DemoPerson, number: int) -> Citizen:
    vendors = load_vendor_settings(**_settings(town.stack.environment))
    doors = Doors(town.stack.base_url, own_addresses(town.stack.base_url))
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as http, doors.browser(200 + number) as browser:
        entry = Entry(Vendors(http, vendors), Apps(town.stack.data_dir / FILE_NAME), lambda: datetime.now(UTC))
        holder = Holder("Paula", "Payer", f"{number} Hammer Street")
        user_id = await join_buyer(browser, person, entry, Desk(browser, entry, ADMIN), holder)
        await step_up(browser, person)
        return Citizen(user_id, person.email, await new_token(browser, SCOPES))


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    wanted = (
        "sendgrid_url",
        "authorize_net_url",
        "accept_js_url",
        "authorize_net_login_id",
        "authorize_net_client_key",
    )
    return {name: environment[name.upper()] for name in wanted if name.upper() in environment}


def order_of(town: Town, auction_id: int) -> orders.Stored | None:
    """The order of a lot, as soon as there is one."""
    with reading(town.engine) as connection:
        query = select(order_table.c.id).where(order_table.c.auction_id == auction_id)
        found = connection.execute(query).scalar_one_or_none()
        return None if found is None else orders.find(connection, found)


def payments_of(town: Town, order_id: int) -> list[payments.Payment]:
    """Our own rows of what was paid for an order."""
    with reading(town.engine) as connection:
        return payments.of_order(connection, order_id)


def charges_of(town: Town, cents: int) -> list[dict[str, Any]]:
    """What the vendor has kept of this amount."""
    kept = httpx.get(f"{gateway(town)}/_sandbox/transactions", timeout=HTTP_TIMEOUT_S).json()
    return [each for each in kept if each["amount_cents"] == cents]


def gateway(town: Town) -> str:
    """Where the sandbox of the card vendor is."""
    return town.stack.sandbox_urls["authorize-net"]


def books_balance(town: Town) -> bool:
    """Whether every transfer, and all of them together, come to nothing."""
    with reading(town.engine) as connection:
        assert money_ledger.unbalanced(connection) == []
        return sum(money_ledger.balances(connection).values()) == 0


def settle(town: Town, order_id: int) -> None:
    """Tonight's settlement now, and the vendor's word that there is news of the charge."""
    (paid,) = payments_of(town, order_id)
    for path, wanted in (("settle", {}), ("repeats", {"id": paid.transaction_id})):
        httpx.post(f"{gateway(town)}/_sandbox/{path}", json=wanted, timeout=HTTP_TIMEOUT_S).raise_for_status()


def payout_of(town: Town, order_id: int) -> PayoutRow | None:
    """The seller's payout, once it has a day."""
    query = select(payouts).where(payouts.c.order_id == order_id, payouts.c.due_on.is_not(None))
    with reading(town.engine) as connection:
        found = connection.execute(query).mappings().one_or_none()
    return None if found is None else (found["status"], found["seller_id"], found["held"])
