"""Listings as one CSV file: every error is named, nothing is written until it is clean, and an export comes back."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from activities.db.engine import reading
from activities.db.tables import vehicles
from domain.vin import check_digit
from tests.api.conftest import House

HEADER = "vin,year,make,model,trim,mileage,has_lien,lights,start_cents"


def vin(number: int) -> str:
    text = f"19XFC1F30KE{number:06}"
    return text[:8] + check_digit(text) + text[9:]


def line(number: int, **changes: str) -> str:
    cells = {
        "vin": vin(number),
        "year": "2019",
        "make": "Honda",
        "model": "Civic",
        "trim": '"EX, with roof"',
        "mileage": "41250",
        "has_lien": "no",
        "lights": "green blue",
        "start_cents": "500000",
    }
    return ",".join({**cells, **changes}.values())


async def sent(client: AsyncClient, text: str | bytes, **params: str) -> Response:
    data = text.encode() if isinstance(text, str) else text
    return await client.post(
        "/api/vehicles/import", content=data, params=params, headers={"content-type": "text/csv; charset=utf-8"}
    )


def count(house: House) -> int:
    with reading(house.engine) as connection:
        return connection.execute(select(func.count()).select_from(vehicles)).scalar_one()


def found(answer: Response) -> list[tuple[int, str, str]]:
    errors: list[dict[str, Any]] = answer.json()["errors"]
    return [(error["line"], error["field"], error["rule"]) for error in errors]


async def test_a_clean_file_becomes_a_draft_for_each_line(house: House) -> None:
    sam = await house.browser("sam")
    answer = await sent(sam, "\n".join(["\ufeff" + HEADER, line(1), "", line(2)]))
    created = answer.json()["created"]
    own = (await sam.get(f"/api/me/vehicles/{created[1]['vehicle_id']}")).json()
    assert (answer.status_code, [each["line"] for each in created]) == (200, [2, 4])
    assert (own["status"], own["told"]["trim"], own["told"]["lights"]) == ("draft", "EX, with roof", ["blue", "green"])


async def test_a_check_writes_nothing_and_neither_does_a_file_with_one_error(house: House) -> None:
    sam = await house.browser("sam")
    text = "\n".join([HEADER, line(1), line(2, mileage="41,250".replace(",", "x")), line(1)])
    checked = await sent(sam, text, check_only="true")
    refused = await sent(sam, text)
    assert (checked.status_code, refused.status_code, refused.json()["code"]) == (200, 422, "IMPORT_ERRORS")
    assert found(checked) == found(refused) == [(3, "mileage", "int_parsing"), (4, "vin", "repeated_vin")]
    assert count(house) == 0


async def test_the_same_file_again_names_the_vehicles_that_it_made(house: House) -> None:
    sam = await house.browser("sam")
    first = await sent(sam, "\n".join([HEADER, line(1)]))
    again = await sent(sam, "\n".join([HEADER, line(1)]))
    number = first.json()["created"][0]["vehicle_id"]
    assert again.json()["errors"][0]["message"] == f"is listed already, as your vehicle {number}"
    assert count(house) == 1


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (b"vin,make\n19XFC1F37KE200001,Citro\xebn\n", [(2, "file", "encoding")]),
        (b"make,model\nHonda,Civic\n", [(1, "vin", "missing_column")]),
        (b"vin,colour\n19XFC1F37KE200001,red\n", [(1, "colour", "unknown_column")]),
        (b"vin,vin\n19XFC1F37KE200001,19XFC1F37KE200001\n", [(1, "vin", "repeated_column")]),
        (b"vin,make\n19XFC1F37KE200001\n", [(2, "line", "cells")]),
        (b'vin,make\n19XFC1F37KE200001,"Hon\n', [(1, "file", "csv")]),
        (b"vin\nIOQ\n", [(2, "vin", "vin")]),
        (b"vin;make\n", [(1, "file", "empty")]),
        (b"", [(1, "vin", "missing_column")]),
    ],
)
async def test_bad_files_are_told_what_is_wrong_where(
    house: House, text: bytes, errors: list[tuple[int, str, str]]
) -> None:
    answer = await sent(await house.browser("sam"), text, check_only="true")
    assert found(answer) == errors
    assert all(error["message"] for error in answer.json()["errors"])


async def test_ten_thousand_lines_are_taken_and_one_more_is_too_many(house: House) -> None:
    sam = await house.browser("sam")
    lines = [HEADER, *(line(number) for number in range(10_000))]
    whole = await sent(sam, "\n".join(lines), check_only="true")
    more = await sent(sam, "\n".join([*lines, line(10_000)]), check_only="true")
    assert (whole.json()["lines"], whole.json()["error_count"]) == (10_000, 0)
    assert found(more) == [(10_002, "file", "too_long")]


async def test_only_a_seller_imports_and_only_a_csv(house: House) -> None:
    buyer, seller = await house.browser("ada"), await house.browser("sam")
    other = await seller.post("/api/vehicles/import", content=b"{}", headers={"content-type": "application/json"})
    assert (await sent(buyer, HEADER)).json()["code"] == "SELLERS_ONLY"
    assert (other.status_code, other.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_an_export_comes_back_as_it_was_and_runs_nothing_in_a_spreadsheet(house: House) -> None:
    sam = await house.browser("sam")
    await sent(sam, "\n".join([HEADER, line(1, make="=cmd()"), line(2)]))
    before = (await sam.get("/api/me/vehicles")).json()["items"]
    text = (await sam.get("/api/me/vehicles.csv")).text
    for each in before:
        await sam.delete(f"/api/vehicles/{each['id']}")
    back = await sent(sam, text)
    after = (await sam.get("/api/me/vehicles")).json()["items"]
    assert "'=cmd()" in text
    assert back.status_code == 200, back.text
    assert sorted(each["told"]["make"] for each in after) == ["=cmd()", "Honda"]
    assert {each["told"]["vin"] for each in after} == {each["told"]["vin"] for each in before}
