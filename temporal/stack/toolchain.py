"""The Temporal CLI, found or made by `python -m temporal.provision` in a process that stops with the stack."""

from pathlib import Path

from activities.settings import Settings
from temporal.stack.child import Program
from temporal.stack.environment import tool_environment
from temporal.stack.errors import StackError
from temporal.stack.programs import module
from temporal.stack.progress import Progress
from temporal.stack.supervisor import Supervisor

# A first build of the Temporal server takes minutes on a small machine.
WITHIN_S = 1_800
COMPLAINT = "provision: "


class Answer:
    """Sorts what the provisioning says: the path, the complaint, and progress that is passed on as it comes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.path: Path | None = None
        self.complaint = ""

    def hear(self, line: str) -> None:
        """Take one line of its output."""
        if line.startswith(COMPLAINT):
            self.complaint = line.removeprefix(COMPLAINT)
        elif line.startswith("/") and " " not in line:
            self.path = Path(line)
        elif line:
            self._progress.note(line)


async def find_temporal(supervisor: Supervisor, settings: Settings, run_id: str, progress: Progress) -> Path | None:
    """The path of the CLI, None when the settings name a server elsewhere; StackError says what is missing."""
    if settings.names_temporal_server:
        return None
    if settings.temporal_binary and settings.temporal_binary.exists():
        return settings.temporal_binary.absolute()
    answer = Answer(progress)
    program = Program(
        name="provision",
        command=module("temporal.provision", "temporal", "--print"),
        environment=tool_environment(run_id),
        data_dir=settings.data_dir,
        log_path=None,
        heard=answer.hear,
        ready_within_s=WITHIN_S,
    )
    code = await supervisor.run(program)
    if code or answer.path is None:
        raise StackError(answer.complaint or f"looking for a Temporal server failed (exit code {code})")
    return answer.path
