"""A dealer's licence as a file: sent by its seller, read by them and the staff, and by nobody else."""

from collections.abc import Iterator
from typing import cast

import pytest
from httpx import Response

from activities.db import uploads
from activities.db.engine import transaction
from api.database import now
from api.photo_desk import PhotoDesk
from domain.photos import MOST_LICENCES, PDF, Kind, document_key
from temporal.photos import Photos
from tests.activities.picture_files import PDF_FILE
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor, refusal
from tests.api.test_sellers import ADMIN, ME, approved, decide, write
from tests.doubles.photos_door import PhotosDouble
from tests.sandbox.s3.stage import Stage, stage

PAPERS = f"{ME}/documents"
BODY = {"content_type": PDF}


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
def door(house: House, sandbox: Stage) -> PhotosDouble:
    door = PhotosDouble()
    house.services.photos = PhotoDesk(sandbox.links, cast("Photos", door))
    return door


@pytest.fixture
def floor(house: House, door: PhotosDouble) -> Floor:
    assert door.begun == []
    return open_floor(house)


async def sent(floor: Floor, name: str = "ada") -> str:
    """A licence that was checked."""
    answer = await floor.post(name, PAPERS, BODY)
    assert answer.status_code == 201, answer.text
    document_id: str = answer.json()["id"]
    with transaction(floor.house.engine) as connection:
        uploads.begin_check(connection, Kind.LICENCE, document_id, now())
        digest = document_id.replace("-", "") * 2
        assert uploads.finish(connection, Kind.LICENCE, document_id, sha256=digest, at=now(), bytes=9)
    return document_id


async def remove(floor: Floor, document_id: str, name: str = "ada") -> Response:
    return await (await floor.client(name)).delete(f"{PAPERS}/{document_id}")


async def states(floor: Floor, name: str = "ada") -> list[str]:
    return [each["state"] for each in (await floor.get(name, ME)).json()["documents"]]


async def test_a_licence_is_sent_by_a_form_checked_and_shown_in_the_profile(
    floor: Floor, door: PhotosDouble, sandbox: Stage
) -> None:
    await write(floor)
    made = (await floor.post("ada", PAPERS, BODY)).json()
    assert (made["kind"], made["state"], await states(floor)) == ("dealer_licence", "awaiting", ["awaiting"])
    assert made["upload"]["fields"]["key"] == f"sellers/{floor.person('ada')}/licences/{made['id']}"
    upload = made["upload"]
    sent_there = sandbox.http.post(upload["url"], data=upload["fields"], files={"file": PDF_FILE * 2})
    assert sent_there.status_code == 201
    told = await floor.post("ada", f"{PAPERS}/{made['id']}/uploaded")
    assert (told.status_code, door.begun, door.told) == (202, [made["id"]], [made["id"]])
    assert refusal(await floor.get("ada", f"{PAPERS}/{made['id']}")) == (409, "DOCUMENT_NOT_READY")


async def test_its_seller_and_the_staff_read_it_by_a_short_link_and_nobody_else(floor: Floor, sandbox: Stage) -> None:
    await write(floor)
    document_id = await sent(floor)
    key = document_key(floor.person("ada"), document_id, PDF, Kind.LICENCE)
    sandbox.post(sandbox.form(key, PDF, least=1), PDF_FILE)
    for name, path in (
        ("ada", PAPERS),
        *((name, f"{ADMIN}/{floor.person('ada')}/documents") for name in ("amy", "sue")),
    ):
        link = (await floor.get(name, f"{path}/{document_id}")).json()["url"]
        assert (name, sandbox.http.get(link).content, "X-Amz-Expires=300" in link) == (name, PDF_FILE, True)
    assert refusal(await floor.get("bob", f"{PAPERS}/{document_id}")) == (404, "DOCUMENT_NOT_FOUND")
    others = await floor.get("bob", f"{ADMIN}/{floor.person('ada')}/documents/{document_id}")
    assert refusal(others) == (403, "STAFF_ONLY")


async def test_what_the_staff_reads_of_licences_is_written_down(floor: Floor) -> None:
    await write(floor)
    document_id = await sent(floor)
    await floor.get("sue", f"{ADMIN}/{floor.person('ada')}/documents/{document_id}")
    assert floor.deeds()[-1].action == "read_seller_document"
    reviewed = (await floor.get("amy", f"{ADMIN}/{floor.person('ada')}")).json()
    listed = (await floor.get("amy", ADMIN)).json()["items"]
    assert [each["id"] for each in reviewed["documents"]] == [document_id]
    assert reviewed["documents"] in [each["documents"] for each in listed]


async def test_a_licence_stays_while_a_review_goes_by_it(floor: Floor, door: PhotosDouble) -> None:
    await write(floor)
    document_id = await sent(floor)
    await floor.post("ada", f"{ME}/submit")
    assert refusal(await remove(floor, document_id)) == (409, "PHOTO_KEPT")
    await decide(floor, "ada", "reject")
    assert (await remove(floor, document_id)).status_code == 204
    assert refusal(await remove(floor, document_id)) == (404, "DOCUMENT_NOT_FOUND")
    assert (door.gone, await states(floor)) == ([document_id], ["missing"])


async def test_there_are_so_many_licences_and_none_without_a_profile_or_while_suspended(floor: Floor) -> None:
    assert refusal(await floor.post("bob", PAPERS, BODY)) == (404, "SELLER_NOT_FOUND")
    await approved(floor)
    answers = [await floor.post("ada", PAPERS, BODY) for _ in range(MOST_LICENCES + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [201] * MOST_LICENCES
    assert refusal(answers[-1]) == (409, "TOO_MANY_DOCUMENTS")
    await floor.post("amy", f"{ADMIN}/{floor.person('ada')}/suspend", {"reason": "Three buyers complained."})
    assert refusal(await floor.post("ada", PAPERS, BODY)) == (403, "SELLER_SUSPENDED")
