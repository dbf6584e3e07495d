"""Timeouts and retries of every activity that a workflow calls, each with its reason."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class ActivityPolicy(TypedDict):
    """The options of one `execute_activity` call."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


# Recording is idempotent: tried for as long as the database is away, and repeated when a transaction is too slow.
RECORD = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=5)
    ),
)

# The wait for bids in flight ends by itself five seconds after the lot's end; a lost worker is noticed soon after.
IN_FLIGHT = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=2)
    ),
)

# Looking up is only reading; a bid that was signalled waits for it as long as the database is away.
LOOK_UP = ActivityPolicy(start_to_close_timeout=timedelta(seconds=10), retry_policy=RECORD["retry_policy"])

# Thirty-two random bytes: quick, and harmless to ask for again.
NONCES = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=2),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=1)),
)
