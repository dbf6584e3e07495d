"""What would start mails, and a reader of the outbox: the real table, with nothing sent."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, literal_column, select

from activities.db.engine import reading
from activities.db.notifications import values_of
from activities.db.tables import notifications
from activities.sealed_notices import SealedNotices
from domain.notices import NoticeKind

# The platform's key in the tests of the API.
SECRET = b"k" * 32


@dataclass
class NoticesKept:
    """Keeps the outbox ids of the mails that were started, in order."""

    started: list[str] = field(default_factory=list)

    async def start(self, outbox_id: str) -> None:
        self.started.append(outbox_id)


@dataclass(frozen=True)
class Letter:
    """A mail in the outbox."""

    outbox_id: str
    kind: NoticeKind
    to: str
    values: dict[str, Any]

    @property
    def token(self) -> str:
        """What follows the # in its link."""
        return str(self.values["link"]).partition("#")[2]


def letters(engine: Engine, *kinds: NoticeKind) -> list[Letter]:
    """The mails in the outbox of some kinds, or of all, in the order of their writing."""
    with reading(engine) as connection:
        rows = connection.execute(select(notifications).order_by(literal_column("rowid"))).all()
    seals = SealedNotices(SECRET)
    found = [Letter(row.id, NoticeKind(row.kind), row.to_email, values_of(row, seals)) for row in rows]
    return [letter for letter in found if not kinds or letter.kind in kinds]
