"""What may be deposited and what may go back."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import DEPOSIT_LEAST_CENTS, DEPOSIT_MOST_CENTS, buying_power
from domain.deposits import Backing, Refusal, Refused, amount_refused, return_amount_refused, return_refused

R = Refusal


def code(refused: Refused | None) -> Refusal | None:
    return None if refused is None else refused.code


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (DEPOSIT_LEAST_CENTS, None),
        (DEPOSIT_MOST_CENTS, None),
        (DEPOSIT_LEAST_CENTS - 100, R.TOO_SMALL),
        (0, R.TOO_SMALL),
        (-100_000, R.TOO_SMALL),
        (DEPOSIT_MOST_CENTS + 100, R.TOO_LARGE),
        (DEPOSIT_LEAST_CENTS + 1, R.NOT_WHOLE_DOLLARS),
        (1, R.NOT_WHOLE_DOLLARS),
    ],
)
def test_a_deposit_is_whole_dollars_between_the_least_and_the_most(cents: int, expected: Refusal | None) -> None:
    assert code(amount_refused(cents)) is expected


@pytest.mark.parametrize(
    ("cents", "left", "expected"),
    [
        (100_000, 100_000, None),
        (100, 100_000, None),
        (100_100, 100_000, R.RETURN_TOO_LARGE),
        (0, 100_000, R.RETURN_TOO_LARGE),
        (-100, 100_000, R.RETURN_TOO_LARGE),
        (150, 100_000, R.NOT_WHOLE_DOLLARS),
        (100, 0, R.NOT_HELD),
    ],
)
def test_a_return_is_whole_dollars_of_what_is_left(cents: int, left: int, expected: Refusal | None) -> None:
    assert code(return_amount_refused(cents, left)) is expected


@pytest.mark.parametrize(
    ("limit", "lots", "at_stake", "win", "expected"),
    [
        (1_000_000, 2, {}, False, None),
        (0, 0, {}, False, None),
        (1_000_000, 2, {1: 500_000, 2: 500_000}, False, None),
        (1_000_000, 2, {1: 500_000, 2: 500_001}, False, R.NEEDED),
        (1_000_000, 2, {1: 1, 2: 1, 3: 1}, False, R.NEEDED),
        (5_000_000, None, {1: 1, 2: 1, 3: 1}, False, None),
        (5_000_000, None, {1: 1}, True, R.UNPAID_WIN),
    ],
)
def test_only_what_backs_nothing_goes_back(
    limit: int, lots: int | None, at_stake: Mapping[int, int], win: bool, expected: Refusal | None
) -> None:
    assert code(return_refused(Backing(limit, lots, at_stake, win))) is expected


@given(
    deposit=st.integers(1, 500).map(lambda dollars: dollars * 10_000),
    back=st.integers(1, 500).map(lambda dollars: dollars * 10_000),
    stakes=st.dictionaries(st.integers(1, 9), st.integers(1, 3_000_000), max_size=6),
)
def test_after_any_return_that_is_allowed_the_stake_fits_the_power_that_is_left(
    deposit: int, back: int, stakes: dict[int, int]
) -> None:
    if return_amount_refused(back, deposit):
        assert back > deposit
        return
    limit, lots = buying_power(deposit - back, 0)
    refused = return_refused(Backing(limit, lots, stakes, has_unpaid_win=False))
    fits = sum(stakes.values()) <= limit and (lots is None or len(stakes) <= lots)
    assert (refused is None) is fits
