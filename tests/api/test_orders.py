"""Orders over HTTP: listed, read by both sides, paid once, called off and accepted."""

import asyncio

import pytest
from pydantic import TypeAdapter
from sqlalchemy import event

from activities.db.engine import transaction
from activities.db.people import Scope
from api.order_dispute_views import DisputeView
from api.order_examples import DISPUTE_EXAMPLE, LISTED_EXAMPLE, ORDER_EXAMPLE, PAYMENT_EXAMPLE
from api.order_shapes import ListedOrderView, OrderPaymentView, OrderView
from domain.payments import State
from domain.promises import Event
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.order_day import OrderDay, codes, open_order_day
from tests.db.holders import complete


@pytest.fixture
def day(house: House) -> OrderDay:
    return open_order_day(house)


async def test_each_side_lists_its_orders_newest_first_and_by_side_and_status(day: OrderDay) -> None:
    first, second = day.sold(), day.invoiced()
    third = day.sold(buyer="sam", seller="sid")
    for query, expected in (
        ({}, [third, second, first]),
        ({"side": "buyer"}, [third]),
        ({"side": "seller"}, [second, first]),
        ({"status": "pending_payment", "side": "seller"}, [second, first]),
        ({"status": "paid"}, []),
    ):
        found = (await day.floor.get("sam", "/api/orders", **query)).json()
        assert (codes(found["items"], "id"), found["total"]) == (expected, len(expected)), query
    assert (await day.floor.get("ada", "/api/orders")).json()["total"] == 2
    assert (await day.floor.get("bob", "/api/orders")).json()["items"] == []


@pytest.mark.parametrize("query", [{"side": "house"}, {"side": "carrier"}, {"status": "lost"}])
async def test_no_other_side_or_status_is_asked_for(day: OrderDay, query: dict[str, str]) -> None:
    day.sold()
    assert refusal(await day.floor.get("bob", "/api/orders", **query)) == (422, "INVALID_INPUT")
    shown = await (await day.floor.client("bob")).get("/account/orders", params=query)
    assert 'id="order-' not in shown.text


async def test_orders_come_in_pages_by_keyset(day: OrderDay) -> None:
    ids = [day.sold() for _ in range(3)]
    first = (await day.floor.get("ada", "/api/orders", limit=2)).json()
    rest = (await day.floor.get("ada", "/api/orders", limit=2, cursor=first["next_cursor"])).json()
    assert codes([*first["items"], *rest["items"]], "id") == ids[::-1]
    assert (first["total"], rest["next_cursor"]) == (3, None)
    assert refusal(await day.floor.get("ada", "/api/orders", cursor="x")) == (422, "INVALID_CURSOR")


