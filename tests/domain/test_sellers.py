"""Sellers: the steps of a profile, who may list one more vehicle, and the dates of a dealer's licence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sellers import (
    MOVES,
    PRIVATE_MOST,
    Licence,
    LicenceClass,
    Notice,
    Profile,
    SellerStatus,
    Step,
    after,
    day_in_chicago,
    may_list,
    next_notice,
    tax_id,
    twelve_months_before,
)

TODAY = date(2026, 11, 23)
LICENCE = Licence("DLR40123", LicenceClass.USED, "MN", date(2026, 12, 31))
DEALER = Profile(SellerStatus.APPROVED, "Northstar", LICENCE, has_tax_id=True, has_payout=True)
PRIVATE = replace(DEALER, licence=None)
OVER = replace(DEALER, licence=replace(LICENCE, expires_on=TODAY - timedelta(days=1)))


def test_an_approved_dealer_lists_as_many_vehicles_as_they_like() -> None:
    assert may_list(DEALER, 500, TODAY).allowed


@pytest.mark.parametrize(
    ("others", "allowed"), [(0, True), (PRIVATE_MOST - 1, True), (PRIVATE_MOST, False), (9, False)]
)
def test_a_private_sellers_sixth_vehicle_in_twelve_months_needs_a_licence(others: int, allowed: bool) -> None:
    found = may_list(PRIVATE, others, TODAY)
    assert (found.allowed, found.code) == (allowed, "" if allowed else "DEALER_LICENCE_NEEDED")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SellerStatus.NONE, "SELLER_NOT_APPROVED"),
        (SellerStatus.DRAFT, "SELLER_NOT_APPROVED"),
        (SellerStatus.SUBMITTED, "SELLER_NOT_APPROVED"),
        (SellerStatus.REJECTED, "SELLER_NOT_APPROVED"),
        (SellerStatus.SUSPENDED, "SELLER_SUSPENDED"),
    ],
)
def test_who_is_not_approved_lists_nothing_and_is_told_why(status: SellerStatus, code: str) -> None:
    found = may_list(replace(DEALER, status=status), 0, TODAY)
    assert (found.allowed, found.code) == (False, code)
    assert found.detail.endswith(".")


def test_a_licence_is_good_through_its_last_day_and_not_the_day_after() -> None:
    assert may_list(DEALER, 0, LICENCE.expires_on).allowed
    assert may_list(DEALER, 0, LICENCE.expires_on + timedelta(days=1)).code == "LICENCE_EXPIRED"


def test_an_approval_lapses_with_its_licence_and_nothing_else_does() -> None:
    assert OVER.standing(TODAY) is SellerStatus.LAPSED
    assert replace(OVER, status=SellerStatus.SUSPENDED).standing(TODAY) is SellerStatus.SUSPENDED
    assert PRIVATE.standing(TODAY) is SellerStatus.APPROVED


def test_what_is_missing_is_named() -> None:
    assert Profile().missing(TODAY) == ("BUSINESS_NAME_MISSING", "TAX_ID_MISSING", "PAYOUT_MISSING")
    assert OVER.missing(TODAY) == ("LICENCE_EXPIRED",)
    assert PRIVATE.missing(TODAY) == DEALER.missing(TODAY) == ()


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("standing", list(SellerStatus))
def test_only_the_moves_of_the_table_are_made(standing: SellerStatus, step: Step) -> None:
    allowed = {
        Step.EDIT: {*SellerStatus} - {SellerStatus.SUSPENDED},
        Step.SUBMIT: {SellerStatus.DRAFT},
        Step.APPROVE: {SellerStatus.SUBMITTED, SellerStatus.SUSPENDED},
        Step.REJECT: {SellerStatus.SUBMITTED},
        Step.SUSPEND: {*SellerStatus} - {SellerStatus.NONE, SellerStatus.SUSPENDED},
    }
    assert (after(standing, step) is not None) == (standing in allowed[step])


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_nobody_is_approved_but_by_an_approval(steps: list[Step]) -> None:
    status = SellerStatus.NONE
    for step in steps:
        moved = after(status, step)
        status = status if moved is None else moved
        if moved is SellerStatus.APPROVED:
            assert step is Step.APPROVE
    assert status is not SellerStatus.LAPSED
    assert SellerStatus.LAPSED not in {into for moves in MOVES.values() for into in moves.values()}


def test_days_are_those_of_chicago() -> None:
    assert day_in_chicago(datetime(2026, 11, 24, 5, 59, tzinfo=UTC)) == TODAY
    assert day_in_chicago(datetime(2026, 11, 24, 6, tzinfo=UTC)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("today", "began"),
    [
        (TODAY, datetime(2025, 11, 23, 6, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2025, 7, 1, 5, tzinfo=UTC)),
        (date(2028, 2, 29), datetime(2027, 2, 28, 6, tzinfo=UTC)),
    ],
)
def test_twelve_months_begin_at_midnight_in_chicago_a_year_ago(today: date, began: datetime) -> None:
    assert twelve_months_before(today) == began


def test_a_dealer_is_told_thirty_days_ahead_and_on_the_last_day_of_a_licence() -> None:
    ahead, last_day = datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert next_notice(LICENCE.expires_on, datetime(2026, 11, 23, tzinfo=UTC)) == (Notice.AHEAD, ahead)
    assert next_notice(LICENCE.expires_on, ahead) == (Notice.LAST_DAY, last_day)
    assert next_notice(LICENCE.expires_on, last_day) is None


@pytest.mark.parametrize("text", ["41-2345678", "123-45-6789", "412345678", " 41 2345678"])
def test_a_tax_id_is_nine_digits_however_it_is_grouped(text: str) -> None:
    found = tax_id(text)
    assert (len(found), found.isdigit()) == (9, True)


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "00-0000000", "41-234567a", "٤١٢٣٤٥٦٧٨"])
def test_anything_else_is_no_tax_id(text: str) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        tax_id(text)
