"""What all tests share: settings that read nothing from this machine, and an end with the right exit code."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from activities.settings import Settings, load_settings
from activities.vendor_settings import VendorSettings
from temporal.java_server import test_server_path
from temporal.server_binary import temporal_binary

EXIT_STATUS = pytest.StashKey[int]()
# Nobody listens there. The defaults are where a developer's own stack may run, which tests are to leave alone.
NOBODY = {"temporal_address": "127.0.0.1:9", "redis_url": "redis://127.0.0.1:9/0"}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's environment and `.env` must not decide how a test ends."""
    for name in {*Settings.model_fields, *VendorSettings.model_fields}:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setitem(VendorSettings.model_config, "env_file", None)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of the embedded profile that reach nothing outside the test's own folder; keywords change them."""

    def make(**changes: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path / "data", **NOBODY, **changes})

    return make


@pytest.fixture(scope="session")
def temporal_cli() -> Path:
    """The real Temporal CLI; made when it is not there, and one clear line when it cannot be."""
    settings = load_settings()
    return temporal_binary(named=settings.temporal_binary, download=settings.temporal_download)


@pytest.fixture(scope="session")
def time_skipping_server() -> Path:
    """The Java test server, for `WorkflowEnvironment.start_time_skipping(test_server_existing_path=...)`."""
    return test_server_path()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """With Python 3.11 the Temporal core's threads can crash an interpreter that finalises. The verdict is known by
    then, so end without finalising when the core was loaded."""
    if "temporalio.bridge.temporal_sdk_bridge" not in sys.modules or EXIT_STATUS not in config.stash:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash[EXIT_STATUS])
