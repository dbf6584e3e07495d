"""Health, readiness and figures."""

from datetime import timedelta

from api import operations
from api.database import now
from tests.api.conftest import House


async def test_health_asks_nobody_else(house: House) -> None:
    house.redis_server.connected = False
    assert (await house.client().get("/health")).json()["status"] == "ok"


async def test_ready_when_every_part_is_well(house: House) -> None:
    assert (await house.client().get("/ready")).json()["status"] == "ready"


async def test_not_ready_says_why_without_addresses(house: House) -> None:
    house.redis_server.connected = False
    answer = await house.client().get("/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "NOT_READY")
    assert answer.json()["reasons"] == {"redis": "ConnectionError"}
    assert int(answer.headers["retry-after"]) > 0


async def test_a_clock_that_is_off_makes_the_process_not_ready(house: House) -> None:
    temporal = house.services.checks["temporal"]
    operations.install_checks(house.services, clock=lambda: now() + timedelta(milliseconds=150))
    house.services.checks["temporal"] = temporal
    reasons = (await house.client().get("/ready")).json()["reasons"]
    assert list(reasons) == ["database"]
    assert "100 ms are allowed" in reasons["database"]


async def test_metrics_count_answers_by_route_and_not_by_address(house: House) -> None:
    for number in (1, 2):
        await house.client().get(f"/api/auctions/{number}")
    text = (await house.client().get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/api/auctions/{auction_id}",status="404"} 2.0' in text


async def test_the_description_has_a_page_without_scripts_from_elsewhere(house: House) -> None:
    answer = await house.client().get("/docs")
    assert answer.status_code == 200
    assert "POST /auth/login" in answer.text
    assert "WRONG_CREDENTIALS" in answer.text


async def test_the_description_is_served(house: House) -> None:
    found = (await house.client().get("/openapi.json")).json()
    assert "/api/auctions/{auction_id}" in found["paths"]
