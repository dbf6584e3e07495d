"""An upload under time skipping: checked when it comes, found where nobody spoke of it, else cleaned up."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.db.uploads import Standing
from activities.photo_contracts import Outcome, PhotoActivities, Upload, UploadChecked
from domain.photos import FORM_LIFE, JPEG, Kind, State
from temporal.photos import Photos
from temporal.worker import sandboxed
from tests.workflows.conftest import House
from workflows.photo import LOOKS, PhotoWorkflow, photo_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUEUE = "photos-of-tests"


@dataclass
class Shelf(PhotoActivities):
    """What is stored and known of uploads; `away`: so many calls fail first."""

    files: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    rows: dict[str, State] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)
    away: int = 0

    @activity.defn(name="check_upload")
    async def check_upload(self, upload: Upload) -> UploadChecked:
        self._step("check", upload)
        key = upload.upload_id
        if key in self.removed:
            return UploadChecked(Outcome.GONE)
        if key not in self.files:
            return UploadChecked(Outcome.MISSING)
        self.rows[key] = State.REFUSED if key in self.bad else State.READY
        return UploadChecked(Outcome(self.rows[key].value))

    @activity.defn(name="drop_upload")
    async def drop_upload(self, upload: Upload) -> None:
        self._step("drop", upload)
        self.files.discard(upload.upload_id)

    @activity.defn(name="forget_upload")
    async def forget_upload(self, upload: Upload) -> None:
        self._step("forget", upload)
        self.files.discard(upload.upload_id)
        self.rows.pop(upload.upload_id, None)

    def _step(self, name: str, upload: Upload) -> None:
        if self.away:
            self.away -= 1
            raise ApplicationError("s3: http_503", type="Unavailable")
        self.steps.setdefault(upload.upload_id, []).append(name)


@dataclass
class Yard:
    """A server that skips time, with a worker and the door."""

    house: House
    shelf: Shelf
    door: Photos
    uploads: list[Standing] = field(default_factory=list)

    async def awaited(self, kind: Kind = Kind.PHOTO) -> Standing:
        """An upload whose form was just given out."""
        now = await self.house.env.get_current_time()
        upload = Standing(kind, str(uuid4()), 7, State.AWAITING, JPEG, now + FORM_LIFE)
        self.shelf.rows[upload.upload_id] = State.AWAITING
        self.uploads.append(upload)
        await self.door.begin([upload])
        return upload

    async def arrives(self, upload: Standing) -> None:
        self.shelf.files.add(upload.upload_id)
        await self.door.uploaded(upload)

    def of(self, upload: Standing) -> WorkflowHandle[PhotoWorkflow, Outcome]:
        return self.house.client.get_workflow_handle_for(
            PhotoWorkflow.run, photo_workflow_id(upload.kind, upload.upload_id)
        )

    async def close(self) -> None:
        """Leave nothing behind that waits for a worker of this test: it would hold up the time of the next one."""
        for upload in self.uploads:
            with suppress(RPCError):
                await self.of(upload).terminate()

    async def end(self, upload: Standing) -> Outcome:
        """How it ends, once nothing can come by its form any more."""
        await self.house.pass_time(minutes=80)
        return await self.of(upload).result()

    def steps(self, upload: Standing) -> list[str]:
        return self.shelf.steps.get(upload.upload_id, [])


@pytest_asyncio.fixture(loop_scope="session")
async def yard(skipping: House) -> AsyncIterator[Yard]:
    shelf = Shelf()
    with ThreadPoolExecutor(2) as threads:
        async with Worker(
            skipping.client,
            task_queue=QUEUE,
            workflows=[PhotoWorkflow],
            activities=[shelf.check_upload, shelf.drop_upload, shelf.forget_upload],
            activity_executor=threads,
            workflow_runner=sandboxed(),
        ):
            yard = Yard(skipping, shelf, Photos(skipping.client, QUEUE))
            yield yard
            await yard.close()


@pytest.mark.parametrize("kind", Kind)
async def test_a_file_is_checked_when_it_comes_and_its_original_dropped(yard: Yard, kind: Kind) -> None:
    upload = await yard.awaited(kind)
    await yard.arrives(upload)
    await yard.house.pass_time(minutes=1)
    assert yard.steps(upload) == ["check", "drop"]
    assert await yard.end(upload) is Outcome.READY
    assert (yard.steps(upload), yard.shelf.rows[upload.upload_id]) == (["check", "drop", "drop"], State.READY)


async def test_a_file_that_is_sent_once_more_by_the_same_form_does_not_stay(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.arrives(upload)
    await yard.house.pass_time(minutes=1)
    yard.shelf.files.add(upload.upload_id)
    await yard.end(upload)
    assert upload.upload_id not in yard.shelf.files


async def test_a_bad_file_is_refused_and_dropped(yard: Yard) -> None:
    upload = await yard.awaited()
    yard.shelf.bad.add(upload.upload_id)
    await yard.arrives(upload)
    assert await yard.end(upload) is Outcome.REFUSED
    assert (upload.upload_id in yard.shelf.files, yard.shelf.rows[upload.upload_id]) == (False, State.REFUSED)


async def test_an_upload_that_never_completes_is_cleaned_up(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.house.pass_time(minutes=70)
    assert yard.steps(upload) == []
    assert await yard.end(upload) is Outcome.MISSING
    assert (yard.steps(upload), upload.upload_id in yard.shelf.rows) == (["check", "forget"], False)


async def test_a_file_that_nobody_spoke_of_is_found_at_the_end(yard: Yard) -> None:
    upload = await yard.awaited()
    yard.shelf.files.add(upload.upload_id)
    assert await yard.end(upload) is Outcome.READY


async def test_what_is_said_to_be_there_and_is_not_is_waited_for(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.door.uploaded(upload)
    await yard.house.pass_time(minutes=1)
    assert yard.steps(upload) == ["check"]
    await yard.arrives(upload)
    await yard.house.pass_time(minutes=1)
    assert yard.steps(upload) == ["check", "check", "drop"]


async def test_who_says_so_again_and_again_is_not_listened_to_for_ever(yard: Yard) -> None:
    upload = await yard.awaited()
    for _ in range(LOOKS + 5):
        await yard.door.uploaded(upload)
        await yard.house.pass_time(seconds=1)
    assert len(yard.steps(upload)) == LOOKS
    await yard.arrives(upload)
    assert await yard.end(upload) is Outcome.READY


async def test_what_is_removed_before_it_comes_is_forgotten_at_once(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.door.removed(upload)
    assert await yard.of(upload).result() is Outcome.GONE
    assert yard.steps(upload) == ["forget"]


async def test_what_is_removed_after_its_check_is_forgotten_at_once(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.arrives(upload)
    await yard.house.pass_time(minutes=1)
    await yard.door.removed(upload)
    assert await yard.of(upload).result() is Outcome.GONE
    assert yard.steps(upload) == ["check", "drop", "forget"]


async def test_a_photo_of_last_year_is_removed_by_a_run_of_its_own(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.arrives(upload)
    await yard.end(upload)
    await yard.house.pass_time(days=365)
    for _ in range(2):
        await yard.door.removed(upload)
        assert await yard.of(upload).result() is Outcome.GONE
    assert upload.upload_id not in yard.shelf.rows


async def test_a_store_that_is_away_for_hours_loses_nothing(yard: Yard) -> None:
    upload = await yard.awaited()
    yard.shelf.away = 40
    await yard.arrives(upload)
    await yard.house.pass_time(days=1)
    assert await yard.end(upload) is Outcome.READY
    assert yard.steps(upload)[0] == "check"


async def test_an_upload_that_is_begun_twice_has_one_workflow(yard: Yard) -> None:
    upload = await yard.awaited()
    first = (await yard.of(upload).describe()).run_id
    await yard.door.begin([upload, upload])
    described = await yard.of(upload).describe()
    assert (described.run_id, described.status) == (first, WorkflowExecutionStatus.RUNNING)


async def test_a_late_upload_that_began_in_time_is_still_taken(yard: Yard) -> None:
    upload = await yard.awaited()
    await yard.house.pass_time(seconds=(FORM_LIFE + timedelta(minutes=10)).total_seconds())
    await yard.arrives(upload)
    assert await yard.end(upload) is Outcome.READY
