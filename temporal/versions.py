"""Worker versions: which build of our code a worker is, and how a build becomes the one that new runs start on."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig

from temporal.deployment import DEPLOYMENT

CALL_LIMIT = timedelta(seconds=10)
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0

log = structlog.get_logger(__name__)


def version_of(build_id: str) -> WorkerDeploymentVersion:
    """The version of our one deployment with this build id."""
    return WorkerDeploymentVersion(DEPLOYMENT, build_id)


def pinned(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """A worker of this version, whose runs stay with it to their end.

    Said here and not where a workflow is defined: a server refuses a behaviour from a worker without a version, and
    tests run such workers. A workflow type that shall follow the current version says so in its own definition
    (`versioning_behavior`), which wins over this; then its tests need a worker with a version.
    """
    return WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )


def following(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """A worker of this version whose workflows move to each version that becomes current."""
    return WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE
    )


async def make_current(client: Client, version: WorkerDeploymentVersion) -> None:
    """Let new runs, and those that had no version, go to this version; where it is so already, nothing changes.

    Temporal knows a version only once a worker of it has polled, so this asks until it is done, and never raises.
    """
    pause_s = FIRST_PAUSE_S
    while not await _is_made_current(client, version):
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
    log.info("worker_version_made_current", deployment=version.deployment_name, build_id=version.build_id)


async def _is_made_current(client: Client, version: WorkerDeploymentVersion) -> bool:
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        identity=client.identity,
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request, timeout=CALL_LIMIT)
    except RPCError as error:
        log.info("worker_version_not_current_yet", build_id=version.build_id, status=error.status.name)
        return False
    return True
