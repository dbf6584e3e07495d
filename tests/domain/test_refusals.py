"""Section 3: every refusal, their order, and first answers that stay."""

from typing import Any

import pytest

from domain.auction import Auction, Status
from domain.bidding import Kind
from domain.clock import MILLISECOND
from domain.errors import Code, RefusedError
from domain.steering import cancel
from tests.domain.lots import END, SELLER, START, a_bid, auto_bid, bid, live, public, scheduled, seconds


def led() -> Auction:
    auction = live()
    auto_bid(auction, "A", 900)
    return auction


def held(auction: Auction) -> Auction:
    auction.hold(START, "check")
    return auction


def cancelled(auction: Auction) -> Auction:
    cancel(auction, START, "admin", "damaged")
    return auction


def closed() -> Auction:
    auction = led()
    auction.close(END)
    return auction


EARLY, LAST = START - MILLISECOND, END - MILLISECOND


@pytest.mark.parametrize(
    ("auction", "bidder", "dollars", "received", "code"),
    [
        pytest.param(held(led()), "B", 0, EARLY, Code.NOT_WHOLE_DOLLARS, id="the amount comes before everything"),
        pytest.param(scheduled(), "B", 500, EARLY, Code.NOT_STARTED, id="before the start"),
        pytest.param(scheduled(), "B", 500, START, Code.NOT_STARTED, id="only scheduled"),
        pytest.param(held(scheduled()), "B", 500, START, Code.NOT_STARTED, id="held before its start"),
        pytest.param(held(led()), SELLER, 500, EARLY, Code.NOT_STARTED, id="not started comes before the hold"),
        pytest.param(cancelled(scheduled()), "B", 500, EARLY, Code.NOT_STARTED, id="cancelled, but too early for it"),
        pytest.param(led(), SELLER, 500, END, Code.TOO_LATE, id="at the end"),
        pytest.param(closed(), SELLER, 500, LAST, Code.TOO_LATE, id="in time, but the close was decided"),
        pytest.param(cancelled(led()), SELLER, 500, START, Code.CLOSED, id="cancelled"),
        pytest.param(cancelled(scheduled()), "B", 500, START, Code.CLOSED, id="cancelled before it started"),
        pytest.param(held(led()), SELLER, 500, START, Code.ON_HOLD, id="held"),
        pytest.param(held(led()), "B", 600, END, Code.ON_HOLD, id="the clock of a held lot has no end"),
        pytest.param(led(), SELLER, 1, START, Code.OWN_VEHICLE, id="the seller"),
        pytest.param(led(), "A", 1, START, Code.ALREADY_LEADING, id="the leader, by a plain bid"),
        pytest.param(led(), "B", 524, START, Code.BELOW_MINIMUM, id="below the minimum"),
    ],
)
def test_the_first_rule_that_applies_is_the_answer(
    auction: Auction, bidder: str, dollars: int, received: Any, code: Code
) -> None:
    before, version = public(auction), auction.version
    answer = bid(auction, bidder, dollars, received, now=max(received, START))

    assert (answer.outcome, answer.code) == ("refused", code)
    assert (public(auction), auction.version) == (before, version)


@pytest.mark.parametrize("dollars", [1, 899, 900])
def test_an_auto_bid_of_the_leader_at_or_below_the_own_maximum_is_refused(dollars: int) -> None:
    assert auto_bid(led(), "A", dollars).code == Code.BELOW_OWN_MAXIMUM


def test_the_leader_may_raise_the_maximum_by_a_dollar_and_nothing_public_changes() -> None:
    auction = led()
    before, version = public(auction), auction.version
    answer = auto_bid(auction, "A", 901, LAST)

    assert (answer.outcome, answer.entry.public["silent"], answer.entry.public["amount_cents"]) == (
        "leading",
        True,
        None,
    )
    assert (public(auction), auction.version, auction.standing.max_cents) == (before, version, 901_00)


