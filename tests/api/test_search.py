"""The inventory over HTTP: filters, counts, orders, pages, and what is wrong with a query."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from activities.db import search, tables
from activities.db.engine import transaction
from api.database import now
from tests.api.conftest import House
from tests.db.market import add_car, add_lot

HOUR = timedelta(hours=1)


def listed(house: House, number: int, *, lot: bool = True, **changes: Any) -> int:
    """A listed vehicle, in a live auction unless told otherwise."""
    with transaction(house.engine) as connection:
        seller = house.people["sam"]
        vehicle_id = add_car(connection, seller, number, **{"lat": 44.951, "lng": -93.09, **changes})
        if lot:
            end = now() + number * HOUR
            add_lot(connection, seller, vehicle_id, ends_at=end, starts_at=now(), price_cents=number * 100_000)
        search.put(connection, vehicle_id, now())
        return vehicle_id


async def get(house: House, path: str, **query: Any) -> Any:
    answer = await house.client().get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_listing_shows_what_a_buyer_compares(house: House) -> None:
    vehicle_id = listed(house, 1)
    (item,) = (await get(house, "/api/vehicles", zip="55401", make="HONDA"))["items"]
    assert (item["id"], item["title"], item["status"], item["price_cents"]) == (
        *(vehicle_id, "2019 Honda Civic EX"),
        *("live", 100_000),
    )
    assert (item["transmission"], item["exterior_color"], item["condition_grade"]) == ("cvt", "Silver", 42)
    assert 5 < item["distance_miles"] < 15


async def test_every_kind_is_counted_as_if_it_were_not_chosen(house: House) -> None:
    listed(house, 1)
    listed(house, 2, body_type="suv", model="CR-V")
    listed(house, 3, make="Ford", model="Escape", body_type="suv")
    page = await get(house, "/api/vehicles", make="Honda", body_type="suv")
    assert (page["total"], page["next_cursor"]) == (1, None)
    assert page["facets"]["make"] == [{"value": "Ford", "count": 1}, {"value": "Honda", "count": 1}]
    assert page["facets"]["body_type"] == [{"value": "sedan", "count": 1}, {"value": "suv", "count": 1}]
    assert page["facets"]["model"] == [{"value": "CR-V", "count": 1}]
    assert (await get(house, "/api/vehicles", facets=False))["facets"] == {}


async def test_pages_follow_each_other_in_their_order(house: House) -> None:
    made = [listed(house, number) for number in (3, 1, 2)]
    first = await get(house, "/api/vehicles", sort="price_low", limit=2)
    second = await get(house, "/api/vehicles", sort="price_low", limit=2, cursor=first["next_cursor"])
    found = [item["id"] for item in first["items"] + second["items"]]
    assert found == [made[1], made[2], made[0]]
    assert (second["next_cursor"], second["total"]) == (None, 3)


async def test_text_distance_and_price_work_together(house: House) -> None:
    near = listed(house, 1, description="Sunroof")
    listed(house, 2, description="Sunroof", lat=41.886, lng=-87.618)
    listed(house, 3)
    query = {"q": "sunroof civic", "zip": "55401", "miles": 50, "sort": "distance", "price_to_cents": 200_000}
    assert [item["id"] for item in (await get(house, "/api/vehicles", **query))["items"]] == [near]


async def auctions_found(house: House, **query: Any) -> list[str]:
    return [item["vehicle"]["title"] for item in (await get(house, "/api/auctions", **query))["items"]]


@pytest.mark.parametrize(
    "query",
    [
        {"make": "ford"},
        {"model": "Escape"},
        {"trim": "titanium"},
        {"year_from": 2020, "year_to": 2022},
        {"price_from_cents": 150_000, "price_to_cents": 250_000},
        {"mileage_to": 20_000},
        {"body_type": "suv"},
        {"fuel_type": "hybrid"},
        {"drivetrain": "AWD"},
        {"transmission": "automatic"},
        {"condition_from": 45},
        {"title_status": "rebuilt"},
        {"state": "IL"},
        {"zip": "60601", "miles": 30},
        {"status": "scheduled"},
        {"q": "panorama roof"},
    ],
)
async def test_auctions_are_found_by_everything_that_a_buyer_asks(house: House, query: dict[str, Any]) -> None:
    listed(house, 1)
    name: dict[str, Any] = {
        "make": "Ford",
        "model": "Escape",
        "trim": "Titanium",
        "year": 2021,
        "mileage": 12_000,
        "state": "IL",
    }
    kind: dict[str, Any] = {
        "body_type": "suv",
        "fuel_type": "hybrid",
        "drivetrain": "AWD",
        "transmission": "8-speed automatic",
    }
    rest: dict[str, Any] = {"condition_grade": 47, "title_status": "rebuilt", "lat": 41.886, "lng": -87.618}
    vehicle_id = listed(house, 2, **name, **kind, **rest, description="Panorama roof")
    with transaction(house.engine) as connection:
        connection.execute(update(tables.auctions).where(tables.auctions.c.id == 2).values(status="scheduled"))
        search.put(connection, vehicle_id, now())
    assert await auctions_found(house, **query) == ["2021 Ford Escape Titanium"]


async def test_auctions_that_end_soon_come_first_and_can_be_asked_for_alone(house: House) -> None:
    for number in (30, 2, 1):
        listed(house, number, trim=f"T{number}")
    found = [f"2019 Honda Civic T{number}" for number in (1, 2, 30)]
    assert await auctions_found(house) == found
    assert await auctions_found(house, ending_within_h=3) == found[:2]


async def test_each_auction_is_found_once_and_only_while_its_vehicle_is_listed(house: House) -> None:
    sold, gone = listed(house, 1), listed(house, 2)
    listed(house, 3, lot=False)
    with transaction(house.engine) as connection:
        ended = {"status": "ended", "ended_at": now(), "result": "reserve_not_met"}
        connection.execute(update(tables.auctions).where(tables.auctions.c.vehicle_id == sold).values(ended))
        again = add_lot(connection, house.people["sam"], sold, starts_at=now(), ends_at=now() + HOUR)
        search.put(connection, sold, now())
        search.remove(connection, gone, now())
    page = await get(house, "/api/auctions", zip="55401")
    assert ([item["id"] for item in page["items"]], page["total"]) == ([again], 1)
    assert 5 < page["items"][0]["distance_miles"] < 15
    assert page["facets"]["status"] == [{"value": "live", "count": 1}]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"year_from": 2020, "year_to": 2019}, "year_from"),
        ({"price_from_cents": 2, "price_to_cents": 1}, "price_from_cents"),
        ({"zip": "00000"}, "zip"),
        ({"miles": 10}, "miles"),
        ({"sort": "distance"}, "sort"),
        ({"sort": "best"}, "sort"),
        ({"body_type": "boat"}, "body_type.0"),
        ({"q": "!!"}, "q"),
        ({"mileage_to": -1}, "mileage_to"),
        ({"colour": "red"}, "colour"),
        ({"limit": 101}, "limit"),
    ],
)
async def test_what_cannot_be_looked_for_is_named(house: House, query: dict[str, Any], field: str) -> None:
    answer = await house.client().get("/api/vehicles", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("cursor", ["x", "newest-1", "price_low-1-2", "newest-1-x", "newest-1-99999999999999999999"])
async def test_a_cursor_of_another_order_is_refused(house: House, cursor: str) -> None:
    answer = await house.client().get("/api/vehicles", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_CURSOR")