async def test_a_list_costs_the_same_statements_however_long_it_is(day: OrderDay) -> None:
    statements: list[str] = []
    event.listen(day.house.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    costs = []
    for more in (1, 5):
        for _ in range(more):
            day.sold()
        await day.floor.get("ada", "/api/orders")
        statements.clear()
        await day.floor.get("ada", "/api/orders")
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_the_buyer_sees_the_bill_and_the_seller_does_not(day: OrderDay) -> None:
    order_id = day.invoiced()
    hers, his = [await day.get(name, order_id) for name in ("ada", "sam")]
    assert sum(line["cents"] for line in hers["bill"]["lines"]) == hers["bill"]["total_cents"] == hers["due_cents"]
    assert (hers["next"]["code"], his["next"]["code"]) == ("pay", "wait_buyer")
    assert (his["bill"], his["payments"], his["due_cents"], his["papers"]) == (None, [], None, [])
    assert codes(hers["papers"], "kind") == ["invoice"]
    assert str(hers["bill"]["total_cents"]) not in str(his)


async def test_the_buyer_sees_nothing_of_the_payout(day: OrderDay) -> None:
    order_id = day.delivered()
    day.door.move(order_id, Event.ACCEPTED)
    hers, his = [await day.get(name, order_id) for name in ("ada", "sam")]
    assert ("payout" in codes(hers["timeline"]), "payout" in codes(his["timeline"])) == (False, True)
    assert hers["payout"] is None
    assert not [each for each in hers["history"] if "payout" in each["kind"]]


async def test_strangers_and_nobody_find_nothing(day: OrderDay) -> None:
    order_id = day.sold()
    assert refusal(await day.floor.get("bob", f"/api/orders/{order_id}")) == (404, "ORDER_NOT_FOUND")
    assert refusal(await day.floor.get("amy", f"/api/orders/{order_id}")) == (404, "ORDER_NOT_FOUND")
    assert refusal(await day.floor.get("", f"/api/orders/{order_id}"))[0] == 401
    assert refusal(await day.floor.get("ada", "/api/orders/999999")) == (404, "ORDER_NOT_FOUND")


async def test_paying_charges_what_is_left_and_waits_for_its_outcome(day: OrderDay) -> None:
    order_id = day.invoiced()
    due = (await day.get("ada", order_id))["due_cents"]
    give_card(day)
    asked = await day.post("ada", order_id, "pay", {}, "k1")
    assert (asked.status_code, asked.json()["state"], asked.json()["amount_cents"]) == (202, "pending", due)
    shown = await day.get("ada", order_id)
    assert (shown["next"]["code"], shown["can"]["pay"]) == ("wait_payment", False)
    again = await day.post("ada", order_id, "pay", {}, "k1")
    assert again.json() == asked.json()
    day.end(asked.json()["id"], State.DONE)
    done = (await (await day.floor.client("ada")).get(asked.headers["location"])).json()
    assert done["state"] == "done"
    assert (await day.post("ada", order_id, "pay", {}, "k1")).status_code == 201
    after = await day.get("ada", order_id)
    assert (after["due_cents"], after["bill"]["paid_cents"], codes(after["payments"], "state")) == (0, due, ["done"])
    assert refusal(await day.post("ada", order_id, "pay", {}, "k2")) == (409, "ORDER_NOTHING_DUE")


async def test_two_tabs_pay_once(day: OrderDay) -> None:
    order_id = day.invoiced()
    give_card(day)
    answers = await asyncio.gather(*(day.post("ada", order_id, "pay", {}, f"tab-{tab}") for tab in range(2)))
    assert sorted(each.status_code for each in answers) == [202, 409]
    assert [each.json()["code"] for each in answers if each.status_code == 409] == ["ORDER_PAYMENT_OPEN"]
    assert len((await day.get("ada", order_id))["payments"]) == 1


async def test_a_declined_card_may_be_tried_again(day: OrderDay) -> None:
    order_id = day.invoiced()
    give_card(day)
    asked = await day.post("ada", order_id, "pay", {}, "k1")
    day.end(asked.json()["id"], State.DECLINED)
    declined = await day.post("ada", order_id, "pay", {}, "k1")
    assert (declined.status_code, declined.json()["state"]) == (201, "declined")
    assert (await day.post("ada", order_id, "pay", {}, "k2")).status_code == 202


async def test_a_part_is_paid_and_the_rest_is_left(day: OrderDay) -> None:
    order_id = day.invoiced()
    give_card(day)
    due = (await day.get("ada", order_id))["due_cents"]
    part = await day.post("ada", order_id, "pay", {"amount_cents": 100_000}, "k1")
    day.end(part.json()["id"], State.DONE)
    assert (await day.get("ada", order_id))["due_cents"] == due - 100_000
    assert refusal(await day.post("ada", order_id, "pay", {"amount_cents": due})) == (422, "ORDER_BAD_AMOUNT")


async def test_a_whole_that_has_changed_since_is_not_charged(day: OrderDay) -> None:
    order_id = day.invoiced()
    give_card(day)
    due = (await day.get("ada", order_id))["due_cents"]
    stale = await day.post("ada", order_id, "pay", {"amount_cents": due - 5_000, "whole": True})
    assert (refusal(stale), stale.json()["due_cents"]) == ((409, "ORDER_DUE_CHANGED"), due)
    assert (await day.post("ada", order_id, "pay", {"amount_cents": due, "whole": True}, "k")).status_code == 202
    assert (await day.post("ada", order_id, "pay", {"amount_cents": due, "whole": True}, "k")).status_code == 202


async def test_why_nothing_can_be_paid_is_told(day: OrderDay) -> None:
    order_id = day.sold()
    assert refusal(await day.post("ada", order_id, "pay", {})) == (409, "ORDER_NOT_INVOICED")
    invoiced = day.invoiced()
    assert refusal(await day.post("ada", invoiced, "pay", {})) == (409, "CARD_MISSING")
    assert refusal(await day.post("sam", invoiced, "pay", {})) == (403, "ORDER_BUYERS_ONLY")
    assert refusal(await day.post("bob", invoiced, "pay", {})) == (404, "ORDER_NOT_FOUND")
    reader = await day.floor.machine("ada", Scope.READ)
    answer = await reader.post(f"/api/orders/{invoiced}/pay", json={}, headers={"Idempotency-Key": "k"})
    assert refusal(answer) == (403, "SCOPE_MISSING")


async def test_a_payment_is_its_buyers_alone(day: OrderDay) -> None:
    order_id = day.invoiced()
    payment_id = day.charge(order_id)
    path = f"/api/orders/{order_id}/payments/{payment_id}"
    assert (await day.floor.get("ada", path)).json()["id"] == payment_id
    assert refusal(await day.floor.get("sam", path)) == (404, "PAYMENT_NOT_FOUND")
    other = day.invoiced()
    assert refusal(await day.floor.get("ada", f"/api/orders/{other}/payments/{payment_id}"))[1] == "PAYMENT_NOT_FOUND"


async def test_a_sale_is_cancelled_when_both_wish_so(day: OrderDay) -> None:
    order_id, wish = day.invoiced(), {"reason": "We agreed on it."}
    first = await day.post("ada", order_id, "cancel", wish)
    assert (first.status_code, first.json()["cancel_wished_by"], first.json()["status"]) == (
        202,
        ["buyer"],
        "pending_payment",
    )
    second = await day.post("sam", order_id, "cancel", wish)
    assert (second.status_code, second.json()["status"]) == (200, "cancelled")


async def test_a_paid_sale_is_not_cancelled(day: OrderDay) -> None:
    refused = await day.post("ada", day.paid(), "cancel", {"reason": "No."})
    assert refusal(refused) == (409, "ORDER_CANCEL_AFTER_PAYMENT")


async def test_the_buyer_accepts_what_was_delivered_and_nobody_else(day: OrderDay) -> None:
    order_id = day.delivered()
    assert refusal(await day.post("sam", order_id, "accept-delivery")) == (403, "ORDER_BUYERS_ONLY")
    accepted = await day.post("ada", order_id, "accept-delivery", key="k")
    states = {each["code"]: each["state"] for each in accepted.json()["timeline"]}
    assert (accepted.status_code, states["inspection"]) == (200, "kept")
    assert (await day.post("ada", order_id, "accept-delivery", key="k")).status_code == 200
    assert refusal(await day.post("ada", day.paid(), "accept-delivery")) == (409, "ORDER_NOT_YET")


async def test_an_order_out_of_reach_is_told_so(day: OrderDay) -> None:
    order_id = day.invoiced()
    day.door.away = True
    answer = await day.post("ada", order_id, "cancel", {"reason": "No."})
    assert (refusal(answer), answer.headers["retry-after"]) == ((503, "UNAVAILABLE"), "2")


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (ListedOrderView, LISTED_EXAMPLE),
        (OrderView, ORDER_EXAMPLE),
        (OrderPaymentView, PAYMENT_EXAMPLE),
        (DisputeView, DISPUTE_EXAMPLE),
    ],
)
def test_the_examples_have_the_documented_shapes(shape: type, example: object) -> None:
    TypeAdapter(shape).validate_python(dict(example), strict=True)  # type: ignore[call-overload] # a mapping


def give_card(day: OrderDay) -> None:
    with transaction(day.house.engine) as connection:
        complete(connection, day.floor.person("ada"))
