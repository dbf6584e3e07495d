"""Every outcome of a bid has its sentences, and none of them gives another person's maximum away."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.auction import Auction
from domain.explain import Question, explain
from domain.ledger import Entry
from domain.money import dollars
from domain.steering import cancel, change_reserve, remove_bidder, retract
from tests.domain.audit_ledgers import AUTO, PLAIN, Sale, at, eventful, random_sale, waived

BIDS = ("bid", "auto_bid")
PUBLIC_MONEY = ("price_cents", "minimum_next_cents", "amount_cents", "start_cents")


def question(auction: Auction, seq: int) -> Question:
    entries = auction.tail.entries
    own = entries[seq - 1]
    assert own.private is not None
    later = [entry.public for entry in entries[seq:]]
    return Question(own.public, own.private["cents"], entries[seq - 2].public, later, "2026-05-05T12:00:00.000Z")


def story(sale: Sale, bid_id: str) -> str:
    found = next(entry for entry in sale.auction.tail.entries if entry.public.get("bid_id") == bid_id)
    return " ".join(explain(question(sale.auction, found.seq)))


def opened(**terms: Any) -> Sale:
    sale = Sale(**terms)
    sale.start()
    return sale


def test_an_opening_auto_bid_that_wins_alone_pays_the_start() -> None:
    sale = opened()
    own = sale.bid("ann", AUTO, 500_000, 10)
    sale.close()
    assert story(sale, own) == (
        "Your maximum of $5,000 took the lead at $1,000, the start price, as no other bid stood. You won at $1,000. "
        "The price is the start price, because nobody else bid."
    )


def test_the_winner_pays_what_it_took_to_stay_ahead() -> None:
    sale = opened()
    own = sale.bid("ann", AUTO, 500_000, 10)
    other = sale.bid("bob", PLAIN, 200_000, 11)
    sale.close()
    assert (
        "You won at $2,050. The price is what it took to stay ahead of the highest other offer, that of Bidder 2."
        in (story(sale, own))
    )
    assert story(sale, other) == (
        "Your bid of $2,000 was outbid at once by Bidder 1, and the price rose to $2,050. Bidder 1 had offered more "
        "before you, and that offer answered by itself. The auction ended at 2026-05-05 14:00:00.000 UTC; Bidder 1 won "
        "at $2,050."
    )


def test_a_plain_bid_that_wins_pays_its_amount() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 300_000, 10)
    sale.close()
    assert story(sale, own) == (
        "Your bid of $3,000 took the lead at $3,000, the amount that you bid. You won at $3,000. The price is the "
        "amount of your own bid, which nobody answered."
    )


def test_a_tie_goes_to_the_earlier_bid() -> None:
    sale = opened()
    sale.bid("ann", AUTO, 500_000, 10)
    own = sale.bid("bob", AUTO, 500_000, 11)
    assert "Bidder 1 had offered exactly as much before you, and of two equal offers the earlier one stands." in (
        story(sale, own)
    )


def test_being_outbid_later_is_told_with_price_and_time() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 200_000, 10)
    sale.bid("bob", PLAIN, 250_000, 20)
    assert (
        "At 2026-05-05 12:00:20.000 UTC Bidder 2 outbid you, and the price rose to $2,500. The auction runs until"
        in (story(sale, own))
    )


def test_the_reserve_is_told_when_it_lifts_the_price_and_when_it_is_not_met() -> None:
    sale = opened(reserve=400_000)
    short = sale.bid("ann", AUTO, 300_000, 10)
    own = sale.bid("bob", AUTO, 350_000, 11)
    raised = sale.bid("bob", AUTO, 600_000, 12)
    sale.close()
    assert "The reserve was not met at $1,000." in story(sale, short)
    assert "just enough to be ahead of everybody else. The reserve was not met at $3,050." in story(sale, own)
    assert "your maximum of $6,000 reached the reserve, so the price rose to $4,000. With it the reserve was met." in (
        story(sale, raised)
    )
    assert "The price is the reserve, which your maximum reached" in story(sale, raised)


def test_a_reserve_that_stays_unmet_sells_nothing() -> None:
    sale = opened(reserve=400_000)
    lost = sale.bid("ann", PLAIN, 200_000, 10)
    led = sale.bid("bob", PLAIN, 300_000, 11)
    sale.close()
    assert story(sale, led).endswith("You led at the end, at $3,000, but the reserve was not met, so nothing was sold.")
    assert story(sale, lost).endswith(
        "Bidder 2 led at the end, at $3,000; the reserve was not met, so nothing was sold."
    )


def test_a_lowered_reserve_makes_the_price() -> None:
    sale = opened(reserve=400_000)
    own = sale.bid("ann", AUTO, 300_000, 10)
    change_reserve(sale.auction, 250_000, at(20), sale.nonce())
    sale.close()
    assert story(sale, own).endswith("You won at $2,500. The price is that of the reserve that the seller lowered.")


def test_a_silent_raise_is_told_to_its_owner() -> None:
    sale = opened()
    sale.bid("ann", AUTO, 300_000, 10)
    own = sale.bid("ann", AUTO, 700_000, 20)
    assert story(sale, own).startswith(
        "You were leading, and raised your maximum to $7,000; nothing changed in public."
    )
    assert "You are leading now" in story(sale, own)


def test_a_silent_raise_that_wins_needs_no_word_on_the_price() -> None:
    sale = opened()
    sale.bid("ann", AUTO, 300_000, 10)
    own = sale.bid("ann", AUTO, 700_000, 20)
    sale.close()
    assert story(sale, own) == (
        "You were leading, and raised your maximum to $7,000; nothing changed in public. You won at $1,000."
    )


def test_an_extension_is_told() -> None:
    sale = opened(length=60)
    own = sale.bid("ann", PLAIN, 200_000, 30)
    assert "It came close to the end, so the end moved to 2026-05-05 12:02:30.000 UTC." in story(sale, own)


def test_all_of_a_maximum_is_said_to_be_all() -> None:
    sale = opened()
    sale.bid("ann", AUTO, 300_000, 10)
    own = sale.bid("bob", AUTO, 302_500 // 100 * 100, 11)
    assert "took the lead at $3,025, all of your maximum." in story(sale, own)


def test_bids_taken_back_are_told_to_whom_they_concern() -> None:
    sale = opened()
    first = sale.bid("ann", PLAIN, 100_000, 10)
    slip = sale.bid("bob", PLAIN, 1_000_000, 20)
    retract(sale.auction, sale.auction.seq, at(30), "bob", "one zero too many")
    second = sale.bid("cid", PLAIN, 200_000, 40)
    remove_bidder(sale.auction, "cid", at(50), "admin", "no licence")
    assert "This bid was taken back at your own wish at 2026-05-05 12:00:30.000 UTC: one zero too many." in (
        story(sale, slip)
    )
    assert "bids of others were taken back, so you led again, at $1,000." in story(sale, first)
    assert "All your bids were taken back by the house at 2026-05-05 12:00:50.000 UTC: no licence." in (
        story(sale, second)
    )


def test_a_removal_can_cost_the_lead_that_another_bid_gave() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 100_000, 10)
    better = sale.bid("ann", AUTO, 900_000, 11)
    sale.bid("bob", PLAIN, 500_000, 12)
    found = next(entry for entry in sale.auction.tail.entries if entry.public.get("bid_id") == better)
    retract(sale.auction, found.seq, at(30), "admin", "by mistake")
    assert "bids were taken back; after that you did not lead any more, at $5,000." in story(sale, own)


def test_a_later_bid_of_ones_own_is_told() -> None:
    sale = opened()
    sale.bid("bob", AUTO, 300_000, 9)
    own = sale.bid("ann", PLAIN, 200_000, 10)
    sale.bid("ann", PLAIN, 400_000, 11)
    assert "With a later bid you took the lead, at $4,000." in story(sale, own)


def test_a_replay_that_leaves_one_bid_explains_its_price() -> None:
    sale = opened()
    own = sale.bid("ann", AUTO, 300_000, 10)
    sale.bid("bob", PLAIN, 200_000, 11)
    remove_bidder(sale.auction, "bob", at(20), "admin", "no licence")
    sale.close()
    assert story(sale, own).endswith("You won at $1,000. The price is that of the bids left after a replay.")


def test_a_challenge_that_wins_untouched_explains_its_price() -> None:
    sale = opened()
    sale.bid("ann", AUTO, 300_000, 10)
    own = sale.bid("bob", AUTO, 900_000, 11)
    sale.close()
    assert story(sale, own).endswith(
        "You won at $3,050. The price is what it took to be ahead of the highest other offer, or to meet the reserve."
    )


def test_a_cancelled_lot_and_a_held_one_are_told() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 200_000, 10)
    sale.auction.hold(at(20), "papers")
    assert story(sale, own).endswith("The auction is on hold; its clock stands still.")
    cancel(sale.auction, at(30), "admin", "stolen")
    assert story(sale, own).endswith(
        "The auction was cancelled at 2026-05-05 12:00:30.000 UTC: stolen. Nothing was sold."
    )


def test_the_end_without_any_bid_left_is_told() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 200_000, 10)
    retract(sale.auction, sale.auction.seq, at(20), "admin", "by mistake")
    sale.close()
    assert story(sale, own).endswith("The auction ended without a bid that stood.")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NOT_STARTED", "before bidding had started. The start was set for 2026-05-05 12:00:00.000 UTC."),
        ("ID_REUSED", "Its id had been used for another bid of yours before."),
        ("ALREADY_LEADING", "You were leading already;"),
        ("BELOW_OWN_MAXIMUM", "a maximum can only be raised."),
        ("BELOW_MINIMUM", "The least that could be bid then was $3,050: the price stood at $3,000."),
        ("NOT_WHOLE_DOLLARS", "Your bid of $1,000.50 was refused. Bids are whole dollars"),
        ("OWN_VEHICLE", "cannot bid on their own vehicle."),
        ("ON_HOLD", "The auction was on hold"),
        ("TOO_LATE", "It was received at 2026-05-05 14:12:10.000 UTC; bidding ended at 2026-05-05 14:12:08.000 UTC."),
        ("CLOSED", "The auction had been cancelled before it came."),
    ],
)
def test_every_refusal_has_its_facts(code: str, words: str) -> None:
    auctions = (eventful().auction, _cancelled_early())
    refused = [
        " ".join(explain(question(auction, entry.seq)))
        for auction in auctions
        for entry in auction.tail.entries
        if entry.public["kind"] in BIDS and entry.public["code"] == code
    ]
    assert refused
    assert any(words in told for told in refused), refused


def test_a_refusal_before_the_first_bid_says_so() -> None:
    sale = opened()
    own = sale.bid("ann", PLAIN, 90_000, 10)
    assert "was $1,000: nobody had bid yet." in story(sale, own)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_no_sentence_names_an_amount_that_is_not_public_or_ones_own(seed: int) -> None:
    entries = random_sale(seed).auction.tail.entries
    public = {entry.public[name] for entry in entries for name in PUBLIC_MONEY if entry.public.get(name) is not None}
    for entry in entries:
        if entry.public["kind"] in BIDS:
            check_amounts(entry, entries, public)


def check_amounts(own: Entry, entries: list[Entry], public: set[int]) -> None:
    assert own.private is not None
    allowed = {dollars(cents) for cents in {*public, own.private["cents"]}}
    before, later = entries[own.seq - 2].public, [entry.public for entry in entries[own.seq :]]
    for sofar in {0, len(later) // 2, len(later)}:
        told = " ".join(explain(Question(own.public, own.private["cents"], before, later[:sofar])))
        named = set(re.findall(r"-?\$[\d,]*\d(?:\.\d\d)?", told))
        assert named <= allowed, told


def _cancelled_early() -> Auction:
    return waived().auction
