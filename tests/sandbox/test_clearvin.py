"""The ClearVIN sandbox is as strict as ClearVIN, or stricter, and counts what is paid for."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.clearvin.stage import EMAIL, PASSWORD, Stage, stage
from tests.sandbox.vehicles import CATALOGUE, Vehicles

CIVIC = "19XFC1F30KE902117"
UNKNOWN = "1HGCM82633A000001"


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="token")
def token_fixture(sandbox: Stage) -> str:
    return str(sandbox.login().json()["token"])


def test_a_report_costs_a_credit_each_time(sandbox: Stage, token: str) -> None:
    first, second = (sandbox.report(token, vin=CIVIC, format="json").json() for _ in range(2))
    assert (first["status"], first["result"]["vin"]) == ("ok", CIVIC)
    assert first["result"]["report"] == second["result"]["report"]
    assert first["result"]["id"] != second["result"]["id"]
    assert sandbox.spent == {CIVIC: 2}


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"email": "x@y.example"}, {"more": 1}])
def test_a_wrong_sign_in_is_an_error_with_200(sandbox: Stage, wrong: dict[str, object]) -> None:
    answer = sandbox.login(**wrong)
    assert (answer.status_code, answer.json()["status"]) == (200, "error")


def test_a_sign_in_is_json(sandbox: Stage) -> None:
    answer = sandbox.http.post(f"{sandbox.api_url}/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.json()["status"] == "error"


def test_an_address_that_is_not_registered_is_answered_like_a_wrong_password(sandbox: Stage) -> None:
    wrong = sandbox.login(password="x").json()
    sandbox.control("address", registered=False)
    assert sandbox.login().json() == wrong


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.e30.c"])
def test_another_token_buys_nothing(sandbox: Stage, token: str) -> None:
    sandbox.control("errors", http=True)
    assert sandbox.report(token, vin=CIVIC).status_code == 401
    assert sandbox.spent == {}


def test_a_token_ends_and_may_be_revoked(sandbox: Stage, token: str) -> None:
    sandbox.control("clock", advance_s=601)
    assert sandbox.report(token, vin=CIVIC).json()["status"] == "error"
    fresh = sandbox.login().json()["token"]
    assert sandbox.report(fresh, vin=CIVIC).json()["status"] == "ok"
    sandbox.control("tokens")
    assert sandbox.report(fresh, vin=CIVIC).json()["status"] == "error"


@pytest.mark.parametrize(
    "query",
    [
        {"vin": CIVIC.lower()},
        {"vin": "19X"},
        {},
        {"vin": CIVIC, "format": "pdf"},
        {"vin": CIVIC, "more": "1"},
        {"vin": UNKNOWN},
        {"vin": "1" * 17},
    ],
)
def test_what_is_no_question_costs_nothing(sandbox: Stage, token: str, query: dict[str, str]) -> None:
    assert sandbox.report(token, **query).json()["status"] == "error"
    assert sandbox.spent == {}


def test_without_credits_there_is_no_report(sandbox: Stage, token: str) -> None:
    sandbox.control("credits", left=1)
    assert [sandbox.report(token, vin=CIVIC).json()["status"] for _ in range(2)] == ["ok", "error"]
    assert sandbox.http.get("/_sandbox/credits").json()["left"] == 0
    headers = {"authorization": f"Bearer {token}"}
    assert sandbox.http.get(f"{sandbox.api_url}/stats", headers=headers).json()["result"] == {"creditsLeft": 0}


def test_credits_and_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with stage(data_dir=tmp_path) as first:
        token = str(first.login().json()["token"])
        first.report(token, vin=CIVIC)
    with stage(data_dir=tmp_path) as again:
        assert again.report(token, vin=CIVIC).json()["status"] == "ok"
        assert again.spent == {CIVIC: 2}


def test_it_says_that_it_serves(sandbox: Stage) -> None:
    assert sandbox.http.get("/_sandbox/webhooks").json() == []


def test_every_vehicle_of_the_demo_is_known_as_it_is() -> None:
    vehicles = Vehicles()
    for item in json.loads(CATALOGUE.read_text(encoding="utf-8")):
        found = vehicles.find(item["spec"]["vin"])
        assert found is not None
        assert {name: found[name] for name in item["spec"]} == item["spec"]


def test_any_other_vehicle_is_made_up_the_same_each_time() -> None:
    vehicles = Vehicles()
    found = vehicles.find("1HGCM82633A004352")
    assert found == vehicles.find("1HGCM82633A004352")
    assert found is not None
    assert (found["make"], found["year"]) == ("Honda", 2003)
    assert vehicles.find(UNKNOWN) is None
