"""How an activity's call to a vendor fails for Temporal: what is tried again, when, and what is a bug of ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import structlog
from cryptography.exceptions import InvalidTag
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError

BEAT_S = 1.0

log = structlog.get_logger(__name__)


@contextmanager
def vendor_calls() -> Iterator[None]:
    """Translate a vendor's failures. The next attempt of the activity looks up what an unknown outcome came to."""
    try:
        yield
    except UnavailableError as error:
        wait = None if error.retry_after_s is None else timedelta(seconds=error.retry_after_s)
        raise ApplicationError(str(error), type="Unavailable", next_retry_delay=wait) from None
    except OutcomeUnknownError as error:
        raise ApplicationError(str(error), type="OutcomeUnknown") from None
    except RejectedError as error:
        log.exception("vendor_rejected", vendor=error.vendor, reason=error.reason)
        raise ApplicationError(str(error), type="Rejected", non_retryable=True) from None
    except (ValueError, InvalidTag) as error:
        # A value that no vendor takes, or a seal of somebody else: it will be the same the next time.
        log.exception("vendor_call_not_made", error=type(error).__name__)
        raise ApplicationError(type(error).__name__, type="Rejected", non_retryable=True) from None


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats while the block runs: who waits for this activity learns soon that its worker is dead."""
    task = asyncio.create_task(_beat())
    try:
        yield
    finally:
        task.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_S)
