"""Linked accounts as support sees them: the suspicions, one pair, a human's decision, and the softer means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import accounts, audit, link_facts, links
from activities.db.accounts import Account
from activities.db.audit import Deed, Source
from activities.db.link_facts import SharedLot
from activities.db.links import Link, LinkKey
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.link_views import (
    FULL_LINK,
    LINK,
    MAKE_WHOLE,
    FullLinkView,
    LinkPage,
    MakeWholeView,
    RewoundView,
    full_link_view,
    link_view,
    rewound_view,
)
from api.paging import ID_MAX, Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Staff
from api.sources import source_of
from api.staff_reads import note_read
from api.state import services_of
from domain.accounts import Identity
from domain.links import Decision, held_payouts, pair, with_held
from domain.shills import without

LOTS_MOST = 200
# The person reads this at each bid that is refused, and on the checklist.
DEPOSIT_ASKED = "Support asks for a deposit before you bid again; please write to support."
router = APIRouter(prefix="/api/support/links", tags=["support"])


class Body(BaseModel):
    """What all bodies here have in common: nothing unknown, and a reason for the audit log."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class DecisionBody(Body):
    """What a human makes of the pair."""

    decision: Literal[Decision.LINKED, Decision.DISMISSED]


class AccountBody(Body):
    """Which of the two accounts."""

    user_id: Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]


class DepositBody(AccountBody):
    """Whether a deposit is asked for, or no longer."""

    required: Annotated[bool, Field(strict=True)] = True


class PayoutBody(AccountBody):
    """Whether the account's payouts are held, or no longer."""

    held: Annotated[bool, Field(strict=True)] = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member of the staff wants done about a pair of accounts, to `user_id` where it concerns one of them."""

    first: int
    second: int
    by: int
    reason: str
    at: datetime
    source: Source
    user_id: int | None = None


@router.get(
    "",
    **about(Audience.STAFF, "INVALID_CURSOR", example={"items": [dict(LINK)], "next_cursor": None, "total": 1}),
)
async def list_links(
    request: Request,
    person: Staff,
    decision: Annotated[Decision | None, Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> LinkPage:
    """Pairs of accounts worth a look, the strongest evidence first; `decision=open` are those that wait for one."""
    after = link_key(cursor)
    await note_read(request, person, "links", "links", decision=decision)
    found, total = await services_of(request).database.read(page_and_total, decision, after, limit + 1)
    shown = found[:limit]
    return {
        "items": [link_view(each) for each in shown],
        "next_cursor": link_cursor(shown[-1]) if len(found) > limit else None,
        "total": total,
    }


@router.get("/{first}/{second}", **about(Audience.STAFF, "LINK_NOT_FOUND", example=dict(FULL_LINK)))
async def one_link(request: Request, person: Staff, first: Id, second: Id) -> FullLinkView:
    """One pair: what they share, how both stand, and where one bid on the other's lots."""
    await note_read(request, person, "link", f"accounts {first} and {second}")
    return await services_of(request).database.read(full, first, second)


@router.post("/{first}/{second}/decide", **about(Audience.STAFF, "LINK_NOT_FOUND", example=dict(FULL_LINK)))
async def decide(request: Request, person: Staff, first: Id, second: Id, body: DecisionBody) -> FullLinkView:
    """Decide on a pair. Linked: neither bids on the other's lots. Dismissed: all that was asked for it is lifted.

    Bids on lots that run are taken out by two admins (`remove-bidder`); `lots` says where there are any.
    """
    return await _do(request, _wish(request, person.id, first, second, body), decided, body.decision)


@router.post("/{first}/{second}/ask-to-verify", **about(Audience.STAFF, "LINK_NOT_FOUND", example=dict(FULL_LINK)))
async def ask_to_verify(request: Request, person: Staff, first: Id, second: Id, body: AccountBody) -> FullLinkView:
    """Have one of the two prove again who they are before they may bid, as when an identity check has run out."""
    return await _do(request, _wish(request, person.id, first, second, body), verification_asked)


