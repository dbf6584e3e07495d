"""Listings: which step leads where, what keeps one from being sent in, what bidders rely on, when a review is due."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_days import day_of, is_business_day
from domain.listings import (
    DISCLOSED,
    EDITABLE,
    MATERIAL,
    MOVES,
    NAMES,
    OVER,
    REQUIRED,
    SALEABLE,
    WITHDRAWABLE,
    Light,
    Particulars,
    Review,
    SaleType,
    Status,
    Step,
    after,
    changed,
    disclosed_hash,
    flaws,
    is_material,
    may_sell,
    review_due,
)
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus

YEAR = 2026
VIN = "19XFC1F37KE200001"
CIVIC = Particulars(
    vin=VIN,
    year=2019,
    make="Honda",
    model="Civic",
    trim="EX",
    body_type=BodyType.SEDAN,
    exterior_color="Silver",
    engine="1.5 L turbo I4",
    transmission="CVT",
    drivetrain=Drivetrain.FWD,
    fuel_type=FuelType.GASOLINE,
    mileage=41_250,
    title_status=TitleStatus.CLEAN,
    title_state="MN",
    condition_grade=42,
    description="One owner.",
    city="Saint Paul",
    state="MN",
    zip="55102",
    start_cents=500_000,
    reserve_cents=900_000,
    buy_now_cents=1_500_000,
    length_days=7,
)
STEPS = st.sampled_from(list(Step))


def found(photos: int = 1, **changes: Any) -> list[tuple[str, str]]:
    """Field and rule of each flaw of the Civic, but for the changes."""
    return [(flaw.field, flaw.rule) for flaw in flaws(replace(CIVIC, **changes), photos, YEAR)]


def test_a_complete_listing_has_no_flaw() -> None:
    assert found() == []


@pytest.mark.parametrize("name", REQUIRED)
def test_each_required_field_is_named_with_its_words_while_it_is_missing(name: str) -> None:
    empty = getattr(Particulars(vin=VIN), name)
    (flaw,) = flaws(replace(CIVIC, **{name: empty}), 1, YEAR)
    assert (flaw.field, flaw.rule, flaw.message) == (name, "REQUIRED", f"{REQUIRED[name]} is missing")


def test_blanks_are_no_answer() -> None:
    assert found(description=" \n ") == [("description", "REQUIRED")]


def test_a_draft_with_a_vin_alone_is_told_everything_at_once() -> None:
    wrong = [flaw.field for flaw in flaws(Particulars(vin=VIN), 0, YEAR)]
    assert wrong == [*REQUIRED, "start_cents", "photos"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"year": 1885}, ("year", "RANGE")),
        ({"year": YEAR + 3}, ("year", "RANGE")),
        ({"mileage": -1}, ("mileage", "RANGE")),
        ({"mileage": 1_500_001}, ("mileage", "RANGE")),
        ({"condition_grade": -1}, ("condition_grade", "RANGE")),
        ({"condition_grade": 51}, ("condition_grade", "RANGE")),
        ({"has_lien": True}, ("lien_holder", "REQUIRED")),
        ({"lights": (Light.GREEN, Light.RED), "disclosures": "Rust."}, ("lights", "CONTRADICTION")),
        ({"lights": (Light.YELLOW,)}, ("disclosures", "REQUIRED")),
        ({"lights": (Light.RED,)}, ("disclosures", "REQUIRED")),
        ({"start_cents": 500_050}, ("start_cents", "WHOLE_DOLLARS")),
        ({"start_cents": 0}, ("start_cents", "WHOLE_DOLLARS")),
        ({"auto_accept_cents": 10**12}, ("auto_accept_cents", "WHOLE_DOLLARS")),
        ({"start_cents": None}, ("start_cents", "REQUIRED")),
        (
            {"sale_type": SaleType.BUY_NOW_ONLY, "reserve_cents": None, "buy_now_cents": None},
            ("buy_now_cents", "REQUIRED"),
        ),
        ({"sale_type": SaleType.MAKE_OFFER}, ("reserve_cents", "TIMED_ONLY")),
        ({"reserve_cents": 400_000}, ("reserve_cents", "AT_LEAST_START")),
        ({"buy_now_cents": 800_000}, ("buy_now_cents", "AT_LEAST_RESERVE")),
        ({"auto_accept_cents": 700_000, "auto_decline_cents": 700_000}, ("auto_decline_cents", "ORDER")),
        ({"length_days": 4}, ("length_days", "CHOICE")),
    ],
)
def test_what_cannot_be_is_named_by_field_and_rule(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert found(**changes) == [expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"year": 1886},
        {"year": YEAR + 2},
        {"mileage": 0},
        {"condition_grade": 0},
        {"has_lien": True, "lien_holder": "First Bank"},
        {"lights": (Light.GREEN, Light.BLUE)},
        {"lights": (Light.YELLOW,), "disclosures": "The left mirror is loose."},
        {"sale_type": SaleType.MAKE_OFFER, "reserve_cents": None, "start_cents": None, "buy_now_cents": None},
        {"sale_type": SaleType.BUY_NOW_ONLY, "reserve_cents": None, "start_cents": None},
        {"reserve_cents": None, "buy_now_cents": 500_000},
        {"auto_accept_cents": 700_000, "auto_decline_cents": 600_000},
        {"auto_accept_cents": 700_000},
        {"buy_now_cents": None, "length_days": None},
    ],
)
def test_what_may_be_is_let_pass(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


def test_a_listing_without_a_photo_is_not_complete() -> None:
    assert found(photos=0) == [("photos", "REQUIRED")]


def test_the_title_tells_what_is_known() -> None:
    assert CIVIC.title == "2019 Honda Civic EX"
    assert replace(CIVIC, trim="", year=None).title == "Honda Civic"
    assert Particulars(vin=VIN).title == VIN


def test_each_step_leads_where_the_table_says_and_nowhere_else() -> None:
    expected = {
        (review, step): to
        for step, moves in {
            Step.EDIT: dict.fromkeys(Review, Review.DRAFT),
            Step.SUBMIT: dict.fromkeys((Review.NONE, Review.DRAFT, Review.CHANGES_REQUESTED), Review.SUBMITTED),
            Step.APPROVE: {Review.SUBMITTED: Review.NONE},
            Step.REQUEST_CHANGES: {Review.SUBMITTED: Review.CHANGES_REQUESTED},
            Step.REJECT: {Review.SUBMITTED: Review.REJECTED},
        }.items()
        for review, to in moves.items()
    }
    assert {(review, step): after(review, step) for review in Review for step in Step} == {
        (review, step): expected.get((review, step)) for review in Review for step in Step
    }


@given(steps=st.lists(STEPS, max_size=30))
def test_nothing_is_ever_public_that_was_not_sent_in_as_it_is(steps: list[Step]) -> None:
    """The words are numbers: each edit writes the next one, and an approval shows the number that stands then."""
    review, written, sent, public = Review.DRAFT, 0, None, None
    for step in steps:
        to = after(review, step)
        if to is None:
            assert step is not Step.EDIT
            continue
        review = to
        match step:
            case Step.EDIT:
                written += 1
            case Step.SUBMIT:
                sent = written
            case Step.APPROVE:
                assert written == sent
                public = written
            case _:
                assert written == sent
        assert (review is Review.NONE) == (public == written and step is Step.APPROVE)
    assert set(MOVES) == set(Step)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("review", Review)
def test_a_lot_is_made_only_of_what_is_approved_whole(status: Status, review: Review) -> None:
    assert may_sell(status, review) is (status in {Status.APPROVED, Status.UNSOLD} and review is Review.NONE)


def test_what_is_over_can_be_neither_edited_sold_nor_withdrawn() -> None:
    assert {Status.SOLD, Status.WITHDRAWN} == OVER
    assert not OVER & (EDITABLE | SALEABLE | WITHDRAWABLE)
    assert Status.SCHEDULED not in WITHDRAWABLE


def test_changes_are_named_in_the_order_of_the_fields() -> None:
    edited = replace(CIVIC, zip="55101", mileage=61_250, reserve_cents=None)
    assert changed(CIVIC, CIVIC) == ()
    assert changed(CIVIC, edited) == ("mileage", "zip", "reserve_cents")


@pytest.mark.parametrize("name", NAMES)
def test_bidders_are_asked_about_what_they_rely_on_only(name: str) -> None:
    private_or_hers = {"stock_number", "lien_holder", "description", "city", "state", "zip", "lat", "lng"}
    of_the_sale = {"sale_type", "start_cents", "reserve_cents", "buy_now_cents", "offers_open", "length_days"}
    of_the_sale |= {"auto_accept_cents", "auto_decline_cents"}
    assert is_material(("zip", name)) is (name not in private_or_hers | of_the_sale)
    assert set(NAMES) >= MATERIAL


def test_what_is_disclosed_is_hashed_over_its_json() -> None:
    told = replace(CIVIC, lights=(Light.YELLOW,), disclosures="Loose mirror.")
    values = {
        "vin": VIN,
        "mileage": 41_250,
        "mileage_unit": "mi",
        "odometer_status": "actual",
        "title_status": "clean",
        "title_state": "MN",
        "has_lien": False,
        "condition_grade": 42,
        "lights": ["yellow"],
        "disclosures": "Loose mirror.",
    }
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    assert disclosed_hash(told) == hashlib.sha256(text.encode()).hexdigest()
    assert set(values) == set(DISCLOSED)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-05-04T09:30:00-05:00", "2026-05-05T09:30:00-05:00"),
        ("2026-05-08T16:00:00-05:00", "2026-05-11T16:00:00-05:00"),
        ("2026-05-09T10:00:00-05:00", "2026-05-12T00:00:00-05:00"),
        ("2026-05-10T23:59:00-05:00", "2026-05-12T00:00:00-05:00"),
        ("2026-03-06T12:00:00-06:00", "2026-03-09T12:00:00-05:00"),
        ("2026-05-11T01:00:00Z", "2026-05-12T05:00:00Z"),
        ("2026-05-22T16:00:00-05:00", "2026-05-26T16:00:00-05:00"),
        ("2026-05-25T10:00:00-05:00", "2026-05-27T00:00:00-05:00"),
    ],
    ids=[
        *("on the next day", "after a weekend", "from a Saturday", "from a Sunday", "past a change of clocks"),
        *("in UTC", "past Memorial Day", "from Memorial Day"),
    ],
)
def test_a_review_is_promised_for_the_next_business_day_in_chicago(submitted: str, due: str) -> None:
    assert review_due(datetime.fromisoformat(submitted)) == datetime.fromisoformat(due)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - it is given
def test_no_review_is_promised_for_a_day_off_nor_later_than_five_days(submitted: datetime) -> None:
    due = review_due(submitted)
    assert is_business_day(day_of(due))
    assert timedelta(hours=22) < due - submitted < timedelta(days=5)
