"""The command from outside: what it says, how it ends, and that nothing is left of it."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from temporal.stack.leftovers import identify
from temporal.stack.sandboxes import ALL
from tests.stack.conftest import Start, wait_until

SANDBOXES = {sandbox.name for sandbox in ALL}
# The CLI, Redis, Temporal, the migrations, worker, papers, API, seed and bidders.
STEPS = 9 + len(SANDBOXES)


def test_everything_runs_and_one_ctrl_c_leaves_nothing(start: Start) -> None:
    stack = start()
    children = stack.until_up()
    stack.send(signal.SIGINT)
    assert stack.ends_with() == 0
    assert set(children) == {"redis", "temporal", *SANDBOXES, "worker", "papers", "api", "bidders"}
    assert stack.left_behind() == []
    assert stack.errors == ""


def test_it_tells_every_step_and_where_everything_is(start: Start) -> None:
    stack = start("--api-processes", "2")
    stack.until_up()
    ports = json.loads((stack.folder / "ports.json").read_text())
    assert f"[{STEPS + 1}/{STEPS + 1}] bidders: ready" in stack.output
    assert f"http://localhost:{ports['api']}/docs" in stack.output
    assert f"http://localhost:{ports['ui']}/" in stack.output
    assert "buyer@demo.hammertime.test" in stack.output
    assert f"Mail inbox     http://127.0.0.1:{ports['sendgrid']}/\n" in stack.output
    assert f"Persona        http://127.0.0.1:{ports['persona']}/api/v1   (sandbox)\n" in stack.output
    assert f"http://127.0.0.1:{ports['authorize_net']}/xml/v1/request.api   (sandbox)\n" in stack.output
    assert "api-2" in stack.children()


def test_sigterm_stops_like_ctrl_c_does(start: Start) -> None:
    stack = start("--no-bidders")
    assert "bidders" not in stack.until_up()
    stack.send(signal.SIGTERM)
    assert stack.ends_with() == 0
    assert stack.left_behind() == []


def test_ctrl_c_during_the_start_leaves_nothing(start: Start) -> None:
    stack = start(worker="never ready")
    wait_until(lambda: "worker" in stack.children())
    stack.send(signal.SIGINT)
    assert stack.ends_with() == 130
    assert stack.left_behind() == []


def test_a_second_ctrl_c_does_not_wait_for_the_deaf(start: Start) -> None:
    stack = start(worker="stubborn", api="stubborn", bidders="stubborn")
    stack.until_up()
    stack.send(signal.SIGINT)
    stack.send(signal.SIGINT)
    stack.send(signal.SIGINT)
    assert stack.ends_with() == 0
    assert stack.left_behind() == []


def test_what_ignores_sigterm_is_killed_after_its_grace(start: Start) -> None:
    stack = start(redis="stubborn")
    stack.until_up()
    stack.send(signal.SIGTERM)
    assert stack.ends_with() == 0
    assert stack.left_behind() == []


def test_grandchildren_end_too(start: Start) -> None:
    stack = start(worker="parent")
    children = stack.until_up()
    wait_until(lambda: len(stack.left_behind()) == len(children) + 1)
    stack.send(signal.SIGINT)
    stack.ends_with()
    assert stack.left_behind() == []


def test_kill_9_of_the_stack_leaves_no_child(start: Start) -> None:
    stack = start()
    children = stack.until_up()
    stack.send(signal.SIGKILL)
    stack.ends_with()
    wait_until(lambda: all(identify(pid) is None for pid in children.values()))
    assert stack.left_behind() == []


def test_after_a_kill_9_the_next_start_clears_up_and_goes_on(start: Start) -> None:
    first = start(worker="parent")
    children = first.until_up()
    wait_until(lambda: len(first.left_behind()) == len(children) + 1)
    first.send(signal.SIGKILL)
    first.ends_with()
    ports = (first.folder / "ports.json").read_text()
    second = start()
    second.until_up()
    assert first.left_behind() == []
    assert f"an earlier stack (pid {first.process.pid}) died without stopping" in second.output
    assert (second.folder / "ports.json").read_text() == ports


def test_a_second_stack_on_the_same_data_is_told_who_runs(start: Start) -> None:
    first = start()
    first.until_up()
    second = start()
    assert second.ends_with() == 1
    assert second.errors == (
        f"hammertime: the stack in {first.folder} is already running as pid {first.process.pid};"
        " stop it or use --data-dir\n"
    )
    assert first.process.poll() is None


def test_a_busy_port_is_named_with_its_holder_and_the_way_out(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stack = start("--port", str(port))
        assert stack.ends_with() == 1
    assert f"port {port} (api) is in use by " in stack.errors
    assert f"(pid {os.getpid()}); end that process or choose another port with --port (or PORT) N" in stack.errors
    assert stack.errors.count("\n") == 1


def test_a_program_that_cannot_start_ends_the_stack_with_its_last_words(start: Start) -> None:
    stack = start(worker="dying")
    assert stack.ends_with() == 1
    log = stack.folder / "logs" / "worker.log"
    assert f"worker ended with exit code 3 before it was ready; its log: {log}; its last lines: something broke" in (
        stack.errors
    )
    assert stack.errors.count("\n") == 1


def test_a_sandbox_that_cannot_start_ends_the_stack_too(start: Start) -> None:
    stack = start(authorize_net="dying")
    assert stack.ends_with() == 1
    assert "authorize-net ended with exit code 3 before it was ready" in stack.errors
    assert stack.errors.count("\n") == 1


def test_a_vendor_that_somebody_names_is_not_told_of_as_a_sandbox(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_URL", "https://api.sendgrid.com")
    stack = start()
    children = stack.until_up()
    assert "sendgrid" not in children
    assert "persona" in children
    assert "Mail inbox" not in stack.output
    assert f"[{STEPS - 3}/{STEPS - 3}] " in stack.output
    assert "bidders" not in children
    assert "nobody is there" in stack.output


def test_one_show_needs_every_sandbox(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_URL", "https://api.sendgrid.com")
    stack = start("--once")
    assert stack.ends_with() == 2
    assert "the vendors' sandboxes" in stack.errors
    assert stack.errors.count("\n") == 1


def test_a_vendors_key_without_its_url_is_one_line_without_the_key(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_API_KEY", "persona_production_1234")
    stack = start()
    assert stack.ends_with() == 2
    assert stack.errors == (
        "hammertime: PERSONA_API_KEY set without PERSONA_URL: set PERSONA_URL too, or leave all to the sandbox\n"
    )


def test_a_program_that_never_gets_ready_is_given_up(start: Start) -> None:
    stack = start(api="never ready")
    assert stack.ends_with() == 1
    assert "api was not ready within 1 s; its log: " in stack.errors
    assert stack.errors.count("\n") == 1


def test_a_program_that_keeps_dying_stops_the_stack_with_one_line(start: Start) -> None:
    stack = start(bidders="brief")
    stack.until_up()
    assert stack.ends_with() == 1
    assert stack.errors.startswith(
        "hammertime: bidders died 5 times in a row, at last it ended with exit code 3; its log:"
    )
    assert stack.errors.count("\n") == 1
    assert stack.left_behind() == []


def test_a_missing_toolchain_is_one_line(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_BINARY", "/no/such/temporal")
    stack = start()
    assert stack.ends_with() == 1
    assert stack.errors == "hammertime: TEMPORAL_BINARY names /no/such/temporal, which is not a program\n"


def test_too_little_room_is_one_line(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMMERTIME_MIN_FREE_MB", "999999999")
    stack = start()
    assert stack.ends_with() == 1
    assert "but 999999999 MB are needed" in stack.errors
    assert stack.errors.count("\n") == 1


def test_a_failed_migration_ends_the_stack(start: Start) -> None:
    stack = start(migrations="dying")
    assert stack.ends_with() == 1
    assert "migrations ended with exit code 3" in stack.errors


def test_a_disk_that_runs_full_is_said_to_be_full(start: Start) -> None:
    stack = start(temporal="full")
    assert stack.ends_with() == 1
    assert stack.errors.startswith(f"hammertime: the disk of {stack.folder} is full")
    assert stack.errors.count("\n") == 1


def test_a_wrong_setting_is_one_line_and_exit_code_2(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_MAX", "many")
    stack = start()
    assert stack.ends_with() == 2
    assert stack.errors.startswith("hammertime: BATCH_MAX: ")
    assert stack.errors.count("\n") == 1


def test_once_hands_on_output_and_exit_code_and_stops(start: Start) -> None:
    stack = start("--once", once="done")
    assert stack.ends_with() == 0
    assert "once was here" in stack.output
    failing = start("--once", once="four", folder=stack.folder.with_name("other"))
    assert failing.ends_with() == 4


def test_fresh_removes_what_the_stack_made_and_nothing_else(start: Start, tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    kept = tmp_path / "stack" / "letter.txt"
    kept.write_text("mine")
    (tmp_path / "stack" / "hammertime.db").write_text("old")
    for name in ("persona", "mine"):
        (tmp_path / "stack" / "sandboxes" / name).mkdir(parents=True)
        (tmp_path / "stack" / "sandboxes" / name / "file").write_text("old")
    stack = start("--fresh")
    stack.until_up()
    assert kept.read_text() == "mine"
    assert not (tmp_path / "stack" / "hammertime.db").exists()
    assert not (tmp_path / "stack" / "sandboxes" / "persona").exists()
    assert (tmp_path / "stack" / "sandboxes" / "mine" / "file").exists()
