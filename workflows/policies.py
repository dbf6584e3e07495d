"""Timeouts and retries of every activity that a workflow calls, each with its reason."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class ActivityPolicy(TypedDict):
    """The options of one `execute_activity` call."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class PersonWaits(ActivityPolicy):
    """The same for what ends at last, because somebody waits for it; a dead worker is noticed by its heart."""

    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta | None


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

# A mail is claimed before it is sent, so a repeat never sends blindly; a vendor that is away is asked ever more rarely.
# How long in all is the workflow's to say.
SEND_NOTICE = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=15)
    ),
)

# The outbox's rows are only read or marked, for as long as the database is away.
MARK_NOTICE = ActivityPolicy(start_to_close_timeout=timedelta(seconds=10), retry_policy=RECORD["retry_policy"])

# A person waits for the link: what is not there in time is asked for again by them.
OPEN_IDENTITY = PersonWaits(
    schedule_to_close_timeout=timedelta(seconds=15),
    heartbeat_timeout=None,
    start_to_close_timeout=timedelta(seconds=15),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=3)),
)

# A nonce is good for 15 minutes: until then the vendor may come back, after that it says itself that the nonce is old.
KEEP_CARD = PersonWaits(
    schedule_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=5),
    start_to_close_timeout=timedelta(minutes=3),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
)

# What nobody waits for is asked until the vendor answers; a vendor may be away for a day.
ASK_VENDOR = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=3),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)

# Facts and clearance in one transaction, tried for as long as the database is away.
ACCOUNT = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
)

# A payment is claimed before it is sent, and only what the vendor has certainly not done is tried again by itself. The
# time is well above the vendor client's own, so that no second sender comes while the first one waits for its answer.
SEND_PAYMENT = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=4),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
    ),
)

# Looking up asks the vendor for several pages and changes nothing there; how long in all is the workflow's to say.
LOOK_UP_PAYMENT = ActivityPolicy(start_to_close_timeout=timedelta(minutes=4), retry_policy=SEND_PAYMENT["retry_policy"])

# A payment's row is only read or marked, for as long as the database is away.
MARK_PAYMENT = ActivityPolicy(start_to_close_timeout=timedelta(seconds=10), retry_policy=RECORD["retry_policy"])

# A mail to a seller is only written into the outbox, under a key of its own, for as long as the database is away.
TELL_SELLER = ActivityPolicy(start_to_close_timeout=timedelta(seconds=10), retry_policy=RECORD["retry_policy"])

# A lot is held or let go under one id, so that asking again is harmless; its workflow may be away with its worker.
STEER_LOT = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
)

# A report costs a credit. What ClearVIN has certainly not made is asked for again at once; what may be paid for is left
# to the next person who asks. Nobody waits for the whole of it, and a dead worker is noticed by its heart.
BUY_REPORT = PersonWaits(
    schedule_to_close_timeout=timedelta(seconds=60),
    heartbeat_timeout=timedelta(seconds=5),
    start_to_close_timeout=timedelta(seconds=50),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_attempts=3, non_retryable_error_types=["OutcomeUnknown"]
    ),
)

# The catalogue is free and quick; somebody waits for it.
ASK_CATALOGUE = PersonWaits(
    schedule_to_close_timeout=timedelta(seconds=4),
    heartbeat_timeout=None,
    start_to_close_timeout=timedelta(seconds=4),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=300), maximum_attempts=3),
)

# An offer's steps are written under their numbers, for as long as the database is away.
RECORD_OFFER = ActivityPolicy(start_to_close_timeout=timedelta(seconds=30), retry_policy=RECORD["retry_policy"])

# An auction judges an acceptance once, however often it is asked; it may be away with its worker.
ASK_AUCTION = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)),
)

# What is due at a seller's endpoint is only read, for as long as the database is away.
LOOK_AT_FEED = ActivityPolicy(start_to_close_timeout=timedelta(seconds=30), retry_policy=RECORD["retry_policy"])

# An event is sent within ten seconds, and what the endpoint answers is noted: only the database makes it fail. A worker
# that dies in between has perhaps sent it, and the receiver knows it by its id.
DELIVER_EVENT = ActivityPolicy(start_to_close_timeout=timedelta(seconds=30), retry_policy=RECORD["retry_policy"])

# An order's row and money are only read, for as long as the database is away. A row that is not there never will be.
LOOK_AT_ORDER = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=10),
        non_retryable_error_types=["LookupError"],
    ),
)

# An order is written down under its version, and an operator's task under its key, for as long as the database is away.
RECORD_ORDER = ActivityPolicy(start_to_close_timeout=timedelta(seconds=30), retry_policy=ACCOUNT["retry_policy"])

# A step of a sale is done once by its key, however often it is asked for; it is tried for as long as the sale stands,
# and the workflow calls an operator when that takes long. Only an error that is marked so ends it. The time of one try
# is what a killed worker costs the sale: it may be done again beside one that still runs.
ORDER_STEP = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)

# What has to be undone is tried for ever, ever more rarely, with an operator told of it.
UNDO_ORDER = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=15)),
)

# A lot's ledger is read and replayed, which takes a while for a long one, for as long as the database is away.
OPEN_TALKS = ActivityPolicy(start_to_close_timeout=timedelta(seconds=60), retry_policy=LOOK_AT_ORDER["retry_policy"])
