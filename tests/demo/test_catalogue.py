"""The demo's vehicles are what they say, and the file of them is whole."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

import pytest

from activities import zips
from activities.providers.clearvin_report import read_report
from activities.providers.vpic import Vpic
from domain.decoder_conflicts import Claimed, conflicts
from domain.money import is_whole_dollars
from domain.vehicles import BodyType, flaws
from domain.vin import parse_vin
from temporal.demo.catalogue import Offering, catalogue, offering_of, stock
from temporal.demo.listing import CLAIMED
from temporal.demo.people import SELLERS
from tests.sandbox.clearvin.reports import report_of
from tests.sandbox.vehicles import Vehicles
from tests.sandbox.vpic.stage import stage

LOTS = catalogue()
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MANY = tuple(islice(stock(), 40 * len(LOTS)))


def test_there_are_enough_vehicles_and_each_is_there_once() -> None:
    assert len(LOTS) >= 48
    assert MANY[: len(LOTS)] == LOTS
    assert len({offering.spec.vin for offering in MANY}) == len(MANY)


def test_what_comes_next_may_be_listed_and_belongs_to_nobody() -> None:
    assert [offering.spec.title for offering in MANY if flaws(offering.spec)] == []
    serials = [parse_vin(offering.spec.vin).serial.lstrip("ABCDEFGHJKLMNPRSTUVWXYZ") for offering in MANY]
    assert all(serial.startswith("9") for serial in serials)


def test_what_comes_next_is_found_by_its_vin_and_nothing_else_is() -> None:
    assert all(offering_of(offering.spec.vin) == offering for offering in MANY)
    others = ("", "1HGCM82633A004352", LOTS[0].spec.vin[:8] + "9" + LOTS[0].spec.vin[9:], LOTS[0].spec.vin[:-1] + "X")
    assert [offering_of(vin) for vin in others] == [None] * len(others)


def test_each_vehicle_stands_in_its_state() -> None:
    places = [(zips.find(offering.zip), offering.spec) for offering in LOTS]
    assert [spec.title for place, spec in places if place is None or place.state != spec.state] == []


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


@pytest.mark.parametrize("first", range(0, 3 * len(LOTS), len(LOTS)), ids=["catalogue", "next", "third"])
async def test_the_decoders_say_what_the_sellers_say(first: int) -> None:
    vehicles, found = Vehicles(), {}
    with stage(calls_per_second=10_000) as sandbox:
        async with Vpic(sandbox.api_url) as vpic:
            for offering in MANY[first : first + len(LOTS)]:
                vin, said = offering.spec.vin, asdict(offering.spec)
                claimed = Claimed(**{name: said[name] for name in CLAIMED})
                report = read_report(vin, report_of(vehicles.find(vin) or {}), NOW)
                values = (await vpic.decode(vin, NOW)).decoded
                assert report is not None
                assert values is not None
                found[vin] = (*conflicts(report, claimed), *conflicts(values, claimed))
    assert {vin: told for vin, told in found.items() if told} == {}
