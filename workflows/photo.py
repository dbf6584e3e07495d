"""The Photo workflow: one upload, of a photo or a document, from its form until nothing of it is left to do."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.photo_contracts import Outcome, PhotoActivities, Upload, UploadChecked
    from domain.photos import LATE_ARRIVAL, Kind
    from workflows.policies import ActivityPolicy

# A large photo takes seconds, behind others longer; a store that is away is asked ever more rarely, and for ever.
CHECK = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
    ),
)
# Deleting what is gone already is no error.
CLEAN = ActivityPolicy(start_to_close_timeout=timedelta(minutes=2), retry_policy=CHECK["retry_policy"])
# Whoever says again and again that a file has come is believed this often before its form has run out.
LOOKS = 20


def photo_workflow_id(kind: Kind, upload_id: str) -> str:
    """The one workflow of an upload."""
    return f"{kind}-{upload_id}"


@dataclass(frozen=True, slots=True)
class PhotoStart:
    """An upload whose form is good until `expires_at`."""

    kind: Kind
    vehicle_id: int
    upload_id: str
    expires_at: datetime


@workflow.defn(name="Photo")
class PhotoWorkflow:
    """Waits for the file and has it checked. While the form is good a file could be sent once more, so that what was
    sent is deleted after the check and again at the end. Of what is removed nothing is left."""

    @workflow.init
    def __init__(self, start: PhotoStart) -> None:
        self._upload = Upload(start.kind, start.vehicle_id, start.upload_id)
        self._until = start.expires_at + LATE_ARRIVAL
        self._has_arrived = False
        self._is_removed = False
        self._looks = 0

    @workflow.run
    async def run(self, start: PhotoStart) -> Outcome:
        """Await and check the file; then see to it that only what may be shown stays."""
        del start
        outcome = await self._await_file()
        if outcome in {Outcome.READY, Outcome.REFUSED}:
            await self._clean(PhotoActivities.drop_upload)
            if await self._in_time(lambda: self._is_removed):
                outcome = Outcome.GONE
            else:
                await self._clean(PhotoActivities.drop_upload)
        if outcome in {Outcome.MISSING, Outcome.GONE}:
            await self._clean(PhotoActivities.forget_upload)
        return outcome

    @workflow.signal
    def uploaded(self) -> None:
        """Somebody says that the file is there; a look will tell."""
        self._has_arrived = True

    @workflow.signal
    def removed(self) -> None:
        """Its seller does not want it any more; its row says so already."""
        self._is_removed = True

    async def _await_file(self) -> Outcome:
        """Look when somebody says so, and once more when the form has run out: what nobody spoke of may be there."""
        while True:
            in_time = await self._in_time(lambda: self._is_removed or self._is_to_look)
            if self._is_removed:
                return Outcome.GONE
            self._has_arrived = False
            self._looks += 1
            found: UploadChecked = await workflow.execute_activity_method(
                PhotoActivities.check_upload, self._upload, **CHECK
            )
            if found.outcome is not Outcome.MISSING or not in_time:
                return found.outcome

    @property
    def _is_to_look(self) -> bool:
        return self._has_arrived and self._looks < LOOKS

    async def _in_time(self, has_come: Callable[[], bool]) -> bool:
        """Wait for something until no upload can be on its way any more; False where it has not come by then."""
        with suppress(TimeoutError):
            await workflow.wait_condition(has_come, timeout=max(self._until - workflow.now(), timedelta(0)))
        return has_come()

    async def _clean(self, step: Callable[[PhotoActivities, Upload], Awaitable[None]]) -> None:
        await workflow.execute_activity_method(step, self._upload, **CLEAN)
