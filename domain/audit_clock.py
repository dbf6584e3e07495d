"""Times in a ledger: what may happen in which status, which bids came in time, and how the end moved (section 4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.auction import MATERIAL_EDIT, OUTAGE_DELAY, OUTAGE_EXTENSION, Status
from domain.audit_lot import REPLAYS, Lot, Remark, Step
from domain.clock import DECIDED_WITHIN, MILLISECOND, from_text, rest_before, sunday_before

OPEN = {"live", "closing"}
LIVE, HELD, SCHEDULED, ENDED = ({status} for status in ("live", "held", "scheduled", "ended"))
# The status before and after what was carried out; refusals, retractions and removals leave it as it is.
MOVES = {
    "started": (SCHEDULED, LIVE),
    "bid": (OPEN, OPEN),
    "auto_bid": (OPEN, OPEN),
    "reserve_lowered": (LIVE, LIVE),
    "held": (OPEN | SCHEDULED, HELD),
    "resumed": (HELD, LIVE | SCHEDULED),
    "extended": (OPEN, LIVE),
    "cancelled": (OPEN | SCHEDULED | HELD, ENDED),
    "closed": (OPEN, ENDED),
    "reserved": (LIVE, HELD),
    "buy_now_failed": (HELD, LIVE),
    "bought": (HELD, ENDED),
    "offer_accepted": (OPEN | SCHEDULED, ENDED),
}


def order(lot: Lot) -> Iterator[Remark]:
    """Entries are decided one after the other, and no bid is decided before it was received."""
    for step in lot.steps():
        if step.at < from_text(step.before["at"]):
            yield step.seq, f"it was decided at {step.after['at']}, before the entry in front of it"
        if "received_at" in step.after and step.received_at > step.at:
            yield step.seq, f"it was received at {step.after['received_at']}, after it was decided"


def status(lot: Lot) -> Iterator[Remark]:
    """Scheduled, live, held, closing and ended follow each other as the rules allow."""
    first = lot.terms
    if first["status"] != Status.SCHEDULED or first["starts_at"] >= first["ends_at"]:
        yield 1, "an auction is scheduled first, and starts before it ends"
    for step in lot.steps():
        before, after = step.before["status"], step.after["status"]
        if not _may_move(step, before, after):
            yield step.seq, f"{step.kind} cannot lead from {before} to {after}"
        end = from_text(step.after["ends_at"])
        if after == Status.CLOSING and step.at < end:
            yield step.seq, "it is closing before its end"
        if before == Status.CLOSING and after in OPEN and (after == Status.LIVE) != (end > step.at):
            yield step.seq, "a closing lot is live again exactly when its end has moved on"


def _may_move(step: Step, before: str, after: str) -> bool:
    if step.refused or step.kind in REPLAYS:
        overtaken = before == Status.LIVE and after == Status.CLOSING
        return (before == after or overtaken) and (step.refused or before != Status.ENDED)
    allowed = MOVES.get(step.kind)
    if allowed is None or before not in allowed[0] or after not in allowed[1]:
        return False
    return step.kind != "resumed" or (after == Status.LIVE) == step.started


def bid_times(lot: Lot) -> Iterator[Remark]:
    """Every accepted bid was received after the start and before the end in force then; the start came in time."""
    for step in lot.steps():
        if step.done("started") and (step.at < step.starts_at or step.started):
            yield step.seq, "it started before its time, or twice"
        if step.accepted and step.received_at >= step.end:
            yield step.seq, f"it was received at {step.after['received_at']}, the end was {step.before['ends_at']}"
        if step.accepted and (step.received_at < step.starts_at or not step.started):
            yield step.seq, "it was received before the start"
        if step.done("reserve_lowered") and step.at >= step.end:
            yield step.seq, "the reserve was lowered after the end"
        if step.done("closed") and step.at < step.end:
            yield step.seq, f"it was closed at {step.after['at']}, before the end {step.before['ends_at']}"


def end(lot: Lot) -> Iterator[Remark]:
    """The end is max(end, received + window) after a bid that all can see, and stays but for outages and holds."""
    window = timedelta(seconds=lot.terms["window_s"])
    for step in lot.steps():
        if step.done("extended", "resumed", "buy_now_failed"):
            continue
        expected = max(step.end, step.received_at + window) if step.shown else step.end
        found = from_text(step.after["ends_at"])
        if found != expected:
            yield step.seq, f"the end must be {expected.isoformat()}, it is {found.isoformat()}"
        if "extended" in step.after and step.after["extended"] != (found != step.end):
            yield step.seq, "`extended` does not say whether the end has moved"


def holds(lot: Lot) -> Iterator[Remark]:
    """A hold keeps what was left, and the lot resumes with exactly that; after a material edit it may be more."""
    held: Step | None = None
    for step in lot.steps():
        if step.done("held", "reserved"):
            held = step
            if timedelta(milliseconds=step.after["remaining_ms"]) not in _remaining(step):
                yield step.seq, f"{step.after['remaining_ms']} ms is not what was left"
        elif step.done("resumed", "buy_now_failed") and held is not None:
            yield from ((step.seq, sentence) for sentence in _resumption(held, step))


def _resumption(held: Step, step: Step) -> Iterator[str]:
    due = step.at + timedelta(milliseconds=held.after["remaining_ms"])
    starts_at, ends_at = from_text(step.after["starts_at"]), from_text(step.after["ends_at"])
    edge = ends_at if step.started else starts_at
    if edge < due or (edge > due and held.after.get("reason") != MATERIAL_EDIT):
        yield f"it must resume until {due.isoformat()}, not {edge.isoformat()}"
    if step.started and starts_at != step.starts_at:
        yield "the start of a lot that has started cannot move"
    if not step.started and ends_at - starts_at != step.end - step.starts_at:
        yield "a lot that is held before its start keeps its length"


def _remaining(step: Step) -> set[timedelta]:
    edge = step.end if step.started else step.starts_at
    possible = {max(edge - step.at, timedelta(0))}
    rest, reason = rest_before(step.end), step.after.get("reason")
    if reason == "sunday" and rest is not None:
        possible.add(max(edge - rest, timedelta(0)))
    if reason == "outage":
        possible.add(max(edge - step.at, OUTAGE_EXTENSION))
    return {left // MILLISECOND * MILLISECOND for left in possible}


def sundays(lot: Lot) -> Iterator[Remark]:
    """No result of a lot under the Sunday rule is decided on a Sunday; older terms do not tell of the rule."""
    for step in lot.steps():
        decided = step.done("closed", "bought", "offer_accepted")
        if lot.terms.get("sunday_rule") and decided and sunday_before(step.at) is not None:
            yield step.seq, f"it was {step.kind} at {step.after['at']}, on a Sunday in Chicago"


def outages(lot: Lot) -> Iterator[Remark]:
    """One outage extends to at least ten minutes, a second one holds; what is late always has its consequence."""
    extended_at: datetime | None = None
    steps = list(lot.steps())
    for step, following in zip(steps, [*steps[1:], None], strict=False):
        if step.done("extended"):
            yield from _extension(step, lot.terms.get("outage_stagger_ms"), first=extended_at is None)
            extended_at = extended_at or step.at
        elif step.done("closed") and step.at - step.end > DECIDED_WITHIN:
            yield step.seq, "it was closed more than ten seconds late without an outage extension"
        elif _was_late(step) and (extended_at is None or step.received_at > extended_at):
            consequence = "extended" if extended_at is None else "held"
            if following is None and lot.running:
                return
            if following is None or not following.done(consequence) or following.after["reason"] != "outage":
                yield step.seq, f"a bid in the last minutes was judged late, but the lot was not {consequence}"


def _extension(step: Step, stagger_ms: int | None, *, first: bool) -> Iterator[Remark]:
    if not first or step.after["reason"] != "outage":
        yield step.seq, "the end is extended once, for an outage"
    soonest, found = step.at + OUTAGE_EXTENSION, from_text(step.after["ends_at"])
    if step.end >= soonest or found < soonest:
        yield step.seq, "an outage extends an end that is less than ten minutes away to at least ten minutes"
    elif stagger_ms is not None and found != soonest + stagger_ms * MILLISECOND:
        yield step.seq, f"an outage extends to ten minutes from then and this lot's {stagger_ms} ms"


def _was_late(step: Step) -> bool:
    if not step.accepted or step.at - step.received_at <= OUTAGE_DELAY:
        return False
    last_minutes = step.received_at >= step.end - OUTAGE_EXTENSION
    return last_minutes and from_text(step.after["ends_at"]) < step.at + OUTAGE_EXTENSION
