"""What would start mails, and a reader of the outbox: the real table, with nothing sent."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Engine, literal_column, select

from activities.db.engine import reading
from activities.db.tables import notifications
from domain.notices import NoticeKind


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
    query = select(notifications.c.id, notifications.c.kind, notifications.c.to_email, notifications.c.context)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(literal_column("rowid"))).all()
    found = [Letter(key, NoticeKind(kind), to, msgspec.json.decode(context)) for key, kind, to, context in rows]
    return [letter for letter in found if not kinds or letter.kind in kinds]
