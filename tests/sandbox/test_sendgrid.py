"""SendGrid's sandbox: stricter than SendGrid, with an inbox for people and signed events for us."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.running import running
from tests.sandbox.sendgrid.keys import SIGNATURE_HEADER, TIMESTAMP_HEADER, load_or_create, new_key, public_text
from tests.sandbox.sendgrid.server import make_app
from tests.sandbox.store import Store

API_KEY = "SG.of-the-tests"
KEY = new_key()
OUTBOX = "0b9c6d1e-6f0a-4c57-9d3d-2f4f3a1f5c11"
PATIENCE_S = 10.0


@dataclass
class Receiver:
    """Takes webhooks as our API does: the raw body, byte for byte."""

    taken: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.taken.append((await request.body(), dict(request.headers)))
        return Response()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body, _ in self.taken for event in json.loads(body)]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.taken) < count:
                await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Vendor:
    client: httpx.Client
    receiver: Receiver

    def send(self, **changes: Any) -> httpx.Response:
        return self.client.post("/v3/mail/send", json={**mail(), **changes})

    def messages(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/_sandbox/messages", params=query).json()
        return found


def mail(to: str = "ada@example.com") -> dict[str, Any]:
    return {
        "personalizations": [{"to": [{"email": to}]}],
        "from": {"email": "hello@market.example", "name": "Hammertime"},
        "subject": "Welcome",
        "content": [
            {"type": "text/plain", "value": "See https://market.example/v?t=1"},
            {"type": "text/html", "value": "<html><head></head><body><p>Hello</p></body></html>"},
        ],
        "categories": ["welcome"],
        "custom_args": {"outbox_id": OUTBOX},
    }


def to(address: str) -> list[dict[str, Any]]:
    return [{"to": [{"email": address}]}]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    receiver = Receiver()
    hooks = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    with (
        running(hooks) as hook_url,
        running(make_app(Store(), api_key=API_KEY, signing_key=KEY, webhook_url=f"{hook_url}/hook")) as url,
        httpx.Client(base_url=url, trust_env=False, headers={"authorization": f"Bearer {API_KEY}"}) as client,
    ):
        yield Vendor(client, receiver)


def test_a_mail_is_queued_with_an_empty_answer_and_an_id(vendor: Vendor) -> None:
    answer = vendor.send()
    assert (answer.status_code, answer.content) == (202, b"")
    (kept,) = vendor.messages()
    assert kept["message_id"] == answer.headers["x-message-id"]
    assert (kept["to"], kept["subject"], kept["custom_args"]) == ("ada@example.com", "Welcome", {"outbox_id": OUTBOX})


def test_there_is_no_idempotency_key(vendor: Vendor) -> None:
    assert vendor.send().headers["x-message-id"] != vendor.send().headers["x-message-id"]
    assert len(vendor.messages()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reply": {}}, "reply"),
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": to("not an address")}, "personalizations.0.to.0.email"),
        ({"personalizations": [*to("ada@example.com"), *to("Ada@example.com")]}, "personalizations"),
        (
            {"personalizations": [{"to": [{"email": f"p{n}@example.com"} for n in range(1_001)]}]},
            "personalizations.0.to",
        ),
        ({"subject": ""}, "subject"),
        ({"content": [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"categories": ["x"] * 11}, "categories"),
        ({"categories": ["x", "x"]}, "categories"),
        ({"categories": ["x" * 256]}, "categories.0"),
        ({"categories": ["ada@example.com"]}, "categories.0"),
        ({"custom_args": {"outbox_id": 7}}, "custom_args.outbox_id"),
        ({"custom_args": {"outbox_id": "x" * 10_000}}, "custom_args"),
        ({"custom_args": {"to": "ada@example.com"}}, "custom_args.to"),
    ],
)
def test_what_is_not_right_is_refused_with_its_field(vendor: Vendor, changes: dict[str, Any], field: str) -> None:
    answer = vendor.send(**changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert vendor.messages() == []


def test_the_key_the_form_and_the_size_are_checked(vendor: Vendor) -> None:
    stranger = vendor.client.post("/v3/mail/send", json=mail(), headers={"authorization": "Bearer SG.other"})
    form = vendor.client.post("/v3/mail/send", data={"to": "x"})
    garbage = vendor.client.post("/v3/mail/send", content=b"{", headers={"content-type": "application/json"})
    large = vendor.client.post("/v3/mail/send", content=b" " * 30_000_001)
    assert [each.status_code for each in (stranger, form, garbage, large)] == [401, 415, 400, 413]
    assert large.text.startswith("<html>")


async def test_events_are_signed_arrays_that_repeat_and_end_with_crlf(vendor: Vendor) -> None:
    vendor.send()
    await vendor.receiver.until(2)
    for body, headers in vendor.receiver.taken:
        signature = base64.b64decode(headers[SIGNATURE_HEADER.lower()])
        signed = headers[TIMESTAMP_HEADER.lower()].encode() + body
        KEY.public_key().verify(signature, signed, ECDSA(SHA256()))
        assert body.endswith(b"]\r\n")
    told = vendor.receiver.events
    assert [event["event"] for event in told] == ["processed", "processed", "delivered"]
    assert told[0]["sg_event_id"] == told[1]["sg_event_id"]
    assert {event["outbox_id"] for event in told} == {OUTBOX}
    assert told[0]["sg_message_id"].startswith(vendor.messages()[0]["message_id"] + ".")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("bounce@example.com", {"processed", "bounce"}), ("drop.me@example.com", {"dropped"})],
)
async def test_an_address_can_be_magic(vendor: Vendor, address: str, expected: set[str]) -> None:
    assert vendor.send(personalizations=to(address)).status_code == 202
    await vendor.receiver.until(2)
    assert {event["event"] for event in vendor.receiver.events} == expected


async def test_an_address_that_bounced_is_suppressed_from_then_on(vendor: Vendor) -> None:
    for _ in range(2):
        assert vendor.send(personalizations=to("bounce@example.com")).status_code == 202
    await vendor.receiver.until(4)
    assert [kept["fate"] for kept in vendor.messages()] == ["dropped", "bounced"]
    assert vendor.messages()[0]["reason"] == "Bounced Address"


# The inbox


def test_the_inbox_lists_the_newest_first_and_searches_by_address(vendor: Vendor) -> None:
    assert "No mail yet" in vendor.client.get("/").text
    vendor.send(subject="First")
    vendor.send(subject="Second <b>", personalizations=to("bob@example.com"))
    page = vendor.client.get("/").text
    assert page.index("Second &lt;b&gt;") < page.index("First")
    found = vendor.client.get("/", params={"q": "BOB"}).text
    assert "Second" in found
    assert "First" not in found
    assert "No mail to an address" in vendor.client.get("/", params={"q": "eve"}).text
    assert [kept["subject"] for kept in vendor.messages(to="Ada@example.com")] == ["First"]


def test_a_mail_is_shown_as_text_and_in_a_frame_that_may_do_nothing(vendor: Vendor) -> None:
    vendor.send()
    answer = vendor.client.get(f"/messages/{vendor.messages()[0]['key']}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in answer.text
    assert 'srcdoc="&lt;html&gt;&lt;head&gt;&lt;base target=&#34;_blank&#34;&gt;' in answer.text
    assert 'href="https://market.example/v?t=1"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert vendor.client.get("/messages/none").status_code == 404


# What it keeps


def test_a_killed_vendor_comes_back_with_its_mails(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path / "sendgrid.db")
        with running(make_app(store, api_key=API_KEY, signing_key=KEY)) as url:
            httpx.post(
                f"{url}/v3/mail/send", json=mail(), headers={"authorization": f"Bearer {API_KEY}"}, trust_env=False
            )
            count = len(httpx.get(f"{url}/_sandbox/messages", trust_env=False).json())
        store.close()
    assert count == 2


def test_the_signing_key_is_made_once_and_shown_to_who_has_the_api_key(tmp_path: Path, vendor: Vendor) -> None:
    path = tmp_path / "keys" / "sendgrid.pem"
    made = load_or_create(path)
    assert public_text(load_or_create(path)) == public_text(made)
    assert path.stat().st_mode & 0o777 == 0o600
    shown = vendor.client.get("/v3/user/webhooks/event/settings/signed")
    assert shown.json() == {"public_key": public_text(KEY)}
    assert httpx.get(shown.request.url, trust_env=False).status_code == 401
