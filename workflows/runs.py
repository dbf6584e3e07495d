"""How one run of an auction gives way to the next, and whether that one may be of another worker version."""

from datetime import datetime, timedelta

from temporalio.workflow import ContinueAsNewVersioningBehavior, Info

from domain.auction import Auction, Status
from domain.carry import carry
from workflows.inbox import Inbox
from workflows.messages import AuctionStart

LAST_MINUTES = timedelta(minutes=10)
# Two minutes, at the default timeout of a workflow task.
SETTLED_TASKS = 12


def may_move(auction: Auction, now: datetime) -> bool:
    """Whether the lot may change its worker version at `now`: not while its last 10 minutes run or its end is due."""
    return auction.status is Status.HELD or now < auction.ends_at - LAST_MINUTES


def is_behind(info: Info, now: datetime) -> bool:
    """Whether Temporal says that new runs start on another version than this run.

    A young run is not asked: it has just been put on the target. Servers before the fix of temporalio/temporal#10217
    say so in every task that they hand out with the answer to the one before; a busy lot would never stop moving.
    """
    told = info.is_target_worker_deployment_version_changed()
    return told and now - info.workflow_start_time >= SETTLED_TASKS * info.task_timeout


def next_behavior(*, moves: bool) -> ContinueAsNewVersioningBehavior:
    """What the next run is asked for with: to start on the target version, or to stay where this one is pinned."""
    return ContinueAsNewVersioningBehavior.AUTO_UPGRADE if moves else ContinueAsNewVersioningBehavior.UNSPECIFIED


def next_start(start: AuctionStart, auction: Auction, inbox: Inbox) -> AuctionStart:
    """What the next run begins with: all that this one knows, and the messages that wait."""
    return AuctionStart(
        terms=start.terms,
        nonce="",
        vehicle=start.vehicle,
        carried=carry(auction),
        operator_bids=list(inbox.waiting),
        batches=list(inbox.batches),
    )
