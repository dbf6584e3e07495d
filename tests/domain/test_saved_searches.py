"""The keys by which listings find saved searches, and when letters are due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import CHICAGO
from domain.saved_searches import ANYTHING, MOST_KEYS, Bounds, Frequency, Key, bounds_of, due_at, keys_of
from domain.search import Filters, Span, fits
from domain.watching import BEFORE, BITS, UNTIL, WatchNews, muted_by, wanted_of
from tests.domain.test_search import CIVIC, LASTING, NOW, WORDS


def test_a_search_has_a_key_for_each_pair_of_names() -> None:
    found = keys_of(Filters(make=("Honda", "Ford"), model=("Civic",)))
    assert found == (Key("ford", "civic", ANYTHING), Key("honda", "civic", ANYTHING))


def test_too_many_keys_become_fewer_that_stand_for_more() -> None:
    names = tuple(f"n{number}" for number in range(30))
    assert keys_of(Filters(make=names, model=names, state=names)) == tuple(
        Key(name, ANYTHING, ANYTHING) for name in sorted(names)
    )
    assert len(keys_of(Filters(make=names, state=("MN", "WI")))) == 60 <= MOST_KEYS


def test_open_ends_lie_beyond_everything() -> None:
    assert bounds_of(Filters(year=Span(2019), price_cents=Span(None, 5))) == Bounds(2019, 32_767, -1, 5, -1, 2**31 - 1)


@given(LASTING, st.sampled_from([None, 0, 900_000]))
def test_a_listing_that_fits_has_one_of_the_keys_and_lies_in_the_bounds(filters: Filters, price: int | None) -> None:
    listing = replace(CIVIC, price_cents=price)
    known = replace(filters, make=(*filters.make, "honda")) if filters.make else filters
    if not fits(known, listing, WORDS, NOW):
        return
    allowed = {Key(make, model, state) for make in ("", "honda") for model in ("", "civic") for state in ("", "mn")}
    bounds = bounds_of(known)
    assert set(keys_of(known)) & allowed
    assert bounds.year_from <= listing.year <= bounds.year_to
    assert bounds.price_from <= (-1 if price is None else price) <= bounds.price_to
    assert bounds.mileage_from <= listing.mileage <= bounds.mileage_to


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.integers(1, 10**9))  # noqa: DTZ001
def test_a_letter_of_the_day_comes_once_in_the_next_day_in_the_morning(now: datetime, user_id: int) -> None:
    due = due_at(Frequency.DAILY, user_id, now)
    assert timedelta(0) < due - now <= timedelta(hours=25)
    assert due.astimezone(CHICAGO).hour == 8
    assert due.tzinfo is UTC


def test_what_is_instant_is_due_now() -> None:
    assert due_at(Frequency.INSTANT, 7, NOW) == NOW


def test_what_is_off_is_never_due() -> None:
    with pytest.raises(ValueError, match="off"):
        due_at(Frequency.OFF, 7, NOW)


@given(st.sets(st.sampled_from(list(WatchNews))))
def test_the_reminders_that_are_wanted_are_those_that_are_not_muted(wanted: set[WatchNews]) -> None:
    assert wanted_of(muted_by(wanted)) == wanted
    assert [muted_by(wanted) & BITS[kind] == 0 for kind in WatchNews] == [kind in wanted for kind in WatchNews]


def test_every_reminder_is_of_use_until_the_next() -> None:
    assert [BEFORE[kind] > UNTIL[kind] for kind in BEFORE] == [True, True, True]
    assert set(BEFORE) == set(UNTIL) == {WatchNews.DAY, WatchNews.HOUR, WatchNews.MINUTES}


def test_what_is_wanted_at_once_is_told_at_once_and_the_rest_with_the_next_letter() -> None:
    before = datetime(2026, 5, 5, 8, tzinfo=CHICAGO).astimezone(UTC)
    minutes = timedelta(minutes=7)
    assert due_at(Frequency.INSTANT, 7, before) == before
    assert due_at(Frequency.DAILY, 7, before) == before + minutes
    assert due_at(Frequency.DAILY, 7, before + minutes) == before + minutes + timedelta(days=1)
