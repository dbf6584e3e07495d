"""A house with its auction floor: lots that follow the real rules, a second seller and a second admin."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from httpx import AsyncClient, Response

from activities.db import audit, people
from activities.db.audit import Deed
from activities.db.engine import reading, transaction
from activities.db.people import Role, Scope
from activities.settings import Settings
from api.database import now
from domain.clock import to_text
from tests.api.conftest import SECRET, House
from tests.api.sign_ins import give_app
from tests.db.market import add_car, add_person, let_sell
from tests.doubles.auctions import LotsDouble

DAY = timedelta(days=1)


@dataclass
class Floor:
    """`house` with `lots` in place of Temporal; more people are sid (seller) and alan (admin)."""

    house: House
    lots: LotsDouble
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    clients: dict[str, AsyncClient] = field(default_factory=dict)

    def person(self, name: str) -> int:
        return self.house.people[name]

    def car(self, seller: str = "sam") -> int:
        with transaction(self.house.engine) as connection:
            return add_car(connection, self.person(seller), next(self.numbers))

    def wish(self, vehicle_id: int, **changes: Any) -> dict[str, Any]:
        """A good body for POST /api/auctions: live at once, for a day, whatever day of the week it is."""
        moment = now()
        return {
            "vehicle_id": vehicle_id,
            "start_cents": 500_000,
            "starts_at": to_text(moment),
            "ends_at": to_text(moment + DAY),
            "sunday_rule": False,
            **changes,
        }

    async def lot(self, seller: str = "sam", **changes: Any) -> int:
        """A lot that was scheduled over HTTP; live unless the changes say otherwise."""
        answer = await self.post(seller, "/api/auctions", self.wish(self.car(seller), **changes))
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    async def post(
        self, name: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> Response:
        """Ask as a person, or as nobody with an empty name; a new key unless one is given."""
        headers = {"Idempotency-Key": f"key-{next(self.numbers)}" if key is None else key}
        return await (await self.client(name)).post(path, json=body, headers=headers)

    async def get(self, name: str, path: str, **query: Any) -> Response:
        return await (await self.client(name)).get(path, params=query)

    async def client(self, name: str) -> AsyncClient:
        if name not in self.clients:
            self.clients[name] = await self.house.browser(name) if name else self.house.client()
        return self.clients[name]

    async def machine(self, name: str, *scopes: Scope) -> AsyncClient:
        return await self.house.machine(name, *(scope.value for scope in scopes))

    def deeds(self) -> list[Deed]:
        """All of the audit log."""
        with reading(self.house.engine) as connection:
            return audit.deeds(connection, since=now() - DAY, until=now() + DAY, limit=1_000)

    def use(self, **settings: Any) -> None:
        """Change settings for the rest of the test."""
        self.house.services.settings = Settings(**{**self.house.services.settings.model_dump(), **settings})


def open_floor(house: House) -> Floor:
    """Put the double in Temporal's place and let the others in."""
    with transaction(house.engine) as connection:
        known = people.credentials(connection, "amy@example.com")
        assert known is not None
        for name, role in (("sid", Role.SELLER), ("alan", Role.ADMIN)):
            house.people[name] = add_person(
                connection, f"{name}@example.com", role=role, can_bid=False, password_hash=known.password_hash
            )
            people.note_verified(connection, house.people[name], now())
        give_app(connection, house.people["alan"], SECRET)
        let_sell(connection, house.people["sid"])
    lots = LotsDouble(house.engine)
    house.services.lots = lots
    return Floor(house, lots)


def refusal(answer: Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def wrong_fields(answer: Response) -> list[str]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]
