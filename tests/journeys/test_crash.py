"""The short form of the chaos runs: everything dies in the middle of a burst, and nothing acknowledged is lost."""

import pytest

from tests.journeys.crowd import crowd
from tests.journeys.proof import prove
from tests.journeys.town import Town

pytestmark = pytest.mark.journey


def test_an_acknowledged_bid_survives_kill_9_of_every_process(journey_town: Town) -> None:
    lot, stack = journey_town.lot(), journey_town.stack
    with crowd(journey_town, lot, journey_town.buyers(16)) as bidders:
        bidders.until(200)
        for name in ("temporal", "worker", "api", "api-2"):
            stack.kill(name)
        for name in ("temporal", "worker", "api", "api-2"):
            stack.until_ready(name)
        bidders.until(200)
    assert prove(journey_town, lot, bidders).repeated > 0
