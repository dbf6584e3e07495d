"""Persona, who verifies identities: our one client of its REST API, version 2025-12-08. What it answers about a person
is not asked for, but for `legal_identity`."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import httpx
import msgspec

from activities.providers.failures import OutcomeUnknownError, ProviderError, RejectedError, UnavailableError
from activities.providers.persona_answers import (
    FACTS,
    PERSON,
    Errors,
    Identity,
    Inquiry,
    LegalIdentity,
    Link,
    Many,
    One,
    newest,
)

VENDOR = "persona"
VERSION = "2025-12-08"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 10.0
EXPIRES_IN_S = 86_400
PAGE_SIZE = 25
PAGES_MAX = 20

INQUIRY_ID = re.compile(r"inq_[A-Za-z0-9_-]{1,60}")
ANSWERED = "http_"
KEY_REUSED = "idempotency_key_reused"
# 401 and 429 are answered before Persona looks at the key, and keep it good.
KEYLESS_ANSWERS = frozenset({"http_401", "http_429"})

T = TypeVar("T")


def needs_fresh_key(failure: ProviderError) -> bool:
    """Whether `create_inquiry` needs another idempotency key after this failure. Persona keeps the first answer to a
    key for a day, a 500 too, and only repeats it; where nothing was answered, the same key finds what was made."""
    return failure.reason == KEY_REUSED or (
        failure.reason.startswith(ANSWERED) and failure.reason not in KEYLESS_ANSWERS
    )


class Persona:
    """Persona at `url` (with `/api/v1`), with one inquiry template (`itmpl_...`). Close it, or use it as `async with`.

    Every call raises UnavailableError when nothing happened (`retry_after_s` when Persona is rate limiting), and
    RejectedError when Persona refuses what we sent. One that changes something raises OutcomeUnknownError when no
    answer came back or none that can be read: after a timeout, a lost connection, a 5xx, or a gateway's page."""

    def __init__(self, url: str, api_key: str, template_id: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        if not template_id.startswith("itmpl_"):
            raise ValueError("an inquiry template's id starts with itmpl_")
        self._template_id = template_id
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={
                "authorization": f"Bearer {api_key}",
                "persona-version": VERSION,
                "key-inflection": "kebab",
                "accept": "application/json",
            },
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def create_inquiry(
        self,
        reference_id: str,
        idempotency_key: str,
        fields: Mapping[str, str] | None = None,
        *,
        redirect_uri: str | None = None,
        expires_in_s: int = EXPIRES_IN_S,
    ) -> Inquiry:
        """Start a verification of the person we call `reference_id`, and give it with its one-time link. `fields` are
        prefilled: `name-first`, `name-last`, `birthdate`, ...

        The caller makes `idempotency_key`, a UUID, and writes it down before the first try, with the parameters: the
        same key with others is refused. After an OutcomeUnknownError the caller asks `newest_inquiry` first. Where that
        finds none, it tries again: with the same key, or with a fresh one where `needs_fresh_key` says so."""
        attributes: dict[str, Any] = {"inquiry-template-id": self._template_id}
        if fields:
            attributes["fields"] = dict(fields)
        if redirect_uri is not None:
            attributes["redirect-uri"] = redirect_uri
        meta = {
            "auto-create-account": True,
            "auto-create-account-reference-id": reference_id,
            "auto-create-inquiry-session": True,
            "auto-create-one-time-link": True,
            "expiration-after-create-interval-seconds": expires_in_s,
        }
        body = {"data": {"attributes": attributes}, "meta": meta}
        return (await self._post("/inquiries", One, body, idempotency_key)).inquiry()

    async def inquiry(self, inquiry_id: str) -> Inquiry | None:
        """The inquiry as it is now; None when Persona knows none of that id. Webhooks and the browser's return are only
        reasons to ask this."""
        response = await self._get(_path(inquiry_id), {"fields[inquiry]": FACTS})
        return None if response is None else _read(response, One, writes=False).inquiry()

    async def newest_inquiry(self, reference_id: str) -> Inquiry | None:
        """The newest inquiry of a person that is neither expired nor redacted: the only one that counts."""
        found: list[Inquiry] = []
        after: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            query = {"filter[reference-id]": reference_id, "page[size]": str(PAGE_SIZE), "fields[inquiry]": FACTS}
            response = await self._get("/inquiries", query | after)
            if response is None:
                raise RejectedError(VENDOR, "http_404")
            page = _read(response, Many, writes=False)
            found += page.inquiries()
            if newest(found) or page.links.next is None or not page.data:
                break
            after = {"page[after]": page.data[-1].id}
        return newest(found)

    async def legal_identity(self, inquiry_id: str) -> LegalIdentity | None:
        """Whom the inquiry is about; None when there is no such inquiry, or no name in it (any more)."""
        response = await self._get(_path(inquiry_id), {"fields[inquiry]": PERSON})
        return None if response is None else _read(response, Identity, writes=False).legal_identity()

    async def one_time_link(self, inquiry_id: str, expires_in_s: int) -> str:
        """Another link into an open inquiry. After an OutcomeUnknownError just ask again: a link nobody got harms
        nobody, and expires."""
        body = {"meta": {"expires-in-seconds": expires_in_s}}
        return (await self._post(_path(inquiry_id, "/generate-one-time-link"), Link, body)).meta.one_time_link

    async def resume(self, inquiry_id: str) -> Inquiry:
        """Open an expired inquiry again. After an OutcomeUnknownError just ask again: an open one stays as it is."""
        return (await self._post(_path(inquiry_id, "/resume"), One)).inquiry()

    async def redact(self, inquiry_id: str) -> None:
        """Let Persona forget the person for good; done already is done. As it may be repeated, no answer is an
        UnavailableError."""
        response = await self._send("DELETE", _path(inquiry_id), {"fields[inquiry]": FACTS}, writes=False)
        if response.status_code == httpx.codes.CONFLICT:
            # A conflict is also what two changes at once are told, so the inquiry itself has to say that it is done.
            found = await self.inquiry(inquiry_id)
            if found is not None and found.redacted_at is not None:
                return
            raise UnavailableError(VENDOR, "http_409")
        _check(response, writes=False)

    async def _get(self, path: str, query: dict[str, str]) -> httpx.Response | None:
        response = await self._send("GET", path, query, writes=False)
        # A wrong address is answered 404 too, but not in Persona's words.
        if response.status_code == httpx.codes.NOT_FOUND and _errors(response):
            return None
        _check(response, writes=False)
        return response

    async def _post(self, path: str, kind: type[T], body: Any = None, key: str | None = None) -> T:
        headers = {"idempotency-key": key} if key is not None else {}
        query = {"fields[inquiry]": FACTS}
        response = await self._send("POST", path, query, body=body, headers=headers, writes=True)
        _check(response, writes=True)
        return _read(response, kind, writes=True)

    async def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        writes: bool,
    ) -> httpx.Response:
        # `from None`: the library's errors hold the request, and with it the key and the person's name.
        try:
            return await self._client.request(method, path, params=query, json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise UnavailableError(VENDOR, "unreachable") from None
        except httpx.UnsupportedProtocol:
            raise RejectedError(VENDOR, "url") from None
        except httpx.TimeoutException:
            _lost("timeout", writes=writes)
        except httpx.RequestError:
            _lost("connection_lost", writes=writes)


def _path(inquiry_id: str, rest: str = "") -> str:
    """An id may have come through a browser: one that is none must not become another path."""
    if not INQUIRY_ID.fullmatch(inquiry_id):
        raise RejectedError(VENDOR, "inquiry_id")
    return f"/inquiries/{inquiry_id}{rest}"


def _check(response: httpx.Response, *, writes: bool) -> None:
    """Return when the answer is one, raise what it means otherwise."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise UnavailableError(VENDOR, "http_429", _retry_after(response))
    if response.is_client_error and status != httpx.codes.REQUEST_TIMEOUT:
        raise RejectedError(VENDOR, KEY_REUSED if "Idempotency error" in _errors(response) else f"{ANSWERED}{status}")
    if not response.is_success:
        _lost(f"{ANSWERED}{status}", writes=writes)


def _read(response: httpx.Response, kind: type[T], *, writes: bool) -> T:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # `from None`: the cause may quote the answer.
        _lost("unreadable", writes=writes)


def _lost(reason: str, *, writes: bool) -> NoReturn:
    """No answer to a question is harmless, to a change it is not."""
    if writes:
        raise OutcomeUnknownError(VENDOR, reason) from None
    raise UnavailableError(VENDOR, reason) from None


def _errors(response: httpx.Response) -> list[str]:
    """The titles of what Persona says is wrong; none where the answer is not Persona's."""
    try:
        return [error.title for error in msgspec.json.decode(response.content, type=Errors).errors]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds until the rate limit's window ends, as Persona says it, or as a gateway before it does."""
    for name in ("ratelimit-reset", "retry-after"):
        value = response.headers.get(name, "")
        if value.isascii() and value.isdecimal():
            return float(value)
    return None
