"""The Schedule of the daily reconcile: made once, kept as the code says, and paused by operators as they like."""

from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from workflows.reconcile import ReconcileStart, ReconcileWorkflow

SCHEDULE_ID = "reconcile-daily"
WORKFLOW_ID = "reconcile"
# After the processor's night, and before the house opens.
HOUR = 5
ZONE = "America/Chicago"
# A server that was away for some days compares once, not for each of them.
CATCH_UP = timedelta(days=1)

log = structlog.get_logger(__name__)


async def keep_schedule(client: Client, task_queue: str) -> None:
    """Make the Schedule, or bring it to what this code says; whether it is paused stays. Raises RPCError."""
    wanted = _schedule(task_queue)
    try:
        await client.create_schedule(SCHEDULE_ID, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SCHEDULE_ID).update(lambda known: _updated(known, wanted))
    log.info("reconcile_scheduled", schedule_id=SCHEDULE_ID, task_queue=task_queue)


def _schedule(task_queue: str) -> Schedule:
    daily = ScheduleCalendarSpec(hour=[ScheduleRange(HOUR)], comment="every morning in Chicago")
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconcileWorkflow.run, ReconcileStart(), id=WORKFLOW_ID, task_queue=task_queue
        ),
        spec=ScheduleSpec(calendars=[daily], time_zone_name=ZONE),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )


def _updated(known: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    wanted.state = known.description.schedule.state
    return ScheduleUpdate(wanted)
