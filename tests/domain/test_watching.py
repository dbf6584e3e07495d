"""What a watcher does not want to be told is kept as one number."""

from itertools import combinations

import pytest

from domain.watching import WatchNews, muted_by, wanted_of


def test_who_wants_everything_mutes_nothing() -> None:
    assert muted_by(list(WatchNews)) == 0
    assert wanted_of(0) == frozenset(WatchNews)


@pytest.mark.parametrize("count", range(len(WatchNews) + 1))
def test_every_choice_comes_back_as_it_was_made(count: int) -> None:
    for wanted in combinations(WatchNews, count):
        assert wanted_of(muted_by(wanted)) == frozenset(wanted)
