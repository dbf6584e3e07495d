"""The sandbox after a transaction was approved: the night, a batch that is rejected and reset, a void, a chargeback."""

import queue
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.vendor_events.authorize_net import read_event, verify
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.merchant import Config
from tests.sandbox.running import running
from tests.sandbox.test_authorize_net_behaviour import PATIENCE_S, charge, keep_card


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def charged(sandbox: Sandbox) -> str:
    transaction_id: str = charge(sandbox, keep_card(sandbox))["transId"]
    return transaction_id


def status(sandbox: Sandbox, transaction_id: str) -> str:
    told = sandbox.ask("getTransactionDetailsRequest", transId=transaction_id)
    found: str = told["transaction"]["transactionStatus"]
    return found


def unsettled(sandbox: Sandbox) -> list[tuple[str, str]]:
    told = sandbox.ask("getUnsettledTransactionListRequest", status="any")
    return [(line["transId"], line["transactionStatus"]) for line in told.get("transactions", [])]


def test_a_batch_that_is_rejected_is_settled_after_it_was_reset(sandbox: Sandbox) -> None:
    made = charged(sandbox)
    sandbox.settle(rejected=True)
    assert (status(sandbox, made), unsettled(sandbox)) == ("settlementError", [])
    sandbox.settle()
    assert status(sandbox, made) == "settlementError"
    sandbox.settle(reset_first=True)
    assert status(sandbox, made) == "settledSuccessfully"


def test_what_a_batch_rejected_is_neither_refunded_nor_voided(sandbox: Sandbox) -> None:
    made = charged(sandbox)
    sandbox.settle(rejected=True)
    void = {"transactionType": "voidTransaction", "refTransId": made}
    card = {"creditCard": {"cardNumber": "1111", "expirationDate": "XXXX"}}
    refund = {"transactionType": "refundTransaction", "amount": "1.00", "payment": card, "refTransId": made}
    told = [sandbox.ask("createTransactionRequest", transactionRequest=wanted) for wanted in (void, refund)]
    assert [one["transactionResponse"]["errors"][0]["errorCode"] for one in told] == ["16", "54"]


@pytest.mark.parametrize("fate", ["chargeback", "returnedItem"])
def test_what_was_settled_may_be_taken_back(sandbox: Sandbox, fate: str) -> None:
    made = charged(sandbox)
    sandbox.settle()
    sandbox.befall(made, fate)
    assert status(sandbox, made) == fate


@pytest.mark.parametrize("fate", ["chargeback", "returnedItem", "chargebackReversal", "settledSuccessfully", "odd"])
def test_what_cannot_befall_an_unsettled_charge_is_refused(sandbox: Sandbox, fate: str) -> None:
    made = charged(sandbox)
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        sandbox.befall(made, fate)
    assert status(sandbox, made) == "capturedPendingSettlement"


def test_a_settled_charge_is_voided_by_nobody_and_nothing_befalls_what_is_not_there(sandbox: Sandbox) -> None:
    made = charged(sandbox)
    sandbox.settle()
    for transaction_id, fate in ((made, "voided"), ("1", "voided"), (made, "settlementError")):
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            sandbox.befall(transaction_id, fate)
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        sandbox.repeat("1")


def test_the_vendor_tells_a_void_by_a_signed_webhook_and_a_failed_settlement_by_none() -> None:
    heard: queue.Queue[tuple[bytes, str]] = queue.Queue()

    async def hear(request: Request) -> Response:
        heard.put((await request.body(), request.headers["x-anet-signature"]))
        return Response()

    with running(Starlette(routes=[Route("/hook", hear, methods=["POST"])])) as receiver:
        config = Config(webhook_url=f"{receiver}/hook")
        with open_sandbox(config) as sandbox:
            profile = keep_card(sandbox)
            lost, voided = (charge(sandbox, profile, invoice)["transId"] for invoice in ("INV1", "INV2"))
            sandbox.befall(lost, "settlementError")
            sandbox.befall(voided, "voided")
            sandbox.repeat(lost)
            told = [heard.get(timeout=PATIENCE_S) for _ in range(5)]
    assert all(verify(raw, header, [config.signature_key]) for raw, header in told)
    events = [read_event(raw) for raw, _ in told]
    assert [(event.event_type.removeprefix("net.authorize."), event.transaction_id) for event in events[1:]] == [
        ("payment.authcapture.created", lost),
        ("payment.authcapture.created", voided),
        ("payment.void.created", voided),
        ("payment.authcapture.created", lost),
    ]
    assert len({event.notification_id for event in events}) == len(events)
