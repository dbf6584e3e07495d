"""A sale from the hammer to the seller's payout on the running stack, and a payment that waits for a worker."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from domain.payments import State
from tests.journeys.paying_buyer import (
    books_balance,
    charges_of,
    order_of,
    paying_buyer,
    payments_of,
    payout_of,
    settle,
)
from tests.journeys.town import HTTP_TIMEOUT_S, START_CENTS, Citizen, Town, eventually

pytestmark = pytest.mark.journey

TOLD = {"sold", "invoiced", "paid", "title_begun", "transport_begun", "delivered", "accepted"}


def test_a_sale_goes_from_the_hammer_to_the_payout(journey_town: Town) -> None:
    paula = paying_buyer(journey_town, 1)
    order_id, price = buy(journey_town, paula, START_CENTS)
    bill = invoiced(journey_town, paula, order_id)["bill"]
    assert (sum(line["cents"] for line in bill["lines"]), bill["total_cents"]) == (price, price)
    assert printed(journey_town, paula, order_id).startswith(b"%PDF-")
    paid = journey_town.post(paula, f"/api/orders/{order_id}/pay", {"amount_cents": price, "whole": True})
    assert (paid.status_code, paid.json()["state"]) == (201, "done"), paid.text
    assert len(charges_of(journey_town, price)) == 1
    until(journey_town, paula, order_id, "delivered")
    accepted = journey_town.post(paula, f"/api/orders/{order_id}/accept-delivery", {})
    assert accepted.status_code == 200, accepted.text
    settle(journey_town, order_id)
    eventually(lambda: payout_of(journey_town, order_id))
    assert TOLD - {each["kind"] for each in shown(journey_town, paula, order_id)["history"]} == set()
    assert books_balance(journey_town)


def test_a_payment_that_is_asked_of_a_dead_worker_is_charged_once_by_the_next(journey_town: Town) -> None:
    paul, town = paying_buyer(journey_town, 2), journey_town
    order_id, price = buy(town, paul, START_CENTS + 10_000)
    invoiced(town, paul, order_id)
    town.stack.hold("worker")
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(town.post, paul, f"/api/orders/{order_id}/pay", {}, key="two-tabs") for _ in "ab"]
        eventually(lambda: len(payments_of(town, order_id)) == 1)
        town.stack.release("worker")
        assert {each.result().status_code for each in asked} <= {201, 202}
    until(town, paul, order_id, "delivered")
    assert [each.state for each in payments_of(town, order_id)] == [State.DONE]
    assert len(charges_of(town, price)) == 1
    assert books_balance(town)


def buy(town: Town, buyer: Citizen, cents: int) -> tuple[int, int]:
    """Win a lot by its hammer; the order's id, and the all-in price that was quoted before the bid."""
    lot = town.lot(length_s=4, window_s=1)
    quote = town.get(f"/api/auctions/{lot}/quote?amount_cents={cents}", buyer)
    bid = town.bid(buyer, lot, cents)
    assert (quote.status_code, bid.status_code) == (200, 201), quote.text + bid.text
    town.until_status(lot, "ended")
    found = eventually(lambda: order_of(town, lot))
    assert found is not None
    return found.order.id, quote.json()["total_cents"]


def shown(town: Town, citizen: Citizen, order_id: int) -> dict[str, Any]:
    """The order as one of its sides reads it."""
    answer = town.get(f"/api/orders/{order_id}", citizen)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def invoiced(town: Town, buyer: Citizen, order_id: int) -> dict[str, Any]:
    """The order once its workflow has written down that it is invoiced: the step that does it is over then."""
    eventually(lambda: "invoiced" in {each["kind"] for each in shown(town, buyer, order_id)["history"]})
    return shown(town, buyer, order_id)


def printed(town: Town, buyer: Citizen, order_id: int) -> bytes:
    """The invoice's PDF, out of the store that its link leads to."""

    def link() -> str | None:
        answer = town.get(f"/api/orders/{order_id}/invoice", buyer)
        assert answer.status_code in {202, 303}, answer.text
        found: str | None = answer.headers.get("location")
        return found

    url = eventually(link)
    assert url is not None
    return httpx.get(url, timeout=HTTP_TIMEOUT_S).raise_for_status().content


def until(town: Town, citizen: Citizen, order_id: int, status: str, *, within_s: float = 60) -> None:
    """Wait for an order to be there."""
    eventually(lambda: shown(town, citizen, order_id)["status"] == status, within_s=within_s)
