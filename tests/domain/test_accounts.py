from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import (
    CARD_LIMIT_CENTS,
    CARD_WARNED,
    TERMS_VERSION,
    Card,
    Facts,
    Identity,
    State,
    Step,
    buying_power,
    changes_at,
    clearance,
    month_end,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COMPLETE = Facts(
    email_verified=True,
    identity=Identity.APPROVED,
    identity_expires_at=NOW + timedelta(days=300),
    card=Card.STORED,
    card_expires=(2028, 12),
    details_given=True,
    legal_matches=True,
    terms_version=TERMS_VERSION,
)


def test_who_has_shown_everything_is_cleared_to_ten_thousand_dollars_on_two_lots() -> None:
    found = clearance(COMPLETE, NOW)
    assert (found.cleared, found.limit_cents, found.lots, found.missing) == (True, 1_000_000, 2, ())


def test_a_newcomer_sees_every_step_in_order() -> None:
    found = clearance(Facts(), NOW)
    assert (found.cleared, found.limit_cents, found.lots) == (False, 0, 0)
    assert [(item.step, item.state, item.code) for item in found.missing] == [
        (Step.EMAIL, State.MISSING, "EMAIL_UNVERIFIED"),
        (Step.IDENTITY, State.MISSING, "IDENTITY_UNVERIFIED"),
        (Step.CARD, State.MISSING, "CARD_MISSING"),
        (Step.DETAILS, State.MISSING, "DETAILS_MISSING"),
        (Step.TERMS, State.MISSING, "TERMS_MISSING"),
    ]


@pytest.mark.parametrize(
    ("changed", "state", "code"),
    [
        (replace(COMPLETE, identity=Identity.PENDING), State.MISSING, "IDENTITY_UNFINISHED"),
        (replace(COMPLETE, identity=Identity.COMPLETED), State.WAITING, "IDENTITY_IN_REVIEW"),
        (replace(COMPLETE, identity=Identity.NEEDS_REVIEW), State.WAITING, "IDENTITY_IN_REVIEW"),
        (replace(COMPLETE, identity=Identity.DECLINED), State.PROBLEM, "IDENTITY_DECLINED"),
        (replace(COMPLETE, identity=Identity.FAILED), State.PROBLEM, "IDENTITY_FAILED"),
        (replace(COMPLETE, identity=Identity.EXPIRED), State.MISSING, "IDENTITY_EXPIRED"),
        (replace(COMPLETE, identity_expires_at=NOW), State.MISSING, "IDENTITY_EXPIRED"),
        (replace(COMPLETE, card=Card.DECLINED), State.PROBLEM, "CARD_DECLINED"),
        (replace(COMPLETE, card_expires=(2026, 10)), State.PROBLEM, "CARD_EXPIRED"),
        (replace(COMPLETE, legal_matches=None), State.WAITING, "DETAILS_UNMATCHED"),
        (replace(COMPLETE, legal_matches=False), State.PROBLEM, "NAME_MISMATCH"),
        (replace(COMPLETE, terms_version="2020-01"), State.MISSING, "TERMS_CHANGED"),
    ],
)
def test_one_step_undone_is_named_and_stops_bidding(changed: Facts, state: State, code: str) -> None:
    found = clearance(changed, NOW)
    assert not found.cleared
    assert [(item.state, item.code) for item in found.missing] == [(state, code)]


@pytest.mark.parametrize("facts", [replace(COMPLETE, identity_expires_at=None), replace(COMPLETE, card_expires=None)])
def test_what_has_no_end_does_not_expire(facts: Facts) -> None:
    assert clearance(facts, NOW).cleared


def test_an_account_on_hold_may_not_bid_though_nothing_is_missing() -> None:
    found = clearance(replace(COMPLETE, on_hold=True), NOW)
    assert (found.cleared, found.on_hold, found.limit_cents, found.missing) == (False, True, 0, ())


@pytest.mark.parametrize(
    ("deposits", "line", "power"),
    [
        (0, 0, (CARD_LIMIT_CENTS, 2)),
        (99_900, 0, (CARD_LIMIT_CENTS, 2)),
        (100_000, 0, (1_000_000, None)),
        (500_000, 0, (5_000_000, None)),
        (500_000, 20_000_000, (20_000_000, None)),
    ],
)
def test_a_deposit_counts_tenfold_and_a_dealers_line_as_it_is(
    deposits: int, line: int, power: tuple[int, int | None]
) -> None:
    assert buying_power(deposits, line) == power


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**9))
def test_more_backing_never_means_less_power(deposits: int, line: int, more: int) -> None:
    before, lots = buying_power(deposits, line)
    after, lots_after = buying_power(deposits + more, line)
    assert after >= before
    assert lots is not None or lots_after is None


def test_an_account_is_looked_at_again_when_something_expires() -> None:
    ends = month_end((2028, 12))
    assert ends == datetime(2029, 1, 1, tzinfo=UTC)
    assert changes_at(COMPLETE, NOW) == [COMPLETE.identity_expires_at, ends - CARD_WARNED, ends]


def test_an_account_without_card_or_verdict_changes_by_no_clock() -> None:
    assert changes_at(Facts(), NOW) == []
    assert changes_at(replace(COMPLETE, identity_expires_at=None, card_expires=None), NOW) == []
    assert changes_at(replace(COMPLETE, card_expires=(2026, 10), identity_expires_at=NOW), NOW) == []


def test_a_card_is_good_through_its_last_month() -> None:
    assert clearance(replace(COMPLETE, card_expires=(2026, 11)), NOW).cleared
    assert month_end((2026, 11)) == datetime(2026, 12, 1, tzinfo=UTC)
