"""The sandbox of Authorize.Net: its one API address, its hosted form, and the controls under `/_sandbox/`."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.authorize_net import hosted, profiles, reports, settlement, transactions
from tests.sandbox.authorize_net.envelopes import OK, Refusal, error, render
from tests.sandbox.authorize_net.merchant import Config, Merchant
from tests.sandbox.authorize_net.nonces import make_nonce
from tests.sandbox.authorize_net.schema import METHODS, complaint
from tests.sandbox.faults import Faults

API = "/xml/v1/request.api"
AUTHENTICATION_FAILED = ("E00007", "User authentication failed due to invalid authentication values.")
SYSTEM_ERROR = ("E00001", "An error occurred during processing. Please try again.")

Fields = dict[str, Any]
Handler = Callable[[Merchant, Fields, str], Fields]

HANDLERS: dict[str, Handler] = {
    "authenticateTestRequest": lambda _merchant, _fields, _body: {"messages": OK},
    "getMerchantDetailsRequest": lambda merchant, _fields, _body: {
        "isTestMode": False,
        "processors": [{"name": "First Data Nashville", "id": 2}],
        "merchantName": "Sandbox",
        "gatewayId": "565697",
        "marketTypes": ["eCommerce"],
        "productCodes": ["CNP"],
        "paymentMethods": ["AmericanExpress", "Discover", "MasterCard", "Visa"],
        "currencies": ["USD"],
        "publicClientKey": merchant.config.client_key,
        "messages": OK,
    },
    "createCustomerProfileRequest": profiles.create_profile,
    "createCustomerPaymentProfileRequest": profiles.create_payment_profile,
    "getCustomerProfileRequest": profiles.get_profile,
    "validateCustomerPaymentProfileRequest": profiles.validate,
    "deleteCustomerPaymentProfileRequest": profiles.delete_payment_profile,
    "deleteCustomerProfileRequest": profiles.delete_profile,
    "createTransactionRequest": transactions.create_transaction,
    "getTransactionDetailsRequest": reports.get_details,
    "getUnsettledTransactionListRequest": reports.list_unsettled,
    "getTransactionListForCustomerRequest": reports.list_of_customer,
    "getSettledBatchListRequest": reports.list_batches,
    "getTransactionListRequest": reports.list_of_batch,
    "updateHeldTransactionRequest": transactions.update_held,
}


def create_app(config: Config) -> ASGIApp:
    """One merchant's sandbox, with its faults around it. It lives as long as the app's lifespan."""
    merchant = Merchant(config)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with merchant.deliveries.running():
            yield
        merchant.store.close()

    routes = [Route(API, _api, methods=["POST"]), *hosted.routes(), *_controls(), *merchant.deliveries.routes()]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.merchant = merchant
    return Faults(app)


async def _api(request: Request) -> Response:
    body = (await request.body()).decode(errors="replace")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return render({"messages": error("E00002", "The content-type specified is not supported.")})
    # No await from here on: one request is judged and kept as a whole before the next.
    return render(answer(request.app.state.merchant, body))


def answer(merchant: Merchant, body: str) -> Fields:
    """The answer to one request, refusals included."""
    try:
        document = json.loads(body, object_pairs_hook=_once)
    except ValueError:
        return {"messages": error("E00003", "Root element is missing.")}
    if not isinstance(document, dict) or len(document) != 1:
        return {"messages": error("E00003", "Root element is missing.")}
    ((method, fields),) = document.items()
    if method not in METHODS:
        return {"messages": error("E00004", "The name of the requested API method is invalid.")}
    if wrong := complaint(method, fields):
        return {"messages": error("E00003", wrong)}
    told = _judged(merchant, method, fields, body)
    return {**({"refId": fields["refId"]} if "refId" in fields else {}), **told}


def _judged(merchant: Merchant, method: str, fields: Fields, body: str) -> Fields:
    known = {"name": merchant.config.login_id, "transactionKey": merchant.config.transaction_key}
    if fields["merchantAuthentication"] != known:
        return {"messages": error(*AUTHENTICATION_FAILED)}
    if merchant.planned("system_error", body):
        return {"messages": error(*SYSTEM_ERROR)}
    if merchant.planned("maintenance", body):
        return {"messages": error("E00104", "Server in maintenance")}
    after = merchant.planned("system_error_after", body)
    try:
        told = HANDLERS[method](merchant, fields, body)
    except Refusal as refusal:
        told = {**refusal.more, "messages": refusal.messages}
    return {"messages": error(*SYSTEM_ERROR)} if after else told


def _once(pairs: list[tuple[str, Any]]) -> Fields:
    """An object whose keys are all different."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an element twice")
    return document


