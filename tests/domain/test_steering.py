"""Section 6: reserve, retraction, removal, withdrawal, and the material edit."""

from datetime import datetime, timedelta

import pytest

from domain.auction import MATERIAL_EDIT, Auction, Status
from domain.clock import CLOCK_RULES, MILLISECOND
from domain.errors import Code
from domain.steering import cancel, change_reserve, remove_bidder, retract, schedule
from tests.domain.lots import END, NONCE, START, auto_bid, bid, live, public, scheduled, seconds


def test_the_first_entry_shows_the_terms_but_the_reserve() -> None:
    auction = scheduled(reserve_cents=9_000_00)
    entry = schedule(auction, START - seconds(60), NONCE).entry

    assert (entry.seq, entry.public["kind"], entry.public["version"], entry.public["start_cents"]) == (
        1, "scheduled", 0, 500_00,
    )  # fmt: skip
    assert entry.private == {"reserve_cents": 9_000_00, "barred": ["S"]}
    assert "9000" not in str(entry.public)


@pytest.mark.parametrize(("edition", "told"), [(1, (None, None)), (CLOCK_RULES, (False, 500))])
def test_the_first_entry_tells_the_clocks_terms_but_not_in_lots_from_before(edition: int, told: object) -> None:
    auction = scheduled(sunday_rule=False, outage_stagger_ms=500, clock_rules=edition)
    terms = schedule(auction, START - seconds(60), NONCE).entry.public

    assert (terms.get("sunday_rule"), terms.get("outage_stagger_ms")) == told


# The reserve


@pytest.mark.parametrize(("reserve", "price"), [(700_00, 700_00), (600_00, 600_00), (100_00, 500_00)])
def test_a_lowered_reserve_that_the_leader_covers_is_met_at_once(reserve: int, price: int) -> None:
    auction = live(reserve_cents=1_000_00)
    auto_bid(auction, "A", 800)
    answer = change_reserve(auction, reserve, START, NONCE)

    assert (answer.outcome, auction.standing.price_cents, auction.version) == ("done", price, 2)


def test_a_lowered_reserve_out_of_reach_changes_nothing_public() -> None:
    auction = live(reserve_cents=1_000_00)
    auto_bid(auction, "A", 800)
    change_reserve(auction, 900_00, START, NONCE)

    assert (auction.standing.price_cents, auction.version, auction.ends_at) == (500_00, 1, END)


def test_a_waived_reserve_shows_none() -> None:
    auction = live(reserve_cents=1_000_00)
    answer = change_reserve(auction, None, START, NONCE)

    assert (answer.entry.public["reserve"], answer.entry.public["waived"], auction.version) == ("none", True, 1)


@pytest.mark.parametrize("reserve", [1_000_00, 2_000_00, 0, -1, 50])
def test_a_reserve_can_only_be_lowered_to_whole_dollars(reserve: int) -> None:
    assert change_reserve(live(reserve_cents=1_000_00), reserve, START, NONCE).code == Code.RESERVE_NOT_LOWERED


def test_there_is_nothing_to_lower_without_a_reserve_before_the_start_on_hold_or_at_the_end() -> None:
    waiting, held = scheduled(reserve_cents=1_000_00), live(reserve_cents=1_000_00)
    held.hold(START, "check")
    cases = [(live(), START), (waiting, START), (held, START), (live(reserve_cents=1_000_00), END)]

    assert {change_reserve(lot, 900_00, at, NONCE).code for lot, at in cases} == {Code.RESERVE_NOT_LOWERED}


# A slip of the finger


def slipped(**terms: object) -> Auction:
    """A led at 500 dollars, and B typed a zero too much; entry 3."""
    auction = live(**terms)
    bid(auction, "A", 500)
    bid(auction, "B", 6_000)
    return auction


