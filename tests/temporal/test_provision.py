"""What is there is found quickly and silently; what is missing is made once, or asked for in one line."""

import sys
import threading
from pathlib import Path

import pytest

from temporal.cache import ProvisionError, cache_dir, locked, run_with_progress
from temporal.java_server import test_server_path as find_test_server
from temporal.packages import install_missing_packages, missing_for_papers, please_install
from temporal.provision import main
from temporal.server_binary import SERVER_MODULE, temporal_binary

RECENT = "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH and an empty cache: a machine on which nothing is installed but the shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("temporal.server_binary.GO_ROOT", str(folder))
    monkeypatch.setattr("temporal.packages.ADMIN_PATH", "")
    return folder


def test_the_named_program_comes_first(path: Path) -> None:
    named = _program(path, "my-temporal", "exit 1")
    assert temporal_binary(named=named, download=False) == named


def test_a_named_program_that_is_not_there_is_one_clear_line(path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"TEMPORAL_BINARY names .*, which is not a program"):
        temporal_binary(named=path / "absent", download=False)


def test_a_recent_cli_on_path_is_used(path: Path) -> None:
    cli = _program(path, "temporal", f"echo '{RECENT}'")
    assert temporal_binary(named=None, download=False) == cli


def test_a_cli_that_is_too_old_is_passed_over(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _program(path, "temporal", "echo 'temporal version 1.0.0 (Server 1.24.2, UI 2.28.0)'")
    with pytest.raises(ProvisionError):
        temporal_binary(named=None, download=False)
    assert "too old" in capsys.readouterr().err


def test_a_machine_without_go_is_told_what_to_install(path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"install Go 1\.21 or later to build it, or the `temporal` CLI"):
        temporal_binary(named=None, download=False)


def test_a_server_is_built_once_and_found_in_the_cache_afterwards(path: Path) -> None:
    _fake_go(path)
    first = temporal_binary(named=None, download=False)
    _program(path, "go", "exit 1")
    assert temporal_binary(named=None, download=False) == first
    assert first.parent == cache_dir("temporal", SERVER_MODULE / "go.mod", SERVER_MODULE / "go.sum")
    assert sorted(file.name for file in first.parent.iterdir()) == ["build.log", "lock", "temporal"]


def test_a_build_that_fails_leaves_nothing_behind_and_says_why(path: Path) -> None:
    _program(path, "go", '[ "$1" = version ] && echo go1.26.8 || { echo "go: no space left on device"; exit 1; }')
    with pytest.raises(ProvisionError, match="no space left on device"):
        temporal_binary(named=None, download=False)
    folder = cache_dir("temporal", SERVER_MODULE / "go.mod", SERVER_MODULE / "go.sum")
    assert sorted(file.name for file in folder.iterdir()) == ["build.log", "lock"]


def test_two_checkouts_build_one_after_the_other(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path):
            order.append("second")

    with locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_time_skipping_tests_ask_for_java(path: Path) -> None:
    with pytest.raises(ProvisionError, match="need Java: install a JRE"):
        find_test_server()


def test_missing_packages_are_asked_for_in_one_line(path: Path) -> None:
    with pytest.raises(ProvisionError, match="please install: redis-server mariadb-server chromium"):
        install_missing_packages()


def test_the_font_of_papers_is_asked_for_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("temporal.packages.FONT_FOLDERS", ())
    monkeypatch.setattr("temporal.packages.LIBRARIES", {"libpango-1.0-0": "libno-such-pango.so.0"})
    missing = missing_for_papers()
    assert missing == ["libpango-1.0-0", "fonts-dejavu-core"]
    assert please_install(missing).startswith("please install: libpango-1.0-0 fonts-dejavu-core (Debian: sudo apt-get")


def test_long_work_tells_how_long_it_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("temporal.cache.PROGRESS_EVERY_S", 0.01)
    command = [sys.executable, "-c", "import time; time.sleep(0.3)"]
    run_with_progress("server: building", command, log=tmp_path / "log", cwd=tmp_path)
    assert "server: building: 0 s" in capsys.readouterr().err


def test_the_command_is_silent_when_nothing_is_to_do(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli = _program(path, "temporal", f"echo '{RECENT}'")
    assert (main(["temporal"]), capsys.readouterr()) == (0, ("", ""))
    assert (main(["temporal", "--print"]), capsys.readouterr()) == (0, (f"{cli}\n", ""))


def test_the_command_fails_with_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-server"]) == 1
    assert capsys.readouterr().err.startswith("provision: the time-skipping tests need Java")


def test_nothing_is_provided_when_a_server_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    assert (main(["temporal", "--print"]), capsys.readouterr()) == (0, ("", ""))


def _program(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def _fake_go(folder: Path) -> None:
    """Writes, as the linker would, a program to the path after -o."""
    _program(
        folder,
        "go",
        f"""[ "$1" = version ] && {{ echo go1.26.8; exit; }}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "{RECENT}"\\n' > "$2"
/bin/chmod +x "$2" """,
    )
