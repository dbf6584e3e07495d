"""Questions on a listing over HTTP: asked, answered, held back, and read by the right people only."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from activities.db.engine import reading, transaction
from activities.db.tables import audit_log, notifications
from tests.api.conftest import House
from tests.db.market import add_car

QUESTION = "Has the timing chain been replaced?"
CALL_ME = "Call me at 612-555-0142 about it"


@pytest.fixture
def car(house: House) -> int:
    with transaction(house.engine) as connection:
        return add_car(connection, house.people["sam"], 1)


def mails(house: House) -> list[tuple[int, str]]:
    with reading(house.engine) as connection:
        rows = connection.execute(
            select(notifications.c.user_id, notifications.c.kind).order_by(notifications.c.created_at)
        )
        return [(row.user_id, row.kind) for row in rows]


async def asked(client: AsyncClient, car: int, text: str = QUESTION) -> dict[str, Any]:
    answer = await client.post(f"/api/vehicles/{car}/questions", json={"text": text})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: AsyncClient, car: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/api/vehicles/{car}/questions")).json()["items"]
    return items


async def test_a_question_is_answered_and_everybody_reads_both_without_a_name(house: House, car: int) -> None:
    ada, sam = await house.browser("ada"), await house.browser("sam")
    question = await asked(ada, car)
    answer = await sam.post(f"/api/questions/{question['id']}/answer", json={"text": "Yes, at 38,000 miles."})
    public = await listed(house.client(), car)
    assert answer.status_code == 200
    assert [(item["text"], item["answer"], item["mine"]) for item in public] == [
        (QUESTION, "Yes, at 38,000 miles.", False)
    ]
    assert not {"asker", "asker_id", "name"} & set(public[0])
    assert (await listed(ada, car))[0]["mine"] is True
    assert mails(house) == [(house.people["sam"], "question_asked"), (house.people["ada"], "question_answered")]


async def test_a_telephone_number_waits_for_the_staff_and_only_its_writer_sees_it(house: House, car: int) -> None:
    ada, bob, sam = await house.browser("ada"), await house.browser("bob"), await house.browser("sam")
    question = await asked(ada, car, CALL_ME)
    refused = await sam.post(f"/api/questions/{question['id']}/answer", json={"text": "No, ask me here."})
    assert question["state"] == "held"
    assert [len(await listed(client, car)) for client in (ada, bob, sam, house.client())] == [1, 0, 0, 0]
    assert (refused.status_code, refused.json()["code"]) == (409, "QUESTION_NOT_SHOWN")
    assert mails(house) == []


async def test_the_staff_show_what_is_harmless_and_refuse_the_rest_with_a_reason(house: House, car: int) -> None:
    ada, sue = await house.browser("ada"), await house.browser("sue")
    harmless, harmful = await asked(ada, car, "Is it the @autobahn edition?"), await asked(ada, car, CALL_ME)
    waiting = (await sue.get("/api/support/questions")).json()
    for question, show in ((harmless, True), (harmful, False)):
        body = {"part": "question", "show": show, "reason": "It was read."}
        judged = await sue.post(f"/api/support/questions/{question['id']}/judge", json=body)
        assert judged.status_code == 200
    assert [item["id"] for item in waiting["items"]] == [harmless["id"], harmful["id"]]
    assert [item["id"] for item in await listed(house.client(), car)] == [harmless["id"]]
    assert [(item["state"], item["reason"]) for item in await listed(ada, car)] == [
        ("refused", "It was read."),
        ("shown", "It was read."),
    ]
    assert mails(house) == [(house.people["sam"], "question_asked")]
    with reading(house.engine) as connection:
        actions = list(connection.execute(select(audit_log.c.action)).scalars())
    assert actions.count("question_judged") == 2


async def test_a_held_answer_is_shown_to_its_seller_alone_until_it_is_judged(house: House, car: int) -> None:
    ada, sam, sue = await house.browser("ada"), await house.browser("sam"), await house.browser("sue")
    question = await asked(ada, car)
    held = await sam.post(f"/api/questions/{question['id']}/answer", json={"text": "Mail me: sam@example.com"})
    before = (await listed(ada, car))[0]
    body = {"part": "answer", "show": True, "reason": "It is harmless."}
    await sue.post(f"/api/support/questions/{question['id']}/judge", json=body)
    assert held.json()["answer_state"] == "held"
    assert (before["answer"], before["answer_state"]) == (None, None)
    assert (await listed(ada, car))[0]["answer"] == "Mail me: sam@example.com"
    assert mails(house)[-1] == (house.people["ada"], "question_answered")


async def test_limits_and_owners(house: House, car: int) -> None:
    ada, sam = await house.browser("ada"), await house.browser("sam")
    own = await sam.post(f"/api/vehicles/{car}/questions", json={"text": QUESTION})
    for _ in range(3):
        last = await asked(ada, car)
    fourth = await ada.post(f"/api/vehicles/{car}/questions", json={"text": QUESTION})
    amy = await house.browser("amy")
    others = await amy.post(f"/api/questions/{last['id']}/answer", json={"text": "It is not my car."})
    nothing = await ada.post("/api/vehicles/999/questions", json={"text": QUESTION})
    short = await ada.post(f"/api/vehicles/{car}/questions", json={"text": "Rust?"})
    assert (own.status_code, own.json()["code"]) == (403, "OWN_LISTING")
    assert (fourth.status_code, fourth.json()["code"]) == (429, "TOO_MANY_QUESTIONS")
    assert (others.status_code, others.json()["code"]) == (404, "QUESTION_NOT_FOUND")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "VEHICLE_NOT_FOUND")
    assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "text")


async def test_pages_go_on_where_the_last_one_ended(house: House, car: int) -> None:
    ada = await house.browser("ada")
    numbers = [(await asked(ada, car))["id"] for _ in range(3)]
    first = (await ada.get(f"/api/vehicles/{car}/questions", params={"limit": 2})).json()
    second = (
        await ada.get(f"/api/vehicles/{car}/questions", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()
    assert [item["id"] for item in (*first["items"], *second["items"])] == numbers[::-1]
    assert second["next_cursor"] is None
