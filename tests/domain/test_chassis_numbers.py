"""Which open listings exclude one another: one VIN is one car, one old chassis number is many."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chassis_numbers import MARK, held_number
from domain.listings import Particulars
from domain.vin import LENGTH, Market

OLD = Particulars(vin="9T02H118473", market=Market.PRE_1981, make="Ford", year=1969)
VIN = "19XFC1F3XKE200001"


@pytest.mark.parametrize("market", list(Market))
def test_a_vin_is_held_as_it_is_whatever_it_is_said_to_be(market: Market) -> None:
    assert held_number(Particulars(vin=VIN, market=market, make="Honda", year=1969)) == VIN


@pytest.mark.parametrize("change", [{"make": "Dodge"}, {"year": 1970}, {"vin": "9T02H118474"}])
def test_another_make_year_or_number_is_another_car(change: dict[str, Any]) -> None:
    assert held_number(replace(OLD, **change)) != held_number(OLD)


@pytest.mark.parametrize(("one", "other"), [("Ford", " FORD "), ("VW", "Volkswagen"), ("Mercedes-Benz", "Mercedes")])
def test_one_make_by_any_of_its_names_is_the_same_car(one: str, other: str) -> None:
    assert held_number(replace(OLD, make=one)) == held_number(replace(OLD, make=other))


@pytest.mark.parametrize("change", [{"make": ""}, {"make": " - "}, {"year": None}])
def test_while_it_is_not_known_which_car_is_meant_nothing_is_held(change: dict[str, Any]) -> None:
    assert held_number(replace(OLD, **change)) is None


@given(vin=st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=5, max_size=16), year=st.integers(1886, 1980))
def test_a_number_that_is_held_fits_its_column_and_is_never_a_vin(vin: str, year: int) -> None:
    held = held_number(replace(OLD, vin=vin, year=year))
    assert held is not None
    assert (len(held), held[0]) == (LENGTH, MARK)
