"""The live streams by HTTP: one auction, or a list of them over one connection."""

import re
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.requests import Request

from activities.db.people import Scope
from api.examples import AUCTION, LINE
from api.identifiers import Id
from api.paging import ID_MAX
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.signins import Identity
from api.state import services_of
from api.streams.frames import ENCODER
from api.streams.response import MEDIA_TYPE, EventStream
from api.streams.resume import versions_of

MOST_LOTS = 100
LIST_MAX = 2_100
LIST = re.compile(r"\d{1,19}(,\d{1,19})*", re.ASCII)
EXAMPLE = b"retry: 2000\n\nevent: snapshot\nid: 14\ndata: %b\n\n" % ENCODER.encode({**AUCTION, "history": [LINE]})
LastEventId = Annotated[str | None, Header(description="The `id` of the last event received, to go on after it.")]
AuctionIds = Annotated[
    str, Query(max_length=LIST_MAX, description=f"Ids with commas between, at most {MOST_LOTS}.", examples=["1,2,3"])
]
router = APIRouter(prefix="/api", tags=["live"])


def _about(example: bytes) -> dict[str, Any]:
    described = about(Audience.PUBLIC, "AUCTION_NOT_FOUND", "TOO_MANY_STREAMS")
    described["status_code"] = 200
    described["responses"][200] = {"content": {MEDIA_TYPE: {"example": example.decode()}}}
    return described


@router.get("/auctions/{auction_id}/events", response_class=EventStream, **_about(EXAMPLE))
async def auction_events(
    request: Request, viewer: Viewer, auction_id: Id, last_event_id: LastEventId = None
) -> EventStream:
    """The events of one auction: first a `snapshot`, then what happens; ids are its versions."""
    return await _stream(request, viewer, [auction_id], last_event_id, is_list=False)


@router.get("/events", response_class=EventStream, **_about(EXAMPLE.replace(b"id: 14", b"id: 7:14")))
async def events(
    request: Request, viewer: Viewer, auctions: AuctionIds, last_event_id: LastEventId = None
) -> EventStream:
    """The events of many auctions over one connection; ids name the version of each: `1:41,2:7`."""
    return await _stream(request, viewer, _ids(auctions), last_event_id, is_list=True)


async def _stream(
    request: Request, viewer: Identity, auction_ids: list[int], last_event_id: str | None, *, is_list: bool
) -> EventStream:
    services = services_of(request)
    hub, user_id = services.hub, _reader(viewer)
    lots = await hub.lots(auction_ids)
    have = versions_of(last_event_id, auction_ids=auction_ids, is_list=is_list)
    await hub.catch_up(lots, have)
    if user_id is None:
        return EventStream(hub, lots, is_list=is_list, have=have, user_id=None)
    signed_in = partial(services.sign_ins.watching, viewer)
    return EventStream(hub, lots, is_list=is_list, have=have, user_id=user_id, signed_in=signed_in)


def _reader(viewer: Identity) -> int | None:
    """Whose own position is told: a token that may not read sees what the public sees."""
    return viewer.person.id if viewer.person is not None and Scope.READ in viewer.scopes else None


def _ids(text: str) -> list[int]:
    """The ids of a list, each once, in order: readers of the same lots then share what is written."""
    if not LIST.fullmatch(text):
        raise _invalid("format", "Write ids with commas between, as 1,2,3.")
    found = sorted({int(each) for each in text.split(",")})
    if len(found) > MOST_LOTS:
        raise _invalid("too_many", f"At most {MOST_LOTS} auctions fit into one stream.")
    if not 1 <= found[0] <= found[-1] <= ID_MAX:
        raise fail("AUCTION_NOT_FOUND")
    return found


def _invalid(rule: str, message: str) -> Exception:
    return fail("INVALID_INPUT", errors=[{"field": "auctions", "rule": rule, "message": message}])
