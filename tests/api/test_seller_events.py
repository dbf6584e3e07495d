"""What happens to a seller's vehicles over HTTP is among the seller's events, with no word of anybody else."""

from typing import Any

import pytest

from tests.api.conftest import House
from tests.api.floor import Floor, open_floor

CALL_ME = "Call me at 612-555-0142 about it"


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def events(floor: Floor, name: str = "sam") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await floor.get(name, "/api/me/events")).json()["items"]
    return found


async def test_a_question_is_told_when_it_is_shown_and_not_while_it_waits_for_the_staff(floor: Floor) -> None:
    car = floor.car("sam")
    asked = await floor.post("ada", f"/api/vehicles/{car}/questions", {"text": "Any rust on the frame?"})
    held = await floor.post("ada", f"/api/vehicles/{car}/questions", {"text": CALL_ME})
    before = await events(floor)
    body = {"part": "question", "show": True, "reason": "It is harmless."}
    await floor.post("sue", f"/api/support/questions/{held.json()['id']}/judge", body)
    after = await events(floor)
    assert [(each["kind"], each["vehicle_id"], each["facts"]) for each in after] == [
        ("question_asked", car, {"question_id": asked.json()["id"]}),
        ("question_asked", car, {"question_id": held.json()["id"]}),
    ]
    assert before == after[:1]
    assert await events(floor, "sid") == []


async def test_a_scheduled_auction_is_told_without_its_reserve(floor: Floor) -> None:
    lot = await floor.lot("sam", reserve_cents=900_000)
    scheduled = [each for each in await events(floor) if each["kind"] == "auction_scheduled"]
    assert [(each["auction_id"], sorted(each["facts"])) for each in scheduled] == [
        (lot, ["ends_at", "start_cents", "starts_at"])
    ]
    assert "900000" not in str(await events(floor))
