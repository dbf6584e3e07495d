"""The load generator's script and what is read from its output."""

import os
import sys
from pathlib import Path

import pytest

from tests.load import wrk
from tests.load.wrk import Answers, Load, LoadFailed

LOAD = Load(url="http://127.0.0.1:1", tokens=["ht_a", "ht_b"], lots=[7, 8], connections=4, seconds=1, pause_ms=250)
# Tells by a pipe that it listens, and says something when it is interrupted.
INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(print("figures")))
open(sys.argv[1], "w").close()
signal.pause()
"""
OUTPUT = """Running 1s test @ http://127.0.0.1:1
figure status.201 40
figure status.409 2
figure status.503 1
figure complaint 503 {"code": "UNAVAILABLE"}
figure refusal {"code": "BELOW_MINIMUM"}
figure error.connect 0
figure error.timeout 3
figure requests 43
figure seconds 2.0
figure p50_ms 1.5
figure p99_ms 9.25
figure max_ms 11
"""


def test_its_output_becomes_answers() -> None:
    expected = Answers(
        statuses={201: 40, 409: 2, 503: 1},
        errors=3,
        seconds=2.0,
        p50_ms=1.5,
        p99_ms=9.25,
        max_ms=11.0,
        refusal='{"code": "BELOW_MINIMUM"}',
        complaint='503 {"code": "UNAVAILABLE"}',
    )
    answers = wrk.parse(OUTPUT)
    assert answers == expected
    assert (answers.created, answers.per_second, answers.judged_per_second, answers.failed) == (40, 20.0, 21.0, 4)


def test_a_run_without_a_complaint_has_an_empty_one() -> None:
    lines = [line for line in OUTPUT.splitlines() if not line.startswith("figure complaint")]
    assert wrk.parse("\n".join([*lines, "figure complaint "])).complaint == ""


def test_output_without_figures_is_a_failure() -> None:
    with pytest.raises(LoadFailed, match="unable to connect"):
        wrk.parse("unable to connect to 127.0.0.1:1")


def test_the_script_begins_with_its_settings() -> None:
    assert wrk.lua(LOAD, "k-", 3).splitlines()[:7] == [
        'tokens = {"ht_a","ht_b"}',
        "lots = {7,8}",
        "shift = 3",
        "floor = 0",
        "pause_ms = 250",
        'keys = "k-"',
        'csrf = ""',
    ]


def test_nothing_but_loopback_is_ever_loaded() -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        wrk.run(Load(url="http://192.0.2.1", tokens=["ht_a"], lots=[7], connections=1, seconds=1))


def test_a_load_ends_with_the_work_beside_it_and_tells_its_figures(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", INTERRUPTED, str(pipe)]
    assert wrk._output(command, 10, lambda: print(pipe.read_text("ascii"))) == "figures\n"


def test_a_program_that_fails_is_no_load() -> None:
    with pytest.raises(LoadFailed, match="ended with 3"):
        wrk._output([sys.executable, "-c", "raise SystemExit(3)"], 10, None)
