"""The pages of orders by forms: listed, paid, cancelled, accepted and disputed, without scripts."""

import itertools
import re

import pytest
from httpx import Response

from activities.db.engine import transaction
from domain.payments import State
from tests.api.conftest import House
from tests.api.newcomer import page
from tests.api.order_day import OrderDay, open_order_day
from tests.db.holders import complete

KEYS = itertools.count(1)
HOME = "/account/orders"
CLAIM = {"kind": "condition", "words": "The door\r\nwas repainted.", "remedy": "partial_refund", "amount": "800"}


@pytest.fixture
def day(house: House) -> OrderDay:
    return open_order_day(house)


async def shown(day: OrderDay, name: str, path: str = "") -> str:
    answer = await page(await day.floor.client(name), "GET", f"{HOME}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def post(day: OrderDay, name: str, path: str, **form: str) -> Response:
    form = {"idempotency_key": f"page-{next(KEYS)}", **form}
    return await page(await day.floor.client(name), "POST", f"{HOME}/{path}", **form)


async def press(day: OrderDay, name: str, text: str, action: str, **typed: str) -> Response:
    """Send a form of a page as it is, with what was typed."""
    form = re.search(rf'<form[^>]*action="{HOME}/{action}">(.*?)</form>', text, re.DOTALL)
    assert form, text
    fields = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form[1]))
    return await post(day, name, action, **{**fields, **typed})


async def test_who_has_none_is_told_what_orders_are(day: OrderDay) -> None:
    assert "No orders yet" in await shown(day, "bob")


async def test_a_list_shows_both_sides_and_is_filtered_and_paged(day: OrderDay) -> None:
    ids = [day.sold() for _ in range(21)]
    first = await shown(day, "sam")
    assert (first.count('id="order-'), f"{HOME}?cursor={ids[1]}" in first) == (20, True)
    assert f'id="order-{ids[0]}"' in await shown(day, "sam", f"?cursor={ids[1]}")
    assert "No order is like this" in await shown(day, "sam", "?side=buyer&status=paid")
    assert "You sold it" in first
    assert 'id="order-' in await shown(day, "sam", "?side=nobody&status=nothing")


async def test_the_buyer_pays_what_they_see(day: OrderDay) -> None:
    order_id = day.invoiced()
    with transaction(day.house.engine) as connection:
        complete(connection, day.floor.person("ada"))
    text = await shown(day, "ada", f"/{order_id}")
    answer = await press(day, "ada", text, f"{order_id}/pay")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/{order_id}?done=pending")
    after = await shown(day, "ada", f"/{order_id}?done=pending")
    assert ("You need not pay again" in after, f"{order_id}/pay" in after) == (True, False)
    again = await press(day, "ada", text, f"{order_id}/pay")
    assert again.headers["location"] == answer.headers["location"]
    payment = (await day.get("ada", order_id))["payments"][0]
    day.end(payment["id"], State.DONE)
    done = await press(day, "ada", text, f"{order_id}/pay")
    assert done.headers["location"] == f"{HOME}/{order_id}?done=paid"
    assert "Thank you" in await shown(day, "ada", f"/{order_id}?done=paid")


async def test_a_second_tab_is_told_that_a_payment_is_on_its_way(day: OrderDay) -> None:
    order_id = day.invoiced()
    due = (await day.get("ada", order_id))["due_cents"]
    day.charge(order_id)
    answer = await post(day, "ada", f"{order_id}/pay", amount_cents=str(due))
    assert (answer.status_code, "Nothing was charged a second time" in answer.text) == (409, True)


async def test_what_is_due_by_now_is_asked_again(day: OrderDay) -> None:
    order_id = day.invoiced()
    with transaction(day.house.engine) as connection:
        complete(connection, day.floor.person("ada"))
    answer = await post(day, "ada", f"{order_id}/pay", amount_cents="100")
    assert (answer.status_code, "has changed since you looked" in answer.text) == (409, True)
    assert (await day.get("ada", order_id))["payments"] == []


async def test_without_a_card_the_refusal_says_what_else_there_is(day: OrderDay) -> None:
    order_id = day.invoiced()
    due = (await day.get("ada", order_id))["due_cents"]
    answer = await post(day, "ada", f"{order_id}/pay", amount_cents=str(due))
    assert (answer.status_code, "You have no stored card" in answer.text) == (409, True)


