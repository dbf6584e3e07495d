"""`python -m temporal.worker`: the process that runs workflows and activities, and its composition root."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.contracts import LedgerActivities
from activities.db.engine import make_engine
from activities.garbage import settle_after_start
from activities.ledger import LedgerWork
from activities.live import RedisPublisher
from activities.logs import configure_logs
from activities.settings import Settings, SettingsError, load_or_create_platform_key, load_settings
from activities.vendor_settings import load_vendor_settings
from temporal.account_worker import ACTIVITIES as ACCOUNT_ACTIVITIES
from temporal.account_worker import make_account_worker, make_feed_worker, open_account_work
from temporal.client import connect
from temporal.reconcile import keep_schedule
from temporal.versions import following, make_current, pinned, version_of
from workflows.auction import AuctionWorkflow

# A closing lot keeps an activity for half a second, and many may close at once.
ACTIVITIES = 40
CACHED_WORKFLOWS = 4_000
# A dead worker's sticky queue is given up after this long; the default of 10 s would be a bidder's longest wait.
STICKY_TIMEOUT = timedelta(seconds=1)
GRACE = timedelta(seconds=10)
OUR_MODULES = ("domain", "activities", "workflows", "temporal", "msgspec", "cryptography")

log = structlog.get_logger(__name__)


def sandboxed() -> WorkflowRunner:
    """The SDK's sandbox, which catches what is not deterministic; our own modules hold no state and pass through."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*OUR_MODULES))


def make_worker(
    client: Client,
    task_queue: str,
    ledger: LedgerActivities,
    threads: ThreadPoolExecutor,
    runner: WorkflowRunner | None = None,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker of the auctions' task queue, of one version unless `deployment` is None.

    Without the sandbox unless `runner` says so: it costs a third of the worker's time for a bid. The tests run every
    workflow inside it, and recorded histories are replayed.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[AuctionWorkflow],
        activities=[
            ledger.record_ledger,
            ledger.await_bids_in_flight,
            ledger.make_nonces,
            ledger.look_up_bids,
        ],
        activity_executor=threads,
        deployment_config=deployment,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_activities=ACTIVITIES,
        max_concurrent_workflow_tasks=200,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=GRACE,
    )


async def run(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then let running activities end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    version = version_of(settings.worker_build_id) if settings.worker_build_id else None
    secret = load_or_create_platform_key(settings)
    client = await connect(settings, secret)
    engine = make_engine(settings.database_url)
    publisher = RedisPublisher(settings.redis_url)
    work = open_account_work(settings, load_vendor_settings(), engine, client, secret)
    with (
        ThreadPoolExecutor(ACTIVITIES, thread_name_prefix="activity") as threads,
        ThreadPoolExecutor(ACCOUNT_ACTIVITIES, thread_name_prefix="account") as account_threads,
    ):
        auctions = make_worker(
            client,
            settings.temporal_task_queue,
            LedgerWork(engine, publisher),
            threads,
            deployment=pinned(version) if version else None,
        )
        async with work as account_work:
            accounts, feeds = (
                make(
                    client,
                    settings.temporal_accounts_queue,
                    account_work,
                    account_threads,
                    deployment=following(version) if version else None,
                )
                for make in (make_account_worker, make_feed_worker)
            )
            async with auctions, accounts, feeds:
                settle_after_start()
                await _serve(settings, client, version, stop)
    publisher.close()
    engine.dispose()
    log.info("worker_stopped")


async def _serve(
    settings: Settings, client: Client, version: WorkerDeploymentVersion | None, stop: asyncio.Event
) -> None:
    log.info("worker_started", task_queue=settings.temporal_task_queue, build_id=settings.worker_build_id)
    beside = [asyncio.create_task(_keep_schedule(settings, client))]
    # Elsewhere an operator decides when a version takes over.
    if version and settings.profile == "embedded":
        beside.append(asyncio.create_task(make_current(client, version)))
    await stop.wait()
    for task in beside:
        task.cancel()


async def _keep_schedule(settings: Settings, client: Client) -> None:
    """Have the money compared each morning; a server that refuses is asked again by the next start."""
    try:
        await keep_schedule(client, settings.temporal_accounts_queue)
    except (RPCError, RuntimeError) as error:
        log.warning("reconcile_not_scheduled", error=type(error).__name__)


def main() -> int:
    """0 after a clean stop; 2 with one line where the settings are wrong or Temporal cannot be reached."""
    try:
        settings = load_settings()
        configure_logs(settings.log_level)
        asyncio.run(run(settings))
    except (SettingsError, RuntimeError) as error:
        sys.stderr.write(f"worker: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
