"""Auctions, vehicles, histories, ledgers and receipts over HTTP."""

from typing import Any

import pytest

from activities.db import search
from activities.db.engine import transaction
from activities.keys import head_message, is_signed, receipt_message
from api.database import now
from domain.bidding import Kind
from domain.clock import to_text
from domain.ledger import chain_hash, genesis
from tests.api.conftest import House
from tests.db.market import DAY, add_bids, add_car, add_lot, bid_id

AUTO, BID = Kind.AUTO_BID, Kind.BID


def live_lot(house: House, number: int = 1, *, end: bool = False, **changes: Any) -> int:
    """Ada leads with a maximum of $9,000 after Bob bid $6,000; a third attempt was refused."""
    ada, bob, sam = (house.people[name] for name in ("ada", "bob", "sam"))
    with transaction(house.engine) as connection:
        lot = add_lot(connection, sam, add_car(connection, sam, number), **changes)
        attempts = [(ada, AUTO, 900_000), (bob, BID, 600_000), (bob, BID, 100)]
        add_bids(connection, lot, sam, attempts, end=end)
    return lot


async def get(house: House, path: str, **query: Any) -> Any:
    answer = await house.client().get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_auction_shows_its_public_state_and_its_vehicle(house: House) -> None:
    found = await get(house, f"/api/auctions/{live_lot(house)}")
    facts = {name: found[name] for name in ("title", "price_cents", "minimum_next_cents", "leader", "bid_count")}
    assert facts == {
        "title": "2019 Honda Civic EX",
        "price_cents": 610_000,
        "minimum_next_cents": 620_000,
        "leader": "Bidder 1",
        "bid_count": 2,
    }
    assert found["vehicle"]["condition_grade"] == 42
    assert found["ends_at"] == "2026-05-06T12:00:00.000Z"


async def test_no_public_answer_holds_a_maximum_a_reserve_or_an_account(house: House) -> None:
    lot = live_lot(house, reserve_cents=876_500)
    for path in ("/api/auctions", f"/api/auctions/{lot}", f"/api/auctions/{lot}/bids", f"/api/auctions/{lot}/head"):
        text = (await house.client().get(path)).text
        for secret in ("900000", "876500", "leader_id", "seller_id", "user_id", "nonce", "@example.com"):
            assert secret not in text, (path, secret)


