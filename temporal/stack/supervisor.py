"""All children of a stack by name: started, counted, and stopped in order so that none is left."""

import asyncio

from temporal.stack import leftovers
from temporal.stack.child import Child, Program, describe_end
from temporal.stack.errors import StackError
from temporal.stack.keeper import Keeper, Patience, failed
from temporal.stack.lock import StackLock
from temporal.stack.progress import Progress


class Supervisor:
    """Starts programs that are kept running and programs that end by themselves, and ends them all."""

    def __init__(self, lock: StackLock, progress: Progress, patience: Patience | None = None) -> None:
        self._lock = lock
        self._progress = progress
        self._patience = patience or Patience()
        self._keepers: dict[str, Keeper] = {}
        self._passing: dict[str, Child] = {}
        self._given_up: asyncio.Future[StackError] = asyncio.get_running_loop().create_future()

    @property
    def pids(self) -> dict[str, int]:
        """The process ids by name, of the kept programs that run now."""
        return {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid is not None}

    def __getitem__(self, name: str) -> Keeper:
        """The keeper of a program; StackError for a name that was never started."""
        if name not in self._keepers:
            raise StackError(f"no program is named {name!r}; there are {', '.join(self._keepers) or 'none'}")
        return self._keepers[name]

    async def start(self, program: Program) -> None:
        """Start a program, wait until it serves, and keep it running from then on."""
        keeper = Keeper(program, self._lock, self._progress, self._patience)
        self._keepers[program.name] = keeper
        keeper.given_up.add_done_callback(self._give_up)
        await keeper.start()

    async def run(self, program: Program) -> int:
        """Run a program that ends by itself and return its exit code; StackError when it takes too long."""
        child = self._passing[program.name] = await Child.spawn(program)
        self._lock.remember(program.name, child.pid)
        try:
            async with asyncio.timeout(program.ready_within_s):
                code = await child.wait()
        except TimeoutError as error:
            raise failed(child, f"did not end within {program.ready_within_s:.0f} s") from error
        self._lock.forget(program.name)
        return code

    async def complete(self, program: Program) -> None:
        """Run a program that has to end well; StackError with its last words when it does not."""
        code = await self.run(program)
        if code:
            raise failed(self._passing[program.name], describe_end(code))

    async def failure(self) -> StackError:
        """Wait until a program is given up, and say why."""
        return await asyncio.shield(self._given_up)

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """End everything, the highest tier first and each tier together; `hurry` makes it forceful."""
        await asyncio.gather(*(child.stop(hurry=hurry) for child in self._passing.values()), return_exceptions=True)
        for tier in sorted({keeper.program.tier for keeper in self._keepers.values()}, reverse=True):
            keepers = [keeper for keeper in self._keepers.values() if keeper.program.tier == tier]
            await asyncio.gather(*(keeper.stop(hurry) for keeper in keepers), return_exceptions=True)
        # A grandchild that left its group is found by the mark of the run in its environment.
        await leftovers.end(leftovers.marked(self._lock.run_id))

    def _give_up(self, given_up: asyncio.Future[StackError]) -> None:
        if not given_up.cancelled() and not self._given_up.done():
            self._given_up.set_result(given_up.result())
