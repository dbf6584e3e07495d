"""The Description workflow: a draft of a listing's description, by the model where it answers in time, else without it.

Nothing of the text travels through here, and nothing is published: the seller reads the draft and takes what they like.
"""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.description_contracts import DescriptionActivities, DescriptionDrafted, DraftDescription
    from workflows import policies

# The model is asked once: its client has a budget of its own, and every answer costs money. A dead worker is noticed by
# its heart; somebody waits for the template then.
ASK_MODEL = policies.PersonWaits(
    schedule_to_close_timeout=timedelta(seconds=22),
    heartbeat_timeout=timedelta(seconds=5),
    start_to_close_timeout=timedelta(seconds=22),
    retry_policy=RetryPolicy(maximum_attempts=1),
)
# The template is only written, for as long as the database is away.
WRITE_TEMPLATE = policies.ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=10), retry_policy=policies.RECORD["retry_policy"]
)


def description_workflow_id(vehicle_id: int, version: int) -> str:
    """The one workflow that drafts the description of a listing's version at a time."""
    return f"description-{vehicle_id}-{version}"


@dataclass(frozen=True, slots=True)
class DescriptionStart:
    """A listing, and who wants its description."""

    vehicle_id: int
    asker_id: int


@workflow.defn(name="Description")
class DescriptionWorkflow:
    """One draft; whatever happens to the model, there is one after about 25 seconds."""

    @workflow.run
    async def run(self, start: DescriptionStart) -> DescriptionDrafted:
        """Ask the model, and write the template's draft where that does not end well."""
        work = DraftDescription(start.vehicle_id, start.asker_id)
        try:
            return await workflow.execute_activity_method(DescriptionActivities.draft_description, work, **ASK_MODEL)
        except ActivityError:
            return await workflow.execute_activity_method(
                DescriptionActivities.draft_from_template, work, **WRITE_TEMPLATE
            )