@router.post("/{first}/{second}/require-deposit", **about(Audience.STAFF, "LINK_NOT_FOUND", example=dict(FULL_LINK)))
async def require_deposit(request: Request, person: Staff, first: Id, second: Id, body: DepositBody) -> FullLinkView:
    """Stop one of the two from bidding until there is a deposit, or (`required` false) let them bid again."""
    return await _do(request, _wish(request, person.id, first, second, body), deposit_asked, body.required)


@router.post("/{first}/{second}/hold-payout", **about(Audience.STAFF, "LINK_NOT_FOUND", example=dict(FULL_LINK)))
async def hold_payout(request: Request, person: Staff, first: Id, second: Id, body: PayoutBody) -> FullLinkView:
    """Hold the payouts to one of the two, or (`held` false) let them go."""
    return await _do(request, _wish(request, person.id, first, second, body), payout_held, body.held)


@router.post(
    "/{first}/{second}/make-whole",
    **about(Audience.STAFF, "LINK_NOT_FOUND", "LINK_UNDECIDED", example=dict(MAKE_WHOLE)),
)
async def make_whole(request: Request, person: Staff, first: Id, second: Id, body: Body) -> MakeWholeView:
    """What each ended lot of the one would have come to without the other's bids, and what its buyer is owed."""
    wish = _wish(request, person.id, first, second, body)
    return await services_of(request).database.write(made_whole, wish)


def page_and_total(
    connection: Connection, decision: Decision | None, after: LinkKey | None, limit: int
) -> tuple[list[Link], int]:
    """A page of pairs and how many there are."""
    return links.link_page(connection, decision, after=after, limit=limit), links.count_links(connection, decision)


def full(connection: Connection, first: int, second: int) -> FullLinkView:
    """One pair in full. Raises LINK_NOT_FOUND."""
    found = known(links.link, connection, first, second)
    lots = link_facts.shared_lots(connection, found.first_id, found.second_id, limit=LOTS_MOST)
    return full_link_view(found, link_facts.standings(connection, (first, second)), lots)


def known(find: Callable[[Connection, int, int], Link | None], connection: Connection, first: int, second: int) -> Link:
    """A pair that is there, whichever account is named first. Raises LINK_NOT_FOUND."""
    found = None if first == second else find(connection, first, second)
    if found is None:
        raise fail("LINK_NOT_FOUND")
    return found


def decided(connection: Connection, wish: Wish, decision: Decision) -> None:
    """Write a decision with its deed; a dismissal lifts what was asked of either account for this pair."""
    found = known(links.locked_link, connection, wish.first, wish.second)
    held = held_payouts(found.reason) if decision is Decision.LINKED else frozenset()
    links.decide(connection, found, decision, reason=with_held(wish.reason, held), by=wish.by, now=wish.at)
    _note(connection, wish, "link_decided", {"before": found.decision.value, "after": decision.value})
    if decision is Decision.DISMISSED:
        for standing in link_facts.standings(connection, (found.first_id, found.second_id)):
            if standing.on_hold_reason == DEPOSIT_ASKED:
                accounts.change(connection, standing.user_id, wish.at, _deposit_lifted)


def verification_asked(connection: Connection, wish: Wish) -> None:
    """Let an approved identity check run out now, with its deed."""
    user_id = _of_the_pair(connection, wish)
    accounts.change(connection, user_id, wish.at, lambda account: _run_out(account, wish.at))
    _note(connection, wish, "link_verification_asked", {"user_id": user_id})


def deposit_asked(connection: Connection, wish: Wish, required: bool) -> None:  # noqa: FBT001 - the body's field
    """Put an account on hold for a deposit, or lift that, with its deed; another hold stays as it is."""
    user_id = _of_the_pair(connection, wish)
    accounts.change(connection, user_id, wish.at, _deposit_required if required else _deposit_lifted)
    _note(connection, wish, "link_deposit_asked" if required else "link_deposit_lifted", {"user_id": user_id})


