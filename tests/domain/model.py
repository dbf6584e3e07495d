"""The rules once more, written from auction-rules.md alone: slow, in dollars, everything computed anew from a list.

It knows bids, reserve changes, retractions and removals, and the clock of one live lot.
"""

from dataclasses import dataclass, field
from typing import Any

TABLE = [(100_000, 1_000), (50_000, 500), (25_000, 250), (5_000, 100), (1_000, 50), (0, 25)]


def inc(price: int) -> int:
    return next(step for edge, step in TABLE if price >= edge)


@dataclass
class Model:
    """Attempts are judged in order. Times are milliseconds after the start; `window` too."""

    start: int
    reserve: int | None
    end: int
    window: int
    facts: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    version: int = 0

    def state(self) -> tuple[int | None, str | None, int, str]:
        """(P, L, M, reserve state), from the first bid to the last one that stands."""
        price: int | None = None
        leader: str | None = None
        most, reserve = 0, self.reserve
        for fact in self.facts:
            if fact.get("out"):
                continue
            if fact["kind"] == "reserve":
                reserve = fact["dollars"]
            else:
                who, what, plain = fact["who"], fact["dollars"], fact["kind"] == "bid"
                if who == leader:
                    most = max(most, what)
                elif price is None:
                    leader, most, price = who, what, what if plain else self.start
                elif what > most:
                    asked = what if plain else min(what, most + inc(most))
                    leader, most, price = who, what, max(price, asked)
                elif what == most:
                    price = max(price, most)
                else:
                    price = max(price, min(most, what + inc(what)))
            if price is not None and reserve is not None and most >= reserve > price:
                price = reserve
        state = "none" if reserve is None else "met" if price is not None and price >= reserve else "not_met"
        return price, leader, most, state

    def visible(self) -> tuple[Any, ...]:
        price, leader, _, reserve = self.state()
        return price, leader, reserve

    def minimum(self) -> int:
        price = self.state()[0]
        return self.start if price is None else price + inc(price)

    def attempt(self, bid_id: str, who: str, kind: str, dollars: int, received: int) -> tuple[Any, ...]:
        """(outcome, code) of a bid."""
        body = (who, kind, dollars)
        if bid_id in self.answers:
            first_body, first = self.answers[bid_id]
            return first if first_body == body else ("refused", "ID_REUSED")
        answer = self._judge(who, kind, dollars, received)
        self.answers[bid_id] = (body, answer)
        return answer

    def _judge(self, who: str, kind: str, dollars: int, received: int) -> tuple[Any, ...]:
        _, leader, most, _ = self.state()
        if dollars <= 0:
            return "refused", "NOT_WHOLE_DOLLARS"
        if received < 0:
            return "refused", "NOT_STARTED"
        if received >= self.end:
            return "refused", "TOO_LATE"
        if who == "S":
            return "refused", "OWN_VEHICLE"
        if who == leader and kind == "bid":
            return "refused", "ALREADY_LEADING"
        if who == leader and dollars <= most:
            return "refused", "BELOW_OWN_MAXIMUM"
        if who != leader and dollars < self.minimum():
            return "refused", "BELOW_MINIMUM"
        before = self.visible()
        self.facts.append({"kind": kind, "who": who, "dollars": dollars})
        if self.visible() != before:
            self.version += 1
            self.end = max(self.end, received + self.window)
        return ("leading" if self.state()[1] == who else "outbid"), None

    def lower(self, dollars: int | None, now: int) -> bool:
        current = self.reserve
        for fact in self.facts:
            if fact["kind"] == "reserve":
                current = fact["dollars"]
        if now >= self.end or current is None or (dollars is not None and not 0 < dollars < current):
            return False
        before = self.visible()
        self.facts.append({"kind": "reserve", "dollars": dollars})
        self.version += self.visible() != before
        return True

    def take_out(self, chosen: list[dict[str, Any]]) -> None:
        before = self.visible()
        for fact in chosen:
            fact["out"] = True
        self.version += self.visible() != before

    def standing_bids(self) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["kind"] != "reserve" and not fact.get("out")]
