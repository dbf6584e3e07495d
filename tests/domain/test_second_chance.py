"""Section 8: the price without the defaulter, and the three who are asked after that."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.auction import Auction
from domain.carry import carry, restore
from domain.clock import MILLISECOND
from domain.second_chance import (
    MOVES,
    STANDS_FOR,
    WORDS,
    Act,
    Book,
    Candidate,
    Chance,
    ChanceCode,
    Status,
    answered,
    book_of,
    book_of_ledger,
    candidates,
    opened,
    ranking,
    reached,
)
from domain.steering import ADMIN, change_reserve, remove_bidder, retract
from domain.terms import Status as Live
from tests.domain.audit_ledgers import eventful, random_sale, waived
from tests.domain.lots import NONCE, SATURDAY_LATE, START, SUNDAY, auto_bid, bid, live

A, C, S = Act, ChanceCode, Status
LATER = START + timedelta(hours=1)
DAY = timedelta(hours=24)
ALL = frozenset({"A", "B", "C", "D", "E"})
ASKED = (Candidate("B", 9_000_00, False), Candidate("C", 8_000_00, True), Candidate("D", 7_000_00, True))


def a_lot(**terms: object) -> Auction:
    """A leads with 10,000 at the price of 9,100; B went to 9,000, C to 8,000 and D bid 7,000."""
    auction = live(**terms)
    bid(auction, "D", 7_000)
    auto_bid(auction, "C", 8_000)
    auto_bid(auction, "B", 9_000)
    auto_bid(auction, "A", 10_000)
    return auction


def begun(*asked: Candidate, allowed_cents: int | None = None) -> Chance:
    chance = opened(asked or ASKED, START, allowed_cents=allowed_cents)
    assert chance is not None
    return chance


def after(chance: Chance, act: Act, bidder: str = "") -> Chance:
    found = answered(chance, act, LATER, bidder=bidder or chance.candidate.bidder)
    assert isinstance(found, Chance), found
    return found


def test_bidders_are_ranked_by_who_would_lead_without_those_before_them() -> None:
    ranked = [(who, standing.max_cents) for who, standing in ranking(book_of(a_lot()))]
    assert ranked == [("A", 10_000_00), ("B", 9_000_00), ("C", 8_000_00), ("D", 7_000_00)]


def test_talks_open_at_the_price_at_which_each_one_would_have_led() -> None:
    book = book_of(a_lot(reserve_cents=12_000_00))
    assert reached(book, ALL, 9) == (("A", 9_100_00), ("B", 8_100_00), ("C", 7_100_00), ("D", 7_000_00))
    assert reached(book, {"A", "C"}, 1) == (("A", 9_100_00),)
    assert reached(book, {"C", "D"}, 9) == (("C", 7_100_00), ("D", 7_000_00))


def test_the_price_is_replayed_without_the_defaulter_and_capped_by_each_ones_own_maximum() -> None:
    auction = a_lot()
    assert auction.standing.price_cents == 9_100_00
    expected = (Candidate("B", 8_100_00, False), Candidate("C", 8_000_00, False), Candidate("D", 7_000_00, False))
    assert candidates(book_of(auction), {"A"}, ALL) == expected


def test_a_second_default_takes_both_out() -> None:
    expected = (Candidate("C", 7_100_00, False), Candidate("D", 7_000_00, False))
    assert candidates(book_of(a_lot()), {"A", "B"}, ALL) == expected


def test_only_those_who_agreed_are_asked_and_no_more_than_three() -> None:
    auction = a_lot()
    auto_bid(auction, "E", 20_000)
    book = book_of(auction)
    assert [each.bidder for each in candidates(book, {"E"}, ALL)] == ["A", "B", "C"]
    assert [each.bidder for each in candidates(book, {"E"}, {"B", "D"})] == ["B", "D"]
    # The bids of who is not asked were good bids: the price is the one that they made.
    assert candidates(book, {"E"}, {"B", "D"})[0].cents == 9_000_00


def test_a_price_under_the_reserve_needs_the_sellers_word() -> None:
    asked = candidates(book_of(a_lot(reserve_cents=8_500_00)), {"A"}, ALL)
    assert asked[0] == Candidate("B", 8_500_00, False)
    assert asked[1] == Candidate("C", 8_000_00, True)


def test_a_reserve_that_was_lowered_or_waived_counts_as_it_is_at_the_end() -> None:
    auction = a_lot(reserve_cents=12_000_00)
    assert candidates(book_of(auction), {"A"}, ALL)[0] == Candidate("B", 8_100_00, True)
    change_reserve(auction, 8_800_00, LATER, NONCE)
    assert candidates(book_of(auction), {"A"}, ALL)[0] == Candidate("B", 8_800_00, False)
    change_reserve(auction, None, LATER, NONCE)
    assert not any(each.needs_word for each in candidates(book_of(auction), {"A"}, ALL))


def test_bids_that_were_taken_out_before_stay_out() -> None:
    auction = a_lot()
    retract(auction, 2, LATER, ADMIN, "typing error")
    assert [who for who, _ in ranking(book_of(auction))] == ["A", "B", "C"]
    remove_bidder(auction, "B", LATER, ADMIN, "not who they said")
    assert "B" not in {who for who, _ in ranking(book_of(auction))}


def test_where_nobody_else_has_bid_there_is_nobody_to_ask() -> None:
    auction = live()
    bid(auction, "A", 7_000)
    assert candidates(book_of(auction), {"A"}, ALL) == ()
    assert opened((), START) is None


def test_the_next_one_has_a_day() -> None:
    chance = begun()
    assert (chance.status, chance.candidate, chance.expires_at) == (S.OFFERED, ASKED[0], START + STANDS_FOR)
    taken = after(chance, A.TAKE)
    assert (taken.status, taken.candidate.cents) == (S.TAKEN, 9_000_00)


def test_a_no_and_silence_lead_to_the_next_one() -> None:
    chance = begun(*ASKED, allowed_cents=7_000_00)
    chance = after(chance, A.DECLINE)
    assert (chance.candidate, chance.status, chance.expires_at) == (ASKED[1], S.OFFERED, LATER + STANDS_FOR)
    end = chance.expires_at
    assert answered(chance, A.EXPIRE, end - MILLISECOND) is C.NOT_YET
    assert answered(chance, A.TAKE, end, bidder="C") is C.EXPIRED
    assert isinstance(answered(chance, A.TAKE, end - MILLISECOND, bidder="C"), Chance)
    last = answered(chance, A.EXPIRE, end)
    assert isinstance(last, Chance)
    assert (last.candidate, last.status) == (ASKED[2], S.OFFERED)
    assert after(last, A.DECLINE).status is S.OVER


def test_under_the_reserve_the_seller_is_asked_first_and_the_bidder_knows_nothing_yet() -> None:
    chance = after(begun(), A.DECLINE)
    assert (chance.status, chance.expires_at) == (S.ASKING_SELLER, LATER + STANDS_FOR)
    assert answered(chance, A.TAKE, LATER, bidder="C") is C.NOT_OPEN
    allowed = after(chance, A.ALLOW)
    assert (allowed.status, allowed.candidate) == (S.OFFERED, ASKED[1])
    # The seller's word is for that price; the next one is lower.
    assert after(allowed, A.DECLINE).status is S.ASKING_SELLER


@pytest.mark.parametrize("act", [A.REFUSE, A.STOP, A.EXPIRE])
def test_without_the_sellers_word_it_is_over(act: Act) -> None:
    chance = after(begun(), A.DECLINE)
    found = answered(chance, act, chance.expires_at if act is A.EXPIRE else LATER)
    assert isinstance(found, Chance)
    assert found.status is S.OVER


def test_what_the_seller_said_before_counts_down_to_that_price() -> None:
    chance = after(begun(*ASKED, allowed_cents=8_000_00), A.DECLINE)
    assert chance.status is S.OFFERED
    assert after(chance, A.DECLINE).status is S.ASKING_SELLER


def test_an_offer_is_for_whom_it_was_made() -> None:
    assert answered(begun(), A.TAKE, LATER, bidder="C") is C.NOT_YOURS
    assert answered(begun(), A.DECLINE, LATER, bidder="C") is C.NOT_YOURS


def test_the_house_may_stop_it() -> None:
    assert after(begun(), A.STOP).status is S.OVER


def test_nothing_is_sold_on_a_sunday_and_no_time_is_lost_by_it() -> None:
    chance = opened(ASKED, SATURDAY_LATE)
    assert chance is not None
    assert chance.expires_at == SATURDAY_LATE + 2 * DAY
    assert answered(chance, A.TAKE, SUNDAY, bidder="B") is C.ON_SUNDAY
    assert isinstance(answered(chance, A.DECLINE, SUNDAY, bidder="B"), Chance)
    assert isinstance(answered(replace(chance, sunday_rule=False), A.TAKE, SUNDAY, bidder="B"), Chance)


@pytest.mark.parametrize(("status", "act"), list(product(Status, Act)))
def test_the_table_of_moves_is_all_there_is(status: Status, act: Act) -> None:
    chance = replace(begun(), status=status)
    found = answered(chance, act, chance.expires_at if act is A.EXPIRE else LATER, bidder="B")
    if (status, act) in MOVES:
        assert isinstance(found, Chance)
        assert found.status in MOVES[status, act]
    else:
        assert found is (C.OVER if status in {S.TAKEN, S.OVER} else C.NOT_OPEN)


def test_every_refusal_has_its_words() -> None:
    assert set(WORDS) == set(ChanceCode)


def a_book(seed: int) -> tuple[Auction, Book]:
    auction = random_sale(seed).auction
    return auction, book_of(auction)


@pytest.mark.parametrize("auction", [eventful().auction, waived().auction, *(a_book(seed)[0] for seed in range(9))])
def test_a_stored_ledger_gives_the_same_book(auction: Auction) -> None:
    assert book_of_ledger([(entry.public, entry.private) for entry in auction.tail.entries]) == book_of(auction)


@given(st.integers(0, 100_000))
def test_any_stored_ledger_gives_the_same_book(seed: int) -> None:
    auction, book = a_book(seed)
    assert book_of_ledger([(entry.public, entry.private) for entry in auction.tail.entries]) == book


@given(st.integers(0, 100_000))
def test_nobody_pays_over_their_own_maximum_and_prices_never_rise_down_the_ranking(seed: int) -> None:
    _, book = a_book(seed)
    ranked = list(ranking(book))
    most = {
        who: max(row.cents or 0 for row in book.rows if row.bidder == who and row.seq not in book.out)
        for who, _ in ranked
    }
    assert len(most) == len(ranked)
    for place in range(len(ranked)):
        gone = {who for who, _ in ranked[: place + 1]}
        reserve = book.without(gone).reserve_cents
        asked = candidates(book, gone, set(most))
        assert [each.bidder for each in asked] == [who for who, _ in ranked[place + 1 : place + 4]]
        assert all(each.cents <= most[each.bidder] for each in asked)
        assert [each.cents for each in asked] == sorted((each.cents for each in asked), reverse=True)
        assert all(each.needs_word == (reserve is not None and each.cents < reserve) for each in asked)


@given(st.integers(0, 100_000))
def test_leaving_a_bidder_out_later_is_as_if_an_admin_had_removed_them_before_the_close(seed: int) -> None:
    auction, book = a_book(seed)
    for bidder in auction.numbers:
        twin = restore(carry(auction))
        twin.status, twin.result = Live.LIVE, None
        remove_bidder(twin, bidder, START, ADMIN, "test")
        assert book.without({bidder}) == twin.standing
