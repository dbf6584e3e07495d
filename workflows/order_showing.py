"""How an order shows itself to an operator who reads it in the Temporal UI: plain words, and nobody's name."""

from collections.abc import Iterator

from domain.clock import CHICAGO
from domain.disputes import Dispute
from domain.money import dollars
from domain.promises import Promise, State
from workflows.order_messages import OrderState

TIME = "%a %Y-%m-%d %H:%M %Z"
ENDED_WELL = frozenset({State.KEPT, State.WAIVED})


def details(state: OrderState) -> str:
    """The state of a sale in a page of Markdown."""
    return "\n".join(_lines(state))


def _lines(state: OrderState) -> Iterator[str]:
    order = state.order
    yield f"**{order.status}**: auction {order.auction_id}, sold by {order.how} for {dollars(order.price_cents)}"
    if order.reason:
        yield f"- because: {order.reason}"
    if state.invoice is not None:
        owed = dollars(state.invoice.total_cents + state.late_fee_cents)
        yield f"- invoice {state.invoice.number}: {dollars(state.paid_cents)} of {owed} paid"
    if state.unwinding:
        yield f"- being undone; left to do: {', '.join(reversed(state.undo)) or 'nothing'}"
    if state.payout.due_on is not None:
        yield f"- payout on {state.payout.due_on}: {state.payout.status}{', held' if state.payout.held else ''}"
    for promise in state.timeline:
        if promise.state not in ENDED_WELL:
            yield _promise(promise)
    for case in state.disputes:
        yield _dispute(case)
    if state.calls:
        yield f"- operators are being called: {', '.join(trouble.step for trouble in state.calls)}"


def _promise(promise: Promise) -> str:
    due = "" if promise.due_at is None else f", due {promise.due_at.astimezone(CHICAGO):{TIME}}"
    return f"- {promise.owner} owes {promise.code}: {promise.state}{due}"


def _dispute(case: Dispute) -> str:
    until = f", next step {case.due_at.astimezone(CHICAGO):{TIME}}" if case.is_open else ""
    owner = f" with {case.owner}" if case.owner else ""
    return f"- dispute {case.id} ({case.claim.kind}, by {case.claim.by}): {case.state}{owner}{until}"
