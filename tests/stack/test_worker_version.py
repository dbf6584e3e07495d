"""The build that the embedded profile's worker is, and what it takes over from a worker that was none."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from activities.settings import SettingsError, load_settings
from temporal.stack.child import Program
from temporal.stack.local_stack import LocalStack
from temporal.stack.programs import Programs
from tests.journeys.town import town
from tests.stack.fakes import FakePrograms, once_it_ran


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutVersion(Programs):
    """The programs as they were when workers had no version."""

    def worker(self, binary: Path | None) -> Program:
        program = Programs.worker(self, binary)
        environment = {name: text for name, text in program.environment.items() if name != "WORKER_BUILD_ID"}
        return replace(program, environment=environment, ready=once_it_ran)


@pytest.mark.parametrize(("settings", "build"), [({}, "embedded"), ({"worker_build_id": "mine"}, "mine")])
def test_its_worker_is_always_of_the_same_build_unless_somebody_names_another(
    settings: dict[str, str], build: str
) -> None:
    with LocalStack(programs=FakePrograms, settings={"temporal_binary": Path(sys.executable), **settings}) as stack:
        assert stack.environment["WORKER_BUILD_ID"] == build


def test_a_build_id_that_is_no_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="WORKER_BUILD_ID: "):
        load_settings(worker_build_id="two words")


@pytest.mark.slow
@pytest.mark.cluster
def test_lots_from_the_time_before_versions_go_on(temporal_cli: Path, tmp_path: Path) -> None:
    settings = {"temporal_binary": temporal_cli}
    with (
        LocalStack(data_dir=tmp_path, programs=WithoutVersion, settings=settings, installed_redis=False) as old,
        town(old) as before,
    ):
        # The new stack is there before that lot's end: one that nobody closes in time goes on for ten minutes.
        live, ending, planned = before.lot(), before.lot(length_s=45), before.lot(starts_in_s=8)
        first = before.bid(before.citizen(), live, 500_000)
    with (
        LocalStack(data_dir=tmp_path, settings=settings, installed_redis=False) as new,
        town(new) as after,
    ):
        second = after.bid(after.citizen(), live, 600_000)
        after.until_status(ending, "ended", within_s=90)
        after.until_status(planned, "live")

        assert "worker_version_made_current" in new.log("worker")
        assert (first.status_code, second.status_code) == (201, 201)
        assert after.bid(after.citizen(), planned, 500_000).status_code == 201
