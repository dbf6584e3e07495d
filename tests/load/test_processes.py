"""CPU and memory as /proc tells them."""

import os

from tests.load.processes import Meter, Usage, cpu_ms, idle, resident_mb

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def test_cpu_time_is_user_and_system_time_whatever_the_program_is_called() -> None:
    after_name = "S 1 2 3 4 5 6 7 8 9 10 30 12 0 0 20 0 1"
    assert cpu_ms(f"77 (python (a) b) {after_name}") == 42 * TICK_MS


def test_what_is_above_the_idle_cost_is_never_less_than_nothing() -> None:
    resting = Usage({"api": 100.0, "redis": 50.0}, seconds=10)
    busy = Usage({"api": 1_000.0, "redis": 10.0}, seconds=20)
    assert busy.above(resting) == {"api": 800.0, "redis": 0.0}
    assert resting.per_second == {"api": 10.0, "redis": 5.0}


def test_this_process_costs_time_and_memory() -> None:
    own = {"me": os.getpid()}
    meter = Meter(own)
    sum(number * number for number in range(1_000_000))
    assert meter.usage().cpu_ms["me"] > 0
    assert idle(own, 0.01).seconds >= 0.01
    assert resident_mb(os.getpid()) > 1
