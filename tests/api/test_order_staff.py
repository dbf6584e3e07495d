"""Orders as the staff help them: money past the card by two admins, news, refunds, decisions, and tasks."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter

from activities.db import operator_tasks
from activities.db.engine import transaction
from api.database import now
from api.order_dispute_views import StaffDisputeView
from api.order_examples import STAFF_DISPUTE_EXAMPLE, STAFF_EXAMPLE, TASK_EXAMPLE
from api.order_staff import StaffOrderView, TaskView
from domain.clock import to_text
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.order_day import OrderDay, open_order_day

DUE = 1_000_000
WHY = {"reason": "a reason"}


@pytest.fixture
def day(house: House) -> OrderDay:
    return open_order_day(house)


def wire(cents: int = DUE, **changes: Any) -> dict[str, Any]:
    made_at = to_text(now() - timedelta(hours=3))
    return {"means": "wire", "amount_cents": cents, "made_at": made_at, "reference": "FED-42", **changes}


async def admin(
    day: OrderDay, name: str, order_id: int, what: str, body: Any = None, key: str | None = None
) -> Response:
    return await day.floor.post(name, f"/api/admin/orders/{order_id}/{what}", body, key)


async def support(day: OrderDay, name: str, order_id: int, what: str, body: Any = None) -> Response:
    return await day.floor.post(name, f"/api/support/orders/{order_id}/{what}", body)


def actions(day: OrderDay) -> list[str]:
    return [deed.action for deed in day.floor.deeds() if "order" in deed.subject]


async def test_a_wire_counts_once_another_admin_has_approved_it(day: OrderDay) -> None:
    order_id = day.invoiced()
    due = (await day.get("ada", order_id))["due_cents"]
    told = await admin(day, "amy", order_id, "payments", wire(), "k")
    assert (told.status_code, told.json()["state"], told.json()["means"]) == (201, "in_review", "wire")
    assert (await admin(day, "amy", order_id, "payments", wire(made_at=told.json()["made_at"]), "k")).status_code == 201
    what = f"payments/{told.json()['id']}/approve"
    assert refusal(await admin(day, "amy", order_id, what)) == (403, "ORDER_PAYMENT_SAME_PERSON")
    assert (await day.get("ada", order_id))["due_cents"] == due
    assert (await admin(day, "alan", order_id, what)).json()["state"] == "done"
    shown = await day.get("ada", order_id)
    assert (shown["due_cents"], len(shown["payments"])) == (due - DUE, 1)
    await day.house.services.ways_in.post.finish()
    assert (order_id, "payment_news") in day.door.told
    assert refusal(await admin(day, "alan", order_id, what)) == (409, "ORDER_PAYMENT_NOT_WAITING")
    assert actions(day) == ["recorded_payment", "recorded_payment", "approved_payment"]


async def test_a_wire_that_did_not_come_is_rejected_and_counts_nothing(day: OrderDay) -> None:
    order_id = day.invoiced()
    number = (await admin(day, "amy", order_id, "payments", wire())).json()["id"]
    assert (await admin(day, "alan", order_id, f"payments/{number}/reject")).json()["state"] == "failed"
    assert (await day.get("ada", order_id))["bill"]["paid_cents"] == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"means": "card"}, (422, "INVALID_INPUT")),
        ({"amount_cents": 0}, (422, "INVALID_INPUT")),
        ({"made_at": "2099-01-01T00:00:00Z"}, (422, "ORDER_PAYMENT_IN_FUTURE")),
        ({"made_at": "2026-01-01T00:00:00"}, (422, "INVALID_INPUT")),
        ({"reference": ""}, (422, "INVALID_INPUT")),
    ],
)
async def test_what_cannot_be_a_wire_is_refused(
    day: OrderDay, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(await admin(day, "amy", day.invoiced(), "payments", wire(**changes))) == expected


async def test_payments_are_written_down_by_admins_for_known_orders_only(day: OrderDay) -> None:
    order_id = day.invoiced()
    assert refusal(await admin(day, "sue", order_id, "payments", wire())) == (403, "ADMINS_ONLY")
    assert refusal(await admin(day, "amy", 999_999, "payments", wire())) == (404, "ORDER_NOT_FOUND")
    assert refusal(await admin(day, "amy", day.sold(), "payments", wire())) == (409, "ORDER_NOT_INVOICED")
    assert refusal(await admin(day, "amy", order_id, "payments/999999/approve")) == (404, "PAYMENT_NOT_FOUND")
    card = day.charge(order_id)
    assert refusal(await admin(day, "amy", order_id, f"payments/{card}/approve"))[1] == "ORDER_PAYMENT_NOT_WAITING"


async def test_nobody_of_the_staff_acts_in_an_order_of_their_own(day: OrderDay) -> None:
    order_id = day.invoiced(buyer="amy")
    assert refusal(await admin(day, "amy", order_id, "payments", wire())) == (403, "ORDER_OWN")
    assert refusal(await admin(day, "amy", order_id, "refund", WHY)) == (403, "ORDER_OWN")
    assert actions(day) == []


async def test_staff_tell_what_happened_to_the_title_and_the_vehicle(day: OrderDay) -> None:
    order_id, at = day.paid(), to_text(now())
    told = await support(day, "sue", order_id, "news", {"event": "title_received", "at": at, "note": "By mail."})
    assert (told.status_code, (await day.get("ada", order_id))["stage"]) == (202, "title_processing")
    later = {"event": "delivered", "at": to_text(now() + timedelta(days=1))}
    assert refusal(await support(day, "sue", order_id, "news", later)) == (422, "ORDER_PAYMENT_IN_FUTURE")
    assert (await support(day, "sue", order_id, "news", {"event": "paid", "at": at})).status_code == 422
    assert actions(day) == ["told_order_news"]


async def test_a_small_refund_is_decided_by_one_admin_and_a_large_one_waits_for_another(day: OrderDay) -> None:
    order_id = day.paid()
    small = await admin(day, "amy", order_id, "refund", {**WHY, "amount_cents": 20_000}, "k")
    assert (small.status_code, small.json()["state"]) == (200, "resolved")
    again = await admin(day, "amy", order_id, "refund", {**WHY, "amount_cents": 20_000}, "k")
    assert again.json()["id"] == small.json()["id"]
    whole = (await admin(day, "amy", order_id, "refund", WHY)).json()
    assert (whole["state"], whole["proposed"]["remedy"], whole["approved_by"]) == (
        "proposed",
        "unwind",
        [str(day.floor.person("amy"))],
    )
    what = f"disputes/{whole['id']}"
    assert refusal(await admin(day, "amy", order_id, f"{what}/approve")) == (403, "DISPUTE_SAME_PERSON")
    assert (await admin(day, "alan", order_id, f"{what}/approve")).json()["state"] == "resolved"
    assert "refunded_order" in actions(day)


async def test_a_dispute_is_noted_assigned_passed_on_and_decided(day: OrderDay) -> None:
    order_id = day.delivered()
    dispute_id = (await day.dispute("ada", order_id)).json()["id"]
    what, alan = f"disputes/{dispute_id}", day.floor.person("alan")
    noted = await support(day, "sue", order_id, f"{what}/note", {"words": "Called the seller."})
    assert [each["words"] for each in noted.json()["notes"]] == ["Called the seller."]
    assert (await support(day, "sue", order_id, f"{what}/assign", {"user_id": alan})).json()["owner"] == str(alan)
    wrong = await support(day, "sue", order_id, f"{what}/assign", {"user_id": day.floor.person("bob")})
    assert refusal(wrong) == (404, "ACCOUNT_NOT_FOUND")
    assert (await support(day, "sue", order_id, f"{what}/escalate")).json()["state"] == "escalated"
    unwind = await admin(day, "alan", order_id, f"{what}/propose", {**WHY, "remedy": "unwind"})
    assert unwind.json()["state"] == "proposed"
    assert (await admin(day, "amy", order_id, f"{what}/reject")).json()["state"] == "escalated"
    released = await admin(day, "alan", order_id, f"{what}/propose", {**WHY, "remedy": "release"})
    assert (released.json()["state"], (await day.get("ada", order_id))["status"]) == ("resolved", "delivered")
    assert "Called the seller." not in str(await day.get("ada", order_id))
    assert refusal(await admin(day, "sue", order_id, f"{what}/approve")) == (403, "ADMINS_ONLY")


async def test_staff_open_a_dispute_against_a_side(day: OrderDay) -> None:
    order_id = day.paid()
    body = {"kind": "title", "words": "The lien stands.", "remedy": "unwind", "against": "seller"}
    made = await support(day, "sue", order_id, "disputes", body)
    assert (made.status_code, made.json()["opened_by"], made.json()["owner"]) == (
        201,
        "staff",
        str(day.floor.person("sue")),
    )
    assert (await day.get("sam", order_id))["next"]["code"] == "answer_dispute"


async def test_staff_read_both_sides_and_that_is_written_down(day: OrderDay) -> None:
    order_id = day.paid()
    found = (await day.floor.get("sue", f"/api/support/orders/{order_id}")).json()
    assert (found["buyer_id"], found["seller_id"]) == (day.floor.person("ada"), day.floor.person("sam"))
    listed = (await day.floor.get("sue", "/api/support/orders", status="paid")).json()
    assert ([each["id"] for each in listed["items"]], listed["total"]) == ([order_id], 1)
    assert actions(day) == ["read_order", "read_orders"]
    assert refusal(await day.floor.get("sue", "/api/support/orders/999999")) == (404, "ORDER_NOT_FOUND")


async def test_staff_cancel_what_is_not_paid(day: OrderDay) -> None:
    order_id = day.invoiced()
    assert (await admin(day, "amy", order_id, "cancel", WHY)).json()["order"]["status"] == "cancelled"
    assert refusal(await admin(day, "amy", day.paid(), "cancel", WHY)) == (409, "ORDER_CANCEL_AFTER_PAYMENT")


async def test_open_tasks_are_listed_and_finished_once(day: OrderDay) -> None:
    order_id = day.paid()
    with transaction(day.house.engine) as connection:
        for number in range(3):
            operator_tasks.call(connection, order_id, f"t{number}", "give_back", "BY_HAND", now())
    first = (await day.floor.get("sue", "/api/support/order-tasks", limit=2)).json()
    rest = (await day.floor.get("sue", "/api/support/order-tasks", limit=2, cursor=first["next_cursor"])).json()
    ids = [each["id"] for each in (*first["items"], *rest["items"])]
    assert (len(ids), first["total"], rest["next_cursor"]) == (3, 3, None)
    path = f"/api/support/order-tasks/{ids[0]}/done"
    done = (await day.floor.post("sue", path, WHY)).json()
    assert (done["done_by"], (await day.floor.post("amy", path, WHY)).json()["done_by"]) == (
        day.floor.person("sue"),
        day.floor.person("sue"),
    )
    assert (await day.floor.get("sue", "/api/support/order-tasks")).json()["total"] == 2
    assert refusal(await day.floor.post("sue", "/api/support/order-tasks/999999/done", WHY)) == (404, "TASK_NOT_FOUND")


@pytest.mark.parametrize(
    ("shape", "example"),
    [(StaffOrderView, STAFF_EXAMPLE), (StaffDisputeView, STAFF_DISPUTE_EXAMPLE), (TaskView, TASK_EXAMPLE)],
)
def test_the_examples_have_the_documented_shapes(shape: type, example: Any) -> None:
    TypeAdapter(shape).validate_python(dict(example), strict=True)
