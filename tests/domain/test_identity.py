"""News of an identity check in every order, and when it is asked about again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Identity
from domain.identity import ASKED_AGAIN, MOVES, after, asked_again_at, is_open

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATE = {Identity.NONE, Identity.PENDING, Identity.COMPLETED, Identity.EXPIRED, Identity.FAILED}


@pytest.mark.parametrize("known", Identity)
@pytest.mark.parametrize("told", Identity)
def test_news_are_believed_by_the_table_alone(known: Identity, told: Identity) -> None:
    assert after(known, told) is (told if told in MOVES[known] else known)


@given(st.lists(st.sampled_from(sorted(LATE))))
def test_no_late_news_take_a_verdict_back(news: list[Identity]) -> None:
    verdict = Identity.APPROVED
    for told in news:
        verdict = after(verdict, told)

    assert verdict is Identity.APPROVED


@given(st.lists(st.sampled_from(sorted(set(Identity) - {Identity.APPROVED}))))
def test_nothing_but_an_approval_approves(news: list[Identity]) -> None:
    known = Identity.NONE
    for told in news:
        known = after(known, told)

    assert known is not Identity.APPROVED


@given(st.permutations([Identity.PENDING, Identity.COMPLETED, Identity.APPROVED]))
def test_an_approval_wins_in_any_order(news: list[Identity]) -> None:
    known = Identity.NONE
    for told in news:
        known = after(known, told)

    assert known is Identity.APPROVED


def test_a_reviewer_may_change_a_verdict() -> None:
    assert after(Identity.APPROVED, Identity.DECLINED) is Identity.DECLINED
    assert after(Identity.DECLINED, Identity.APPROVED) is Identity.APPROVED


@pytest.mark.parametrize("identity", Identity)
def test_only_an_open_check_is_asked_about_again(identity: Identity) -> None:
    assert (asked_again_at(identity, NOON, NOON) is not None) == is_open(identity)
    assert asked_again_at(identity, None, NOON) is None


def test_a_check_in_review_is_asked_about_less_and_less_often_and_then_no_more() -> None:
    moments, now = [], NOON
    while (moment := asked_again_at(Identity.COMPLETED, NOON, now)) is not None:
        moments.append(moment)
        now = moment
    pauses = [later - sooner for sooner, later in pairwise([NOON, *moments])]

    assert len(moments) == len(ASKED_AGAIN)
    assert pauses == sorted(pauses)


def test_an_open_check_is_asked_about_once_when_it_must_have_expired() -> None:
    assert asked_again_at(Identity.PENDING, NOON, NOON) == NOON + 25 * HOUR
    assert asked_again_at(Identity.PENDING, NOON, NOON + 25 * HOUR) is None