def test_a_bidder_may_undo_a_slip_of_the_finger() -> None:
    auction = slipped()
    answer = retract(auction, 3, START + seconds(60), "B", "a zero too much")

    assert (answer.outcome, auction.standing.price_cents, auction.standing.leader) == ("done", 500_00, "A")
    assert (auction.version, auction.bid_count, answer.entry.public["by"]) == (3, 1, "bidder")


def test_an_opening_bid_of_twice_the_start_is_a_slip_too() -> None:
    auction = live()
    bid(auction, "A", 1_000)

    assert retract(auction, 2, START, "A", "slip").outcome == "done"


def test_a_slip_on_a_hot_lot_may_be_undone_although_a_thousand_bids_came_since() -> None:
    auction = slipped()
    for number in range(1_200):
        bid(auction, "AC"[number % 2], 7_000 + 100 * number)
    auction.tail.confirm(auction.seq)

    assert retract(auction, 3, START + seconds(30), "B", "slip").outcome == "done"


@pytest.mark.parametrize(
    ("at", "by", "code"),
    [
        pytest.param(START + seconds(60) + MILLISECOND, "B", Code.RETRACTION_NOT_ALLOWED, id="after a minute"),
        pytest.param(START, "A", Code.NO_SUCH_BID, id="somebody else's bid"),
        pytest.param(START, "C", Code.NO_SUCH_BID, id="a stranger"),
    ],
)
def test_a_slip_is_fresh_and_ones_own(at: datetime, by: str, code: Code) -> None:
    auction = slipped()
    before = public(auction)

    assert retract(auction, 3, at, by, "slip").code == code
    assert public(auction) == before


@pytest.mark.parametrize("left", [timedelta(hours=1), timedelta(minutes=5)])
def test_in_the_last_hour_nothing_is_undone(left: timedelta) -> None:
    assert retract(slipped(ends_at=START + left), 3, START, "B", "slip").code == Code.RETRACTION_NOT_ALLOWED


def test_a_slip_is_undone_while_the_lot_is_live() -> None:
    auction = slipped()
    auction.hold(START, "check")

    assert retract(auction, 3, START, "B", "slip").code == Code.RETRACTION_NOT_ALLOWED


def test_a_bid_of_less_than_twice_the_price_is_no_slip_and_an_auto_bid_never_is() -> None:
    auction = live()
    bid(auction, "A", 500)
    bid(auction, "B", 999)
    auto_bid(auction, "C", 9_000)

    assert [retract(auction, seq, START, by, "slip").code for seq, by in ((3, "B"), (4, "C"))] == [
        Code.RETRACTION_NOT_ALLOWED
    ] * 2


def test_a_bidder_slips_once_per_auction() -> None:
    auction = slipped()
    retract(auction, 3, START, "B", "slip")
    bid(auction, "B", 7_000)

    assert retract(auction, auction.seq, START, "B", "slip again").code == Code.RETRACTION_NOT_ALLOWED


# Retraction by admins, removal


def test_admins_may_retract_any_bid_until_the_close() -> None:
    auction = live()
    auto_bid(auction, "A", 900)
    bid(auction, "B", 600)
    done = retract(auction, 2, END - MILLISECOND, "admin", "fraud")
    auction.close(END)

    assert (done.outcome, auction.standing.leader) == ("done", "B")
    assert retract(auction, 3, END, "admin", "fraud").code == Code.TOO_LATE


@pytest.mark.parametrize("seq", [None, 1, 99])
def test_there_must_be_such_a_bid(seq: int | None) -> None:
    assert retract(slipped(), seq, START, "admin", "why").code == Code.NO_SUCH_BID


def test_a_bid_is_retracted_once() -> None:
    auction = slipped()
    retract(auction, 3, START, "admin", "why")

    assert retract(auction, 3, START, "admin", "why").code == Code.NO_SUCH_BID


def test_a_retraction_that_changes_nothing_public_makes_no_version_and_leaves_the_clock() -> None:
    auction = live()
    bid(auction, "A", 600)
    auto_bid(auction, "A", 900)
    ends_at = auction.ends_at
    retract(auction, 3, START, "admin", "why")

    assert (auction.version, auction.ends_at, auction.standing.max_cents, auction.bid_count) == (1, ends_at, 600_00, 1)