def payout_held(connection: Connection, wish: Wish, held: bool) -> None:  # noqa: FBT001 - the body's field
    """Flag an account's payouts beside the pair's reason, or take the flag away, with its deed."""
    user_id = _of_the_pair(connection, wish)
    found = known(links.locked_link, connection, wish.first, wish.second)
    before = held_payouts(found.reason)
    after = before | {user_id} if held else before - {user_id}
    links.set_reason(connection, found, with_held(found.reason, after))
    facts = {"user_id": user_id, "before": sorted(before), "after": sorted(after)}
    _note(connection, wish, "link_payout_held" if held else "link_payout_released", facts)


def made_whole(connection: Connection, wish: Wish) -> MakeWholeView:
    """Rewind the ended lots of a linked pair, with its deed. Raises LINK_NOT_FOUND, LINK_UNDECIDED."""
    found = known(links.link, connection, wish.first, wish.second)
    if found.decision is not Decision.LINKED:
        raise fail("LINK_UNDECIDED")
    lots = link_facts.shared_lots(connection, found.first_id, found.second_id, limit=LOTS_MOST)
    rewound = [view for lot in lots if lot.is_over for view in _rewound(connection, lot)]
    owed = sum(each["owed_cents"] for each in rewound)
    concerned = {"auctions": [each["auction_id"] for each in rewound], "owed_cents": owed}
    _note(connection, wish, "link_made_whole", concerned)
    return {"first_id": found.first_id, "second_id": found.second_id, "lots": rewound, "owed_cents": owed}


def link_cursor(last: Link) -> str:
    """The cursor after a pair."""
    return f"{last.score}-{last.first_id}-{last.second_id}"


def link_key(cursor: str | None) -> LinkKey | None:
    """Read a cursor of pairs. Raises INVALID_CURSOR."""
    if cursor is None:
        return None
    points, _, ids = cursor.partition("-")
    first, _, second = ids.partition("-")
    return LinkKey(*(number_key(part) or 0 for part in (points, first, second)))


def _rewound(connection: Connection, lot: SharedLot) -> list[RewoundView]:
    rewound = without(link_facts.pricing_lines(connection, lot.auction_id), str(lot.bidder_id))
    return [rewound_view(lot, rewound)] if rewound.pushed else []


def _of_the_pair(connection: Connection, wish: Wish) -> int:
    found = known(links.link, connection, wish.first, wish.second)
    if wish.user_id is None or wish.user_id not in {found.first_id, found.second_id}:
        wrong = {"field": "user_id", "rule": "one_of_the_pair", "message": "must be one of the two accounts"}
        raise fail("INVALID_INPUT", errors=[wrong])
    return wish.user_id


def _run_out(account: Account, at: datetime) -> Mapping[str, object]:
    expires_at = account.facts.identity_expires_at
    running = expires_at is None or expires_at > at
    return {"identity_expires_at": at} if account.facts.identity is Identity.APPROVED and running else {}


def _deposit_required(account: Account) -> Mapping[str, object]:
    return {} if account.on_hold_reason else {"on_hold_reason": DEPOSIT_ASKED}


def _deposit_lifted(account: Account) -> Mapping[str, object]:
    return {"on_hold_reason": None} if account.on_hold_reason == DEPOSIT_ASKED else {}


def _note(connection: Connection, wish: Wish, action: str, facts: Mapping[str, Any]) -> None:
    first, second = pair(wish.first, wish.second)
    subject, detail = f"accounts {first} and {second}", {**facts, "reason": wish.reason}
    audit.note(connection, Deed(wish.at, wish.by, action, subject, detail, *wish.source))


def _wish(request: Request, by: int, first: int, second: int, body: Body) -> Wish:
    user_id = body.user_id if isinstance(body, AccountBody) else None
    return Wish(first, second, by, body.reason, now(), source_of(request), user_id)


async def _do(request: Request, wish: Wish, work: Callable[..., None], *more: object) -> FullLinkView:
    database = services_of(request).database
    await database.write(work, wish, *more)
    return await database.read(full, wish.first, wish.second)
