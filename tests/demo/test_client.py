"""The client's manners: the same key while a bid's fate is unknown, patience where it is asked for."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from domain.bidding import Kind
from temporal.demo.client import MarketClient, MarketError, _retry_after_s
from temporal.demo.habits import Bid
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in

BID = Bid(Kind.BID, 9_000_00)


def _market() -> FakeMarket:
    market = FakeMarket(Clock())
    accounts_in(market)
    market.open_sale("V", start=9_000_00, reserve=None, length=timedelta(hours=1))
    return market


@pytest.mark.parametrize("fault", [503, -503, 999, -999])
async def test_a_bid_of_unknown_fate_is_sent_again_with_the_same_key(fault: int) -> None:
    market = _market()
    market.faults.extend([fault, fault])
    answer = await market.client().bid("ht_b1", 1, BID, "key-1")
    assert (answer.status, market.keys, len(market.accepted)) == (201, ["key-1"] * 3, 1)


async def test_a_503_is_waited_out_as_long_as_it_says() -> None:
    market = _market()
    market.faults.append(503)
    await market.client().bid("ht_b1", 1, BID, "key-1")
    assert market.clock.now == START + timedelta(seconds=2)


async def test_an_auto_bid_goes_to_its_own_route() -> None:
    market = _market()
    answer = await market.client().bid("ht_b1", 1, Bid(Kind.AUTO_BID, 10_000_00), "key-1")
    assert (answer.accepted, market.accepted) == (True, [(1, 1, Kind.AUTO_BID, 10_000_00)])


@pytest.mark.parametrize("fault", [409, 429, 422, 403])
async def test_any_other_answer_is_the_callers_to_judge(fault: int) -> None:
    market = _market()
    market.faults.append(fault)
    answer = await market.client().bid("ht_b1", 1, BID, "key-1")
    assert (answer.status, answer.code, answer.retry_after_s) == (fault, f"FAULT_{fault}", 2.0)


async def test_a_market_that_stays_away_is_given_up() -> None:
    market = _market()
    market.faults.extend([503] * 50)
    answer = await market.client().bid("ht_b1", 1, BID, "key-1")
    assert (answer.status, len(market.keys)) == (503, 6)


async def test_lists_are_read_over_all_pages() -> None:
    market = _market()
    for _ in range(11):
        market.open_sale("V", start=100, reserve=None, length=timedelta(hours=1))
    views = await market.client().auctions("live")
    assert [view["id"] for view in views] == list(range(1, 13))


async def test_a_long_list_is_read_as_far_as_wanted() -> None:
    market = _market()
    for _ in range(11):
        market.open_sale("V", start=100, reserve=None, length=timedelta(hours=1))
    assert len(await market.client().auctions("live", most=6)) == 10


async def test_an_unknown_auction_is_an_error_with_its_path() -> None:
    with pytest.raises(MarketError, match=r"/api/auctions/77 answered NOT_FOUND"):
        await _market().client().auction(77)


async def test_an_answer_that_is_no_json_is_an_empty_one() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(500, text="<html>"))
    async with httpx.AsyncClient(base_url="http://market.test", transport=transport) as http:
        answer = await MarketClient(http, sleep=asyncio.sleep).bid("t", 1, BID, "k")
    assert (answer.status, answer.body, answer.code) == (500, {}, "500")


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), ("-1", 0.0), ("soon", None), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0)]
)
def test_retry_after_is_read_in_both_its_forms(text: str, seconds: float | None) -> None:
    assert _retry_after_s(httpx.Headers({"Retry-After": text})) == seconds
