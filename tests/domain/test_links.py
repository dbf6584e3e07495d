"""Linked accounts: what counts how much, who is kept from a lot, and when a dismissed pair is looked at again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links import (
    BAR,
    MOST,
    MOST_SHARING,
    STRONG,
    SUGGEST,
    WEIGHTS,
    Decision,
    Evidence,
    after_evidence,
    from_text,
    held_payouts,
    is_barred,
    is_evidence,
    pair,
    score,
    to_text,
    with_held,
)

KINDS = st.frozensets(st.sampled_from(list(Evidence)))
SOME = st.frozensets(st.sampled_from(list(Evidence)), min_size=1)


def test_every_kind_of_evidence_has_a_weight_and_one_of_them_is_strong() -> None:
    assert set(WEIGHTS) == set(Evidence)
    assert {Evidence.BANK} == STRONG


def test_a_card_is_worth_a_look_and_bars_nobody_even_with_a_household() -> None:
    card = frozenset({Evidence.CARD})
    assert SUGGEST <= score(card) < BAR
    assert score(card | {Evidence.HOUSEHOLD, Evidence.ADDRESS, Evidence.DEVICE}) == BAR - 1


@given(KINDS)
def test_weak_signs_alone_keep_nobody_from_a_lot(kinds: frozenset[Evidence]) -> None:
    assert 0 <= score(kinds) <= MOST
    assert (score(kinds) >= BAR) == bool(kinds & STRONG)


@given(KINDS, KINDS)
def test_more_evidence_never_counts_less(one: frozenset[Evidence], other: frozenset[Evidence]) -> None:
    assert score(one | other) >= max(score(one), score(other))


def test_a_shared_device_alone_is_not_worth_a_look() -> None:
    assert score(frozenset({Evidence.DEVICE})) < SUGGEST <= score(frozenset({Evidence.DEVICE, Evidence.ADDRESS}))


@pytest.mark.parametrize(
    ("decision", "points", "barred"),
    [
        (Decision.OPEN, BAR, True),
        (Decision.OPEN, BAR - 1, False),
        (Decision.LINKED, 1, True),
        (Decision.DISMISSED, MOST, False),
    ],
)
def test_a_human_decides_and_until_then_strong_evidence_does(decision: Decision, points: int, barred: bool) -> None:
    assert is_barred(decision, points) is barred


@pytest.mark.parametrize(
    ("before", "found", "expected"),
    [
        ({Evidence.DEVICE}, {Evidence.DEVICE, Evidence.ADDRESS}, Decision.OPEN),
        ({Evidence.DEVICE}, {Evidence.DEVICE}, Decision.DISMISSED),
        ({Evidence.BANK}, {Evidence.BANK, Evidence.CARD}, Decision.DISMISSED),
        ({Evidence.CARD}, {Evidence.CARD, Evidence.BANK}, Decision.OPEN),
    ],
)
def test_a_dismissed_pair_is_opened_for_what_nobody_has_judged(
    before: set[Evidence], found: set[Evidence], expected: Decision
) -> None:
    assert after_evidence(Decision.DISMISSED, before, found) is expected


@given(KINDS, KINDS)
def test_evidence_takes_back_no_decision_that_two_accounts_are_linked(
    before: frozenset[Evidence], found: frozenset[Evidence]
) -> None:
    assert after_evidence(Decision.LINKED, before, before | found) is Decision.LINKED


@given(KINDS, KINDS)
def test_no_weak_sign_undoes_the_dismissal_of_a_strong_one(
    before: frozenset[Evidence], found: frozenset[Evidence]
) -> None:
    decision = after_evidence(Decision.DISMISSED, before, before | found)
    assert not is_barred(decision, score(before | found)) or (found - before) & STRONG


def test_what_very_many_share_says_nothing_unless_it_is_money() -> None:
    assert is_evidence(Evidence.DEVICE, MOST_SHARING)
    assert not is_evidence(Evidence.DEVICE, MOST_SHARING + 1)
    assert is_evidence(Evidence.BANK, MOST_SHARING + 1)


def test_a_pair_is_the_same_from_both_sides() -> None:
    assert pair(7, 3) == pair(3, 7) == (3, 7)
    with pytest.raises(ValueError, match="itself"):
        pair(3, 3)


def test_evidence_is_kept_sorted_and_held_payouts_below_the_reason() -> None:
    kept = to_text({Evidence.DEVICE, Evidence.BANK})
    reason = with_held("same shop", {9, 3})
    assert kept == ",".join(sorted((Evidence.DEVICE, Evidence.BANK)))
    assert from_text(kept) == {Evidence.DEVICE, Evidence.BANK}
    assert reason.split("\n")[0] == "same shop"
    assert held_payouts(reason) == {3, 9}


@given(SOME)
def test_evidence_is_read_as_it_was_written(kinds: frozenset[Evidence]) -> None:
    assert from_text(to_text(kinds)) == kinds
    assert len(to_text(kinds)) <= 200


@given(
    st.none() | st.text(st.characters(exclude_characters="\n")), st.frozensets(st.integers(1, 2**63 - 1), max_size=2)
)
def test_held_payouts_are_kept_beside_the_reason(reason: str | None, held: frozenset[int]) -> None:
    kept = with_held(reason, held)
    assert held_payouts(kept) == held
    assert with_held(kept, frozenset()) == (reason or "")


def test_without_a_reason_no_payout_is_held() -> None:
    assert held_payouts(None) == frozenset()
