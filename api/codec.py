"""The codec server of the Temporal UI: decodes payloads for a signed-in admin, with maxima blanked."""

import binascii
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payloads

from api.routes import declares
from api.security import Audience, identify, require
from api.staff_reads import note_read
from api.state import services_of
from temporal.codec_view import readable

log = structlog.get_logger(__name__)


@declares(Audience.ADMIN)
async def decode(request: Request) -> Response:
    """Decode `{"payloads": [...]}` as the UI sends it, by its cookie alone: nothing is changed by it."""
    origin = services_of(request).settings.temporal_ui_origin
    if request.headers.get("origin") not in (None, origin):
        raise HTTPException(HTTPStatus.FORBIDDEN, "Only the Temporal UI may ask this.")
    person = require(await identify(request), Audience.ADMIN)
    wanted = await _payloads(request)
    if person is not None:
        await note_read(request, person, "payloads", "payloads", count=len(wanted.payloads))
    codec = services_of(request).codec
    shown = Payloads(payloads=[readable(codec, payload) for payload in wanted.payloads])
    log.info("payloads_decoded", count=len(shown.payloads), admin_id=None if person is None else person.id)
    answer: dict[str, Any] = MessageToDict(shown)
    return JSONResponse(answer, headers=_allow(origin))


async def _payloads(request: Request) -> Payloads:
    try:
        asked = await request.json()
        found = ParseDict(asked, Payloads()) if isinstance(asked, dict) else None
    except (ParseError, ValueError, binascii.Error):
        found = None
    if found is None:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The body is not a list of payloads.")
    return found


def _allow(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type, x-namespace, authorization",
        "vary": "Origin",
    }


@declares(Audience.PUBLIC)
async def preflight(request: Request) -> Response:
    """Tell a browser that the Temporal UI, and nobody else, may ask."""
    origin = services_of(request).settings.temporal_ui_origin
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=_allow(origin))


router = APIRouter(
    routes=[
        Route("/codec/decode", decode, methods=["POST"]),
        Route("/codec/decode", preflight, methods=["OPTIONS"]),
    ]
)
