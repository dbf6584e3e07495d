"""SendGrid's client against a strict SendGrid: what it sends, and what each failure means."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.providers.failures import OutcomeUnknownError, ProviderError, RejectedError, UnavailableError
from activities.providers.sendgrid import Accepted, Message, Refused, SendGrid
from tests.sandbox.faults import Fault, Faults, Mode
from tests.sandbox.running import running
from tests.sandbox.sendgrid.keys import new_key
from tests.sandbox.sendgrid.server import make_app
from tests.sandbox.store import Document, Store

API_KEY = "SG.of-the-tests"
OUTBOX = "0b9c6d1e-6f0a-4c57-9d3d-2f4f3a1f5c11"
MAIL = Message("ada@example.com", "Welcome", "text", "<p>html</p>", OUTBOX, "welcome")
HTML = "<html><body>no</body></html>"


@pytest.fixture(scope="module")
def store() -> Store:
    return Store()


@pytest.fixture(scope="module")
def vendor(store: Store) -> Iterator[tuple[Faults, str]]:
    app = make_app(store, api_key=API_KEY, signing_key=new_key())
    with running(app) as url:
        yield app, url


@pytest.fixture
async def client(vendor: tuple[Faults, str], store: Store) -> AsyncIterator[SendGrid]:
    for mail in store.all("mail"):
        store.delete("mail", mail["key"])
    async with SendGrid(vendor[1], API_KEY, "hello@market.example", "Hammertime") as made:
        yield made


def kept(store: Store) -> list[Document]:
    return store.all("mail")


async def failure_of(client: SendGrid, message: Message = MAIL) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await client.send(message)
    assert message.to not in str(caught.value)
    return caught.value


async def test_a_mail_is_accepted_with_the_vendors_id(client: SendGrid, store: Store) -> None:
    accepted = await client.send(MAIL)
    (found,) = kept(store)
    assert accepted == Accepted(found["message_id"])
    assert (found["to"], found["sender"]) == ("ada@example.com", "Hammertime <hello@market.example>")
    assert (found["subject"], found["text"], found["html"]) == ("Welcome", "text", "<p>html</p>")


async def test_nothing_about_a_person_is_stored_for_long_and_nobody_is_watched(client: SendGrid, store: Store) -> None:
    await client.send(MAIL)
    (found,) = kept(store)
    assert (found["categories"], found["custom_args"]) == (["welcome"], {"outbox_id": OUTBOX})
    assert found["is_tracked"] is False


async def test_an_address_that_the_vendor_refuses_is_data(client: SendGrid) -> None:
    assert await client.send(replace(MAIL, to="not an address")) == Refused("address refused")


async def test_a_form_that_the_vendor_refuses_is_our_mistake_and_names_its_field(client: SendGrid) -> None:
    failure = await failure_of(client, replace(MAIL, subject=""))
    assert (type(failure), failure.reason) == (RejectedError, "status 400 subject")


async def test_a_wrong_key_is_our_mistake(vendor: tuple[Faults, str]) -> None:
    async with SendGrid(vendor[1], "SG.other", "hello@market.example", "Hammertime") as stranger:
        failure = await failure_of(stranger)
    assert (type(failure), failure.reason) == (RejectedError, "status 401")


@pytest.mark.parametrize(
    ("mode", "kind", "count"),
    [
        (Mode.TOO_MANY, UnavailableError, 0),
        (Mode.ERROR_500, OutcomeUnknownError, 0),
        (Mode.HTML, OutcomeUnknownError, 0),
        (Mode.CUT_BEFORE, OutcomeUnknownError, 0),
        (Mode.CUT_AFTER, OutcomeUnknownError, 1),
    ],
)
async def test_a_failing_vendor_says_whether_the_mail_may_be_sent_again(
    vendor: tuple[Faults, str], client: SendGrid, store: Store, mode: Mode, kind: type[ProviderError], count: int
) -> None:
    vendor[0].plan(Fault(mode, path="/v3/"))
    failure = await failure_of(client)
    assert type(failure) is kind
    assert len(kept(store)) == count
    assert isinstance(await client.send(MAIL), Accepted)


async def test_the_vendor_may_say_when_to_come_back(vendor: tuple[Faults, str], client: SendGrid) -> None:
    vendor[0].plan(Fault(Mode.TOO_MANY, path="/v3/"))
    failure = await failure_of(client)
    assert isinstance(failure, UnavailableError)
    assert failure.retry_after_s == 1.0


async def test_a_vendor_that_nobody_reaches_has_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with SendGrid(url, API_KEY, "hello@market.example", "Hammertime") as client:
            assert type(await failure_of(client)) is UnavailableError


async def test_a_silent_vendor_may_have_the_mail(vendor: tuple[Faults, str], client: SendGrid) -> None:
    assert client._client.timeout == httpx.Timeout(10.0)
    client._client.timeout = httpx.Timeout(0.2)
    vendor[0].plan(Fault(Mode.SLOW, path="/v3/", seconds=1.0))
    failure = await failure_of(client)
    assert (type(failure), failure.reason) == (OutcomeUnknownError, "ReadTimeout")


@pytest.mark.parametrize(
    ("answer", "kind", "retry_after_s"),
    [
        (Response(HTML, 413), RejectedError, None),
        (Response(b'{"errors": []}', 403), RejectedError, None),
        (Response(b'{"errors": [{"field": "<script>"}]}', 400), RejectedError, None),
        (Response(b"\xff", 400), RejectedError, None),
        (Response(HTML, 503), UnavailableError, None),
        (Response(HTML, 429, {"retry-after": "99999"}), UnavailableError, 3_600.0),
        (Response(HTML, 429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}), UnavailableError, None),
        (Response(b"", 200), OutcomeUnknownError, None),
        (Response(HTML, 504), OutcomeUnknownError, None),
        (Response(status_code=302, headers={"location": "/elsewhere"}), RejectedError, None),
    ],
)
async def test_answers_that_are_not_json_are_understood(
    answer: Response, kind: type[ProviderError], retry_after_s: float | None
) -> None:
    async def send(request: Request) -> Response:
        return answer

    with running(Starlette(routes=[Route("/v3/mail/send", send, methods=["POST"])])) as url:
        async with SendGrid(url, API_KEY, "hello@market.example", "Hammertime") as client:
            failure: Any = await failure_of(client)
    assert type(failure) is kind
    assert getattr(failure, "retry_after_s", None) == retry_after_s
    assert "<" not in failure.reason


def test_a_message_shows_neither_its_reader_nor_its_words() -> None:
    assert repr(MAIL) == f"Message(outbox_id={OUTBOX!r}, category='welcome')"
