"""A slow database delays bids and wedges nothing; one that contradicts the auction's history stops the lot."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.tables import auction_ledger, auctions
from tests.journeys.crowd import crowd
from tests.journeys.proof import is_recorded, prove, state_of
from tests.journeys.town import START_CENTS, Town, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

FORGED = "f" * 64
# The sign-in or the door, whichever needs the database first.
AWAY = ((503, "DATABASE_UNAVAILABLE"), (503, "UNAVAILABLE"))


@contextmanager
def locked(town: Town) -> Iterator[None]:
    """Nobody else can write to the database."""
    connection = sqlite3.connect(town.engine.url.database or "", isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def test_a_database_that_is_locked_for_long_delays_bids_and_wedges_nothing(
    chaos_town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    lot, (late, *bidders) = chaos_town.lot(), chaos_town.buyers(17)
    with crowd(chaos_town, lot, bidders) as found:
        found.until(200)
        with locked(chaos_town):
            answer = chaos_town.bid(late, lot, found.asked_cents + 10_000_000)
        assert (answer.status_code, answer.json()["code"]) in AWAY
        assert int(answer.headers["retry-after"]) >= 1
        found.until(400)
    figures = prove(chaos_town, lot, found)
    with capsys.disabled():
        print(f"\n  locked the database: {figures}")


def test_a_forged_hash_holds_the_lot_and_raises_an_alert(chaos_town: Town) -> None:
    lot, (ada, bob) = chaos_town.lot(), chaos_town.buyers(2)
    assert chaos_town.bid(ada, lot, START_CENTS).status_code == 201
    eventually(lambda: is_recorded(chaos_town, lot))
    last = chaos_town.ledger(lot)[-1]
    with transaction(chaos_town.engine) as connection:
        here = auction_ledger.c
        connection.execute(
            update(auction_ledger).where(here.auction_id == lot, here.seq == last.seq).values(hash=FORGED)
        )
        connection.execute(update(auctions).where(auctions.c.id == lot).values(hash=FORGED))
    chaos_town.bid(bob, lot, START_CENTS + 10_000)
    held = chaos_town.until_status(lot, "held")
    assert held["hold_reason"] == "fork"
    assert held["alert"].startswith("fork")
    eventually(lambda: state_of(chaos_town, lot)["status"] == "held")
    refused = chaos_town.bid(ada, lot, START_CENTS + 20_000)
    assert (refused.status_code, refused.json()["code"]) == (409, "ON_HOLD")
    assert [entry.seq for entry in chaos_town.ledger(lot)] == list(range(1, last.seq + 1))
