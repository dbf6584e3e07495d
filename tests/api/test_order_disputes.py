"""Disputes over HTTP: opened in time, answered, agreed to, documented and let go, by whom they are for."""

import uuid
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import insert

from activities.db.engine import transaction
from activities.db.photo_tables import vehicle_documents
from api.database import now
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields
from tests.api.order_day import OrderDay, open_order_day

WORDS = "The left door was repainted.\nThe listing does not say so."
PART: dict[str, Any] = {"kind": "condition", "words": WORDS, "remedy": "partial_refund", "amount_cents": 80_000}


@pytest.fixture
def day(house: House) -> OrderDay:
    return open_order_day(house)


async def opened(day: OrderDay) -> tuple[int, str]:
    """A delivered order with a dispute of its buyer's."""
    order_id = day.delivered()
    made = await day.dispute("ada", order_id, **PART)
    assert made.status_code == 201, made.text
    return order_id, made.json()["id"]


def paper(day: OrderDay, order_id: int, kind: str = "inspection") -> str:
    """A paper of the order's vehicle that is ready."""
    order = day.door.read(order_id).order
    document_id = str(uuid.uuid4())
    row = {"id": document_id, "vehicle_id": order.vehicle_id, "kind": kind, "title": kind, "state": "ready"}
    times = dict.fromkeys(("created_at", "expires_at", "updated_at"), now())
    more = {"content_type": "application/pdf", "bytes": 900, "uploaded_by": order.seller_id}
    digest = sha256(kind.encode()).hexdigest()
    with transaction(day.house.engine) as connection:
        connection.execute(insert(vehicle_documents).values({**row, **times, **more, "sha256": digest}))
    return document_id


async def test_a_dispute_holds_the_order_and_both_sides_see_it(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    hers, his = [await day.get(name, order_id) for name in ("ada", "sam")]
    assert (hers["status"], hers["stage"]) == ("disputed", "delivered")
    assert (hers["next"]["code"], his["next"]["code"]) == ("wait_dispute", "answer_dispute")
    assert [each["can"] for each in (*hers["disputes"], *his["disputes"])] == [
        ["evidence", "withdraw"],
        ["evidence", "answer", "concede"],
    ]
    assert (his["disputes"][0]["id"], his["disputes"][0]["words"]) == (dispute_id, WORDS)
    assert "owner" not in his["disputes"][0]


async def test_the_same_wish_opens_one_dispute(day: OrderDay) -> None:
    order_id = day.delivered()
    first, again = [await day.dispute("ada", order_id, "k") for _ in range(2)]
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 201)
    assert refusal(await day.dispute("ada", order_id)) == (409, "DISPUTE_ALREADY_OPEN")


async def test_each_kind_has_its_time_and_its_side(day: OrderDay) -> None:
    paid = day.paid()
    assert refusal(await day.dispute("ada", paid, **PART)) == (409, "DISPUTE_NOT_OPEN_YET")
    assert refusal(await day.dispute("sam", paid, **PART)) == (403, "DISPUTE_NOT_FOR_YOU")
    assert refusal(await day.dispute("bob", paid)) == (404, "ORDER_NOT_FOUND")
    too_much = await day.dispute("ada", day.delivered(), **{**PART, "amount_cents": 10**9})
    assert refusal(too_much) == (422, "DISPUTE_BAD_REMEDY")


