"""What the pages of orders are given: an order or a list of them as the API tells it, with the words for its reader.

Made from the JSON of OrderView and ListedOrderView (`api.order_shapes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from domain.clock import to_ms
from web import order_words as words
from web.formats import moment, money, span
from web.listing_words import Kind
from web.views import Frame, Json

HOME = "/account/orders"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order for one of its sides: where it stands and what comes next."""

    order: Json
    now: datetime

    @property
    def link(self) -> str:
        """Its page."""
        return f"{HOME}/{self.order['id']}"

    @property
    def is_buyer(self) -> bool:
        """Whether its reader bought it."""
        return bool(self.order["you_are"] == "buyer")

    @property
    def label(self) -> str:
        """Where it stands, in a word or two."""
        return words.STATUS[self.order["status"]][0]

    @property
    def kind(self) -> Kind:
        """The colour of the label."""
        return words.STATUS[self.order["status"]][1]

    @property
    def text(self) -> str:
        """Where it stands, in a sentence."""
        return words.STATUS[self.order["status"]][2 if self.is_buyer else 3]

    @property
    def how(self) -> str:
        """How it was sold, for how much."""
        return f"{money(self.order['price_cents'])}, {words.HOW[self.order['how']]}"

    @property
    def next(self) -> tuple[str, str]:
        """What its reader does next: a headline and a sentence."""
        return words.NEXT[self.order["next"]["code"]]

    @property
    def waits(self) -> bool:
        """Whether its reader is to do something."""
        return self.order["next"]["code"] in words.TO_DO

    @property
    def left(self) -> str | None:
        """The time that is left for the next step; None without a term, or after it."""
        due_at = self.order["next"]["due_at"]
        left = None if due_at is None else to_ms(moment(due_at)) - to_ms(self.now)
        return span(left) if left is not None and left > 0 else None


