"""The sandbox of Authorize.Net at its strictest: order, lengths, types and credentials, in the vendor's words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.authorize_net.control import EMAIL, Sandbox, open_sandbox
from tests.sandbox.authorize_net.server import API

BILL_TO = {"firstName": "Ada", "lastName": "Byron", "zip": "55801"}
PROFILE = {"customerProfileId": "1", "paymentProfile": {"paymentProfileId": "2"}}
ORDER = {"invoiceNumber": "A" * 20}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def said(answer: dict[str, Any]) -> tuple[str, str]:
    """The code and text of an answer."""
    assert answer["messages"]["resultCode"] == "Error"
    message = answer["messages"]["message"][0]
    return message["code"], message["text"]


def charge(**fields: Any) -> dict[str, Any]:
    return {"transactionType": "authCaptureTransaction", "amount": "1.00", **fields}


def test_an_answer_has_a_byte_order_mark_that_breaks_plain_readers(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(API, content=b"{}", headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content.decode("utf-8"))


def test_the_references_of_a_request_is_echoed(sandbox: Sandbox) -> None:
    assert sandbox.ask("authenticateTestRequest", refId="R1")["refId"] == "R1"


def test_order_after_billto_is_refused_in_the_vendors_words(sandbox: Sandbox) -> None:
    code, text = said(sandbox.ask("createTransactionRequest", transactionRequest=charge(billTo=BILL_TO, order=ORDER)))
    assert code == "E00003"
    assert text.startswith(
        "The element 'transactionRequest' in namespace 'AnetApi/xml/v1/schema/AnetApiSchema.xsd' has invalid child "
        "element 'order' in namespace 'AnetApi/xml/v1/schema/AnetApiSchema.xsd'. List of possible elements expected: "
        "'customerIP, transactionSettings, processingOptions'"
    )


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (charge(profile={"customerProfileId": "1", "paymentProfileId": "2"}), "'paymentProfileId'"),
        (charge(profile=PROFILE, colour="red"), "'colour'"),
        (charge(profile=PROFILE, order={"invoiceNumber": "A" * 21}), "invoiceNumber"),
        (charge(profile=PROFILE, order={"description": "A" * 256}), "description"),
        (charge(profile=PROFILE, order={"description": None}), "description"),
        (charge(profile=PROFILE, order={}, customer={"id": "0b0a7e0e-6a35-4f0c-9d7c-2f8b1c3d4e5f"}), "id"),
        (charge(profile=PROFILE, transactionSettings={"setting": []}), "setting"),
        (charge(profile=PROFILE, transactionSettings={"setting": [{"settingName": "a"}]}), "settingValue"),
        (charge(profile="1"), "profile"),
        (charge(payment={"creditCard": {"cardNumber": "4" * 16, "expirationDate": "XXXX"}}), "cardNumber"),
        ({"transactionType": "authCaptureTransaction", "amount": 1.0}, "amount"),
        ({"transactionType": "authCaptureTransaction", "amount": "1"}, "amount"),
        ({"transactionType": "authOnlyTransaction", "amount": "1.00"}, "transactionType"),
        ({"amount": "1.00"}, "transactionType"),
    ],
)
def test_what_the_schema_does_not_know_is_refused(sandbox: Sandbox, request_: dict[str, Any], word: str) -> None:
    code, text = said(sandbox.ask("createTransactionRequest", transactionRequest=request_))
    assert code == "E00003"
    assert word in text


@pytest.mark.parametrize(
    "profile",
    [
        {"merchantCustomerId": "U" * 21, "email": EMAIL},
        {"email": EMAIL, "merchantCustomerId": "U1"},
        {"email": EMAIL},
        {"merchantCustomerId": "U1", "email": "e" * 256},
    ],
)
def test_a_customers_limits_are_enforced(sandbox: Sandbox, profile: dict[str, str]) -> None:
    assert said(sandbox.ask("createCustomerProfileRequest", profile=profile))[0] == "E00003"


def test_a_payment_before_the_address_is_refused(sandbox: Sandbox) -> None:
    nonce = sandbox.nonce()
    payment = {"opaqueData": {"dataDescriptor": nonce.descriptor, "dataValue": nonce.value}}
    profile = {"merchantCustomerId": "U1", "paymentProfiles": [{"payment": payment, "billTo": BILL_TO}]}
    answer = sandbox.ask("createCustomerProfileRequest", profile=profile, validationMode="liveMode")
    assert "'billTo'" in said(answer)[1]


def test_a_reference_of_21_characters_is_refused(sandbox: Sandbox) -> None:
    assert said(sandbox.ask("authenticateTestRequest", refId="R" * 21))[0] == "E00003"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "E00003"),
        (b"[]", "E00003"),
        (b'{"authenticateTestRequest":{},"isAliveRequest":{}}', "E00003"),
        (b'{"authenticateTestRequest":{"refId":"1","refId":"2"}}', "E00003"),
        (b'{"authenticateTestRequest":{}}', "E00003"),
        (b'{"stealRequest":{}}', "E00004"),
    ],
)
def test_a_request_is_one_known_method(sandbox: Sandbox, body: bytes, code: str) -> None:
    answer = sandbox.http.post(API, content=body, headers={"content-type": "application/json"})
    assert said(json.loads(answer.content.decode("utf-8-sig")))[0] == code


def test_another_content_type_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.http.post(API, content=b"<a/>", headers={"content-type": "text/xml"})
    assert said(json.loads(answer.content.decode("utf-8-sig")))[0] == "E00002"


def test_wrong_keys_are_refused(sandbox: Sandbox) -> None:
    wrong = {"name": sandbox.config.login_id, "transactionKey": "wrong"}
    answer = sandbox.http.post(API, json={"authenticateTestRequest": {"merchantAuthentication": wrong}})
    assert said(json.loads(answer.content.decode("utf-8-sig"))) == (
        "E00007",
        "User authentication failed due to invalid authentication values.",
    )


def test_a_nonce_is_for_a_test_card_only(sandbox: Sandbox) -> None:
    wanted = {"card": "4444333322221111", "expires": "2031-12"}
    assert sandbox.http.post("/_sandbox/nonces", json=wanted).status_code == 422


def test_a_plan_nobody_knows_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.http.post("/_sandbox/plan", json={"what": "miracle"}).status_code == 422
