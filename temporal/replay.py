"""Replay of committed histories: does today's code still follow them, and which commands does it give while it does?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import Info
from temporalio.workflow import _Definition as Definition

from temporal.account_worker import WORKFLOWS as ACCOUNT_WORKFLOWS
from temporal.converter import make_converter
from temporal.worker import sandboxed
from workflows.auction import AuctionWorkflow
from workflows.paper import PaperWorkflow

WORKFLOWS: Sequence[type] = (AuctionWorkflow, PaperWorkflow, *ACCOUNT_WORKFLOWS)


@dataclass
class CommandRecorder(WorkflowRunner):
    """Runs workflows as the worker does and writes down every command, as `schedule_activity record_ledger`."""

    inner: WorkflowRunner
    commands: list[str] = field(default_factory=list)

    def prepare_workflow(self, defn: Definition) -> None:
        """As the worker does."""
        self.inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance whose completions are read on their way out."""
        return _Watched(self.inner.create_instance(det), self.commands)


@dataclass
class _Watched(WorkflowInstance):
    instance: WorkflowInstance
    commands: list[str]

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self.instance.activate(act)
        self.commands.extend(_named(command) for command in completion.successful.commands)
        return completion

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return self.instance.get_serialization_context(command_info)  # type: ignore[arg-type] # the SDK's own value

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return self.instance.get_external_store_context(command_info)  # type: ignore[arg-type] # the SDK's own value

    def get_info(self) -> Info:
        return self.instance.get_info()

    def get_thread_id(self) -> int | None:
        return self.instance.get_thread_id()


async def replay(history: WorkflowHistory, secret: bytes) -> list[str]:
    """The commands that today's code gives along a history, in order.

    Raises what the SDK raises for a workflow that is not deterministic any more.
    """
    recorder = CommandRecorder(sandboxed())
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=recorder, data_converter=make_converter(secret))
    await replayer.replay_workflow(history)
    return recorder.commands


def _named(command: WorkflowCommand) -> str:
    kind = command.WhichOneof("variant") or ""
    match kind:
        case "schedule_activity":
            return f"{kind} {command.schedule_activity.activity_type}"
        case "update_response":
            return f"{kind} {command.update_response.WhichOneof('response')}"
        case "upsert_workflow_search_attributes":
            names = sorted(command.upsert_workflow_search_attributes.search_attributes.indexed_fields)
            return f"{kind} {' '.join(names)}"
        case "set_patch_marker":
            return f"{kind} {command.set_patch_marker.patch_id}"
        case _:
            return kind
