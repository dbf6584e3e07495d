"""Workflows that run once for their id: started by whoever comes first, and told only while they run."""

from collections.abc import Callable
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode


async def start_once(
    client: Client, run: Callable[..., Any], argument: object, *, workflow_id: str, task_queue: str
) -> bool:
    """Start a workflow, unless one of its id runs or ran already; False where one ran to its end before.

    Raises RPCError, or RuntimeError from a client that has never reached its server.
    """
    try:
        await client.start_workflow(
            run,
            argument,
            id=workflow_id,
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def tell_running(client: Client, workflow_id: str, signal: Callable[..., Any]) -> None:
    """Signal a workflow; one that is over, or never was, needs it not. Raises RPCError for anything else."""
    try:
        await client.get_workflow_handle(workflow_id).signal(signal)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
