"""Negotiations and second chances on the page of offers: each act is a form that is asked once more."""

import re

import pytest
from httpx import Response

from tests.api.conftest import House
from tests.api.haggling import NEXT_PRICE, PRICE, Haggling, open_haggling

PAGE = "/account/offers"


@pytest.fixture
def day(house: House) -> Haggling:
    return open_haggling(house)


async def page(day: Haggling, name: str) -> str:
    answer = await day.floor.get(name, PAGE)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text)


async def send(day: Haggling, name: str, path: str, **fields: str) -> Response:
    client = await day.floor.client(name)
    form = {"step": "1", "idempotency_key": "a-key", **fields}
    return await client.post(path, data=form)


async def test_the_seller_reads_what_is_bound_and_says_yes_twice(day: Haggling) -> None:
    lot, _ = await day.missed()
    shown = await page(day, "sam")
    assert "The highest bidder names $7,000, and is bound to it." in shown
    assert "1 offer for you to answer" in shown
    assert "$7,001 to $9,000" in shown
    asked = await send(day, "sam", f"/account/negotiations/{lot}/accept")
    assert "Accept $7,000?" in asked.text
    done = await send(day, "sam", f"/account/negotiations/{lot}/accept", confirmed=str(PRICE))
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=talks-accept#talks-{lot}")
    assert "Sold for $7,000." in await page(day, "sam")
    assert "You have accepted." in (await day.floor.get("sam", PAGE, done="talks-accept")).text


async def test_a_counter_is_confirmed_by_its_figure_and_a_wrong_one_stays_in_its_field(day: Haggling) -> None:
    lot, _ = await day.missed()
    path = f"/account/negotiations/{lot}/counter"
    wrong = await send(day, "sam", path, amount="eight")
    assert (wrong.status_code, 'value="eight"' in wrong.text) == (422, True)
    asked = await send(day, "sam", path, amount="8,500")
    assert "Name $8,500 instead?" in asked.text
    done = await send(day, "sam", path, amount="8,500", confirmed="850000")
    assert done.status_code == 303
    hers = await page(day, "ada")
    assert "The seller names $8,500, and is bound to it." in hers
    assert "End all talks" not in hers
    refused = await send(day, "ada", path, amount="9,000", step="2")
    assert (refused.status_code, "must lie below" in refused.text) == (409, True)


async def test_who_is_not_bound_is_asked_first(day: Haggling) -> None:
    lot, _ = await day.missed()
    await send(day, "sam", f"/account/negotiations/{lot}/decline", confirmed="1")
    shown = await page(day, "sam")
    assert "Ask them for $6,500" in shown
    assert "is not bound: your yes asks them" in shown
    asked = await send(day, "sam", f"/account/negotiations/{lot}/accept", step="2")
    assert "Ask for $6,500?" in asked.text
    assert "You would have led at $6,500." in await page(day, "bob")
    assert "The seller declined, so nothing came of it." in await page(day, "ada")
    stale = await send(day, "sam", f"/account/negotiations/{lot}/stop", confirmed="1")
    assert (stale.status_code, "The other side has acted since you looked." in stale.text) == (409, True)
    await send(day, "sam", f"/account/negotiations/{lot}/stop", step="2", confirmed="1")
    assert "The talks were ended" in await page(day, "sam")


async def test_a_second_chance_is_taken_with_two_yeses(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    assert "The vehicle is yours for $6,500 if you like" in await page(day, "bob")
    assert "The next bidder is offered the vehicle for $6,500." in await page(day, "sam")
    asked = await send(day, "bob", f"/account/second-chances/{order_id}/accept")
    assert "Buy it for $6,500?" in asked.text
    done = await send(day, "bob", f"/account/second-chances/{order_id}/accept", confirmed=str(NEXT_PRICE))
    assert done.headers["location"] == f"{PAGE}?done=chance-accept#chance-{order_id}"
    shown = await page(day, "bob")
    assert "Sold for $6,500." in shown
    assert f'href="/account/orders/{order_id + 1}"' in shown


async def test_the_other_answers_of_second_chances_are_forms_too(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    for act in ("allow", "refuse"):
        refused = await send(day, "sam", f"/account/second-chances/{order_id}/{act}")
        assert refused.status_code == 409
    asked = await send(day, "bob", f"/account/second-chances/{order_id}/decline")
    assert "The next bidder is asked then." in asked.text
    done = await send(day, "bob", f"/account/second-chances/{order_id}/decline", confirmed="1")
    assert done.status_code == 303
    assert "Nothing came of it." in await page(day, "bob")