@dataclass(frozen=True, slots=True)
class Orders:
    """Somebody's orders, newest first; `older` is the address of the next page."""

    template: ClassVar[str] = "orders"
    frame: Frame
    lines: Sequence[OrderLine] = ()
    total: int = 0
    older: str | None = None
    side: str = ""
    status: str = ""

    @property
    def waiting(self) -> int:
        """How many of those shown wait for their reader."""
        return sum(line.waits for line in self.lines)

    @property
    def is_filtered(self) -> bool:
        """Whether only some are asked for."""
        return bool(self.side or self.status)

    @property
    def choices(self) -> Mapping[str, Mapping[str, str]]:
        """What each filter takes, with its words."""
        return {"side": {"": "Bought and sold", **words.SIDES}, "status": {"": "In any state", **words.FILTERS}}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the promise timeline, in words for its reader."""

    promise: Json
    side: str
    now: datetime

    @property
    def title(self) -> str:
        """What is promised."""
        if self.promise["code"] == "payout":
            return "You are paid"
        return words.PROMISE[self.promise["code"]]

    @property
    def owner(self) -> str:
        """Who owes it."""
        own = self.promise["owner"] == self.side
        return "You" if own else words.OWNER[self.promise["owner"]]

    @property
    def state(self) -> tuple[str, Kind]:
        """Where it stands, and the colour of that."""
        return words.PROMISE_STATE[self.promise["state"]]

    @property
    def is_own_turn(self) -> bool:
        """Whether its reader owes it now."""
        return self.promise["state"] in {"open", "missed"} and self.promise["owner"] == self.side

    @property
    def shows_cost(self) -> bool:
        """Whether it matters what follows if it is missed."""
        return self.promise["state"] in {"waiting", "open", "held", "missed"}


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute in words for its reader."""

    dispute: Json
    order_id: int
    side: str

    @property
    def link(self) -> str:
        """Its page."""
        return f"{HOME}/{self.order_id}/disputes/{self.dispute['id']}"

    @property
    def title(self) -> str:
        """What it is about."""
        return words.DISPUTE_KIND[self.dispute["kind"]][0]

    @property
    def state(self) -> tuple[str, Kind, str]:
        """Where it stands, its colour, and a sentence."""
        return words.DISPUTE_STATE[self.dispute["state"]]

    @property
    def is_open(self) -> bool:
        """Whether it holds the order's money."""
        return self.dispute["closed_at"] is None

    @property
    def asked(self) -> str:
        """What is asked for."""
        return self._remedy(self.dispute["asked"])

    @property
    def outcome(self) -> str | None:
        """What it ended in."""
        return None if self.dispute["resolution"] is None else self._remedy(self.dispute["resolution"])

    @property
    def default(self) -> str | None:
        """What it ends in if nobody decides."""
        told = self.dispute["default_outcome"]
        return None if told is None else self._remedy(told)

    def who(self, party: str) -> str:
        """A party, as its reader thinks of it."""
        return "You" if party == self.side else words.OWNER[party]

    @staticmethod
    def _remedy(told: Json) -> str:
        return words.remedy(told["remedy"], money(told["cents"]))


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order for one of its sides. `key` is a fresh idempotency key for its forms; `card` is the buyer's stored one.

    `typed` is what was typed into a form that is sent back with its `error`.
    """

    template: ClassVar[str] = "order"
    frame: Frame
    order: Json
    key: str
    card: str = ""
    error: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> OrderLine:
        """Where it stands."""
        return OrderLine(self.order, self.frame.server_now)

    @property
    def link(self) -> str:
        """Its address."""
        return self.line.link

    @property
    def side(self) -> str:
        """`buyer` or `seller`."""
        side: str = self.order["you_are"]
        return side

    @property
    def steps(self) -> Sequence[Step]:
        """The promise timeline."""
        return [Step(each, self.side, self.frame.server_now) for each in self.order["timeline"]]

    @property
    def cases(self) -> Sequence[Case]:
        """The disputes, those that are open first."""
        found = [Case(each, self.order["id"], self.side) for each in self.order["disputes"]]
        return sorted(found, key=lambda case: not case.is_open)

    @property
    def history(self) -> Sequence[tuple[Json, str, str, str]]:
        """The history, newest line first: the event, what happened, who did it, and what they said."""
        shown = []
        for event in reversed(self.order["history"]):
            text = words.EVENT.get(event["kind"], words.spelled(event["kind"]))
            if event["kind"] == "promise_missed":
                code = event["words"].partition(":")[0]
                text = f"Missed: {words.PROMISE.get(code, words.spelled(code)).lower()}"
            by = "You" if event["by"] == self.side else words.OWNER[event["by"]]
            shown.append((event, text, by, _said(event)))
        return shown

    @property
    def other_wishes(self) -> bool:
        """Whether the other side wishes the sale to be cancelled, and its reader does not yet."""
        wished = set(self.order["cancel_wished_by"])
        return bool(wished - {self.side, "staff"}) and self.side not in wished

    @property
    def has_wished(self) -> bool:
        """Whether its reader wishes the sale to be cancelled."""
        return self.side in self.order["cancel_wished_by"]


@dataclass(frozen=True, slots=True)
class DisputePage:
    """One dispute with the forms of its reader, or with `kinds` the form that opens one.

    `documents` are the vehicle's papers that may be filed, by id.
    """

    template: ClassVar[str] = "dispute"
    frame: Frame
    order: Json
    key: str
    dispute: Json | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> OrderLine:
        """The order."""
        return OrderLine(self.order, self.frame.server_now)

    @property
    def case(self) -> Case | None:
        """The dispute."""
        return None if self.dispute is None else Case(self.dispute, self.order["id"], self.order["you_are"])

    @property
    def asks(self) -> Mapping[str, str]:
        """What may be asked for."""
        return words.ASK

    @property
    def kinds(self) -> Sequence[tuple[Json, str, str]]:
        """The kinds that may be opened, each with its name and what it is."""
        return [(each, *words.DISPUTE_KIND[each["kind"]]) for each in self.order["can"]["dispute"]]


def _said(event: Json) -> str:
    if event["kind"] == "charge_refused":
        return words.REFUSED.get(event["words"], "")
    return str(event["words"]) if event["kind"] in words.TOLD else ""


def page_link(side: str, status: str, cursor: str) -> str:
    """The address of the next page of a list with its filters."""
    pairs = {"side": side, "status": status, "cursor": cursor}
    return f"{HOME}?{urlencode({name: value for name, value in pairs.items() if value})}"
