"""The codec server: for admins in the Temporal UI, with maxima blanked, and for nobody else."""

import base64
import json
import secrets
from typing import Any

import pytest
from httpx import Response
from temporalio.api.common.v1 import Payload

from tests.api.conftest import House
from tests.api.sale import problem

UI = "http://127.0.0.1:8233"
PATH = "/codec/decode"


def in_json(payload: Payload) -> dict[str, Any]:
    """A payload as the UI sends it."""
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def sealed(house: House, value: object) -> dict[str, Any]:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode())
    return in_json(house.services.codec.seal(payload))


def read(answer: Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [json.loads(base64.b64decode(payload["data"])) for payload in answer.json()["payloads"]]


async def ask(house: House, name: str, *payloads: dict[str, Any], **headers: str) -> Response:
    client = await house.browser(name) if name else house.client()
    client.headers.pop("X-CSRF-Token", None)
    return await client.post(PATH, json={"payloads": list(payloads)}, headers=headers)


async def test_an_admin_reads_a_payload_without_its_maximum(house: House) -> None:
    answer = await ask(house, "amy", sealed(house, {"bidder": "42", "cents": 1_234_500}), Origin=UI)
    assert read(answer) == [{"bidder": "42", "cents": "[hidden]"}]
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_payloads_keep_their_order(house: House) -> None:
    assert read(await ask(house, "amy", *(sealed(house, number) for number in range(5)))) == list(range(5))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", (401, "NOT_SIGNED_IN")),
        ("ada", (403, "ADMINS_ONLY")),
        ("sam", (403, "ADMINS_ONLY")),
        ("sue", (403, "ADMINS_ONLY")),
    ],
)
async def test_nobody_but_admins_reads_anything(house: House, name: str, expected: tuple[int, str]) -> None:
    assert problem(await ask(house, name, sealed(house, {"bidder": "42"}))) == expected


async def test_a_machine_needs_the_admin_scope(house: House) -> None:
    body = {"payloads": [sealed(house, 1)]}
    answers = [await (await house.machine("amy", scope)).post(PATH, json=body) for scope in ("read", "admin")]
    assert [answer.status_code for answer in answers] == [403, 200]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8233.evil.example"])
async def test_another_site_may_not_ask(house: House, origin: str) -> None:
    answer = await ask(house, "amy", sealed(house, 1), Origin=origin)
    assert answer.status_code == 403
    assert origin not in answer.headers.get("access-control-allow-origin", "")


async def test_the_browser_of_the_ui_is_told_that_it_may_ask(house: House) -> None:
    answer = await house.client(Origin=UI).options(PATH)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, UI)
    foreign = await house.client(Origin="https://evil.example").options(PATH)
    assert foreign.headers["access-control-allow-origin"] == UI


async def test_garbage_is_shown_as_it_is(house: House) -> None:
    garbage = in_json(Payload(metadata={"encoding": b"binary/encrypted"}, data=b"garbage"))
    (shown,) = (await ask(house, "amy", garbage)).json()["payloads"]
    assert (base64.b64decode(shown["metadata"]["encoding"]), base64.b64decode(shown["data"])) == (
        b"binary/unreadable",
        b"garbage",
    )


async def test_what_an_operator_typed_in_the_open_is_blanked_too(house: House) -> None:
    typed = in_json(Payload(metadata={"encoding": b"json/plain"}, data=b'{"cents": 1234500}'))
    assert read(await ask(house, "amy", typed)) == [{"cents": "[hidden]"}]


async def test_what_is_no_list_of_payloads_is_400(house: House) -> None:
    browser = await house.browser("amy")
    for body in (b"", b"{", b"5", b"null", b"[]", b'"x"', b"[1]", b'{"payloads": 5}', b'{"other": []}', b"\xff"):
        assert (await browser.post(PATH, content=body)).status_code == 400, body


async def test_a_page_of_history_larger_than_other_bodies_is_decoded(house: House) -> None:
    large = sealed(house, secrets.token_hex(100_000))
    assert len(json.dumps(large)) > 100_000
    assert (await ask(house, "amy", large)).status_code == 200


async def test_there_is_a_limit_to_that_too(house: House) -> None:
    answer = await (await house.browser("amy")).post(PATH, content=b" " * 4_000_001)
    assert problem(answer) == (413, "TOO_LARGE")
