"""Static files: under an address that names their content they may be kept for ever."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from web.pages import STATIC, STATIC_PREFIX

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_MOMENT = "public, max-age=60"
router = APIRouter(include_in_schema=False)


@router.get(STATIC_PREFIX + "{path:path}", response_class=FileResponse, **about(Audience.PUBLIC, "NOT_FOUND"))
async def static_file(request: Request, _: Viewer, path: str) -> FileResponse:
    """One file of the site."""
    version = services_of(request).static_files.get(path)
    if version is None:
        raise fail("NOT_FOUND")
    kept = FOR_EVER if request.query_params.get("v") == version else FOR_A_MOMENT
    return FileResponse(Path(STATIC, path), headers={"Cache-Control": kept})
