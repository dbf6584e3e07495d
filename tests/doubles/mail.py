"""A mail vendor in this process that fails as it is told to, and an outbox on a database of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, update

from activities.db import notifications as outbox
from activities.db.engine import make_engine, reading, transaction
from activities.db.notifications import MailEvent, NewNotice
from activities.db.tables import notifications
from activities.ledger import utc_now
from activities.notices import NoticeWork
from activities.providers.sendgrid import Accepted, Message, Refused
from domain.notices import MailEventKind, NoticeKind
from migrations import schema
from tests.db.market import add_person
from tests.web.mail_samples import SITE, VALUES
from web.mail_messages import MailMessages

ADDRESS = "ada@example.com"


@dataclass
class FailingMailer:
    """Answers as planned, in order, then accepts; keeps every message that it was handed."""

    plan: list[Exception | Refused] = field(default_factory=list)
    always: Exception | None = None
    messages: list[Message] = field(default_factory=list)
    before: Callable[[Message], None] | None = None

    async def send(self, message: Message) -> Accepted | Refused:
        self.messages.append(message)
        if self.before is not None:
            self.before(message)
        answer = self.plan.pop(0) if self.plan else self.always
        if isinstance(answer, Exception):
            raise answer
        return answer or Accepted(f"m-{len(self.messages)}")


@dataclass(frozen=True)
class MailRoom:
    """An outbox of committed rows; `work` sends from it through `mailer`."""

    engine: Engine
    mailer: FailingMailer
    work: NoticeWork
    ada: int

    def enqueue(self, key: str = "password-1", kind: NoticeKind = NoticeKind.PASSWORD_RESET, to: str = ADDRESS) -> str:
        with transaction(self.engine) as connection:
            return outbox.enqueue(connection, NewNotice(self.ada, kind, to, VALUES[kind], key), utc_now())

    def note(self, outbox_id: str, kind: MailEventKind) -> None:
        """As the webhook does it."""
        event = MailEvent(f"{outbox_id}-{kind}", outbox_id, kind, utc_now())
        with transaction(self.engine) as connection:
            outbox.note_events(connection, [event], utc_now())

    def claim(self, outbox_id: str) -> None:
        """As a sender does that dies then."""
        with transaction(self.engine) as connection:
            outbox.claim(connection, outbox_id, again=False, now=utc_now())

    def age(self, outbox_id: str, by: timedelta) -> None:
        with transaction(self.engine) as connection:
            created_at = utc_now() - by
            connection.execute(
                update(notifications).where(notifications.c.id == outbox_id).values(created_at=created_at)
            )

    def row(self, outbox_id: str) -> Any:
        with reading(self.engine) as connection:
            return connection.execute(select(notifications).where(notifications.c.id == outbox_id)).one()


@contextmanager
def mail_room(path: Path) -> Iterator[MailRoom]:
    """An outbox in a new SQLite file, whose one reader is Ada."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with transaction(engine) as connection:
        ada = add_person(connection, ADDRESS)
    mailer = FailingMailer()
    yield MailRoom(engine, mailer, NoticeWork(engine, mailer, MailMessages(SITE).render), ada)
    engine.dispose()
