"""The handlers that turn whatever goes wrong into a problem body; nothing of our insides ever leaves by them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from activities.db.engine import SqliteBusyError
from api.frames import error_page, request_id, wants_page
from api.problems import PROBLEM_TYPE, STATUS_CODES, body, fail, status_of
from domain.errors import DomainError

DATABASE_RETRY_S = 2
DATABASE_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError, SqliteBusyError)
UNEXPECTED = "Something went wrong on our side; it has been noted under this request id."
CARD_NUMBER = "This looks like a payment card's number. We never take one: leave it out, and use the card form."
log = structlog.get_logger("api")


class CardNumberError(HTTPException):
    """A request holds a payment card's number, which we never take, keep or log."""

    code = "CARD_NUMBER"

    def __init__(self) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, CARD_NUMBER)


def problem(
    scope: Scope,
    status: int,
    code: str,
    detail: str,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write one problem answer; `retry_after_s` among the facts also becomes the header."""
    facts = dict(data or {})
    extra = dict(headers or {})
    if "retry_after_s" in facts:
        extra["Retry-After"] = str(facts["retry_after_s"])
    if status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = "Bearer"
    if wants_page(scope):
        return HTMLResponse(error_page(scope, status, detail, facts.get("retry_after_s"), code), status, extra)
    content = msgspec.json.encode(body(status, code, detail, request_id(scope), facts))
    return Response(content, status, extra, PROBLEM_TYPE)


def problem_of(scope: Scope, error: DomainError) -> Response:
    """The answer to a domain error."""
    return problem(scope, status_of(error), error.code, error.detail, error.data)


def problem_of_unexpected(scope: Scope) -> Response:
    """The answer to a mistake of ours."""
    return problem(scope, HTTPStatus.INTERNAL_SERVER_ERROR, "UNEXPECTED", UNEXPECTED)


def problem_of_database(scope: Scope, error: Exception) -> Response:
    """The answer while the database is away."""
    log.warning("database_unavailable", error=type(error).__name__)
    return problem_of(scope, fail("DATABASE_UNAVAILABLE", retry_after_s=DATABASE_RETRY_S))


def http_problem(scope: Scope, refused: HTTPException) -> Response:
    """The answer to what the HTTP layer itself refuses."""
    status = refused.status_code
    code = refused.code if isinstance(refused, CardNumberError) else STATUS_CODES.get(status, "REFUSED")
    detail = refused.detail if status != HTTPStatus.NOT_FOUND else "There is nothing at this address."
    return problem(scope, status, code, str(detail), headers=refused.headers)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_bad_input)
    app.add_exception_handler(HTTPException, _on_http_error)
    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, _on_database_error)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    return problem_of(request.scope, cast("DomainError", error))


async def _on_database_error(request: Request, error: Exception) -> Response:
    return problem_of_database(request.scope, error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    return http_problem(request.scope, cast("HTTPException", error))


async def _on_bad_input(request: Request, error: Exception) -> Response:
    invalid = cast("RequestValidationError", error)
    found = invalid.errors()
    places = {each["loc"][0] for each in found}
    if "path" in places:
        return problem_of(request.scope, fail("NOT_FOUND"))
    if any(each["type"] == "json_invalid" for each in found):
        at = next(each["loc"][-1] for each in found)
        detail = f"The body is not JSON: {found[0]['ctx']['error']} at character {at}."
        return problem(request.scope, HTTPStatus.BAD_REQUEST, "MALFORMED_JSON", detail)
    if isinstance(invalid.body, bytes) and "body" in places:
        detail = "Send the body as Content-Type: application/json."
        return problem(request.scope, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
    return problem_of(request.scope, fail("INVALID_INPUT", errors=[_field_error(each) for each in found]))


def _field_error(found: Mapping[str, Any]) -> dict[str, str]:
    """What was wrong with one field; never its value, which may be a secret."""
    place, *path = found["loc"]
    field = ".".join(str(part) for part in path) or str(place)
    return {"field": field, "rule": found["type"], "message": found["msg"].removeprefix("Value error, ")}
