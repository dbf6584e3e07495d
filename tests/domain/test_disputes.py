"""Disputes: windows, answers, clocks, locked evidence, default outcomes, and two persons for large sums."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dispute_terms import (
    DEFAULTS,
    LONGEST_TEXT,
    MOST_EVIDENCE,
    MOST_NOTES,
    RELEASE,
    UNWIND,
    WINDOWS,
    WORDS,
    Anchor,
    DisputeCode,
    Kind,
    Remedy,
    Resolution,
    Sale,
    window_ends,
    window_refusal,
)
from domain.disputes import (
    DAYS,
    ENDS,
    MOVES,
    TWO_PERSONS_ABOVE_CENTS,
    Act,
    Claim,
    Dispute,
    Evidence,
    Note,
    State,
    answered,
    approved,
    assigned,
    conceded,
    escalated,
    expired,
    filed,
    holds_money,
    noted,
    opened,
    paid_since,
    proposed,
    rejected,
    withdrawn,
)
from domain.orders import Party

A, D, S = Act, DisputeCode, State
BUYER, SELLER, STAFF, HOUSE = Party.BUYER, Party.SELLER, Party.STAFF, Party.HOUSE
SOLD = datetime(2026, 5, 5, 18, tzinfo=UTC)
DELIVERED = datetime(2026, 5, 12, 15, tzinfo=UTC)
NOW = DELIVERED + timedelta(days=1)
TICK = timedelta(milliseconds=1)
PAID = 10_500_00
SALE = Sale({Anchor.SOLD: SOLD, Anchor.PAID: SOLD + timedelta(days=1), Anchor.DELIVERED: DELIVERED}, PAID)
SOME = Resolution(Remedy.PARTIAL_REFUND, 800_00)
MUCH = Resolution(Remedy.PARTIAL_REFUND, TWO_PERSONS_ABOVE_CENTS + 1)
CLAIM = Claim(Kind.CONDITION, BUYER, "The frame is bent.", SOME)


def done(found: Dispute | DisputeCode) -> Dispute:
    assert isinstance(found, Dispute), found
    return found


def a_case(claim: Claim = CLAIM, sale: Sale = SALE) -> Dispute:
    return done(opened(claim, sale, NOW, dispute_id="d1", owner="s1"))


def at(state: State, **more: object) -> Dispute:
    waiting = {"proposed": MUCH, "approved_by": ("s1",)} if state in {S.PROPOSED, S.RESOLVED} else {}
    return replace(a_case(), state=state, **{**waiting, **more})  # type: ignore[arg-type]


def test_the_condition_may_be_disputed_for_five_whole_days_after_delivery() -> None:
    end = window_ends(Kind.CONDITION, SALE)
    assert end == datetime(2026, 5, 18, 5, tzinfo=UTC)
    assert window_refusal(Kind.CONDITION, BUYER, SALE, end - TICK) is None
    assert window_refusal(Kind.CONDITION, BUYER, SALE, end) is D.WINDOW_CLOSED
    assert window_refusal(Kind.CONDITION, BUYER, SALE, DELIVERED - TICK) is D.NOT_OPEN_YET


def test_a_change_of_clocks_takes_no_day_away() -> None:
    spring = Sale({Anchor.DELIVERED: datetime(2026, 3, 5, 18, tzinfo=UTC)})
    autumn = Sale({Anchor.DELIVERED: datetime(2026, 10, 29, 18, tzinfo=UTC)})
    assert window_ends(Kind.CONDITION, spring) == datetime(2026, 3, 11, 5, tzinfo=UTC)
    assert window_ends(Kind.CONDITION, autumn) == datetime(2026, 11, 4, 6, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "days"), [(Kind.TITLE, 31), (Kind.PAYMENT, 31), (Kind.CONDUCT, 11)])
def test_the_other_windows_open_earlier_and_end_later(kind: Kind, days: int) -> None:
    undelivered = replace(SALE, happened={Anchor.SOLD: SOLD, Anchor.PAID: SOLD})
    assert window_ends(kind, undelivered) is None
    assert window_refusal(kind, BUYER, undelivered, SOLD + timedelta(days=300)) is None
    assert window_ends(kind, SALE) == datetime(2026, 5, 12, 5, tzinfo=UTC) + timedelta(days=days)


def test_who_may_dispute_what() -> None:
    assert set(WINDOWS) == set(DEFAULTS) == set(Kind)
    assert window_refusal(Kind.CONDITION, SELLER, SALE, NOW) is D.NOT_FOR_YOU
    assert window_refusal(Kind.CONDUCT, SELLER, SALE, NOW) is None
    assert window_refusal(Kind.CONDUCT, Party.CARRIER, SALE, NOW) is D.NOT_FOR_YOU
    late = DELIVERED + timedelta(days=90)
    assert window_refusal(Kind.CONDITION, STAFF, SALE, late) is D.WINDOW_CLOSED
    assert window_refusal(Kind.PAYMENT, HOUSE, SALE, late) is None


def test_a_new_case_asks_the_other_side_and_has_an_owner_and_a_clock() -> None:
    case = a_case()
    assert (case.against, case.owner, case.state) == (SELLER, "s1", S.OPEN)
    assert case.due_at == datetime(2026, 5, 15, 22, tzinfo=UTC)
    assert holds_money([case])
    assert not holds_money([])


def test_a_sellers_case_is_against_the_buyer_and_staff_say_against_whom() -> None:
    assert a_case(replace(CLAIM, kind=Kind.CONDUCT, by=SELLER)).against is BUYER
    assert a_case(replace(CLAIM, by=STAFF, against=SELLER)).against is SELLER
    unsaid = replace(CLAIM, by=STAFF)
    assert opened(unsaid, SALE, NOW, dispute_id="d1", owner="s1") is D.NOT_FOR_YOU


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (replace(CLAIM, words=" \n"), D.TEXT_MISSING),
        (replace(CLAIM, words="x" * (LONGEST_TEXT + 1)), D.TEXT_TOO_LONG),
        (replace(CLAIM, asked=Resolution(Remedy.PARTIAL_REFUND)), D.BAD_REMEDY),
        (replace(CLAIM, asked=Resolution(Remedy.PARTIAL_REFUND, PAID)), D.BAD_REMEDY),
        (replace(CLAIM, asked=Resolution(Remedy.UNWIND, 1)), D.BAD_REMEDY),
        (replace(CLAIM, by=SELLER), D.NOT_FOR_YOU),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(claim: Claim, code: DisputeCode) -> None:
    assert opened(claim, SALE, NOW, dispute_id="d1", owner="s1") is code


def test_one_kind_is_disputed_by_one_party_once_at_a_time() -> None:
    first = a_case()
    assert opened(CLAIM, SALE, NOW, dispute_id="d2", owner="s1", others=[first]) is D.ALREADY_OPEN
    over = done(withdrawn(first, BUYER, NOW))
    other_kind = replace(CLAIM, kind=Kind.TITLE)
    assert done(opened(CLAIM, SALE, NOW, dispute_id="d2", owner="s1", others=[over])).is_open
    assert done(opened(other_kind, SALE, NOW, dispute_id="d2", owner="s1", others=[first])).is_open


def test_an_answer_starts_the_review() -> None:
    case = done(answered(a_case(), SELLER, "It was told in the listing.", NOW))
    assert (case.state, case.answer) == (S.REVIEW, "It was told in the listing.")
    assert case.due_at == datetime(2026, 5, 18, 22, tzinfo=UTC)


def test_the_other_side_alone_answers_and_once() -> None:
    assert answered(a_case(), BUYER, "me again", NOW) is D.NOT_FOR_YOU
    assert answered(a_case(), SELLER, "", NOW) is D.TEXT_MISSING
    case = done(answered(a_case(), SELLER, "No.", NOW))
    assert answered(case, SELLER, "Never.", NOW) is D.ANSWERED


@pytest.mark.parametrize("state", [S.REVIEW, S.ESCALATED])
def test_an_answer_that_comes_late_is_still_read(state: State) -> None:
    case = done(answered(at(state), SELLER, "I was away.", NOW))
    assert (case.state, case.answer, case.due_at) == (state, "I was away.", at(state).due_at)


def test_a_case_that_nobody_answers_or_decides_ends_as_it_was_asked() -> None:
    case, states = a_case(), []
    while case.is_open:
        assert expired(case, case.due_at - TICK) is D.NOT_EXPIRED
        case = done(expired(case, case.due_at))
        states.append(case.state)
    assert states == [S.REVIEW, S.ESCALATED, S.RESOLVED]
    assert (case.resolution, case.closed_at) == (SOME, case.due_at)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(Kind.CONDITION, RELEASE), (Kind.TITLE, UNWIND), (Kind.PAYMENT, RELEASE), (Kind.CONDUCT, RELEASE)],
)
def test_an_answered_case_that_nobody_decides_ends_by_its_kind(kind: Kind, outcome: Resolution) -> None:
    case = done(answered(a_case(replace(CLAIM, kind=kind)), SELLER, "No.", NOW))
    assert case.default_outcome == outcome


def test_the_clock_alone_gives_no_large_sum_back() -> None:
    case = done(expired(at(S.ESCALATED, claim=replace(CLAIM, asked=UNWIND)), NOW + timedelta(days=30)))
    assert (case.state, case.proposed, case.approved_by, case.resolution) == (S.PROPOSED, UNWIND, (), None)
    again = done(expired(case, case.due_at))
    assert (again.state, again.due_at > case.due_at) == (S.PROPOSED, True)
    one = done(approved(again, "s1", NOW))
    assert one.state is S.PROPOSED
    assert done(approved(one, "s2", NOW)).resolution == UNWIND


@pytest.mark.parametrize("resolution", [RELEASE, SOME, Resolution(Remedy.PARTIAL_REFUND, TWO_PERSONS_ABOVE_CENTS)])
def test_one_person_decides_up_to_the_set_sum(resolution: Resolution) -> None:
    case = done(proposed(at(S.REVIEW), resolution, "s1", NOW))
    assert (case.state, case.resolution, case.closed_at) == (S.RESOLVED, resolution, NOW)


@pytest.mark.parametrize("resolution", [MUCH, UNWIND])
def test_above_the_set_sum_a_second_person_approves(resolution: Resolution) -> None:
    case = done(proposed(at(S.ESCALATED), resolution, "s1", NOW))
    assert (case.state, case.resolution) == (S.PROPOSED, None)
    assert approved(case, "s1", NOW) is D.SAME_PERSON
    assert done(approved(case, "s2", NOW)).resolution == resolution


def test_a_proposal_that_is_not_approved_is_decided_by_more_senior_staff() -> None:
    case = done(rejected(at(S.PROPOSED), NOW))
    assert (case.state, case.proposed, case.approved_by) == (S.ESCALATED, None, ())


def test_what_was_paid_since_decides_who_must_agree() -> None:
    unpaid = a_case(Claim(Kind.PAYMENT, BUYER, "I did pay.", RELEASE), replace(SALE, paid_cents=0))
    case = done(escalated(unpaid, NOW))
    assert done(proposed(case, UNWIND, "s1", NOW)).state is S.RESOLVED
    assert done(proposed(paid_since(case, PAID), UNWIND, "s1", NOW)).state is S.PROPOSED
    over = at(S.RESOLVED)
    assert paid_since(over, 1) == over


def test_a_remedy_that_does_not_fit_what_was_paid_is_not_proposed() -> None:
    assert proposed(at(S.REVIEW), Resolution(Remedy.PARTIAL_REFUND, PAID), "s1", NOW) is D.BAD_REMEDY


def test_the_other_side_may_agree_which_saves_one_person_and_not_two() -> None:
    assert conceded(a_case(), BUYER, NOW) is D.NOT_FOR_YOU
    assert done(conceded(a_case(), SELLER, NOW)).resolution == SOME
    much = done(conceded(a_case(replace(CLAIM, asked=UNWIND)), SELLER, NOW))
    assert (much.state, much.approved_by) == (S.PROPOSED, ())


def test_who_opened_it_lets_it_go() -> None:
    assert withdrawn(a_case(), SELLER, NOW) is D.NOT_FOR_YOU
    case = done(withdrawn(a_case(), BUYER, NOW))
    assert (case.state, case.is_open, case.resolution) == (S.WITHDRAWN, False, None)


def evidence(number: int, by: Party = BUYER, digest: str = "ab" * 32) -> Evidence:
    return Evidence(f"e{number}", by, NOW, digest)


def test_evidence_stays_as_it_was_filed() -> None:
    case = done(filed(a_case(), evidence(1)))
    assert filed(case, replace(evidence(1), at=NOW + TICK)) == case
    assert filed(case, evidence(1, digest="cd" * 32)) is D.EVIDENCE_LOCKED
    assert filed(case, evidence(1, by=SELLER)) is D.EVIDENCE_LOCKED
    assert filed(case, evidence(2, by=HOUSE)) is D.NOT_FOR_YOU


def test_each_side_files_so_much() -> None:
    case = a_case()
    for number in range(MOST_EVIDENCE):
        case = done(filed(case, evidence(number)))
    assert filed(case, evidence(99)) is D.TOO_MUCH
    assert len(done(filed(case, evidence(99, by=SELLER))).evidence) == MOST_EVIDENCE + 1


def test_nothing_is_filed_in_a_case_that_is_over() -> None:
    assert filed(at(S.RESOLVED), evidence(1)) is D.OVER
    assert assigned(at(S.RESOLVED), "s2") is D.OVER


def test_staff_annotate_and_pass_on() -> None:
    note = Note("s1", NOW, "Called the seller.")
    case = done(noted(a_case(), note))
    assert (case.notes, noted(case, note)) == ((note,), case)
    assert noted(case, replace(note, words="")) is D.TEXT_MISSING
    full = replace(case, notes=tuple(replace(note, words=str(number)) for number in range(MOST_NOTES)))
    assert noted(full, note) is D.TOO_MUCH
    assert done(noted(at(S.RESOLVED), note)).notes == (note,)
    assert done(assigned(case, "s2")).owner == "s2"


def tried(case: Dispute, act: Act, person: str = "s2") -> Dispute | DisputeCode:
    match act:
        case A.ANSWER:
            return answered(case, case.against, "No.", NOW)
        case A.CONCEDE:
            return conceded(case, case.against, NOW)
        case A.EXPIRE:
            return expired(case, case.due_at)
        case A.ESCALATE:
            return escalated(case, NOW)
        case A.PROPOSE:
            return proposed(case, MUCH, person, NOW)
        case A.APPROVE:
            return approved(case, person, NOW)
        case A.REJECT:
            return rejected(case, NOW)
        case A.WITHDRAW:
            return withdrawn(case, case.claim.by, NOW)


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_the_table_of_moves_is_all_there_is(state: State, act: Act) -> None:
    found = tried(at(state), act)
    if (state, act) in MOVES:
        assert done(found).state in MOVES[state, act]
    else:
        assert found is (D.OVER if state in ENDS else D.NOT_NOW)


def test_every_state_that_waits_has_its_days_and_every_refusal_its_words() -> None:
    assert set(DAYS) == set(State) - ENDS
    assert set(WORDS) == set(DisputeCode)


@given(
    st.lists(st.tuples(st.sampled_from(Act), st.sampled_from(["s1", "s2"])), max_size=20),
    st.sampled_from([RELEASE, SOME, MUCH, UNWIND]),
)
def test_whatever_is_tried_no_large_sum_goes_back_without_two_persons_and_every_case_ends(
    acts: list[tuple[Act, str]], asked: Resolution
) -> None:
    case = a_case(replace(CLAIM, asked=asked))
    for act, person in acts:
        found = tried(case, act, person)
        before, case = case, found if isinstance(found, Dispute) else case
        assert before.is_open or case == before
        if case.resolution is not None and case.needs_two(case.resolution):
            assert len(set(case.approved_by)) >= 2
    for _ in range(4):
        case = done(expired(case, case.due_at)) if case.is_open else case
    assert not case.is_open or (case.proposed is not None and case.needs_two(case.proposed))
