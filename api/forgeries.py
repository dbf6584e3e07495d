"""Forged webhooks: so many a second are judged at once, the rest one after the other and beside what else is served."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from api.pace import Pace
from api.problems import fail

# Wrong signatures of one vendor that are nobody's flood: a key that was just changed, a clock that is off.
BURST = 20
PER_SECOND = 5.0


@dataclass(slots=True)
class Forgeries:
    """Wrong signatures by vendor, in one process.

    A right signature is always taken: whoever floods the door has other senders wait for milliseconds, and keeps nobody
    out. Beyond the pace a signature is judged in another thread, one at a time, so that neither bids nor pages wait for
    the large bodies of a flood; and its answer says to come later.
    """

    pace: Pace = field(default_factory=lambda: Pace(BURST, PER_SECOND))
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refuse(self, vendor: str, is_genuine: Callable[[], bool]) -> None:
        """Raises BAD_SIGNATURE for what is not genuine, or TOO_MANY_FORGERIES once there are too many of them."""
        if self.pace.wait_s(vendor) == 0.0:
            genuine = is_genuine()
        else:
            async with self._turn:
                genuine = await asyncio.to_thread(is_genuine)
        if genuine:
            return
        wait = self.pace.take(vendor)
        if wait:
            raise fail("TOO_MANY_FORGERIES", retry_after_s=math.ceil(wait))
        raise fail("BAD_SIGNATURE")
