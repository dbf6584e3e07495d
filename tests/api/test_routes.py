"""Every route: its audience, its refusals, and what it says of itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.models import OpenAPI
from pydantic import TypeAdapter

from api import bid_views, examples, views
from api.problems import KNOWN, STATUSES
from api.routes import UndeclaredRoute, about, audiences, check_audiences
from api.security import RULES, Audience, Bidder
from tests.api.conftest import House

# Forms for browsers without scripts: what is wrong with an entry is said on the page itself.
FORMS = {
    "/sign-in",
    "/sign-in/second-factor",
    "/register",
    "/verify-email",
    "/confirm-email",
    "/forgot-password",
    "/reset-password",
}
BID_ID = "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7"
SHAPES = (
    (views.VehicleView, examples.VEHICLE),
    (views.FullVehicleView, examples.FULL_VEHICLE),
    (views.AuctionView, examples.AUCTION),
    (views.FullAuctionView, examples.FULL_AUCTION),
    (views.HistoryLineView, examples.LINE),
    (views.MineView, examples.MINE),
    (bid_views.SignedHeadView, examples.SIGNED_HEAD),
    (bid_views.EntryView, examples.ENTRY),
    (bid_views.ReceiptView, examples.RECEIPT),
    (bid_views.MyBidView, examples.MY_BID),
)


def addresses(app: FastAPI) -> Iterator[tuple[str, str, Audience]]:
    """Each method of each route, with ids in its path that nothing has."""
    for methods, path, audience in audiences(app):
        filled = re.sub(r"\{[^}]+\}", "404", path.replace("{bid_id}", BID_ID))
        for method in sorted(methods - {"HEAD"}):
            yield method, filled, audience


async def test_a_stranger_gets_nothing_that_is_not_public(house: House) -> None:
    for method, path, audience in addresses(house.app):
        answer = await house.client().request(method, path)
        if audience is not Audience.PUBLIC:
            assert (method, path, answer.status_code, answer.json()["code"]) == (method, path, 401, "NOT_SIGNED_IN")


async def test_every_refusal_is_a_problem_with_its_request_id(house: House) -> None:
    for method, path, _ in addresses(house.app):
        answer = await house.client().request(method, path)
        if answer.status_code < 400 or path in FORMS:
            continue
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert problem["instance"] == answer.headers["x-request-id"]
        assert set(problem) >= {"type", "title", "code", "detail"}


async def test_every_refusal_is_listed_in_the_description(house: House) -> None:
    paths = house.app.openapi()["paths"]
    for methods, path, _ in audiences(house.app):
        for method in methods - {"HEAD"}:
            if path not in paths:
                continue
            answer = await house.client().request(method, re.sub(r"\{[^}]+\}", "404", path.replace("{bid_id}", BID_ID)))
            if answer.status_code >= 400:
                listed = paths[path][method.lower()]["responses"][str(answer.status_code)]["content"]
                assert answer.json()["code"] in listed["application/problem+json"]["examples"]


def test_an_undeclared_route_stops_the_start() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/open", lambda: None)
    with pytest.raises(UndeclaredRoute, match="/open"):
        check_audiences(app)


def test_a_route_that_says_one_audience_and_guards_another_stops_the_start() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/x", **about(Audience.PUBLIC))
    async def x(person: Bidder) -> None:
        """Guarded for bidders."""

    with pytest.raises(UndeclaredRoute, match="declared public"):
        check_audiences(app)


def test_every_audience_has_a_rule_and_every_error_class_a_status() -> None:
    assert set(RULES) == set(Audience) - {Audience.PUBLIC}
    assert {kind for kind, _ in KNOWN.values()} <= set(STATUSES)


def test_the_description_is_valid_and_gives_an_example_of_every_answer(house: House) -> None:
    found = house.app.openapi()
    OpenAPI.model_validate(found)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            success = next(
                operation["responses"][code] for code in ("200", "201", "202", "204") if code in operation["responses"]
            )
            assert "example" in str(success) or "204" in operation["responses"] or path == "/metrics", (method, path)


@pytest.mark.parametrize(("shape", "example"), SHAPES, ids=lambda value: getattr(value, "__name__", ""))
def test_an_example_has_exactly_the_shape_of_its_answer(shape: type, example: dict[str, Any]) -> None:
    TypeAdapter(shape).validate_python(example, strict=True)
    assert set(example) == set(TypeAdapter(shape).json_schema()["properties"])
