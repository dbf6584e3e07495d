"""The seller's money: its day, what it is made of, one way out, and the way back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payouts import (
    MOVES,
    WORDS,
    Claim,
    Clawback,
    Facts,
    Line,
    LineCode,
    Payout,
    PayoutCode,
    PayoutStatus,
    Statement,
    Step,
    clawback,
    due_on,
    moved,
    returned,
    sending,
    set_due,
    statement,
)

S, T, L = PayoutStatus, Step, LineCode
CLEARED = date(2026, 5, 8)
TITLE_AT = datetime(2026, 5, 7, 20, tzinfo=UTC)
# The window's last day is May 15, a Friday.
WINDOW_ENDS = datetime(2026, 5, 16, 5, tzinfo=UTC)
FACTS = Facts(CLEARED, TITLE_AT, WINDOW_ENDS)
DUE_ON = date(2026, 5, 18)
PAYOUT = Payout(1, 9_500_00)
DUE = replace(PAYOUT, status=S.DUE, due_on=DUE_ON)


def done(found: Payout | PayoutCode) -> Payout:
    assert isinstance(found, Payout), found
    return found


def test_a_payout_is_due_the_business_day_after_the_latest_of_its_facts() -> None:
    assert due_on(FACTS) == DUE_ON
    assert due_on(replace(FACTS, funds_cleared_on=date(2026, 5, 18))) == date(2026, 5, 19)
    # The evening of May 20 in Chicago, and Memorial Day after the weekend.
    assert due_on(replace(FACTS, title_in_hand_at=datetime(2026, 5, 21, 3, tzinfo=UTC))) == date(2026, 5, 21)
    assert due_on(replace(FACTS, funds_cleared_on=date(2026, 5, 22))) == date(2026, 5, 26)


def test_the_last_day_of_the_window_is_the_same_on_both_sides_of_a_change_of_clocks() -> None:
    ends = datetime(2026, 11, 3, 6, tzinfo=UTC)
    assert due_on(replace(FACTS, dispute_window_ends=ends)) == date(2026, 11, 3)
    ends = datetime(2026, 3, 10, 5, tzinfo=UTC)
    assert due_on(Facts(date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), ends)) == date(2026, 3, 10)


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, funds_cleared_on=None),
        replace(FACTS, title_in_hand_at=None),
        replace(FACTS, dispute_window_ends=None),
        replace(FACTS, disputes_open=True),
    ],
)
def test_nothing_is_due_while_a_fact_is_missing_or_a_dispute_is_open(facts: Facts) -> None:
    assert due_on(facts) is None
    code = PayoutCode.DISPUTE_OPEN if facts.disputes_open else PayoutCode.NOT_DUE
    assert set_due(PAYOUT, facts) is code


def test_after_a_dispute_it_is_the_business_day_after_its_end() -> None:
    closed = replace(FACTS, last_dispute_closed_at=datetime(2026, 5, 29, 15, tzinfo=UTC))
    assert due_on(closed) == date(2026, 6, 1)
    assert done(set_due(DUE, closed)).due_on == date(2026, 6, 1)


def test_a_payout_leaves_on_its_day_once() -> None:
    due = done(set_due(PAYOUT, FACTS))
    assert (due.status, due.due_on) == (S.DUE, DUE_ON)
    assert sending(due, FACTS, DUE_ON - timedelta(days=1)) is PayoutCode.NOT_DUE
    gone = done(sending(due, FACTS, DUE_ON))
    assert (gone.status, gone.attempt, gone.key) == (S.SENDING, 1, "P1-1")
    assert sending(gone, FACTS, DUE_ON) is PayoutCode.NOT_POSSIBLE
    assert set_due(gone, FACTS) is PayoutCode.NOT_POSSIBLE


def test_a_dispute_that_opens_as_the_payout_starts_still_stops_it() -> None:
    assert sending(DUE, replace(FACTS, disputes_open=True), DUE_ON) is PayoutCode.DISPUTE_OPEN


def test_a_seller_who_is_held_is_not_paid() -> None:
    assert sending(DUE, replace(FACTS, seller_held=True), DUE_ON) is PayoutCode.SELLER_HELD


@pytest.mark.parametrize(
    ("payout", "facts"),
    [
        (DUE, replace(FACTS, title_in_hand_at=None)),
        (replace(DUE, due_on=None), FACTS),
        (DUE, replace(FACTS, funds_cleared_on=DUE_ON)),
    ],
)
def test_what_is_no_more_true_keeps_it_from_leaving(payout: Payout, facts: Facts) -> None:
    assert sending(payout, facts, DUE_ON) is PayoutCode.NOT_DUE


def test_nothing_is_not_sent() -> None:
    assert sending(replace(DUE, cents=0), FACTS, DUE_ON) is PayoutCode.NOTHING_TO_SEND


def test_a_return_is_sent_again_under_a_key_of_its_own() -> None:
    payout = done(sending(DUE, FACTS, DUE_ON))
    for step in (T.CONFIRM, T.RETURN, T.CORRECT):
        payout = done(moved(payout, step, "R03"))
    assert (payout.status, payout.reason) == (S.DUE, "R03")
    assert done(sending(payout, FACTS, DUE_ON)).key == "P1-2"


def test_a_key_fits_a_bank_entry() -> None:
    assert len(Payout(99_999_999_999, 1, attempt=99).key) <= 15


@pytest.mark.parametrize(("status", "step"), list(product(PayoutStatus, Step)))
def test_the_table_of_moves_is_all_there_is(status: PayoutStatus, step: Step) -> None:
    found = moved(replace(PAYOUT, status=status), step)
    if (status, step) in MOVES:
        assert done(found).status is MOVES[status, step]
    else:
        assert found is PayoutCode.NOT_POSSIBLE


def test_every_refusal_has_its_words() -> None:
    assert set(WORDS) == set(PayoutCode)


PRICE = Line(L.PRICE, 10_000_00, "The vehicle's price")
FEE = Line(L.SELLER_FEE, -300_00, "The seller's fee")


def test_a_statement_shows_every_line_in_its_order_and_their_sum() -> None:
    lien = Line(L.LIEN_PAYOFF, -4_000_00, "Paid to the lien holder")
    made = statement([lien, FEE, Line(L.TRANSPORT, 0, "None"), PRICE])
    assert made == Statement((PRICE, FEE, lien), 5_700_00, 0, ())


def test_what_is_owed_from_before_is_taken_off_oldest_first_and_no_further_than_to_nothing() -> None:
    claims = [Claim("c1", 9_000_00), Claim("c2", 5_000_00), Claim("c3", 1)]
    made = statement([PRICE, FEE], claims)
    assert made.settled == (Claim("c1", 9_000_00), Claim("c2", 700_00))
    assert (made.net_cents, made.owed_cents) == (0, 0)
    assert [line.cents for line in made.lines[2:]] == [-9_000_00, -700_00]


def test_a_sum_below_zero_is_owed_and_no_claim_is_taken_from_it() -> None:
    made = statement([Line(L.REFUNDED, -200_00, "Partial refund"), FEE], [Claim("c1", 1_00)])
    assert (made.net_cents, made.owed_cents, made.settled) == (0, 500_00, ())


@pytest.mark.parametrize("status", [S.WAITING, S.DUE, S.RETURNED])
def test_what_has_not_left_is_kept_back(status: PayoutStatus) -> None:
    payout = replace(DUE, status=status)
    after, split = clawback(payout, 500_00)
    assert (after, split) == (replace(payout, cents=9_000_00), Clawback(500_00, 0))
    after, split = clawback(payout, 9_600_00)
    assert (after.status, after.cents, split) == (S.CANCELLED, 0, Clawback(9_500_00, 100_00))


@pytest.mark.parametrize("status", [S.SENDING, S.SENT, S.PAID])
def test_what_has_left_or_may_have_is_claimed(status: PayoutStatus) -> None:
    payout = replace(DUE, status=status)
    part, split = clawback(payout, 500_00)
    assert (part, split) == (replace(payout, claimed_cents=500_00), Clawback(0, 500_00))
    assert clawback(part, 9_000_00)[0].status is S.CLAWED_BACK
    after, split = clawback(payout, 9_500_00)
    assert (after.status, split) == (S.CLAWED_BACK, Clawback(0, 9_500_00))
    assert clawback(after, 9_500_00) == (after, Clawback(0, 0))


def test_what_comes_back_by_itself_settles_what_was_claimed() -> None:
    part, _ = clawback(replace(DUE, status=S.SENT), 500_00)
    assert returned(part, "R03") == (replace(DUE, status=S.RETURNED, cents=9_000_00, reason="R03"), 500_00)
    whole, _ = clawback(replace(DUE, status=S.SENT), 9_700_00)
    found = returned(whole, "R03")
    assert not isinstance(found, PayoutCode)
    assert (found[0].status, found[0].cents, found[0].claimed_cents, found[1]) == (S.CANCELLED, 0, 200_00, 9_500_00)
    assert returned(DUE, "R03") is PayoutCode.NOT_POSSIBLE


@given(
    st.lists(st.builds(Line, st.sampled_from(LineCode), st.integers(-10_000, 10_000), st.just("why")), max_size=8),
    st.lists(st.integers(1, 20_000), max_size=4),
)
def test_a_statement_adds_up(lines: list[Line], owed: list[int]) -> None:
    claims = [Claim(f"c{number}", cents) for number, cents in enumerate(owed)]
    made = statement(lines, claims)
    assert sum(line.cents for line in made.lines) == made.net_cents - made.owed_cents
    assert made.net_cents == 0 or made.owed_cents == 0
    assert sum(line.cents for line in made.lines) + sum(each.cents for each in made.settled) == sum(
        line.cents for line in lines
    )
    taken = {each.id: each.cents for each in made.settled}
    assert all(taken.get(claim.id, 0) <= claim.cents for claim in claims)


@given(st.sampled_from(PayoutStatus), st.integers(0, 1_000), st.integers(0, 1_200))
def test_every_cent_that_goes_back_is_kept_or_claimed(status: PayoutStatus, cents: int, back: int) -> None:
    payout = Payout(1, cents, status)
    after, split = clawback(payout, back)
    is_back = status in {S.CANCELLED, S.CLAWED_BACK}
    assert split.kept_cents + split.claimed_cents == (0 if is_back else back)
    assert min(split.kept_cents, split.claimed_cents) >= 0
    assert payout.cents - after.cents == split.kept_cents


@given(st.lists(st.sampled_from(Step), max_size=25))
def test_whatever_is_tried_money_is_out_at_most_once(steps: list[Step]) -> None:
    payout, out = DUE, 0
    for step in steps:
        before = payout
        found = sending(payout, FACTS, DUE_ON) if step is T.SEND else moved(payout, step)
        payout = found if isinstance(found, Payout) else payout
        out += (before.status, payout.status) == (S.SENDING, S.SENT)
        out -= before.status in {S.SENT, S.PAID} and payout.status is S.RETURNED
        assert 0 <= out <= 1
