"""The terms for everybody to read: those of today, and each version that somebody has accepted."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.frames import frame
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from domain.accounts import TERMS_VERSION
from web.terms_views import HOME, VERSIONS, Terms

router = APIRouter(prefix=HOME, include_in_schema=False)


@router.get("", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def today(request: Request, _: Viewer) -> HTMLResponse:
    """What bidders and sellers accept today."""
    return _page(request, TERMS_VERSION)


@router.get("/{version}", response_class=HTMLResponse, **about(Audience.PUBLIC, "NOT_FOUND"))
async def one_version(request: Request, _: Viewer, version: str) -> HTMLResponse:
    """One version, as it was accepted."""
    if version not in VERSIONS:
        raise fail("NOT_FOUND")
    return _page(request, version)


def _page(request: Request, version: str) -> HTMLResponse:
    return HTMLResponse(services_of(request).pages.terms(Terms(frame(request), version)))
