"""What the staff read of people is written down, before they see it."""

from starlette.requests import Request

from activities.db import audit
from activities.db.audit import Deed
from activities.db.people import Person
from api.database import now
from api.sources import source_of
from api.state import services_of


async def note_read(request: Request, reader: Person, what: str, subject: str, **facts: object) -> None:
    """Write one privileged read into the audit log, as `read_<what>`; `facts` are how it was narrowed."""
    deed = Deed(now(), reader.id, f"read_{what}", subject, facts, *source_of(request))
    await services_of(request).database.write(audit.note, deed)
