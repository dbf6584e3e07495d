"""The pace of one person on one lot: a burst, then so many a second, in bounded memory."""

import pytest

from api import pace
from api.pace import Pace

ADA, BOB = (1, 7), (2, 7)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limit: Pace, count: int, subject: tuple[int, int] = ADA) -> int:
    """How many of so many tries were let through."""
    return sum(limit.take(subject) == 0.0 for _ in range(count))


def test_a_burst_passes_and_the_next_must_wait(clock: Clock) -> None:
    limit = Pace(3, 2, clock=clock)
    assert taken(limit, 5) == 3
    assert limit.take(ADA) == pytest.approx(0.5)


def test_time_fills_it_again_up_to_the_burst(clock: Clock) -> None:
    limit = Pace(3, 2, clock=clock)
    taken(limit, 3)
    clock.seconds = 1.0
    assert taken(limit, 5) == 2
    clock.seconds = 1_000.0
    assert taken(limit, 5) == 3


def test_who_waits_as_long_as_told_is_let_through(clock: Clock) -> None:
    limit = Pace(1, 3, clock=clock)
    taken(limit, 1)
    clock.seconds += limit.take(ADA)
    assert limit.take(ADA) == 0.0


def test_asking_how_long_takes_nothing(clock: Clock) -> None:
    limit = Pace(1, 1, clock=clock)
    assert [limit.wait_s(ADA) for _ in range(3)] == [0.0] * 3
    assert limit.take(ADA) == 0.0
    assert limit.wait_s(ADA) == 1.0


def test_people_and_lots_do_not_share_a_pace(clock: Clock) -> None:
    limit = Pace(1, 1, clock=clock)
    assert [taken(limit, 2, subject) for subject in (ADA, BOB, (1, 8))] == [1, 1, 1]


def test_memory_is_bounded_and_the_oldest_goes_first(clock: Clock) -> None:
    limit = Pace(1, 1, clock=clock)
    for number in range(pace.REMEMBERED_MAX + 10):
        limit.take((number, 7))
    assert len(limit._buckets) == pace.REMEMBERED_MAX
    assert limit.wait_s((pace.REMEMBERED_MAX + 9, 7)) == 1.0


def test_a_subject_may_be_a_name(clock: Clock) -> None:
    limit = Pace(1, 1, clock=clock)
    assert [limit.take("persona"), limit.take("persona"), limit.take("sendgrid")] == [0.0, 1.0, 0.0]
