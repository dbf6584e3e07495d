"""One auction from its schedule to its result, as its seller, its bidders and the public see it over HTTP."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.clock import from_text
from tests.journeys.town import START_CENTS, Citizen, Town, eventually

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
WINDOW_S = 3


def test_a_lot_opens_is_extended_by_a_late_bid_and_is_sold_to_the_highest_bidder(journey_town: Town) -> None:
    ada, bob = journey_town.buyers(2)
    lot = journey_town.lot(starts_in_s=1, length_s=4, window_s=WINDOW_S, reserve_cents=START_CENTS + 10_000)
    early = journey_town.bid(ada, lot, START_CENTS)
    assert (early.status_code, early.json()["code"]) == (409, "NOT_STARTED")
    journey_town.until_status(lot, "live")
    planned = journey_town.get(f"/api/auctions/{lot}").json()["ends_at"]
    first = journey_town.bid(ada, lot, START_CENTS)
    assert (first.status_code, first.json()["outcome"], first.json()["reserve"]) == (201, "leading", "not_met")
    late = bid_in_the_window(journey_town, bob, lot, START_CENTS + 10_000)
    assert from_text(late["ends_at"]) == from_text(late["received_at"]) + timedelta(seconds=WINDOW_S)
    assert late["ends_at"] > planned
    journey_town.until_status(lot, "ended")
    shown = journey_town.get(f"/api/auctions/{lot}").json()
    assert (shown["result"], shown["price_cents"], shown["ends_at"]) == ("sold", START_CENTS + 10_000, late["ends_at"])
    positions = [journey_town.get(f"/api/auctions/{lot}/mine", who).json()["position"] for who in (ada, bob)]
    assert positions == ["lost", "won"]


def bid_in_the_window(town: Town, citizen: Citizen, lot: int, cents: int) -> dict[str, Any]:
    """Bid once the soft-close window has begun."""
    window = timedelta(seconds=WINDOW_S - 0.5)

    def begun() -> bool:
        shown = town.get(f"/api/auctions/{lot}").json()
        return from_text(shown["server_now"]) >= from_text(shown["ends_at"]) - window

    eventually(begun)
    answer = town.bid(citizen, lot, cents)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_was_answered_stays_answered_after_the_close(journey_town: Town) -> None:
    ada, bob = journey_town.buyers(2)
    lot = journey_town.lot(length_s=3, window_s=1)
    first = journey_town.bid(ada, lot, START_CENTS, key="first")
    refused = journey_town.bid(bob, lot, START_CENTS, key="low")
    journey_town.until_status(lot, "ended")
    for who, key, answer in ((ada, "first", first), (bob, "low", refused)):
        again = journey_town.bid(who, lot, START_CENTS, key=key)
        assert (again.status_code, again.json()["seq"], again.json()["hash"]) == told(answer.status_code, answer.json())
        receipt = journey_town.get(f"/api/bids/{answer.json()['bid_id']}", who)
        assert (receipt.json()["seq"], receipt.json()["hash"]) == told(answer.status_code, answer.json())[1:]
        assert receipt.json()["signature"] == answer.json()["signature"]
    stranger = journey_town.get(f"/api/bids/{first.json()['bid_id']}", bob)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "BID_NOT_FOUND")


def told(status: int, body: dict[str, Any]) -> tuple[int, int, str]:
    """What must not change about an answer."""
    return status, body["seq"], body["hash"]


def test_a_bid_after_the_end_is_too_late(journey_town: Town) -> None:
    (ada,) = journey_town.buyers(1)
    lot = journey_town.lot(length_s=2, window_s=1)
    journey_town.until_status(lot, "ended")
    answer = journey_town.bid(ada, lot, START_CENTS)
    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_LATE")


def test_a_key_used_for_another_bid_is_refused_after_the_close_too(journey_town: Town) -> None:
    (ada,) = journey_town.buyers(1)
    lot = journey_town.lot(length_s=2, window_s=1)
    assert journey_town.bid(ada, lot, START_CENTS, key="mine").status_code == 201
    journey_town.until_status(lot, "ended")
    answer = journey_town.bid(ada, lot, START_CENTS + 10_000, key="mine")
    assert (answer.status_code, answer.json()["code"]) == (422, "ID_REUSED")


def test_anyone_can_verify_the_public_ledger_of_an_ended_lot(journey_town: Town, tmp_path: Path) -> None:
    ada, bob = journey_town.buyers(2)
    lot = journey_town.lot(length_s=3, window_s=1, reserve_cents=START_CENTS + 50_000)
    first = journey_town.bid(ada, lot, START_CENTS).json()
    journey_town.post(bob, f"/api/auctions/{lot}/auto-bid", {"max_cents": START_CENTS + 100_000})
    live = journey_town.get(f"/api/auctions/{lot}/ledger")
    assert (live.status_code, live.json()["code"]) == (409, "LEDGER_NOT_PUBLIC")
    journey_town.until_status(lot, "ended")
    export = journey_town.get(f"/api/auctions/{lot}/ledger")
    assert export.status_code == 200
    path = tmp_path / "ledger.json"
    path.write_text(export.text, encoding="utf-8")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(journey_town.get(f"/api/bids/{first['bid_id']}", ada).text, encoding="utf-8")
    for source in (str(path), f"{journey_town.stack.base_url}/auctions/{lot}"):
        verified = verify(source, "--receipt", str(receipt))
        assert verified.returncode == 0, verified.stdout + verified.stderr
    path.write_text(json.dumps(forged(export.json())), encoding="utf-8")
    assert verify(str(path)).returncode == 1


def forged(export: dict[str, Any]) -> dict[str, Any]:
    """The same ledger with a higher price in one of its entries."""
    entry = next(each for each in export["items"] if each["public"]["kind"] == "bid")
    entry["public"]["price_cents"] += 10_000
    return export


def verify(source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command that needs no server."""
    return subprocess.run(
        [sys.executable, "-m", "api.verify", source, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
