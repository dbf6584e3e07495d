"""When Python's cyclic collector runs: seldom, and never over what a process holds for all its life."""

import gc

# A full pass over a started process costs some 100 ms, in which no bid is answered; most of it lives for ever.
YOUNG, MIDDLE, OLD = 20_000, 20, 20


def settle_after_start() -> None:
    """Collect what starting left behind, take the rest out of every later pass, and make the passes rarer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
