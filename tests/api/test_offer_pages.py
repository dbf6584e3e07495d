"""Offers by forms: made, countered, accepted, declined and withdrawn, each figure confirmed before it counts."""

import itertools
import re

import pytest
from httpx import Response
from sqlalchemy import event

from api import offers as doors
from api.problems import fail
from domain.listings import SaleType
from tests.api.conftest import House
from tests.api.market_day import MarketDay, open_market_day
from tests.api.newcomer import page
from tests.api.test_offers import CENTS, made
from web.offer_views import REFUSED

KEYS = itertools.count(1)


@pytest.fixture
def day(house: House) -> MarketDay:
    return open_market_day(house)


async def shown(day: MarketDay, name: str, query: str = "") -> str:
    answer = await page(await day.floor.client(name), "GET", f"/account/offers{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def post(day: MarketDay, name: str, path: str, **form: str) -> Response:
    form = {"idempotency_key": f"page-{next(KEYS)}", **form}
    return await page(await day.floor.client(name), "POST", f"/account/offers/{path}", **form)


async def confirm(day: MarketDay, name: str, asked: Response) -> Response:
    """Press the button of the question."""
    assert asked.status_code == 200, asked.text
    form = re.search(
        r'<form class="stack" method="post" action="/account/offers/([^"]+)">(.*?)</form>', asked.text, re.DOTALL
    )
    assert form, asked.text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    return await post(day, name, form[1], **fields)


async def act(day: MarketDay, name: str, offer_id: str, what: str, step: int, **form: str) -> Response:
    """One answer of the page, asked and confirmed."""
    return await confirm(day, name, await post(day, name, f"{offer_id}/{what}", step=str(step), **form))


async def status(day: MarketDay, offer_id: str) -> tuple[str, int]:
    found = (await day.floor.get("ada", f"/api/offers/{offer_id}")).json()
    return found["status"], found["amount_cents"]


async def test_who_has_none_is_told_how(day: MarketDay) -> None:
    assert "No offers yet" in await shown(day, "ada")


async def test_an_offer_is_made_from_the_page_of_a_lot_once_its_figure_is_confirmed(day: MarketDay) -> None:
    day.limit("ada", CENTS)
    lot = await day.lot(SaleType.MAKE_OFFER, buy_now_cents=None)
    form = await page(await day.floor.client("ada"), "GET", f"/auctions/{lot}")
    assert 'action="/account/offers/new"' in form.text
    asked = await post(day, "ada", "new", auction_id=str(lot), amount="7,000")
    assert ("Offer $7,000?" in asked.text, "buyer fee" in asked.text, day.held()) == (True, True, [])
    answer = await confirm(day, "ada", asked)
    assert (answer.status_code, day.held()) == (303, [("offer", CENTS)])
    assert answer.headers["location"].startswith("/account/offers?done=offer#offer-")
    again = await confirm(day, "ada", asked)
    assert again.headers["location"] == answer.headers["location"]
    after = await page(await day.floor.client("ada"), "GET", f"/auctions/{lot}")
    assert ('href="/account/offers"' in after.text, "You named $7,000." in after.text) == (True, True)


async def test_a_lot_at_a_fixed_price_takes_the_button_and_no_offer(day: MarketDay) -> None:
    lot = await day.lot(SaleType.BUY_NOW_ONLY, offers_open=False)
    shown_lot = await page(await day.floor.client("ada"), "GET", f"/auctions/{lot}")
    assert f'action="/auctions/{lot}/buy-now"' in shown_lot.text
    assert "/account/offers/new" not in shown_lot.text
    refused = await confirm(day, "ada", await post(day, "ada", "new", auction_id=str(lot), amount="7000"))
    assert (refused.status_code, "This vehicle takes no offers" in refused.text) == (409, True)


@pytest.mark.parametrize("amount", ["", "a lot", "0", "100.50", "-5", "99999999999"])
async def test_a_figure_that_is_none_is_refused_in_words(day: MarketDay, amount: str) -> None:
    lot, offer_id = await made(day)
    new = await post(day, "bob", "new", auction_id=str(lot), amount=amount)
    counter = await post(day, "sam", f"{offer_id}/counter", step="1", amount=amount)
    assert [(each.status_code, "Write whole dollars" in each.text) for each in (new, counter)] == [(422, True)] * 2


async def test_the_seller_accepts_after_one_more_question(day: MarketDay) -> None:
    _, offer_id = await made(day)
    asked = await post(day, "sam", f"{offer_id}/accept", step="1")
    assert ("Accept $7,000?" in asked.text, "2019 Honda Civic EX" in asked.text) == (True, True)
    assert await status(day, offer_id) == ("open", CENTS)
    answer = await confirm(day, "sam", asked)
    assert answer.headers["location"] == f"/account/offers?done=accept#offer-{offer_id}"
    assert await status(day, offer_id) == ("accepted", CENTS)
    assert all(["Sold for $7,000." in await shown(day, name) for name in ("ada", "sam")])
    assert (await confirm(day, "sam", asked)).status_code == 303


async def test_counters_go_to_and_fro_and_each_side_sees_whose_turn_it_is(day: MarketDay) -> None:
    _, offer_id = await made(day)
    assert "Your answer is wanted" in await shown(day, "sam")
    assert "Waiting for the seller" in await shown(day, "ada")
    await act(day, "sam", offer_id, "counter", 1, amount="8,500")
    assert "Waiting for buyer 1" in await shown(day, "sam")
    assert await status(day, offer_id) == ("open", 850_000)
    await act(day, "ada", offer_id, "counter", 2, amount="8000")
    assert await status(day, offer_id) == ("open", 800_000)
    await act(day, "sam", offer_id, "accept", 3)
    assert await status(day, offer_id) == ("accepted", 800_000)


@pytest.mark.parametrize(("name", "what", "state"), [("sam", "decline", "declined"), ("ada", "withdraw", "withdrawn")])
async def test_either_side_ends_it(day: MarketDay, name: str, what: str, state: str) -> None:
    _, offer_id = await made(day)
    assert (await act(day, name, offer_id, what, 1)).status_code == 303
    assert (await status(day, offer_id), day.held()) == ((state, CENTS), [])
    assert "make another offer" in await shown(day, "ada")


async def test_a_counter_on_the_wrong_side_of_the_figure_keeps_what_was_typed(day: MarketDay) -> None:
    _, offer_id = await made(day)
    answer = await post(day, "sam", f"{offer_id}/counter", step="1", amount="6,500")
    assert (answer.status_code, "above the buyer" in answer.text, 'value="6,500"' in answer.text) == (409, True, True)


async def test_what_was_replaced_meanwhile_is_not_meant(day: MarketDay) -> None:
    _, offer_id = await made(day)
    asked = await post(day, "sam", f"{offer_id}/accept", step="1")
    await day.answer("ada", offer_id, "withdraw", 1)
    late = [await confirm(day, "sam", asked), await post(day, "sam", f"{offer_id}/accept", step="1")]
    assert [(each.status_code, "This offer is over." in each.text) for each in late] == [(409, True)] * 2
    _, other = await made(day)
    await day.answer("sam", other, "counter", 1, amount_cents=900_000)
    stale = await post(day, "sam", f"{other}/withdraw", step="1")
    assert (stale.status_code, "has acted since you looked" in stale.text) == (409, True)


async def test_a_counter_is_asked_again_where_another_figure_was_confirmed(day: MarketDay) -> None:
    _, offer_id = await made(day)
    answer = await post(day, "sam", f"{offer_id}/counter", step="1", amount="8500", confirmed="800000")
    assert (answer.status_code, "Name $8,500 instead?" in answer.text) == (200, True)
    assert await status(day, offer_id) == ("open", CENTS)


async def test_more_than_ones_power_is_refused_in_words(day: MarketDay) -> None:
    day.limit("ada", CENTS)
    lot, offer_id = await made(day)
    await day.answer("sam", offer_id, "counter", 1, amount_cents=900_000)
    agreed = await act(day, "ada", offer_id, "accept", 2)
    assert (agreed.status_code, "buying power allows" in agreed.text, day.held()) == (403, True, [])
    day.limit("bob", 100)
    fresh = await confirm(day, "bob", await post(day, "bob", "new", auction_id=str(lot), amount="7000"))
    assert (fresh.status_code, "buying power allows" in fresh.text) == (403, True)


async def test_what_the_auction_does_not_allow_is_refused_in_words(day: MarketDay) -> None:
    lot = await day.lot()
    offer_id = (await day.offer("ada", lot, CENTS)).json()["id"]
    await day.buy("bob", lot)
    answer = await act(day, "sam", offer_id, "accept", 1)
    assert (answer.status_code, "reserved the vehicle for 15 minutes" in answer.text) == (409, True)


@pytest.mark.parametrize("code", sorted({*doors.ANSWERING, *doors.JUDGED, *doors.LIMITS, *doors.MAKING}))
def test_every_refusal_is_told_in_words_for_people(code: str) -> None:
    sentence = REFUSED.get(code, fail(code).detail)
    assert "`" not in sentence
    assert "A rule of the auction" not in sentence


async def test_a_seller_sees_several_buyers_of_one_vehicle_together(day: MarketDay) -> None:
    lot, _ = await made(day)
    await day.offer("bob", lot, 650_000)
    text = await shown(day, "sam")
    assert (text.count("<h3"), "Offers to you (2)" in text) == (1, True)
    assert (
        "buyer 1 has named $7,000" in text.replace("B", "b"),
        "buyer 2 has named $6,500" in text.replace("B", "b"),
    ) == (
        True,
        True,
    )
    for secret in ("ada", "bob@", "bob"):
        assert secret not in text.casefold()


async def test_the_countdown_is_the_servers_and_the_same_for_both(day: MarketDay) -> None:
    _, offer_id = await made(day)
    ends = (await day.floor.get("ada", f"/api/offers/{offer_id}")).json()["expires_at"]
    for name in ("ada", "sam"):
        text = await shown(day, name)
        assert f'<time datetime="{ends}" data-local="full">' in text
        assert re.search(r"<strong>(2d 0h 00m|1d 23h 59m)</strong> left to answer", text)


async def test_many_offers_come_in_pages(day: MarketDay) -> None:
    lot = await day.lot(SaleType.MAKE_OFFER, buy_now_cents=None)
    ids = [(await day.offer("ada", lot, CENTS)).json()["id"]]
    others = [await day.lot(SaleType.MAKE_OFFER, buy_now_cents=None) for _ in range(50)]
    ids += [(await day.offer("ada", other, 100_00)).json()["id"] for other in others]
    first = await shown(day, "ada")
    link = re.search(r'href="/account/offers(\?made=[^"]+)"', first)
    assert link
    assert (first.count('id="offer-'), "Your offers (51)" in first) == (50, True)
    rest = await shown(day, "ada", link[1])
    assert re.findall(r'id="offer-([^"]+)"', rest) == [ids[0]]
    assert (await (await day.floor.client("ada")).get("/account/offers?made=x")).json()["code"] == "INVALID_CURSOR"


async def test_strangers_and_who_is_not_cleared_do_nothing(day: MarketDay) -> None:
    lot, offer_id = await made(day)
    for what in ("accept", "counter", "decline", "withdraw"):
        answer = await post(day, "bob", f"{offer_id}/{what}", step="1", amount="8000", confirmed="800000")
        assert answer.status_code == 404
    assert (await post(day, "eve", "new", auction_id=str(lot), amount="7000")).status_code == 403
    assert (await post(day, "bob", "new", auction_id="999999", amount="7000")).status_code == 404
    assert await status(day, offer_id) == ("open", CENTS)


async def test_without_the_forms_token_nothing_is_done(day: MarketDay) -> None:
    _, offer_id = await made(day)
    client = await day.floor.house.browser("sam")
    del client.headers["X-CSRF-Token"]
    data = {"step": "1", "idempotency_key": "k", "confirmed": str(CENTS)}
    answer = await client.post(f"/account/offers/{offer_id}/accept", data=data)
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")


async def test_the_page_costs_the_same_statements_however_long_it_is(day: MarketDay) -> None:
    statements: list[str] = []
    event.listen(day.house.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    costs = []
    for more in (1, 5):
        for _ in range(more):
            await made(day)
        await shown(day, "sam")
        statements.clear()
        await shown(day, "sam")
        costs.append(len(statements))
    assert costs[0] == costs[1]
