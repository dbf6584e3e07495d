"""The form of ledger entries: which facts each kind has, of which type, and which codes can refuse it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from domain.auction import Result, Status
from domain.audit_lot import BIDS, Lot, Public, Remark
from domain.bidding import Reserve
from domain.clock import from_text, to_text
from domain.errors import Code
from domain.listings import SaleType
from domain.money import INCREMENT_TABLES
from domain.purchases import EXPIRED, HOLD_REASON, UNPAID
from domain.terms import SoldBy

Test = Callable[[Any], bool]
ALIAS = re.compile(r"Bidder [1-9][0-9]*")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _alias(value: Any) -> bool:
    return isinstance(value, str) and ALIAS.fullmatch(value) is not None


def _seqs(value: Any) -> bool:
    return isinstance(value, list) and all(map(_whole, value))


def _time(value: Any) -> bool:
    try:
        return isinstance(value, str) and to_text(from_text(value)) == value
    except (ValueError, OverflowError):
        return False


def _one_of(*values: str) -> Test:
    return lambda value: isinstance(value, str) and value in values


def _or_null(test: Test) -> Test:
    return lambda value: value is None or test(value)


COMMON: Mapping[str, Test] = {
    "auction_id": _whole,
    "seq": _whole,
    "kind": _text,
    "version": _whole,
    "at": _time,
    "status": _one_of(*Status),
    "price_cents": _or_null(_whole),
    "leader": _or_null(_alias),
    "reserve": _one_of(*Reserve),
    "minimum_next_cents": _whole,
    "ends_at": _time,
    "bid_count": _whole,
    "bidder_count": _whole,
}
_BID: Mapping[str, Test] = {
    "bid_id": _text,
    "bidder": _or_null(_alias),
    "received_at": _time,
    "channel": _one_of("door", "operator"),
    "amount_cents": _or_null(_whole),
    "silent": _flag,
    "extended": _flag,
}
_WHO = _one_of("admin", "bidder")
# What each kind always has, and what it has only when it was carried out.
ALWAYS: Mapping[str, Mapping[str, Test]] = {
    "scheduled": {},
    "started": {},
    "bid": _BID,
    "auto_bid": _BID,
    "reserve_lowered": {},
    "retracted": {"bid_seq": _or_null(_whole), "by": _WHO},
    "bidder_removed": {"bidder": _or_null(_alias)},
    "held": {"reason": _text},
    "resumed": {},
    "extended": {"reason": _text},
    "cancelled": {},
    "closed": {},
    "unreadable": {"channel": _text, "reason": _text},
    "reserved": {"purchase_id": _text},
    "buy_now_failed": {"purchase_id": _text},
    "bought": {"purchase_id": _text},
    "offer_accepted": {"acceptance_id": _text, "offer_id": _text},
}
WHEN_DONE: Mapping[str, Mapping[str, Test]] = {
    "scheduled": {
        "start_cents": _whole,
        "starts_at": _time,
        "window_s": _whole,
        "increments": _one_of(*INCREMENT_TABLES),
    },
    "bid": {"bidder": _alias},
    "auto_bid": {"bidder": _alias},
    "reserve_lowered": {"waived": _flag},
    "retracted": {"bid_seq": _whole, "reason": _text},
    "bidder_removed": {"bidder": _alias, "bid_seqs": _seqs, "by": _WHO, "reason": _text},
    "held": {"remaining_ms": _whole},
    "resumed": {"starts_at": _time},
    "cancelled": {"reason": _text, "by": _text, "result": _one_of(Result.CANCELLED)},
    "closed": {"result": _one_of(Result.SOLD, Result.RESERVE_NOT_MET, Result.NO_BIDS)},
    "reserved": {"cents": _whole, "expires_at": _time, "remaining_ms": _whole, "reason": _one_of(HOLD_REASON)},
    "buy_now_failed": {"reason": _one_of(EXPIRED, UNPAID), "starts_at": _time},
    "bought": {"cents": _whole, "result": _one_of(Result.SOLD), "sold_by": _one_of(SoldBy.BUY_NOW)},
    "offer_accepted": {"cents": _whole, "result": _one_of(Result.SOLD), "sold_by": _one_of(SoldBy.OFFER)},
}
# All of these or none: the terms of lots that were scheduled before they were public (`Terms.clock_rules`) lack them,
# and those that only bids can sell do not tell of other ways.
SINCE: Mapping[str, Sequence[Mapping[str, Test]]] = {
    "scheduled": (
        {"sunday_rule": _flag, "outage_stagger_ms": _whole},
        {"sale_type": _one_of(*SaleType), "buy_now_cents": _or_null(_whole), "offers_open": _flag},
    )
}
_OVER = frozenset({Code.TOO_LATE, Code.CLOSED})
_ANY_BID = _OVER | {
    *(Code.ID_REUSED, Code.NOT_WHOLE_DOLLARS, Code.NOT_STARTED, Code.ON_HOLD, Code.NO_BIDDING, Code.OWN_VEHICLE)
}
_ANY_PURCHASE = _OVER | {Code.ID_REUSED, Code.ON_HOLD, Code.RESERVED, Code.NOT_ON_SUNDAY, Code.OWN_VEHICLE}
CODES: Mapping[str, frozenset[Code]] = {
    "bid": _ANY_BID | {Code.ALREADY_LEADING, Code.BELOW_MINIMUM},
    "auto_bid": _ANY_BID | {Code.BELOW_OWN_MAXIMUM, Code.BELOW_MINIMUM},
    "reserve_lowered": frozenset({Code.RESERVE_NOT_LOWERED}),
    "retracted": _OVER | {Code.NO_SUCH_BID, Code.RETRACTION_NOT_ALLOWED},
    "bidder_removed": _OVER | {Code.NO_SUCH_BID, Code.RETRACTION_NOT_ALLOWED},
    "held": _OVER | {Code.ON_HOLD},
    "resumed": frozenset({Code.NOT_HELD, Code.RESERVED}),
    "cancelled": _OVER | {Code.HAS_BIDS, Code.RESERVED},
    "closed": frozenset({Code.NOT_ENDED}),
    "unreadable": frozenset({Code.UNREADABLE}),
    "reserved": _ANY_PURCHASE | {Code.NOT_STARTED, Code.BUY_NOW_NOT_OPEN, Code.BUY_NOW_ONCE},
    "buy_now_failed": _OVER | {Code.NOT_RESERVED},
    "bought": _OVER | {Code.NOT_RESERVED},
    "offer_accepted": _ANY_PURCHASE | {Code.NOT_WHOLE_DOLLARS, Code.OFFERS_NOT_OPEN},
}
# These two are written by the clock alone and carry no outcome.
WITHOUT_OUTCOME = frozenset({"started", "extended"})


def form(lot: Lot) -> Iterator[Remark]:
    """Every entry has the facts of its kind, in their types; the first and only the first has the terms."""
    if not lot.entries:
        yield 0, "the ledger is empty"
        return
    for number, entry in enumerate(lot.entries, 1):
        kind = entry.public.get("kind")
        if (kind == "scheduled") != (number == 1):
            yield number, "the first entry, and no other, must be `scheduled`"
        yield from ((number, sentence) for sentence in _wrong(entry.public))


def _wrong(public: Public) -> Iterator[str]:
    kind = public.get("kind")
    if not isinstance(kind, str) or kind not in ALWAYS:
        yield f"{kind!r} is no kind of entry"
        return
    expected = {**COMMON, **ALWAYS[kind]}
    if kind not in WITHOUT_OUTCOME:
        expected |= _outcome(kind)
    if public.get("outcome") != "refused":
        expected |= WHEN_DONE.get(kind, {})
    for since in SINCE.get(kind, ()):
        if not public.keys().isdisjoint(since):
            expected |= since
    for name, test in expected.items():
        if name not in public:
            yield f"`{name}` is missing"
        elif not test(public[name]):
            yield f"`{name}` cannot be {public[name]!r}"
    if (public.get("outcome") == "refused") != (public.get("code") is not None):
        yield "a code belongs to every refusal and to nothing else"


def _outcome(kind: str) -> dict[str, Test]:
    codes = CODES.get(kind, frozenset())
    outcomes = ["leading", "outbid"] if kind in BIDS else ["done"]
    if kind == "unreadable":
        outcomes = []
    if codes:
        outcomes.append("refused")
    return {"outcome": _one_of(*outcomes), "code": _or_null(_one_of(*codes))}
