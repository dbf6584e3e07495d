"""What the person at the terminal reads while the stack starts, runs and stops."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TextIO

PATIENCE_S = 5.0


class Progress:
    """Lines with the seconds since the start; `stream` None keeps quiet. A terminal that is gone stops nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._done = 0
        self._expected = 0

    def expect(self, steps: int) -> None:
        """Announce how many steps this start has."""
        self._expected = steps

    def say(self, text: str) -> None:
        """Write one line as it is."""
        if self._stream is None:
            return
        with suppress(OSError, ValueError):
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def note(self, text: str) -> None:
        """Write one line behind the elapsed seconds."""
        self.say(f"{time.monotonic() - self._started:6.1f} s  {text}")

    @asynccontextmanager
    async def step(self, title: str, outcome: str) -> AsyncIterator[None]:
        """Write `outcome` when the block is done, and a line every few seconds while it is not."""
        waiting = asyncio.create_task(self._wait_aloud(title))
        try:
            yield
        finally:
            waiting.cancel()
        self._done += 1
        self.note(f"[{self._done}/{self._expected}] {title}: {outcome}")

    async def _wait_aloud(self, title: str) -> None:
        while True:
            await asyncio.sleep(PATIENCE_S)
            self.note(f"      {title}: still waiting")
