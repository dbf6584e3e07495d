"""Money in a ledger, as far as the public can follow it: price, minimum, reserve step and version (section 2)."""

from collections.abc import Iterator

from domain.audit_lot import BIDS, ENDINGS, FACTS, REPLAYS, STANDING, Lot, Remark, Step
from domain.bidding import Kind, Reserve
from domain.money import INCREMENT_TABLES, IncrementTable

ALWAYS_A_VERSION = frozenset({"held", "resumed", "extended", "reserved", "buy_now_failed"}) | ENDINGS
NEVER_A_VERSION = frozenset({"started", "unreadable"})


def versions(lot: Lot) -> Iterator[Remark]:
    """The version begins at 0 and grows by one with every public change, and with nothing else."""
    if lot.terms["version"] != 0:
        yield 1, "the version begins at 0"
    for step in lot.steps():
        expected = step.before["version"] + _is_public_change(step)
        if step.after["version"] != expected:
            yield step.seq, f"the version must be {expected}, it is {step.after['version']}"


def _is_public_change(step: Step) -> bool:
    if step.refused or step.kind in NEVER_A_VERSION:
        return False
    if step.kind in BIDS:
        return not step.after["silent"]
    return step.kind in ALWAYS_A_VERSION or bool(step.changes(*STANDING))


def refused_change_nothing(lot: Lot) -> Iterator[Remark]:
    """What was refused, and a silent raise, leaves every public fact as it was."""
    for step in lot.steps():
        quiet = step.refused or step.kind == "unreadable" or (step.accepted and step.after["silent"])
        changed = step.changes(*FACTS) if quiet else []
        if changed:
            yield step.seq, f"it should change nothing, but {', '.join(changed)} changed"


def prices(lot: Lot) -> Iterator[Remark]:
    """The price begins with the first bid, never falls but by a replay, and moves only where a rule moves it."""
    first, start = lot.terms, lot.terms["start_cents"]
    if first["price_cents"] is not None or first["leader"] is not None:
        yield 1, "there is a price before there is a bid"
    for step in lot.steps():
        before, after = step.before["price_cents"], step.after["price_cents"]
        if (after is None) != (step.after["leader"] is None):
            yield step.seq, "there is a price exactly while somebody leads"
        if after is not None and after < start:
            yield step.seq, "the price is below the start"
        if step.done(*REPLAYS):
            continue
        if before is not None and (after is None or after < before):
            yield step.seq, f"the price fell from {before} to {after} cents"
        if not step.shown and step.kind != "reserve_lowered" and step.changes("price_cents"):
            yield step.seq, f"{step.kind} cannot move the price"


def minimums(lot: Lot) -> Iterator[Remark]:
    """The next minimum is the start, or the price and its increment by the table named in the terms."""
    table = INCREMENT_TABLES[lot.terms["increments"]]
    for public in lot.publics:
        price = public["price_cents"]
        expected = lot.terms["start_cents"] if price is None else price + table.at(price)
        if public["minimum_next_cents"] != expected:
            yield public["seq"], f"the next minimum must be {expected} cents, it is {public['minimum_next_cents']}"


def bids(lot: Lot) -> Iterator[Remark]:
    """Every accepted bid has moved price and leader as a bid of its kind and amount can."""
    table = INCREMENT_TABLES[lot.terms["increments"]]
    for step in lot.steps():
        if step.accepted:
            yield from ((step.seq, sentence) for sentence in _bid(step, table))


def _bid(step: Step, table: IncrementTable) -> Iterator[str]:
    led, bidder, leader = step.before["leader"], step.after["bidder"], step.after["leader"]
    if (step.after["outcome"] == "leading") != (leader == bidder):
        yield "its outcome does not say who leads after it"
    if leader not in (bidder, led):
        yield "somebody leads who has not bid here"
    if step.after["silent"]:
        if led != bidder or step.kind == Kind.BID or step.after["amount_cents"] is not None:
            yield "only a leader's own raise can be silent, and it shows no amount"
        return
    if (step.kind == Kind.BID) != (step.after["amount_cents"] is not None):
        yield "a plain bid shows its amount, an auto-bid none"
        return
    if step.after["price_cents"] is None or not step.changes(*STANDING):
        yield "it changed nothing, but is not silent"
        return
    yield from _raise(step) if led == bidder else _challenge(step, table)


def _raise(step: Step) -> Iterator[str]:
    met = step.before["reserve"] == Reserve.NOT_MET and step.after["reserve"] == Reserve.MET
    if step.kind == Kind.BID or not met:
        yield "a leader's own bid moves the price only by meeting the reserve"


def _challenge(step: Step, table: IncrementTable) -> Iterator[str]:
    price, least = step.after["price_cents"], step.before["minimum_next_cents"]
    amount, leads = step.after["amount_cents"], step.after["leader"] == step.after["bidder"]
    if price < least or (amount is not None and amount < least):
        yield f"it was accepted below the minimum of {least} cents"
    if amount is None:
        opens = step.before["price_cents"] is None and step.after["reserve"] != Reserve.MET
        if opens and price != least:
            yield "an auto-bid that opens does so at the start, or at the reserve that it meets"
    elif leads and price != amount:
        yield "a plain bid that leads sets the price to its amount"
    elif not leads and not amount <= price <= amount + table.at(amount):
        yield "a plain bid that is outbid at once lifts the price to its amount, or one increment above"


def reserve(lot: Lot) -> Iterator[Remark]:
    """The reserve state goes from not met to met by a price, back only by a replay, and to none only by a waiver."""
    if lot.terms["reserve"] == Reserve.MET:
        yield 1, "a reserve cannot be met before there is a bid"
    for step in lot.steps():
        before, after = step.before["reserve"], step.after["reserve"]
        waived = step.done("reserve_lowered") and step.after["waived"]
        if (after == Reserve.NONE) != (waived or before == Reserve.NONE):
            yield step.seq, "the reserve is none only where there was none, or where it was waived"
        if (before, after) == (Reserve.MET, Reserve.NOT_MET) and not step.done(*REPLAYS):
            yield step.seq, "a reserve that was met is not met any more"
        if before == Reserve.NONE and step.done("reserve_lowered"):
            yield step.seq, "a reserve was lowered where there was none"
        if (before, after) == (Reserve.NOT_MET, Reserve.MET) and not (
            step.shown or step.done("reserve_lowered", *REPLAYS)
        ):
            yield step.seq, f"{step.kind} cannot meet the reserve"


def reserve_step(lot: Lot) -> Iterator[Remark]:
    """One hidden reserve explains every state: what met it is above all that did not, until it is lowered."""
    least_met: int | None = None
    most_short = 0
    for public in lot.publics:
        if public["kind"] == "reserve_lowered" and public["outcome"] == "done":
            most_short = 0
        price = public["price_cents"]
        if public["reserve"] == Reserve.MET and price is None:
            yield public["seq"], "the reserve is met without a price"
        elif public["reserve"] == Reserve.MET:
            least_met = price if least_met is None else min(least_met, price)
        elif public["reserve"] == Reserve.NOT_MET:
            most_short = max(most_short, price or 0)
        if least_met is not None and most_short >= least_met:
            yield public["seq"], f"the reserve was not met at {most_short} cents, but met at {least_met}"
            return
