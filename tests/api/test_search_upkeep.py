"""A process that still reads all listings: what `/ready` says of it, and for how long."""

import pytest
from sqlalchemy import create_engine

from api.search_upkeep import HELD_BACK_S, LOADING, SearchLoading
from tests.api.conftest import House


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loading(house: House, clock: Clock) -> SearchLoading:
    """The first reading, not begun."""
    loading = SearchLoading(house.engine, house.services.search, clock)
    house.services.checks["search"] = loading.check
    return loading


async def test_a_process_that_reads_all_listings_gets_no_traffic_yet(house: House, loading: SearchLoading) -> None:
    answer = await house.client().get("/ready")
    assert (answer.status_code, answer.json()["reasons"]) == (503, {"search": LOADING})


async def test_it_is_not_kept_from_bids_for_longer_than_a_minute_and_says_what_is_missing(
    house: House, loading: SearchLoading, clock: Clock
) -> None:
    clock.now += HELD_BACK_S
    answer = await house.client().get("/ready")
    assert (answer.status_code, answer.json()["loading"]) == (200, ["search"])


async def test_once_the_listings_are_read_nothing_is_missing(house: House, loading: SearchLoading) -> None:
    loading.start().join()
    answer = await house.client().get("/ready")
    assert (answer.status_code, answer.json()["loading"]) == (200, [])


async def test_a_search_meanwhile_is_told_to_come_back(house: House, loading: SearchLoading) -> None:
    with house.services.search._lock:
        answer = await house.client().get("/api/vehicles")
    assert (answer.status_code, answer.json()["code"]) == (503, "SEARCH_LOADING")
    assert int(answer.headers["retry-after"]) > 0


async def test_when_the_first_reading_fails_the_upkeep_tries_again(house: House) -> None:
    search = house.services.search
    nowhere = create_engine("sqlite://")
    SearchLoading(nowhere, search).start().join()
    nowhere.dispose()
    assert not search.is_filled
    again = house.services.upkeep._jobs["catch_up_search"]
    with search._lock:
        await again()
    assert not search.is_filled
    await again()
    assert search.is_filled
