"""Where a lot's end is placed among the ends of its seller's other lots, so that nobody has to be at two at once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from domain.clock import may_end_at


def end_apart(
    wanted: datetime, taken: Collection[datetime], apart: timedelta, *, not_before: datetime, sunday_rule: bool = True
) -> datetime:
    """The first end from `wanted` on that is `apart` from every `taken` one.

    Where that would be too near a Sunday it is the last one before `wanted`. What would then come before `not_before`
    stays as it was wanted: two lots at once harm less than a sale that is too short.
    """
    later = earlier = wanted
    for end in sorted(taken):
        if abs(end - later) < apart:
            later = end + apart
    if not sunday_rule or may_end_at(later):
        return later
    for end in sorted(taken, reverse=True):
        if abs(end - earlier) < apart:
            earlier = end - apart
    return earlier if earlier >= not_before and may_end_at(earlier) else wanted
