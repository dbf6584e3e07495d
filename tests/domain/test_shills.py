"""What a sale would have come to without one bidder: the real rules write the ledger, the replay reads it again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import steering
from domain.auction import Auction, Result
from domain.bidding import Kind, Reserve
from domain.shills import Line, Rewound, without
from tests.domain.lots import END, NONCE, START, a_bid, auto_bid, bid, scheduled, seconds

SHILL, BUYER, OTHER = "shill", "buyer", "other"


def opened(**terms: Any) -> Auction:
    auction = scheduled(**terms)
    steering.schedule(auction, START, NONCE)
    auction.start(START)
    return auction


def rewound(auction: Auction) -> Rewound:
    return without([Line(entry.public, entry.private or {}) for entry in auction.tail.entries], SHILL)


def test_a_buyer_is_owed_what_the_shill_drove_the_price_up() -> None:
    auction = opened()
    auto_bid(auction, BUYER, 9_000)
    auto_bid(auction, OTHER, 6_000)
    auto_bid(auction, SHILL, 8_000)
    auction.close(END)
    found = rewound(auction)
    assert (found.price_cents, found.price_without_cents) == (8_100_00, 6_100_00)
    assert (found.pushed, found.owed_cents) == (True, 2_000_00)
    assert (found.winner, found.winner_without) == (BUYER, BUYER)


def test_the_buyers_own_plain_bid_stands_as_it_was_made() -> None:
    auction = opened()
    bid(auction, SHILL, 8_000)
    bid(auction, BUYER, 8_100)
    found = rewound(auction)
    assert (found.price_without_cents, found.pushed, found.owed_cents) == (8_100_00, False, 0)


def test_where_the_shill_won_nobody_is_owed_and_the_next_price_is_told() -> None:
    auction = opened()
    auto_bid(auction, OTHER, 6_000)
    auto_bid(auction, SHILL, 8_000)
    found = rewound(auction)
    assert (found.winner, found.winner_without, found.price_without_cents) == (SHILL, OTHER, 500_00)
    assert (found.pushed, found.owed_cents) == (True, 0)


def test_a_lot_below_its_reserve_was_not_sold_so_nothing_is_owed() -> None:
    auction = opened(reserve_cents=9_000_00)
    auto_bid(auction, BUYER, 8_000)
    auto_bid(auction, SHILL, 7_000)
    found = rewound(auction)
    assert (found.met, found.pushed, found.owed_cents) == (False, True, 0)


def test_a_reserve_that_the_seller_lowered_is_lowered_in_the_replay_too() -> None:
    auction = opened(reserve_cents=9_000_00)
    auto_bid(auction, BUYER, 8_000)
    auto_bid(auction, SHILL, 7_000)
    steering.change_reserve(auction, 7_500_00, START + seconds(9), NONCE)
    found = rewound(auction)
    assert (found.price_cents, found.price_without_cents, found.met_without) == (7_500_00, 7_500_00, True)
    assert found.owed_cents == 0


def test_a_lot_on_which_only_the_shill_bid_has_no_price_without() -> None:
    auction = opened()
    bid(auction, SHILL, 600)
    found = rewound(auction)
    assert (found.price_without_cents, found.winner_without, found.met_without) == (None, None, False)


def test_a_lot_without_bids_is_as_it_was() -> None:
    found = rewound(opened())
    assert (found.pushed, found.owed_cents) == (False, 0)


def test_bids_that_were_taken_out_or_refused_while_the_lot_ran_stay_out() -> None:
    auction = opened()
    auto_bid(auction, BUYER, 9_000)
    typo = auto_bid(auction, OTHER, 8_500)
    auto_bid(auction, OTHER, 100)
    steering.retract(auction, typo.entry.seq, START, steering.ADMIN, "a typing error")
    auto_bid(auction, "troll", 7_000)
    steering.remove_bidder(auction, "troll", START, steering.ADMIN, "a troll")
    steering.remove_bidder(auction, "nobody", START, steering.ADMIN, "never bid")
    auto_bid(auction, SHILL, 6_000)
    found = rewound(auction)
    assert (found.price_cents, found.price_without_cents) == (auction.standing.price_cents, 500_00)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SHILL, BUYER, OTHER, "fourth"]),
            st.sampled_from(list(Kind)),
            st.integers(500, 600).map(lambda number: number * 10),
        ),
        max_size=25,
    ),
    st.none() | st.integers(500, 600).map(lambda number: number * 1_000),
)
def test_the_replay_ends_as_the_lot_did_and_nobody_ever_owes_less_than_nothing(
    attempts: list[tuple[str, Kind, int]], reserve_cents: int | None
) -> None:
    auction = opened(reserve_cents=reserve_cents)
    for who, kind, dollars in attempts:
        auction.place(a_bid(who, dollars, kind), START)
    auction.close(END)
    found, standing = rewound(auction), auction.standing
    assert (found.price_cents, found.winner) == (standing.price_cents, standing.leader)
    assert found.met == (auction.result is Result.SOLD)
    assert found.met == (standing.leader is not None and standing.reserve is not Reserve.NOT_MET)
    assert found.owed_cents >= 0
    if found.met and found.winner != SHILL:
        assert (found.winner_without, found.met_without) == (found.winner, True)
        assert found.price_cents is not None
        assert found.price_without_cents is not None
        assert found.owed_cents == found.price_cents - found.price_without_cents
