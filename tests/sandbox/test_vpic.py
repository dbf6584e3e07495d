"""The vPIC sandbox answers whatever it is asked, as the catalogue does: in XML, with 200, and with codes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.vpic.stage import Stage, stage

CIVIC = "19XFC1F30KE902117"


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


def result(sandbox: Stage, vin: str) -> dict[str, Any]:
    answer = sandbox.decode(vin)
    assert answer.status_code == 200
    (found,) = answer.json()["Results"]
    return dict(found)


def test_a_known_vehicle_has_flat_texts_and_empty_ones(sandbox: Stage) -> None:
    found = result(sandbox, CIVIC.lower())
    assert {name: found[name] for name in ("VIN", "Make", "Model", "ModelYear", "ErrorCode", "PlantCity")} == {
        "VIN": CIVIC,
        "Make": "HONDA",
        "Model": "Civic",
        "ModelYear": "2019",
        "ErrorCode": "0",
        "PlantCity": "",
    }
    assert all(isinstance(value, str) for value in found.values())


@pytest.mark.parametrize(
    ("vin", "codes"),
    [
        ("1HGCM82633A000001", "1,7"),
        ("1M8GDM9A1KP042788", "1"),
        ("IM8GDM9AXKP042788", "1,400"),
        ("19X", "6"),
        ("1" * 17, "7"),
    ],
)
def test_garbage_is_answered_with_several_codes(sandbox: Stage, vin: str, codes: str) -> None:
    assert result(sandbox, vin)["ErrorCode"] == codes


def test_without_a_format_it_is_xml(sandbox: Stage) -> None:
    answer = sandbox.http.get(f"{sandbox.api_url}/vehicles/DecodeVinValues/{CIVIC}")
    assert (answer.headers["content-type"], answer.text[:10]) == ("application/xml", "<Response>")


def test_fields_may_be_set_to_null(sandbox: Stage) -> None:
    sandbox.control("answers", vin=CIVIC, fields={"Trim": None, "ErrorCode": "1,14"})
    found = result(sandbox, CIVIC)
    assert (found["Trim"], found["ErrorCode"]) == (None, "1,14")
    assert sandbox.http.post("/_sandbox/answers", json={"vin": CIVIC, "fields": {"Colour": "red"}}).status_code == 400


def test_too_much_traffic_is_turned_away() -> None:
    with stage(calls_per_second=1, seconds=lambda: 1_700_000_000.0) as sandbox:
        assert [sandbox.decode(CIVIC).status_code for _ in range(2)] == [200, 403]
        assert sandbox.calls == 2


@pytest.mark.parametrize("query", [{"colour": "red"}, {"modelyear": "x"}])
def test_an_unknown_question_is_refused(sandbox: Stage, query: dict[str, str]) -> None:
    assert sandbox.decode(CIVIC, **query).status_code == 400
