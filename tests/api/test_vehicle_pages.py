"""A vehicle as everybody sees it: what a decoder reports of it, what became of it, and when it is there no more."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter

from activities.db import vin_reports
from activities.db.engine import transaction
from api.database import now
from api.listing_views import VIN
from api.vehicles import EXAMPLE, PublicVehicleView
from domain.decoding import Answer, Brand, Decoded, OdometerReading, Recall, Source, Specification
from tests.api.conftest import House
from tests.api.floor import DAY, refusal
from tests.api.lister import Lister, open_lister
from tests.api.newcomer import page

HONDA = Specification(year=2019, make="Honda", model="Civic")
RECORDS: dict[str, Any] = {
    "brands": (Brand("Rebuilt", "11", "Repaired after a <loss>"),),
    "odometer": (OdometerReading(52_000, date(2023, 6, 15)), OdometerReading(1, None, suspect=True)),
    "recalls": (Recall("19V123000", "AIR BAGS", "It may not unfold."),),
}


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


def tell(lister: Lister, source: Source = Source.CLEARVIN, **records: Any) -> Answer:
    at = now() - timedelta(days=3)
    found = Answer(source, at, Decoded(vin=VIN, source=source, fetched_at=at, specification=HONDA, **records))
    with transaction(lister.floor.house.engine) as connection:
        vin_reports.keep(connection, VIN, found, "{}")
    return found


async def shown(lister: Lister, number: int) -> tuple[Response, Response]:
    """The vehicle as JSON and as a page, to somebody who has not signed in."""
    client = await lister.floor.client("")
    return await client.get(f"/api/vehicles/{number}"), await client.get(f"/vehicles/{number}")


async def test_the_records_of_a_report_are_told_with_their_source_and_time(lister: Lister) -> None:
    report = tell(lister, **RECORDS)
    api, html = await shown(lister, await lister.listed())
    TypeAdapter(PublicVehicleView).validate_python(api.json())
    records = api.json()["records"]
    assert report.decoded is not None
    assert (records["source"], records["reported_by"]) == ("clearvin", "ClearVIN")
    assert records["brands"][0]["name"] == "Rebuilt"
    assert records["odometer"][0] == {"miles": 52_000, "read_on": "2023-06-15", "suspect": False}
    assert records["recalls"][0]["campaign"] == "19V123000"
    text = " ".join(html.text.split())
    for words in ("As reported by ClearVIN on", "Rebuilt: Repaired after a &lt;loss&gt;", "19V123000, air bags"):
        assert words in text
    assert ("52,000 miles on 2023-06-15" in text, "1 miles, doubtful" in text) == (True, True)


async def test_a_report_without_a_record_says_so_and_without_one_nothing_is_said(lister: Lister) -> None:
    number = await lister.listed()
    api, html = await shown(lister, number)
    assert (api.json()["records"], "data-records" in html.text) == (None, False)
    tell(lister, Source.VPIC)
    api, html = await shown(lister, number)
    assert (api.json()["records"], "data-records" in html.text) == (None, False)
    tell(lister)
    api, html = await shown(lister, number)
    assert api.json()["records"]["brands"] == []
    assert html.text.count("None reported") == 3


async def test_what_was_withdrawn_shows_its_auctions_and_that_it_was(lister: Lister) -> None:
    number = await lister.listed()
    lot = await lister.lot(number)
    lister.floor.lots.bid(lot, lister.floor.person("ada"), 600_000)
    lister.floor.lots.pass_time(2 * DAY)
    assert (await lister.ask("sam", "POST", f"/vehicles/{number}/withdraw")).status_code == 200
    api, html = await shown(lister, number)
    assert (api.status_code, api.json()["status"], html.status_code) == (200, "withdrawn", 200)
    assert api.json()["withdrawn_at"] is not None
    assert ("data-withdrawn" in html.text, f'href="/auctions/{lot}"' in html.text) == (True, True)


async def test_what_was_withdrawn_before_any_auction_or_deleted_or_is_a_draft_is_not_found(lister: Lister) -> None:
    draft, number = await lister.begin(vin="19XFC1F33KE200003"), await lister.listed()
    await lister.ask("sam", "POST", f"/vehicles/{number}/withdraw")
    sold = await lister.listed()
    lot = await lister.lot(sold)
    lister.floor.lots.pass_time(2 * DAY)
    assert (await lister.ask("sam", "DELETE", f"/vehicles/{sold}")).status_code == 204
    for gone in (draft, number, sold):
        api, html = await shown(lister, gone)
        assert (refusal(api), html.status_code) == ((404, "VEHICLE_NOT_FOUND"), 404)
    assert (await lister.ask("", "GET", f"/auctions/{lot}")).status_code == 200


async def test_what_is_for_sale_is_withdrawn_by_nobody(lister: Lister) -> None:
    number = await lister.listed()
    api, html = await shown(lister, number)
    assert (api.json()["status"], api.json()["withdrawn_at"]) == ("approved", None)
    assert "data-withdrawn" not in html.text


async def test_a_vehicle_that_is_put_up_again_shows_the_run_before_with_its_result(lister: Lister) -> None:
    number = await lister.listed()
    first = await lister.lot(number)
    lister.floor.lots.bid(first, lister.floor.person("ada"), 600_000)
    lister.floor.lots.pass_time(2 * DAY)
    assert "data-past" not in (await shown(lister, number))[1].text
    second = await lister.lot(number)
    html = (await shown(lister, number))[1].text
    past = " ".join(html[html.index("data-past") :].partition("</ul>")[0].split())
    assert f'<a href="/auctions/{first}">Auction {first}</a>' in past
    assert "reserve not met, bid up to $6,000 with 1 bid" in past
    assert (f'href="/auctions/{second}"' in html, f'href="/auctions/{second}"' in past) == (True, False)


async def test_kilometers_and_a_doubtful_odometer_are_told_as_they_are(lister: Lister) -> None:
    number = await lister.listed(mileage_unit="km", odometer_status="not_actual", has_lien=True, lien_holder="Bank")
    html = (await shown(lister, number))[1].text
    assert ("41,250 kilometers" in html, "Not the actual mileage" in html, "There is a lien" in html) == (True,) * 3
    assert await page_of_draft(lister) == 404


async def page_of_draft(lister: Lister) -> int:
    """A seller sees no public page of a draft either."""
    number = await lister.begin(vin="19XFC1F33KE200003")
    return (await page(await lister.floor.client("sam"), "GET", f"/vehicles/{number}")).status_code


def test_the_example_has_the_shape_of_an_answer() -> None:
    TypeAdapter(PublicVehicleView).validate_python(EXAMPLE)