def _controls() -> list[Route]:
    return [
        Route("/_sandbox/nonces", _nonces, methods=["POST"]),
        Route("/_sandbox/settle", _settle, methods=["POST"]),
        Route("/_sandbox/fates", _fates, methods=["POST"]),
        Route("/_sandbox/repeats", _repeats, methods=["POST"]),
        Route("/_sandbox/clock", _clock, methods=["POST"]),
        Route("/_sandbox/plan", _plan, methods=["POST"]),
        Route("/_sandbox/transactions", _transactions, methods=["GET"]),
        Route("/_sandbox/profiles", _profiles, methods=["GET"]),
    ]


async def _nonces(request: Request) -> Response:
    """A nonce without a browser: {"card", "expires", "zip"?, "cvv"?, "merchant"?}."""
    try:
        nonce = make_nonce(request.app.state.merchant, await request.json())
    except (KeyError, ValueError) as wrong:
        return JSONResponse({"error": str(wrong)}, 422)
    return JSONResponse({"dataDescriptor": "COMMON.ACCEPT.INAPP.PAYMENT", "dataValue": nonce["value"]}, 201)


async def _settle(request: Request) -> Response:
    """Tonight's settlement, now: {"rejected"?, "reset_first"?}."""
    merchant, wanted = request.app.state.merchant, await request.json()
    if wanted.get("reset_first"):
        settlement.reset_batches(merchant)
    return JSONResponse({"settled": settlement.settle(merchant, rejected=wanted.get("rejected", False))})


async def _fates(request: Request) -> Response:
    """Let something befall a transaction: {"id", "status"}; `status` is one of FATES."""
    try:
        changed = settlement.befall(request.app.state.merchant, await request.json())
    except ValueError as wrong:
        return JSONResponse({"error": str(wrong), "known": sorted(settlement.FATES)}, 422)
    return JSONResponse({"id": changed["id"], "status": changed["status"]})


async def _repeats(request: Request) -> Response:
    """Send the webhook of a transaction's making once more: {"id"}."""
    try:
        settlement.repeat(request.app.state.merchant, (await request.json())["id"])
    except ValueError as wrong:
        return JSONResponse({"error": str(wrong)}, 422)
    return JSONResponse({})


async def _clock(request: Request) -> Response:
    """Let time pass: {"advance_s": seconds}."""
    merchant: Merchant = request.app.state.merchant
    merchant.advance((await request.json())["advance_s"])
    return JSONResponse({"now": merchant.now().isoformat()})


async def _plan(request: Request) -> Response:
    """Let something happen: {"what", "times"?, "containing"?}; `what` is one of PLANS."""
    wanted = await request.json()
    if wanted.get("what") not in PLANS:
        return JSONResponse({"error": "what", "known": sorted(PLANS)}, 422)
    request.app.state.merchant.plan(wanted)
    return JSONResponse({}, 201)


async def _transactions(request: Request) -> Response:
    """All that was kept, for tests that count."""
    names = ("id", "type", "status", "amount_cents", "invoice", "reference", "last4")
    kept = request.app.state.merchant.store.all(transactions.KIND)
    return JSONResponse([{name: one.get(name) for name in names} for one in kept])


async def _profiles(request: Request) -> Response:
    """All profiles with the ids of their cards, for tests that count."""
    kept = request.app.state.merchant.store.all(profiles.KIND)
    return JSONResponse([{"id": one["id"], "cards": [card["id"] for card in one["cards"]]} for one in kept])


PLANS = frozenset(
    {
        "held",
        "declined",
        "processor_error",
        "processor_lost",
        "test_mode",
        "decline_says_ok",
        "decline_says_error",
        "duplicate_without_id",
        "stale_lookup",
        "stale_list",
        "system_error",
        "system_error_after",
        "maintenance",
    }
)