def test_a_removal_takes_out_every_bid_of_a_bidder_at_once() -> None:
    auction = live()
    bid(auction, "A", 500)
    auto_bid(auction, "B", 900)
    auto_bid(auction, "B", 1_900)
    answer = remove_bidder(auction, "B", START, "admin", "shill")

    assert (answer.entry.public["bid_seqs"], answer.entry.public["bidder"]) == ([3, 4], "Bidder 2")
    assert (auction.standing.price_cents, auction.standing.leader, auction.bid_count) == (500_00, "A", 1)


def test_a_bidder_without_bids_cannot_be_removed_nor_anyone_after_the_close() -> None:
    auction = live()
    bid(auction, "A", 600)
    nobody = remove_bidder(auction, "B", START, "admin", "shill")
    auction.close(END)

    assert (nobody.code, remove_bidder(auction, "A", END, "admin", "shill").code) == (Code.NO_SUCH_BID, Code.TOO_LATE)


# The material edit


def edited() -> Auction:
    auction = live()
    auto_bid(auction, "A", 900)
    auto_bid(auction, "B", 2_000)
    auction.hold(END - seconds(60), MATERIAL_EDIT)
    return auction


def test_during_a_material_edit_each_bidder_may_withdraw_their_bids() -> None:
    auction = edited()
    answer = remove_bidder(auction, "B", END, "B", "the mileage was wrong")

    assert (answer.outcome, answer.entry.public["by"]) == ("done", "bidder")
    assert (auction.standing.leader, auction.standing.price_cents, auction.status) == ("A", 500_00, Status.HELD)


def test_after_a_material_edit_the_lot_has_a_day_at_least() -> None:
    auction = edited()
    resumed_at = END + timedelta(hours=24)
    auction.resume(resumed_at, at_least=timedelta(hours=24))

    assert auction.ends_at == resumed_at + timedelta(hours=24)
    assert remove_bidder(auction, "B", resumed_at, "B", "too late").code == Code.RETRACTION_NOT_ALLOWED


def test_another_hold_gives_no_right_to_withdraw() -> None:
    auction = live()
    bid(auction, "A", 600)
    auction.hold(START, "check")

    assert remove_bidder(auction, "A", START, "A", "regret").code == Code.RETRACTION_NOT_ALLOWED


# Withdrawal and cancellation


def test_the_seller_may_withdraw_before_the_first_bid() -> None:
    auction = live()
    answer = cancel(auction, START, "seller", "sold elsewhere")

    assert (answer.outcome, auction.status, answer.entry.public["result"]) == ("done", Status.ENDED, "cancelled")


def test_after_the_first_bid_only_an_admin_cancels_even_where_the_bid_was_taken_back() -> None:
    auction = live()
    bid(auction, "A", 600)
    retract(auction, 2, START, "admin", "why")

    assert cancel(auction, START, "seller", "regret").code == Code.HAS_BIDS
    assert cancel(auction, START, "admin", "damaged").outcome == "done"


def test_one_admin_alone_cancels_before_the_first_bid_only() -> None:
    empty, busy = live(), live()
    bid(busy, "A", 600)
    before = public(busy)
    done, refused = (cancel(lot, START, "one_admin", "damaged") for lot in (empty, busy))

    assert (done.outcome, done.entry.public["by"], empty.status) == ("done", "admin", Status.ENDED)
    assert (refused.code, "by" in refused.entry.public) == (Code.HAS_BIDS, False)
    assert public(busy) == before


def test_what_is_over_cannot_be_cancelled() -> None:
    closed, cancelled = live(), live()
    closed.close(END)
    cancel(cancelled, START, "admin", "damaged")

    assert [cancel(lot, END, "admin", "again").code for lot in (closed, cancelled)] == [Code.TOO_LATE, Code.CLOSED]
