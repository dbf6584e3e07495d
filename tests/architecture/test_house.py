"""The tools around the code agree with each other: lock files, Makefile, CI and the example of the settings."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from activities.settings import Settings
from activities.vendor_settings import VendorSettings
from tests.architecture.tree import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
VARIABLE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    packages = re.split(r"^(?=[a-z0-9])", _text(name), flags=re.MULTILINE)
    assert [package.split()[0] for package in packages if package.strip() and "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_place_of_a_machine(name: str) -> None:
    assert re.findall(r".*(?:://|find-links|index-url|trusted-host| /|file:).*", _text(name)) == []


@pytest.mark.parametrize(("name", "groups"), [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))])
def test_a_lock_holds_all_that_pyproject_asks_for(name: str, groups: tuple[str, ...]) -> None:
    project = tomllib.loads(_text("pyproject.toml"))
    asked = [
        *project["project"]["dependencies"],
        *(line for group in groups for line in project["dependency-groups"][group]),
    ]
    locked = set(re.findall(r"^([a-z0-9-]+)==", _text(name), re.MULTILINE))
    assert {_package(line) for line in asked} - locked == set()


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    project = tomllib.loads(_text("pyproject.toml"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert [line for line in asked if not re.search(r">=[\d.]+,<[\d.]+$", line)] == []


def test_every_ruff_rule_left_out_has_its_reason() -> None:
    lines = _text("pyproject.toml").partition("[tool.ruff.lint]")[2].partition("[tool.mypy]")[0].splitlines()
    assert [line for line in lines if re.match(r'\s+"[A-Z]+\d*",', line) and "# " not in line] == []


def test_make_help_lists_every_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", _text("Makefile"), re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) +\S", shown, re.MULTILINE)) == targets


def test_help_is_what_make_does_by_default() -> None:
    run = [subprocess.run(["make", *args], cwd=ROOT, capture_output=True, check=True).stdout for args in ([], ["help"])]
    assert run[0] == run[1]


def test_ci_runs_what_make_test_runs() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert _text(".ci/run").splitlines()[-1] == "exec make test"


def test_the_example_names_every_setting_once() -> None:
    fields = {*Settings.model_fields, *VendorSettings.model_fields}
    assert sorted(VARIABLE.findall(_text(".env.example"))) == sorted(name.upper() for name in fields)


def test_the_example_holds_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR")
    example = tmp_path / "example"
    example.write_text(_text(".env.example").replace("# TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS"), encoding="utf-8")
    assert Settings(_env_file=example, process_id="api-1") == Settings(process_id="api-1")


def test_the_example_says_something_about_the_settings() -> None:
    blocks = _text(".env.example").split("\n\n")
    assert [block for block in blocks if not block.lstrip().startswith("#")] == []


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _package(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return match[0].lower().replace("_", "-").replace(".", "-")
