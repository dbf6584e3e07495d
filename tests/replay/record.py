"""`python -m tests.replay.record [SCENE ...]`: play the scenes on a server and keep their histories and commands.

A history that was committed stays: record anew only when its commands are meant to change, and gate the change for the
workflows that run (`workflow.patched`, or for auctions a new worker version).
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory

from temporal.replay import replay
from tests.replay.scenes import SCENES
from tests.replay.stage import SECRET, open_stage

HISTORIES = Path(__file__).parent / "histories"


def load(name: str) -> list[WorkflowHistory]:
    """The runs of a scene, oldest first."""
    runs: list[dict[str, Any]] = json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))
    return [WorkflowHistory.from_json(f"{name}-{number}", run) for number, run in enumerate(runs)]


def commands_file(name: str) -> Path:
    """Where the commands of a scene are kept: one line each, an empty line between runs."""
    return HISTORIES / f"{name}.commands.txt"


async def commands(name: str) -> str:
    """What today's code commands along a scene's histories."""
    runs = [await replay(run, SECRET) for run in load(name)]
    return "\n".join("".join(f"{line}\n" for line in run) for run in runs)


async def record(names: list[str]) -> None:
    """Record these scenes, each on a server of its own."""
    for name in names:
        scene = SCENES[name]
        async with open_stage(await scene.server()) as stage:
            runs = await _runs(stage.client, await scene.play(stage))
        text = json.dumps(runs, indent=1, sort_keys=True)
        (HISTORIES / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        commands_file(name).write_text(await commands(name), encoding="utf-8")


async def _runs(client: Client, workflow_id: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    run_id = (await client.get_workflow_handle(workflow_id).describe()).run_id
    while run_id:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        runs.insert(0, history.to_json_dict())
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return runs


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(SCENES)))
