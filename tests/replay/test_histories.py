"""Auctions that run go on after a deploy: committed histories replay, and their commands are the committed ones."""

import getpass
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from temporal.replay import replay
from tests.replay.record import HISTORIES, SECRET, commands, commands_file, load
from tests.replay.scenes import SCENES

WHERE = re.compile(r"/(work|home|root|usr|tmp)/|[0-9]+@")


@pytest.mark.parametrize("name", SCENES)
async def test_a_committed_history_replays_with_the_committed_commands(name: str) -> None:
    assert await commands(name) == commands_file(name).read_text(encoding="utf-8")


def test_every_scene_has_its_history_and_there_is_no_other() -> None:
    kept = {path.name for path in HISTORIES.iterdir()}

    assert kept == {f"{name}{ending}" for name in SCENES for ending in (".json", ".commands.txt")}


@pytest.mark.parametrize("name", SCENES)
def test_a_history_names_no_machine_no_person_and_no_path(name: str) -> None:
    words = "\n".join(_words(json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))))

    assert WHERE.findall(words) == []
    assert socket.gethostname() not in words
    assert getpass.getuser() not in words


def _words(value: Any) -> Iterator[str]:
    """Every text of a history but what is encrypted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from () if key == "data" else _words(item)


def test_a_continued_auction_has_more_than_one_run() -> None:
    assert len(load("continued")) > 1


async def test_a_history_of_another_order_of_activities_does_not_replay() -> None:
    (run,) = load("steered")
    scheduled = [e for e in run.events if e.HasField("activity_task_scheduled_event_attributes")]
    scheduled[0].activity_task_scheduled_event_attributes.activity_type.name = "await_bids_in_flight"

    with pytest.raises(Exception, match=r"(?i)nondeterminism"):
        await replay(run, SECRET)
