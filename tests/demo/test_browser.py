"""A browser without a screen: what it waits out, what it sends along, and where it comes from."""

import sys
from collections import deque

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from temporal.demo.browser import Browser, own_addresses
from temporal.demo.client import MarketError
from tests.sandbox.running import running


class Counter:
    """A site that answers as planned; `waits` are the pauses that the browser made."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = deque(answers)
        self.asked: list[httpx.Request] = []
        self.waits: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def browser(self) -> Browser:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer), base_url="http://site.test")
        return Browser(http, sleep=self.sleep)


async def test_a_limit_is_waited_out_however_long() -> None:
    site = Counter(httpx.Response(429, headers={"Retry-After": "3599"}), httpx.Response(200, json={"a": 1}))
    assert await site.browser().ask("POST", "/x", {}) == {"a": 1}
    assert site.waits == [3599]


async def test_a_site_that_is_away_is_asked_again_later_and_later() -> None:
    site = Counter(httpx.ConnectError("away"), httpx.Response(503), httpx.Response(204))
    await site.browser().ask("GET", "/x")
    assert site.waits == [0.5, 1.0]


async def test_a_site_that_stays_away_is_given_up() -> None:
    site = Counter(httpx.ConnectError("away"))
    with pytest.raises(MarketError, match="GET /x answered 0"):
        await site.browser().ask("GET", "/x")


async def test_a_refusal_is_told_by_its_code() -> None:
    site = Counter(httpx.Response(409, json={"code": "CARD_IN_USE"}))
    with pytest.raises(MarketError, match="CARD_IN_USE"):
        await site.browser().ask("POST", "/x")


async def test_whoever_is_signed_in_sends_their_token() -> None:
    site = Counter(httpx.Response(204))
    browser = site.browser()
    await browser.ask("POST", "/x")
    browser.signed_in("c5rf")
    await browser.ask("POST", "/x")
    assert [request.headers.get("X-CSRF-Token") for request in site.asked] == [None, "c5rf"]


def _where(request: Request) -> Response:
    return PlainTextResponse(request.client.host if request.client else "")


@pytest.mark.skipif(sys.platform != "linux", reason="one loopback address only")
async def test_each_number_has_an_address_of_its_own_on_this_machine() -> None:
    with running(Starlette(routes=[Route("/", _where)])) as url:
        transports, seen = own_addresses(url), list[str]()
        for number in (0, 1, 34, 300):
            async with httpx.AsyncClient(transport=transports(number)) as client:
                seen.append((await client.get(url)).text)
    assert seen == ["127.0.1.1", "127.0.1.2", "127.0.1.35", "127.0.2.51"]


async def test_a_site_elsewhere_is_visited_from_the_usual_address() -> None:
    with running(Starlette(routes=[Route("/", _where)])) as url:
        async with httpx.AsyncClient(transport=own_addresses("http://site.test")(7)) as client:
            assert (await client.get(url)).text == "127.0.0.1"
