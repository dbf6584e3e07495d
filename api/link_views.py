"""The JSON shapes of linked accounts, for support: numbers and kinds of evidence, never a name or the thing itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from activities.db.link_facts import SharedLot, Standing
from activities.db.links import Link
from domain.clock import to_text
from domain.links import held_payouts, is_barred
from domain.shills import Rewound


class LinkView(TypedDict):
    """Two accounts that share something. `barred`: neither may bid on the other's lots now."""

    first_id: int
    second_id: int
    evidence: list[str]
    score: int
    decision: str
    barred: bool
    payouts_held: list[int]
    reason: str | None
    found_at: str
    decided_by: int | None
    decided_at: str | None


class StandingView(TypedDict):
    """How one of the two accounts stands."""

    user_id: int
    role: str
    can_bid: bool
    on_hold_reason: str | None
    identity_status: str | None
    seller_status: str | None
    disabled: bool


class SharedLotView(TypedDict):
    """A lot of one account on which the other bid; `leads`: the bidder leads, or has won."""

    auction_id: int
    seller_id: int
    bidder_id: int
    status: str
    result: str | None
    price_cents: int | None
    leads: bool


class FullLinkView(LinkView):
    """A pair with how both stand and where one bid on the other's lots, newest first."""

    accounts: list[StandingView]
    lots: list[SharedLotView]


class LinkPage(TypedDict):
    """A page of pairs, the strongest evidence first."""

    items: list[LinkView]
    next_cursor: str | None
    total: int


class RewoundView(TypedDict):
    """An ended lot as it was and without the linked bidder, `shill_id`; money in cents."""

    auction_id: int
    seller_id: int
    shill_id: int
    result: str | None
    price_cents: int | None
    winner_id: int | None
    price_without_cents: int | None
    winner_without_id: int | None
    reserve_met_without: bool
    owed_cents: int


class MakeWholeView(TypedDict):
    """What a pair's bids on each other's lots cost others. No money is moved by this."""

    first_id: int
    second_id: int
    lots: list[RewoundView]
    owed_cents: int


LINK: Mapping[str, Any] = MappingProxyType(
    {
        "first_id": 12,
        "second_id": 42,
        "evidence": ["bank", "device"],
        "score": 100,
        "decision": "linked",
        "barred": True,
        "payouts_held": [42],
        "reason": "Both are paid to one account; the owner confirmed it by telephone.",
        "found_at": "2026-11-20T15:00:00.000Z",
        "decided_by": 3,
        "decided_at": "2026-11-21T16:30:00.000Z",
    }
)
FULL_LINK: Mapping[str, Any] = MappingProxyType(
    {
        **LINK,
        "accounts": [
            {
                "user_id": 12,
                "role": "buyer",
                "can_bid": True,
                "on_hold_reason": None,
                "identity_status": "approved",
                "seller_status": None,
                "disabled": False,
            }
        ],
        "lots": [
            {
                "auction_id": 7,
                "seller_id": 42,
                "bidder_id": 12,
                "status": "ended",
                "result": "sold",
                "price_cents": 810_000,
                "leads": False,
            }
        ],
    }
)
MAKE_WHOLE: Mapping[str, Any] = MappingProxyType(
    {
        "first_id": 12,
        "second_id": 42,
        "lots": [
            {
                "auction_id": 7,
                "seller_id": 42,
                "shill_id": 12,
                "result": "sold",
                "price_cents": 810_000,
                "winner_id": 31,
                "price_without_cents": 610_000,
                "winner_without_id": 31,
                "reserve_met_without": True,
                "owed_cents": 200_000,
            }
        ],
        "owed_cents": 200_000,
    }
)


def link_view(found: Link) -> LinkView:
    """A pair in a list."""
    return {
        "first_id": found.first_id,
        "second_id": found.second_id,
        "evidence": sorted(kind.value for kind in found.evidence),
        "score": found.score,
        "decision": found.decision.value,
        "barred": is_barred(found.decision, found.score),
        "payouts_held": sorted(held_payouts(found.reason)),
        "reason": (found.reason or "").partition("\n")[0] or None,
        "found_at": to_text(found.found_at),
        "decided_by": found.decided_by,
        "decided_at": None if found.decided_at is None else to_text(found.decided_at),
    }


def full_link_view(found: Link, accounts: list[Standing], lots: list[SharedLot]) -> FullLinkView:
    """A pair with all that a decision needs."""
    return {
        **link_view(found),
        "accounts": [
            {
                "user_id": each.user_id,
                "role": each.role,
                "can_bid": each.can_bid,
                "on_hold_reason": each.on_hold_reason,
                "identity_status": each.identity_status,
                "seller_status": each.seller_status,
                "disabled": each.disabled,
            }
            for each in accounts
        ],
        "lots": [shared_lot_view(lot) for lot in lots],
    }


def shared_lot_view(lot: SharedLot) -> SharedLotView:
    """One lot that concerns both accounts."""
    return {
        "auction_id": lot.auction_id,
        "seller_id": lot.seller_id,
        "bidder_id": lot.bidder_id,
        "status": lot.status,
        "result": lot.result,
        "price_cents": lot.price_cents,
        "leads": lot.leader_id == lot.bidder_id,
    }


def rewound_view(lot: SharedLot, rewound: Rewound) -> RewoundView:
    """One ended lot that the linked bidder has changed."""
    return {
        "auction_id": lot.auction_id,
        "seller_id": lot.seller_id,
        "shill_id": lot.bidder_id,
        "result": lot.result,
        "price_cents": rewound.price_cents,
        "winner_id": _number(rewound.winner),
        "price_without_cents": rewound.price_without_cents,
        "winner_without_id": _number(rewound.winner_without),
        "reserve_met_without": rewound.met_without,
        "owed_cents": rewound.owed_cents,
    }


def _number(bidder: str | None) -> int | None:
    return None if bidder is None else int(bidder)
