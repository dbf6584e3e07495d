"""A Persona sandbox that serves in this process, with somebody who takes its webhooks: what its tests, and those of our
client, stand on."""

import contextlib
import json
import queue
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from temporal.stack.ports import LOOPBACK, free_port
from tests.sandbox.persona.config import VERSION, Config
from tests.sandbox.persona.server import create_app
from tests.sandbox.running import running

API_KEY = "persona_sandbox_3f9c"
SECRETS = ("wbhsec_new", "wbhsec_old")
TEMPLATE = "itmpl_sandbox"
HEADERS = {"authorization": f"Bearer {API_KEY}", "persona-version": VERSION, "key-inflection": "kebab"}
WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook as it came."""

    raw: bytes
    headers: Mapping[str, str]

    @property
    def event(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.raw)["data"]
        return body

    @property
    def name(self) -> str:
        return str(self.event["attributes"]["name"])


@dataclass(slots=True)
class Inbox:
    """Takes webhooks; `answers` are the statuses of the next ones, 200 after that."""

    arrived: "queue.Queue[Webhook]" = field(default_factory=queue.Queue)
    answers: list[int] = field(default_factory=list)

    def app(self) -> Starlette:
        async def take(request: Request) -> Response:
            self.arrived.put(Webhook(await request.body(), dict(request.headers)))
            return Response(status_code=self.answers.pop(0) if self.answers else 200)

        return Starlette(routes=[Route("/", take, methods=["POST"])])

    def take(self, count: int) -> list[Webhook]:
        """The next webhooks, in the order in which they came."""
        return [self.arrived.get(timeout=WAIT_S) for _ in range(count)]

    def names(self, count: int) -> list[str]:
        """What the next webhooks are about."""
        return [webhook.name for webhook in self.take(count)]


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox, spoken to as an API client, as a browser, and as the one who makes it fail."""

    url: str
    http: httpx.Client
    inbox: Inbox

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One API call; header names are written with underscores, an empty value leaves a header out."""
        changed = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in changed.items() if value}
        return self.http.request(method, f"{self.api_url}{path}", json=body, headers=sent)

    def create(self, reference_id: str = "user-1", key: str | None = None, **fields: str) -> httpx.Response:
        """Create an inquiry as our client does."""
        return self.call("POST", "/inquiries", creation(reference_id, **fields), idempotency_key=key or uuid4().hex)

    def created(self, reference_id: str = "user-1", **fields: str) -> str:
        """The id of a new inquiry."""
        return str(self.create(reference_id, **fields).json()["data"]["id"])

    def simulate(self, inquiry_id: str, *actions: str) -> httpx.Response:
        """Let things happen to an inquiry."""
        body = {"meta": {"simulate-actions": [{"type": action} for action in actions]}}
        return self.call("POST", f"/inquiries/{inquiry_id}/perform-simulate-actions", body)

    def status(self, inquiry_id: str) -> str:
        """How the API sees the inquiry."""
        return str(self.call("GET", f"/inquiries/{inquiry_id}").json()["data"]["attributes"]["status"])

    def control(self, what: str, **wanted: Any) -> None:
        """Steer the sandbox."""
        self.http.post(f"{self.url}/_sandbox/{what}", json=wanted).raise_for_status()

    def choose(self, link: str, ending: str) -> httpx.Response:
        """Open a one-time link as a browser does and press a button."""
        page = self.http.get(link)
        session = page.text.partition('name="session" value="')[2].partition('"')[0]
        return self.http.post(f"{self.url}/verify", data={"session": session, "ending": ending})


def creation(reference_id: str, redirect_uri: str | None = None, **fields: str) -> dict[str, Any]:
    """The body of a new inquiry; fields are written with underscores."""
    attributes: dict[str, Any] = {"inquiry-template-id": TEMPLATE}
    attributes["fields"] = {name.replace("_", "-"): value for name, value in fields.items()}
    if redirect_uri is not None:
        attributes["redirect-uri"] = redirect_uri
    meta = {
        "auto-create-account": True,
        "auto-create-account-reference-id": reference_id,
        "auto-create-inquiry-session": True,
        "auto-create-one-time-link": True,
        "expiration-after-create-interval-seconds": 3600,
    }
    return {"data": {"attributes": attributes}, "meta": meta}


@contextlib.contextmanager
def stage(port: int = 0, **changes: Any) -> Iterator[Stage]:
    """A sandbox with a receiver for its webhooks; `changes` are of its Config."""
    inbox = Inbox()
    with running(inbox.app()) as webhook_url, contextlib.ExitStack() as stack:
        # The one-time links need the port before there is a server.
        port = port or free_port()
        given = {"api_key": API_KEY, "public_url": f"http://{LOOPBACK}:{port}", "webhook_secrets": SECRETS}
        app = create_app(Config(**{**given, "webhook_url": f"{webhook_url}/", **changes}))
        url = stack.enter_context(running(app, port))
        http = stack.enter_context(httpx.Client(trust_env=False, timeout=WAIT_S, base_url=url))
        yield Stage(url, http, inbox)


def port_of(url: str) -> int:
    """The port in a URL."""
    return urlsplit(url).port or 0
