"""Keeps one program running: spawned, waited for until it serves, started again when it dies, given up when it must."""

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from temporal.stack.child import Child, Program, describe_end
from temporal.stack.errors import StackError, from_os_error, full_disk, speaks_of_full_disk
from temporal.stack.lock import StackLock
from temporal.stack.progress import Progress

POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a dying program is given up: after `limit` deaths in a row, each within `quick_s` of its start (seconds)."""

    quick_s: float = 10
    limit: int = 5
    first_delay_s: float = 0.2
    longest_delay_s: float = 5

    def delay_s(self, quick_deaths: int) -> float:
        """How long to wait before the next start."""
        return min(self.first_delay_s * 2.0 ** max(quick_deaths - 1, 0), self.longest_delay_s)


class Keeper:
    """A program under supervision; `given_up` gets a StackError when it dies too often."""

    def __init__(self, program: Program, lock: StackLock, progress: Progress, patience: Patience) -> None:
        self.program = program
        self.given_up: asyncio.Future[StackError] = asyncio.get_running_loop().create_future()
        self._lock = lock
        self._progress = progress
        self._patience = patience
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._allowed = asyncio.Event()
        self._excused = False
        self._quick_deaths = 0

    @property
    def pid(self) -> int | None:
        """The process id, or None while the program is down."""
        return self._child.pid if self._child and self._child.exit_code is None else None

    async def start(self) -> None:
        """Spawn the program and wait until it serves; StackError when it ends before that or takes too long."""
        self._allowed.set()
        child = await self._spawn()
        await _until_ready(child)
        self._task = asyncio.create_task(self._keep(child), name=f"keep {self.program.name}")

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """End the program for good."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._child:
            await self._child.stop(hurry=hurry)
        self._lock.forget(self.program.name)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End the running process as a crash would, wait until it is gone, return its pid; it is started again."""
        child = self._child
        if child is None or child.exit_code is not None:
            raise StackError(f"{self.program.name} is not running")
        self._excused = True
        child.signal(number)
        await child.wait()
        return child.pid

    async def restart(self) -> None:
        """End the running process politely, as a deploy does, and wait until the next one serves."""
        self._excused = True
        if self._child:
            await self._child.stop()
        await self.until_ready()

    async def hold(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End the running process and keep it down until `release`."""
        self._allowed.clear()
        return await self.kill(number)

    async def release(self) -> None:
        """Let a held program start again and wait until it serves."""
        self._allowed.set()
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until the present process, or the next one after a death, serves; StackError after too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.program.ready_within_s):
                while not await self._serves():
                    await asyncio.sleep(POLL_S)
                return
        raise StackError(f"{self.program.name} was not ready within {self.program.ready_within_s:.0f} s")

    async def _serves(self) -> bool:
        if self.pid is None:
            return False
        return self.program.ready is None or await self.program.ready(self.pid)

    async def _spawn(self) -> Child:
        self._child = await Child.spawn(self.program)
        self._lock.remember(self.program.name, self._child.pid)
        return self._child

    async def _keep(self, child: Child) -> None:
        try:
            while True:
                started = time.monotonic()
                code = await child.wait()
                await self._pause(child, code, lived_s=time.monotonic() - started)
                child = await self._spawn()
                self._progress.note(f"{self.program.name} {describe_end(code)}; started again as pid {child.pid}")
        except StackError as error:
            self.given_up.set_result(error)
        except OSError as error:
            self.given_up.set_result(from_os_error(error, self.program.data_dir))

    async def _pause(self, child: Child, code: int, *, lived_s: float) -> None:
        """Wait out the time between a death and the next start; StackError when there shall be none."""
        if not self._excused:
            self._quick_deaths = self._quick_deaths + 1 if lived_s < self._patience.quick_s else 0
            if self._quick_deaths >= self._patience.limit:
                raise failed(child, f"died {self._quick_deaths} times in a row, at last it {describe_end(code)}")
            await asyncio.sleep(self._patience.delay_s(self._quick_deaths))
        self._excused = False
        await self._allowed.wait()


def failed(child: Child, what: str) -> StackError:
    """The one line for a program that failed: what happened, where its log is, and its last words."""
    program, words = child.program, child.last_words()
    if speaks_of_full_disk(words):
        return full_disk(program.data_dir, f"{program.name} {what}; its log: {program.log_path}")
    log = f"; its log: {program.log_path}" if program.log_path else ""
    return StackError(f"{program.name} {what}{log}" + (f"; its last lines: {words}" if words else ""))


async def _until_ready(child: Child) -> None:
    program = child.program
    if program.ready is None:
        return
    ended, ready = asyncio.create_task(child.wait()), asyncio.create_task(_poll(child))
    try:
        await asyncio.wait({ended, ready}, timeout=program.ready_within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
        ready.cancel()
    # Its end counts first: what answers on its port may be somebody else.
    if ended.done() and not ended.cancelled():
        raise failed(child, f"{describe_end(ended.result())} before it was ready")
    if not ready.done():
        raise failed(child, f"was not ready within {program.ready_within_s:.0f} s")
    ready.result()


async def _poll(child: Child) -> None:
    ready = child.program.ready
    while ready and not await ready(child.pid):
        await asyncio.sleep(POLL_S)
