"""What is made of the runs of one load on two trees."""

from tests.load.checks import Run, Runs
from tests.load.wrk import Answers

ANSWERS = Answers(
    statuses={201: 10}, errors=0, seconds=2.0, p50_ms=10.0, p99_ms=50.0, max_ms=60.0, refusal="", complaint=""
)
SLOWER = Answers(
    statuses={201: 10}, errors=0, seconds=3.0, p50_ms=20.0, p99_ms=40.0, max_ms=60.0, refusal="", complaint=""
)


def test_runs_are_added_up_and_the_worst_percentile_is_told() -> None:
    runs = Runs([Run(ANSWERS, 10, {"api": 10.0, "redis": 5.0}), Run(SLOWER, 40, {"api": 90.0, "redis": 20.0})])
    assert (runs.per_second, runs.p50_ms, runs.p99_ms) == (10.0, 15.0, 50.0)
    assert (runs.cost("api"), runs.cost("redis"), runs.total) == (2.0, 0.5, 2.5)


def test_runs_in_which_nothing_was_taken_cost_something_all_the_same() -> None:
    assert Runs([Run(ANSWERS, 0, {"api": 10.0})]).cost("api") == 10.0
