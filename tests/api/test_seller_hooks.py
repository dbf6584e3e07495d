"""A seller's webhooks over HTTP: made with a secret that is shown once, tested, replayed, read about, and deleted."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from activities.db import seller_deliveries, seller_endpoints, seller_feed
from activities.db.engine import reading, transaction
from activities.db.seller_deliveries import Key
from activities.db.seller_feed_tables import seller_endpoints as endpoints
from activities.db.tables import audit_log, metadata
from api.database import now
from domain.seller_feed import Disabled, FeedKind
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields

URL = "https://stock.dealer.example/hammertime"
HOOKS = "/api/me/webhooks"


@pytest.fixture
def house(house: House) -> House:
    metadata.create_all(house.engine)
    return house


async def made(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post(HOOKS, json={"url": URL, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def note(house: House, vehicle_id: int = 1, kind: FeedKind = FeedKind.QUESTION_ASKED, seller: str = "sam") -> int:
    with transaction(house.engine) as connection:
        return seller_feed.note_event(
            connection, house.people[seller], vehicle_id, kind, {"question_id": 31}, now(), auction_id=7
        )


async def log(client: AsyncClient, endpoint_id: int, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"{HOOKS}/{endpoint_id}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_secret_is_shown_once_and_kept_sealed(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam, kinds=["question_asked", "auction_ended"])
    listed = (await sam.get(HOOKS)).json()["items"]
    assert hook["secret"].startswith("whsec_")
    assert [(each["url"], each["kinds"], each["waiting"]) for each in listed] == [
        (URL, ["auction_ended", "question_asked"], 0)
    ]
    assert "secret" not in listed[0]
    with reading(house.engine) as connection:
        row = connection.execute(select(endpoints)).one()
    assert hook["secret"] not in str(row)
    assert house.services.selling.endpoint_secrets.open(row.id, row.secret_sealed) == hook["secret"]


async def test_a_replaced_secret_stays_good_for_a_day(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam)
    answer = await sam.post(f"{HOOKS}/{hook['id']}/rotate")
    assert answer.status_code == 200
    assert answer.json()["secret"] != hook["secret"]
    assert answer.json()["old_secret_until"] is not None
    with reading(house.engine) as connection:
        sealed = seller_endpoints.sealed_secrets(connection, hook["id"], now())
    opened = [house.services.selling.endpoint_secrets.open(hook["id"], each) for each in sealed]
    assert opened == [answer.json()["secret"], hook["secret"]]


async def test_making_and_replacing_need_a_fresh_proof_and_a_token_of_a_seller(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam)
    stranger, reader, machine = (
        await house.stranger("sam"),
        await house.machine("sam", "read"),
        await house.machine("sam", "sell"),
    )
    for path, body in ((HOOKS, {"url": URL}), (f"{HOOKS}/{hook['id']}/rotate", None)):
        assert refusal(await stranger.post(path, json=body)) == (403, "STEP_UP_REQUIRED")
        assert refusal(await reader.post(path, json=body)) == (403, "SCOPE_MISSING")
        assert refusal(await (await house.browser("ada")).post(path, json=body)) == (403, "SELLERS_ONLY")
        assert (await machine.post(path, json=body)).status_code in {200, 201}


@pytest.mark.parametrize(
    "url", ["ftp://dealer.example/", "https://user:secret@dealer.example/", "https://10.0.0.1/", "http://127.0.0.1:9/"]
)
async def test_a_wrong_address_is_refused_with_its_field(house: House, url: str) -> None:
    sam = await house.browser("sam")
    answer = await sam.post(HOOKS, json={"url": url})
    assert refusal(answer) == (422, "ENDPOINT_ADDRESS")
    assert [error["field"] for error in answer.json()["errors"]] == ["url"]
    assert "secret" not in answer.text


async def test_bad_input_is_refused_with_its_field(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam)
    kinds = await sam.post(HOOKS, json={"url": URL, "kinds": ["a_bid"]})
    after = await sam.post(f"{HOOKS}/{hook['id']}/replay", json={"after": -1})
    assert wrong_fields(kinds) == ["kinds.0"]
    assert wrong_fields(after) == ["after"]
    assert (await sam.get("/api/me/events", params={"after": -1})).status_code == 422


async def test_five_are_the_most_and_a_deleted_one_makes_room_for_another(house: House) -> None:
    sam = await house.browser("sam")
    hooks = [await made(sam) for _ in range(5)]
    sixth = await sam.post(HOOKS, json={"url": URL})
    gone = await sam.delete(f"{HOOKS}/{hooks[0]['id']}")
    assert (refusal(sixth), sixth.json()["limit"]) == ((409, "TOO_MANY_ENDPOINTS"), 5)
    assert gone.status_code == 204
    assert refusal(await sam.delete(f"{HOOKS}/{hooks[0]['id']}")) == (404, "ENDPOINT_NOT_FOUND")
    again = await made(sam)
    assert again["id"] not in {hook["id"] for hook in hooks}


async def test_what_is_done_with_webhooks_is_in_the_audit_log_without_address_or_secret(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam)
    await sam.post(f"{HOOKS}/{hook['id']}/rotate")
    await sam.delete(f"{HOOKS}/{hook['id']}")
    with reading(house.engine) as connection:
        found = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
    deeds = [(row.action, row.subject, row.detail) for row in found if row.action.startswith("webhook")]
    actions = ("webhook_made", "webhook_secret_replaced", "webhook_deleted")
    assert deeds == [(action, f"webhook {hook['id']}", "{}") for action in actions]


async def test_a_test_and_events_are_in_the_log_newest_first_page_by_page(house: House) -> None:
    sam = await house.browser("sam")
    hook = await made(sam)
    first = note(house)
    tested = await sam.post(f"{HOOKS}/{hook['id']}/test")
    last = note(house, 2)
    with transaction(house.engine) as connection:
        seller_deliveries.mark_delivered(connection, Key(hook["id"], first, 0), 204, now())
        seller_deliveries.mark_failed(connection, Key(hook["id"], last, 0), now(), now(), 500, "status 500")
    page = await log(sam, hook["id"], limit=2)
    rest = await log(sam, hook["id"], limit=2, cursor=page["next_cursor"])
    assert tested.status_code == 202
    assert [each["event_id"] for each in page["items"]] == [last, tested.json()["event_id"]]
    assert [each["kind"] for each in page["items"]] == ["question_asked", "endpoint_test"]
    assert (page["items"][0]["last_status"], page["items"][0]["last_error"]) == (500, "status 500")
    assert [(each["state"], each["next_at"], each["last_status"]) for each in rest["items"]] == [
        ("delivered", None, 204)
    ]
    assert rest["next_cursor"] is None
    waiting = await log(sam, hook["id"], state="delivered")
    assert [each["event_id"] for each in waiting["items"]] == [first]
    assert (await sam.get(HOOKS)).json()["items"][0]["waiting"] == 2


async def test_a_replay_brings_what_came_before_and_switches_a_webhook_on(house: House) -> None:
    sam = await house.browser("sam")
    before = note(house)
    hook = await made(sam)
    with transaction(house.engine) as connection:
        seller_endpoints.disable(connection, hook["id"], Disabled.GONE, now())
    listed = (await sam.get(HOOKS)).json()["items"][0]
    refused = await sam.post(f"{HOOKS}/{hook['id']}/test")
    answer = await sam.post(f"{HOOKS}/{hook['id']}/replay", json={"after": 0})
    assert listed["disabled_reason"] == "gone"
    assert refusal(refused) == (409, "ENDPOINT_DISABLED")
    assert (answer.status_code, answer.json()) == (202, {"events": 1, "through": before, "more": False})
    assert (await sam.get(HOOKS)).json()["items"][0]["disabled_at"] is None
    assert [each["event_id"] for each in (await log(sam, hook["id"]))["items"]] == [before]


async def test_events_are_fetched_from_a_cursor_and_are_nobody_elses(house: House) -> None:
    sam, amy = await house.browser("sam"), await house.browser("amy")
    numbers = [note(house) for _ in range(3)]
    note(house, seller="amy")
    first = (await sam.get("/api/me/events", params={"limit": 2})).json()
    second = (await sam.get("/api/me/events", params={"after": first["next_after"]})).json()
    nothing = (await sam.get("/api/me/events", params={"after": second["next_after"]})).json()
    assert ([each["id"] for each in first["items"]], first["more"]) == (numbers[:2], True)
    assert ([each["id"] for each in second["items"]], second["more"]) == (numbers[2:], False)
    assert nothing == {"items": [], "next_after": numbers[2], "more": False}
    assert first["items"][0] == {
        "id": numbers[0],
        "kind": "question_asked",
        "vehicle_id": 1,
        "auction_id": 7,
        "at": first["items"][0]["at"],
        "facts": {"question_id": 31},
    }
    assert len((await amy.get("/api/me/events")).json()["items"]) == 1


async def test_somebody_elses_webhook_is_not_there(house: House) -> None:
    sam, amy = await house.browser("sam"), await house.browser("amy")
    hook = await made(sam)
    place = f"{HOOKS}/{hook['id']}"
    answers = [
        await amy.delete(place),
        await amy.post(f"{place}/test"),
        await amy.post(f"{place}/rotate"),
        await amy.post(f"{place}/replay", json={"after": 0}),
        await amy.get(f"{place}/deliveries"),
    ]
    assert [refusal(answer) for answer in answers] == [(404, "ENDPOINT_NOT_FOUND")] * 5
    assert (await amy.get(HOOKS)).json() == {"items": []}
