"""How an identity check moves on, how long its verdict is good for, and when a silent one is asked again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from domain.accounts import Identity

# A verdict is asked for anew after this long.
GOOD_FOR = timedelta(days=730)
# So many checks may one person begin; after that support looks into it.
MOST_CHECKS = 5
# A webhook may be lost: a check that waits is asked again so long after its last news, less and less often.
ASKED_AGAIN = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168, 336))
# An open check ends by itself after a day.
OPEN_ASKED_AGAIN = (timedelta(hours=25),)

DECIDED = frozenset({Identity.APPROVED, Identity.DECLINED, Identity.NEEDS_REVIEW})
# The news of one and the same check that are believed. A verdict is only changed by a reviewer: what a person did
# before it (`completed`) may be told late, and changes nothing any more.
MOVES: Mapping[Identity, frozenset[Identity]] = MappingProxyType(
    {
        Identity.NONE: frozenset(Identity) - {Identity.NONE},
        Identity.PENDING: frozenset(Identity) - {Identity.NONE, Identity.PENDING},
        Identity.EXPIRED: frozenset(Identity) - {Identity.NONE, Identity.EXPIRED},
        Identity.FAILED: DECIDED | {Identity.EXPIRED},
        Identity.COMPLETED: DECIDED | {Identity.FAILED},
        Identity.NEEDS_REVIEW: DECIDED - {Identity.NEEDS_REVIEW},
        Identity.APPROVED: DECIDED - {Identity.APPROVED},
        Identity.DECLINED: DECIDED - {Identity.DECLINED},
    }
)


def after(known: Identity, told: Identity) -> Identity:
    """Where a check stands once somebody was told `told` of it, whatever the order in which news arrive."""
    return told if told in MOVES[known] else known


def is_open(identity: Identity) -> bool:
    """Whether news are still to come by themselves."""
    return identity in {Identity.PENDING, Identity.COMPLETED, Identity.NEEDS_REVIEW}


def asked_again_at(identity: Identity, since: datetime | None, now: datetime) -> datetime | None:
    """When to ask the vendor again about a check whose last news came at `since`; None where nothing is to come."""
    if since is None or not is_open(identity):
        return None
    pauses = OPEN_ASKED_AGAIN if identity is Identity.PENDING else ASKED_AGAIN
    return next((since + pause for pause in pauses if since + pause > now), None)
