"""The OpenAI sandbox is as strict as OpenAI, or stricter, answers the same for the same facts, and keeps no text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.openai.stage import MODEL, Stage, stage

FACTS = {
    **dict.fromkeys(("make", "model", "trim", "body", "engine", "transmission", "drivetrain", "fuel"), ""),
    "year": 2019,
    "make": "Honda",
    "mileage": "41,250 miles",
    "condition_grade": "",
    "title": "",
    "brands": [],
}
SCHEMA = {
    "type": "object",
    "properties": {"description": {"type": "string"}},
    "required": ["description"],
    "additionalProperties": False,
}


def body(facts: Any = None, seller_text: Any = None, **changes: Any) -> dict[str, Any]:
    data = {"facts": {**FACTS, **(facts or {})}, "seller_text": {"notes": "", **(seller_text or {})}}
    return {
        "model": MODEL,
        "input": [{"role": "developer", "content": "Write."}, {"role": "user", "content": json.dumps(data)}],
        "text": {"format": {"type": "json_schema", "name": "d", "strict": True, "schema": SCHEMA}},
        "max_output_tokens": 500,
        "safety_identifier": "a" * 64,
        "store": False,
        **changes,
    }


def formatted(**changes: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "name": "d", "strict": True, "schema": SCHEMA, **changes}}


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


def test_the_same_facts_are_written_up_the_same(sandbox: Stage) -> None:
    first, second = (sandbox.ask(body()).json() for _ in range(2))
    assert first["output"][0]["content"] == second["output"][0]["content"]
    text = json.loads(first["output"][0]["content"][0]["text"])["description"]
    assert "2019 Honda" in text
    assert "41,250 miles" in text
    assert (first["status"], first["store"], first["id"] == second["id"]) == ("completed", False, False)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"store": True}, "store"),
        ({"store": None}, "store"),
        ({"tools": []}, "tools"),
        ({"max_output_tokens": 8_000_000}, "max_output_tokens"),
        ({"safety_identifier": "sam@example.com"}, "safety_identifier"),
        ({"input": "Write."}, "input"),
        ({"input": [{"role": "system", "content": "x"}]}, "input"),
        ({"input": [{"role": "developer", "content": "x"}, {"role": "user", "content": "no data"}]}, "input"),
        ({"input": [{"role": "developer", "content": "x"}, {"role": "user", "content": "{}"}]}, "input"),
        ({"input": [{"role": "developer", "content": ["x"]}, {"role": "user", "content": "{}"}]}, "input"),
        ({"input": [{"role": "developer", "content": "x" * 30_000}, {"role": "user", "content": "{}"}]}, "input"),
        ({"text": {}}, "text.format"),
        ({"text": formatted(strict=False)}, "text.format"),
        ({"text": formatted(name="a b")}, "text.format.name"),
        ({"text": formatted(schema={"type": "string"})}, "text.format.schema"),
        ({"text": formatted(schema={**SCHEMA, "required": []})}, "text.format.schema"),
        ({"text": formatted(schema={**SCHEMA, "additionalProperties": True})}, "text.format.schema"),
        (
            {"text": formatted(schema={**SCHEMA, "properties": {"description": {"type": "string", "maxLength": 9}}})},
            "text.format.schema",
        ),
    ],
)
def test_what_must_never_be_sent_is_refused(sandbox: Stage, changes: dict[str, Any], param: str) -> None:
    answer = sandbox.ask(body(**changes))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_nothing_may_be_left_out(sandbox: Stage) -> None:
    for field in body():
        left = {name: value for name, value in body().items() if name != field}
        assert (field, sandbox.ask(left).status_code) == (field, 400)


@pytest.mark.parametrize(
    "text", ["Call 612-555-0142", "sam@example.com", "see www.cars.example", "VIN 19XFC1F30KE902117"]
)
def test_personal_data_in_a_prompt_is_refused(sandbox: Stage, text: str) -> None:
    for sent in (body({"trim": text}), body(None, {"notes": text})):
        assert sandbox.ask(sent).json()["error"]["code"] == "sandbox_personal_data"


def test_a_wrong_key_or_model_or_body(sandbox: Stage) -> None:
    assert sandbox.ask(body(), key="sk-other").status_code == 401
    assert sandbox.ask(body(model="gpt-0")).json()["error"]["code"] == "model_not_found"
    assert sandbox.ask([]).status_code == 400


@pytest.mark.parametrize(
    ("manner", "status", "code"),
    [("quota", 429, "insufficient_quota"), ("rate", 429, "rate_limit_exceeded"), ("unavailable", 503, None)],
)
def test_it_fails_as_it_is_told(sandbox: Stage, manner: str, status: int, code: str | None) -> None:
    sandbox.answer(manner)
    answer = sandbox.ask(body())
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ask(body()).status_code == 200


def test_an_answer_may_end_in_the_middle(sandbox: Stage) -> None:
    sandbox.answer("max_output_tokens")
    found = sandbox.ask(body()).json()
    assert (found["status"], found["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    with pytest.raises(json.JSONDecodeError):
        json.loads(found["output"][0]["content"][0]["text"])


def test_what_was_asked_is_remembered_as_hashes_and_counts_over_a_restart(tmp_path: Path) -> None:
    with stage(data_dir=tmp_path) as sandbox:
        request_id = sandbox.ask(body(None, {"notes": "Heated seats."})).headers["x-request-id"]
    with stage(data_dir=tmp_path) as sandbox:
        (kept,) = sandbox.requests
    assert (kept["id"], kept["status"], len(kept["prompt_hash"])) == (request_id, 200, 64)
    assert min(kept["input_tokens"], kept["output_tokens"]) > 10
    assert b"Heated" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
