"""Refusals in a ledger: whether each code is the answer that the rules give on the public facts (section 3)."""

from collections.abc import Iterator

from domain.auction import Result, Status
from domain.audit_lot import BIDS, PURCHASES, Lot, Remark, Step
from domain.bidding import Kind
from domain.errors import Code
from domain.listings import SaleType

BEFORE_THE_CLOCK = frozenset({Code.ID_REUSED.value, Code.NOT_WHOLE_DOLLARS.value})
OF_A_LEADER = frozenset({Code.ALREADY_LEADING.value, Code.BELOW_OWN_MAXIMUM.value})
OTHERS = BIDS | PURCHASES | {"unreadable"}
OWN_VEHICLE = Code.OWN_VEHICLE.value
NO_CODE = ""


def refusals(lot: Lot) -> Iterator[Remark]:
    """Every refused bid has the code that clock and leader give, and no bid was accepted that they refuse."""
    takes_bids = lot.terms.get("sale_type", SaleType.TIMED) == SaleType.TIMED
    for step in lot.steps():
        if step.kind not in BIDS or step.after["code"] in BEFORE_THE_CLOCK:
            continue
        code, clock = step.after["code"] or NO_CODE, _clock_code(step)
        if clock not in {NO_CODE, code}:
            yield step.seq, f"the answer must be {clock}, it is {code or 'accepted'}"
        elif clock == NO_CODE and code not in (_possible(step) if takes_bids else {Code.NO_BIDDING.value}):
            yield step.seq, f"the answer cannot be {code or 'accepted'}"


def commands(lot: Lot) -> Iterator[Remark]:
    """Commands are refused only where the state before them refuses them; `domain.audit_purchases` sees to the rest."""
    for step in lot.steps():
        if step.refused and step.kind not in OTHERS and not _refusable(step):
            yield step.seq, f"{step.kind} cannot be refused as {step.after['code']} here"


def _clock_code(step: Step) -> str:
    before = step.before["status"]
    waits = before in (Status.SCHEDULED, Status.HELD) and not step.started
    if waits or step.received_at < step.starts_at:
        return Code.NOT_STARTED.value
    if before == Status.HELD:
        return Code.ON_HOLD.value
    if step.received_at >= step.end:
        return Code.TOO_LATE.value
    return _over(step) if before == Status.ENDED else NO_CODE


def _possible(step: Step) -> set[str]:
    leads = step.after["bidder"] is not None and step.after["bidder"] == step.before["leader"]
    if not leads:
        return {NO_CODE, OWN_VEHICLE, Code.BELOW_MINIMUM.value}
    return {Code.ALREADY_LEADING.value} if step.kind == Kind.BID else {NO_CODE, Code.BELOW_OWN_MAXIMUM.value}


def _over(step: Step) -> str:
    return Code.CLOSED.value if step.result == Result.CANCELLED else Code.TOO_LATE.value


def _refusable(step: Step) -> bool:
    status, code = step.before["status"], step.after["code"]
    if status == Status.ENDED and step.kind in {"held", "retracted", "bidder_removed", "cancelled"}:
        return bool(code == _over(step))
    if code in {Code.TOO_LATE, Code.CLOSED}:
        return False
    if code == Code.RESERVED:
        return bool(status == Status.HELD)
    match step.kind:
        case "held":
            return bool(status == Status.HELD)
        case "resumed":
            return bool(status != Status.HELD)
        case "cancelled":
            return bool(step.before["bidder_count"])
        case "closed":
            return bool(status != Status.ENDED) and (step.at < step.end or status in {Status.HELD, Status.SCHEDULED})
        case _:
            return True
