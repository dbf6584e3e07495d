"""Bidders in a ledger: aliases in order of first accepted bid, counts, and bids taken back (sections 5 and 6)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.auction import MATERIAL_EDIT, SLIP_FACTOR
from domain.audit_lot import Lot, Public, Remark, Step
from domain.bidding import Kind
from domain.clock import from_text
from domain.errors import Code
from domain.steering import RETRACT_BEFORE_END, RETRACT_WITHIN


@dataclass(slots=True)
class _Room:
    """Who has bid so far, by alias and by `seq` of accepted bids, and which bids are out."""

    bidders: dict[str, None] = field(default_factory=dict)
    bids: dict[int, Step] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)
    slips: set[str] = field(default_factory=set)

    def standing(self, alias: object) -> set[int]:
        """The bids of one alias that are not out."""
        return {seq for seq, step in self.bids.items() if step.after["bidder"] == alias} - self.out

    def shown(self, seqs: set[int]) -> int:
        """How many of these bids count in public."""
        return sum(not self.bids[seq].after["silent"] for seq in seqs)

    def note(self, step: Step, taken: set[int]) -> None:
        """Take in what a step has changed."""
        if step.accepted:
            self.bidders[step.after["bidder"]] = None
            self.bids[step.seq] = step
        elif step.done("retracted") and step.after["by"] == "bidder" and step.after["bid_seq"] in self.bids:
            self.slips.add(self.bids[step.after["bid_seq"]].after["bidder"])
        self.out |= taken


def _walk(lot: Lot) -> Iterator[tuple[Step, _Room, set[int]]]:
    room = _Room()
    for step in lot.steps():
        taken = _taken(step) & set(room.bids) - room.out
        yield step, room, taken
        room.note(step, taken)


def _taken(step: Step) -> set[int]:
    if step.done("retracted"):
        return {step.after["bid_seq"]}
    return set(step.after["bid_seqs"]) if step.done("bidder_removed") else set()


def aliases(lot: Lot) -> Iterator[Remark]:
    """`Bidder n` is the n-th to have had a bid accepted, and nobody else has an alias."""
    for step, room, _ in _walk(lot):
        alias = step.after.get("bidder")
        if step.accepted and alias not in room.bidders and alias != f"Bidder {len(room.bidders) + 1}":
            yield step.seq, f"{alias} is not the next alias"
        if not step.accepted and alias is not None and alias not in room.bidders:
            yield step.seq, f"{alias} has no accepted bid yet"


def leaders(lot: Lot) -> Iterator[Remark]:
    """Whoever leads has an accepted bid that still stands; only bids and replays change the leader."""
    for step, room, taken in _walk(lot):
        leader = step.after["leader"]
        own = step.accepted and step.after["bidder"] == leader
        if leader is not None and not own and not room.standing(leader) - taken:
            yield step.seq, f"{leader} leads without a bid that stands"
        if step.changes("leader") and not (step.shown or taken):
            yield step.seq, f"{step.kind} cannot change the leader"


def counts(lot: Lot) -> Iterator[Remark]:
    """`bid_count` counts the shown bids that stand, `bidder_count` everybody who has an alias."""
    if lot.terms["bid_count"] or lot.terms["bidder_count"]:
        yield 1, "there are counts before there is a bid"
    for step, room, taken in _walk(lot):
        expected = step.before["bid_count"] + step.shown - room.shown(taken)
        if step.after["bid_count"] != expected:
            yield step.seq, f"the bid count must be {expected}, it is {step.after['bid_count']}"
        people = len(room.bidders.keys() | ({step.after["bidder"]} if step.accepted else set()))
        if step.after["bidder_count"] != people:
            yield step.seq, f"the bidder count must be {people}, it is {step.after['bidder_count']}"


def bid_ids(lot: Lot) -> Iterator[Remark]:
    """A bid id is judged once; another body under it is refused as reused."""
    seen: set[str] = set()
    for public in lot.publics:
        if "bid_id" not in public:
            continue
        if (public["code"] == Code.ID_REUSED) != (public["bid_id"] in seen):
            yield public["seq"], "its bid id was judged before, or is called reused without that"
        seen.add(public["bid_id"])


def retractions(lot: Lot) -> Iterator[Remark]:
    """Only bids that stood are taken out, all of a person's by a removal; bidders undo only a slip of the finger."""
    for step, room, taken in _walk(lot):
        if not step.done("retracted", "bidder_removed"):
            continue
        named = _taken(step)
        if not named or named != taken:
            yield step.seq, "it takes out what is no standing bid"
        elif step.kind == "bidder_removed" and taken != room.standing(step.after["bidder"]):
            yield step.seq, f"it does not take out exactly the bids of {step.after['bidder']}"
        elif step.kind == "retracted" and step.after["by"] == "bidder":
            bid = room.bids[step.after["bid_seq"]]
            if not _is_slip(step, bid, lot.terms) or bid.after["bidder"] in room.slips:
                yield step.seq, "the bidder could not take this bid back"


def _is_slip(step: Step, bid: Step, terms: Public) -> bool:
    price = bid.before["price_cents"] or terms["start_cents"]
    fresh = step.at - from_text(bid.after["at"]) <= RETRACT_WITHIN
    early = step.end - step.at > RETRACT_BEFORE_END and step.before["status"] == "live"
    amount = bid.after["amount_cents"]
    return bool(bid.kind == Kind.BID and fresh and early and amount is not None and amount >= SLIP_FACTOR * price)


def withdrawals(lot: Lot) -> Iterator[Remark]:
    """During a material edit bidders may withdraw; otherwise only admins remove. A seller cancels only without bids."""
    reason: str | None = None
    for step in lot.steps():
        if step.done("held"):
            reason = step.after["reason"]
        elif step.done("resumed"):
            reason = None
        if step.done("bidder_removed") and step.after["by"] == "bidder" and reason != MATERIAL_EDIT:
            yield step.seq, "a bidder withdrew without a material edit"
        if step.done("cancelled") and step.after["by"] == "seller" and step.before["bidder_count"]:
            yield step.seq, "the seller withdrew the lot after the first bid"
