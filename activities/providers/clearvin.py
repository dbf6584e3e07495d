"""ClearVIN, who sells reports on VINs: our one client of its vendor API. Each report that it answers costs a credit."""

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx
import msgspec

from activities.providers.clearvin_report import read_report
from activities.providers.decoder_answers import Fetched, text
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError

VENDOR = "clearvin"
CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 20.0
LARGEST = 4_000_000
# Of the three lifetimes that ClearVIN's pages name, the shortest: for a token that does not say when it ends.
USUAL_LIFE = timedelta(minutes=10)
LONGEST_LIFE = timedelta(days=30)
# A token is replaced when a tenth of its life is left, and at least so long before its end.
LEAST_LEFT = timedelta(seconds=30)
TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
STATUS_OK, STATUS_ERROR = "ok", "error"
# What an error's message is about; the message itself is in nobody's words but ClearVIN's.
ABOUT_TOKEN = ("token", "unauthor", "jwt", "not logged in", "log in", "login", "authenticat")
ABOUT_CREDITS = ("credit", "balance", "quota", "limit reached", "payment", "subscription")
ABOUT_VIN = ("not found", "no record", "no data", "no report", "invalid vin", "unknown vin", "not decoded", "wrong vin")
SIGNED_OUT = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    good_until: datetime


