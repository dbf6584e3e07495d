"""Uploads from the file that arrived to what is shown: a real store, a real database, and every bad file there is."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.db import documents, photos, seller_documents, uploads
from activities.db.documents import NewDocument
from activities.db.engine import make_engine, reading, transaction
from activities.db.photos import NewPhoto, Photo
from activities.db.seller_documents import SellerDocument
from activities.photo_check import PhotoWork
from activities.photo_contracts import Outcome, Upload
from activities.providers.s3 import Storage
from domain.photos import (
    DOCUMENT_BYTES,
    JPEG,
    PDF,
    PHOTO_BYTES,
    PNG,
    WEBP,
    DocumentKind,
    Flaw,
    Kind,
    State,
    document_key,
    picture_key,
    upload_key,
)
from migrations import schema
from tests.activities.picture_files import HTML, PDF_FILE, SVG, bomb, drawn, photo, webp_bomb, with_place
from tests.sandbox.s3.stage import Stage, stage

CAR = 7
SELLER = 9
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Scene:
    """A store and a database with the activities on them."""

    sandbox: Stage
    storage: Storage
    engine: Engine
    work: PhotoWork

    def awaited(self, content_type: str = JPEG, vehicle_id: int = CAR) -> Upload:
        """A photo whose form was given out."""
        upload_id, now = str(uuid4()), datetime.now(UTC)
        with transaction(self.engine) as connection:
            new = [NewPhoto(upload_id, content_type, "")]
            photos.add(connection, vehicle_id, new, place=0, user_id=1, at=now, expires_at=now + HOUR)
        return Upload(Kind.PHOTO, vehicle_id, upload_id)

    def awaited_document(self, content_type: str = PDF) -> Upload:
        upload_id, now = str(uuid4()), datetime.now(UTC)
        with transaction(self.engine) as connection:
            new = [NewDocument(upload_id, DocumentKind.TITLE_SCAN, "The title", content_type)]
            documents.add(connection, CAR, new, user_id=1, at=now, expires_at=now + HOUR)
        return Upload(Kind.DOCUMENT, CAR, upload_id)

    def awaited_licence(self) -> Upload:
        """A seller's licence whose form was given out."""
        upload_id, now = str(uuid4()), datetime.now(UTC)
        new = SellerDocument(upload_id, SELLER, State.AWAITING, PDF, None, None, now, now + HOUR)
        with transaction(self.engine) as connection:
            seller_documents.add(connection, new)
        return Upload(Kind.LICENCE, SELLER, upload_id)

    async def send(self, upload: Upload, content: bytes, content_type: str = JPEG) -> None:
        """The file is there, as if its form had let it pass."""
        await self.storage.put(upload_key(upload.kind, upload.vehicle_id, upload.upload_id), content, content_type)

    async def check(self, upload: Upload) -> Outcome:
        return (await ActivityEnvironment().run(self.work.check_upload, upload)).outcome

    async def sent(self, content: bytes, content_type: str = JPEG) -> tuple[Upload, Outcome]:
        """A photo that is sent and checked."""
        upload = self.awaited(content_type)
        await self.send(upload, content, content_type)
        return upload, await self.check(upload)

    def photo(self, upload: Upload) -> Photo:
        with reading(self.engine) as connection:
            return {each.photo_id: each for each in photos.of_vehicle(connection, upload.vehicle_id)}[upload.upload_id]

    def state(self, upload: Upload) -> State | None:
        with reading(self.engine) as connection:
            found = uploads.find(connection, upload.kind, upload.upload_id)
        return None if found is None else found.state

    def remove(self, upload: Upload) -> None:
        with transaction(self.engine) as connection:
            uploads.remove(connection, upload.kind, upload.upload_id, datetime.now(UTC))

    def made(self) -> list[str]:
        """What is stored but for the files as they were sent."""
        return [key for key in self.sandbox.keys if not key.startswith("vehicles/")]


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="storage", scope="module")
def storage_fixture(sandbox: Stage) -> Iterator[Storage]:
    storage = Storage(sandbox.bucket, read_timeout_s=2.0)
    yield storage
    asyncio.run(storage.aclose())


