"""The page of what somebody watches, and the forms that put a vehicle on it and take it off."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import auctions, bids, search, watchlist
from activities.db.bids import NOTHING
from api import my_searches
from api.account_forms import own_path
from api.buyer_pages import draw
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of
from api.views import auction_view, mine_view, vehicle_view
from domain.errors import DomainError
from domain.watching import WatchNews
from web.finder_views import WatchedFacts, Watchlist
from web.views import Notice

HOME = "/me/watchlist"
ONE = f"{HOME}/{{vehicle_id}}"
SEE_OTHER = 303
DONE = {
    "watched": "You watch it now.",
    "removed": "You watch it no more.",
    "reminders": "We write to you as you have chosen.",
}
router = APIRouter(include_in_schema=False)
Next = Annotated[str, Form(alias="next", max_length=500)]


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SIGNED_IN))
async def watched(
    request: Request, person: SignedIn, page: Annotated[int, Query(ge=1, le=100)] = 1, done: str = ""
) -> HTMLResponse:
    """What its reader watches, what ends first at the top."""
    items = await services_of(request).database.read(_watched, person.id)
    notice = Notice("success", DONE[done]) if done in DONE else None
    return draw(request, Watchlist(frame(request, notice), items, page))


@router.post(ONE, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "VEHICLE_NOT_FOUND", "TOO_MANY_WATCHED"))
async def watch(
    request: Request, person: SignedIn, vehicle_id: Id, next_path: Next = f"{HOME}?done=watched"
) -> Response:
    """Watch a vehicle, and go back to where it was wished."""
    try:
        await my_searches.watch(request, person, vehicle_id)
    except DomainError as error:
        if error.code != "TOO_MANY_WATCHED":
            raise
        items = await services_of(request).database.read(_watched, person.id)
        return draw(request, Watchlist(frame(request), items, error=error.detail), error)
    return RedirectResponse(own_path(next_path), SEE_OTHER)


@router.post(f"{ONE}/reminders", response_class=RedirectResponse, **about(Audience.SIGNED_IN, "NOT_WATCHED"))
async def remind(
    request: Request,
    person: SignedIn,
    vehicle_id: Id,
    reminders: Annotated[list[WatchNews], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Be told only what is ticked."""
    await my_searches.remind(request, person, vehicle_id, my_searches.Reminders(reminders=frozenset(reminders)))
    return RedirectResponse(f"{HOME}?done=reminders#vehicle-{vehicle_id}", SEE_OTHER)


@router.post(f"{ONE}/remove", response_class=RedirectResponse, **about(Audience.SIGNED_IN))
async def unwatch(
    request: Request, person: SignedIn, vehicle_id: Id, next_path: Next = f"{HOME}?done=removed"
) -> Response:
    """Watch a vehicle no more; what is not watched stays so."""
    await services_of(request).database.write(watchlist.unwatch, person.id, vehicle_id)
    return RedirectResponse(own_path(next_path), SEE_OTHER)


def _watched(connection: Connection, user_id: int) -> list[WatchedFacts]:
    """Each vehicle with its newest auction and its watcher's position there."""
    found = watchlist.of_user(connection, user_id)
    rows = search.summaries(connection, [each.vehicle_id for each in found])
    ids = [each.auction_id for each in found if each.auction_id is not None]
    lots, mine, moment = auctions.lots(connection, ids), bids.mine_in(connection, ids, user_id), now()
    lines: list[WatchedFacts] = []
    for each in found:
        lot = None if each.auction_id is None else lots.get(each.auction_id)
        if each.vehicle_id in rows:
            own = None if lot is None else mine_view(lot.head, user_id, mine.get(lot.head.id, NOTHING))
            shown = None if lot is None else auction_view(lot, moment)
            wanted = frozenset(kind.value for kind in each.reminders)
            lines.append(WatchedFacts(vehicle_view(rows[each.vehicle_id]), shown, own, wanted))
    return lines
