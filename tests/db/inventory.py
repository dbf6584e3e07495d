"""A small inventory of very different cars for tests of the search, written as listings are."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, update

from activities.db import search
from activities.db.engine import reading, transaction
from activities.db.people import Role
from activities.db.tables import vehicles
from activities.zips import find
from domain.search import Filters, Listing, fits
from tests.db.market import DAY, NOON, add_car, add_lot, add_person

ZIPS = ("55101", "55401", "53703", "60601", "99501")
MODELS = (("Honda", "Civic", "sedan"), ("Honda", "CR-V", "suv"), ("Ford", "F-150", "pickup"), ("Audi", "Q5", "suv"))
STATUSES = ("live", "scheduled", "ended")


class Inventory:
    """Cars of one seller; everything is committed, because InnoDB finds words only then."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with transaction(engine) as connection:
            self.seller = add_person(connection, "sam@example.com", role=Role.SELLER)
            self.ada = add_person(connection, "ada@example.com")
            self.bob = add_person(connection, "bob@example.com")

    def car(self, number: int, *, put_at: datetime = NOON, **changes: Any) -> int:
        """A listed vehicle."""
        with transaction(self.engine) as connection:
            vehicle_id = add_car(connection, self.seller, number, **changes)
            search.put(connection, vehicle_id, put_at)
            return vehicle_id

    def lot(self, vehicle_id: int, *, put_at: datetime = NOON, **changes: Any) -> int:
        """An auction of a listed vehicle."""
        with transaction(self.engine) as connection:
            auction_id = add_lot(connection, self.seller, vehicle_id, **changes)
            search.put(connection, vehicle_id, put_at)
            return auction_id

    def change(self, vehicle_id: int, put_at: datetime, **changes: Any) -> None:
        """Change what the public sees of a vehicle."""
        with transaction(self.engine) as connection:
            connection.execute(update(vehicles).where(vehicles.c.id == vehicle_id).values(changes))
            search.put(connection, vehicle_id, put_at)

    def fill(self, count: int, seed: int) -> list[int]:
        """Cars by chance, some of them in an auction."""
        dice = random.Random(seed)
        made = []
        for number in range(count):
            make, model, body = dice.choice(MODELS)
            place = find(dice.choice(ZIPS))
            assert place is not None
            vehicle_id = self.car(
                number,
                make=make,
                model=model,
                body_type=body,
                trim=dice.choice(("EX", "LX", "")),
                year=dice.randrange(2015, 2021),
                mileage=dice.randrange(5) * 20_000,
                state=place.state,
                lat=None if dice.random() < 0.1 else place.lat,
                lng=place.lng,
                condition_grade=dice.randrange(51),
                fuel_type=dice.choice(("gasoline", "hybrid")),
                description=dice.choice(("One owner", "Sunroof", "Tow package")),
                sale_type=dice.choice(("timed", "make_offer")),
                buy_now_cents=dice.choice((None, 1_500_000)),
            )
            if dice.random() < 0.7:
                end = NOON + dice.choice((-1, 1)) * dice.randrange(1, 90) * timedelta(hours=1)
                price = dice.choice((None, 700_000, 900_000))
                self.lot(vehicle_id, status=dice.choice(STATUSES), ends_at=end, price_cents=price)
            made.append(vehicle_id)
        return made

    def fitting(self, vehicle_ids: Sequence[int], filters: Filters) -> dict[int, Listing]:
        """What fits, by the rule itself."""
        with reading(self.engine) as connection:
            known = search.listings(connection, vehicle_ids)
            words = search.words_of(connection, vehicle_ids)
        return {key: listing for key, listing in known.items() if fits(filters, listing, words[key], NOON)}


LATER = NOON + DAY
