"""A house with a store for files: a seller's draft, its photos and papers, and a door that keeps what it is told."""

from dataclasses import dataclass
from typing import Any, cast

from httpx import Response

from activities.db import uploads
from activities.db.engine import transaction
from api.database import now
from api.photo_desk import PhotoDesk
from domain.photos import PDF, Kind
from temporal.photos import Photos
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.lister import Lister, open_lister
from tests.doubles.photos_door import PhotosDouble
from tests.sandbox.s3.stage import Stage

NOBODYS = "5e0c4f0e-6f7c-4b6a-9d0e-0d5ad0a1e1c7"


@dataclass(frozen=True)
class Studio:
    """A house with a store, a seller's draft, and a door that keeps what it is told."""

    lister: Lister
    sandbox: Stage
    door: PhotosDouble
    car: int

    async def ask(self, method: str, path: str = "", body: Any = None, *, name: str = "sam", **more: Any) -> Response:
        return await self.lister.ask(name, method, f"/vehicles/{self.car}/photos{path}", body, **more)

    async def paper(self, method: str, path: str = "", body: Any = None, *, name: str = "sam") -> Response:
        return await self.lister.ask(name, method, f"/vehicles/{self.car}/documents{path}", body)

    async def add(self, count: int = 2) -> list[str]:
        """Photos that are awaited."""
        answer = await self.ask("POST", "", {"photos": [{"content_type": "image/jpeg"}] * count})
        assert answer.status_code == 201, answer.text
        return [each["id"] for each in answer.json()["items"]]

    async def ready(self, count: int = 2) -> list[str]:
        """Photos that were checked."""
        ids = await self.add(count)
        for each in ids:
            self.check(Kind.PHOTO, each, width=800, height=600)
        return ids

    async def document(self, kind: str = "inspection") -> str:
        """A document that was checked."""
        body = {"documents": [{"kind": kind, "title": "A paper", "content_type": PDF}]}
        answer = await self.paper("POST", "", body)
        assert answer.status_code == 201, answer.text
        document_id: str = answer.json()["items"][0]["id"]
        self.check(Kind.DOCUMENT, document_id, bytes=9)
        return document_id

    def check(self, kind: Kind, upload_id: str, **facts: Any) -> None:
        with transaction(self.lister.floor.house.engine) as connection:
            uploads.begin_check(connection, kind, upload_id, now())
            digest = upload_id.replace("-", "") * 2
            assert uploads.finish(connection, kind, upload_id, sha256=digest, at=now(), **facts)

    async def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask("GET")).json()
        return found

    async def ids(self) -> list[str]:
        return [each["id"] for each in (await self.shown())["items"]]

    async def order(self, ids: list[str], primary_id: str | None = None, tag: str | None = None) -> Response:
        told = (await self.shown())["order_tag"] if tag is None else tag
        return await self.ask("PUT", "/order", {"photo_ids": ids, "primary_id": primary_id}, tag=f'"{told}"')


def code_of(answer: Response) -> str:
    """The code of a refusal."""
    return refusal(answer)[1]


async def open_studio(house: House, sandbox: Stage) -> Studio:
    """Put the store and the door in place, and begin a listing."""
    door = PhotosDouble()
    house.services.photos = PhotoDesk(sandbox.links, cast("Photos", door))
    lister = open_lister(house)
    return Studio(lister, sandbox, door, await lister.begin())
