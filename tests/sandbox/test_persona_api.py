"""The Persona sandbox's REST API: as strict as the specification at least, and idempotent as Persona is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.persona.stage import HEADERS, TEMPLATE, Stage, creation, port_of, stage

ANSWER_HEADERS = {
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "request-id",
    "persona-environment-id",
    "persona-organization-id",
}


@pytest.fixture(name="persona")
def persona_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="strict", scope="module")
def strict_fixture() -> Iterator[Stage]:
    """One sandbox for all that it refuses."""
    with stage() as running:
        yield running


def refusal(response: httpx.Response) -> tuple[int, str]:
    [error] = response.json()["errors"]
    assert set(error) == {"title", "details"}
    return response.status_code, error["title"]


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good body with one part made another; None takes it out."""
    body = creation("user-1", name_first="Jane")
    *parents, last = path.split(".")
    part = body
    for parent in parents:
        part = part[parent]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return body


def test_a_new_inquiry_is_answered_201_with_nested_kebab_fields_and_a_link(persona: Stage) -> None:
    response = persona.create(name_first="Jane", name_last="Doe", birthdate="1990-01-31")
    body = response.json()
    attributes = body["data"]["attributes"]
    assert response.status_code == 201
    assert (attributes["status"], attributes["reference-id"]) == ("created", "user-1")
    assert attributes["fields"]["name-first"] == {"type": "string", "value": "Jane"}
    assert attributes["fields"]["birthdate"] == {"type": "date", "value": "1990-01-31"}
    assert set(body["meta"]) == {"session-token", "one-time-link", "one-time-link-short"}
    assert body["meta"]["one-time-link"].startswith(f"{persona.url}/verify?code=us1-")
    assert set(response.headers) >= ANSWER_HEADERS


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.type", "inquiry"),
        ("data.attributes.reference-id", "user-1"),
        ("data.attributes.inquiryTemplateId", TEMPLATE),
        ("data.attributes.fields.nameFirst", "Jane"),
        ("data.attributes.fields.name-first", 7),
        ("data.attributes.fields.birthdate", "31/01/1990"),
        ("data.attributes.redirect-uri", "javascript:alert(1)"),
        ("data.attributes.template-id", "tmpl_1"),
        ("data.attributes.inquiry-template-id", None),
        ("data.attributes.inquiry-template-id", "tmpl_1"),
        ("data.attributes", None),
        ("data.attributes", []),
        ("meta.expiration-after-create-interval-seconds", 0),
        ("meta.expiration-after-create-interval-seconds", True),
        ("meta.auto-create-account", "true"),
        ("meta.auto-create-account", False),
        ("meta.expires-in-seconds", 3600),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(strict: Stage, path: str, value: Any) -> None:
    response = strict.call("POST", "/inquiries", changed(path, value))
    assert refusal(response) == (400, "Bad Request")


def test_another_template_is_not_found(strict: Stage) -> None:
    body = changed("data.attributes.inquiry-template-id", "itmpl_other")
    assert strict.call("POST", "/inquiries", body).status_code == 404


@pytest.mark.parametrize("authorization", ["", "Bearer persona_sandbox_other", "Bearer", "Bearer \u00e9"])
def test_a_wrong_key_is_401(strict: Stage, authorization: str) -> None:
    sent = httpx.Headers({"authorization": authorization}, encoding="utf-8") if authorization else None
    response = strict.http.get("/api/v1/inquiries", headers=sent)
    assert refusal(response) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"persona_version": ""},
        {"persona_version": "2026-09-29"},
        {"key_inflection": ""},
        {"key_inflection": "camel"},
        {"idempotency_key": "k"},
    ],
)
def test_wrong_headers_are_400(strict: Stage, headers: dict[str, str]) -> None:
    assert refusal(strict.call("GET", "/inquiries", **headers)) == (400, "Bad Request")


@pytest.mark.parametrize(
    "query",
    [
        "filter[name]=x",
        "page[size]=0",
        "page[size]=101",
        "page[size]=x",
        "page[after]=inq_none",
        "page[before]=inq_1",
        "page[size]=1&page[size]=2",
        "fields[inquiry]=",
    ],
)
def test_a_wrong_query_is_400(strict: Stage, query: str) -> None:
    strict.created()
    assert refusal(strict.call("GET", f"/inquiries?{query}")) == (400, "Bad Request")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain"), (b"\xff", "application/json")],
)
def test_a_body_that_is_no_json_object_is_400(strict: Stage, content: bytes, kind: str) -> None:
    response = strict.http.post("/api/v1/inquiries", content=content, headers={**HEADERS, "content-type": kind})
    assert refusal(response) == (400, "Bad Request")


