"""Plays worked sequences through the rules, in the format of `tests/golden/bidding.json`, without a server.

For audits, what-if questions and sellers' rehearsals.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.auction import Answer, Auction, Bid, Status, Terms
from domain.bidding import Kind
from domain.clock import from_text
from domain.money import is_whole_dollars
from domain.steering import cancel, change_reserve, remove_bidder, retract

NO_NONCE = "0" * 64
ADMIN = "admin"
YEARS = range(2000, 3000)
LONGEST_WINDOW_S = 86_400


class RehearsalError(ValueError):
    """The file cannot be played; the message is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class _Fields:
    """The members of one JSON object, with the place they stand in for messages."""

    values: Mapping[str, Any]
    place: str

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(name, "must be a non-empty string")
        return value

    def integer(self, name: str) -> int:
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name, "must be an integer (cents or seconds)")
        return value

    def integer_or_null(self, name: str) -> int | None:
        if name not in self.values:
            raise self.wrong(name, "is missing; write null for none")
        return None if self.values[name] is None else self.integer(name)

    def time(self, name: str) -> datetime:
        text, rule = self.text(name), "must be a time like 2026-05-05T12:00:00.000Z, from 2000 to 2999"
        try:
            moment = from_text(text)
        except (ValueError, OverflowError) as error:
            raise self.wrong(name, rule) from error
        if moment.year not in YEARS:
            raise self.wrong(name, rule)
        return moment

    def wrong(self, name: str, rule: str) -> RehearsalError:
        return RehearsalError(f"{self.place}: {name!r} {rule}")


def play(document: object) -> list[dict[str, Any]]:
    """Play `{"sequences": [{"name", "setup", "steps": [{"action"}]}]}`; one `{"name", "results"}` for each sequence.

    Raises RehearsalError before anything is played where any part of the document cannot be read.
    """
    sequences = _list(_object(document, "the file").values.get("sequences"), "the file: 'sequences'")
    prepared = [_prepare(item, f"sequence {number}") for number, item in enumerate(sequences, 1)]
    return [{"name": name, "results": [step(auction) for step in steps]} for name, auction, steps in prepared]


_Step = Callable[[Auction], dict[str, Any]]


def _prepare(item: object, place: str) -> tuple[str, Auction, list[_Step]]:
    fields = _object(item, place)
    name = fields.text("name")
    place = f"{place} ({name})"
    auction = Auction(_terms(_object(fields.values.get("setup"), f"{place}, setup")))
    steps = _list(fields.values.get("steps"), f"{place}: 'steps'")
    return name, auction, [_step(step, f"{place}, step {number}") for number, step in enumerate(steps, 1)]


def _terms(setup: _Fields) -> Terms:
    starts_at, ends_at = setup.time("starts_at"), setup.time("ends_at")
    start, reserve = setup.integer("start_cents"), setup.integer_or_null("reserve_cents")
    if not is_whole_dollars(start):
        raise setup.wrong("start_cents", "must be a positive number of whole dollars")
    if reserve is not None and not is_whole_dollars(reserve):
        raise setup.wrong("reserve_cents", "must be a positive number of whole dollars, or null")
    if ends_at <= starts_at:
        raise setup.wrong("ends_at", "must be after 'starts_at'")
    window = setup.integer("window_s")
    if not 0 <= window <= LONGEST_WINDOW_S:
        raise setup.wrong("window_s", "must be 0 to 86400 seconds")
    return Terms(0, (setup.text("seller"),), start, reserve, starts_at, ends_at, window, sunday_rule=False)


def _step(step: object, place: str) -> _Step:
    action = _object(_object(step, place).values.get("action"), f"{place}, action")
    at, act = action.time("at"), _act(action)

    def run(auction: Auction) -> dict[str, Any]:
        if auction.status is Status.SCHEDULED and at >= auction.starts_at:
            auction.start(at)
        return _result(auction, act(auction, at))

    return run


def _act(action: _Fields) -> Callable[[Auction, datetime], Answer]:
    kind = action.text("kind")
    reason = "rehearsal"
    match kind:
        case "bid" | "auto_bid":
            name = "amount_cents" if kind == "bid" else "max_cents"
            facts = (action.text("id"), action.text("bidder"), Kind(kind), action.integer(name), action.time("at"))
            return lambda auction, at: auction.place(Bid(*facts, nonce=NO_NONCE), at)
        case "lower_reserve":
            reserve = action.integer_or_null("reserve_cents")
            return lambda auction, at: change_reserve(auction, reserve, at, NO_NONCE)
        case "retract":
            bid_id = action.text("bid_id")
            return lambda auction, at: retract(auction, auction.seq_of(bid_id), at, ADMIN, reason)
        case "remove_bidder":
            bidder = action.text("bidder")
            return lambda auction, at: remove_bidder(auction, bidder, at, ADMIN, reason)
        case "close":
            return lambda auction, at: auction.close(at)
        case "hold":
            return lambda auction, at: auction.hold(at, reason)
        case "resume":
            return lambda auction, at: auction.resume(at)
        case "cancel":
            return lambda auction, at: cancel(auction, at, ADMIN, reason)
        case _:
            raise action.wrong(
                "kind", "must be bid, auto_bid, lower_reserve, retract, remove_bidder, close, hold, resume or cancel"
            )


def _result(auction: Auction, answer: Answer) -> dict[str, Any]:
    public = answer.entry.public
    leader = {alias: bidder for bidder in auction.numbers if (alias := auction.alias(bidder))}.get(public["leader"])
    result = {
        "outcome": answer.outcome,
        "price_cents": public["price_cents"],
        "leader": leader,
        "minimum_next_cents": public["minimum_next_cents"],
        "reserve": public["reserve"],
        "ends_at": public["ends_at"],
        "version": public["version"],
    }
    if answer.code is not None:
        result["code"] = answer.code
    if answer.outcome == "done" and "result" in public:
        result["result"] = public["result"]
    return result


def _object(value: object, place: str) -> _Fields:
    if not isinstance(value, dict):
        message = f"{place} must be a JSON object"
        raise RehearsalError(message)
    return _Fields(value, place)


def _list(value: object, place: str) -> Sequence[object]:
    if not isinstance(value, list):
        message = f"{place} must be a JSON list"
        raise RehearsalError(message)
    return value
