"""What a browser gets from the sandbox of Authorize.Net: a form of another origin, and a nonce instead of a card."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.journeys.browser import chromium
from tests.sandbox.authorize_net.control import CARD, EXPIRES, Sandbox, open_sandbox
from tests.sandbox.running import running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def typed(sandbox: Sandbox, **changes: str) -> dict[str, Any]:
    """What the hosted form gets for a card."""
    card = {
        "apiLoginID": sandbox.config.login_id,
        "clientKey": sandbox.config.client_key,
        "cardNumber": "4111 1111 1111 1111",
        "expiry": "12/31",
        "cvv": "900",
        "zip": "55801",
        "firstName": "Ada",
        "lastName": "Byron",
    }
    told: dict[str, Any] = sandbox.http.post("/hosted/nonce", json={**card, **changes}).json()
    return told


def test_the_hosted_form_gives_a_nonce_and_no_card(sandbox: Sandbox) -> None:
    told = typed(sandbox)
    assert set(told) == {"opaqueData", "messages", "encryptedCardData", "customerInformation"}
    assert (told["messages"]["resultCode"], told["opaqueData"]["dataDescriptor"]) == (
        "Ok",
        "COMMON.ACCEPT.INAPP.PAYMENT",
    )
    assert CARD not in str(told)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cardNumber": "4444333322221111"}, "E_WC_05"),
        ({"cardNumber": ""}, "E_WC_05"),
        ({"expiry": "01/20"}, "E_WC_08"),
        ({"expiry": "soon"}, "E_WC_08"),
        ({"cvv": "12"}, "E_WC_15"),
        ({"clientKey": "wrong"}, "E_WC_21"),
    ],
)
def test_the_hosted_form_refuses_what_is_no_test_card(sandbox: Sandbox, changes: dict[str, str], code: str) -> None:
    told = typed(sandbox, **changes)
    assert told["messages"]["message"][0]["code"] == code
    assert "opaqueData" not in told


SHOP = """<!doctype html><html lang="en"><head><title>Shop</title></head><body>
<button type="button" class="AcceptUI" data-apiLoginID="{login}" data-clientKey="{key}"
  data-acceptUIFormBtnTxt="Keep this card" data-acceptUIFormHeaderTxt="Your card"
  data-responseHandler="takeNonce">Add a card</button>
<output id="out"></output>
<script src="/shop.js"></script><script src="{vendor}/v3/AcceptUI.js"></script></body></html>"""
SHOP_SCRIPT = "window.takeNonce = (told) => { document.getElementById('out').textContent = JSON.stringify(told); };"


def shop(sandbox: Sandbox) -> Starlette:
    """A page of another origin that lets in nothing but the vendor's script and frame."""
    policy = f"default-src 'none'; script-src 'self' {sandbox.url}; frame-src {sandbox.url}"
    page = SHOP.format(login=sandbox.config.login_id, key=sandbox.config.client_key, vendor=sandbox.url)

    async def show(_request: Request) -> Response:
        return HTMLResponse(page, headers={"content-security-policy": policy})

    async def script(_request: Request) -> Response:
        return Response(SHOP_SCRIPT, media_type="text/javascript")

    return Starlette(routes=[Route("/", show), Route("/shop.js", script)])


def open_form(page: Page, url: str) -> list[str]:
    """Open the hosted form on the shop's page; gives what the page complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.get_by_role("button", name="Add a card").click()
    return complaints


@pytest.mark.browser
def test_a_person_types_a_card_and_the_page_gets_a_nonce(sandbox: Sandbox) -> None:
    with running(shop(sandbox)) as url, chromium() as browser:
        page = browser.new_page()
        complaints = open_form(page, url)
        form = page.frame_locator("#AcceptUIFrame")
        form.get_by_label("Card number").fill("4444 3333 2222 1111")
        form.get_by_label("Expiry").fill("12 / 31")
        form.get_by_label("Security code").fill("900")
        form.get_by_role("button", name="Keep this card").click()
        expect(form.get_by_role("alert")).to_have_text("Please provide valid credit card number.")
        form.get_by_label("Card number").fill(CARD)
        form.get_by_role("button", name="Keep this card").click()
        expect(page.locator("#out")).to_contain_text("COMMON.ACCEPT.INAPP.PAYMENT")
        expect(page.locator("iframe")).to_have_count(0)
        told = page.locator("#out").text_content() or ""
    assert CARD not in told
    assert EXPIRES not in told
    assert complaints == []


@pytest.mark.browser
def test_a_person_who_cancels_is_back_on_the_page(sandbox: Sandbox) -> None:
    with running(shop(sandbox)) as url, chromium() as browser:
        page = browser.new_page()
        complaints = open_form(page, url)
        page.frame_locator("#AcceptUIFrame").get_by_role("button", name="Cancel").click()
        expect(page.locator("iframe")).to_have_count(0)
        expect(page.locator("#out")).to_be_empty()
    assert complaints == []
