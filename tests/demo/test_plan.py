"""The market on paper: enough of everything, and nothing that ends on a Sunday."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bidding import Standing, accept
from domain.clock import may_end_at
from domain.money import INCREMENTS_2026_1
from temporal.demo.catalogue import catalogue
from temporal.demo.plan import Calendar, Phase, PlannedAuction, calendar_for, legal_end, market_plan

TUESDAY = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def _of(plan: list[PlannedAuction], phase: Phase) -> list[PlannedAuction]:
    return [planned for planned in plan if planned.phase is phase]


def _replayed(planned: PlannedAuction) -> str:
    offering = planned.offering
    standing = Standing(offering.start_cents, offering.reserve_cents, INCREMENTS_2026_1)
    for bid in planned.bids:
        assert bid.cents >= standing.minimum_for(str(bid.bidder))
        standing = accept(standing, bid.kind, str(bid.bidder), bid.cents)
    if standing.leader is None:
        return "no_bids"
    return "reserve_not_met" if standing.reserve == "not_met" else "sold"


def test_an_ordinary_day_has_live_scheduled_and_ended_auctions() -> None:
    plan = market_plan(TUESDAY, catalogue())
    assert Counter(planned.phase for planned in plan) == {Phase.ENDED: 7, Phase.LIVE: 12, Phase.SCHEDULED: 7}


def test_no_vehicle_is_sold_twice() -> None:
    plan = market_plan(TUESDAY, catalogue())
    assert len({planned.offering.spec.vin for planned in plan}) == len(plan)


def test_the_first_live_lot_ends_in_minutes_and_the_last_in_hours() -> None:
    ends = sorted(planned.ends_at - TUESDAY for planned in _of(market_plan(TUESDAY, catalogue()), Phase.LIVE))
    assert (ends[0], ends[-1]) == (timedelta(minutes=4), timedelta(hours=6))


def test_the_scripted_bids_are_legal_and_tell_every_story() -> None:
    ended = _of(market_plan(TUESDAY, catalogue()), Phase.ENDED)
    assert Counter(map(_replayed, ended)) == {"sold": 5, "reserve_not_met": 1, "no_bids": 1}


def test_the_scripted_bids_leave_the_end_where_it_is() -> None:
    for planned in _of(market_plan(TUESDAY, catalogue()), Phase.ENDED):
        window = timedelta(seconds=planned.window_s or 120)
        assert all(planned.starts_at + bid.after + window < planned.ends_at for bid in planned.bids)


@given(MOMENTS)
def test_under_the_sunday_rule_nothing_is_planned_to_end_where_it_may_not(now: datetime) -> None:
    plan = market_plan(now, catalogue(), Calendar.CHICAGO)
    assert all(may_end_at(planned.ends_at) and planned.ends_at > planned.starts_at for planned in plan)


def test_on_a_sunday_under_the_rule_everything_live_ends_on_monday() -> None:
    live = _of(market_plan(SUNDAY, catalogue(), Calendar.CHICAGO), Phase.LIVE)
    assert (len(live), {planned.ends_at.astimezone(UTC).date().isoformat() for planned in live}) == (19, {"2026-11-23"})


def test_without_the_rule_a_sunday_is_a_day_like_any_other() -> None:
    sunday, tuesday = (market_plan(day, catalogue(), Calendar.NONE) for day in (SUNDAY, TUESDAY))
    assert [planned.ends_at - SUNDAY for planned in sunday] == [planned.ends_at - TUESDAY for planned in tuesday]


@pytest.mark.parametrize(
    ("now", "calendar"),
    [
        (TUESDAY, Calendar.CHICAGO),
        (SUNDAY, Calendar.NONE),
        (SATURDAY_NIGHT, Calendar.NONE),
        (datetime(2026, 11, 22, 1, 30, tzinfo=UTC), Calendar.CHICAGO),
        (datetime(2026, 11, 22, 2, 30, tzinfo=UTC), Calendar.NONE),
        (datetime(2026, 11, 23, 6, 0, tzinfo=UTC), Calendar.CHICAGO),
    ],
)
def test_the_rule_is_off_on_sundays_and_in_the_hours_before_only(now: datetime, calendar: Calendar) -> None:
    assert calendar_for(now) is calendar


@given(MOMENTS, st.integers(1, 3000))
def test_a_moved_end_keeps_the_order(end: datetime, minutes: int) -> None:
    later = end + timedelta(minutes=minutes)
    first, second = legal_end(end, Calendar.CHICAGO), legal_end(later, Calendar.CHICAGO)
    # A lot may be moved behind one that ends on Monday morning by itself, but never before its own time.
    assert first >= end
    assert second >= later
    if not (may_end_at(end) or may_end_at(later)) and minutes < 60:
        assert first < second