async def test_a_sale_is_cancelled_by_both(day: OrderDay) -> None:
    order_id = day.invoiced()
    text = await shown(day, "ada", f"/{order_id}")
    first = await press(day, "ada", text, f"{order_id}/cancel", reason="We agreed on it.")
    assert first.headers["location"] == f"{HOME}/{order_id}?done=cancel"
    assert "The other side wishes this sale to be cancelled." in await shown(day, "sam", f"/{order_id}")
    await post(day, "sam", f"{order_id}/cancel", reason="We agreed on it.")
    assert "This sale was called off" in await shown(day, "ada", f"/{order_id}")
    late = await post(day, "sam", f"{order_id}/cancel", reason="Again.")
    assert (late.status_code, "This order is over." in late.text) == (409, True)


async def test_a_cancel_wish_without_a_reason_is_asked_for_it(day: OrderDay) -> None:
    answer = await post(day, "ada", f"{day.invoiced()}/cancel", reason=" ")
    assert (answer.status_code, "Please fill in the form" in answer.text) == (422, True)


async def test_the_buyer_accepts_the_vehicle(day: OrderDay) -> None:
    order_id = day.delivered()
    text = await shown(day, "ada", f"/{order_id}")
    answer = await press(day, "ada", text, f"{order_id}/accept-delivery")
    assert answer.status_code == 303
    assert "You have accepted the vehicle." in await shown(day, "ada", f"/{order_id}?done=accept")
    refused = await post(day, "sam", f"{order_id}/accept-delivery")
    assert (refused.status_code, "Only the buyer can do this." in refused.text) == (403, True)


async def test_a_dispute_goes_its_way_by_forms(day: OrderDay) -> None:
    order_id = day.delivered()
    form = await shown(day, "ada", f"/{order_id}/disputes/new")
    made = await press(day, "ada", form, f"{order_id}/disputes", **CLAIM)
    path = made.headers["location"].removeprefix(HOME).removesuffix("?done=dispute")
    his = await shown(day, "sam", path)
    assert ("The door\nwas repainted." in his, "Asked for: $800 goes back" in his) == (True, True)
    where = path.removeprefix("/")
    filed = await press(day, "sam", his, f"{where}/evidence", words="See photo 3.", document_id="")
    told = await press(day, "sam", his, f"{where}/answer", words="It was there.")
    assert [each.status_code for each in (filed, told)] == [303, 303]
    hers = await shown(day, "ada", path)
    assert ("It was there." in hers, "See photo 3." in hers) == (True, True)
    assert (await press(day, "ada", hers, f"{where}/withdraw")).status_code == 303
    over = await post(day, "sam", f"{where}/concede")
    assert (over.status_code, "This dispute is over." in over.text) == (409, True)


async def test_the_other_side_agrees_by_a_form(day: OrderDay) -> None:
    order_id = day.delivered()
    dispute_id = (await day.dispute("ada", order_id, kind="condition")).json()["id"]
    text = await shown(day, "sam", f"/{order_id}/disputes/{dispute_id}")
    assert (await press(day, "sam", text, f"{order_id}/disputes/{dispute_id}/concede")).status_code == 303
    assert "Decided" in await shown(day, "ada", f"/{order_id}/disputes/{dispute_id}")


@pytest.mark.parametrize("changes", [{"kind": ""}, {"remedy": ""}, {"amount": "a lot"}, {"words": ""}])
async def test_an_unfinished_claim_keeps_what_was_typed(day: OrderDay, changes: dict[str, str]) -> None:
    answer = await post(day, "ada", f"{day.delivered()}/disputes", **{**CLAIM, **changes})
    assert (answer.status_code, "Please fill in the form" in answer.text) == (422, True)
    assert ("was repainted." in answer.text) == (changes != {"words": ""})


async def test_refusals_of_a_dispute_are_told_on_its_page(day: OrderDay) -> None:
    order_id = day.delivered()
    dispute_id = (await day.dispute("ada", order_id)).json()["id"]
    for what in ("answer", "withdraw", "evidence"):
        name, words = ("ada", "Me too.") if what == "answer" else ("sam", "") if what == "evidence" else ("sam", "x")
        answer = await post(day, name, f"{order_id}/disputes/{dispute_id}/{what}", words=words)
        assert (answer.status_code, 'id="form-error"' in answer.text) in {(403, True), (422, True)}, what


async def test_strangers_find_no_page(day: OrderDay) -> None:
    order_id = day.delivered()
    client = await day.floor.client("bob")
    for path in (f"/{order_id}", f"/{order_id}/disputes/new"):
        assert (await page(client, "GET", HOME + path)).status_code == 404
    no_dispute = f"/{order_id}/disputes/5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7"
    assert (await page(await day.floor.client("ada"), "GET", HOME + no_dispute)).status_code == 404


async def test_without_the_forms_token_nothing_is_done(day: OrderDay) -> None:
    order_id = day.delivered()
    client = await day.house.browser("ada")
    del client.headers["X-CSRF-Token"]
    answer = await client.post(f"{HOME}/{order_id}/accept-delivery", data={"idempotency_key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
