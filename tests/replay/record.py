"""`python -m tests.replay.record [SCENE ...]`: play the scenes on a real server and keep their histories and commands.

A history that was committed stays: record anew only when its commands are meant to change, and gate the change for the
auctions that run (`workflow.patched`, or a new worker version).
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from activities.settings import load_settings
from temporal.converter import make_converter
from temporal.replay import replay
from temporal.server_binary import temporal_binary
from tests.replay.scenes import SCENES
from tests.workflows.conftest import SEARCH_ATTRIBUTES, House, open_house
from tests.workflows.lots import Lot

HISTORIES = Path(__file__).parent / "histories"
# Known to everybody: these histories are of invented people.
SECRET = b"the key of the replay histories."
SUGGESTED_EVENTS = 150


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


async def _runs(lot: Lot) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    run_id = (await lot.handle.describe()).run_id
    while run_id:
        history = await lot.client.get_workflow_handle(lot.handle.id, run_id=run_id).fetch_history()
        runs.insert(0, history.to_json_dict())
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return runs


async def _play(house: House, name: str) -> None:
    scene, length, window_s = SCENES[name]
    lot = await house.lot(ends_at=datetime.now(UTC) + length, window_s=window_s, reserve_cents=9_000_00)
    await scene(lot)
    text = json.dumps(await _runs(lot), indent=1, sort_keys=True)
    (HISTORIES / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    commands_file(name).write_text(await commands(name), encoding="utf-8")


async def record(names: list[str]) -> None:
    """Record these scenes."""
    settings = load_settings()
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(
            temporal_binary(named=settings.temporal_binary, download=settings.temporal_download)
        ),
        data_converter=make_converter(SECRET),
        identity="recorder",
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value",
            f"limit.historyCount.suggestContinueAsNew={SUGGESTED_EVENTS}",
            *SEARCH_ATTRIBUTES,
        ],
    )
    async for house in open_house(env):
        for name in names:
            await _play(house, name)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(SCENES)))
