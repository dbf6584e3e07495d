"""Distances, and the boxes around circles."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geo import Box, box_around, miles_between

SAINT_PAUL = (44.951, -93.09)
CHICAGO = (41.886, -87.618)
LATS = st.floats(-89, 89)
LNGS = st.floats(-180, 180)


def test_saint_paul_is_350_miles_from_chicago() -> None:
    assert miles_between(*SAINT_PAUL, *CHICAGO) == pytest.approx(347, abs=3)


def test_the_other_side_of_the_globe_is_half_its_girth_away() -> None:
    assert miles_between(0, 0, 0, 180) == pytest.approx(math.pi * 3958.7613)


@given(LATS, LNGS, LATS, LNGS)
def test_there_is_as_far_as_back(lat: float, lng: float, other_lat: float, other_lng: float) -> None:
    assert miles_between(lat, lng, other_lat, other_lng) == pytest.approx(miles_between(other_lat, other_lng, lat, lng))


@given(LATS, LNGS, st.floats(0.1, 3_000), st.floats(0, 2 * math.pi), st.floats(0, 0.999))
def test_a_box_holds_all_that_is_near(lat: float, lng: float, miles: float, bearing: float, part: float) -> None:
    angle = part * miles / 3958.7613
    here = math.radians(lat)
    there = math.asin(math.sin(here) * math.cos(angle) + math.cos(here) * math.sin(angle) * math.cos(bearing))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(here), math.cos(angle) - math.sin(here) * math.sin(there)
    )
    found = (math.degrees(there), (lng + math.degrees(east) + 180) % 360 - 180)
    assert box_around(lat, lng, miles).holds(*found)


def test_a_box_over_a_pole_or_the_date_line_is_a_whole_band() -> None:
    assert (box_around(89, 10, 500).west, box_around(89, 10, 500).north) == (-180, 90)
    assert box_around(-89, 10, 500).south == -90
    assert (box_around(10, 179.9, 100).west, box_around(10, -179.9, 100).east) == (-180, 180)


def test_a_box_ends_at_its_edges() -> None:
    box = Box(1, 2, 3, 4)
    assert [box.holds(1, 3), box.holds(2, 4), box.holds(0.9, 3), box.holds(2.1, 3), box.holds(1, 2.9)] == [
        *(True, True),
        *(False, False, False),
    ]
    assert not box.holds(1, 4.1)


def test_a_box_in_the_middle_of_the_land_is_a_box() -> None:
    box = box_around(44.95, -93.09, 10)
    assert box.south < 44.95 < box.north
    assert -94 < box.west < -93.09 < box.east < -92
