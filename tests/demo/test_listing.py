"""The demo's cars come onto the site as anybody's do, and go on where a killed program left them."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from activities.db import audit
from activities.db.engine import reading
from activities.settings import Settings
from domain.listings import Status
from temporal.demo.accounts import SellerAccount, read_accounts
from temporal.demo.catalogue import Offering, catalogue
from temporal.demo.client import MarketError
from temporal.demo.garage import Garage
from temporal.demo.listing import Lister
from temporal.demo.people import ADMIN, SELLERS
from temporal.demo.relist import new_key, schedule
from tests.demo.site import Killed, Site, open_site
from tests.demo.yard import open_yard
from tests.sandbox.s3.stage import Stage, stage

CAR = next(offering for offering in catalogue() if offering.seller == SELLERS[0].seller)
DAY = timedelta(days=1)
STEPS = (
    "POST /api/vehicles/decode-vin",
    "POST /api/vehicles",
    "POST /api/vehicles/N/photos",
    "POST /api/vehicles/N/photos/N/uploaded",
    "POST /api/vehicles/N/submit",
    "POST /api/admin/listings/N/approve",
)


@pytest.fixture(scope="module")
def store() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
async def site(make_settings: Callable[..., Settings], tmp_path: Path, store: Stage) -> AsyncIterator[Site]:
    settings = make_settings(database_url=f"sqlite:///{tmp_path / 'hammertime.db'}")
    async with open_site(settings, tmp_path) as found, open_yard(found, store):
        assert await found.bring(ADMIN, *SELLERS[:2]) == []
        yield found


def seller_of(site: Site, number: int = 0) -> SellerAccount:
    accounts = read_accounts(site.path)
    assert accounts is not None
    return next(account for account in accounts.sellers if account.email == SELLERS[number].email)


async def bring(site: Site, offering: Offering = CAR, number: int = 0) -> int:
    """List a car as a program does that starts now."""
    async with site.arrivals() as arrivals, site.program() as client:
        return await Lister(client, arrivals.desk).bring(seller_of(site, number), offering)


async def own(site: Site, number: int) -> dict[str, Any]:
    return (await site.client().send("GET", f"/api/me/vehicles/{number}", seller_of(site).token)).body


def deeds(site: Site, number: int) -> list[str]:
    now = datetime.now(UTC)
    with reading(site.engine) as connection:
        found = audit.deeds(connection, since=now - DAY, until=now + DAY, limit=1_000)
    return [deed.action for deed in found if deed.subject == f"vehicle {number}" and deed.action.startswith("listing_")]


async def test_a_car_is_decoded_photographed_sent_in_and_approved(site: Site) -> None:
    number = await bring(site)
    listing = await own(site, number)
    public = (await site.client().send("GET", f"/api/vehicles/{number}", seller_of(site).token)).body
    assert (listing["status"], public["vin"], public["cylinders"]) == (Status.APPROVED, CAR.spec.vin, 4)
    assert {"listing_begun", "listing_submitted", "listing_approved"} <= set(deeds(site, number))
    assert (listing["told"]["zip"], listing["told"]["start_cents"]) == (CAR.zip, CAR.start_cents)
    assert set(STEPS) <= set(site.asked)


async def test_its_photo_is_seen_by_everybody(site: Site) -> None:
    number = await bring(site)
    (photo,) = (await site.client().send("GET", f"/api/vehicles/{number}/photos", seller_of(site).token)).body["items"]
    assert (photo["state"], photo["public"], photo["picture"]["width"]) == ("ready", True, 640)


@pytest.mark.parametrize("death", STEPS)
async def test_a_kill_at_any_step_loses_nothing(site: Site, death: str) -> None:
    site.deaths = {death}
    with pytest.raises(Killed):
        await bring(site)
    site.deaths = set()
    number = await bring(site)
    assert (await own(site, number))["status"] == Status.APPROVED
    assert len(await site.client().listings(seller_of(site).token)) == 1
    assert deeds(site, number).count("listing_approved") == 1


async def test_a_car_that_is_there_is_not_listed_again(site: Site) -> None:
    number = await bring(site)
    before = deeds(site, number)
    assert (await bring(site), deeds(site, number)) == (number, before)


async def test_another_sellers_car_is_left_alone(site: Site) -> None:
    await bring(site)
    with pytest.raises(MarketError, match="VIN_LISTED"):
        await bring(site, CAR, number=1)


async def test_what_an_admin_wants_changed_is_left_to_whoever_plays_the_seller(site: Site) -> None:
    site.deaths = {"POST /api/vehicles/N/submit"}
    with pytest.raises(Killed):
        await bring(site)
    site.deaths = set()
    (listing,) = await site.client().listings(seller_of(site).token)
    async with site.arrivals() as arrivals:
        body = {"version": listing["version"], "notes": {"mileage": "The photo shows more miles."}}
        await arrivals.desk._ask("POST", f"/api/admin/listings/{listing['id']}/request-changes", body)
    with pytest.raises(MarketError, match="changes_requested"):
        await bring(site)


async def test_the_garage_finds_it_by_its_vin_and_puts_it_up(site: Site) -> None:
    number = await bring(site)
    accounts = read_accounts(site.path)
    assert accounts is not None
    async with site.arrivals() as arrivals, site.program() as client:
        garage = Garage(client, lambda: accounts, Lister(client, arrivals.desk))
        car = await garage.bring(CAR)
        assert car is not None
        assert (car.vehicle_id, garage.spare) == (number, 1)
        now = datetime.now(UTC)
        starts_at, ends_at, key = now + timedelta(seconds=1), now + timedelta(minutes=9), new_key(Random(1))
        auction = await schedule(client, garage, car, starts_at=starts_at, ends_at=ends_at, key=key)
    assert auction is not None
    assert ((await own(site, number))["status"], garage.spare) == (Status.SCHEDULED, 0)
