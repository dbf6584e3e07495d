"""The JSON shape of negotiations and second chances: to each side its own talks, and never a reserve or a maximum."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.second_chances import STOPPED, ListedChance, StoredChance
from activities.db.talks import ListedTalks, StoredTalks
from domain.clock import to_text
from domain.negotiation import Ending, Negotiation, Side
from domain.negotiation_views import Seen, seen_by_bidder, seen_by_seller
from domain.second_chance import Chance, Status

NEGOTIATION_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": 7,
        "auction_id": 7,
        "vehicle_id": 12,
        "status": "open",
        "you_are": "seller",
        "place": 1,
        "figures": [{"by": "buyer", "amount_cents": 1_050_000}],
        "amount_cents": 1_050_000,
        "by": "buyer",
        "is_bound": True,
        "your_turn": True,
        "may": ["accept", "counter", "decline", "stop"],
        "counters_left": 3,
        "least_cents": 1_050_100,
        "most_cents": 1_150_000,
        "ending": None,
        "step": 1,
        "order_id": None,
        "expires_at": "2026-05-06T19:12:03.000Z",
        "created_at": "2026-05-05T19:12:03.000Z",
        "server_now": "2026-05-05T19:12:03.120Z",
    }
)
CHANCE_EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "id": 31,
        "auction_id": 7,
        "vehicle_id": 12,
        "status": "offered",
        "you_are": "buyer",
        "amount_cents": 1_000_000,
        "your_turn": True,
        "may": ["accept", "decline"],
        "step": 1,
        "order_id": None,
        "relisted_as": None,
        "expires_at": "2026-05-13T19:12:03.000Z",
        "created_at": "2026-05-12T19:12:03.000Z",
        "server_now": "2026-05-12T19:12:03.120Z",
    }
)


class FigureView(TypedDict):
    """A price that was on the table, and who named it: buyer or seller."""

    by: str
    amount_cents: int


class NegotiationView(TypedDict):
    """A negotiation as one of its sides sees it: their own talks.

    `status` is open, sold or over, `ending` says how. `place` is the bidder's in the ranking. `is_bound`: the figure on
    the table, `amount_cents`, binds its side. A counter lies from `least_cents` to `most_cents`; `step` is to be sent
    back with an answer.
    """

    id: int
    auction_id: int
    vehicle_id: int
    status: str
    you_are: str
    place: int
    figures: list[FigureView]
    amount_cents: int | None
    by: str | None
    is_bound: bool
    your_turn: bool
    may: list[str]
    counters_left: int
    least_cents: int | None
    most_cents: int | None
    ending: str | None
    step: int
    order_id: int | None
    expires_at: str | None
    created_at: str
    server_now: str


class ListedNegotiationView(NegotiationView):
    """A negotiation in a list, with the vehicle's title."""

    title: str


class NegotiationPage(TypedDict):
    """Negotiations, newest first."""

    items: list[ListedNegotiationView]
    next_cursor: str | None
    total: int


class ChanceView(TypedDict):
    """A second chance as its seller or a candidate sees it; its `id` is that of the order that was not paid.

    `status` is asking_seller (their word is wanted), offered, taken or over. `order_id` is the sale that came of it,
    `relisted_as` the auction.
    """

    id: int
    auction_id: int
    vehicle_id: int
    status: str
    you_are: str
    amount_cents: int
    your_turn: bool
    may: list[str]
    step: int
    order_id: int | None
    relisted_as: int | None
    expires_at: str | None
    created_at: str
    server_now: str


class ListedChanceView(ChanceView):
    """A second chance in a list, with the vehicle's title."""

    title: str


class ChancePage(TypedDict):
    """Second chances, newest first."""

    items: list[ListedChanceView]
    next_cursor: str | None
    total: int


def seen(talks: Negotiation, side: Side, user_id: int) -> Seen:
    """What a side sees. Raises LookupError for a bidder who was not asked."""
    found = seen_by_seller(talks) if side is Side.SELLER else seen_by_bidder(talks, str(user_id))
    if found is None:
        raise LookupError(user_id)
    return found


