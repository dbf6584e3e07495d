"""A floor whose lots missed their reserves or were not paid for, with the doubles of what follows."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from activities.db import orders, second_chances
from activities.db.account_tables import accounts
from activities.db.engine import reading, transaction
from activities.db.tables import reservations, users
from api.database import now
from domain.accounts import TERMS_VERSION
from domain.negotiation import Negotiation
from domain.second_chance import Chance
from tests.api.conftest import House
from tests.api.floor import DAY, Floor, open_floor
from tests.doubles.talks import NegotiationsDouble, SecondChancesDouble

PRICE, NEXT_PRICE, RESERVE = 700_000, 650_000, 900_000
MINUTE = timedelta(minutes=1)


@dataclass
class Haggling:
    """`floor` with the doubles behind its doors."""

    floor: Floor
    talks: NegotiationsDouble
    chances: SecondChancesDouble

    @property
    def house(self) -> House:
        return self.floor.house

    async def missed(self) -> tuple[int, Negotiation]:
        """A lot of sam's on which ada led with 7,000 dollars below the reserve, before bob with 6,500: talks begin."""
        lot = await self._closed(reserve_cents=RESERVE)
        return lot, await self.talks.begin(lot)

    async def unpaid(self, **terms: Any) -> tuple[int, Chance]:
        """The order of a lot that ada won and did not pay for: bob has a second chance."""
        lot = await self._closed(**terms)
        with transaction(self.house.engine) as connection:
            order_id = orders.of_run(connection, lot)
            assert order_id is not None
            found = orders.find(connection, order_id)
            assert found is not None
            orders.free_win(connection, found.order)
            second_chances.open(connection, order_id, now())
        return order_id, await self.chances.begin(order_id)

    async def _closed(self, **terms: Any) -> int:
        lot = await self.floor.lot(**terms)
        for name, cents in (("bob", NEXT_PRICE), ("ada", PRICE)):
            self.floor.lots.bid(lot, self.floor.person(name), cents)
        self.floor.lots.pass_time(2 * DAY)
        self.floor.lots.ahead = timedelta(0)
        return lot

    async def say(self, name: str, lot: int, act: str, step: int, key: str | None = None, **body: Any) -> Response:
        return await self.floor.post(name, f"/api/negotiations/{lot}/{act}", {"step": step, **body}, key)

    async def reply(self, name: str, order_id: int, act: str, step: int = 1, key: str | None = None) -> Response:
        return await self.floor.post(name, f"/api/second-chances/{order_id}/{act}", {"step": step}, key)

    def limit(self, name: str, cents: int) -> None:
        with transaction(self.house.engine) as connection:
            own = users.c.id == self.floor.person(name)
            connection.execute(update(users).where(own).values(buying_limit_cents=cents))

    def held(self) -> list[tuple[str, int]]:
        with reading(self.house.engine) as connection:
            query = select(reservations.c.kind, reservations.c.cents).order_by(reservations.c.cents)
            return [(kind, cents) for kind, cents in connection.execute(query)]


def open_haggling(house: House) -> Haggling:
    """A floor with the doubles, and buyers who accepted the terms."""
    return haggling_on(open_floor(house))


def haggling_on(floor: Floor) -> Haggling:
    """The doubles on a floor that is open."""
    house = floor.house
    talks, chances = NegotiationsDouble(house.engine), SecondChancesDouble(house.engine)
    house.services.selling = replace(house.services.selling, negotiations=talks, second_chances=chances)
    house.services.bid_pace = type(house.services.bid_pace)(1_000, 1_000)
    with transaction(house.engine) as connection:
        connection.execute(update(users).where(users.c.id == floor.person("bob")).values(can_bid=True))
        known = set(connection.execute(select(accounts.c.user_id)).scalars())
        for name in ("ada", "bob"):
            values = {"terms_version": TERMS_VERSION}
            own = accounts.c.user_id == floor.person(name)
            if floor.person(name) in known:
                connection.execute(update(accounts).where(own).values(values))
            else:
                row = {"user_id": floor.person(name), "identity_status": "none", "card_status": "none"}
                connection.execute(accounts.insert().values(dealer_line_cents=0, updated_at=now(), **row, **values))
    return Haggling(floor, talks, chances)
