"""The two routes that take bids, served before FastAPI: its layers and routing cost more than all else about a bid."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.bids import SHAPES, take_bid
from api.database import now
from api.errors import DATABASE_ERRORS, http_problem, problem_of, problem_of_database
from api.problems import fail
from api.security import Audience, admit
from api.state import services_of
from domain.errors import DomainError

PATH = re.compile(r"/api/auctions/([1-9][0-9]{0,17})/(bid|auto-bid)")


class _Route:
    """What the layer around us reads for its metrics."""

    def __init__(self, path: str) -> None:
        self.path = path


ROUTES = {name: _Route(f"/api/auctions/{{auction_id}}/{name}") for name in SHAPES}


def is_hot(scope: Scope) -> bool:
    """Whether this is `POST /api/auctions/{id}/bid` or `auto-bid`; the routes of api.bids say the same to OpenAPI."""
    return scope["type"] == "http" and scope["method"] == "POST" and PATH.fullmatch(scope["path"]) is not None


async def take_hot(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one bid, with the guard and the function of its route."""
    auction_id, name = scope["path"].split("/")[-2:]
    scope["route"] = ROUTES[name]
    request = Request(scope, receive)
    try:
        await request.body()
        # Stamped before the sign-in is looked at: how long that takes is not the bidder's fault.
        request.state.received_at = now()
        person = (await admit(request, Audience.BIDDER)).person
        if person is None:
            raise fail("NOT_SIGNED_IN")
        response = await take_bid(request, person, int(auction_id), SHAPES[name])
    except DomainError as error:
        response = problem_of(scope, error)
    except HTTPException as error:
        response = http_problem(scope, error)
    except DATABASE_ERRORS as error:
        # Not even the sign-in could be looked up: whoever it was may not lose the lot's last minutes by it.
        await services_of(request).sweeper.note_missed(int(auction_id), now())
        response = problem_of_database(scope, error)
    await response(scope, receive, send)
