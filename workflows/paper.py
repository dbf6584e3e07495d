"""The Paper workflow: a document of a sale is rendered once, for as long as that takes."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.paper_contracts import PaperActivities
    from workflows.policies import ActivityPolicy

# A page takes a fraction of a second, behind others longer. A document that cannot be rendered is a mistake of ours: it
# is tried until that is put right. Only a document that is not there never will be.
RENDER = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=5),
        non_retryable_error_types=["LookupError"],
    ),
)


def paper_workflow_id(number: str) -> str:
    """The one workflow of a document, by its number."""
    return f"paper-{number}"


@workflow.defn(name="Paper")
class PaperWorkflow:
    """One document becomes one PDF. It runs on the task queue of the papers, where nothing else does."""

    @workflow.run
    async def run(self, number: str) -> str:
        """Render it; the SHA-256 of the file, as hex."""
        return await workflow.execute_activity_method(PaperActivities.render_paper, number, **RENDER)
