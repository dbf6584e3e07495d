"""What an outage does to a lot in its last minutes: more time for everyone, once, and never a close unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.clock import from_text
from tests.journeys.crowd import crowd
from tests.journeys.proof import ACCEPTED, is_recorded, prove_ledger
from tests.journeys.town import START_CENTS, Town, eventually

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

TEN_MINUTES = timedelta(minutes=10)
SERVERS = ("api", "api-2", "worker", "temporal")


def facts(town: Town, lot: int, kind: str) -> list[dict[str, Any]]:
    """The public parts of a lot's entries of one kind."""
    return [entry.public for entry in town.ledger(lot) if entry.public["kind"] == kind]


def until_fact(town: Town, lot: int, kind: str) -> dict[str, Any]:
    """The newest such entry, as soon as there is one."""
    return eventually(lambda: facts(town, lot, kind))[-1]


def turned_away(town: Town, lot: int, cents: int) -> None:
    """Bid while the worker is dead, which is answered 503, and let the worker live again."""
    (citizen,) = town.buyers(1)
    town.stack.hold("worker")
    answer = town.bid(citizen, lot, cents)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    town.stack.release("worker")


def test_a_bid_answered_503_in_the_last_minutes_extends_the_lot_once_and_a_second_outage_holds_it(
    chaos_town: Town,
) -> None:
    lot = chaos_town.lot(length_s=300)
    turned_away(chaos_town, lot, START_CENTS)
    extended = until_fact(chaos_town, lot, "extended")
    assert extended["reason"] == "outage"
    assert from_text(extended["ends_at"]) >= from_text(extended["at"]) + TEN_MINUTES
    eventually(lambda: is_recorded(chaos_town, lot))
    shown = chaos_town.get(f"/api/auctions/{lot}").json()
    assert (shown["status"], shown["ends_at"]) == ("live", extended["ends_at"])
    eventually(lambda: datetime.now(UTC) > from_text(extended["ends_at"]) - TEN_MINUTES, within_s=90)
    turned_away(chaos_town, lot, START_CENTS + 10_000)
    held = chaos_town.until_status(lot, "held")
    assert held["hold_reason"] == "outage"
    assert len(facts(chaos_town, lot, "extended")) == 1
    assert until_fact(chaos_town, lot, "held")["remaining_ms"] >= TEN_MINUTES.total_seconds() * 1000


def test_an_end_that_passed_while_all_was_down_is_moved_and_not_decided(chaos_town: Town) -> None:
    stack, (citizen,) = chaos_town.stack, chaos_town.buyers(1)
    another, lot = chaos_town.lot(), chaos_town.lot(length_s=4, window_s=1)
    assert chaos_town.bid(citizen, lot, START_CENTS).status_code == 201
    ends_at = chaos_town.head(lot)["ends_at"]
    for name in SERVERS:
        stack.hold(name)
    eventually(lambda: datetime.now(UTC) > ends_at + timedelta(seconds=6))
    for name in reversed(SERVERS):
        stack.release(name)
    extended = until_fact(chaos_town, lot, "extended")
    assert (extended["reason"], extended["status"]) == ("outage", "live")
    assert from_text(extended["ends_at"]) >= from_text(extended["at"]) + TEN_MINUTES
    assert facts(chaos_town, lot, "closed") == []
    assert facts(chaos_town, another, "extended") == []


def test_a_worker_deploy_in_the_closing_minute_delays_bids_and_loses_none(chaos_town: Town) -> None:
    lot = chaos_town.lot(length_s=8, window_s=2)
    with crowd(chaos_town, lot, chaos_town.buyers(8)) as bidders:
        bidders.until(50)
        chaos_town.stack.restart("worker")
        bidders.until(50)
    until_settled(chaos_town, lot)
    judged = [answer for answer in bidders.answers if "seq" in answer.body]
    assert bidders.given_up == []
    prove_ledger(chaos_town, lot, judged, [answer for answer in bidders.answers if answer.status == ACCEPTED])
    late = [answer.body for answer in judged if answer.body.get("code") == "TOO_LATE"]
    assert [body for body in late if str(body["received_at"]) < str(body["ends_at"])] == []


def until_settled(town: Town, lot: int) -> None:
    """Wait until the lot is over, or has the ten minutes of an outage, and all of it is recorded."""
    eventually(lambda: town.head(lot)["status"] == "ended" or facts(town, lot, "extended"))
    eventually(lambda: is_recorded(town, lot))
