"""From where a request comes, as the audit log keeps it: by the same address that the limits count."""

from starlette.requests import Request

from activities.db.audit import Source
from api.frames import request_id
from api.people import origin_of


def source_of(request: Request) -> Source:
    """The request's id and its client's address."""
    return Source(request_id(request.scope), origin_of(request).address or None)
