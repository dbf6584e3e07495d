"""Random sequences through the auction and through the reference model; and what must hold after every step."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.auction import Auction, Status
from domain.bidding import Kind
from domain.clock import MILLISECOND
from domain.ledger import first_break
from domain.steering import change_reserve, remove_bidder, retract
from tests.domain.lots import NONCE, START, a_bid, live
from tests.domain.model import Model

DAY_MS = 86_400_000
PEOPLE = st.sampled_from(["A", "B", "C", "D", "S"])
GAPS = st.one_of(st.integers(0, 200_000), st.sampled_from([DAY_MS // 2, DAY_MS - 1]))
BIDS = st.fixed_dictionaries(
    {
        "do": st.just("bid"),
        "who": PEOPLE,
        "kind": st.sampled_from(["bid", "auto_bid"]),
        "over": st.one_of(st.integers(-3, 4), st.integers(0, 4_000), st.integers(0, 120_000)),
        "old_id": st.one_of(st.none(), st.none(), st.none(), st.integers(0, 30)),
        "late_ms": st.sampled_from([0, 0, 1, 4_000]),
        "gap": GAPS,
    }
)
OTHERS = st.one_of(
    st.fixed_dictionaries({"do": st.just("reserve"), "to": st.one_of(st.none(), st.integers(0, 6_000)), "gap": GAPS}),
    st.fixed_dictionaries({"do": st.just("retract"), "which": st.integers(0, 40), "gap": GAPS}),
    st.fixed_dictionaries({"do": st.just("remove"), "who": PEOPLE, "gap": GAPS}),
)
STEPS = st.lists(st.one_of(BIDS, BIDS, BIDS, BIDS, OTHERS), max_size=30)


@dataclass
class Pair:
    """One lot and its model, moved together."""

    auction: Auction
    model: Model
    now: int = 0
    sent: list[tuple[str, str, str, int]] = field(default_factory=list)
    changes: int = 0

    def play(self, step: dict[str, Any]) -> tuple[Any, Any]:
        """What the auction says, and what the model says."""
        self.now += step["gap"]
        at = START + self.now * MILLISECOND
        match step["do"]:
            case "bid":
                return self._bid(step)
            case "reserve":
                cents = None if step["to"] is None else step["to"] * 100
                answer = change_reserve(self.auction, cents, at, NONCE)
                return answer.outcome, "done" if self.model.lower(step["to"], self.now) else "refused"
            case "retract":
                return self._retract(step["which"])
            case _:
                mine = [fact for fact in self.model.standing_bids() if fact["who"] == step["who"]]
                self.model.take_out(mine)
                answer = remove_bidder(self.auction, step["who"], at, "admin", "why")
                return answer.outcome, "done" if mine else "refused"

    def _bid(self, step: dict[str, Any]) -> tuple[Any, Any]:
        bid_id = f"b{len(self.sent)}"
        who, kind, dollars = step["who"], step["kind"], self.model.minimum() + step["over"]
        if step["old_id"] is not None and step["old_id"] < len(self.sent):
            bid_id, who, kind, dollars = self.sent[step["old_id"]]
            dollars += step["over"] % 2
        self.sent.append((bid_id, who, kind, dollars))
        received = max(self.now - step["late_ms"], -1)
        moment = START + received * MILLISECOND
        answer = self.auction.place(
            a_bid(who, dollars, Kind(kind), received=moment, bid_id=bid_id), START + self.now * MILLISECOND
        )
        return (answer.outcome, answer.code), self.model.attempt(bid_id, who, kind, dollars, received)

    def _retract(self, which: int) -> tuple[Any, Any]:
        facts = [fact for fact in self.model.facts if fact["kind"] != "reserve"]
        rows = [row for row in self.auction.rows if row.kind]
        at = START + self.now * MILLISECOND
        if which >= len(rows):
            return retract(self.auction, 10_000, at, "admin", "why").outcome, "refused"
        stands = not facts[which].get("out")
        if stands:
            self.model.take_out([facts[which]])
        return retract(self.auction, rows[which].seq, at, "admin", "why").outcome, "done" if stands else "refused"


def pair(start: int, reserve: int | None) -> Pair:
    ends_at = START + timedelta(days=2)
    auction = live(start_cents=start * 100, reserve_cents=reserve and reserve * 100, ends_at=ends_at, sunday_rule=False)
    return Pair(auction, Model(start, reserve or None, 2 * DAY_MS, 120_000))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([1, 500, 999, 4_990, 99_000]), st.sampled_from([None, 600, 2_000, 6_000]), STEPS)
def test_every_sequence_is_judged_as_the_reference_model_judges_it(
    start: int, reserve: int | None, steps: list[dict[str, Any]]
) -> None:
    both = pair(start, reserve)
    for step in steps:
        said, expected = both.play(step)
        assert said == expected
        auction, model = both.auction, both.model
        price, leader, most, state = model.state()
        standing = auction.standing
        assert (standing.price_cents, standing.leader, standing.max_cents, standing.reserve.value) == (
            None if price is None else price * 100,
            leader,
            most * 100,
            state,
        )
        assert standing.minimum_next_cents == model.minimum() * 100
        assert (auction.ends_at - START) // MILLISECOND == model.end
        assert auction.version == model.version


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([1, 500, 4_990]), st.sampled_from([None, 600, 6_000]), STEPS)
def test_what_must_always_hold_holds_after_every_step(
    start: int, reserve: int | None, steps: list[dict[str, Any]]
) -> None:
    both = pair(start, reserve)
    auction = both.auction
    for step in steps:
        before, seq, version, ends_at = auction.standing, auction.seq, auction.version, auction.ends_at
        both.play(step)
        after, entry = auction.standing, auction.tail.entries[-1].public
        # The price is covered by the leader's own maximum, which is the largest of the leader's standing bids.
        own = [row.cents for row in auction.rows if row.bidder == after.leader and row.seq not in auction.out]
        assert after.price_cents is None or after.price_cents <= after.max_cents == max(filter(None, own))
        if step["do"] in {"bid", "reserve"} and before.price_cents is not None:
            assert after.price_cents is not None
            assert after.price_cents >= before.price_cents
        if entry.get("outcome") == "refused":
            assert (after, auction.ends_at, auction.version) == (before, ends_at, version)
        changed = not after.looks_like(before) or auction.ends_at != ends_at
        assert auction.version == version + changed
        assert auction.seq in {seq, seq + 1}
    assert first_break(7, auction.tail.entries) is None
    assert [entry.seq for entry in auction.tail.entries] == list(range(1, auction.seq + 1))
    assert auction.status is Status.LIVE


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([None, 600, 6_000]), STEPS, st.integers(1, 50_000))
def test_the_price_never_depends_on_the_highest_maximum_but_through_the_reserve_and_the_cap(
    reserve: int | None, steps: list[dict[str, Any]], more: int
) -> None:
    """The last overtaking auto-bid, had it been higher, would have made the same price, unless the cap or the reserve
    had decided it."""
    both = pair(500, reserve)
    for step in steps:
        both.play(step)
    auction = both.auction
    leader = auction.standing.leader
    if leader is None:
        return
    raised = both.play({"do": "bid", "who": leader, "kind": "auto_bid", "over": 200_000, "old_id": None,
                        "late_ms": 0, "gap": 0})[0]  # fmt: skip
    if raised[0] != "leading":
        return
    price = auction.standing.price_cents
    auction.place(a_bid(leader, auction.standing.max_cents // 100 + more, Kind.AUTO_BID, received=START), START)
    assert auction.standing.price_cents == price


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(0, 30))
def test_a_lot_whose_bid_was_taken_out_stands_as_if_it_had_never_been_placed(
    steps: list[dict[str, Any]], which: int
) -> None:
    """Minimums are not judged anew, so the other accepted bids are applied as they came."""
    both = pair(500, 2_000)
    for step in steps:
        both.play(step)
    auction = both.auction
    rows = [row for row in auction.rows if row.kind and row.seq not in auction.out]
    if which >= len(rows):
        return
    retract(auction, rows[which].seq, START + both.now * MILLISECOND, "admin", "why")

    never = Model(500, 2_000, 2 * DAY_MS, 120_000)
    for row in auction.rows:
        fact = {"kind": row.kind.value if row.kind else "reserve", "who": row.bidder}
        dollars = None if row.cents is None else row.cents // 100
        if row.seq not in auction.out:
            never.facts.append({**fact, "dollars": dollars})
    price, leader, most, reserve = never.state()
    assert (auction.standing.price_cents, auction.standing.leader, auction.standing.max_cents) == (
        None if price is None else price * 100,
        leader,
        most * 100,
    )
    assert auction.standing.reserve.value == reserve
