"""Which database errors pass by themselves, and how long to wait with what keeps failing."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from activities.db.engine import SqliteBusyError

AWAY_PAUSE_S = 0.3
REFUSED_PAUSES_S = (0.3, 0.6, 1.2, 2.4)
AWAY_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError, SqliteBusyError)
# All that a query may raise; a LookupError is a lot without a row.
DATABASE_ERRORS = (SQLAlchemyError, SqliteBusyError, LookupError)


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be reached now; any other error of it will be the same the next time."""
    return isinstance(error, AWAY_ERRORS) or (isinstance(error, DBAPIError) and error.connection_invalidated)


@dataclass(slots=True)
class Patience:
    """When the recording of one lot may be tried again: from `due_at` on, by the clock that `goes_on` is told.

    What the database refuses is given up after `pauses_s`; while it is away, there is no end of trying.
    """

    pauses_s: Sequence[float] = REFUSED_PAUSES_S
    due_at: float = 0.0
    refusals: int = 0

    def goes_on(self, error: BaseException, now: float) -> bool:
        """Whether to try again after this error."""
        if is_away(error):
            self.due_at = now + AWAY_PAUSE_S
            return True
        if self.refusals == len(self.pauses_s):
            self.refusals = 0
            return False
        self.due_at = now + self.pauses_s[self.refusals]
        self.refusals += 1
        return True


class Backoff:
    """Lots that keep failing: each failure doubles the rest, from `first_s` to at most `most_s` seconds."""

    def __init__(self, first_s: float, most_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._clock = clock
        self._resting: dict[int, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._resting)

    def failed(self, auction_id: int) -> None:
        """Let it rest, twice as long as the last time."""
        _, last_s = self._resting.get(auction_id, (0.0, self._first_s / 2))
        rest_s = min(2 * last_s, self._most_s)
        self._resting[auction_id] = (self._clock() + rest_s, rest_s)

    def due(self, auction_ids: Collection[int]) -> list[int]:
        """Of these, in their order, those that do not rest; all others are forgotten, for they are well again."""
        self._resting = {key: self._resting[key] for key in auction_ids if key in self._resting}
        moment = self._clock()
        return [key for key in auction_ids if key not in self._resting or self._resting[key][0] <= moment]
