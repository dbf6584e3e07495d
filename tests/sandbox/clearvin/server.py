"""The ClearVIN sandbox: sign-in, reports for credits, errors with HTTP 200 as ClearVIN has them, and the controls."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.clearvin.account import Account, Config
from tests.sandbox.faults import Faults

API = "/rest/vendor"
LENGTH = 17
QUERY = {"vin", "format", "reportTemplate"}


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app. Controls, besides those of `Faults`, all under `/_sandbox/`: GET `credits`; POST
    `credits {left}`, `clock {advance_s}`, `tokens` (revokes them), `address {registered}`, `reports {vin, report}`,
    `refusals {message, times}` (the next reports), and `errors {http}` (statuses instead of 200)."""
    account = Account(config)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        account.store.close()

    routes = [
        Route(f"{API}/login", _login, methods=["POST"]),
        Route(f"{API}/report", _report, methods=["GET"]),
        Route(f"{API}/stats", _stats, methods=["GET"]),
        # What the stack asks to see whether it serves; nothing is sent to us from here.
        Route("/_sandbox/webhooks", _no_webhooks, methods=["GET"]),
        Route("/_sandbox/credits", _credits, methods=["GET", "POST"]),
        *(Route(f"/_sandbox/{name}", _control, methods=["POST"]) for name in CONTROLS),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.account = account
    return Faults(app)


async def _login(request: Request) -> Response:
    account = _account(request)
    try:
        given = json.loads(await request.body())
    except ValueError:
        given = None
    if request.headers.get("content-type") != "application/json" or not isinstance(given, dict):
        return _error(account, 400, "Bad request")
    if set(given) != {"email", "password"}:
        return _error(account, 400, "Email and password are required")
    # An address that is not registered is answered like a wrong password.
    if not account.is_registered or (given["email"], given["password"]) != (
        account.config.email,
        account.config.password,
    ):
        return _error(account, 401, "Invalid email or password")
    return JSONResponse({"status": "ok", "token": account.token()})


async def _report(request: Request) -> Response:
    account = _account(request)
    if not _is_signed_in(request):
        return _error(account, 401, "Unauthorized: token is invalid or expired")
    query = request.query_params.multi_items()
    if not {name for name, _ in query} <= QUERY or len(dict(query)) != len(query):
        return _error(account, 400, "Unknown parameter")
    vin = request.query_params.get("vin", "")
    if request.query_params.get("format", "json") != "json":
        return _error(account, 400, "Only JSON is known here")
    if account.refusals:
        return _error(account, 500, account.refusals.pop(0))
    if len(vin) != LENGTH or vin != vin.upper():
        return _error(account, 404, "Invalid VIN")
    if account.left() <= 0:
        return _error(account, 402, "Not enough credits")
    found = account.report(vin)
    if found is None:
        return _error(account, 404, "No data found for this VIN")
    return JSONResponse({"status": "ok", "result": found})


async def _stats(request: Request) -> Response:
    account = _account(request)
    if not _is_signed_in(request):
        return _error(account, 401, "Unauthorized: token is invalid or expired")
    return JSONResponse({"status": "ok", "result": {"creditsLeft": account.left()}})


async def _no_webhooks(request: Request) -> Response:
    del request
    return JSONResponse([])


async def _credits(request: Request) -> Response:
    account = _account(request)
    if request.method == "POST":
        account.set_left((await request.json())["left"])
    return JSONResponse({"left": account.left(), "spent": account.spent(), "logins": account.logins})


def _advance(account: Account, wanted: dict[str, Any]) -> None:
    account.advance(wanted["advance_s"])


def _revoke(account: Account, wanted: dict[str, Any]) -> None:
    del wanted
    account.revoke()


def _register(account: Account, wanted: dict[str, Any]) -> None:
    account.is_registered = wanted["registered"]


def _write(account: Account, wanted: dict[str, Any]) -> None:
    account.store.put("report", wanted["vin"], wanted["report"])


def _refuse(account: Account, wanted: dict[str, Any]) -> None:
    account.refusals += [wanted["message"]] * wanted.get("times", 1)


def _speak(account: Account, wanted: dict[str, Any]) -> None:
    account.speaks_http = wanted["http"]


CONTROLS = {
    "clock": _advance,
    "tokens": _revoke,
    "address": _register,
    "reports": _write,
    "refusals": _refuse,
    "errors": _speak,
}


async def _control(request: Request) -> Response:
    CONTROLS[request.url.path.rpartition("/")[2]](_account(request), await request.json())
    return JSONResponse({})


def _error(account: Account, code: int, message: str) -> Response:
    return JSONResponse({"status": "error", "message": message}, code if account.speaks_http else 200)


def _is_signed_in(request: Request) -> bool:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return kind == "Bearer" and _account(request).knows(token)


def _account(request: Request) -> Account:
    found: Account = request.app.state.account
    return found
