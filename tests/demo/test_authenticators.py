"""The authenticator apps of the demo's staff: kept for their owner only, read anew, and printed."""

import stat
from pathlib import Path

import pytest

from activities.one_time_codes import STEP_S, new_secret, step_of
from api.database import now
from temporal.demo.authenticators import FILE_NAME, Apps, main

ADMIN, SUPPORT = "admin@example.com", "support@example.com"


def test_apps_are_kept_side_by_side_for_their_owner_only(tmp_path: Path) -> None:
    apps = Apps(tmp_path / FILE_NAME)
    apps.keep(ADMIN, "first")
    apps.keep(SUPPORT, "second")
    apps.keep(ADMIN, "third")
    assert Apps(tmp_path / FILE_NAME).all() == {ADMIN: "third", SUPPORT: "second"}
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_the_codes_are_those_of_three_half_minutes(tmp_path: Path) -> None:
    apps, secret = Apps(tmp_path / FILE_NAME), new_secret()
    apps.keep(ADMIN, secret)
    moment = now()
    this = int(moment.timestamp()) // STEP_S
    assert [step_of(secret, code, moment) for code in apps.codes(ADMIN, moment)] == [this - 1, this, this + 1]
    assert apps.codes(SUPPORT, moment) == ()


def test_the_command_prints_a_code_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    secrets = {ADMIN: new_secret(), SUPPORT: new_secret()}
    for email, secret in secrets.items():
        Apps(tmp_path / FILE_NAME).keep(email, secret)
    assert main() == 0
    shown = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert set(shown) == set(secrets)
    assert all(step_of(secrets[email], code, now()) is not None for email, code in shown.items())


def test_without_a_demo_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main() == 2
    assert "holds no authenticator" in capsys.readouterr().err