async def test_the_other_side_answers_once(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    what = f"disputes/{dispute_id}/answer"
    assert refusal(await day.post("ada", order_id, what, {"words": "Me too."})) == (403, "DISPUTE_NOT_FOR_YOU")
    told = await day.post("sam", order_id, what, {"words": "It is in the photos."}, "k")
    assert (told.status_code, told.json()["state"], told.json()["answer"]) == (200, "review", "It is in the photos.")
    assert (await day.post("sam", order_id, what, {"words": "It is in the photos."}, "k")).status_code == 200
    assert refusal(await day.post("sam", order_id, what, {"words": "And more."})) == (409, "DISPUTE_ANSWERED")


async def test_the_other_side_agrees_and_it_is_over(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    agreed = await day.post("sam", order_id, f"disputes/{dispute_id}/concede")
    assert (agreed.json()["state"], agreed.json()["resolution"]) == (
        "resolved",
        {"remedy": "partial_refund", "cents": 80_000},
    )
    assert (await day.get("ada", order_id))["status"] == "delivered"
    late = await day.post("ada", order_id, f"disputes/{dispute_id}/withdraw")
    assert refusal(late) == (409, "DISPUTE_OVER")


async def test_what_is_only_proposed_the_sides_do_not_see(day: OrderDay) -> None:
    order_id = day.delivered()
    dispute_id = (await day.dispute("ada", order_id, **{**PART, "remedy": "unwind"})).json()["id"]
    agreed = (await day.post("sam", order_id, f"disputes/{dispute_id}/concede")).json()
    assert (agreed["state"], agreed["resolution"], "proposed" in agreed) == ("proposed", None, False)


async def test_who_opened_it_lets_it_go(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    what = f"disputes/{dispute_id}/withdraw"
    assert refusal(await day.post("sam", order_id, what)) == (403, "DISPUTE_NOT_FOR_YOU")
    assert (await day.post("ada", order_id, what)).json()["state"] == "withdrawn"


async def test_statements_and_papers_are_filed_under_their_digest(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    what, document_id = f"disputes/{dispute_id}/evidence", paper(day, order_id)
    said = await day.post("ada", order_id, what, {"words": "I have a witness."})
    shown = await day.post("sam", order_id, what, {"words": "Page 2.", "document_id": document_id})
    assert [each["sha256"] for each in shown.json()["evidence"]] == [
        sha256(text).hexdigest() for text in (b"I have a witness.", b"inspection")
    ]
    assert (said.status_code, shown.json()["evidence"][1]["id"]) == (200, document_id)
    changed = await day.post("sam", order_id, what, {"words": "Page 3.", "document_id": document_id})
    assert refusal(changed) == (409, "DISPUTE_EVIDENCE_LOCKED")


async def test_the_buyer_files_no_scan_of_the_sellers_title_and_nobody_another_vehicles_papers(day: OrderDay) -> None:
    order_id, dispute_id = await opened(day)
    what = f"disputes/{dispute_id}/evidence"
    scan, foreign = paper(day, order_id, "title_scan"), paper(day, day.sold())
    for name, document_id in (("ada", scan), ("ada", foreign), ("sam", foreign), ("sam", "x")):
        answer = await day.post(name, order_id, what, {"words": "This.", "document_id": document_id})
        assert refusal(answer) == (404, "DOCUMENT_NOT_FOUND")
    assert (await day.post("sam", order_id, what, {"words": "This.", "document_id": scan})).status_code == 200


async def test_a_dispute_of_another_order_is_none_of_this_one(day: OrderDay) -> None:
    _, dispute_id = await opened(day)
    other = day.delivered()
    for what in ("concede", "withdraw"):
        answer = await day.post("ada", other, f"disputes/{dispute_id}/{what}")
        assert refusal(answer) == (404, "ORDER_NO_SUCH_DISPUTE")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"words": ""}, ["words"]),
        ({"words": "  \n"}, ["words"]),
        ({"words": "x" * 4_001}, ["words"]),
        ({"words": "a\x00b"}, ["words"]),
        ({"kind": "other"}, ["kind"]),
        ({"remedy": "money"}, ["remedy"]),
        ({"amount_cents": -1}, ["amount_cents"]),
        ({"amount_cents": "80"}, ["amount_cents"]),
    ],
)
async def test_what_cannot_be_a_claim_is_named(day: OrderDay, changes: dict[str, Any], fields: list[str]) -> None:
    answer = await day.dispute("ada", day.delivered(), **changes)
    assert wrong_fields(answer) == fields


async def test_a_lost_answer_is_asked_for_again(day: OrderDay) -> None:
    order_id = day.delivered()
    day.door.away = True
    assert refusal(await day.dispute("ada", order_id, "k")) == (503, "UNAVAILABLE")
    day.door.away = False
    assert (await day.dispute("ada", order_id, "k")).status_code == 201