def test_an_unknown_inquiry_and_an_unknown_path_are_404(strict: Stage) -> None:
    for path in ("/inquiries/inq_none", "/accounts", "/inquiries/inq_none/approve"):
        assert refusal(strict.call("GET", path)) == (404, "Record not found")


def test_a_repeated_key_gets_the_stored_answer_and_makes_nothing(persona: Stage) -> None:
    first, second = persona.create(key="k"), persona.create(key="k")
    assert (second.status_code, second.json()) == (201, first.json())
    assert len(persona.call("GET", "/inquiries").json()["data"]) == 1


def test_a_key_with_other_parameters_is_an_error(persona: Stage) -> None:
    persona.create(key="k")
    assert refusal(persona.create("user-2", key="k")) == (400, "Idempotency error")


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_stored_500_is_repeated_until_the_key_is_fresh(persona: Stage, when: str, made: int) -> None:
    persona.control("crashes", when=when)
    assert [persona.create(key="k").status_code for _ in range(3)] == [500, 500, 500]
    assert len(persona.call("GET", "/inquiries").json()["data"]) == made
    assert persona.create(key="fresh").status_code == 201


def test_a_stored_400_is_repeated(persona: Stage) -> None:
    wrong = changed("data.attributes.redirect-uri", "x")
    answers = [persona.call("POST", "/inquiries", wrong, idempotency_key="k") for _ in range(2)]
    assert [refusal(answer) for answer in answers] == [(400, "Bad Request")] * 2
    assert refusal(persona.create(key="k")) == (400, "Idempotency error")


def test_401_and_429_are_not_stored(persona: Stage) -> None:
    body = creation("user-1")
    assert persona.call("POST", "/inquiries", body, idempotency_key="k", authorization="Bearer x").status_code == 401
    assert persona.call("POST", "/inquiries", body, idempotency_key="k").status_code == 201


def test_the_rate_limit_counts_down_and_ends_with_its_window() -> None:
    with stage(calls_per_minute=2, seconds=lambda: 1_700_000_000.0) as persona:
        answers = [persona.create(key="k") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {"2"}
        assert answers[2].headers["ratelimit-reset"] == "40"
        assert refusal(answers[2]) == (429, "Rate limit exceeded")
        persona.control("clock", advance_s=40)
        assert persona.create(key="k").status_code == 201


def test_a_list_is_newest_first_filtered_and_in_pages(persona: Stage) -> None:
    mine = [persona.created("user-1") for _ in range(3)]
    persona.created("user-2")
    path = "/inquiries?filter[reference-id]=user-1&page[size]=2&fields[inquiry]=status"
    first = persona.call("GET", path).json()
    assert [item["id"] for item in first["data"]] == [mine[2], mine[1]]
    assert first["data"][0]["attributes"] == {"status": "created"}
    assert first["links"] == {"prev": None, "next": f"/api/v1/inquiries?page%5Bafter%5D={mine[1]}"}
    second = persona.call("GET", f"{path}&page[after]={mine[1]}").json()
    assert [item["id"] for item in second["data"]] == [mine[0]]
    assert second["links"]["next"] is None


def test_inquiries_of_one_reference_id_share_an_account(persona: Stage) -> None:
    accounts = [
        persona.create(reference).json()["data"]["relationships"]["account"]["data"]["id"]
        for reference in ("user-1", "user-1", "user-2")
    ]
    assert accounts[0] == accounts[1] != accounts[2]


def test_a_sparse_fieldset_keeps_everything_else_away(persona: Stage) -> None:
    key = persona.created(name_first="Jane", name_last="Doe")
    answer = persona.call("GET", f"/inquiries/{key}?fields[inquiry]=status,fields.name-last").json()
    fields = {"name-last": {"type": "string", "value": "Doe"}}
    assert answer["data"]["attributes"] == {"status": "created", "fields": fields}


def test_a_killed_sandbox_comes_back_as_it_was(tmp_path: Path) -> None:
    with stage(data_dir=tmp_path) as persona:
        key = persona.created()
        persona.simulate(key, "start_inquiry")
        stored = persona.create(key="k").json()
        port = port_of(persona.url)
    with stage(port, data_dir=tmp_path) as persona:
        assert persona.status(key) == "pending"
        assert persona.create(key="k").json() == stored
