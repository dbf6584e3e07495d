"""Section 6: offers and counters, one figure on the table at a time, 48 hours each, three of a buyer at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import MILLISECOND
from domain.offers import (
    ASK_AGAIN,
    MOST_OFFERS,
    MOVES,
    STANDS_FOR,
    Act,
    Offer,
    OfferCode,
    OfferStatus,
    Side,
    Thresholds,
    answered,
    ask_again_at,
    by_threshold,
    moved,
    opened,
)
from tests.domain.lots import START, SUNDAY

LATER = START + timedelta(hours=1)
BUYER, SELLER = Side.BUYER, Side.SELLER


def offered(cents: int = 8_000_00, made: int = 1) -> Offer:
    offer = opened(cents, START, made=made)
    assert isinstance(offer, Offer)
    return offer


def after(offer: Offer, side: Side, act: Act, cents: int = 0, now: datetime = LATER) -> Offer:
    found = answered(offer, side, act, now, cents=cents)
    assert isinstance(found, Offer)
    return found


def countered(cents: int = 9_000_00) -> Offer:
    return after(offered(), SELLER, Act.COUNTER, cents)


def test_an_offer_stands_for_48_hours_and_binds_its_buyer() -> None:
    offer = offered()
    assert (offer.expires_at, offer.held_cents, offer.stands) == (START + STANDS_FOR, 8_000_00, True)


def test_half_dollars_and_a_fourth_offer_are_refused() -> None:
    assert opened(50, START, made=1) is OfferCode.NOT_WHOLE_DOLLARS
    assert opened(8_000_00, START, made=MOST_OFFERS + 1) is OfferCode.TOO_MANY_OFFERS


def test_a_counter_voids_the_offer_before_it_and_stands_for_48_hours_of_its_own() -> None:
    offer = countered()
    assert (offer.cents, offer.by, offer.step, offer.held_cents) == (9_000_00, SELLER, 2, 0)
    assert offer.expires_at == LATER + STANDS_FOR


def test_the_buyer_may_counter_a_counter_which_counts_as_an_offer() -> None:
    offer = after(countered(), BUYER, Act.COUNTER, 8_500_00)
    assert (offer.cents, offer.by, offer.made, offer.held_cents) == (8_500_00, BUYER, 2, 8_500_00)


def test_who_agrees_to_a_counter_is_bound_to_it() -> None:
    offer = after(countered(), BUYER, Act.ACCEPT)
    assert (offer.status, offer.held_cents) == (OfferStatus.ACCEPTING, 9_000_00)


@pytest.mark.parametrize(
    ("offer", "side", "cents", "code"),
    [
        (offered(), SELLER, 9_000_50, OfferCode.NOT_WHOLE_DOLLARS),
        (offered(), SELLER, 8_000_00, OfferCode.COUNTER_TOO_LOW),
        (countered(), BUYER, 9_000_00, OfferCode.COUNTER_TOO_HIGH),
        (replace(countered(), made=MOST_OFFERS), BUYER, 8_500_00, OfferCode.TOO_MANY_OFFERS),
        (offered(), BUYER, 8_500_00, OfferCode.NOT_YOUR_TURN),
    ],
)
def test_a_counter_that_makes_no_sense_is_refused(offer: Offer, side: Side, cents: int, code: OfferCode) -> None:
    assert answered(offer, side, Act.COUNTER, LATER, cents=cents) is code


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.DECLINE])
def test_an_offer_is_answered_by_the_other_side_only_and_withdrawn_by_its_own(act: Act) -> None:
    assert answered(offered(), BUYER, act, LATER) is OfferCode.NOT_YOUR_TURN
    assert answered(offered(), SELLER, Act.WITHDRAW, LATER) is OfferCode.NOT_YOUR_TURN
    assert after(offered(), SELLER, act).stands == (act is Act.ACCEPT)
    assert after(offered(), BUYER, Act.WITHDRAW).status is OfferStatus.WITHDRAWN
    assert after(countered(), SELLER, Act.WITHDRAW).status is OfferStatus.WITHDRAWN


def test_an_offer_is_over_at_its_very_end() -> None:
    offer = offered()
    assert after(offer, SELLER, Act.DECLINE, now=offer.expires_at - MILLISECOND).status is OfferStatus.DECLINED
    assert answered(offer, SELLER, Act.ACCEPT, offer.expires_at) is OfferCode.OFFER_EXPIRED


@pytest.mark.parametrize(("status", "act"), list(product(OfferStatus, Act)))
def test_the_table_of_moves_is_all_there_is(status: OfferStatus, act: Act) -> None:
    offer = replace(offered(), status=status)
    side = BUYER if act is Act.WITHDRAW else SELLER
    found = answered(offer, side, act, LATER, cents=9_000_00)
    if (status, act) in MOVES:
        assert isinstance(found, Offer)
        assert found.status is MOVES[status, act]
    else:
        busy = status is OfferStatus.ACCEPTING
        assert found is (OfferCode.OFFER_BUSY if busy else OfferCode.OFFER_OVER)
        with pytest.raises(KeyError):
            moved(offer, act)


def test_what_the_house_does_has_its_reason() -> None:
    lapsed = moved(offered(), Act.LAPSE, "somebody has bid")
    assert (lapsed.status, lapsed.reason, lapsed.held_cents) == (OfferStatus.LAPSED, "somebody has bid", 0)


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        (Thresholds(), None),
        (Thresholds(8_000_00, 5_000_00), Act.ACCEPT),
        (Thresholds(8_000_01, 8_000_00), None),
        (Thresholds(None, 8_000_01), Act.DECLINE),
        (Thresholds(9_000_00, None), None),
    ],
)
def test_thresholds_accept_from_here_up_and_decline_below_there(thresholds: Thresholds, expected: Act | None) -> None:
    assert by_threshold(offered(), thresholds) is expected
    assert by_threshold(countered(), thresholds) is None
    assert by_threshold(moved(offered(), Act.DECLINE), thresholds) is None


def test_the_auction_is_asked_again_after_the_sunday_or_a_while_later() -> None:
    noon = SUNDAY + timedelta(hours=12)
    assert ask_again_at("NOT_ON_SUNDAY", noon) == SUNDAY + timedelta(days=1)
    assert ask_again_at("RESERVED", noon) == noon + ASK_AGAIN
    assert ask_again_at("NOT_ON_SUNDAY", noon).tzinfo is UTC


ACTS = st.tuples(
    st.sampled_from([BUYER, SELLER]),
    st.sampled_from([Act.COUNTER, Act.COUNTER, Act.ACCEPT, Act.DECLINE, Act.WITHDRAW]),
    st.integers(1, 20),
    st.integers(0, 50),
)


@given(st.lists(ACTS, max_size=12))
def test_whatever_both_sides_do_a_buyer_makes_three_offers_at_most_and_is_bound_to_one_figure(
    acts: list[tuple[Side, Act, int, int]],
) -> None:
    offer, now = offered(10_00), START
    for side, act, dollars, hours in acts:
        now += timedelta(hours=hours)
        found = answered(offer, side, act, now, cents=dollars * 100)
        before, offer = offer, found if isinstance(found, Offer) else offer
        assert offer.made <= MOST_OFFERS
        assert offer.held_cents in {0, offer.cents}
        assert before.stands or offer == before
