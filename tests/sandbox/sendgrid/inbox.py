"""The inbox of the embedded profile: every mail that the sandbox has taken, for people and, as JSON, for clients."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.store import Document, Store

KIND = "mail"
MOST_SHOWN = 200
# Mails carry their styles with them; nothing in them may load anything or run.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'self'; form-action 'self'"
HEADERS = {"content-security-policy": POLICY, "referrer-policy": "no-referrer", "cache-control": "no-store"}
NEW_TAB = '<base target="_blank">'


class Inbox:
    """Pages over the store's mails, newest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        loader = FileSystemLoader(Path(__file__).parent / "pages")
        self._environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)

    def routes(self) -> list[Route]:
        return [
            Route("/", self._list),
            Route("/messages/{key}", self._message),
            Route("/_sandbox/messages", self._json),
        ]

    def _list(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "").strip()
        mails = [mail for mail in self._mails() if wanted.lower() in mail["to"].lower()]
        return self._page("inbox", mails=mails[:MOST_SHOWN], wanted=wanted, total=len(mails))

    def _message(self, request: Request) -> Response:
        mail = self._store.get(KIND, request.path_params["key"])
        if mail is None:
            return self._page("missing", status=404)
        # In the frame links open in a tab of their own; the mail itself has no right to anything.
        framed = mail["html"].replace("<head>", f"<head>{NEW_TAB}", 1)
        return self._page("message", mail=mail, framed=framed)

    def _json(self, request: Request) -> Response:
        to = request.query_params.get("to")
        return JSONResponse([mail for mail in self._mails() if to is None or mail["to"].lower() == to.lower()])

    def _mails(self) -> list[Document]:
        return self._store.all(KIND)[::-1]

    def _page(self, name: str, status: int = 200, **values: object) -> Response:
        html = self._environment.get_template(f"{name}.html").render(**values)
        return HTMLResponse(html, status, HEADERS)
