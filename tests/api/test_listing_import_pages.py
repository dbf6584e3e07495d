"""The import page: a file is read through with every error in a table, taken in when it is clean, without scripts."""

import re
import zlib
from base64 import urlsafe_b64encode

import pytest
from httpx import AsyncClient, Response

from tests.api.conftest import House
from tests.api.newcomer import page
from tests.api.test_listing_imports import HEADER, count, line, sent

PATH = "/sell/import"
CARD = "4111111111111111"


@pytest.fixture(name="sam")
async def sam_fixture(house: House) -> AsyncClient:
    return await house.browser("sam")


async def uploaded(client: AsyncClient, data: bytes) -> Response:
    """The file as a browser's form sends it."""
    form = {"csrf_token": client.headers["X-CSRF-Token"]}
    files = {"file": ("cars.csv", data, "text/csv")}
    return await client.post(PATH, data=form, files=files, headers={"Accept": "text/html"})


def sealed(answer: Response) -> str:
    found = re.search(r'name="sealed"\s+value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def errors(answer: Response) -> list[list[str]]:
    """The table's lines."""
    rows = re.findall(r'<tr data-error="[^"]+">(.*?)</tr>', answer.text, re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


async def test_a_clean_file_is_shown_first_and_taken_in_when_its_seller_says_so(house: House, sam: AsyncClient) -> None:
    asked = await page(sam, "GET", PATH)
    assert 'enctype="multipart/form-data"' in asked.text
    text = "\n".join(["\ufeff" + HEADER, line(1, trim='"EX,\nwith roof"'.replace("\n", " ")), line(2)])
    shown = await uploaded(sam, text.encode())
    assert (shown.status_code, "2 lines can be taken in" in shown.text, count(house)) == (200, True, 0)
    done = await page(sam, "POST", f"{PATH}/confirm", sealed=sealed(shown))
    assert (done.status_code, done.headers["location"], count(house)) == (303, "/sell?done=imported", 2)
    assert "The drafts are created." in (await page(sam, "GET", "/sell?done=imported")).text


async def test_every_error_is_told_by_line_and_column_and_nothing_is_written(house: House, sam: AsyncClient) -> None:
    text = "\n".join([HEADER, line(1, mileage="many"), line(2), line(2), "x,y"])
    shown = await uploaded(sam, text.encode())
    assert shown.status_code == 422
    assert [each[:2] for each in errors(shown)] == [["2", "mileage"], ["4", "vin"], ["5", "line"]]
    assert ("4 lines" in shown.text, 'name="sealed"' in shown.text, count(house)) == (True, False, 0)


async def test_lines_may_be_pasted_too(house: House, sam: AsyncClient) -> None:
    shown = await page(sam, "POST", PATH, lines="\r\n".join([HEADER, line(1)]))
    await page(sam, "POST", f"{PATH}/confirm", sealed=sealed(shown))
    assert count(house) == 1


async def test_what_was_listed_in_between_is_told_instead_of_taken_in(house: House, sam: AsyncClient) -> None:
    text = "\n".join([HEADER, line(1), line(2)])
    shown = await uploaded(sam, text.encode())
    await sent(sam, "\n".join([HEADER, line(2)]))
    again = await page(sam, "POST", f"{PATH}/confirm", sealed=sealed(shown))
    assert (again.status_code, [each[:2] for each in errors(again)]) == (422, [["3", "vin"]])
    assert count(house) == 1


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "Choose a file"),
        (b" \n", 422, "Choose a file"),
        (b"\xff\xfe\x00", 422, "UTF-8"),
        (f"{HEADER}\n{line(1, trim=CARD)}".encode(), 400, ""),
    ],
)
async def test_what_is_no_file_of_listings_is_refused(
    house: House, sam: AsyncClient, data: bytes, status: int, words: str
) -> None:
    shown = await uploaded(sam, data)
    assert (shown.status_code, words in shown.text, count(house)) == (status, True, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "????",
        "abcd",
        urlsafe_b64encode(zlib.compress(b"0" * 6_000_000)).decode(),
        urlsafe_b64encode(zlib.compress(HEADER.encode())[:-4]).decode(),
    ],
    ids=["nothing", "no text of ours", "no file", "a bomb", "a part"],
)
async def test_a_confirmation_that_was_tampered_with_is_refused(house: House, sam: AsyncClient, wrong: str) -> None:
    shown = await page(sam, "POST", f"{PATH}/confirm", sealed=wrong)
    assert (shown.status_code, "choose it again" in shown.text, count(house)) == (422, True, 0)


async def test_a_confirmation_smuggles_no_card_number(house: House, sam: AsyncClient) -> None:
    text = f"{HEADER}\n{line(1, trim=CARD)}".encode()
    answer = await page(sam, "POST", f"{PATH}/confirm", sealed=urlsafe_b64encode(zlib.compress(text)).decode())
    assert (answer.status_code, count(house)) == (400, 0)


@pytest.mark.parametrize(("is_own", "status"), [(True, 200), (False, 403)])
async def test_without_a_script_the_form_of_a_file_carries_its_token(
    sam: AsyncClient, is_own: bool, status: int
) -> None:
    token = sam.headers.pop("X-CSRF-Token")
    lines = [HEADER, *(line(number, trim="x" * 40) for number in range(3_000))]
    shown = await sam.post(
        PATH,
        data={"csrf_token": token if is_own else "another"},
        files={"file": ("cars.csv", "\n".join(lines).encode(), "text/csv")},
        headers={"Accept": "text/html"},
    )
    assert (shown.status_code, "data-clean" in shown.text) == (status, is_own)


async def test_the_page_is_for_sellers(house: House) -> None:
    ada = await house.browser("ada")
    assert (await page(ada, "GET", PATH)).status_code == 403
    assert (await uploaded(ada, HEADER.encode())).status_code == 403
