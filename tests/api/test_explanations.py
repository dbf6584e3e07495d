"""The story of a bid over HTTP: for its owner, and for nobody else."""

import pytest

from activities.db.engine import transaction
from domain.bidding import Kind
from tests.api.conftest import House
from tests.db.market import add_bids, add_car, add_lot, bid_id


def sold_lot(house: House) -> int:
    ada, bob, sam = (house.people[name] for name in ("ada", "bob", "sam"))
    with transaction(house.engine) as connection:
        number = add_lot(connection, sam, add_car(connection, sam, 1))
        attempts = [(ada, Kind.AUTO_BID, 900_000), (bob, Kind.BID, 600_000), (bob, Kind.BID, 100)]
        add_bids(connection, number, sam, attempts, end=True)
    return number


async def test_the_winner_and_the_loser_read_their_own_stories(house: House) -> None:
    lot = sold_lot(house)
    won = (await (await house.browser("ada")).get(f"/api/bids/{bid_id(lot * 1000 + 1)}/explanation")).json()
    lost = (await (await house.browser("bob")).get(f"/api/bids/{bid_id(lot * 1000 + 2)}/explanation")).json()
    assert (
        won["sentences"][0] == "Your maximum of $9,000 took the lead at $5,000, the start price, as no other bid stood."
    )
    assert "You won at $6,100." in won["sentences"]
    assert lost["sentences"][-1] == "The auction ended at 2026-05-06 12:00:00.000 UTC; Bidder 1 won at $6,100."
    assert "9,000" not in str(lost)


async def test_a_refusal_names_the_minimum(house: House) -> None:
    lot = sold_lot(house)
    found = (await (await house.browser("bob")).get(f"/api/bids/{bid_id(lot * 1000 + 3)}/explanation")).json()
    assert found == {
        "bid_id": bid_id(lot * 1000 + 3),
        "sentences": [
            "Your bid of $1 was refused.",
            "The least that could be bid then was $6,200: the price stood at $6,100.",
        ],
    }


@pytest.mark.parametrize("name", ["bob", "sam", "sue", "amy"])
async def test_other_peoples_stories_are_not_found(house: House, name: str) -> None:
    lot = sold_lot(house)
    answer = await (await house.browser(name)).get(f"/api/bids/{bid_id(lot * 1000 + 1)}/explanation")
    assert (answer.status_code, answer.json()["code"]) == (404, "BID_NOT_FOUND")
