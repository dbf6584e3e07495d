"""No card number comes in by any text of ours, whatever form it has."""

import re
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from tests.api.conftest import House

CARD = "4111 1111 1111 1111"
FORBIDDEN = re.compile(r"(?i)card_?number|^pan$|cvv|cvc|card_?code|security_?code")
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("number", [CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"), "370000000000002"])
async def test_a_card_number_in_a_body_is_refused_with_400_and_not_repeated(house: House, number: str) -> None:
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": f"x {number}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "CARD_NUMBER")
    assert number not in answer.text


async def test_a_card_number_as_a_json_number_is_refused_too(house: House) -> None:
    answer = await house.client().post(
        "/api/auctions/1/bid", content=b'{"amount_cents": 4111111111111111}', headers=JSON
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "CARD_NUMBER")


@pytest.mark.parametrize("spaced", ["4111+1111+1111+1111", "4111%201111%201111%201111", "4111111111111111"])
async def test_a_card_number_in_a_form_is_refused(house: House, spaced: str) -> None:
    answer = await house.client().post("/sign-in", content=f"email=a%40b&password={spaced}", headers=FORM)
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/api/auctions?make=4111111111111111", "/api/vehicles/4111111111111111"])
async def test_a_card_number_in_an_address_is_refused(house: House, path: str) -> None:
    answer = await house.client().get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "CARD_NUMBER")


async def test_a_card_number_in_two_pieces_is_seen(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"email": "ada@example.com", "password": "' + b"a" * 300 + b" 41111111"
        yield b'11111111 ", "x": 1}'

    answer = await house.client().post("/auth/login", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "CARD_NUMBER")


@pytest.mark.parametrize("path", ["/webhooks/persona", "/codec/decode"])
async def test_what_a_vendor_or_temporal_sends_is_not_searched(house: House, path: str) -> None:
    answer = await house.client().post(path, content=b'{"number": "4111111111111111"}', headers=JSON)
    assert (answer.status_code, answer.json()["code"]) != (400, "CARD_NUMBER")


async def test_an_uploaded_file_is_not_searched(house: House) -> None:
    answer = await house.client().post("/sign-in", files={"file": ("a.bin", b"4111111111111111")})
    assert "payment card" not in answer.text


async def test_a_card_number_is_not_logged(house: House) -> None:
    with capture_logs() as logs:
        await house.client().post("/auth/login", json={"email": "ada@example.com", "password": CARD})
        await house.client().get("/api/vehicles/4111111111111111")
    assert "4111" not in str(logs)


def test_no_request_has_a_field_for_a_card_number(house: House) -> None:
    named = {
        name
        for schema in house.app.openapi()["components"]["schemas"].values()
        for name in schema.get("properties", {})
        if FORBIDDEN.search(name)
    }
    assert named == set()


async def test_a_long_number_that_is_no_card_goes_through(house: House) -> None:
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": "1763865600000"})
    assert answer.status_code == 401
