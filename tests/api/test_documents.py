"""Documents over HTTP: private, read by short links by those they are for."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.photos import MOST_DOCUMENTS, PDF, document_key
from tests.activities.picture_files import PDF_FILE
from tests.api.conftest import House
from tests.api.studio import Studio, code_of, open_studio
from tests.sandbox.s3.stage import Stage, stage


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
async def studio(house: House, sandbox: Stage) -> Studio:
    return await open_studio(house, sandbox)


async def test_a_document_is_read_by_a_link_of_five_minutes_that_saves_it(studio: Studio) -> None:
    document_id = await studio.document("title_scan")
    form = studio.sandbox.form(document_key(studio.car, document_id, PDF), PDF, least=1)
    studio.sandbox.post(form, PDF_FILE)
    link = (await studio.paper("GET", f"/{document_id}")).json()["url"]
    answer = studio.sandbox.http.get(link)
    assert (answer.content, answer.headers["content-type"]) == (PDF_FILE, PDF)
    assert answer.headers["content-disposition"] == f'attachment; filename="vehicle-{studio.car}-title_scan.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["300"]


async def test_before_it_is_listed_only_its_keepers_know_of_its_papers(studio: Studio) -> None:
    document_id = await studio.document()
    for name, status in (("sam", 200), ("amy", 200), ("sue", 200), ("ada", 404), ("sid", 404)):
        assert (name, (await studio.paper("GET", name=name)).status_code) == (name, status)
        assert (name, (await studio.paper("GET", f"/{document_id}", name=name)).status_code) == (name, status)
    assert (await studio.paper("GET", name="")).status_code == 401


async def test_buyers_read_inspections_and_no_titles(studio: Studio) -> None:
    there = replace(studio, car=await studio.lister.listed(vin="19XFC1F31KE200002"))
    title, inspection = await there.document("title_scan"), await there.document("inspection")
    known = (await there.paper("GET", name="ada")).json()["items"]
    assert [each["id"] for each in known] == [inspection]
    assert (await there.paper("GET", f"/{inspection}", name="ada")).status_code == 200
    assert code_of(await there.paper("GET", f"/{title}", name="ada")) == "DOCUMENT_NOT_FOUND"
    assert len((await there.paper("GET", name="sam")).json()["items"]) == 2


async def test_what_the_staff_reads_is_written_down(studio: Studio) -> None:
    document_id = await studio.document("title_scan")
    await studio.paper("GET", f"/{document_id}", name="sue")
    assert studio.lister.deeds(studio.car)[-1] == "read_document"


async def test_a_document_that_is_not_checked_cannot_be_read(studio: Studio) -> None:
    body = {"documents": [{"kind": "other", "title": "A paper", "content_type": PDF}]}
    made = (await studio.paper("POST", "", body)).json()["items"][0]
    answer = await studio.paper("GET", f"/{made['id']}")
    assert (code_of(answer), answer.json()["state"]) == ("DOCUMENT_NOT_READY", "awaiting")
    told = await studio.paper("POST", f"/{made['id']}/uploaded")
    assert (told.status_code, studio.door.told) == (202, [made["id"]])


async def test_documents_are_removed_and_limited(studio: Studio) -> None:
    document_id = await studio.document()
    assert (await studio.paper("DELETE", f"/{document_id}")).status_code == 204
    assert code_of(await studio.paper("DELETE", f"/{document_id}")) == "DOCUMENT_NOT_FOUND"
    assert studio.door.gone == [document_id]
    many = {"documents": [{"kind": "other", "title": "A paper", "content_type": PDF}] * MOST_DOCUMENTS}
    assert (await studio.paper("POST", "", many)).status_code == 201
    one = {"documents": many["documents"][:1]}
    assert code_of(await studio.paper("POST", "", one)) == "TOO_MANY_DOCUMENTS"
