"""One stack for all journeys: two API processes, a worker, a Temporal server and Redis, with nothing mocked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from temporal.stack.local_stack import LocalStack
from tests.journeys.town import Town, town


@pytest.fixture(scope="session")
def journey_town(temporal_cli: Path) -> Iterator[Town]:
    """The town that all journeys share; each has lots and people of its own."""
    settings = {"temporal_binary": temporal_cli, "stand_in_s": 1}
    with LocalStack(api_processes=2, settings=settings) as stack, town(stack) as found:
        yield found
