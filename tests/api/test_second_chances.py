"""Second chances over HTTP: taken or declined by who was asked, allowed or refused by the seller."""

import pytest
from pydantic import TypeAdapter

from activities.db import second_chances
from activities.db.engine import transaction
from api.database import now
from api.talks_views import CHANCE_EXAMPLE, ChanceView
from domain.links import Evidence
from domain.notices import NoticeKind
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.haggling import NEXT_PRICE, Haggling, open_haggling
from tests.api.test_links import share
from tests.doubles.notices import letters

K = NoticeKind


@pytest.fixture
def day(house: House) -> Haggling:
    return open_haggling(house)


async def test_who_was_asked_takes_it_and_has_an_order(day: Haggling) -> None:
    day.limit("bob", 1_000_000)
    order_id, _ = await day.unpaid()
    asked = (await day.floor.get("bob", f"/api/second-chances/{order_id}")).json()
    assert (asked["status"], asked["amount_cents"], asked["may"]) == ("offered", NEXT_PRICE, ["accept", "decline"])
    taken = await day.reply("bob", order_id, "accept", key="k")
    assert (taken.status_code, taken.json()["status"], taken.json()["order_id"]) == (200, "taken", order_id + 1)
    assert day.held() == [("win", NEXT_PRICE)]
    assert (await day.reply("bob", order_id, "accept", key="k")).json() | {"server_now": ""} == taken.json() | {
        "server_now": ""
    }
    told = letters(day.house.engine, K.SECOND_CHANCE_OFFERED, K.OFFER_ACCEPTED)
    assert sorted((letter.kind.value, letter.to) for letter in told) == [
        ("offer_accepted", "bob@example.com"),
        ("offer_accepted", "sam@example.com"),
        ("second_chance_offered", "bob@example.com"),
    ]


async def test_who_declines_is_asked_no_more(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    declined = await day.reply("bob", order_id, "decline")
    assert (declined.json()["status"], declined.json()["may"]) == ("over", [])
    assert refusal(await day.reply("bob", order_id, "accept")) == (409, "SECOND_CHANCE_OVER")


async def test_strangers_and_who_did_not_pay_find_nothing(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    for name in ("ada", "sid"):
        assert refusal(await day.floor.get(name, f"/api/second-chances/{order_id}")) == (404, "SECOND_CHANCE_NOT_FOUND")
        assert refusal(await day.reply(name, order_id, "accept")) == (404, "SECOND_CHANCE_NOT_FOUND")
    totals = [(await day.floor.get(name, "/api/second-chances")).json()["total"] for name in ("sam", "bob", "ada")]
    assert totals == [1, 1, 0]


async def test_the_other_sides_acts_are_not_ones_own(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    assert refusal(await day.reply("sam", order_id, "accept")) == (403, "SECOND_CHANCE_NOT_YOURS")
    assert refusal(await day.reply("bob", order_id, "allow")) == (403, "SECOND_CHANCE_NOT_YOURS")
    assert refusal(await day.reply("sam", order_id, "allow")) == (409, "SECOND_CHANCE_NOT_OPEN")
    assert refusal(await day.reply("bob", order_id, "accept", step=4)) == (409, "SECOND_CHANCE_NOT_OPEN")


async def test_the_buyer_needs_power_clearance_and_no_link_to_the_seller(day: Haggling) -> None:
    order_id, _ = await day.unpaid()
    day.limit("bob", 100_000)
    assert refusal(await day.reply("bob", order_id, "accept")) == (403, "BUYING_POWER")
    share(day.floor, Evidence.BANK, "sam", "bob")
    assert refusal(await day.reply("bob", order_id, "accept")) == (409, "OWN_VEHICLE")


async def test_out_of_reach_is_said_so_and_what_was_stopped_is_over(day: Haggling) -> None:
    day.limit("bob", 1_000_000)
    order_id, _ = await day.unpaid()
    day.chances.away = True
    assert refusal(await day.reply("bob", order_id, "accept")) == (503, "UNAVAILABLE")
    day.chances.away = False
    with transaction(day.house.engine) as connection:
        assert second_chances.stop(connection, order_id, now())
    over = await day.reply("bob", order_id, "accept")
    assert (refusal(over), over.json()["second_chance"]["status"]) == ((409, "SECOND_CHANCE_OVER"), "over")


async def test_the_list_is_paged(day: Haggling) -> None:
    found = [(await day.unpaid())[0] for _ in range(2)]
    first = (await day.floor.get("sam", "/api/second-chances", limit=1)).json()
    second = (await day.floor.get("sam", "/api/second-chances", limit=1, cursor=first["next_cursor"])).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == found[::-1]
    assert second["next_cursor"] is None


def test_the_example_is_a_second_chance() -> None:
    TypeAdapter(ChanceView).validate_python(dict(CHANCE_EXAMPLE))
