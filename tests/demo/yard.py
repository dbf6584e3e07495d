"""A site where cars are listed: real checks and real reports at once, in the places of the workflows that do them."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Engine

from activities.db.uploads import Standing
from activities.photo_check import PhotoWork
from activities.photo_contracts import Upload
from activities.providers.clearvin_report import read_report
from activities.providers.s3 import Storage
from api.photo_desk import PhotoDesk
from api.state import Services
from domain.decoding import Answer, Source
from temporal.photos import Photos
from tests.demo.site import Site
from tests.doubles.auctions import LotsDouble
from tests.doubles.listings_door import ListingsDouble
from tests.doubles.photos_door import PhotosDouble
from tests.doubles.vins import VinsDouble
from tests.sandbox.clearvin.reports import report_of
from tests.sandbox.s3.stage import Stage
from tests.sandbox.vehicles import Vehicles


class CheckedPhotos(PhotosDouble):
    """A file that is said to be there is checked at once, by the worker's own check."""

    def __init__(self, work: PhotoWork) -> None:
        super().__init__()
        self._work = work

    async def uploaded(self, upload: Standing) -> None:
        await super().uploaded(upload)
        await self._work.check_upload(Upload(upload.kind, upload.vehicle_id, upload.upload_id))


class ReportedVins(VinsDouble):
    """The decoder's sandbox has a report of every VIN that is asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._vehicles = Vehicles()

    async def decode(self, vin: str) -> bool:
        now = datetime.now(UTC)
        report = read_report(vin, report_of(self._vehicles.find(vin) or {}), now)
        self.answers = [Answer(Source.CLEARVIN, now, report)]
        return await super().decode(vin)


@asynccontextmanager
async def open_yard(site: Site, store: Stage) -> AsyncIterator[LotsDouble]:
    """Put the doubles in place; gives the lots."""
    services: Services = site.app.state.services
    lots = LotsDouble(site.engine)
    services.lots, services.vins = lots, ReportedVins(site.engine)
    services.listings = ListingsDouble(site.engine, lots)
    with ThreadPoolExecutor(1) as decoders:
        async with Storage(store.bucket) as storage:
            door = CheckedPhotos(PhotoWork(site.engine, storage, decoders))
            services.photos = PhotoDesk(store.links, cast("Photos", door))
            yield lots
