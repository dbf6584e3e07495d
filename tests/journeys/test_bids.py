"""Bids over HTTP on the running stack: many at once, by signal, through two doors, and under wrong keys."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from domain.ledger import first_break
from tests.journeys.proof import is_recorded
from tests.journeys.stream import streams, until_version
from tests.journeys.town import START_CENTS, Citizen, Town, bearer, eventually

pytestmark = pytest.mark.journey

CONNECTIONS = 100


async def at_once(town: Town, lot: int, bids: list[tuple[Citizen, str, int]]) -> list[httpx.Response]:
    """Send bids `(bidder, key, cents)` side by side, in turn to each API process."""
    limits = httpx.Limits(max_connections=CONNECTIONS)

    async def send(client: httpx.AsyncClient, number: int, who: Citizen, key: str, cents: int) -> httpx.Response:
        url = town.stack.api_urls[number % len(town.stack.api_urls)]
        headers = {"Idempotency-Key": key, **bearer(who)}
        return await client.post(f"{url}/api/auctions/{lot}/bid", json={"amount_cents": cents}, headers=headers)

    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        return await asyncio.gather(*(send(client, number, *bid) for number, bid in enumerate(bids)))


def test_of_500_equal_bids_at_once_one_leads_and_each_has_its_entry(journey_town: Town) -> None:
    lot, buyers = journey_town.lot(), journey_town.buyers(500)
    answers = asyncio.run(at_once(journey_town, lot, [(who, "one", START_CENTS) for who in buyers]))
    counted = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert counted == {(201, None): 1, (409, "BELOW_MINIMUM"): 499}
    eventually(lambda: is_recorded(journey_town, lot))
    entries = journey_town.ledger(lot)
    assert first_break(lot, entries) is None
    assert sorted(answer.json()["seq"] for answer in answers) == [e.seq for e in entries if e.public["kind"] == "bid"]
    assert (entries[-1].public["price_cents"], entries[-1].public["leader"]) == (START_CENTS, "Bidder 1")


def test_two_api_processes_that_bid_on_one_lot_make_one_order(journey_town: Town) -> None:
    lot, buyers = journey_town.lot(), journey_town.buyers(20)
    bids = [
        (who, f"{turn}", START_CENTS + (turn * 20 + place) * 10_000)
        for turn in range(10)
        for place, who in enumerate(buyers)
    ]
    # Every bid is sent to both processes: whichever is first is answered, and the other answers the same.
    answers = asyncio.run(at_once(journey_town, lot, [bid for bid in bids for _ in (0, 1)]))
    pairs = list(zip(answers[::2], answers[1::2], strict=True))
    assert [pair for pair in pairs if facts(pair[0]) != facts(pair[1])] == []
    eventually(lambda: is_recorded(journey_town, lot))
    entries = journey_town.ledger(lot)
    assert first_break(lot, entries) is None
    assert Counter(e.public["bid_id"] for e in entries if e.public["kind"] == "bid") == Counter(
        first.json()["bid_id"] for first, _ in pairs
    )


def facts(answer: httpx.Response) -> tuple[int, int, str, str]:
    """What two answers to one bid have in common."""
    body = answer.json()
    return answer.status_code, body["seq"], body["hash"], body["outcome"]


def test_both_api_processes_stream_the_same_lot(journey_town: Town) -> None:
    lot, buyers = journey_town.lot(), journey_town.buyers(6)
    with streams(journey_town, lot) as readers:
        for turn, who in enumerate(buyers):
            assert journey_town.bid(who, lot, START_CENTS + turn * 10_000, api=turn % 2).status_code == 201
        seen = [until_version(reader, len(buyers)) for reader in readers]
    assert [versions for versions, _ in seen] == [sorted(versions) for versions, _ in seen]
    assert seen[0][1] == seen[1][1]


def test_a_bid_by_signal_is_accepted_at_once_and_its_receipt_follows(journey_town: Town) -> None:
    lot, (ada, bob) = journey_town.lot(), journey_town.buyers(2)
    taken = journey_town.bid(ada, lot, START_CENTS, key="later", prefer="respond-async")
    assert (taken.status_code, taken.headers["preference-applied"]) == (202, "respond-async")
    receipt = eventually(lambda: found(journey_town.get(taken.headers["location"], ada)))
    assert (receipt["outcome"], receipt["received_at"]) == ("leading", taken.json()["received_at"])
    again = journey_town.bid(ada, lot, START_CENTS, key="later")
    assert (again.status_code, again.json()["hash"]) == (201, receipt["hash"])
    refused = journey_town.bid(bob, lot, START_CENTS, prefer="respond-async")
    lost = eventually(lambda: found(journey_town.get(refused.headers["location"], bob)))
    assert (lost["outcome"], lost["code"]) == ("refused", "BELOW_MINIMUM")


def found(answer: httpx.Response) -> dict[str, Any]:
    """The body, or nothing yet."""
    return answer.json() if answer.status_code == 200 else {}


def test_a_bid_needs_a_key_and_a_key_stands_for_one_bid(journey_town: Town) -> None:
    lot, (ada, bob) = journey_town.lot(), journey_town.buyers(2)
    path, body = f"{journey_town.stack.base_url}/api/auctions/{lot}/bid", {"amount_cents": START_CENTS}
    missing = httpx.post(path, json=body, headers=bearer(ada))
    assert (missing.status_code, missing.json()["code"]) == (422, "INVALID_INPUT")
    assert [error["field"] for error in missing.json()["errors"]] == ["Idempotency-Key"]
    first = journey_town.bid(ada, lot, START_CENTS, key="k")
    assert first.status_code == 201
    assert journey_town.bid(bob, lot, START_CENTS + 10_000, key="k").json()["outcome"] == "leading"
    reused = journey_town.bid(ada, lot, START_CENTS + 20_000, key="k", api=1)
    assert (reused.status_code, reused.json()["code"]) == (422, "ID_REUSED")
    again = journey_town.bid(ada, lot, START_CENTS, key="k", api=1)
    assert (again.status_code, again.json()["hash"]) == (201, first.json()["hash"])


def test_a_bidder_who_is_too_quick_has_to_wait_and_others_have_not(journey_town: Town) -> None:
    lot, (ada, bob) = journey_town.lot(), journey_town.buyers(2)
    bids = [(ada, f"{number}", START_CENTS + number * 10_000) for number in range(300)]
    answers = asyncio.run(at_once(journey_town, lot, bids))
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert {answer.json()["code"] for answer in limited} == {"RATE_LIMITED"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in limited)
    price = journey_town.get(f"/api/auctions/{lot}").json()["minimum_next_cents"]
    assert journey_town.bid(bob, lot, price + 1_000_000).status_code == 201
