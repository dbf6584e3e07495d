"""One question to Authorize.Net and what can go wrong on the way: the httpx client and the vendor's error table."""

import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import httpx

from activities.providers.authorize_net_answers import Answer, decode
from activities.providers.authorize_net_wire import LARGEST_PAGE, Fields, text
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError

Parsed = TypeVar("Parsed")

VENDOR = "authorize_net"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0

SYSTEM_ERROR = "E00001"
DUPLICATE_RECORD = "E00039"
NO_RECORD = "E00040"
TOO_MANY_CARDS = "E00042"
BLOCKED_ADDRESS = "E00118"
# The server is too busy, or in maintenance: it says itself that it did nothing.
BUSY = frozenset({"E00053", "E00104"})
# Bad content type, schema, method, credentials and fields: ours to repair.
REJECTED = frozenset({"E00002", "E00003", "E00004", "E00005", "E00006", "E00007", "E00013", "E00014", "E00015"})
# Invalid data, unknown or used, expired, another merchant's, not readable: all of a nonce ("OTS token").
NONCE = frozenset({"E00113", "E00114", "E00115", "E00116", "E00117"})


class Gateway:
    """The vendor at one URL as one merchant. Close it, or use it as `async with`."""

    def __init__(
        self,
        url: str,
        login_id: str,
        transaction_key: str,
        *,
        read_timeout_s: float = READ_TIMEOUT_S,
        page_size: int = LARGEST_PAGE,
    ) -> None:
        self._url = url
        self._authentication = {
            "name": text("login_id", login_id, 25),
            "transactionKey": text("transaction_key", transaction_key, 16),
        }
        self._page_size = page_size
        timeout = httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, fields: Fields, *, writes: bool, reference: str | None = None) -> Answer:
        """One request. What the vendor answers about a record, a nonce or a transaction comes back; the rest raises:
        UnavailableError when nothing happened, OutcomeUnknownError when a write may have, RejectedError for what is
        ours to repair."""
        head: Fields = {"merchantAuthentication": self._authentication}
        if reference is not None:
            head["refId"] = text("reference", reference, 20)
        response = await self._post(json.dumps({method: {**head, **fields}}).encode(), writes=writes)
        _check_status(response, writes=writes)
        try:
            answer = decode(response.content)
        except ValueError:
            _lost("unreadable", writes=writes)
        if answer.code == SYSTEM_ERROR:
            _lost(SYSTEM_ERROR, writes=writes)
        if answer.code in BUSY:
            raise UnavailableError(VENDOR, answer.code)
        if answer.code in REJECTED:
            raise RejectedError(VENDOR, answer.code)
        return answer

    async def _post(self, body: bytes, *, writes: bool) -> httpx.Response:
        try:
            return await self._client.post(self._url, content=body, headers={"content-type": "application/json"})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise UnavailableError(VENDOR, "connect") from None
        except httpx.UnsupportedProtocol:
            raise RejectedError(VENDOR, "url") from None
        except httpx.RequestError as error:
            # `from None`: the library's error holds the request, and with it the keys and the nonce.
            _lost(type(error).__name__, writes=writes)


def readable(parse: Callable[[Mapping[str, Any]], Parsed], answer: Answer) -> Parsed:
    """A look-up's answer as a value; one that we cannot read tells nothing."""
    try:
        return parse(answer.fields)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise UnavailableError(VENDOR, "unreadable") from None


def _check_status(response: httpx.Response, *, writes: bool) -> None:
    """The vendor answers 200 even to what it refuses; all else comes from its edge."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise UnavailableError(VENDOR, "http_429", _retry_after(response))
    if response.is_server_error or status == httpx.codes.REQUEST_TIMEOUT:
        _lost(f"http_{status}", writes=writes)
    if not response.is_success:
        raise RejectedError(VENDOR, f"http_{status}")


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdecimal() else None


def _lost(reason: str, *, writes: bool) -> NoReturn:
    """No answer to a look-up is harmless, to a write it is not."""
    if writes:
        raise OutcomeUnknownError(VENDOR, reason) from None
    raise UnavailableError(VENDOR, reason) from None