def negotiation_view(
    stored: StoredTalks, side: Side, user_id: int, at: datetime, talks: Negotiation | None = None
) -> NegotiationView:
    """A negotiation as a side sees it, as it is recorded or, where that is newer, as its workflow says."""
    recorded = stored.talks
    if recorded is None:
        raise LookupError(stored.auction_id)
    shown = recorded if talks is None or talks.step < recorded.step else talks
    view = seen(shown, side, user_id)
    may = [act.value for act in view.may] if view.expires_at is not None and at < view.expires_at else []
    last = view.figures[-1] if view.figures else None
    return {
        "id": stored.auction_id,
        "auction_id": stored.auction_id,
        "vehicle_id": stored.vehicle_id,
        "status": _status(view),
        "you_are": side.value,
        "place": view.place,
        "figures": [{"by": figure.by.value, "amount_cents": figure.cents} for figure in view.figures],
        "amount_cents": None if last is None else last.cents,
        "by": None if last is None else last.by.value,
        "is_bound": view.ending is None and shown.is_bound,
        "your_turn": bool(may),
        "may": may,
        "counters_left": view.counters_left,
        "least_cents": view.least_cents,
        "most_cents": view.most_cents,
        "ending": None if view.ending is None else view.ending.value,
        "step": shown.step if view.ending is None else 0,
        "order_id": stored.order_id if view.ending is Ending.AGREED else None,
        "expires_at": None if view.expires_at is None else to_text(view.expires_at),
        "created_at": to_text(stored.created_at),
        "server_now": to_text(at),
    }


def listed_negotiation(listed: ListedTalks, user_id: int, at: datetime) -> ListedNegotiationView | None:
    """A negotiation in a list; None for who has no part in it."""
    side = listed.stored.side_of(user_id)
    if side is None:
        return None
    return {**negotiation_view(listed.stored, side, user_id, at), "title": listed.vehicle.title}


def chance_view(
    stored: StoredChance, side: Side, user_id: int, at: datetime, chance: Chance | None = None
) -> ChanceView:
    """A second chance as a side sees it, as it is recorded or, where that is newer, as its workflow says."""
    recorded = stored.chance
    if recorded is None:
        raise LookupError(stored.order_id)
    shown = recorded if chance is None or chance.step < recorded.step else chance
    own = stored.candidate_of(user_id) if side is Side.BUYER else shown.candidate
    status = _chance_status(stored, shown, side, user_id)
    waits = status in {Status.OFFERED, Status.ASKING_SELLER}
    may = _may(status, side) if at < shown.expires_at else []
    return {
        "id": stored.order_id,
        "auction_id": stored.auction_id,
        "vehicle_id": stored.vehicle_id,
        "status": status.value,
        "you_are": side.value,
        "amount_cents": (own or shown.candidate).cents,
        "your_turn": bool(may),
        "may": may,
        "step": shown.step if waits else 0,
        "order_id": stored.new_order_id if status is Status.TAKEN else None,
        "relisted_as": stored.relisted_as,
        "expires_at": to_text(shown.expires_at) if waits else None,
        "created_at": to_text(stored.created_at),
        "server_now": to_text(at),
    }


def listed_chance(listed: ListedChance, user_id: int, at: datetime) -> ListedChanceView | None:
    """A second chance in a list; None for who has no part in it."""
    side = side_of(listed.stored, user_id)
    return None if side is None else {**chance_view(listed.stored, side, user_id, at), "title": listed.vehicle.title}


def side_of(stored: StoredChance, user_id: int) -> Side | None:
    """Which side of a second chance somebody is on; None for who was not asked."""
    if stored.chance is None:
        return None
    if user_id == stored.seller_id:
        return Side.SELLER
    return None if stored.candidate_of(user_id) is None else Side.BUYER


def _status(view: Seen) -> str:
    if view.ending is None:
        return "open"
    return "sold" if view.ending is Ending.AGREED else "over"


def _chance_status(stored: StoredChance, shown: Chance, side: Side, user_id: int) -> Status:
    if stored.status == STOPPED and shown.status is not Status.TAKEN:
        return Status.OVER
    is_current = side is Side.SELLER or shown.candidate.bidder == str(user_id)
    return shown.status if is_current else Status.OVER


def _may(status: Status, side: Side) -> list[str]:
    if side is Side.SELLER:
        return ["allow", "refuse"] if status is Status.ASKING_SELLER else []
    return ["accept", "decline"] if status is Status.OFFERED else []
