"""The browser's side: AcceptUI.js, the form it opens on this origin, and the nonce that the form gets for a card."""

import re
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.authorize_net.merchant import Merchant
from tests.sandbox.authorize_net.nonces import BRANDS, DESCRIPTOR, digits, make_nonce

FILES = {
    "/v3/AcceptUI.js": ("accept_ui.js", "text/javascript"),
    "/hosted/form": ("form.html", "text/html"),
    "/hosted/form.js": ("form.js", "text/javascript"),
    "/hosted/form.css": ("form.css", "text/css"),
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'"
EXPIRY = re.compile(r"(0[1-9]|1[0-2])\s*/\s*(\d\d)")


def routes() -> list[Route]:
    """All of it."""
    return [
        *(Route(path, _file, methods=["GET"]) for path in FILES),
        Route("/hosted/nonce", _nonce, methods=["POST"]),
    ]


async def _file(request: Request) -> Response:
    name, media_type = FILES[request.url.path]
    content = (Path(__file__).parent / name).read_bytes()
    headers = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(content, media_type=media_type, headers=headers)


async def _nonce(request: Request) -> Response:
    """What the form gets for a card: the response that AcceptUI hands to the page."""
    merchant: Merchant = request.app.state.merchant
    typed: dict[str, Any] = await request.json()
    if wrong := _wrong(merchant, typed):
        code, text = wrong
        return JSONResponse({"messages": {"resultCode": "Error", "message": [{"code": code, "text": text}]}})
    month, year = _expiry(typed)
    card = {"card": typed["cardNumber"], "expires": f"20{year}-{month}", "cvv": typed["cvv"], "zip": typed["zip"]}
    nonce = make_nonce(merchant, card)
    response = {
        "opaqueData": {"dataDescriptor": DESCRIPTOR, "dataValue": nonce["value"]},
        "messages": {"resultCode": "Ok", "message": [{"code": "I_WC_01", "text": "Successful."}]},
        "encryptedCardData": {
            "cardNumber": f"XXXXXXXXXXXX{nonce['last4']}",
            "expDate": f"{month}/{year}",
            "bin": nonce["number"][:6],
        },
        "customerInformation": {"firstName": typed["firstName"], "lastName": typed["lastName"]},
    }
    return JSONResponse(response)


def _wrong(merchant: Merchant, typed: dict[str, Any]) -> tuple[str, str] | None:
    if (typed["apiLoginID"], typed["clientKey"]) != (merchant.config.login_id, merchant.config.client_key):
        return "E_WC_21", "User authentication failed due to invalid authentication values."
    month, year = _expiry(typed)
    if f"20{year}-{month}" < f"{merchant.now():%Y-%m}":
        return "E_WC_08", "Expiration date must be in the future."
    if not re.fullmatch(r"\d{3,4}", typed["cvv"]):
        return "E_WC_15", "Please provide valid CVV."
    if digits(typed["cardNumber"]) not in BRANDS:
        return "E_WC_05", "Please provide valid credit card number."
    return None


def _expiry(typed: dict[str, Any]) -> tuple[str, str]:
    """Month and year; what cannot be read is long over."""
    match = EXPIRY.fullmatch(typed["expiry"].strip())
    return (match[1], match[2]) if match else ("01", "00")
