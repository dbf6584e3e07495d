"""The embedded profile as one thing: everything started in the right order, steered by name, stopped without a rest."""

import asyncio
import os
from collections.abc import Coroutine
from signal import SIGKILL, Signals
from typing import Any, TypeVar

from activities.settings import Settings
from activities.vendor_settings import VendorSettings
from temporal.packages import missing_for_papers, please_install
from temporal.stack import data_dir, leftovers, ports, sandboxes
from temporal.stack.child import Program
from temporal.stack.environment import names_redis
from temporal.stack.errors import USAGE, StackError, from_os_error
from temporal.stack.keeper import Patience
from temporal.stack.lock import StackLock
from temporal.stack.options import StackOptions
from temporal.stack.programs import Programs
from temporal.stack.progress import Progress
from temporal.stack.supervisor import Supervisor
from temporal.stack.toolchain import find_temporal

T = TypeVar("T")


class Stack:
    """One embedded stack on one data directory, made by `open`. All methods belong to the event loop that opened it."""

    def __init__(
        self, options: StackOptions, programs: Programs, supervisor: Supervisor, lock: StackLock, progress: Progress
    ) -> None:
        self.options = options
        self.programs = programs
        self.supervisor = supervisor
        self.api_urls: list[str] = []
        self._lock = lock
        self._progress = progress
        self._missing = missing_for_papers()

    @property
    def is_seeded(self) -> bool:
        """Whether the demo's people come in: they are wanted, and every vendor is a sandbox."""
        return self.options.seed and self.programs.has_people

    @property
    def has_bidders(self) -> bool:
        """Whether simulated bidders bid."""
        return self.options.bidders and self.programs.has_people

    @classmethod
    async def open(
        cls,
        options: StackOptions,
        settings: Settings,
        vendors: VendorSettings,
        progress: Progress,
        *,
        programs: type[Programs] = Programs,
        patience: Patience | None = None,
    ) -> "Stack":
        """Take the data directory, clear what a dead stack left there, and settle the ports. Nothing runs yet, but
        `stop` is owed from here on. StackError says in one line what is in the way."""
        if settings.profile != "embedded":
            raise StackError("PROFILE is production, but this starts the embedded profile", exit_code=USAGE)
        sandboxes.require(vendors)
        folder = data_dir.prepare(settings.data_dir, os.environ)
        try:
            lock = StackLock.take(folder)
        except OSError as error:
            raise from_os_error(error, folder) from error
        try:
            await _clear(lock, progress)
            if options.fresh:
                data_dir.empty(folder)
            chosen = ports.choose(folder, options.port_wishes(settings))
            opened = sandboxes.open_sandboxes(vendors, chosen, folder)
        except OSError as error:
            lock.release()
            raise from_os_error(error, folder) from error
        except BaseException:
            lock.release()
            raise
        made = programs(settings=settings, ports=chosen, run_id=lock.run_id, sandboxes=opened)
        return cls(options, made, Supervisor(lock, progress, patience), lock, progress)

    async def start(self) -> None:
        """Start everything and return when all of it serves; StackError when it cannot."""
        try:
            await self._start()
        except OSError as error:
            raise from_os_error(error, self.programs.settings.data_dir) from error

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """End every process in order and free the data directory; `hurry` makes it forceful."""
        await self.supervisor.stop(hurry)
        self._lock.release()

    async def unless_failing(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work; StackError as soon as a program of the stack is given up meanwhile."""
        task, failure = asyncio.create_task(work), asyncio.create_task(self.supervisor.failure())
        try:
            await asyncio.wait({task, failure}, return_when=asyncio.FIRST_COMPLETED)
            if failure.done() and not task.done():
                raise failure.result()
            return await task
        finally:
            task.cancel()
            failure.cancel()
            await asyncio.gather(task, failure, return_exceptions=True)

    async def kill(self, name: str, number: Signals = SIGKILL) -> int:
        """End a process as a crash would; the stack starts it again. Returns the pid that died."""
        return await self.supervisor[name].kill(number)

    async def restart(self, name: str) -> None:
        """End a process politely, as a deploy does, and wait until the next one serves."""
        await self.supervisor[name].restart()

    async def hold(self, name: str, number: Signals = SIGKILL) -> int:
        """End a process and keep it down until `release`. Returns the pid that died."""
        return await self.supervisor[name].hold(number)

    async def release(self, name: str) -> None:
        """Start a held process again and wait until it serves."""
        await self.supervisor[name].release()

    async def until_ready(self, name: str) -> None:
        """Wait until a process serves, after a kill for instance."""
        await self.supervisor[name].until_ready()

    async def add_api(self, port: int = ports.FREE) -> str:
        """Start one more API process beside the others and return its URL."""
        number = len(self.api_urls) + 1
        chosen = port or ports.free_port()
        url = f"http://{ports.LOOPBACK}:{chosen}"
        self.api_urls.append(url)
        await self._serve(self.programs.api(number, chosen))
        return url

    async def _start(self) -> None:
        settings, programs = self.programs.settings, self.programs
        self._progress.expect(self._steps())
        async with self._progress.step("Temporal CLI", "found"):
            binary = await find_temporal(self.supervisor, settings, self._lock.run_id, self._progress)
        servers = [self._complete(programs.migrations())]
        if not names_redis(settings):
            servers.append(self._serve(programs.redis(installed=self.options.installed_redis)))
        if binary:
            servers.append(self._serve(programs.temporal(binary)))
        servers += [self._serve(programs.sandbox(sandbox)) for sandbox in programs.sandboxes.started]
        await _together(*servers)
        await _together(self._serve(programs.worker(binary)), self._serve_apis())
        await self._serve_papers()
        if self.is_seeded:
            await self._complete(programs.seed(once=self.options.once))
        if self.has_bidders:
            await self._serve(programs.bidders())

    async def _serve_papers(self) -> None:
        """Let papers be rendered, where the system has what that takes; all else goes without."""
        if self._missing:
            self._progress.note(f"no paper is rendered; {please_install(self._missing)}")
        else:
            await self._serve(self.programs.papers())

    async def _serve_apis(self) -> None:
        first = self.programs.ports.api
        wanted = [first + offset for offset in range(self.options.api_processes)]
        others = [port if port <= ports.LARGEST and ports.is_free(port) else ports.FREE for port in wanted[1:]]
        for port in (first, *others):
            await self.add_api(port)

    async def _serve(self, program: Program) -> None:
        async with self._progress.step(program.name, f"ready {program.place}".rstrip()):
            await self.supervisor.start(program)

    async def _complete(self, program: Program) -> None:
        async with self._progress.step(program.name, "done"):
            await self.supervisor.complete(program)

    def _steps(self) -> int:
        settings = self.programs.settings
        servers = (not names_redis(settings)) + (not settings.names_temporal_server)
        servers += len(self.programs.sandboxes.started)
        return 3 + servers + self.options.api_processes + (not self._missing) + self.is_seeded + self.has_bidders


async def _clear(lock: StackLock, progress: Progress) -> None:
    if lock.before:
        ended = await leftovers.end(lock.before.processes())
        progress.note(f"an earlier stack (pid {lock.before.pid}) died without stopping; {ended} left processes ended")


async def _together(*steps: Coroutine[Any, Any, None]) -> None:
    """Run the steps side by side; when one fails, cancel and await the others, then raise that failure alone."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
