"""A floor whose lots are sold besides by bids too: with buy-now prices, offers, and buyers of limited power."""

from dataclasses import dataclass, replace
from typing import Any

from httpx import Response
from sqlalchemy import select, update

from activities.db.engine import reading, transaction
from activities.db.tables import auctions, reservations, users, vehicles
from api.signins import SignIns
from domain.listings import SaleType
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor
from tests.db.for_sale import put_up
from tests.doubles.offers import OffersDouble

PRICE = 900_000


@dataclass
class MarketDay:
    """`floor` with the double of offers behind its doors."""

    floor: Floor
    offers: OffersDouble

    @property
    def house(self) -> House:
        return self.floor.house

    async def lot(self, sale_type: SaleType = SaleType.TIMED, **terms: Any) -> int:
        """A live lot of sam's at a fixed price, with offers."""
        lot = await self.floor.lot()
        terms = {"buy_now_cents": PRICE, "offers_open": True, **terms}
        auction = self.floor.lots.auctions[lot]
        auction.terms = replace(auction.terms, sale_type=sale_type, **terms)
        with transaction(self.house.engine) as connection:
            put_up(connection, lot, sale_type=sale_type.value, **terms)
        return lot

    def block(self, name: str) -> None:
        with transaction(self.house.engine) as connection:
            connection.execute(update(users).where(users.c.id == self.floor.person(name)).values(can_bid=False))
        self.house.services.sign_ins = SignIns(self.house.services.database)

    def vehicle(self, lot: int) -> int:
        with reading(self.house.engine) as connection:
            found: int = connection.execute(select(auctions.c.vehicle_id).where(auctions.c.id == lot)).scalar_one()
        return found

    def limit(self, name: str, cents: int) -> None:
        with transaction(self.house.engine) as connection:
            own = users.c.id == self.floor.person(name)
            connection.execute(update(users).where(own).values(buying_limit_cents=cents))

    def thresholds(self, lot: int, **columns: int) -> None:
        with transaction(self.house.engine) as connection:
            connection.execute(update(vehicles).where(vehicles.c.id == self.vehicle(lot)).values(columns))

    def held(self) -> list[tuple[str, int]]:
        with reading(self.house.engine) as connection:
            query = select(reservations.c.kind, reservations.c.cents).order_by(reservations.c.cents)
            return [(kind, cents) for kind, cents in connection.execute(query)]

    async def buy(self, name: str, lot: int, key: str | None = None) -> Response:
        return await self.floor.post(name, f"/api/auctions/{lot}/buy-now", key=key)

    async def confirm(self, name: str, lot: int, key: str | None = None) -> Response:
        return await self.floor.post(name, f"/api/auctions/{lot}/buy-now/confirm", key=key)

    async def offer(self, name: str, lot: int, cents: int, key: str | None = None) -> Response:
        path = f"/api/vehicles/{self.vehicle(lot)}/offers"
        return await self.floor.post(name, path, {"amount_cents": cents}, key)

    async def answer(
        self, name: str, offer_id: str, act: str, step: int, key: str | None = None, **body: Any
    ) -> Response:
        return await self.floor.post(name, f"/api/offers/{offer_id}/{act}", {"step": step, **body}, key)


def open_market_day(house: House) -> MarketDay:
    """A floor on which lots are sold by other ways than bids too."""
    floor = open_floor(house)
    double = OffersDouble(house.engine, floor.lots)
    house.services.selling = replace(house.services.selling, offers=double)
    house.services.bid_pace = type(house.services.bid_pace)(1_000, 1_000)
    return MarketDay(floor, double)
