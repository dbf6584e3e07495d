"""Drafts of descriptions over HTTP: for the listing's seller, of what is known, and never published by themselves."""

from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter

from activities.db.people import Scope
from api.descriptions import DAY_LIMIT, EXAMPLE, PENDING, DescriptionDraftView
from temporal.descriptions import Asked
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.lister import Lister, open_lister
from tests.doubles.descriptions import DescriptionsDouble

TEXT = "This 2019 Honda Civic EX sedan shows 41,250 miles on its odometer."


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


@pytest.fixture
def door(house: House) -> DescriptionsDouble:
    door = DescriptionsDouble(house.engine, TEXT)
    house.services.descriptions = door
    return door


async def ask(lister: Lister, number: int, name: str = "sam", method: str = "POST") -> Response:
    return await lister.ask(name, method, f"/vehicles/{number}/description-draft")


async def drafted(lister: Lister, number: int, method: str = "POST") -> dict[str, Any]:
    answer = await ask(lister, number, method=method)
    assert answer.status_code == 200, answer.text
    TypeAdapter(DescriptionDraftView).validate_python(answer.json(), strict=True)
    body: dict[str, Any] = answer.json()
    return body


async def test_a_draft_is_written_and_read_again_and_nothing_is_published(
    lister: Lister, door: DescriptionsDouble
) -> None:
    number = await lister.begin()
    before = await lister.own(number)
    found = await drafted(lister, number)
    assert (found["text"], found["source"], found["why"], found["status"]) == (TEXT, "openai", None, "ready")
    assert (found["vehicle_id"], found["listing_version"]) == (number, 1)
    assert await drafted(lister, number, "GET") == found
    assert await lister.own(number) == before
    assert door.asked == [(number, 1, lister.floor.person("sam"))]


async def test_what_the_model_wrote_is_not_asked_for_again_until_the_listing_changes(
    lister: Lister, door: DescriptionsDouble
) -> None:
    number = await lister.begin()
    assert await drafted(lister, number) == await drafted(lister, number)
    await lister.write(number, mileage=41_300)
    assert (await drafted(lister, number, "GET"))["listing_version"] == 1
    assert (await drafted(lister, number))["listing_version"] == 2
    assert [version for _, version, _ in door.asked] == [1, 2]


async def test_after_a_failure_there_is_the_template_and_the_model_may_be_asked_again(
    lister: Lister, door: DescriptionsDouble
) -> None:
    number, door.text = await lister.begin(), None
    found = await drafted(lister, number)
    assert (found["source"], found["why"]) == ("template", "failed")
    assert "For sale: 2019 Honda Civic EX, sedan." in found["text"]
    door.text = TEXT
    assert (await drafted(lister, number))["source"] == "openai"


async def test_while_it_is_written_it_is_to_be_asked_for_again(lister: Lister, door: DescriptionsDouble) -> None:
    number, door.answers = await lister.begin(), (Asked.PENDING,)
    answer = await ask(lister, number)
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "3")
    assert answer.json() == {**PENDING, "vehicle_id": number, "listing_version": 1}
    assert refusal(await ask(lister, number, method="GET")) == (404, "DRAFT_NOT_FOUND")
    assert (await drafted(lister, number))["status"] == "ready"


async def test_where_nobody_can_be_asked_the_template_is_there_at_once(
    lister: Lister, door: DescriptionsDouble
) -> None:
    number, door.answers = await lister.begin(), (Asked.AWAY,)
    found = await drafted(lister, number)
    assert (found["source"], found["why"]) == ("template", "away")
    assert "41,250 miles" in found["text"]


async def test_a_listing_that_goes_meanwhile_is_not_found(lister: Lister, door: DescriptionsDouble) -> None:
    number = await lister.begin()

    async def gone(vehicle_id: int, version: int, asker_id: int) -> Asked:
        await lister.ask("sam", "DELETE", f"/vehicles/{vehicle_id}")
        return Asked.DONE

    door.draft = gone  # type: ignore[method-assign]
    assert refusal(await ask(lister, number)) == (404, "VEHICLE_NOT_FOUND")


async def test_a_draft_goes_with_its_listing(lister: Lister, door: DescriptionsDouble) -> None:
    number = await lister.begin()
    await drafted(lister, number)
    assert (await lister.ask("sam", "DELETE", f"/vehicles/{number}")).status_code == 204
    assert refusal(await ask(lister, number, method="GET")) == (404, "VEHICLE_NOT_FOUND")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_it_is_for_the_seller_of_the_listing(lister: Lister, door: DescriptionsDouble, method: str) -> None:
    number = await lister.begin()
    assert refusal(await ask(lister, number, "sid", method)) == (404, "VEHICLE_NOT_FOUND")
    assert refusal(await ask(lister, number, "ada", method))[0] == 403
    assert refusal(await ask(lister, number, "", method)) == (401, "NOT_SIGNED_IN")
    assert door.asked == []
    await ask(lister, number, "amy", "POST")
    assert (await ask(lister, number, "amy", method)).status_code == 200


async def test_a_token_needs_the_scope_of_sellers(lister: Lister, door: DescriptionsDouble) -> None:
    number = await lister.begin()
    path = f"/api/vehicles/{number}/description-draft"
    assert refusal(await (await lister.floor.machine("sam", Scope.READ)).post(path)) == (403, "SCOPE_MISSING")
    assert (await (await lister.floor.machine("sam", Scope.SELL)).post(path)).status_code == 200


async def test_of_what_is_over_nothing_is_drafted(lister: Lister, door: DescriptionsDouble) -> None:
    number = await lister.begin()
    await lister.ask("sam", "POST", f"/vehicles/{number}/withdraw")
    assert refusal(await ask(lister, number)) == (409, "LISTING_OVER")


async def test_an_account_has_so_many_a_day_and_what_is_there_is_free(lister: Lister, door: DescriptionsDouble) -> None:
    number = await lister.begin()
    guesses = lister.floor.house.services.ways_in.guesses
    for _ in range(DAY_LIMIT.tries - 1):
        await guesses.may_ask(DAY_LIMIT, str(lister.floor.person("sam")))
    assert [(await ask(lister, number)).status_code for _ in range(3)] == [200, 200, 200]
    await lister.write(number, mileage=41_300)
    answer = await ask(lister, number)
    assert refusal(answer) == (429, "TOO_MANY_TRIES")
    assert int(answer.headers["retry-after"]) > 0
    assert len(door.asked) == 1


def test_the_examples_have_the_shape_of_the_answer() -> None:
    for example in (EXAMPLE, PENDING):
        TypeAdapter(DescriptionDraftView).validate_python(dict(example), strict=True)
        assert set(example) == set(DescriptionDraftView.__annotations__)
