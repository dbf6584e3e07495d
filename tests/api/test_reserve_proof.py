"""The reserve of a listing: a draft's is free to change; once it was sent in, another one needs fresh proof."""

import pytest
from httpx import AsyncClient, Response

from api.database import now
from api.listing_views import BODY
from api.security import STEP_UP_LIFE
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.lister import Lister, open_lister
from tests.api.newcomer import page
from tests.api.sign_ins import session_headers
from tests.api.test_selling_pages import filled


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


def stale(lister: Lister) -> AsyncClient:
    """The seller's browser, some time after they have last shown that it is them."""
    house, seller = lister.floor.house, lister.floor.person("sam")
    return house.client(**session_headers(house.engine, seller, shown_at=now() - STEP_UP_LIFE))


async def put(lister: Lister, client: AsyncClient, number: int, **changes: object) -> Response:
    headers = {"If-Match": await lister.tag(number)}
    return await client.put(f"/api/vehicles/{number}", json={**BODY, **changes}, headers=headers)


async def test_a_draft_that_was_never_sent_in_needs_none(lister: Lister) -> None:
    number = await lister.begin()
    assert (await put(lister, stale(lister), number, reserve_cents=1_200_000)).status_code == 200


@pytest.mark.parametrize("reserve_cents", [1_200_000, None], ids=["another", "none"])
async def test_from_then_on_another_reserve_needs_fresh_proof_and_all_else_does_not(
    lister: Lister, reserve_cents: int | None
) -> None:
    number = await lister.submitted()
    refused = await put(lister, stale(lister), number, reserve_cents=reserve_cents)
    words = await put(lister, stale(lister), number, description="A car that was looked after by one owner.")
    assert (refusal(refused), refused.json()["step_up"]) == ((403, "STEP_UP_REQUIRED"), "/auth/step-up")
    assert words.status_code == 200, words.text
    fresh = await lister.floor.client("sam")
    assert (await put(lister, fresh, number, reserve_cents=reserve_cents)).status_code == 200


async def test_the_page_of_a_listing_asks_for_the_proof_too(lister: Lister) -> None:
    number = await lister.submitted()
    version = int((await lister.tag(number)).strip('"'))
    answer = await page(stale(lister), "POST", f"/sell/{number}", **filled(version, reserve_cents="12,000"))
    assert (answer.status_code, "/account/step-up" in answer.text) == (403, True)


async def test_an_auction_with_another_reserve_than_was_approved_needs_fresh_proof(lister: Lister) -> None:
    number = await lister.listed()
    client, wish = stale(lister), lister.floor.wish(number)
    other = {**wish, "reserve_cents": 1_200_000}
    headers = {"Idempotency-Key": "a-key"}
    refused = await client.post("/api/auctions", json=other, headers=headers)
    assert refusal(refused) == (403, "STEP_UP_REQUIRED")
    kept = {name: value for name, value in wish.items() if name != "reserve_cents"}
    assert (await client.post("/api/auctions", json=kept, headers=headers)).status_code == 201
