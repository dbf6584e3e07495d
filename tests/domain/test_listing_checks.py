"""How far a listing was checked by the decoders, when they are asked again, and what is compared."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.decoding import Answer, Answers, Decoded, Source, Specification
from domain.listing_checks import Check, check_of, claimed, is_decodable, must_ask
from domain.listings import MileageUnit, Particulars, Review
from domain.vin import Market

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
MONTH, DAY, HOUR = timedelta(days=30), timedelta(days=1), timedelta(hours=1)
VIN = "19XFC1F3XKE200001"
TOLD = Particulars(vin=VIN)
OLD = Particulars(vin="9T02H118473", market=Market.PRE_1981)


def answer(source: Source, *, knows: bool = True, at: datetime = NOON) -> Answer:
    decoded = Decoded(vin=VIN, source=source, fetched_at=at, specification=Specification(make="Honda", model="Civic"))
    return Answer(source, at, decoded if knows else None)


def answers(*found: Answer) -> Answers:
    return {each.source: each for each in found}


REPORT, CATALOGUE = answer(Source.CLEARVIN), answer(Source.VPIC)
NO_REPORT, NO_ENTRY = answer(Source.CLEARVIN, knows=False), answer(Source.VPIC, knows=False)


@pytest.mark.parametrize(
    ("found", "check"),
    [
        ((), Check.WAITING),
        ((NO_REPORT,), Check.WAITING),
        ((NO_ENTRY,), Check.WAITING),
        ((NO_REPORT, NO_ENTRY), Check.UNKNOWN),
        ((CATALOGUE,), Check.PARTLY),
        ((NO_REPORT, CATALOGUE), Check.CHECKED),
        ((REPORT,), Check.CHECKED),
        ((REPORT, CATALOGUE), Check.CHECKED),
    ],
)
def test_how_far_it_was_checked_is_told_by_who_has_answered(found: tuple[Answer, ...], check: Check) -> None:
    assert check_of(TOLD, answers(*found)) is check


def test_numbers_that_decoders_do_not_know_are_compared_by_hand() -> None:
    assert check_of(OLD, {}) is Check.BY_HAND
    assert not is_decodable(OLD)
    assert not is_decodable(replace(OLD, vin=VIN))


@pytest.mark.parametrize("review", list(Review))
def test_the_decoders_are_asked_for_what_was_sent_in_or_is_public(review: Review) -> None:
    asks = must_ask(TOLD, review, NOON, {}, good_for=MONTH)
    assert asks == (review in {Review.SUBMITTED, Review.NONE})


@pytest.mark.parametrize(
    ("found", "asks"),
    [
        ((), True),
        ((CATALOGUE,), True),
        ((NO_REPORT,), True),
        ((REPORT,), False),
        ((NO_REPORT, CATALOGUE), False),
        ((NO_REPORT, NO_ENTRY), False),
        ((answer(Source.CLEARVIN, at=NOON - MONTH),), True),
        ((answer(Source.CLEARVIN, at=NOON - MONTH + HOUR),), False),
        ((answer(Source.CLEARVIN, knows=False, at=NOON - DAY), CATALOGUE), True),
        ((answer(Source.CLEARVIN, at=NOON + MONTH),), False),
    ],
)
def test_answers_must_be_fresh_when_it_is_sent_in_and_are_not_asked_for_again(
    found: tuple[Answer, ...], asks: bool
) -> None:
    assert must_ask(TOLD, Review.SUBMITTED, NOON, answers(*found), good_for=MONTH) is asks


def test_nobody_is_asked_for_what_was_never_sent_in_or_cannot_be_decoded() -> None:
    assert not must_ask(TOLD, Review.NONE, None, {}, good_for=MONTH)
    assert not must_ask(OLD, Review.SUBMITTED, NOON, {}, good_for=MONTH)


def test_what_a_listing_says_is_compared_in_miles_and_what_it_leaves_out_is_not() -> None:
    told = Particulars(vin=VIN, make="Honda", year=2019, mileage=100_000, mileage_unit=MileageUnit.KILOMETRES)
    said = claimed(told)
    assert (said.make, said.year, said.mileage, said.model, said.engine) == ("Honda", 2019, 62_137, None, None)
    assert claimed(replace(told, mileage_unit=MileageUnit.MILES)).mileage == 100_000
    assert claimed(Particulars(vin=VIN)).mileage is None
