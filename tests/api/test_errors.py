"""Bad input and bad luck at the edge."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.requests import BODY_MAX
from tests.api.conftest import PASSWORD, House

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[1,", b'{"email": }', b"[" * 50_000])
async def test_what_is_not_json_is_said_to_be_so(house: House, body: bytes) -> None:
    answer = await house.client().post("/auth/login", content=body, headers=JSON)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"MALFORMED_JSON", "INVALID_INPUT"}


@pytest.mark.parametrize("body", [[], 1, "x", None, {"email": 1, "password": 2}, {"email": "a@b"}, {"email": ["a@b"]}])
async def test_the_wrong_types_are_bad_input_with_the_field(house: House, body: object) -> None:
    answer = await house.client().post("/auth/login", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert all(set(error) == {"field", "rule", "message"} for error in answer.json()["errors"])


async def test_a_refused_value_is_never_repeated(house: House) -> None:
    answer = await house.client().post("/auth/login", json={"email": "no address", "password": "hunter2", "x": "y"})
    assert "hunter2" not in answer.text
    assert "no address" not in answer.text


async def test_another_content_type_is_415(house: House) -> None:
    answer = await house.client().post("/auth/login", data={"email": "a@b", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_large_body_is_413_before_it_is_read(house: House) -> None:
    body = b'{"email": "' + b"a" * BODY_MAX + b'"}'
    answer = await house.client().post("/auth/login", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


async def test_a_large_body_without_a_length_is_413_too(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 8192

    answer = await house.client().post("/auth/login", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/auctions/",
        "/api/auctions/abc",
        "/api/auctions/0",
        "/api/auctions/-1",
        "/api/auctions/1.5",
        f"/api/auctions/{10**30}",
        "/api/auctions/%00",
        "/api/vehicles/x",
    ],
)
async def test_an_address_with_nothing_behind_it_is_404(house: House, path: str) -> None:
    answer = await house.client().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_another_method_is_405_and_says_which_are_allowed(house: House) -> None:
    answer = await house.client().put("/auth/login")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")


def with_route(house: House, path: str, fails: Callable[[], object]) -> House:
    app = create_app(house.services.settings, house.services)
    app.add_api_route(path, fails)
    return replace(house, app=app)


async def test_a_mistake_of_ours_is_500_without_our_insides(house: House) -> None:
    answer = await with_route(house, "/broken", lambda: 1 // 0).client().get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "UNEXPECTED")
    assert "division" not in answer.text
    assert "Zero" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_database_that_does_not_answer_is_503_and_may_be_asked_again(house: House) -> None:
    def broken() -> None:
        raise OperationalError("SELECT secret", {}, Exception("host db.internal is gone"))

    answer = await with_route(house, "/away", broken).client().get("/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert "internal" not in answer.text


async def test_every_answer_is_dressed(house: House) -> None:
    answer = await house.client(**{"X-Request-ID": "from-the-client-1"}).get("/api/auctions")
    assert answer.headers["x-request-id"] == "from-the-client-1"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["x", "a b c d e f", "a" * 65, "abc\tdefgh"])
async def test_a_strange_request_id_is_replaced(house: House, given: str) -> None:
    answer = await house.client(**{"X-Request-ID": given}).get("/health")
    assert answer.headers["x-request-id"] != given


async def test_a_password_is_not_taken_beyond_its_length(house: House) -> None:
    answer = await house.client().post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD * 100})
    assert answer.json()["errors"][0]["field"] == "password"
