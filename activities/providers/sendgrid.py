"""SendGrid's v3 mail API: one mail to one address, over one client with its time limit set."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError

VENDOR = "sendgrid"
PATH = "/v3/mail/send"
TIMEOUT_S = 10.0
LONGEST_WAIT_S = 3_600.0
LONGEST_ID = 100
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
FIELD = re.compile(r"[a-z0-9_.\[\]]{1,80}")
TO_FIELD = "personalizations.0.to"


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. `outbox_id` comes back in every event; `category` names the kind. SendGrid stores both for long and
    cannot redact them, so neither may tell anything about a person."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    outbox_id: str
    category: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """SendGrid has queued the mail, which is not delivered by that. Its events' ids begin with `message_id`."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """SendGrid will not send to this address; `reason` is a short code without the address."""

    reason: str


class SendGrid:
    """The account at SendGrid that one process sends from.

    SendGrid knows no idempotency key: at this edge a mail is sent at least once. So each mail is claimed in our outbox
    before it is sent, and an unknown outcome is an OutcomeUnknownError: the outbox id, which comes back in the events,
    is waited for, and only then is the mail sent again, at most once.
    """

    def __init__(self, url: str, api_key: str, sender_email: str, sender_name: str) -> None:
        self._sender = {"email": sender_email, "name": sender_name}
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {api_key}", "content-type": "application/json"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def send(self, message: Message) -> Accepted | Refused:
        """Hand one mail over.

        Raises UnavailableError where SendGrid has certainly not taken it (not reached, 429, 503), OutcomeUnknownError
        where nobody knows (cut or silent connections, other 5xx), RejectedError for the key, the sender, the size or
        the form of the request.
        """
        try:
            answer = await self._client.post(PATH, content=msgspec.json.encode(self._body(message)))
        except NOT_SENT as error:
            raise UnavailableError(VENDOR, type(error).__name__) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknownError(VENDOR, type(error).__name__) from None
        return _outcome(answer)

    def _body(self, message: Message) -> dict[str, Any]:
        # Tracking would put a picture into the mail and send its links, some of them secrets, through other hosts.
        return {
            "personalizations": [{"to": [{"email": message.to}]}],
            "from": self._sender,
            "subject": message.subject,
            "content": [
                {"type": "text/plain", "value": message.text},
                {"type": "text/html", "value": message.html},
            ],
            "categories": [message.category],
            "custom_args": {"outbox_id": message.outbox_id},
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
            },
        }


def _outcome(answer: httpx.Response) -> Accepted | Refused:
    status = answer.status_code
    if status == HTTPStatus.ACCEPTED:
        return Accepted(answer.headers.get("x-message-id", "")[:LONGEST_ID])
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise UnavailableError(VENDOR, f"status {status}", _retry_after(answer))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.is_success:
        raise OutcomeUnknownError(VENDOR, f"status {status}")
    wrong = _wrong_field(answer.content)
    if status == HTTPStatus.BAD_REQUEST and wrong.startswith(TO_FIELD):
        return Refused("address refused")
    raise RejectedError(VENDOR, f"status {status} {wrong}".strip())


def _wrong_field(body: bytes) -> str:
    """The first field that SendGrid complains about; an edge server may answer with HTML instead."""
    try:
        found = msgspec.json.decode(body)["errors"][0]["field"]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        return ""
    return found if isinstance(found, str) and FIELD.fullmatch(found) else ""


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else None
