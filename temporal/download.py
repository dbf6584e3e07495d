"""`python -m temporal.download FOLDER`: the Temporal SDK downloads its dev server into FOLDER. A program of its own, so
that a download that hangs can be ended."""

import asyncio
import os
import sys

from temporalio.testing import WorkflowEnvironment

CLI_VERSION = "v1.8.2"  # the one temporal/server/go.mod builds


async def download(folder: str) -> None:
    """Starting the server is the SDK's only way to download it; it is stopped at once."""
    environment = await WorkflowEnvironment.start_local(
        download_dest_dir=folder, dev_server_download_version=CLI_VERSION, dev_server_log_level="error"
    )
    await environment.shutdown()


if __name__ == "__main__":
    asyncio.run(download(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # the SDK's threads may crash an interpreter that finalises