@pytest.fixture(name="migrated", scope="module")
def migrated_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "hammertime.db"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(name="scene")
async def scene_fixture(migrated: Path, tmp_path: Path, sandbox: Stage, storage: Storage) -> AsyncIterator[Scene]:
    path = tmp_path / "hammertime.db"
    shutil.copy(migrated, path)
    engine = make_engine(f"sqlite:///{path}")
    with ThreadPoolExecutor(2) as decoders:
        yield Scene(sandbox, storage, engine, PhotoWork(engine, storage, decoders))
    sandbox.http.delete("/_sandbox/faults")
    await storage.delete(sandbox.keys)
    engine.dispose()


@pytest.mark.parametrize("content_type", [JPEG, PNG, WEBP])
async def test_a_photo_is_checked_and_made_into_its_sizes(scene: Scene, content_type: str) -> None:
    upload, outcome = await scene.sent(photo(content_type, drawn(2_000, 1_500)), content_type)
    found = scene.photo(upload)
    assert (outcome, found.state, found.width, found.height) == (Outcome.READY, State.READY, 1_920, 1_440)
    assert scene.made() == sorted(picture_key(CAR, upload.upload_id, width) for width in (320, 640, 1_280, 1_920))


async def test_a_picture_is_shown_under_its_link_as_webp(scene: Scene) -> None:
    upload, _ = await scene.sent(photo())
    link = scene.sandbox.links.picture(picture_key(CAR, upload.upload_id, 320), datetime.now(UTC))
    answer = scene.sandbox.http.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, WEBP)


async def test_where_a_photo_was_taken_is_nowhere_after_its_check(scene: Scene) -> None:
    upload, _ = await scene.sent(with_place(orientation=6, image=drawn(800, 600)))
    await ActivityEnvironment().run(scene.work.drop_upload, upload)
    for key in scene.sandbox.keys:
        content = await scene.storage.get(key, PHOTO_BYTES)
        assert content is not None
        assert b"Exif" not in content
    found = scene.photo(upload)
    assert (found.width, found.height) == (600, 800)
    assert scene.made() == scene.sandbox.keys


async def test_what_never_came_is_missing_and_stays_awaited(scene: Scene) -> None:
    upload = scene.awaited()
    assert (await scene.check(upload), scene.state(upload)) == (Outcome.MISSING, State.AWAITING)


@pytest.mark.parametrize(
    ("content", "content_type", "flaw"),
    [
        (SVG, JPEG, Flaw.NOT_A_PHOTO),
        (HTML, PNG, Flaw.NOT_A_PHOTO),
        (HTML + photo(), JPEG, Flaw.NOT_A_PHOTO),
        (PDF_FILE, JPEG, Flaw.NOT_A_PHOTO),
        (photo(PNG), JPEG, Flaw.OTHER_TYPE),
        (photo()[:1_000], JPEG, Flaw.DAMAGED),
        (bomb(), PNG, Flaw.TOO_MANY_PIXELS),
        (webp_bomb(), WEBP, Flaw.TOO_MANY_PIXELS),
        (photo(JPEG, drawn(100, 100)), JPEG, Flaw.TOO_FEW_PIXELS),
        (photo(JPEG, drawn(2_000, 300)), JPEG, Flaw.TOO_NARROW),
        (b"\0" * (PHOTO_BYTES + 1), JPEG, Flaw.TOO_LARGE),
    ],
    ids=["svg", "html", "polyglot", "pdf", "other", "cut", "bomb", "webp bomb", "small", "narrow", "large"],
)
async def test_a_bad_file_is_refused_with_its_reason_and_nothing_of_it_is_kept(
    scene: Scene, content: bytes, content_type: str, flaw: Flaw
) -> None:
    upload, outcome = await scene.sent(content, content_type)
    assert (outcome, scene.photo(upload).refusal, scene.made()) == (Outcome.REFUSED, flaw, [])


async def test_a_file_of_another_type_than_its_form_said_is_refused_unread(scene: Scene) -> None:
    upload = scene.awaited(JPEG)
    await scene.send(upload, photo(), "text/html")
    assert (await scene.check(upload), scene.photo(upload).refusal) == (Outcome.REFUSED, Flaw.OTHER_TYPE)