def test_the_answer_to_a_late_bid_carries_both_times() -> None:
    facts = bid(led(), "B", 600, END + seconds(1)).entry.public

    assert (facts["received_at"], facts["ends_at"]) == ("2026-05-07T18:00:01.000Z", "2026-05-07T18:00:00.000Z")


def test_the_answer_to_a_low_bid_carries_the_exact_minimum() -> None:
    assert bid(led(), "B", 501).entry.public["minimum_next_cents"] == 525_00


@pytest.mark.parametrize("cents", [0, -100, 50, 100_50, 1])
def test_cents_and_nothing_and_less_are_no_bids(cents: int) -> None:
    auction = live()
    odd = a_bid("A", 1)
    answer = auction.place(type(odd)(odd.bid_id, "A", Kind.BID, cents, START, odd.nonce), START)

    assert answer.code == Code.NOT_WHOLE_DOLLARS


def test_a_repeated_id_gets_its_first_answer_for_ever() -> None:
    auction = live()
    first = bid(auction, "A", 600, bid_id="one")
    refused = bid(auction, "B", 100, bid_id="two")
    auto_bid(auction, "B", 5_000)
    auction.close(END)
    again = bid(auction, "A", 600, END + seconds(60), bid_id="one")

    assert (again.outcome, again.code, again.entry, again.repeated) == ("leading", None, first.entry, True)
    assert bid(auction, "B", 100, bid_id="two").entry == refused.entry
    assert auction.status is Status.ENDED


@pytest.mark.parametrize(
    ("bidder", "dollars", "kind"), [("B", 600, Kind.BID), ("A", 700, Kind.BID), ("A", 600, Kind.AUTO_BID)]
)
def test_an_id_with_another_body_is_refused_and_the_first_answer_stays(bidder: str, dollars: int, kind: Kind) -> None:
    auction = live()
    first = bid(auction, "A", 600, bid_id="one")
    reused = auction.place(a_bid(bidder, dollars, kind, bid_id="one"), START)

    assert (reused.outcome, reused.code, reused.repeated) == ("refused", Code.ID_REUSED, False)
    assert bid(auction, "A", 600, bid_id="one").entry == first.entry


def test_a_bid_cannot_have_been_received_after_it_was_decided() -> None:
    auction = live()
    answer = bid(auction, "A", 600, END, now=START + seconds(1))

    assert answer.entry.public["received_at"] == "2026-05-05T12:00:01.000Z"


def test_a_plain_bid_shows_its_amount_and_an_auto_bid_never_does() -> None:
    auction = live()

    assert bid(auction, "A", 600).entry.public["amount_cents"] == 600_00
    assert auto_bid(auction, "B", 900).entry.public["amount_cents"] is None
    assert bid(auction, "C", 1).entry.public["amount_cents"] is None


def test_aliases_follow_the_order_of_first_accepted_bids() -> None:
    auction = live()
    bid(auction, "A", 1)
    bid(auction, "B", 600)
    bid(auction, "A", 700)

    assert [auction.alias(name) for name in ("A", "B", "C", None)] == ["Bidder 2", "Bidder 1", None, None]


def test_only_accepted_bids_have_a_seq_to_be_retracted_by() -> None:
    auction = live()
    bid(auction, "A", 600, bid_id="good")
    bid(auction, "B", 1, bid_id="bad")

    assert [auction.seq_of(name) for name in ("good", "bad", "unknown")] == [2, None, None]


def test_what_cannot_be_read_is_a_refused_entry() -> None:
    auction = live()
    answer = auction.unreadable(START, "operator", "DecodeError")

    assert (answer.outcome, answer.code, answer.entry.public["channel"]) == ("refused", Code.UNREADABLE, "operator")


def test_a_domain_error_carries_its_code_its_sentence_and_its_facts() -> None:
    error = RefusedError(Code.TOO_LATE, "The auction is over.", ends_at="now")

    assert (str(error), error.code, error.data) == ("TOO_LATE: The auction is over.", "TOO_LATE", {"ends_at": "now"})
