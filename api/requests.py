"""The one middleware, in plain ASGI: request ids, security headers, the body limit, metrics and the last safety net."""

import re
import secrets
import time
from urllib.parse import unquote_plus

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CardNumberError, problem, problem_of_unexpected
from domain.cards import holds_card_number

BODY_MAX = 64 * 1024
# What the Temporal UI wants decoded is as large as what Temporal stores; vendors send many events at once, and sellers
# files with thousands of vehicles.
LARGER_BODIES = {
    "/codec/decode": 4_000_000,
    "/webhooks/persona": 1_000_000,
    "/webhooks/sendgrid": 1_000_000,
    "/api/vehicles/import": 10_000_000,
    "/sell/import": 10_000_000,
    "/sell/import/confirm": 10_000_000,
}
SLOW_S = 1.0
# Vendors' webhooks and encrypted payloads are no text of ours; files are checked for what they are where they arrive.
UNSCANNED = ("/webhooks/", "/codec/")
UPLOAD = b"multipart/form-data"
TEXT_KEPT = 64
DIGITS_MAX = 18
GOOD_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
NO_STORE = (b"cache-control", b"no-store")
TOO_LARGE = "A request may carry {} KB."
log = structlog.get_logger("api")


class Metrics:
    """Requests by route, counted once their answer starts, so that a stream does not count by its length."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self._answers = Counter("http_requests", "Answers started.", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Time to the start of the answer.", ("route",), registry=registry
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._answers.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)


class Requests:
    """Wraps the whole application; see the module."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = (*HEADERS, HSTS) if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; lifespan messages pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(headers)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=state["request_id"])
        exchange = _Exchange(scope, receive, send, self._headers)
        try:
            if _declared_length(headers) > exchange.body_max:
                await problem(scope, 413, "TOO_LARGE", _too_large(exchange.body_max))(scope, receive, exchange.send)
                return
            if _names_card(scope["path"].encode() + b" " + scope["query_string"]):
                refused = CardNumberError()
                await problem(scope, 400, refused.code, refused.detail)(scope, receive, exchange.send)
                return
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if exchange.started:
                raise
            await problem_of_unexpected(scope)(scope, receive, exchange.send)


class _Exchange:
    """One request and its answer on the way through."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self.started = False
        self.body_max = LARGER_BODIES.get(scope["path"], BODY_MAX)
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = headers
        self._read = 0
        self._text = b""
        self._scanned = not scope["path"].startswith(UNSCANNED) and not _is_upload(scope)
        self._begun = time.perf_counter()

    async def receive(self) -> Message:
        """Pass on a piece of the body, up to the limit."""
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self.body_max:
            raise HTTPException(413, _too_large(self.body_max))
        if self._scanned:
            self._scan(message)
        return message

    def _scan(self, message: Message) -> None:
        """Raise CardNumberError for a card's number in the body; one that two pieces share is seen with the second."""
        seen = self._text + message.get("body", b"")
        last = not message.get("more_body", False)
        # A number at the very end may go on in the next piece, so that it is judged with that.
        if _names_card(seen if last else seen[:-TEXT_KEPT]):
            raise CardNumberError
        self._text = b"" if last else seen[-2 * TEXT_KEPT :]

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer, with our headers on its start."""
        if message["type"] == "http.response.start":
            self.started = True
            self._dress(message)
            self._note(int(message["status"]))
        await self._send(message)

    def _dress(self, message: Message) -> None:
        given: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        names = {name.lower() for name, _ in given}
        given.extend(header for header in self._headers if header[0] not in names)
        if b"cache-control" not in names:
            given.append(NO_STORE)
        given.append((b"x-request-id", self._scope["state"]["request_id"].encode()))
        message["headers"] = given

    def _note(self, status: int) -> None:
        seconds = time.perf_counter() - self._begun
        route = getattr(self._scope.get("route"), "path", "unknown")
        metrics: Metrics = self._scope["app"].state.services.metrics
        metrics.note(self._scope["method"], route, status, seconds)
        if seconds > SLOW_S:
            log.warning("request_was_slow", route=route, status=int(status), seconds=round(seconds, 3))


def _names_card(text: bytes) -> bool:
    read = text.decode("latin-1")
    return holds_card_number(unquote_plus(read) if "%" in read or "+" in read else read)


def _is_upload(scope: Scope) -> bool:
    return any(name == b"content-type" and value.startswith(UPLOAD) for name, value in scope["headers"])


def _too_large(body_max: int) -> str:
    return TOO_LARGE.format(body_max // 1024)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if GOOD_REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _declared_length(headers: Headers) -> int:
    given = headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= DIGITS_MAX else 0
