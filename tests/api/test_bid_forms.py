"""Bidding without a script: forms that lead back to the page, ask before a slip, and keep what was typed."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx import Response

from tests.api.conftest import House
from tests.api.sale import Sale, open_sale
from tests.doubles.cluster import Fault

HTML = {"Accept": "text/html,application/xhtml+xml"}
KEY = "form-key-1"


@pytest.fixture
async def sale(house: House) -> AsyncIterator[Sale]:
    async with open_sale(house) as opened:
        yield opened


async def fill(sale: Sale, lot: int, amount: str, name: str = "ada", *, form: str = "bid", **fields: str) -> Response:
    """Send a form as a browser does: its token in a field, no header of a script."""
    client = await sale.client(name)
    token = client.headers.get("X-CSRF-Token", "")
    field = "amount" if form == "bid" else "max"
    data = {"csrf_token": token, "idempotency_key": KEY, field: amount, **fields}
    headers = {**client.headers, **{name.lower(): value for name, value in HTML.items()}}
    headers.pop("x-csrf-token", None)
    async with sale.house.client(**headers) as browser:
        return await browser.post(f"/auctions/{lot}/{form}", data=data)


def value_of(page: Response, name: str) -> list[str]:
    """The values of all inputs and buttons of this name."""
    tags = re.findall(r"<(?:input|button)[^>]*>", page.text)
    return [found[1] for tag in tags if f'name="{name}"' in tag and (found := re.search(r'value="([^"]*)"', tag))]


async def test_an_accepted_bid_leads_back_to_the_page_which_tells_its_owner(sale: Sale) -> None:
    lot = sale.stage.lot()
    answer = await fill(sale, lot, "6,000")
    where = answer.headers["location"]
    await sale.settle()
    pages = {name: await (await sale.client(name)).get(where, headers=HTML) for name in ("ada", "bob")}
    assert answer.status_code == 303
    assert re.fullmatch(rf"/auctions/{lot}\?answer=[0-9a-f-]{{36}}", where)
    assert "You are the high bidder at $6,000." in pages["ada"].text
    assert "You are the high bidder at $6,000." not in pages["bob"].text


async def test_an_auto_bid_form_keeps_its_maximum_to_its_owner(sale: Sale) -> None:
    lot = sale.stage.lot()
    assert (await fill(sale, lot, "9000", form="auto-bid")).status_code == 303
    await sale.settle()
    ada, bob = [(await (await sale.client(name)).get(f"/auctions/{lot}", headers=HTML)).text for name in ("ada", "bob")]
    assert ("$9,000" in ada, "9,000" in bob, "900000" in bob) == (True, False, False)


async def test_sending_a_form_twice_bids_once(sale: Sale) -> None:
    lot = sale.stage.lot()
    answers = [await fill(sale, lot, "6000") for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert sale.stage.auction(lot).seq == 2


async def test_an_amount_that_looks_like_a_slip_is_asked_for_again(sale: Sale) -> None:
    lot = sale.stage.lot()
    asked = await fill(sale, lot, "60000")
    assert (asked.status_code, sale.stage.auction(lot).seq) == (200, 1)
    assert value_of(asked, "confirmed") == ["6000000"]
    assert KEY in value_of(asked, "idempotency_key")
    assert (await fill(sale, lot, "60000", confirmed="6000000")).status_code == 303


async def test_a_confirmation_of_another_amount_is_none(sale: Sale) -> None:
    lot = sale.stage.lot()
    assert (await fill(sale, lot, "70000", confirmed="6000000")).status_code == 200
    assert sale.stage.auction(lot).seq == 1


async def test_what_is_no_amount_is_422_and_reaches_no_auction(sale: Sale) -> None:
    lot = sale.stage.lot()
    for amount in ("abc", "", "-600", "1e9", "6.000,00", "12,34", "$"):
        assert (await fill(sale, lot, amount)).status_code == 422, amount
    assert sale.stage.auction(lot).seq == 1


async def test_a_refusal_is_a_page_that_says_why_and_has_a_new_key(sale: Sale) -> None:
    lot = sale.stage.lot()
    answer = await fill(sale, lot, "100")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "That is below the minimum bid, which is $5,000 now." in answer.text
    assert KEY not in value_of(answer, "idempotency_key")


async def test_a_503_keeps_the_amount_and_the_key_to_be_sent_again(sale: Sale) -> None:
    lot = sale.stage.lot()
    sale.stage.cluster.faults.append(Fault.BUSY)
    answer = await fill(sale, lot, "6,000")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert KEY in value_of(answer, "idempotency_key")
    assert "6,000" in value_of(answer, "amount")
    assert (await fill(sale, lot, "6,000")).status_code == 303


async def test_a_key_with_another_amount_is_422(sale: Sale) -> None:
    lot = sale.stage.lot()
    await fill(sale, lot, "6000")
    answer = await fill(sale, lot, "7000")
    assert answer.status_code == 422
    assert "This bid was already sent with another amount." in answer.text


async def test_the_seller_reads_why(sale: Sale) -> None:
    answer = await fill(sale, sale.stage.lot(), "6000", "sam")
    assert (answer.status_code, "You cannot bid on a vehicle that you are selling." in answer.text) == (409, True)


async def test_a_lot_that_is_over_says_when_it_ended(sale: Sale) -> None:
    lot = sale.stage.lot()
    auction = sale.stage.auction(lot)
    auction.close(auction.ends_at)
    answer = await fill(sale, lot, "6000")
    assert (answer.status_code, "and bidding ended at" in answer.text) == (409, True)


@pytest.mark.parametrize(("name", "status"), [("", 401), ("eve", 403)])
async def test_who_may_not_bid_gets_a_page_that_says_so(sale: Sale, name: str, status: int) -> None:
    answer = await fill(sale, sale.stage.lot(), "6000", name)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize("token", ["", "forged"])
async def test_a_form_of_another_site_is_refused(sale: Sale, token: str) -> None:
    lot = sale.stage.lot()
    answer = await fill(sale, lot, "6000", csrf_token=token)
    assert (answer.status_code, sale.stage.auction(lot).seq) == (403, 1)


async def test_an_unknown_auction_is_a_404_page(sale: Sale) -> None:
    answer = await fill(sale, 999_999, "6000")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_a_form_without_a_key_of_ours_is_422(sale: Sale) -> None:
    lot = sale.stage.lot()
    for key in ("", "two words", "k" * 129):
        assert (await fill(sale, lot, "6000", idempotency_key=key)).status_code == 422, key
    assert sale.stage.auction(lot).seq == 1
