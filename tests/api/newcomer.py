"""Somebody on their way to being cleared: a house whose door into accounts works at once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import insert, select, update

from activities.db import accounts
from activities.db.engine import reading, transaction
from activities.db.tables import audit_log, reservations, users
from api.database import now
from domain.accounts import TERMS_VERSION
from tests.api.conftest import House
from tests.doubles.accounts_door import AccountsDouble

BILL_TO = {"first_name": "Ada", "last_name": "Byron", "address": "1 Main St", "city": "Duluth", "state": "mn"}
CARD = {
    "opaque_data": {"data_descriptor": "COMMON.ACCEPT.INAPP.PAYMENT", "data_value": "n0nce" * 8},
    "bill_to": {**BILL_TO, "zip": "55801"},
}
DETAILS = {
    "first_name": "Ada",
    "last_name": "Byron",
    "street": "1 Main St",
    "city": "Duluth",
    "state": "MN",
    "zip": "55801-1234",
    "dealer_exemption": "MN-778",
}


@dataclass
class Onboarding:
    """A house with a door that works at once."""

    house: House
    door: AccountsDouble

    @property
    def ada(self) -> int:
        return self.house.people["ada"]

    def write(self, **values: Any) -> None:
        with transaction(self.house.engine) as connection:
            accounts.change(connection, self.ada, now(), lambda _: values)

    def complete(self) -> None:
        """Everything done for Ada."""
        with transaction(self.house.engine) as connection:
            connection.execute(update(users).where(users.c.id == self.ada).values(email_verified_at=now()))
        self.write(**everything())

    def stake(self, auction_id: int, cents: int) -> None:
        row = {"user_id": self.ada, "auction_id": auction_id, "cents": cents, "created_at": now()}
        with transaction(self.house.engine) as connection:
            connection.execute(insert(reservations).values(bid_id=f"bid-{auction_id}", kind="bid", **row))

    def account(self) -> accounts.Account:
        with reading(self.house.engine) as connection:
            found = accounts.find(connection, self.ada)
        assert found is not None
        return found

    def audited(self) -> list[str]:
        with reading(self.house.engine) as connection:
            return list(connection.execute(select(audit_log.c.action).order_by(audit_log.c.id)).scalars())


def everything() -> dict[str, Any]:
    """What an account has that lacks nothing but a verified address."""
    return {
        "identity_status": "approved",
        "identity_at": now(),
        "identity_expires_at": now() + timedelta(days=700),
        "payment_profile_id": "22",
        "card_status": "stored",
        "card_brand": "Visa",
        "card_last4": "1111",
        "card_expires": "2099-12",
        "legal_sealed": "aa",
        "legal_matches": True,
        "terms_version": TERMS_VERSION,
    }


def complete_but_unverified(house: House, email: str = "new@example.com") -> int:
    """Let somebody's account lack nothing but a verified address; returns their id."""
    with transaction(house.engine) as connection:
        user_id: int = connection.execute(select(users.c.id).where(users.c.email == email)).scalar_one()
        connection.execute(update(users).where(users.c.id == user_id).values(email_verified_at=None))
        changed = accounts.change(connection, user_id, now(), lambda _: everything())
    assert changed is not None
    assert not changed.clearance.cleared
    return user_id


def open_onboarding(house: House) -> Onboarding:
    """The house with the double of the door."""
    door = AccountsDouble(house.engine)
    house.services.accounts = door
    return Onboarding(house, door)


async def page(client: AsyncClient, method: str, path: str, **form: str) -> Response:
    token = client.headers["X-CSRF-Token"]
    data = {"csrf_token": token, **form} if method == "POST" else None
    return await client.request(method, path, data=data, headers={"Accept": "text/html"})
