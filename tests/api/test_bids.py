"""Bids over HTTP, each test by the hot path and by FastAPI's route: both must answer the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from activities.keys import is_signed, receipt_message
from api.examples import BID_ANSWER
from domain import steering
from domain.clock import from_text
from domain.money import MAX_BID_CENTS
from tests.api.conftest import House
from tests.api.sale import Sale, open_sale, problem
from tests.doubles.cluster import Fault, utc_now
from tests.doubles.door import HOUR

MINUTE = timedelta(minutes=1)
BAD_INPUT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"amount_cents": "600000"}, "amount_cents"),
    ({"amount_cents": 6000.5}, "amount_cents"),
    ({"amount_cents": 600_000.0}, "amount_cents"),
    ({"amount_cents": True}, "amount_cents"),
    ({"amount_cents": None}, "amount_cents"),
    ({"amount_cents": [600_000]}, "amount_cents"),
    ({"amount_cents": MAX_BID_CENTS + 100}, "amount_cents"),
    ({"amount_cents": -MAX_BID_CENTS - 100}, "amount_cents"),
    ({"amount_cents": 10**40}, "amount_cents"),
    ({}, "amount_cents"),
    ({"max_cents": 600_000}, "max_cents"),
    ({"amount_cents": 600_000, "received_at": "2020-01-01T00:00:00Z"}, "received_at"),
)


@pytest.fixture(params=["hot", "cold"])
async def sale(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Sale]:
    async with open_sale(house, cold=request.param == "cold") as opened:
        yield opened


# Answers


async def test_an_accepted_bid_is_201_with_its_signed_receipt_and_its_address(sale: Sale) -> None:
    lot = sale.stage.lot()
    answer = await sale.bid("ada", lot, 600_000)
    found = answer.json()
    entry = sale.stage.auction(lot).tail.entries[-1]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/bids/{found['bid_id']}")
    assert set(found) == set(BID_ANSWER)
    expected = {
        "bid_id": entry.public["bid_id"],
        "seq": 2,
        "outcome": "leading",
        "price_cents": 600_000,
        "minimum_next_cents": 610_000,
        "reserve": "none",
        "leader": "you",
        "ends_at": entry.public["ends_at"],
        "received_at": entry.public["received_at"],
        "decided_at": entry.public["at"],
        "hash": entry.hash,
    }
    assert {name: found[name] for name in expected} == expected
    assert from_text(found["received_at"]) <= from_text(found["decided_at"]) <= from_text(found["server_now"])
    message = receipt_message(lot, 2, entry.hash)
    assert is_signed(sale.house.services.signer.public_key, message, found["signature"])


async def test_who_is_outbid_at_once_hears_by_whom_and_never_how_high(sale: Sale) -> None:
    lot = sale.stage.lot()
    await sale.bid("ada", lot, 900_000, kind="auto-bid")
    answer = await sale.bid("bob", lot, 600_000)
    found = answer.json()
    assert (answer.status_code, found["outcome"], found["leader"], found["price_cents"]) == (
        201,
        "outbid",
        "Bidder 1",
        610_000,
    )
    assert "900000" not in answer.text


async def test_a_raise_is_answered_to_its_owner_and_moves_nothing(sale: Sale) -> None:
    lot = sale.stage.lot()
    first = (await sale.bid("ada", lot, 600_000, kind="auto-bid")).json()
    second = (await sale.bid("ada", lot, 900_000, kind="auto-bid")).json()
    assert (second["outcome"], second["price_cents"], second["version"]) == ("leading", 500_000, first["version"])


async def test_the_receipt_is_there_for_its_owner_only(sale: Sale) -> None:
    where = (await sale.bid("ada", sale.stage.lot(), 600_000)).headers["location"]
    await sale.settle()
    answers = {name: await (await sale.client(name)).get(where) for name in ("ada", "bob", "amy", "")}
    assert [answers[name].status_code for name in answers] == [200, 404, 404, 401]
    assert problem(answers["bob"]) == (404, "BID_NOT_FOUND")


async def test_a_repeated_key_answers_the_same_for_ever(sale: Sale) -> None:
    lot = sale.stage.lot()
    first = await sale.bid("ada", lot, 600_000, "my-key")
    await sale.bid("bob", lot, 700_000)
    await sale.settle()
    auction = sale.stage.auction(lot)
    auction.close(auction.ends_at)
    again = await sale.bid("ada", lot, 600_000, "my-key")
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert {**again.json(), "server_now": ""} == {**first.json(), "server_now": ""}


async def test_a_repeated_refusal_is_the_same_refusal(sale: Sale) -> None:
    lot = sale.stage.lot()
    first, again = [(await sale.bid("ada", lot, 100, "my-key")).json() for _ in range(2)]
    assert (first["code"], again["hash"]) == ("BELOW_MINIMUM", first["hash"])


async def test_peoples_keys_never_meet(sale: Sale) -> None:
    lot, other = sale.stage.lot(), sale.stage.lot()
    answers = [
        await sale.bid("ada", lot, 600_000, "k"),
        await sale.bid("bob", lot, 700_000, "k"),
        await sale.bid("ada", other, 800_000, "k"),
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["bid_id"] for answer in answers}) == 3


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_key_with_another_body_is_422(sale: Sale, recorded: bool) -> None:
    lot = sale.stage.lot()
    sale.stage.ledger.records_to_fail = 0 if recorded else 1
    await sale.bid("ada", lot, 600_000, "my-key")
    if recorded:
        await sale.settle()
    for body, kind in (({"amount_cents": 700_000}, "bid"), ({"max_cents": 600_000}, "auto-bid")):
        assert problem(await sale.send("ada", lot, body, "my-key", kind=kind)) == (422, "ID_REUSED")


# Refusals of the auction


async def test_an_amount_that_is_no_whole_dollars_is_refused_by_the_auction_with_the_facts(sale: Sale) -> None:
    lot = sale.stage.lot()
    for cents in (0, -100, -600_000, 600_050, 1, 150):
        answer = await sale.bid("ada", lot, cents)
        assert problem(answer) == (409, "NOT_WHOLE_DOLLARS"), cents
        assert set(answer.json()) >= set(BID_ANSWER)
    assert (answer.json()["minimum_next_cents"], sale.stage.auction(lot).seq) == (500_000, 7)


async def test_a_refusal_names_the_exact_minimum(sale: Sale) -> None:
    lot = sale.stage.lot()
    await sale.bid("ada", lot, 600_000)
    answer = await sale.bid("bob", lot, 600_100)
    assert problem(answer) == (409, "BELOW_MINIMUM")
    assert (answer.json()["minimum_next_cents"], answer.json()["detail"]) == (610_000, "The minimum is $6,100.")


async def test_the_seller_may_not_bid(sale: Sale) -> None:
    assert problem(await sale.bid("sam", sale.stage.lot(), 600_000)) == (409, "OWN_VEHICLE")


async def test_nobody_bids_against_themselves_by_accident(sale: Sale) -> None:
    lot = sale.stage.lot()
    await sale.bid("ada", lot, 600_000)
    assert problem(await sale.bid("ada", lot, 700_000)) == (409, "ALREADY_LEADING")
    assert problem(await sale.bid("ada", lot, 600_000, kind="auto-bid")) == (409, "BELOW_OWN_MAXIMUM")


async def test_a_held_lot_and_one_that_has_not_started_say_so(sale: Sale) -> None:
    held, early = sale.stage.lot(), sale.stage.lot(starts_at=utc_now() + MINUTE)
    sale.stage.auction(held).hold(utc_now(), "admin")
    assert problem(await sale.bid("ada", held, 600_000)) == (409, "ON_HOLD")
    assert problem(await sale.bid("ada", early, 600_000)) == (409, "NOT_STARTED")


async def test_a_late_bid_hears_both_times(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() - timedelta(seconds=1))
    answer = await sale.bid("ada", lot, 600_000)
    assert problem(answer) == (409, "TOO_LATE")
    assert from_text(answer.json()["received_at"]) >= from_text(answer.json()["ends_at"])


@pytest.mark.parametrize(("cancelled", "code"), [(False, "TOO_LATE"), (True, "CLOSED")])
async def test_a_lot_whose_workflow_is_gone_refuses_with_the_same_facts(sale: Sale, cancelled: bool, code: str) -> None:
    lot = sale.stage.lot()
    auction = sale.stage.auction(lot)
    if cancelled:
        steering.cancel(auction, utc_now(), "admin", "the title is not clear")
    else:
        auction.close(auction.ends_at)
    await asyncio.to_thread(sale.stage.ledger.record, lot, auction.tail.entries)
    answer = await sale.bid("ada", lot, 600_000)
    assert problem(answer) == (409, code)
    assert {"ends_at", "received_at", "price_cents", "minimum_next_cents", "reserve", "leader"} <= set(answer.json())


# Who may


async def test_a_stranger_is_asked_to_sign_in(sale: Sale) -> None:
    answer = await sale.bid("", sale.stage.lot(), 600_000)
    assert problem(answer) == (401, "NOT_SIGNED_IN")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_who_is_not_approved_hears_what_is_missing_and_how_to_get_it(sale: Sale) -> None:
    answer = await sale.bid("eve", sale.stage.lot(), 600_000)
    assert problem(answer) == (403, "NOT_APPROVED_TO_BID")
    assert "/account says what is missing" in answer.json()["detail"]


async def test_a_machine_needs_the_scope_to_bid_and_no_csrf_token(sale: Sale) -> None:
    lot = sale.stage.lot()
    for name, scopes in (("reader", ["read"]), ("bidder", ["bid"])):
        sale.clients[name] = await sale.house.machine("ada", *scopes)
    refused = await sale.bid("reader", lot, 600_000)
    assert (problem(refused), refused.json()["scope"]) == ((403, "SCOPE_MISSING"), "bid")
    assert (await sale.bid("bidder", lot, 600_000)).status_code == 201


async def test_a_token_nobody_knows_is_401(sale: Sale) -> None:
    sale.clients["forger"] = sale.house.client(Authorization="Bearer ht_forged")
    assert problem(await sale.bid("forger", sale.stage.lot(), 600_000)) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize("token", ["", "forged"])
async def test_a_browser_must_prove_that_its_page_is_ours(sale: Sale, token: str) -> None:
    lot, client = sale.stage.lot(), await sale.client("ada")
    client.headers["X-CSRF-Token"] = token
    assert problem(await sale.bid("ada", lot, 600_000)) == (403, "CSRF_FAILED")
    assert sale.stage.auction(lot).seq == 1


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
async def test_another_site_cannot_bid_for_a_visitor(sale: Sale, headers: dict[str, str]) -> None:
    answer = await sale.send("ada", sale.stage.lot(), {"amount_cents": 600_000}, **headers)
    assert problem(answer) == (403, "CROSS_SITE")


async def test_more_than_ones_buying_power_is_403_and_reaches_no_auction(sale: Sale) -> None:
    lot = sale.stage.lot()
    sale.stage.limit(sale.stage.ada, 500_000)
    assert problem(await sale.bid("ada", lot, 600_000)) == (403, "BUYING_POWER")
    assert sale.stage.auction(lot).seq == 1


# Bad input


async def test_a_body_that_is_no_json_is_400(sale: Sale) -> None:
    lot = sale.stage.lot()
    for body in (b"", b"{", b'{"amount_cents": 600000', b"{'amount_cents': 1}", b"\xff\xfe", b"NaN"):
        answer = await sale.send("ada", lot, body, Content_Type="application/json")
        assert problem(answer) == (400, "MALFORMED_JSON"), body


async def test_another_content_type_is_415(sale: Sale) -> None:
    lot = sale.stage.lot()
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        answer = await sale.send("ada", lot, b'{"amount_cents": 600000}', Content_Type=kind)
        assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE"), kind


async def test_a_content_type_may_name_its_charset(sale: Sale) -> None:
    body = b'{"amount_cents": 600000}'
    answer = await sale.send("ada", sale.stage.lot(), body, Content_Type="Application/JSON; charset=utf-8")
    assert answer.status_code == 201


async def test_bad_input_is_422_with_its_field_and_reaches_no_auction(sale: Sale) -> None:
    lot = sale.stage.lot()
    for body, field in BAD_INPUT:
        answer = await sale.send("ada", lot, body)
        assert problem(answer) == (422, "INVALID_INPUT"), body
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert sale.stage.auction(lot).seq == 1


async def test_a_list_is_no_bid(sale: Sale) -> None:
    answer = await sale.send("ada", sale.stage.lot(), b"[600000]", Content_Type="application/json")
    assert problem(answer) == (422, "INVALID_INPUT")


async def test_a_huge_body_is_413(sale: Sale) -> None:
    body = b'{"amount_cents": ' + b" " * 70_000 + b"600000}"
    answer = await sale.send("ada", sale.stage.lot(), body, Content_Type="application/json")
    assert problem(answer) == (413, "TOO_LARGE")


async def test_a_missing_or_odd_key_is_422_and_named(sale: Sale) -> None:
    client, lot = await sale.client("ada"), sale.stage.lot()
    for key in ("", "k" * 129, "two words", "caf\u00e9"):
        headers = [(b"idempotency-key", key.encode())] if key else []
        answer = await client.post(f"/api/auctions/{lot}/bid", json={"amount_cents": 600_000}, headers=headers)
        assert problem(answer) == (422, "INVALID_INPUT"), key
        assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


async def test_an_unknown_auction_is_404(sale: Sale) -> None:
    assert problem(await sale.bid("ada", 999_999, 600_000)) == (404, "AUCTION_NOT_FOUND")
    for odd in ("0", "-1", "x", "9" * 19):
        answer = await sale.send("ada", odd, {"amount_cents": 600_000})
        assert problem(answer) == (404, "NOT_FOUND"), odd


# Bad luck


async def test_an_auction_that_cannot_be_reached_is_503_and_the_same_key_may_come_again(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() + 5 * MINUTE)
    sale.stage.cluster.faults.append(Fault.BUSY)
    answer = await sale.bid("ada", lot, 600_000, "my-key")
    assert (problem(answer), answer.headers["retry-after"]) == ((503, "UNAVAILABLE"), "2")
    assert sale.missed() == [lot]
    again = await sale.bid("ada", lot, 600_000, "my-key")
    assert (again.status_code, again.json()["seq"]) == (201, 2)


async def test_a_503_with_much_time_left_is_no_missed_bid(sale: Sale) -> None:
    sale.stage.cluster.faults.append(Fault.BUSY)
    assert problem(await sale.bid("ada", sale.stage.lot(ends_at=utc_now() + HOUR), 600_000))[0] == 503
    assert sale.missed() == []


async def test_without_the_database_nothing_is_sent_and_the_answer_is_503(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() + 5 * MINUTE)
    sale.stage.ledger.opens_to_fail = 1
    answer = await sale.bid("ada", lot, 600_000)
    assert (problem(answer), sale.stage.cluster.updates) == ((503, "UNAVAILABLE"), [])
    assert sale.missed() == [lot]


async def test_too_many_bids_in_a_short_time_are_429_with_the_time_to_wait(sale: Sale) -> None:
    lot = sale.stage.lot()
    answers = [await sale.bid("ada", lot, 100) for _ in range(sale.house.services.settings.refusals_per_minute + 1)]
    assert problem(answers[-1]) == (429, "RATE_LIMITED")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await sale.bid("bob", lot, 600_000)).status_code == 201
    assert (await sale.bid("ada", sale.stage.lot(), 600_000)).status_code == 201


# By signal


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async, wait=5"])
async def test_a_bid_by_signal_is_202_with_the_address_of_its_receipt(sale: Sale, prefer: str) -> None:
    lot = sale.stage.lot()
    answer = await sale.send("ada", lot, {"amount_cents": 600_000}, Prefer=prefer)
    found = answer.json()
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    assert set(found) == {"bid_id", "receipt", "received_at"}
    assert answer.headers["location"] == found["receipt"] == f"/api/bids/{found['bid_id']}"
    assert [call.name for call in sale.stage.cluster.signals] == ["place_bids"]
    await sale.settle()
    assert len(sale.stage.rows_in_flight()) == 1


async def test_another_preference_is_ignored(sale: Sale) -> None:
    answer = await sale.send("ada", sale.stage.lot(), {"amount_cents": 600_000}, Prefer="return=minimal")
    assert answer.status_code == 201


async def test_a_signal_that_cannot_be_sent_is_503_and_missed(sale: Sale) -> None:
    lot = sale.stage.lot(ends_at=utc_now() + 5 * MINUTE)
    sale.stage.cluster.faults.append(Fault.AWAY)
    answer = await sale.send("ada", lot, {"amount_cents": 600_000}, Prefer="respond-async")
    assert (problem(answer)[0], sale.missed()) == (503, [lot])
