"""A SendGrid of our own: strict, forgetting nothing, with an inbox in place of the internet and signed events."""

import contextlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.deliveries import Deliveries
from tests.sandbox.faults import Faults
from tests.sandbox.sendgrid import events
from tests.sandbox.sendgrid.inbox import KIND, Inbox
from tests.sandbox.sendgrid.keys import public_text, sign
from tests.sandbox.sendgrid.mail_request import MOST_BYTES, MailRequest, complaint, complaints
from tests.sandbox.store import Store

SUPPRESSED = "suppressed"
TOO_LARGE = "<html><head><title>413 Request Entity Too Large</title></head><body>413</body></html>"


class SendGridSandbox:
    """The routes on one store. There is no idempotency key, as there is none at SendGrid: what comes twice is sent
    twice."""

    def __init__(
        self, store: Store, api_key: str, signing_key: EllipticCurvePrivateKey, webhook_url: str | None
    ) -> None:
        self._store = store
        self._api_key = api_key
        self._signing_key = signing_key
        self.deliveries = Deliveries(store, webhook_url, lambda body: sign(signing_key, body, int(time.time())))

    def routes(self) -> list[Route]:
        return [
            Route("/v3/mail/send", self._send, methods=["POST"]),
            Route("/v3/user/webhooks/event/settings/signed", self._public_key),
            *Inbox(self._store).routes(),
            *self.deliveries.routes(),
        ]

    async def _send(self, request: Request) -> Response:
        body = await request.body()
        if not self._knows(request):
            message = "The provided authorization grant is invalid, expired, or revoked"
            return JSONResponse(complaint(message), 401)
        if len(body) > MOST_BYTES:
            return HTMLResponse(TOO_LARGE, 413)
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse(complaint("Content-Type should be application/json."), 415)
        try:
            wanted = MailRequest.model_validate(json.loads(body), strict=True)
        except ValidationError as error:
            return JSONResponse(complaints(error), 400)
        except ValueError:
            return JSONResponse(complaint("Bad Request"), 400)
        return Response(status_code=202, headers={"x-message-id": self._take(wanted)})

    async def _public_key(self, request: Request) -> Response:
        if not self._knows(request):
            return JSONResponse(complaint("authorization required"), 401)
        return JSONResponse({"public_key": public_text(self._signing_key)})

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self._api_key}".encode())

    def _take(self, wanted: MailRequest) -> str:
        message_id = secrets.token_urlsafe(16)
        everybody = [address.email for each in wanted.personalizations for address in each.to]
        for place, to in enumerate(everybody):
            self._keep(f"{message_id}-{place}", message_id, to, wanted)
        return message_id

    def _keep(self, key: str, message_id: str, to: str, wanted: MailRequest) -> None:
        is_suppressed = self._store.get(SUPPRESSED, to.lower()) is not None
        fate = events.fate(to, is_suppressed=is_suppressed)
        if fate == events.BOUNCED:
            self._store.put(SUPPRESSED, to.lower(), {})
        mail = {
            "key": key,
            "message_id": message_id,
            "received_at": datetime.now(UTC).isoformat(),
            "sender": f"{wanted.sender.name or ''} <{wanted.sender.email}>".strip(),
            "to": to,
            "subject": wanted.subject,
            "text": wanted.part("text/plain"),
            "html": wanted.part("text/html"),
            "categories": wanted.categories,
            "custom_args": wanted.custom_args,
            "is_tracked": wanted.is_tracked,
            "fate": fate,
            "reason": _reason(fate, is_suppressed=is_suppressed),
        }
        self._store.put(KIND, key, mail)
        for body in events.webhooks(mail):
            self.deliveries.send(body)


def make_app(
    store: Store, *, api_key: str, signing_key: EllipticCurvePrivateKey, webhook_url: str | None = None
) -> Faults:
    """The sandbox with its faults. Without a webhook address nothing is told to anybody."""
    sandbox = SendGridSandbox(store, api_key, signing_key, webhook_url)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with sandbox.deliveries.running():
            yield

    return Faults(Starlette(routes=sandbox.routes(), lifespan=lifespan))


def _reason(fate: str, *, is_suppressed: bool) -> str | None:
    if fate != events.DROPPED:
        return None
    return "Bounced Address" if is_suppressed else "Unsubscribed Address"