class ClearVin:
    """ClearVIN at `url` (with `/rest/vendor`). Close it, or use it as `async with`.

    `decode` raises UnavailableError when no report was made, RejectedError when ClearVIN refuses us (the password, an
    address that is not registered, no credits left), and OutcomeUnknownError when a report may have been paid for and
    did not arrive: asking again may cost another credit."""

    def __init__(self, url: str, email: str, password: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._credentials = {"email": email, "password": password}
        self._token: _Token | None = None
        self._signing_in = asyncio.Lock()
        self._client = httpx.AsyncClient(
            headers={"accept": "application/json"},
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

    async def decode(self, vin: str, now: datetime) -> Fetched:
        """The report of a checked VIN, for one credit."""
        token = await self._signed_in(now, None)
        answer = await self._report(vin, token)
        if answer.is_signed_out:
            # The token ended early or was revoked: no report was made. One fresh token, and no more than one.
            answer = await self._report(vin, await self._signed_in(now, token))
        return _fetched(vin, answer, now)

    async def _signed_in(self, now: datetime, refused: str | None) -> str:
        """A token that is good now, and not the refused one. Only one caller signs in at a time."""
        async with self._signing_in:
            token = self._token
            if token is None or token.text == refused or token.good_until <= now:
                token = self._token = await self._sign_in(now)
            return token.text

    async def _sign_in(self, now: datetime) -> _Token:
        request = self._client.build_request("POST", f"{self._url}/login", json=self._credentials)
        answer = await self._send(request, costs=False)
        if answer.is_signed_out or answer.status == STATUS_ERROR:
            raise RejectedError(VENDOR, "login_refused")
        _check(answer, costs=False)
        token = answer.body.get("token")
        if answer.status != STATUS_OK or not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise UnavailableError(VENDOR, "unreadable")
        return _Token(token, _good_until(token, now))

    async def _report(self, vin: str, token: str) -> "_Answer":
        headers = {"authorization": f"Bearer {token}"}
        query = {"vin": vin, "format": "json"}
        request = self._client.build_request("GET", f"{self._url}/report", params=query, headers=headers)
        return await self._send(request, costs=True)

    async def _send(self, request: httpx.Request, *, costs: bool) -> "_Answer":
        # `from None`: the library's errors hold the request, and with it the password or the token.
        try:
            response = await self._client.send(request, stream=True)
            try:
                return await _read(response, costs=costs)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise UnavailableError(VENDOR, "unreachable") from None
        except httpx.UnsupportedProtocol:
            raise RejectedError(VENDOR, "url") from None
        except httpx.TimeoutException:
            _lost("timeout", costs=costs)
        except httpx.RequestError:
            _lost("connection_lost", costs=costs)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came: `body` is empty where it is no JSON object."""

    code: int
    body: dict[str, Any]
    raw: str
    retry_after_s: float | None

    @property
    def status(self) -> str:
        return text(self.body.get("status")).casefold()

    @property
    def message(self) -> str:
        return text(self.body.get("message"), 400).casefold()

    @property
    def is_signed_out(self) -> bool:
        """An error with HTTP 200 is as good as one with 401."""
        told = self.status == STATUS_ERROR and self.is_about(ABOUT_TOKEN)
        return (self.code in SIGNED_OUT and not self.is_about(ABOUT_CREDITS)) or told

    def is_about(self, words: tuple[str, ...]) -> bool:
        return any(word in self.message for word in words)


async def _read(response: httpx.Response, *, costs: bool) -> _Answer:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > LARGEST:
            _lost("too_large", costs=costs)
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    known = body if isinstance(body, dict) else {}
    return _Answer(response.status_code, known, content.decode(errors="replace"), _retry_after(response))


def _fetched(vin: str, answer: _Answer, now: datetime) -> Fetched:
    if answer.is_signed_out:
        raise RejectedError(VENDOR, "signed_out")
    if answer.code == httpx.codes.PAYMENT_REQUIRED or (
        answer.is_about(ABOUT_CREDITS) and answer.status == STATUS_ERROR
    ):
        raise RejectedError(VENDOR, "no_credits")
    if answer.status == STATUS_ERROR and (answer.code == httpx.codes.NOT_FOUND or answer.is_about(ABOUT_VIN)):
        return Fetched(None, answer.raw)
    _check(answer, costs=True)
    if answer.status == STATUS_ERROR:
        # It says itself that there is no report, and not why.
        raise UnavailableError(VENDOR, "status_error")
    result = answer.body.get("result")
    if answer.status != STATUS_OK or not isinstance(result, dict):
        _lost("unreadable", costs=True)
    if text(result.get("vin")).upper() not in {"", vin}:
        _lost("another_vin", costs=True)
    return Fetched(read_report(vin, result.get("report", result), now), answer.raw)


def _check(answer: _Answer, *, costs: bool) -> None:
    """Return when the answer is one, raise what it means otherwise."""
    if answer.code == httpx.codes.TOO_MANY_REQUESTS:
        raise UnavailableError(VENDOR, "http_429", answer.retry_after_s)
    if httpx.codes.is_client_error(answer.code) and answer.code != httpx.codes.REQUEST_TIMEOUT:
        raise RejectedError(VENDOR, f"http_{answer.code}")
    if not httpx.codes.is_success(answer.code):
        _lost(f"http_{answer.code}", costs=costs)


def _lost(reason: str, *, costs: bool) -> NoReturn:
    """No answer to a sign-in is harmless; a report may have been made and paid for."""
    if costs:
        raise OutcomeUnknownError(VENDOR, reason) from None
    raise UnavailableError(VENDOR, reason) from None


def _good_until(token: str, now: datetime) -> datetime:
    """When to replace a token, by its own `exp`. Its `iat` tells its life where that clock is not ours."""
    claims = _claims(token)
    ends, made = (claims.get(name) for name in ("exp", "iat"))
    life = USUAL_LIFE
    if isinstance(ends, int | float):
        began = made if isinstance(made, int | float) else now.timestamp()
        life = min(timedelta(seconds=max(0.0, min(ends - began, LONGEST_LIFE.total_seconds()))), LONGEST_LIFE)
    return now + life - max(life / 10, LEAST_LEFT)


def _claims(token: str) -> dict[str, Any]:
    """What a JWT says of itself. Its signature is ClearVIN's to check, not ours."""
    middle = token.split(".")[1:2]
    try:
        padded = "".join(middle) + "=" * (-len("".join(middle)) % 4)
        claims = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdecimal() else None
