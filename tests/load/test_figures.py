"""The parts of the benchmark that can be wrong without anybody noticing: percentiles, ratios, verdicts, the table."""

import math

import pytest

from tests.load.figures import at_least, machine, percentile, plain, quantity, ratio, table, under


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert [percentile(hundred, share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7
    assert percentile([1.0, 2.0, 3.0], 50) == 2


def test_there_is_no_percentile_of_nothing_and_no_ratio_to_nothing() -> None:
    assert math.isnan(percentile([], 99))
    assert math.isnan(ratio(3, 0))
    assert ratio(3, 2) == 1.5


@pytest.mark.parametrize(
    ("value", "text"),
    [(12_345.6, "12,346 ms"), (57.26, "57.3 ms"), (8.0, "8 ms"), (0.123, "0.12 ms"), (100, "100 ms"), (0, "0 ms")],
)
def test_a_quantity_has_about_three_digits(value: float, text: str) -> None:
    assert quantity(value, "ms") == text


def test_a_goal_is_met_or_missed_in_its_own_direction() -> None:
    assert at_least("g", "w", 1_200, "bids/s", 1_200).met is True
    assert at_least("g", "w", 1_199, "bids/s", 1_200).met is False
    assert under("g", "w", 99.9, "ms", 100).met is True
    assert under("g", "w", 100, "ms", 100).met is False


def test_what_could_not_be_computed_meets_no_goal() -> None:
    assert under("g", "w", math.nan, "ms", 100).met is False
    assert under("g", "w", math.nan, "ms", 100).value == "none"


def test_the_table_has_a_block_for_each_group_and_aligned_columns() -> None:
    figures = [
        at_least("hot", "committed", 1_439, "bids/s", 1_200),
        under("hot", "p99", 152, "ms", 100, against="50 ms before"),
        plain("crowd", "memory", 134, "MB"),
    ]
    assert table(figures).splitlines() == [
        "what               figure  goal                           against",
        "-----------  ------------  ---------------------  ------  ------------",
        "",
        "hot",
        "  committed  1,439 bids/s  at least 1,200 bids/s  met",
        "  p99              152 ms  under 100 ms           MISSED  50 ms before",
        "",
        "crowd",
        "  memory           134 MB",
    ]


def test_the_machine_is_named_with_its_cores() -> None:
    assert "cores" in machine()
