"""The sandbox of Authorize.Net as a vendor: duplicates, webhooks, and a kill."""

import contextlib
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.vendor_events.authorize_net import read_event, verify
from temporal.stack.ports import LOOPBACK, free_port
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.merchant import Config
from tests.sandbox.running import running

PATIENCE_S = 15.0
BILL_TO = {"firstName": "Ada", "lastName": "Byron", "zip": "55801"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def keep_card(sandbox: Sandbox) -> dict[str, Any]:
    """A profile with one card, as transactions name it."""
    nonce = sandbox.nonce()
    opaque = {"dataDescriptor": nonce.descriptor, "dataValue": nonce.value}
    card = {"customerType": "individual", "billTo": BILL_TO, "payment": {"opaqueData": opaque}}
    profile = {"merchantCustomerId": "U1", "paymentProfiles": [card]}
    told = sandbox.ask("createCustomerProfileRequest", profile=profile, validationMode="liveMode")
    ids = told["customerPaymentProfileIdList"]
    return {"customerProfileId": told["customerProfileId"], "paymentProfile": {"paymentProfileId": ids[0]}}


def charge(sandbox: Sandbox, profile: dict[str, Any], invoice: str = "INV1", window: str | None = None) -> Any:
    """The transactionResponse of a charge of a dollar."""
    settings = {"setting": [{"settingName": "duplicateWindow", "settingValue": window}]}
    request = {
        "transactionType": "authCaptureTransaction",
        "amount": "1.00",
        "profile": profile,
        "order": {"invoiceNumber": invoice},
        **({"transactionSettings": settings} if window else {}),
        "processingOptions": {"isStoredCredentials": "true"},
    }
    return sandbox.ask("createTransactionRequest", refId=invoice, transactionRequest=request)["transactionResponse"]


def test_a_duplicate_names_its_original_only_when_asked(sandbox: Sandbox) -> None:
    profile = keep_card(sandbox)
    silent = [charge(sandbox, profile), charge(sandbox, profile)]
    asked = [charge(sandbox, profile, "INV2", "28800"), charge(sandbox, profile, "INV2", "28800")]
    assert [one["responseCode"] for one in (*silent, *asked)] == ["1", "3", "1", "3"]
    assert silent[1]["errors"][0]["errorCode"] == "11"
    assert (silent[1]["transId"], asked[1]["transId"]) == ("0", asked[0]["transId"])


def test_the_window_is_two_minutes_unless_it_is_set(sandbox: Sandbox) -> None:
    profile = keep_card(sandbox)
    first = [charge(sandbox, profile), charge(sandbox, profile, "INV2", "28800")]
    sandbox.advance(121)
    second = [charge(sandbox, profile), charge(sandbox, profile, "INV2", "28800")]
    assert [one["responseCode"] for one in (*first, *second)] == ["1", "1", "1", "3"]


def test_another_invoice_number_is_another_charge(sandbox: Sandbox) -> None:
    profile = keep_card(sandbox)
    assert [charge(sandbox, profile, invoice, "28800")["responseCode"] for invoice in ("INV1", "INV2")] == ["1", "1"]


def test_a_window_of_more_than_8_hours_is_refused(sandbox: Sandbox) -> None:
    profile = keep_card(sandbox)
    with pytest.raises(KeyError):
        charge(sandbox, profile, "INV1", "28801")


def test_a_charge_is_told_by_a_signed_webhook(tmp_path: Path) -> None:
    heard: queue.Queue[tuple[bytes, str]] = queue.Queue()

    async def hear(request: Request) -> Response:
        heard.put((await request.body(), request.headers["x-anet-signature"]))
        return Response()

    with running(Starlette(routes=[Route("/hook", hear, methods=["POST"])])) as receiver:
        config = Config(webhook_url=f"{receiver}/hook", data_dir=tmp_path)
        with open_sandbox(config) as sandbox:
            transaction_id = charge(sandbox, keep_card(sandbox))["transId"]
            told = [heard.get(timeout=PATIENCE_S) for _ in range(2)]
    assert [verify(raw, header, [config.signature_key]) for raw, header in told] == [True, True]
    assert not verify(told[0][0], told[1][1], [config.signature_key])
    events = {event.event_type: event for event in (read_event(raw) for raw, _ in told)}
    assert set(events) == {"net.authorize.customer.created", "net.authorize.payment.authcapture.created"}
    charged = events["net.authorize.payment.authcapture.created"]
    assert (charged.transaction_id, charged.reference) == (transaction_id, "INV1")


def test_a_killed_sandbox_comes_back_as_it_was(tmp_path: Path) -> None:
    with process(tmp_path) as sandbox:
        profile = keep_card(sandbox)
        first = charge(sandbox, profile, "INV1", "28800")
    with process(tmp_path) as sandbox:
        again = charge(sandbox, profile, "INV1", "28800")
        assert len(sandbox.transactions()) == 1
    assert (again["errors"][0]["errorCode"], again["transId"]) == ("11", first["transId"])


@contextlib.contextmanager
def process(data_dir: Path) -> Iterator[Sandbox]:
    """The sandbox as a process of its own, killed without a word at the end of the block."""
    port = free_port()
    command = [*(sys.executable, "-m", "tests.sandbox.authorize_net"), "--port", str(port), "--data-dir", str(data_dir)]
    url = f"http://{LOOPBACK}:{port}"
    with (
        subprocess.Popen(command, cwd=Path(__file__).parents[2]) as served,
        httpx.Client(base_url=url, trust_env=False) as http,
    ):
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not is_up(http):
                assert served.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield Sandbox(url, Config(), http)
        finally:
            served.kill()


def is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/_sandbox/profiles").is_success
    except httpx.TransportError:
        return False
