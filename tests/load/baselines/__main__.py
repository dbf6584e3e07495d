"""`python -m tests.load.baselines one-by-one|row-lock`: an API process that brings bids to their auctions that way."""

import os
import sys

from tests.load.baselines.one_by_one import OneByOne
from tests.load.baselines.row_lock import RowLock
from tests.load.baselines.server import DoorOf, serve

DOORS: dict[str, DoorOf] = {"one-by-one": OneByOne, "row-lock": RowLock}

if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in DOORS:
        sys.exit(f"name one of {', '.join(DOORS)}")
    serve(DOORS[sys.argv[1]])
    sys.stdout.flush()
    # As in `python -m api`: the threads of Temporal's core can crash an interpreter that finalises.
    os._exit(0)
