"""A floor with a door into listings whose photos have a size, as pages need it that show them."""

from dataclasses import dataclass

from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.photo_tables import vehicle_images
from api.database import now
from domain.decoding import Answer, Decoded, Source, Specification
from tests.api.conftest import House
from tests.api.lister import Lister, open_lister

CIVIC = "19XFC1F30KE902117"
SPECIFICATION = Specification(
    year=2019, make="Honda", model="Civic", trim="EX", body="Sedan", drive="FWD", fuel="Gasoline", doors=4
)


@dataclass
class Photographed(Lister):
    """`vins` knows the Civic."""

    def photo(self, vehicle_id: int) -> str:
        photo_id = super().photo(vehicle_id)
        with transaction(self.floor.house.engine) as connection:
            connection.execute(
                update(vehicle_images).where(vehicle_images.c.id == photo_id).values(width=1_600, height=1_200)
            )
        return photo_id


def open_photographed(house: House) -> Photographed:
    """Put the doors in place."""
    found, at = open_lister(house), now()
    decoded = Decoded(vin=CIVIC, source=Source.CLEARVIN, fetched_at=at, specification=SPECIFICATION)
    lister = Photographed(found.floor, found.door)
    lister.vins.answers = [Answer(Source.CLEARVIN, at, decoded)]
    return lister
