"""Saturday's last seconds, in which an end would be decided on Sunday."""

from datetime import timedelta

import pytest

from domain.clock import CLOCK_RULES, DECIDED_WITHIN, from_text, monday_opening, sunday_before
from tests.workflows.conftest import House
from tests.workflows.lots import bid

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = timedelta(seconds=1)


async def test_a_lot_that_would_end_in_saturdays_last_second_is_sold_on_monday(skipping: House) -> None:
    now = await skipping.env.get_current_time()
    midnight = next(day for n in range(2, 10) if (day := sunday_before(now + timedelta(days=n))))
    lot = await skipping.lot(ends_at=midnight - SECOND, sunday_rule=True, clock_rules=CLOCK_RULES)
    await lot.place(bid(2, 600, lot.terms.starts_at))
    outcome = await lot.handle.result()
    scheduled, held, closed = [await lot.until_recorded(kind) for kind in ("scheduled", "held", "closed")]

    assert (scheduled["sunday_rule"], scheduled["outage_stagger_ms"]) == (True, 0)
    assert (held["reason"], held["remaining_ms"]) == ("sunday", (DECIDED_WITHIN - SECOND) // timedelta(milliseconds=1))
    assert timedelta(0) <= from_text(closed["at"]) - monday_opening(midnight) < 2 * DECIDED_WITHIN
    assert outcome.result == "sold"
