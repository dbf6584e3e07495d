"""Persona's REST API of inquiries, as far as it is used: `/api/v1/inquiries` and what is below it."""

import re
from collections.abc import Callable
from urllib.parse import quote

from tests.sandbox.persona import checks, wire
from tests.sandbox.persona.answers import Answer, Call, Json, Refusal, bad_request, not_found
from tests.sandbox.persona.config import Config
from tests.sandbox.persona.inquiries import MOVES, Inquiries
from tests.sandbox.store import Document

PAGE_SIZE = 10
LARGEST_PAGE = 100
SPARSE = "fields[inquiry]"
FILTERS = {"filter[reference-id]", "filter[account-id]", "filter[inquiry-id]", "filter[status]"}
PAGING = {"page[size]", "page[after]", "page[before]"}


class Endpoints:
    """Answers a call that passed the gate."""

    def __init__(self, config: Config, inquiries: Inquiries) -> None:
        self._config = config
        self._inquiries = inquiries
        one = r"/inquiries/(inq_\w+)"
        self._routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("POST", "/inquiries", self._create),
            ("GET", "/inquiries", self._list),
            ("GET", one, self._read),
            ("DELETE", one, self._redact),
            ("POST", f"{one}/generate-one-time-link", self._link),
            ("POST", f"{one}/resume", self._resume),
            ("POST", f"{one}/perform-simulate-actions", self._simulate),
        ]

    def __call__(self, call: Call) -> Answer:
        """Find the endpoint; Refusal(404) where there is none."""
        for method, pattern, endpoint in self._routes:
            found = re.fullmatch(pattern, call.path)
            if found and method == call.method:
                return endpoint(call, *found.groups())
        raise not_found()

    def _create(self, call: Call) -> Answer:
        body = checks.body(call.body, checks.CREATE)
        if "attributes" not in body.get("data", {}):
            raise bad_request("data.attributes is missing")
        attributes, meta = body["data"]["attributes"], body.get("meta", {})
        template = checks.template(attributes)
        if template != self._config.template_id:
            raise not_found()
        if "auto-create-account-reference-id" in meta and meta.get("auto-create-account") is False:
            raise bad_request("meta.auto-create-account-reference-id needs meta.auto-create-account")
        document = self._inquiries.create(template, attributes, meta)
        session = self._inquiries.session(document) if meta.get("auto-create-inquiry-session") else None
        link = self._url(document) if meta.get("auto-create-one-time-link") else None
        return _one(call, document, 201, {"session-token": session, "one-time-link": link, "one-time-link-short": link})

    def _read(self, call: Call, key: str) -> Answer:
        return _one(call, self._inquiries.get(key))

    def _list(self, call: Call) -> Answer:
        query = checks.query(call.query, {SPARSE} | FILTERS | PAGING)
        found = [document for document in self._inquiries.newest_first() if _passes(document, query)]
        page, is_last = _page(found, query)
        following = None if is_last else f"/api/v1/inquiries?{quote('page[after]')}={page[-1]['id']}"
        data = [wire.sparse(wire.inquiry(document), query.get(SPARSE)) for document in page]
        return Answer(200, {"data": data, "links": {"prev": None, "next": following}})

    def _redact(self, call: Call, key: str) -> Answer:
        checks.body(call.body, checks.NOTHING)
        return _one(call, self._inquiries.redact(key))

    def _link(self, call: Call, key: str) -> Answer:
        meta = checks.body(call.body, checks.LINK).get("meta", {})
        document = self._inquiries.get(key)
        if document["attributes"]["redacted-at"] is not None:
            raise Refusal(409, "Conflict", "Inquiry already redacted")
        link = self._url(document, meta.get("expires-in-seconds", checks.DAY_S))
        return _one(call, document, 200, {"one-time-link": link, "one-time-link-short": link})

    def _resume(self, call: Call, key: str) -> Answer:
        checks.body(call.body, checks.NOTHING)
        document, token = self._inquiries.resume(key)
        return _one(call, document, 200, {"session-token": token})

    def _simulate(self, call: Call, key: str) -> Answer:
        actions = checks.body(call.body, checks.SIMULATE).get("meta", {}).get("simulate-actions")
        if not actions:
            raise bad_request("meta.simulate-actions is missing")
        kinds = [checks.body(action, checks.ACTION).get("type") for action in actions]
        if not set(kinds) <= set(MOVES):
            raise bad_request("meta.simulate-actions holds an unknown type")
        return _one(call, self._inquiries.act(key, [str(kind) for kind in kinds]))

    def _url(self, document: Document, seconds: int = checks.DAY_S) -> str:
        return f"{self._config.public_url}/verify?code={self._inquiries.link(document, seconds)}"


def _one(call: Call, document: Document, status: int = 200, meta: Json | None = None) -> Answer:
    wanted = checks.query(call.query, {SPARSE}).get(SPARSE)
    body: Json = {"data": wire.sparse(wire.inquiry(document), wanted)}
    return Answer(status, body if meta is None else body | {"meta": meta})


def _passes(document: Document, query: dict[str, str]) -> bool:
    facts = {
        "filter[reference-id]": document["attributes"]["reference-id"],
        "filter[account-id]": document["account"],
        "filter[inquiry-id]": document["id"],
        "filter[status]": document["attributes"]["status"],
    }
    return all(facts[name] in query[name].split(",") for name in FILTERS & set(query))


def _page(found: list[Document], query: dict[str, str]) -> tuple[list[Document], bool]:
    """A page, and whether it is the last one."""
    size, after = query.get("page[size]", str(PAGE_SIZE)), query.get("page[after]")
    if not (size.isdecimal() and 0 < int(size) <= LARGEST_PAGE) or "page[before]" in query:
        raise bad_request("page is not valid")
    keys = [document["id"] for document in found]
    if after is not None and after not in keys:
        raise bad_request("page[after] is not valid")
    start = 0 if after is None else keys.index(after) + 1
    return found[start : start + int(size)], start + int(size) >= len(found)
