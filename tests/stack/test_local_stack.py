"""The stack as tests and benchmarks use it, on fake programs."""

import sys
from pathlib import Path
from typing import Any

import pytest

from temporal.stack.errors import StackError
from temporal.stack.leftovers import identify
from temporal.stack.local_stack import LocalStack
from temporal.stack.sandboxes import ALL
from tests.stack.fakes import FakePrograms

SANDBOXES = {sandbox.name for sandbox in ALL}


def local_stack(**changes: Any) -> LocalStack:
    settings = {"temporal_binary": Path(sys.executable), **changes.pop("settings", {})}
    return LocalStack(programs=FakePrograms, settings=settings, **changes)


def test_it_runs_in_a_with_block_and_is_gone_after_it() -> None:
    with local_stack(api_processes=2, seed=True) as stack:
        pids = stack.pids
        assert set(pids) == {"redis", "temporal", *SANDBOXES, "worker", "papers", "api", "api-2"}
        assert "once was here" in stack.log("seed")
        assert stack.base_url == stack.api_urls[0]
    assert all(identify(pid) is None for pid in pids.values())
    assert not stack.data_dir.exists()


def test_its_programs_can_be_killed_held_and_restarted_by_name() -> None:
    with local_stack() as stack:
        killed = stack.kill("worker")
        stack.until_ready("worker")
        assert stack.pids["worker"] != killed
        stack.hold("temporal")
        assert "temporal" not in stack.pids
        stack.release("temporal")
        before = stack.pids["api"]
        stack.restart("api")
        assert stack.pids["api"] != before


def test_an_api_process_can_be_added() -> None:
    with local_stack() as stack:
        url = stack.add_api()
        assert stack.api_urls == [stack.base_url, url]
        assert "api-2" in stack.pids


def test_settings_and_addresses_reach_the_programs(tmp_path: Path) -> None:
    with local_stack(data_dir=tmp_path, settings={"batch_max": 7, "metrics": False, "process_id": "x"}) as stack:
        environment, site = stack.environment, stack.site_url
    assert environment["BATCH_MAX"] == "7"
    assert environment["METRICS"] == "false"
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/hammertime.db"
    assert environment["PUBLIC_URL"] == site == f"http://localhost:{environment['PORT']}"
    assert "PROCESS_ID" not in environment


def test_it_goes_on_with_the_same_ports_on_the_same_data(tmp_path: Path) -> None:
    with local_stack(data_dir=tmp_path) as first:
        url, address = first.base_url, first.temporal_address
    with local_stack(data_dir=tmp_path) as second:
        assert (second.base_url, second.temporal_address) == (url, address)


def test_a_start_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAKE_API", "dying")
    with (
        pytest.raises(StackError, match="api ended with exit code 3 before it was ready"),
        local_stack(data_dir=tmp_path),
    ):
        pass
    assert (tmp_path / "stack.lock").read_text() == ""
