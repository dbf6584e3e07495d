"""A floor with a door into listings: sellers who write and send in, admins who review, and photos that are there."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from httpx import Response
from sqlalchemy import delete, insert, select

from activities.db.engine import reading, transaction
from activities.db.photo_tables import vehicle_images
from activities.db.tables import notifications
from api.database import now
from api.listing_views import BODY
from domain.photos import State
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor
from tests.doubles.listings_door import ListingsDouble
from tests.doubles.vins import VinsDouble

OTHER_VIN = "19XFC1F31KE200002"


@dataclass
class Lister:
    """`floor` with `door` in place of the Listing workflows, and `vins` of decoding, which knows nothing until told."""

    floor: Floor
    door: ListingsDouble
    vins: VinsDouble = field(init=False)

    def __post_init__(self) -> None:
        house = self.floor.house
        self.vins = house.services.vins = VinsDouble(house.engine)

    async def ask(self, name: str, method: str, path: str, body: Any = None, *, tag: str | None = None) -> Response:
        """Ask as a person (or nobody), with an ETag where one is given."""
        headers = {} if tag is None else {"If-Match": tag}
        client = await self.floor.client(name)
        return await client.request(method, f"/api{path}", json=None if body is None else dict(body), headers=headers)

    async def begin(self, name: str = "sam", **changes: Any) -> int:
        """A draft."""
        answer = await self.ask(name, "POST", "/vehicles", {**BODY, **changes})
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    async def own(self, vehicle_id: int, name: str = "sam") -> dict[str, Any]:
        """What its seller reads."""
        found: dict[str, Any] = (await self.ask(name, "GET", f"/me/vehicles/{vehicle_id}")).json()
        return found

    async def tag(self, vehicle_id: int) -> str:
        """The present ETag."""
        return f'"{(await self.own(vehicle_id, "amy"))["version"]}"'

    async def write(self, vehicle_id: int, name: str = "sam", *, tag: str | None = None, **changes: Any) -> Response:
        """Write the working copy, on what was just read or on a tag."""
        told = tag or await self.tag(vehicle_id)
        return await self.ask(name, "PUT", f"/vehicles/{vehicle_id}", {**BODY, **changes}, tag=told)

    async def submit(self, vehicle_id: int, name: str = "sam", *, tag: str | None = None) -> Response:
        """Send it in, as it was just read or on a tag."""
        told = tag or await self.tag(vehicle_id)
        return await self.ask(name, "POST", f"/vehicles/{vehicle_id}/submit", tag=told)

    async def review(self, vehicle_id: int, verb: str = "approve", name: str = "amy", **body: Any) -> Response:
        """Decide on the present version, or on the one that is given."""
        version = body.pop("version", None) or (await self.own(vehicle_id, "amy"))["version"]
        path = f"/admin/listings/{vehicle_id}/{verb}"
        return await self.ask(name, "POST", path, {"version": version, **body})

    async def submitted(self, **changes: Any) -> int:
        """A listing that waits for its review."""
        number = await self.begin(**changes)
        self.photo(number)
        answer = await self.submit(number)
        assert answer.status_code == 200, answer.text
        return number

    async def listed(self, **changes: Any) -> int:
        """A listing that the public sees."""
        number = await self.submitted(**changes)
        answer = await self.review(number)
        assert answer.status_code == 200, answer.text
        return number

    async def lot(self, vehicle_id: int) -> int:
        """Its auction, live for a day."""
        answer = await self.floor.post("sam", "/api/auctions", self.floor.wish(vehicle_id))
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    def photo(self, vehicle_id: int) -> str:
        """A photo that was checked and can be shown."""
        moment = now()
        row = {
            "id": str(uuid.uuid4()),
            "vehicle_id": vehicle_id,
            "state": State.READY,
            "content_type": "image/jpeg",
            "alt_text": "",
            "place": 0,
            "width": 800,
            "height": 600,
            "is_chosen": False,
            "uploaded_by": 1,
            "created_at": moment,
            "expires_at": moment,
            "updated_at": moment,
        }
        with transaction(self.floor.house.engine) as connection:
            connection.execute(insert(vehicle_images).values(row))
        return str(row["id"])

    def lose_photos(self, vehicle_id: int) -> None:
        """Its photos are gone."""
        with transaction(self.floor.house.engine) as connection:
            connection.execute(delete(vehicle_images).where(vehicle_images.c.vehicle_id == vehicle_id))

    def shown_photos(self, vehicle_id: int) -> list[str]:
        """Those that were approved."""
        query = select(vehicle_images.c.id).where(
            vehicle_images.c.vehicle_id == vehicle_id, vehicle_images.c.approved_at.is_not(None)
        )
        with reading(self.floor.house.engine) as connection:
            return list(connection.execute(query).scalars())

    def mails(self) -> list[tuple[str, str]]:
        """Kind and address of every mail about listings, in order of their making."""
        query = select(notifications.c.kind, notifications.c.to_email).where(notifications.c.kind.like("listing%"))
        with reading(self.floor.house.engine) as connection:
            return [(row[0], row[1]) for row in connection.execute(query.order_by(notifications.c.created_at))]

    def deeds(self, vehicle_id: int) -> list[str]:
        """What the audit log has of a listing, in order."""
        return [deed.action for deed in self.floor.deeds() if deed.subject == f"vehicle {vehicle_id}"]


def open_lister(house: House) -> Lister:
    """Put the door in place."""
    floor = open_floor(house)
    door = ListingsDouble(house.engine, floor.lots)
    house.services.listings = door
    return Lister(floor, door)
