"""What the tests of doors share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.door import DoorStage, door_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[DoorStage]:
    """A database, a cluster, and lots on both."""
    with door_stage(tmp_path / "hammertime.db") as made:
        yield made
