"""The inventory page over HTTP: what it finds, what it says of what cannot be looked for, and what it costs."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from activities.db import search, tables
from activities.db.engine import transaction
from activities.db.photo_tables import vehicle_images
from api.database import now
from domain.photos import State
from tests.api.conftest import House
from tests.api.test_auctions import live_lot
from tests.api.test_search import listed

HTML = {"Accept": "text/html,application/xhtml+xml"}
HOUR = timedelta(hours=1)


async def page(house: House, *, path: str = "/inventory", name: str = "", **query: Any) -> str:
    client = await house.browser(name) if name else house.client()
    answer = await client.get(path, params=query or None, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), answer.text
    return unescape(answer.text)


def shown(text: str) -> list[str]:
    """The titles of the cards in order."""
    return re.findall(r'class="stretched-link"\s+href="[^"]+">([^<]+)<', text)


def total(text: str) -> str:
    found = re.search(r'class="lead-line">\s*([\d,]+) vehicle', text)
    assert found is not None
    return found[1]


def photographed(house: House, vehicle_id: int, *, approved: bool = True, alt_text: str = "From the left") -> str:
    """Give a vehicle a photo."""
    row = {
        "id": f"{vehicle_id:08}-7425-40de-944b-e07fc1f90ae7",
        "vehicle_id": vehicle_id,
        "state": State.READY,
        "content_type": "image/jpeg",
        "alt_text": alt_text,
        "place": 0,
        "width": 1_600,
        "height": 1_200,
        "is_chosen": False,
        "uploaded_by": 1,
        "created_at": now(),
        "expires_at": now(),
        "updated_at": now(),
        "approved_at": now() if approved else None,
        "approved_alt": alt_text,
    }
    with transaction(house.engine) as connection:
        connection.execute(insert(vehicle_images).values(row))
    return str(row["id"])


def end(house: House, vehicle_id: int) -> None:
    with transaction(house.engine) as connection:
        ended = {"status": "ended", "ended_at": now(), "result": "no_bids"}
        connection.execute(update(tables.auctions).where(tables.auctions.c.vehicle_id == vehicle_id).values(ended))
        search.put(connection, vehicle_id, now())


async def test_the_inventory_shows_what_is_for_sale_ending_soonest_first(house: House) -> None:
    for number in (2, 1):
        listed(house, number, trim=f"T{number}")
    listed(house, 3, trim="T3", lot=False)
    end(house, listed(house, 4, trim="T4"))
    text = await page(house)
    assert shown(text) == [f"2019 Honda Civic T{number}" for number in (1, 2, 3)]
    assert "$1,000" in text
    assert "/inventory?status=ended" in text
    assert shown(await page(house, status="ended")) == ["2019 Honda Civic T4"]


async def test_filters_text_distance_and_order_work_together(house: House) -> None:
    for number in (1, 2):
        listed(house, number, trim=f"T{number}", description="Sunroof")
    listed(house, 3, description="Sunroof", lat=41.886, lng=-87.618)
    listed(house, 4, make="Ford", description="Sunroof")
    query = {"make": "honda", "q": "sunroof", "zip": "55401", "miles": "40", "sort": "price_high", "price_to": "$2,000"}
    text = await page(house, **query)
    assert shown(text) == ["2019 Honda Civic T2", "2019 Honda Civic T1"]
    assert "mi from 55401" in text
    for chip in ("Make: Honda", "“sunroof”", "Within 40 miles of 55401", "Price up to $2,000"):
        assert chip in text
    assert 'value="2,000"' in text
    assert 'name="price_to_cents" value="200000"' not in text


async def test_pages_follow_each_other_by_a_link(house: House) -> None:
    for number in range(1, 31):
        listed(house, number, trim=f"T{number}")
    first = await page(house, make="Honda")
    following = re.search(r'rel="next"\s+href="/inventory\?([^"]+)"', first)
    assert following is not None
    second = await page(house, path=f"/inventory?{following[1]}")
    assert shown(first) + shown(second) == [f"2019 Honda Civic T{number}" for number in range(1, 31)]
    assert 'href="/inventory?make=Honda"' in second
    assert total(second) == "30"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"zip": "00000"}, "We do not know this ZIP code"),
        ({"zip": "00000", "miles": "20", "sort": "distance"}, "We do not know this ZIP code"),
        ({"miles": "20"}, "Enter a ZIP code, to say where the distance is measured from."),
        ({"sort": "distance"}, "Enter a ZIP code, to sort by the distance from there."),
        ({"sort": "best"}, "We cannot sort like that"),
        ({"year_from": "20x9"}, "Enter a year with four digits"),
        ({"year_from": "2020", "year_to": "2019"}, "nothing can lie between"),
        ({"price_from": "cheap"}, "Enter a price in dollars"),
        ({"price_from": "9", "price_to": "8"}, "nothing can lie between"),
        ({"mileage_to": "-1"}, "Enter a number of miles"),
        ({"body_type": ["boat", "sedan"]}, "We know no “boat” here"),
        ({"status": "sleeping"}, "We know no “sleeping” here"),
        ({"make": ["a"] * 2 + [f"m{number}" for number in range(31)]}, "Choose fewer of them."),
        ({"q": "!!"}, "There is no word in your text"),
        ({"q": "x" * 81}, "up to 80 letters"),
        ({"colour": "red"}, "We know no such filter."),
        ({"cursor": "newest-1-2"}, "this is the first page"),
        ({"ending_within_h": "1000"}, "from 1 to 336"),
        ({"closing_before": "tomorrow"}, "Give the latest end"),
        ({"no_reserve": "perhaps"}, "either true or false"),
    ],
)
async def test_what_cannot_be_looked_for_is_left_out_and_said(house: House, query: dict[str, Any], told: str) -> None:
    listed(house, 1)
    text = await page(house, **query)
    assert "We could not use all of your search." in text
    assert told in text
    assert shown(text) == ["2019 Honda Civic EX"]


async def test_empty_fields_and_others_marks_ask_for_nothing(house: House) -> None:
    listed(house, 1)
    text = await page(house, q="", zip=" ", year_from="", utm_source="mail", limit="1")
    assert "We could not use" not in text
    assert "What you look for" not in text


async def test_an_empty_page_says_which_filter_to_leave_out(house: House) -> None:
    for number in (1, 2):
        listed(house, number)
    listed(house, 3, make="Ford", year=2022)
    text = await page(house, make="Honda", year_from="2020")
    assert shown(text) == []
    assert re.findall(r"Without “([^”]+)”: (\d)", text) == [("Year from 2020", "2"), ("Make: Honda", "1")]
    assert 'href="/inventory?make=Honda"' in text
    end(house, 3)
    assert "whose auction has ended" in await page(house, make="Ford")


async def test_cards_and_the_market_show_the_photo_that_stands_for_a_vehicle(house: House) -> None:
    photo_id = photographed(house, listed(house, 1))
    photographed(house, listed(house, 2), approved=False)
    for path in ("/inventory", "/"):
        answer = await house.client().get(path, headers=HTML)
        (image,) = re.findall(r'<img class="photo"[^>]+>', answer.text)
        assert f"{photo_id}/640.webp" in image
        assert f"{photo_id}/1280.webp" not in image
        assert 'alt="From the left"' in image
        assert 'loading="lazy"' in image
        assert re.search(r'width="\d+"\s+height="\d+"', image)
        assert answer.text.count('class="scene"') == 1
        origin = re.search(r'src="(https?://[^/]+)', image)
        assert origin is not None
        assert origin[1] in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/inventory", "/"])
@pytest.mark.parametrize("name", ["", "bob"])
async def test_a_page_costs_the_same_statements_however_long_it_is(house: House, path: str, name: str) -> None:
    statements: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    costs = []
    client = await house.browser(name) if name else house.client()
    for numbers in (range(1, 3), range(3, 21)):
        for number in numbers:
            photographed(house, listed(house, number))
        await client.get(path, headers=HTML)
        statements.clear()
        assert len(shown((await client.get(path, headers=HTML)).text)) == numbers.stop - 1
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_a_signed_in_reader_keeps_the_search_by_the_form_of_the_page(house: House) -> None:
    listed(house, 1)
    text = await page(house, name="bob", make="Honda", price_to="5,000", status="live")
    form = text[text.index('action="/me/searches"') :].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', form))
    assert {name: value for name, value in fields.items() if name != "csrf_token"} == {
        "make": "Honda",
        "price_to_cents": "500000",
    }
    browser = await house.browser("bob")
    kept = await browser.post("/me/searches", data={**fields, "name": "", "alerts": "daily"}, headers=HTML)
    assert kept.status_code == 303, kept.text
    (saved,) = (await browser.get("/api/me/searches")).json()["items"]
    assert saved["filters"] == {"make": ["honda"], "price_to_cents": 500_000}
    assert "Sign in to save this search" in await page(house, make="Honda")


async def test_the_cards_of_a_signed_in_reader_show_the_own_position(house: House) -> None:
    live_lot(house)
    assert 'data-position="leading"' in await page(house, name="ada")
    assert 'data-position="none"' in await page(house)
