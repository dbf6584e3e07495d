"""Trouble at the very end of a lot: it closes late or gets more time, and is never stuck or decided unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.clock import from_text
from domain.ledger import first_break
from tests.chaos.test_database import locked
from tests.journeys.proof import is_recorded
from tests.journeys.town import START_CENTS, Town, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

LENGTH_S = 5


@contextmanager
def away(town: Town, name: str) -> Iterator[None]:
    """A process is dead."""
    town.stack.hold(name)
    yield
    town.stack.release(name)


def outlive(town: Town, lot: int, seconds: float) -> None:
    """Wait until so long after the lot's planned end."""
    ends_at = town.head(lot)["planned_ends_at"] + timedelta(seconds=seconds)
    eventually(lambda: datetime.now(UTC) > ends_at)


def after_the_bids(town: Town, lot: int) -> dict[str, Any]:
    """The public entry that follows the lot's bids, as soon as it is recorded."""
    entries = eventually(lambda: found if (found := town.ledger(lot))[-1].public["kind"] != "bid" else [])
    return entries[-1].public


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(locked, id="the database is locked"),
        pytest.param(lambda town: away(town, "worker"), id="the worker is dead"),
        pytest.param(lambda town: away(town, "temporal"), id="the Temporal server is dead"),
    ],
)
def test_a_lot_whose_close_comes_late_is_extended_and_not_stuck(
    chaos_town: Town, trouble: Callable[[Town], Any]
) -> None:
    (ada,) = chaos_town.buyers(1)
    lot = chaos_town.lot(length_s=LENGTH_S, window_s=1)
    assert chaos_town.bid(ada, lot, START_CENTS).status_code == 201
    with trouble(chaos_town):
        outlive(chaos_town, lot, 13)
    extended = after_the_bids(chaos_town, lot)
    assert (extended["kind"], extended.get("reason"), extended["status"]) == ("extended", "outage", "live")
    assert from_text(extended["ends_at"]) >= from_text(extended["at"]) + timedelta(minutes=10)
    eventually(lambda: is_recorded(chaos_town, lot))
    assert first_break(lot, chaos_town.ledger(lot)) is None
    assert chaos_town.bid(chaos_town.citizen(), lot, START_CENTS + 10_000).status_code == 201


@pytest.mark.parametrize("name", ["worker", "temporal", "redis", "api-2"])
def test_a_short_trouble_at_the_end_delays_the_close_and_changes_nothing_else(chaos_town: Town, name: str) -> None:
    (ada,) = chaos_town.buyers(1)
    lot = chaos_town.lot(length_s=LENGTH_S, window_s=1)
    assert chaos_town.bid(ada, lot, START_CENTS).status_code == 201
    outlive(chaos_town, lot, 0)
    chaos_town.stack.kill(name)
    ended = after_the_bids(chaos_town, lot)
    assert (ended["kind"], ended.get("result")) in {("closed", "sold"), ("extended", None)}
    eventually(lambda: is_recorded(chaos_town, lot))
    assert first_break(lot, chaos_town.ledger(lot)) is None
