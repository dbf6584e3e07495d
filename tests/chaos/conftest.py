"""A stack to be broken: two API processes whose limits are out of a crowd's way, started once for all chaos runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from temporal.stack.local_stack import LocalStack
from tests.journeys.town import Town, eventually, town

SETTINGS = {"bid_rate_burst": 100_000, "bid_rate_per_second": 100_000, "refusals_per_minute": 100_000}


@pytest.fixture(scope="session")
def broken_town(temporal_cli: Path) -> Iterator[Town]:
    """The town of all chaos runs."""
    settings = {"temporal_binary": temporal_cli, **SETTINGS}
    with LocalStack(api_processes=2, settings=settings) as stack, town(stack) as found:
        yield found


@pytest.fixture
def chaos_town(broken_town: Town) -> Iterator[Town]:
    """The same, with everything up at the start and again at the end."""
    yield broken_town
    for name in ("redis", "temporal", "worker", "api", "api-2"):
        broken_town.stack.release(name)
    eventually(lambda: all(broken_town.get("/ready", api=number).status_code == 200 for number in (0, 1)))
