"""The data directory, its lock, and the ports remembered in it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from activities.settings import Settings
from temporal.stack import data_dir, leftovers, ports, sandboxes
from temporal.stack.errors import StackError, from_os_error
from temporal.stack.lock import LOCK_FILE, StackLock
from temporal.stack.options import StackOptions
from temporal.stack.ports import FREE, Ports, PortWish


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def wishes(api: int | None = FREE) -> tuple[PortWish, ...]:
    return (
        PortWish(name="api", flag="--port", default=FREE, wished=api),
        *(
            PortWish(name=name, flag=f"--{name}", default=FREE)
            for name in (
                "temporal",
                "ui",
                "redis",
                "persona",
                "authorize_net",
                "sendgrid",
                "clearvin",
                "vpic",
                "s3",
                "openai",
            )
        ),
    )


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        found.append(ports.free_port(set(found)))
    return found


def test_too_little_room_is_said_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"MB free, but 999999999 MB are needed; free some space or change --data-dir"):
        data_dir.prepare(tmp_path, {data_dir.MIN_FREE_VARIABLE: "999999999"})


def test_a_limit_that_is_no_number_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="has to be a whole number of megabytes") as caught:
        data_dir.prepare(tmp_path, {data_dir.MIN_FREE_VARIABLE: "-1"})
    assert caught.value.exit_code == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"the data directory .*/file/below cannot be used: Not a directory"):
        data_dir.prepare(tmp_path / "file" / "below", {data_dir.MIN_FREE_VARIABLE: "0"})


def test_a_full_disk_has_a_line_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
    assert str(from_os_error(caught.value, tmp_path)) == (
        f"the disk of {tmp_path} is full; free some space and start again"
    )


def test_a_lock_that_is_held_names_its_holder(tmp_path: Path) -> None:
    lock = StackLock.take(tmp_path)
    with pytest.raises(StackError, match=f"already running as pid {os.getpid()}"):
        StackLock.take(tmp_path)
    lock.release()
    StackLock.take(tmp_path).release()


def test_a_lock_that_was_released_tells_of_nobody(tmp_path: Path) -> None:
    StackLock.take(tmp_path).release()
    lock = StackLock.take(tmp_path)
    assert lock.before is None
    lock.release()


def test_a_stale_lock_is_taken_over_with_its_record(tmp_path: Path, bystander: subprocess.Popen[bytes]) -> None:
    stale = StackLock.take(tmp_path)
    stale.remember("worker", bystander.pid)
    content = (tmp_path / LOCK_FILE).read_text()
    stale.release()
    (tmp_path / LOCK_FILE).write_text(content + "a tail that a kill left")
    lock = StackLock.take(tmp_path)
    assert lock.before is not None
    assert lock.before.run_id == stale.run_id
    assert lock.before.children["worker"].pid == bystander.pid
    lock.release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\x00\xff"])
def test_a_spoilt_lock_file_is_taken_over(tmp_path: Path, content: str) -> None:
    (tmp_path / LOCK_FILE).write_text(content)
    lock = StackLock.take(tmp_path)
    assert lock.before is None
    lock.release()


async def test_a_process_on_record_is_ended(bystander: subprocess.Popen[bytes]) -> None:
    recorded = leftovers.identify(bystander.pid)
    assert recorded is not None
    assert await leftovers.end([recorded]) == 1
    assert bystander.wait(5) != 0


async def test_another_process_under_a_recorded_id_is_left_alone(bystander: subprocess.Popen[bytes]) -> None:
    assert await leftovers.end([leftovers.Identity(bystander.pid, "another boot/1")]) == 0
    assert bystander.poll() is None


def test_the_same_ports_are_taken_again(tmp_path: Path) -> None:
    first = ports.choose(tmp_path, wishes())
    assert ports.choose(tmp_path, wishes()) == first
    assert ports.choose(tmp_path, wishes(api=None)) == first


def test_a_remembered_port_that_is_busy_is_replaced(tmp_path: Path) -> None:
    first = ports.choose(tmp_path, wishes())
    with socket.socket() as taken:
        taken.bind((ports.LOOPBACK, first.api))
        taken.listen()
        second = ports.choose(tmp_path, wishes())
    assert second.api != first.api
    assert second.temporal == first.temporal


def test_a_port_that_was_asked_for_wins_over_the_remembered_one(tmp_path: Path) -> None:
    ports.choose(tmp_path, wishes())
    wanted = ports.free_port()
    assert ports.choose(tmp_path, wishes(api=wanted)).api == wanted


@pytest.mark.parametrize("wished", [-1, 65_536])
def test_a_port_out_of_range_is_a_wrong_setting(tmp_path: Path, wished: int) -> None:
    with pytest.raises(StackError, match=f"--port is {wished}, but a port is between 1 and 65535") as caught:
        ports.choose(tmp_path, wishes(api=wished))
    assert caught.value.exit_code == 2


def test_two_parts_cannot_share_a_port(tmp_path: Path) -> None:
    port = ports.free_port()
    both = (
        PortWish(name="api", flag="--port", default=port),
        PortWish(name="temporal", flag="--temporal-port", default=port),
    )
    with pytest.raises(StackError, match=r"--temporal-port is .*, which another part of the stack uses already"):
        ports.choose(tmp_path, both)


def test_ports_remembered_before_there_were_sandboxes_are_kept(
    tmp_path: Path, make_settings: Callable[..., Settings]
) -> None:
    before = dict(zip(("api", "temporal", "ui", "redis"), _free_ports(4), strict=True))
    (tmp_path / ports.REMEMBERED).write_text(json.dumps(before))
    options = StackOptions(port=FREE, temporal_port=FREE, ui_port=FREE)
    chosen = asdict(ports.choose(tmp_path, options.port_wishes(make_settings())))
    assert {name: chosen[name] for name in before} == before
    assert len(set(chosen.values())) == len(before) + len(sandboxes.ALL)
    assert json.loads((tmp_path / ports.REMEMBERED).read_text()) == chosen


def test_a_spoilt_memory_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / ports.REMEMBERED).write_text("[not json")
    assert isinstance(ports.choose(tmp_path, wishes()), Ports)
