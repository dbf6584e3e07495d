"""The demo's vehicles are what they say, and the file of them is whole."""

from collections import Counter

import pytest

from domain.money import is_whole_dollars
from domain.vehicles import BodyType, flaws
from domain.vin import parse_vin
from temporal.demo.catalogue import TURNS, Offering, catalogue, offerings_by_vin, stock
from temporal.demo.people import SELLERS

LOTS = catalogue()


def test_there_are_enough_vehicles_and_each_is_there_once() -> None:
    assert len(LOTS) >= 44
    assert len(offerings_by_vin()) == len(stock()) == TURNS * len(LOTS)


def test_what_comes_next_may_be_listed_and_belongs_to_nobody() -> None:
    assert [offering.spec.title for offering in stock() if flaws(offering.spec)] == []
    serials = [parse_vin(offering.spec.vin).serial.lstrip("ABCDEFGHJKLMNPRSTUVWXYZ") for offering in stock()]
    assert all(serial.startswith("9") for serial in serials)


@pytest.mark.parametrize("offering", LOTS, ids=lambda offering: offering.spec.title)
def test_a_vehicle_may_be_listed(offering: Offering) -> None:
    assert flaws(offering.spec) == ()


@pytest.mark.parametrize("offering", LOTS, ids=lambda offering: offering.spec.title)
def test_a_serial_number_lies_above_real_production(offering: Offering) -> None:
    assert parse_vin(offering.spec.vin).serial.lstrip("ABCDEFGHJKLMNPRSTUVWXYZ").startswith("9")


@pytest.mark.parametrize("offering", LOTS, ids=lambda offering: offering.spec.title)
def test_prices_stand_in_order(offering: Offering) -> None:
    reserve = offering.reserve_cents or offering.start_cents
    assert offering.start_cents <= reserve <= offering.value_cents < offering.value_high_cents


def test_prices_are_whole_dollars() -> None:
    prices = [price for lot in LOTS for price in (lot.start_cents, lot.reserve_cents, lot.value_cents) if price]
    assert all(map(is_whole_dollars, prices))


def test_most_of_them_stand_in_minnesota() -> None:
    states = Counter(offering.spec.state for offering in LOTS)
    assert states["MN"] > len(LOTS) / 2


def test_every_body_type_is_drawn_at_least_once() -> None:
    assert {offering.spec.body_type for offering in LOTS} == set(BodyType)


def test_every_seller_has_something_and_nobody_else_does() -> None:
    assert {offering.seller for offering in LOTS} == {person.seller for person in SELLERS}


def test_every_description_is_its_own() -> None:
    assert len({offering.spec.description for offering in LOTS}) == len(LOTS)
