"""Sales without a hammer in a ledger: what terms and first bid allow, and how a reservation ends (section 6)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.auction import Result, Status
from domain.audit_lot import Lot, Public, Remark, Step
from domain.clock import from_text, sunday_before
from domain.errors import Code
from domain.money import is_whole_dollars
from domain.purchases import EXPIRED, RESERVED_FOR

NO_ENTRY: Public = {}
OVER = frozenset({Code.TOO_LATE.value, Code.CLOSED.value})


def purchases(lot: Lot) -> Iterator[Remark]:
    """Buy-now and offers sell only what the terms say, before the first bid, and a reservation has one end in time."""
    pending = NO_ENTRY
    for step in lot.steps():
        if step.refused:
            yield from ((step.seq, sentence) for sentence in _refused(step, pending, lot.terms))
            continue
        yield from ((step.seq, sentence) for sentence in _done(step, pending, lot.terms))
        if step.kind == "reserved":
            pending = step.after
        elif step.after["status"] != Status.HELD:
            pending = NO_ENTRY


def _done(step: Step, pending: Public, terms: Public) -> Iterator[str]:
    match step.kind:
        case "reserved":
            yield from _reservation(step, terms)
        case "offer_accepted":
            yield from _acceptance(step, terms)
        case "bought":
            yield from _settlement(step, pending)
            if step.after["cents"] != pending.get("cents"):
                yield "it was bought at another price than it was reserved for"
            if pending and step.at >= from_text(pending["expires_at"]):
                yield "it was bought after the reservation had expired"
        case "buy_now_failed":
            yield from _settlement(step, pending)
            late = bool(pending) and step.at >= from_text(pending["expires_at"])
            if late != (step.after["reason"] == EXPIRED):
                yield "its reason does not say whether the reservation had expired"
        case "resumed" if pending:
            yield "the clock of a reserved lot runs on only when the reservation fails"
        case _:
            pass


def _reservation(step: Step, terms: Public) -> Iterator[str]:
    expires_at = step.at + RESERVED_FOR
    if step.after["cents"] != terms.get("buy_now_cents"):
        yield "the terms name no such price"
    if step.before["bidder_count"]:
        yield "it was reserved after the first bid"
    if step.at >= step.end:
        yield "it was reserved after the end"
    if from_text(step.after["expires_at"]) != expires_at:
        yield f"a reservation lasts {RESERVED_FOR // timedelta(minutes=1)} minutes"
    if terms.get("sunday_rule") and (sunday_before(step.at) or sunday_before(expires_at)):
        yield "the reservation touches a Sunday in Chicago"


def _acceptance(step: Step, terms: Public) -> Iterator[str]:
    if not terms.get("offers_open"):
        yield "the terms allow no offers"
    if step.before["bidder_count"]:
        yield "an offer was accepted after the first bid"
    if step.at >= step.end:
        yield "an offer was accepted after the end"
    if not is_whole_dollars(step.after["cents"]):
        yield "an offer is in whole dollars"


def _settlement(step: Step, pending: Public) -> Iterator[str]:
    if step.after["purchase_id"] != pending.get("purchase_id"):
        yield "it ends no reservation"


def _refused(step: Step, pending: Public, terms: Public) -> Iterator[str]:
    """What a refused purchase says of the state before it, as far as the public can see."""
    if step.kind == "reserved":
        expected = _closed(step, pending) or _not_for_sale(step, open_by="buy_now_cents", terms=terms)
        if step.before["status"] == Status.SCHEDULED:
            expected = Code.NOT_STARTED.value
    elif step.kind == "offer_accepted":
        expected = _closed(step, pending) or _not_for_sale(step, open_by="offers_open", terms=terms)
    elif step.kind in {"bought", "buy_now_failed"}:
        over = step.before["status"] == Status.ENDED
        expected = _closed(step, pending) if over else Code.NOT_RESERVED.value
    else:
        if step.after["code"] == Code.RESERVED and not pending:
            yield "it was refused for a reservation that there is not"
        return
    code = step.after["code"]
    if code not in {Code.ID_REUSED, Code.NOT_WHOLE_DOLLARS} and not _explains(expected, code):
        yield f"{step.kind} cannot be refused as {code} here"


def _closed(step: Step, pending: Public) -> str | None:
    if step.before["status"] == Status.ENDED:
        return Code.CLOSED.value if step.result == Result.CANCELLED else Code.TOO_LATE.value
    if step.before["status"] == Status.HELD:
        return Code.RESERVED.value if pending else Code.ON_HOLD.value
    return Code.TOO_LATE.value if step.at >= step.end else None


def _not_for_sale(step: Step, *, open_by: str, terms: Public) -> str | None:
    closed = step.before["bidder_count"] or not terms.get(open_by)
    names = {"buy_now_cents": Code.BUY_NOW_NOT_OPEN, "offers_open": Code.OFFERS_NOT_OPEN}
    return names[open_by].value if closed else None


def _explains(expected: str | None, code: str) -> bool:
    """Where nothing public refuses it, the buyer or the day must have; a price that is none is for the replay."""
    hidden = {Code.OWN_VEHICLE, Code.BUY_NOW_ONCE, Code.NOT_ON_SUNDAY, Code.BUY_NOW_NOT_OPEN}
    return code == expected if expected is not None else code in hidden
