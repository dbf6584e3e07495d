"""Section 7: the talks after a missed reserve, step by step, one bidder at a time, and what each side may see."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import MILLISECOND
from domain.negotiation import (
    MOVES,
    WORDS,
    Act,
    Candidate,
    Ending,
    Figure,
    Negotiation,
    NegotiationCode,
    Rules,
    Side,
    Status,
    answered,
    opened,
)
from domain.negotiation_views import Seen, seen_by_bidder, seen_by_seller
from tests.domain.lots import SATURDAY_LATE, START, SUNDAY

A, N = Act, NegotiationCode
BUYER, SELLER, HOUSE = Side.BUYER, Side.SELLER, Side.HOUSE
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
RESERVE = 12_000_00
LEADER, SECOND = Candidate("L", 10_000_00), Candidate("M", 9_500_00)
LATER = START + HOUR


def begun(*candidates: Candidate, now: datetime = START, rules: Rules | None = None) -> Negotiation:
    talks = opened(candidates or (LEADER, SECOND), RESERVE, now, rules)
    assert talks is not None
    return talks


def tried(
    talks: Negotiation, side: Side, act: Act, dollars: int = 0, *, at: datetime = LATER, **more: object
) -> Negotiation | NegotiationCode:
    bidder = str(more.get("bidder", talks.candidate.bidder if side is BUYER else ""))
    step = more.get("step")
    return answered(
        talks, side, act, at, bidder=bidder, cents=dollars * 100, step=step if isinstance(step, int) else None
    )


def after(talks: Negotiation, *acts: tuple[Side, Act] | tuple[Side, Act, int], at: datetime = LATER) -> Negotiation:
    for side, act, *dollars in acts:
        found = tried(talks, side, act, *dollars, at=at)
        assert isinstance(found, Negotiation), found
        talks = found
    return talks


def test_the_leaders_price_is_a_binding_offer_for_a_day() -> None:
    talks = begun()
    assert talks.figure == Figure(BUYER, 10_000_00)
    assert (talks.expires_at, talks.ends_at, talks.held_cents) == (START + DAY, START + 3 * DAY, 10_000_00)


def test_without_a_bidder_who_agreed_there_are_no_talks() -> None:
    assert opened((), RESERVE, START) is None


def test_the_seller_takes_the_offer() -> None:
    talks = after(begun(), (SELLER, A.ACCEPT))
    assert (talks.status, talks.candidate, talks.held_cents) == (Status.SOLD, LEADER, 10_000_00)
    assert talks.endings == (Ending.AGREED,)


def test_counters_alternate_each_with_a_day_of_its_own() -> None:
    talks = after(begun(), (SELLER, A.COUNTER, 11_500))
    assert (talks.figure, talks.expires_at, talks.held_cents) == (Figure(SELLER, 11_500_00), LATER + DAY, 0)
    talks = after(talks, (BUYER, A.COUNTER, 10_500), at=LATER + HOUR)
    assert (talks.expires_at, talks.held_cents) == (LATER + HOUR + DAY, 10_500_00)
    assert tried(talks, BUYER, A.COUNTER, 10_600) is N.NOT_YOUR_TURN
    sold = after(talks, (SELLER, A.COUNTER, 11_000), (BUYER, A.ACCEPT))
    assert (sold.status, sold.held_cents) == (Status.SOLD, 11_000_00)


def test_each_side_has_three_counters() -> None:
    talks = begun()
    for number in range(3):
        talks = after(talks, (SELLER, A.COUNTER, 11_900 - number), (BUYER, A.COUNTER, 10_100 + number))
    assert tried(talks, SELLER, A.COUNTER, 11_000) is N.TOO_MANY_COUNTERS
    assert (talks.counters(BUYER), talks.counters(SELLER)) == (3, 3)
    assert after(talks, (SELLER, A.ACCEPT)).held_cents == 10_102_00


@pytest.mark.parametrize(
    ("talks", "side", "dollars", "code"),
    [
        (begun(), SELLER, 10_000, N.TOO_LOW),
        (begun(), SELLER, 12_001, N.ABOVE_RESERVE),
        (after(begun(), (SELLER, A.COUNTER, 11_000)), BUYER, 11_000, N.TOO_HIGH),
        (after(begun(), (SELLER, A.COUNTER, 11_000)), BUYER, 10_000, N.TOO_LOW),
        (after(begun(), (SELLER, A.COUNTER, 11_000), (BUYER, A.COUNTER, 10_500)), SELLER, 11_000, N.TOO_HIGH),
        (begun(), SELLER, 0, N.NOT_WHOLE_DOLLARS),
    ],
)
def test_figures_only_come_closer(talks: Negotiation, side: Side, dollars: int, code: NegotiationCode) -> None:
    assert tried(talks, side, A.COUNTER, dollars) is code
    assert answered(talks, side, A.COUNTER, LATER, bidder="L", cents=10_500_50) is N.NOT_WHOLE_DOLLARS


def test_the_leader_is_asked_alone_before_anybody_else() -> None:
    talks = begun()
    assert tried(talks, BUYER, A.ACCEPT, bidder="M") is N.NOT_YOURS
    assert seen_by_bidder(talks, "M") is None


@pytest.mark.parametrize(
    ("acts", "ending"),
    [
        (((SELLER, A.DECLINE),), Ending.DECLINED_BY_SELLER),
        (((SELLER, A.COUNTER, 11_000), (BUYER, A.DECLINE)), Ending.DECLINED_BY_BUYER),
    ],
)
def test_after_a_no_the_next_one_of_the_ranking_is_asked_with_counters_of_their_own(
    acts: tuple[tuple[Side, Act]], ending: Ending
) -> None:
    talks = after(begun(), *acts)
    assert (talks.candidate, talks.endings, talks.status) == (SECOND, (ending,), Status.OPEN)
    assert (talks.figures, talks.expires_at) == ((Figure(BUYER, 9_500_00),), LATER + DAY)
    assert tried(talks, BUYER, A.ACCEPT, bidder="L") is N.NOT_YOURS
    assert after(talks, (SELLER, A.DECLINE)).status is Status.OVER


def test_silence_ends_the_talks_with_a_bidder_at_the_end_of_their_day() -> None:
    talks = begun()
    end = talks.expires_at
    assert tried(talks, HOUSE, A.EXPIRE, at=end - MILLISECOND) is N.NOT_YET
    assert tried(talks, SELLER, A.ACCEPT, at=end) is N.EXPIRED
    assert after(talks, (SELLER, A.ACCEPT), at=end - MILLISECOND).status is Status.SOLD
    following = after(talks, (HOUSE, A.EXPIRE), at=end)
    assert (following.candidate, following.endings) == (SECOND, (Ending.EXPIRED,))


def test_all_talks_together_take_three_days() -> None:
    talks, at = begun(LEADER, SECOND, Candidate("N", 9_000_00), Candidate("O", 8_000_00)), START
    while talks.status is Status.OPEN:
        at = talks.expires_at
        assert at <= START + 3 * DAY
        talks = after(talks, (HOUSE, A.EXPIRE), at=at)
    assert (at, len(talks.endings)) == (START + 3 * DAY, 3)


def test_a_step_ends_with_the_whole() -> None:
    talks = begun()
    for number in range(3):
        at = START + (number * 23 + 3) * HOUR
        side, dollars = (SELLER, 11_900) if number % 2 == 0 else (BUYER, 10_100)
        talks = after(talks, (side, A.COUNTER, dollars - number), at=at)
    assert talks.expires_at == talks.ends_at


@pytest.mark.parametrize("side", [SELLER, HOUSE])
def test_the_seller_and_the_house_may_end_all_of_it(side: Side) -> None:
    talks = after(begun(), (side, A.STOP))
    assert (talks.status, talks.endings, talks.held_cents) == (Status.OVER, (Ending.STOPPED,), 0)


def test_nobody_else_may_end_all_of_it_and_nobody_takes_back_what_binds_them() -> None:
    talks = after(begun(), (SELLER, A.COUNTER, 11_000))
    assert tried(talks, BUYER, A.STOP) is N.NOT_YOUR_TURN
    assert tried(talks, SELLER, A.STOP) is N.NOT_YOUR_TURN
    assert tried(talks, SELLER, A.DECLINE) is N.NOT_YOUR_TURN
    assert tried(talks, HOUSE, A.ACCEPT) is N.NOT_YOURS


def test_a_decision_on_an_older_figure_is_refused() -> None:
    talks = after(begun(), (SELLER, A.COUNTER, 11_000))
    assert tried(talks, BUYER, A.ACCEPT, step=1) is N.CHANGED
    assert isinstance(tried(talks, BUYER, A.ACCEPT, step=2), Negotiation)


def test_a_bidder_who_is_not_bound_has_the_last_word_on_their_own_price() -> None:
    talks = begun(replace(LEADER, is_bound=False))
    assert talks.held_cents == 0
    asked = after(talks, (SELLER, A.ACCEPT))
    assert (asked.status, asked.figure, asked.expires_at) == (Status.OPEN, Figure(SELLER, 10_000_00), LATER + DAY)
    assert tried(asked, BUYER, A.COUNTER, 9_900) is N.TOO_LOW
    assert after(asked, (BUYER, A.ACCEPT)).held_cents == 10_000_00


def test_nothing_is_sold_on_a_sunday_and_no_time_is_lost_by_it() -> None:
    talks = begun(now=SATURDAY_LATE)
    assert talks.expires_at == SATURDAY_LATE + 2 * DAY
    assert tried(talks, SELLER, A.ACCEPT, at=SUNDAY) is N.ON_SUNDAY
    assert after(talks, (SELLER, A.COUNTER, 11_000), at=SUNDAY).expires_at == SUNDAY + 2 * DAY
    assert after(talks, (SELLER, A.ACCEPT), at=SUNDAY + DAY).status is Status.SOLD


def test_a_lot_without_the_rule_for_sundays_is_sold_on_one() -> None:
    talks = begun(now=SATURDAY_LATE, rules=Rules(sunday_rule=False))
    assert after(talks, (SELLER, A.ACCEPT), at=SUNDAY).status is Status.SOLD


@pytest.mark.parametrize(("status", "act"), list(product(Status, Act)))
def test_the_table_of_moves_is_all_there_is(status: Status, act: Act) -> None:
    talks = replace(begun(), status=status, endings=() if status is Status.OPEN else (Ending.AGREED,))
    side = HOUSE if act is A.EXPIRE else SELLER
    found = tried(talks, side, act, 11_000, at=talks.expires_at if act is A.EXPIRE else LATER)
    if (status, act) in MOVES:
        assert isinstance(found, Negotiation)
        assert found.status in MOVES[status, act]
    else:
        assert found is N.OVER


def test_every_refusal_has_its_words() -> None:
    assert set(WORDS) == set(NegotiationCode)


def test_the_seller_sees_the_bidders_place_and_what_may_be_done() -> None:
    seen = seen_by_seller(begun())
    assert (seen.place, seen.may) == (1, (A.ACCEPT, A.COUNTER, A.DECLINE, A.STOP))
    assert (seen.counters_left, seen.least_cents, seen.most_cents) == (3, 10_001_00, RESERVE)


def test_the_bidder_sees_the_sellers_figure_and_never_the_reserve() -> None:
    seen = seen_by_bidder(after(begun(), (SELLER, A.COUNTER, 11_000)), "L")
    assert seen is not None
    assert (seen.may, seen.most_cents) == ((A.ACCEPT, A.COUNTER, A.DECLINE), 10_999_00)
    assert str(RESERVE) not in repr(seen)


def test_who_waits_for_an_answer_may_do_nothing_but_wait() -> None:
    seen = seen_by_bidder(begun(), "L")
    assert seen is not None
    assert (seen.may, seen.expires_at, seen.least_cents) == ((), START + DAY, None)


def test_where_no_counter_is_left_or_fits_between_it_is_yes_or_no() -> None:
    close = seen_by_bidder(after(begun(), (SELLER, A.COUNTER, 10_001)), "L")
    assert close is not None
    assert (close.may, close.most_cents) == ((A.ACCEPT, A.DECLINE), None)
    none_left = seen_by_seller(begun(rules=Rules(most_counters=0)))
    assert none_left.may == (A.ACCEPT, A.DECLINE, A.STOP)


def test_a_bidder_whose_talks_are_over_learns_nothing_of_the_next_ones() -> None:
    talks = after(begun(), (SELLER, A.DECLINE), (SELLER, A.COUNTER, 11_111))
    assert seen_by_bidder(talks, "L") == Seen(1, (), Ending.DECLINED_BY_SELLER, None)
    sold = after(talks, (BUYER, A.ACCEPT))
    assert seen_by_bidder(sold, "L") == Seen(1, (), Ending.DECLINED_BY_SELLER, None)
    assert seen_by_bidder(sold, "M") == Seen(2, sold.figures, Ending.AGREED, None)
    assert seen_by_seller(sold) == Seen(2, sold.figures, Ending.AGREED, None)


def test_strangers_and_those_who_were_not_reached_see_nothing() -> None:
    sold = after(begun(), (SELLER, A.ACCEPT))
    assert seen_by_bidder(sold, "M") is None
    assert seen_by_bidder(sold, "X") is None


def test_the_longest_talks_are_still_small() -> None:
    talks = begun(*(Candidate(f"0199-{place:032}", 10_000_00 - place * 100) for place in range(10)))
    for number in range(3):
        talks = after(talks, (SELLER, A.COUNTER, 11_900 - number), (BUYER, A.COUNTER, 10_100 + number))
    assert len(json.dumps(asdict(talks), default=str)) < 4_000


MOMENTS = st.integers(0, 30)
ACTS = st.tuples(st.sampled_from(Side), st.sampled_from(Act), st.integers(9_000, 12_500), MOMENTS)


@given(
    st.lists(ACTS, max_size=40),
    st.lists(st.booleans(), min_size=1, max_size=4),
    st.sampled_from([START, SATURDAY_LATE, datetime(2026, 3, 6, 20, tzinfo=UTC)]),
)
def test_whatever_is_tried_talks_end_in_time_and_within_what_each_side_has_said(
    acts: list[tuple[Side, Act, int, int]], bound: list[bool], now: datetime
) -> None:
    names = [Candidate(f"b{place}", 10_000_00 - place * 300_00, is_bound) for place, is_bound in enumerate(bound)]
    talks = begun(*names, now=now)
    at = now
    for side, act, dollars, hours in acts:
        at += hours * HOUR
        before = talks
        found = tried(talks, side, act, dollars, at=at)
        talks = found if isinstance(found, Negotiation) else talks
        assert isinstance(found, Negotiation) or found in WORDS
        assert (talks != before) == isinstance(found, Negotiation)
        assert talks.expires_at <= talks.ends_at
        assert max(talks.counters(BUYER), talks.counters(SELLER)) <= 3
        assert talks.figure.cents <= RESERVE
        assert before.status is Status.OPEN or talks == before
        assert talks.asked_cents is None or talks.offered_cents <= talks.asked_cents
        for candidate in names:
            seen = seen_by_bidder(talks, candidate.bidder)
            assert seen is None or len(seen.figures) in {0, len(talks.figures)}
    if talks.status is Status.OPEN:
        ended = after(talks, (HOUSE, A.EXPIRE), at=talks.ends_at)
        assert (ended.status, ended.held_cents) == (Status.OVER, 0)
