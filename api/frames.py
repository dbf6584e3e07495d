"""What surrounds every page: who looks, when, and where; also of the pages that say what went wrong."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from api.database import now
from api.signins import ANYONE, Identity
from web import views

# Programs read these as problem+json, whatever else they say they accept.
PROGRAMS = ("/api/", "/auth/", "/static/", "/health", "/ready", "/metrics", "/openapi.json")


def frame(request: Request, notice: views.Notice | None = None) -> views.Frame:
    """The frame of a page, once its route has admitted the asker."""
    return _frame(request.scope, notice)


def request_id(scope: Scope) -> str:
    """The id under which this request is logged; empty outside our middleware."""
    found: str = scope.get("state", {}).get("request_id", "")
    return found


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, so that a refusal should be one too."""
    return not scope["path"].startswith(PROGRAMS) and "text/html" in Headers(scope=scope).get("accept", "")


def error_page(scope: Scope, status: int, detail: str, retry_after_s: int | None, code: str) -> str:
    """The page of a refusal."""
    view = views.Error(_frame(scope, None), status, detail, request_id(scope), retry_after_s, code)
    page: str = scope["app"].state.services.pages.error(view)
    return page


def _frame(scope: Scope, notice: views.Notice | None) -> views.Frame:
    query = scope["query_string"].decode("latin-1")
    path = f"{scope['path']}?{query}" if query else scope["path"]
    identity: Identity = scope.get("state", {}).get("identity", ANYONE)
    return views.Frame(path, now(), _viewer(identity), notice)


def _viewer(identity: Identity) -> views.Viewer | None:
    person = identity.person
    if person is None:
        return None
    return views.Viewer(person.name, person.role.value, identity.csrf_token, person.can_bid)
