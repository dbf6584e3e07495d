"""The hosted flow, as far as a demonstration needs one: a page behind a one-time link on which a person chooses how
their verification ends."""

from html import escape
from string import Template
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.sandbox.persona.inquiries import Inquiries
from tests.sandbox.store import Document

ENDINGS = {
    "pass": ("Pass", ("complete_inquiry", "approve_inquiry")),
    "review": ("Needs review", ("complete_inquiry", "mark_for_review_inquiry")),
    "fail": ("Fail", ("fail_inquiry",)),
    "decline": ("Decline", ("complete_inquiry", "decline_inquiry")),
}
# These last names end in one way whatever is chosen, so that a test can steer by whom it verifies.
STEERED = {"review": "review", "decline": "decline"}
PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; color: #1b1b1f }
button { display: block; width: 100%; margin: .5rem 0; padding: .7rem; font: inherit; cursor: pointer }
</style></head><body><main><h1>$title</h1>$content</main></body></html>
""")
NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class Page:
    """`GET /verify?code=...` uses a link up and shows the choices; `POST /verify` takes one and sends them back."""

    def __init__(self, inquiries: Inquiries) -> None:
        self._inquiries = inquiries

    def routes(self) -> list[Route]:
        """The page's routes."""
        return [
            Route("/verify", self._show, methods=["GET"]),
            Route("/verify", self._choose, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        opened = self._inquiries.open_link(request.query_params.get("code", ""))
        if opened is None:
            return _page("<p>This link was used already, or it has expired.</p>", 410)
        document, session = opened
        name = " ".join(filter(None, (_field(document, "name-first"), _field(document, "name-last"))))
        buttons = "".join(
            f'<button name="ending" value="{key}">{escape(label)}</button>' for key, (label, _) in ENDINGS.items()
        )
        return _page(
            f"<p>You verify the identity of <strong>{escape(name or 'somebody')}</strong>. How does it end?</p>"
            f'<form method="post" action="/verify"><input type="hidden" name="session" value="{session}">'
            f"{buttons}</form>"
        )

    async def _choose(self, request: Request) -> Response:
        async with request.form() as form:
            session, chosen = str(form.get("session", "")), str(form.get("ending", ""))
        if chosen not in ENDINGS:
            return _page("<p>There is no such ending.</p>", 400)
        found = self._inquiries.of_session(session)
        ending = chosen if found is None else STEERED.get((_field(found, "name-last") or "").lower(), chosen)
        document = self._inquiries.finish(session, ENDINGS[ending][1])
        if document is None:
            return _page("<p>This verification is over already.</p>", 410)
        if document["redirect"] is None:
            return _page("<p>Thank you. You may close this page.</p>")
        status = "failed" if ending == "fail" else "completed"
        return RedirectResponse(_return(document, status), 303, NO_STORE)


def _field(document: Document, name: str) -> str | None:
    value: str | None = document["attributes"]["fields"][name]["value"]
    return value


def _return(document: Document, status: str) -> str:
    """Where the person goes: with a status as it was on the last screen, before any decision."""
    facts = {"inquiry-id": document["id"], "reference-id": document["attributes"]["reference-id"], "status": status}
    query = urlencode({name: value for name, value in facts.items() if value is not None})
    parts = urlsplit(document["redirect"])
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def _page(content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.substitute(title="Persona sandbox", content=content), status, NO_STORE)