async def test_the_list_filters_and_pages_by_keyset(house: House) -> None:
    end = now() + DAY
    made = [live_lot(house, number, ends_at=end + number * DAY) for number in range(1, 6)]
    over = live_lot(house, 6, end=True)
    with transaction(house.engine) as connection:
        search.refresh(connection, [over], now())
    query = {"status": "live", "make": "honda", "year_from": 2019, "price_to_cents": 610_000, "limit": 2}
    seen, cursor = [], None
    while True:
        page = await get(house, "/api/auctions", **query, **({"cursor": cursor} if cursor else {}))
        assert page["total"] == 5
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made
    early = await get(house, "/api/auctions", closing_before=to_text(end + 2 * DAY), status="live")
    assert [item["id"] for item in early["items"]] == made[:2]
    assert [item["id"] for item in (await get(house, "/api/auctions"))["items"]] == [*made, over]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "sleeping"}, "status.0"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"price_from_cents": -1}, "price_from_cents"),
        ({"price_from_cents": 10**30}, "price_from_cents"),
        ({"year_from": "MMXIX"}, "year_from"),
        ({"closing_before": "tomorrow"}, "closing_before"),
        ({"closing_before": "2026-05-05T12:00:00"}, "closing_before"),
        ({"status": "listed"}, "status.0"),
        ({"colour": "red"}, "colour"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "1-"}, "cursor"),
        ({"cursor": "1" * 79}, "cursor"),
        ({"cursor": "1" * 81}, "cursor"),
    ],
)
async def test_a_filter_that_cannot_be_read_names_itself(house: House, query: dict[str, Any], field: str) -> None:
    answer = await house.client().get("/api/auctions", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_unknown_auction_is_404_everywhere(house: House) -> None:
    browser = await house.browser("ada")
    for rest in ("", "/mine", "/bids", "/head", "/ledger"):
        answer = await browser.get(f"/api/auctions/404{rest}")
        assert (answer.status_code, answer.json()["code"]) == (404, "AUCTION_NOT_FOUND")


async def test_everyone_sees_only_the_own_position(house: House) -> None:
    lot = live_lot(house)
    found = {}
    for name in ("ada", "bob", "eve"):
        mine = (await (await house.browser(name)).get(f"/api/auctions/{lot}/mine")).json()
        found[name] = (mine["position"], mine["minimum_cents"], mine["my_max_cents"], mine["alias"])
    assert found == {
        "ada": ("leading", 900_100, 900_000, "Bidder 1"),
        "bob": ("outbid", 620_000, 600_000, "Bidder 2"),
        "eve": ("none", 620_000, None, None),
    }


async def test_after_the_close_one_has_won_and_the_others_have_lost(house: House) -> None:
    lot = live_lot(house, end=True)
    positions = [
        (await (await house.browser(name)).get(f"/api/auctions/{lot}/mine")).json()["position"]
        for name in ("ada", "bob", "eve")
    ]
    assert positions == ["won", "lost", "none"]


async def test_the_history_is_by_alias_newest_first(house: House) -> None:
    lot = live_lot(house)
    first = await get(house, f"/api/auctions/{lot}/bids", limit=1)
    second = await get(house, f"/api/auctions/{lot}/bids", limit=1, cursor=first["next_cursor"])
    assert [page["items"][0]["bidder"] for page in (first, second)] == ["Bidder 2", "Bidder 1"]
    assert (second["next_cursor"], second["total"]) == (None, 2)


async def test_the_head_is_signed_while_live(house: House) -> None:
    found = await get(house, f"/api/auctions/{live_lot(house)}/head")
    message = head_message(found["auction_id"], found["seq"], found["hash"])
    assert is_signed(found["public_key"], message, found["signature"])


async def test_the_ledger_is_public_only_after_the_close(house: House) -> None:
    answer = await house.client().get(f"/api/auctions/{live_lot(house)}/ledger")
    assert (answer.status_code, answer.json()["code"]) == (409, "LEDGER_NOT_PUBLIC")


async def test_the_public_ledger_can_be_checked_without_private_parts(house: House) -> None:
    lot = live_lot(house, end=True)
    page = await get(house, f"/api/auctions/{lot}/ledger", limit=3)
    entries = page["items"]
    while page["next_cursor"]:
        page = await get(house, f"/api/auctions/{lot}/ledger", limit=3, cursor=page["next_cursor"])
        entries += page["items"]
    previous = genesis(lot)
    for entry in entries:
        previous = chain_hash(previous, entry["commitment"], entry["public"])
        assert entry["hash"] == previous
    assert (len(entries), previous) == (page["total"], page["head"]["hash"])
    assert "900000" not in str(entries)


async def test_a_receipt_proves_the_bid_to_its_owner(house: House) -> None:
    lot = live_lot(house)
    found = (await (await house.browser("ada")).get(f"/api/bids/{bid_id(lot * 1000 + 1)}")).json()
    assert (found["outcome"], found["cents"], found["leader"]) == ("leading", 900_000, "you")
    assert found["private"] == {"bidder_id": str(house.people["ada"]), "cents": 900_000}
    public_key = house.services.signer.public_key
    assert is_signed(public_key, receipt_message(lot, found["seq"], found["hash"]), found["signature"])


@pytest.mark.parametrize("name", ["bob", "sam", "sue", "amy"])
async def test_other_peoples_receipts_are_not_found(house: House, name: str) -> None:
    lot = live_lot(house)
    answer = await (await house.browser(name)).get(f"/api/bids/{bid_id(lot * 1000 + 1)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "BID_NOT_FOUND")


async def test_my_bids_are_mine_with_the_refused_ones(house: House) -> None:
    live_lot(house)
    browser = await house.browser("bob")
    first = (await browser.get("/api/me/bids", params={"limit": 1})).json()
    second = (await browser.get("/api/me/bids", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    found = [(page["items"][0]["cents"], page["items"][0]["outcome"]) for page in (first, second)]
    assert found == [(100, "refused"), (600_000, "outbid")]
    assert (second["next_cursor"], second["total"]) == (None, 2)


async def test_vehicles_are_listed_newest_first_and_shown_in_full(house: House) -> None:
    for number in (1, 2, 3):
        live_lot(house, number)
    first = await get(house, "/api/vehicles", limit=2, model="CIVIC")
    second = await get(house, "/api/vehicles", limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == [3, 2, 1]
    full = await get(house, "/api/vehicles/2")
    assert (full["vin"], full["interior_color"]) == ("19XFC1F37KE000002", "Black")
    assert (await house.client().get("/api/vehicles/99")).json()["code"] == "VEHICLE_NOT_FOUND"
