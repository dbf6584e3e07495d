"""`python -m temporal.paper_worker`: the process that renders papers, one at a time, after everybody else on its
machine. Its composition root; nothing else loads the layout engine."""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig, WorkflowRunner

from activities.db.engine import make_engine
from activities.logs import configure_logs
from activities.object_links import bucket_of
from activities.paper_contracts import PaperActivities
from activities.papers import PaperWork
from activities.providers.s3 import Storage
from activities.settings import Settings, SettingsError, load_or_create_platform_key, load_settings
from activities.vendor_settings import VendorSettings, load_vendor_settings
from temporal.client import connect
from temporal.packages import missing_for_papers, please_install
from temporal.papers import papers_queue
from temporal.versions import following, version_of
from web.papers import PaperPages
from workflows.paper import PaperWorkflow

try:
    from activities.paper_pdf import pdf_of
except OSError:
    # The engine's libraries are the system's.
    raise SystemExit(f"paper worker: {please_install(missing_for_papers())}") from None

# Bids, and all else that somebody waits for, come first.
NICENESS = 15
AT_ONCE = 1
CACHED_WORKFLOWS = 50
GRACE = timedelta(seconds=10)

log = structlog.get_logger(__name__)


def make_paper_worker(
    client: Client,
    accounts_queue: str,
    work: PaperActivities,
    runner: WorkflowRunner | None = None,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker of the papers' task queue, of one version unless `deployment` is None."""
    return Worker(
        client,
        task_queue=papers_queue(accounts_queue),
        workflows=[PaperWorkflow],
        activities=[work.render_paper],
        deployment_config=deployment,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_activities=AT_ONCE,
        graceful_shutdown_timeout=GRACE,
    )


async def run(settings: Settings, vendors: VendorSettings) -> None:
    """Work until SIGINT or SIGTERM, then let the page that is being rendered end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    secret = load_or_create_platform_key(settings)
    client = await connect(settings, secret)
    engine = make_engine(settings.database_url)
    deployment = following(version_of(settings.worker_build_id)) if settings.worker_build_id else None
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="paper") as threads:
        async with Storage(bucket_of(vendors)) as storage:
            work = PaperWork(engine, storage, secret, PaperPages().render, pdf_of, threads)
            async with make_paper_worker(client, settings.temporal_accounts_queue, work, deployment=deployment):
                log.info("paper_worker_started", task_queue=papers_queue(settings.temporal_accounts_queue))
                await stop.wait()
    engine.dispose()
    log.info("paper_worker_stopped")


def main() -> int:
    """0 after a clean stop; 2 with one line where the settings are wrong or Temporal cannot be reached."""
    try:
        settings = load_settings()
        configure_logs(settings.log_level)
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
        asyncio.run(run(settings, load_vendor_settings()))
    except (SettingsError, RuntimeError) as error:
        sys.stderr.write(f"paper worker: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