async def test_of_a_photo_with_a_script_behind_it_the_pixels_are_kept(scene: Scene) -> None:
    _, outcome = await scene.sent(photo() + HTML)
    contents = [await scene.storage.get(key, PHOTO_BYTES) for key in scene.made()]
    assert outcome is Outcome.READY
    assert not [each for each in contents if each is None or b"script" in each]


async def test_the_same_photo_twice_is_taken_once(scene: Scene) -> None:
    content = photo()
    first, _ = await scene.sent(content)
    second, outcome = await scene.sent(content)
    assert (outcome, scene.photo(second).refusal) == (Outcome.REFUSED, Flaw.DUPLICATE)
    assert {key.split("/")[2] for key in scene.made()} == {first.upload_id}


async def test_the_same_photo_twice_at_once_is_taken_once(scene: Scene) -> None:
    both = [scene.awaited(), scene.awaited()]
    for upload in both:
        await scene.send(upload, photo())
    outcomes = await asyncio.gather(*(scene.check(upload) for upload in both))
    assert sorted(outcomes) == [Outcome.READY, Outcome.REFUSED]
    assert len({key.split("/")[2] for key in scene.made()}) == 1


async def test_two_vehicles_may_have_the_same_photo(scene: Scene) -> None:
    for vehicle_id in (1, 2):
        upload = scene.awaited(vehicle_id=vehicle_id)
        await scene.send(upload, photo())
        assert await scene.check(upload) is Outcome.READY


async def test_a_check_that_is_done_again_changes_nothing(scene: Scene) -> None:
    upload, outcome = await scene.sent(photo())
    before = (scene.photo(upload), scene.sandbox.keys)
    await scene.send(upload, SVG)
    assert await scene.check(upload) is outcome
    assert (scene.photo(upload), scene.sandbox.keys) == before


async def test_a_check_that_was_cut_off_in_its_middle_is_begun_again(scene: Scene) -> None:
    upload = scene.awaited()
    await scene.send(upload, photo())
    scene.sandbox.control("faults", mode="error_500", method="PUT", path="/pictures/")
    with pytest.raises(ApplicationError) as caught:
        await scene.check(upload)
    assert (caught.value.type, caught.value.non_retryable) == ("Unavailable", False)
    assert scene.state(upload) is State.CHECKING
    assert await scene.check(upload) is Outcome.READY


async def test_what_was_removed_meanwhile_is_gone(scene: Scene) -> None:
    upload = scene.awaited()
    await scene.send(upload, photo())
    scene.remove(upload)
    assert await scene.check(upload) is Outcome.GONE
    assert await scene.check(Upload(Kind.PHOTO, CAR, str(uuid4()))) is Outcome.GONE


async def test_of_what_is_forgotten_nothing_is_left(scene: Scene) -> None:
    kept, _ = await scene.sent(photo(JPEG, drawn(seed=1)))
    upload, _ = await scene.sent(photo(JPEG, drawn(seed=50)))
    scene.remove(upload)
    for _ in range(2):
        await ActivityEnvironment().run(scene.work.forget_upload, upload)
    assert scene.state(upload) is None
    assert not [key for key in scene.sandbox.keys if upload.upload_id in key]
    assert [key for key in scene.made() if kept.upload_id in key]


async def test_a_row_outlives_its_files_while_the_store_is_away(scene: Scene) -> None:
    upload, _ = await scene.sent(photo())
    scene.remove(upload)
    scene.sandbox.control("faults", mode="slow_down")
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(scene.work.forget_upload, upload)
    assert scene.state(upload) is State.REMOVED


async def test_a_pdf_is_kept_as_it_is_under_a_key_that_nobody_can_post_to(scene: Scene) -> None:
    upload = scene.awaited_document()
    await scene.send(upload, PDF_FILE, PDF)
    assert await scene.check(upload) is Outcome.READY
    key = document_key(CAR, upload.upload_id, PDF)
    await scene.send(upload, HTML, PDF)
    assert await scene.storage.get(key, DOCUMENT_BYTES) == PDF_FILE


