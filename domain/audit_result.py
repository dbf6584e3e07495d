"""The end of a ledger: exactly one result, the one that leader and reserve give, and nothing after it (section 7)."""

from collections.abc import Iterator

from domain.auction import Result, Status
from domain.audit_lot import ENDINGS, FACTS, PURCHASES, Lot, Public, Remark
from domain.bidding import Reserve


def results(lot: Lot) -> Iterator[Remark]:
    """An ended auction has one result; a running one has none yet."""
    decided = [step for step in lot.steps() if step.done(*ENDINGS)]
    last = lot.publics[-1]
    if not decided and not lot.running:
        yield last["seq"], "the ledger ends without a result"
    for again in decided[1:]:
        yield again.seq, "there is a second result"
    for step in decided:
        expected = _expected(step.after)
        if step.after["result"] != expected and step.kind not in PURCHASES:
            yield step.seq, f"the result must be {expected}, it is {step.after['result']}"


def aftermath(lot: Lot) -> Iterator[Remark]:
    """After the result nothing is carried out, and no public fact changes."""
    for step in lot.steps():
        if step.before["status"] != Status.ENDED:
            continue
        changed = step.changes("status", *FACTS)
        if changed or not step.refused:
            what = f" and changed {', '.join(changed)}" if changed else ""
            yield step.seq, f"{step.kind} came after the result{what}"


def _expected(public: Public) -> str:
    if public["kind"] == "cancelled":
        return Result.CANCELLED.value
    if public["leader"] is None:
        return Result.NO_BIDS.value
    return Result.RESERVE_NOT_MET.value if public["reserve"] == Reserve.NOT_MET else Result.SOLD.value
