import gc
from collections.abc import Iterator

import pytest

from activities.garbage import settle_after_start


@pytest.fixture(autouse=True)
def usual_collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_a_started_process_holds_is_not_walked_again() -> None:
    settle_after_start()
    walked = gc.get_objects()
    assert gc.get_freeze_count() > len(walked)


def test_cycles_made_later_are_still_collected() -> None:
    settle_after_start()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() >= 1
