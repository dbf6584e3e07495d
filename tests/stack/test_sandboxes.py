"""The vendors' sandboxes in the stack: started with keys that fit, found by settings, killed without a loss."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.vendor_events import sendgrid
from activities.vendor_settings import SANDBOX_KEYS, load_vendor_settings
from api.database import now
from temporal.stack import sandboxes, signing_key
from temporal.stack.child import Program
from temporal.stack.errors import StackError
from temporal.stack.local_stack import LocalStack
from temporal.stack.programs import Programs
from temporal.stack.sandboxes import Sandbox
from tests.sandbox.running import running
from tests.stack.conftest import wait_until
from tests.stack.fakes import FakePrograms

NAMES = {"sendgrid", "persona", "authorize-net", "clearvin", "vpic", "openai", "s3"}
ELSEWHERE = {
    "PERSONA_URL": "https://api.withpersona.com/api/v1",
    "AUTHORIZE_NET_URL": "https://api.authorize.net/xml/v1/request.api",
    "ACCEPT_JS_URL": "https://js.authorize.net/v3/AcceptUI.js",
    "SENDGRID_URL": "https://api.sendgrid.com",
    "CLEARVIN_URL": "https://www.clearvin.com/rest/vendor",
    "VPIC_URL": "https://vpic.nhtsa.dot.gov/api",
    "OPENAI_URL": "https://api.openai.com/v1",
    "S3_URL": "https://s3.us-east-2.amazonaws.com",
}
CIVIC = "19XFC1F30KE902117"
PERSONA_HEADERS = {"persona-version": "2025-12-08", "key-inflection": "kebab"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithSandboxes(FakePrograms):
    """Real sandboxes among fake programs."""

    def sandbox(self, sandbox: Sandbox) -> Program:
        return Programs.sandbox(self, sandbox)


def local_stack(programs: type[Programs], data_dir: Path | None = None, **vendors: str) -> LocalStack:
    settings = {"temporal_binary": Path(sys.executable)}
    return LocalStack(programs=programs, data_dir=data_dir, settings=settings, vendors=vendors)


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with local_stack(WithSandboxes) as stack:
        yield stack


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield client


def send(client: httpx.Client, stack: LocalStack, subject: str) -> httpx.Response:
    mail = {
        "personalizations": [{"to": [{"email": "ada@example.com"}]}],
        "from": {"email": "hello@hammertime.example", "name": "Hammertime"},
        "subject": subject,
        "content": [{"type": "text/plain", "value": "Hello."}, {"type": "text/html", "value": "<p>Hello.</p>"}],
    }
    headers = {"authorization": f"Bearer {stack.environment['SENDGRID_API_KEY']}"}
    return client.post(f"{stack.environment['SENDGRID_URL']}/v3/mail/send", json=mail, headers=headers)


def inbox(client: httpx.Client, stack: LocalStack) -> str:
    return client.get(f"{stack.sandbox_urls['sendgrid']}/").text


def test_a_mail_is_read_in_the_inbox(stack: LocalStack, client: httpx.Client) -> None:
    answer = send(client, stack, "You are the high bidder")
    page = inbox(client, stack)
    assert (answer.status_code, answer.text) == (202, "")
    assert "You are the high bidder" in page
    assert "ada@example.com" in page


def test_persona_knows_the_key_of_the_environment(stack: LocalStack, client: httpx.Client) -> None:
    headers = {**PERSONA_HEADERS, "authorization": f"Bearer {stack.environment['PERSONA_API_KEY']}"}
    answer = client.get(f"{stack.environment['PERSONA_URL']}/inquiries", headers=headers)
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_authorize_net_knows_the_keys_of_the_environment(stack: LocalStack, client: httpx.Client) -> None:
    known = {
        "name": stack.environment["AUTHORIZE_NET_LOGIN_ID"],
        "transactionKey": stack.environment["AUTHORIZE_NET_TRANSACTION_KEY"],
    }
    question = {"authenticateTestRequest": {"merchantAuthentication": known}}
    answer = client.post(stack.environment["AUTHORIZE_NET_URL"], json=question)
    assert json.loads(answer.content.decode("utf-8-sig"))["messages"]["resultCode"] == "Ok"
    assert client.get(stack.environment["ACCEPT_JS_URL"]).status_code == 200


def test_clearvin_knows_the_password_of_the_environment(stack: LocalStack, client: httpx.Client) -> None:
    url, names = stack.environment["CLEARVIN_URL"], ("email", "password")
    token = client.post(f"{url}/login", json={name: stack.environment[f"CLEARVIN_{name.upper()}"] for name in names})
    headers = {"authorization": f"Bearer {token.json()['token']}"}
    report = client.get(f"{url}/report", params={"vin": CIVIC}, headers=headers)
    assert report.json()["result"]["vin"] == CIVIC


def test_vpic_knows_the_vehicles_of_the_demo(stack: LocalStack, client: httpx.Client) -> None:
    url = f"{stack.environment['VPIC_URL']}/vehicles/DecodeVinValues/{CIVIC}"
    assert client.get(url, params={"format": "json"}).json()["Results"][0]["Model"] == "Civic"


def test_a_killed_sandbox_comes_back_with_its_data(stack: LocalStack, client: httpx.Client) -> None:
    send(client, stack, "Kept over a crash")
    killed = stack.kill("sendgrid")
    stack.until_ready("sendgrid")
    assert stack.pids["sendgrid"] != killed
    assert "Kept over a crash" in inbox(client, stack)


def test_a_sandbox_is_held_and_released_like_any_program(stack: LocalStack, client: httpx.Client) -> None:
    stack.hold("persona")
    with pytest.raises(httpx.ConnectError):
        client.get(stack.sandbox_urls["persona"])
    stack.release("persona")
    assert client.get(stack.sandbox_urls["persona"]).status_code == 404


def test_events_come_to_the_api_signed_with_the_key_of_the_environment(stack: LocalStack, client: httpx.Client) -> None:
    taken: list[tuple[bytes, str, str]] = []

    async def take(request: Request) -> Response:
        headers = request.headers
        signed = headers[sendgrid.SIGNATURE_HEADER], headers[sendgrid.TIMESTAMP_HEADER]
        taken.append((await request.body(), *signed))
        return Response()

    # The stack's own API is a fake that listens nowhere.
    app = Starlette(routes=[Route("/webhooks/sendgrid", take, methods=["POST"])])
    with running(app, int(stack.environment["PORT"])):
        send(client, stack, "With an event")
        wait_until(lambda: len(taken) > 0)
    raw, signature, signed_at = taken[0]
    keys = (stack.environment["SENDGRID_PUBLIC_KEYS"],)
    assert sendgrid.verify(raw, signature, signed_at, keys, now(), timedelta(minutes=5))


def test_a_restarted_stack_has_the_same_addresses_and_signing_key(tmp_path: Path) -> None:
    vendor_facts = []
    for _ in range(2):
        with local_stack(FakePrograms, tmp_path) as stack:
            vendor_facts.append({name: stack.environment[name] for name in (*ELSEWHERE, "SENDGRID_PUBLIC_KEYS")})
    assert vendor_facts[0] == vendor_facts[1]
    assert (tmp_path / "sandboxes" / "sendgrid" / sandboxes.SIGNING_KEY).stat().st_mode & 0o777 == 0o600


def test_the_embedded_keys_reach_the_programs() -> None:
    with local_stack(FakePrograms) as stack:
        environment = stack.environment
    assert {name: environment[name.upper()] for name in SANDBOX_KEYS} == SANDBOX_KEYS


def test_vendors_that_somebody_names_have_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {**ELSEWHERE, "PERSONA_API_KEY": "persona_production_1234", "MAIL_SENDER_NAME": "Our Market"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    with local_stack(FakePrograms) as stack:
        assert NAMES & set(stack.pids) == set()
        assert stack.sandbox_urls == {}
        assert {name: stack.environment[name] for name in chosen} == chosen
        assert "SENDGRID_PUBLIC_KEYS" not in stack.environment


def test_one_vendor_may_be_elsewhere_while_the_others_are_sandboxes() -> None:
    with local_stack(FakePrograms, persona_url="http://127.0.0.1:9/api/v1") as stack:
        assert NAMES & set(stack.pids) == NAMES - {"persona"}
        assert stack.environment["PERSONA_URL"] == "http://127.0.0.1:9/api/v1"
        assert stack.environment["SENDGRID_URL"] == stack.sandbox_urls["sendgrid"]


def test_without_the_package_one_line_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        sandboxes.require(load_vendor_settings(persona_url="https://api.withpersona.com/api/v1"), tmp_path)
    assert str(caught.value) == (
        "the vendors' sandboxes are not part of this installation; set SENDGRID_URL, AUTHORIZE_NET_URL, ACCEPT_JS_URL,"
        " CLEARVIN_URL, VPIC_URL, S3_URL, OPENAI_URL and the vendors' keys, or start it from a checkout"
    )
    assert caught.value.exit_code == 2


def test_without_the_package_vendors_elsewhere_are_enough(tmp_path: Path) -> None:
    sandboxes.require(load_vendor_settings(**{name.lower(): url for name, url in ELSEWHERE.items()}), tmp_path)


@pytest.mark.parametrize(
    "key", ["persona_webhook_secrets", "authorize_net_transaction_key", "accept_js_url", "clearvin_password"]
)
def test_what_belongs_to_a_vendor_elsewhere_is_not_given_to_a_sandbox(key: str) -> None:
    with pytest.raises(StackError, match=f"{key.upper()} set without ") as caught:
        sandboxes.require(load_vendor_settings(**{key: "https://not-for-you.example"}))
    assert "not-for-you" not in str(caught.value)


def test_the_embedded_keys_may_be_set_as_they_are() -> None:
    sandboxes.require(load_vendor_settings(**SANDBOX_KEYS))


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_spoilt_signing_key_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(StackError, match=r"key\.pem is not the signing key of the mail sandbox; remove it"):
        signing_key.public_text(path)