async def test_a_licence_is_kept_apart_and_goes_without_a_trace(scene: Scene) -> None:
    upload = scene.awaited_licence()
    await scene.send(upload, PDF_FILE, PDF)
    assert await scene.check(upload) is Outcome.READY
    key = document_key(SELLER, upload.upload_id, PDF, Kind.LICENCE)
    assert await scene.storage.get(key, DOCUMENT_BYTES) == PDF_FILE
    with transaction(scene.engine) as connection:
        uploads.remove_licences(connection, SELLER, datetime.now(UTC))
    await ActivityEnvironment().run(scene.work.forget_upload, upload)
    assert await scene.storage.get(key, DOCUMENT_BYTES) is None
    with reading(scene.engine) as connection:
        assert uploads.find(connection, Kind.LICENCE, upload.upload_id) is None


async def test_a_licence_that_is_sent_twice_or_is_no_document_is_refused(scene: Scene) -> None:
    outcomes = []
    for content in (PDF_FILE, PDF_FILE, HTML):
        upload = scene.awaited_licence()
        await scene.send(upload, content, PDF)
        outcomes.append(await scene.check(upload))
    assert outcomes == [Outcome.READY, Outcome.REFUSED, Outcome.REFUSED]
    with reading(scene.engine) as connection:
        found = seller_documents.of_sellers(connection, [SELLER])[SELLER]
    assert {each.refusal for each in found} == {None, Flaw.DUPLICATE, Flaw.NOT_A_DOCUMENT}


async def test_a_scanned_document_loses_where_it_was_scanned(scene: Scene) -> None:
    upload = scene.awaited_document(JPEG)
    await scene.send(upload, with_place(image=drawn(3_000, 2_000)), JPEG)
    assert await scene.check(upload) is Outcome.READY
    content = await scene.storage.get(document_key(CAR, upload.upload_id, JPEG), DOCUMENT_BYTES)
    assert content is not None
    assert b"Exif" not in content
    with reading(scene.engine) as connection:
        found = documents.find(connection, CAR, upload.upload_id)
    assert found is not None
    assert (found.size, found.content_type) == (len(content), JPEG)


@pytest.mark.parametrize(
    ("content", "content_type", "flaw"),
    [
        (HTML, PDF, Flaw.NOT_A_DOCUMENT),
        (SVG, JPEG, Flaw.NOT_A_DOCUMENT),
        (HTML + PDF_FILE, PDF, Flaw.NOT_A_DOCUMENT),
        (PDF_FILE, JPEG, Flaw.OTHER_TYPE),
        (photo(), PDF, Flaw.OTHER_TYPE),
        (PDF_FILE[:-8] + b" " * 3_000, PDF, Flaw.DAMAGED),
        (b"%PDF-1.7" + b"\0" * DOCUMENT_BYTES, PDF, Flaw.TOO_LARGE),
    ],
    ids=["html", "svg", "polyglot", "pdf as photo", "photo as pdf", "cut", "large"],
)
async def test_a_bad_document_is_refused_with_its_reason(
    scene: Scene, content: bytes, content_type: str, flaw: Flaw
) -> None:
    upload = scene.awaited_document(content_type)
    await scene.send(upload, content, content_type)
    outcome = await scene.check(upload)
    with reading(scene.engine) as connection:
        found = documents.find(connection, CAR, upload.upload_id)
    assert found is not None
    assert (outcome, found.refusal, scene.made()) == (Outcome.REFUSED, flaw, [])


async def test_the_same_document_twice_is_taken_once(scene: Scene) -> None:
    outcomes = []
    for _ in range(2):
        upload = scene.awaited_document()
        await scene.send(upload, PDF_FILE, PDF)
        outcomes.append(await scene.check(upload))
    assert outcomes == [Outcome.READY, Outcome.REFUSED]


async def test_wrong_keys_are_tried_again_and_told_without_them(scene: Scene, sandbox: Stage) -> None:
    bucket = sandbox.bucket
    wrong = type(bucket)(
        name=bucket.name, region=bucket.region, access_key_id="AKIAX", secret_access_key="very-secret", url=bucket.url
    )
    upload = scene.awaited()
    async with Storage(wrong) as storage:
        work = PhotoWork(scene.engine, storage, ThreadPoolExecutor(1))
        with pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(work.check_upload, upload)
    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", False)
    assert "very-secret" not in str(caught.value)
