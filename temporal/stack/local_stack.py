"""The embedded stack for code that is not asynchronous: tests, benchmarks and chaos runs use it in a `with` block."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from pathlib import Path
from signal import SIGKILL, Signals
from types import TracebackType
from typing import Any, Self, TypeVar

from activities.settings import load_settings
from activities.vendor_settings import load_vendor_settings
from temporal.stack.keeper import Patience
from temporal.stack.options import StackOptions
from temporal.stack.ports import FREE, LOOPBACK
from temporal.stack.programs import Programs
from temporal.stack.progress import Progress
from temporal.stack.stack import Stack

T = TypeVar("T")


class LocalStack:
    """A stack on free ports, with a temporary data directory unless one is given; all of it is gone after the block.

    `settings` are values of `activities.settings.Settings` by field name, `vendors` those of
    `activities.vendor_settings.VendorSettings`: a vendor with a URL gets no sandbox. Two blocks in turn on the same
    `data_dir` have the same ports and data, as a stack that was stopped and started again. Its methods raise
    `StackError`.
    """

    def __init__(
        self,
        *,
        data_dir: Path | None = None,
        api_processes: int = 1,
        seed: bool = False,
        bidders: bool = False,
        installed_redis: bool = True,
        settings: Mapping[str, Any] | None = None,
        vendors: Mapping[str, Any] | None = None,
        programs: type[Programs] = Programs,
        patience: Patience | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._temporary = data_dir is None
        self.data_dir = (data_dir or Path(tempfile.mkdtemp(prefix="hammertime-"))).absolute()
        self._options = StackOptions(
            port=FREE,
            temporal_port=FREE,
            ui_port=FREE,
            api_processes=api_processes,
            seed=seed,
            bidders=bidders,
            installed_redis=installed_redis,
        )
        self._settings = load_settings(**{**(settings or {}), "data_dir": self.data_dir})
        self._vendors = load_vendor_settings(**{**(vendors or {}), "profile": "embedded"})
        self._programs = programs
        self._patience = patience
        self._progress = progress or Progress(None)
        self._loop = asyncio.new_event_loop()
        # The children are tied to the thread that spawns them, so this one lives as long as the stack.
        self._thread = threading.Thread(target=self._loop.run_forever, name="stack", daemon=True)
        self._stack: Stack | None = None

    def __enter__(self) -> Self:
        """Start everything and return when it serves; nothing is left behind when it cannot."""
        self._thread.start()
        try:
            self._do(self._open())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything; a temporary data directory is kept when the block failed, for its logs."""
        self._close()
        if self._temporary and kind is None:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    @property
    def stack(self) -> Stack:
        """The stack behind it; its coroutines belong to this object's own thread."""
        if self._stack is None:
            raise RuntimeError("the stack runs only inside its with block")
        return self._stack

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the programs, for others that shall join them."""
        return self.stack.programs.environment

    @property
    def base_url(self) -> str:
        """Where the first API process serves, without a slash at the end."""
        return self.stack.api_urls[0]

    @property
    def site_url(self) -> str:
        """Where people open it, by name: what the mails' links and the vendors' ways back lead to."""
        return self.environment["PUBLIC_URL"]

    @property
    def api_urls(self) -> list[str]:
        """Where each API process serves."""
        return list(self.stack.api_urls)

    @property
    def temporal_address(self) -> str:
        """Host and port of the Temporal server."""
        return self.environment["TEMPORAL_ADDRESS"]

    @property
    def ui_url(self) -> str:
        """Where the Temporal UI serves."""
        return f"http://{LOOPBACK}:{self.stack.programs.ports.ui}"

    @property
    def sandbox_urls(self) -> dict[str, str]:
        """Where the vendors' sandboxes serve, by name (sendgrid, persona, authorize-net), without a slash at the end.
        The clients' URLs, keys included, are in `environment`."""
        sandboxes = self.stack.programs.sandboxes
        return {sandbox.name: sandboxes.url(sandbox) for sandbox in sandboxes.started}

    @property
    def pids(self) -> dict[str, int]:
        """The process ids by name (redis, temporal, sendgrid, persona, authorize-net, worker, papers, api, api-2,
        bidders) of
        what runs now."""
        return self.stack.supervisor.pids

    def log(self, name: str) -> str:
        """What a program has written so far."""
        return self.stack.programs.log_path(name).read_text(encoding="utf-8", errors="replace")

    def kill(self, name: str, number: Signals = SIGKILL) -> int:
        """End a process as a crash would; the stack starts it again. Returns the pid that died."""
        return self._do(self.stack.kill(name, number))

    def restart(self, name: str) -> None:
        """End a process politely, as a deploy does, and wait until the next one serves."""
        self._do(self.stack.restart(name))

    def hold(self, name: str, number: Signals = SIGKILL) -> int:
        """End a process and keep it down until `release`. Returns the pid that died."""
        return self._do(self.stack.hold(name, number))

    def release(self, name: str) -> None:
        """Start a held process again and wait until it serves."""
        self._do(self.stack.release(name))

    def until_ready(self, name: str) -> None:
        """Wait until a process serves, after a kill for instance."""
        self._do(self.stack.until_ready(name))

    def add_api(self) -> str:
        """Start one more API process beside the others and return its URL."""
        return self._do(self.stack.add_api())

    async def _open(self) -> None:
        self._stack = await Stack.open(
            self._options,
            self._settings,
            self._vendors,
            self._progress,
            programs=self._programs,
            patience=self._patience,
        )
        await self._stack.unless_failing(self._stack.start())

    def _close(self) -> None:
        try:
            if self._stack:
                self._do(self._stack.stop())
        finally:
            self._stack = None
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
