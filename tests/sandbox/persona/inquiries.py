"""Persona's inquiries: which status follows which, what each change tells the webhooks, and when something expires."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.clock import from_text, to_text
from tests.sandbox.persona import wire
from tests.sandbox.persona.answers import Json, Refusal, not_found
from tests.sandbox.persona.checks import DAY_S
from tests.sandbox.persona.config import Clock
from tests.sandbox.store import Document, Store


@dataclass(frozen=True, slots=True)
class Move:
    """From which statuses an action leads to which, the event it sends, and the time it sets."""

    origins: frozenset[str]
    target: str
    event: str
    time: str


OPEN = frozenset({"created", "pending"})
MOVES = {
    "start_inquiry": Move(frozenset({"created"}), "pending", "inquiry.started", "started-at"),
    "complete_inquiry": Move(frozenset({"pending"}), "completed", "inquiry.completed", "completed-at"),
    "fail_inquiry": Move(frozenset({"pending"}), "failed", "inquiry.failed", "failed-at"),
    "expire_inquiry": Move(OPEN, "expired", "inquiry.expired", "expired-at"),
    "mark_for_review_inquiry": Move(
        frozenset({"completed"}), "needs_review", "inquiry.marked-for-review", "marked-for-review-at"
    ),
    # A reviewer may think again.
    "approve_inquiry": Move(
        frozenset({"completed", "needs_review", "declined"}), "approved", "inquiry.approved", "decisioned-at"
    ),
    "decline_inquiry": Move(
        frozenset({"completed", "needs_review", "approved"}), "declined", "inquiry.declined", "decisioned-at"
    ),
}
DECISIONS = frozenset({"approved", "declined"})


class Inquiries:
    """All inquiries, accounts, links and sessions of one sandbox; `send` takes each webhook's raw body."""

    def __init__(self, store: Store, clock: Clock, send: Callable[[bytes], None]) -> None:
        self._store = store
        self._clock = clock
        self._send = send

    def create(self, template: str, attributes: Json, meta: Json) -> Document:
        """A new inquiry, on the account of its reference id."""
        reference_id = meta.get("auto-create-account-reference-id")
        account = self._account(reference_id) if meta.get("auto-create-account", True) else None
        now = self._clock.now()
        lifetime = timedelta(seconds=meta.get("expiration-after-create-interval-seconds", DAY_S))
        document: Document = {
            "id": wire.new_id("inq"),
            "attributes": wire.attributes(reference_id, attributes.get("fields", {})),
            "account": account,
            "template": template,
            "reviewer": None,
            "sessions": [],
            "redirect": attributes.get("redirect-uri"),
        }
        document["attributes"] |= {"created-at": to_text(now), "updated-at": to_text(now)}
        document["attributes"] |= {"expires-at": to_text(now + lifetime), "note": attributes.get("note")}
        self._keep(document, "inquiry.created")
        return document

    def get(self, key: str) -> Document:
        """The inquiry as it is now; Refusal(404) for an id that is none."""
        document = self._store.get("inquiry", key)
        if document is None:
            raise not_found()
        return self._expire(document)

    def newest_first(self) -> list[Document]:
        """All inquiries as they are now."""
        return [self._expire(document) for document in reversed(self._store.all("inquiry"))]

    def act(self, key: str, actions: Sequence[str]) -> Document:
        """Take all the steps, or none and Refusal(422) when one of them is not allowed."""
        document = self._live(key)
        status = document["attributes"]["status"]
        for action in actions:
            if status not in MOVES[action].origins:
                raise Refusal(422, "Unprocessable entity", f"{action} is not possible in status {status}")
            status = MOVES[action].target
        for action in actions:
            self._move(document, MOVES[action])
        return document

    def resume(self, key: str) -> tuple[Document, str]:
        """Open an expired inquiry again, leave an open one as it is; with a token for a session."""
        document = self._live(key)
        facts = document["attributes"]
        if facts["status"] not in OPEN | {"expired"}:
            raise Refusal(422, "Unprocessable entity", f"an inquiry in status {facts['status']} cannot be resumed")
        if facts["status"] == "expired":
            now = self._clock.now()
            expires_at = to_text(now + timedelta(seconds=DAY_S))
            facts |= {"status": "pending", "expires-at": expires_at, "expired-at": None, "updated-at": to_text(now)}
            self._keep(document, "inquiry.transitioned")
        return document, self.session(document)

    def redact(self, key: str) -> Document:
        """Forget the person: every field's value, and the ways into the flow."""
        document = self._live(key)
        facts, now = document["attributes"], to_text(self._clock.now())
        facts |= {"redacted-at": now, "updated-at": now, "note": None}
        facts["fields"] = {name: {**field, "value": None} for name, field in facts["fields"].items()}
        self._keep(document, "inquiry.redacted")
        return document

    def link(self, document: Document, seconds: int = DAY_S) -> str:
        """The code of a new one-time link into an open inquiry."""
        if document["attributes"]["status"] not in OPEN:
            raise Refusal(422, "Unprocessable entity", "the inquiry is not open")
        code = wire.new_id("us1", 32).replace("_", "-")
        expires_at = to_text(self._clock.now() + timedelta(seconds=seconds))
        self._store.put("link", code, {"inquiry": document["id"], "expires-at": expires_at})
        return code

    def session(self, document: Document) -> str:
        """The token of a new session."""
        token, key = wire.new_id("session", 40), wire.new_id("iqse")
        self._store.put("session", token, {"inquiry": document["id"]})
        document["sessions"].append(key)
        self._store.put("inquiry", document["id"], document)
        return token

    def open_link(self, code: str) -> tuple[Document, str] | None:
        """Use a link up and start its inquiry: the inquiry and a session; None for a link that is used, old or none."""
        link = self._store.get("link", code)
        self._store.delete("link", code)
        if link is None or from_text(link["expires-at"]) <= self._clock.now():
            return None
        document = self.get(link["inquiry"])
        if not self._is_open(document):
            return None
        if document["attributes"]["status"] == "created":
            self._move(document, MOVES["start_inquiry"])
        return document, self.session(document)

    def of_session(self, token: str) -> Document | None:
        """The inquiry of a session that is not used yet."""
        session = self._store.get("session", token)
        return None if session is None else self.get(session["inquiry"])

    def finish(self, token: str, actions: Sequence[str]) -> Document | None:
        """Use a session up and take the steps; None for a session that is used, or whose inquiry is not open."""
        document = self.of_session(token)
        self._store.delete("session", token)
        if document is None or not self._is_open(document):
            return None
        return self.act(document["id"], actions)

    def _account(self, reference_id: str | None) -> str:
        account = None if reference_id is None else self._store.get("account", reference_id)
        if account is None:
            account = {"id": wire.new_id("act")}
            self._store.put("account", reference_id or account["id"], account)
        return str(account["id"])

    def _live(self, key: str) -> Document:
        document = self.get(key)
        if document["attributes"]["redacted-at"] is not None:
            raise Refusal(409, "Conflict", "Inquiry already redacted")
        return document

    def _is_open(self, document: Document) -> bool:
        return document["attributes"]["status"] in OPEN and document["attributes"]["redacted-at"] is None

    def _expire(self, document: Document) -> Document:
        if self._is_open(document) and from_text(document["attributes"]["expires-at"]) <= self._clock.now():
            self._move(document, MOVES["expire_inquiry"])
        return document

    def _move(self, document: Document, move: Move) -> None:
        now = to_text(self._clock.now())
        document["attributes"] |= {"status": move.target, move.time: now, "updated-at": now}
        if move.target in DECISIONS:
            document["reviewer"] = document["reviewer"] or wire.new_id("wfr")
        self._keep(document, move.event)

    def _keep(self, document: Document, event: str) -> None:
        self._store.put("inquiry", document["id"], document)
        body = wire.event(event, wire.inquiry(document), to_text(self._clock.now()))
        self._send(json.dumps(body, ensure_ascii=False).encode())
