"""The worker of accounts, mails and payments: everything that talks to vendors, on a task queue of its own."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig, WorkflowRunner

from activities.contracts import NoticeActivities
from workflows.notice import NoticeWorkflow

# Most of an activity's time is waiting for a vendor.
ACTIVITIES = 100
CACHED_WORKFLOWS = 1_000
STICKY_TIMEOUT = timedelta(seconds=2)
GRACE = timedelta(seconds=20)
WORKFLOWS: Sequence[type] = (NoticeWorkflow,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWork:
    """The activities of this worker, each with its clients and its database."""

    notices: NoticeActivities

    def activities(self) -> list[Any]:
        """All of them, to be registered."""
        return [self.notices.send_notice, self.notices.look_up_notice, self.notices.give_up_notice]


def following(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """A worker of this version whose workflows, which may live for years, move to each version that becomes current."""
    return WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE
    )


def make_account_worker(
    client: Client,
    task_queue: str,
    work: AccountWork,
    threads: Executor,
    runner: WorkflowRunner | None = None,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker of the accounts' task queue, of one version unless `deployment` is None."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=work.activities(),
        activity_executor=threads,
        deployment_config=deployment,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_activities=ACTIVITIES,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=GRACE,
    )
