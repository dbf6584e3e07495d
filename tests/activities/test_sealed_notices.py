"""What mails are written from lies sealed in the outbox, opens for its one mail alone, and is gone once it is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update
from temporalio.testing import ActivityEnvironment

from activities.contracts import GiveUpNotice, SendNotice
from activities.db import notifications as outbox
from activities.db.engine import reading, transaction
from activities.db.notifications import SEALED, NewNotice
from activities.db.tables import notifications
from activities.keys import Sealer
from activities.ledger import utc_now
from activities.notices import NoticeWork
from activities.providers.failures import OutcomeUnknownError, UnavailableError
from activities.sealed_notices import SealedNotices
from domain.notices import NoticeKind, NoticeStatus
from tests.doubles.mail import ADDRESS, MailRoom, mail_room
from tests.web.mail_samples import LINK, SITE, VALUES
from web.mail_messages import MailMessages

SECRET = b"k" * 32
LINKS = (
    NoticeKind.WELCOME,
    NoticeKind.VERIFY_EMAIL,
    NoticeKind.EMAIL_CHANGE_CONFIRM,
    NoticeKind.PASSWORD_RESET,
)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MailRoom]:
    with mail_room(tmp_path / "hammertime.db") as made:
        yield made


def sealed(room: MailRoom, kind: NoticeKind = NoticeKind.PASSWORD_RESET, key: str = "sealed") -> str:
    wanted = NewNotice(room.ada, kind, ADDRESS, VALUES[kind], key)
    with transaction(room.engine) as connection:
        return outbox.enqueue(connection, wanted, utc_now(), SealedNotices(SECRET))


def worker(room: MailRoom, secret: bytes = SECRET) -> NoticeWork:
    return NoticeWork(room.engine, room.mailer, MailMessages(SITE).render, SealedNotices(secret))


async def send(work: NoticeWork, outbox_id: str) -> NoticeStatus:
    return (await ActivityEnvironment().run(work.send_notice, SendNotice(outbox_id))).status


def everything(room: MailRoom) -> str:
    with reading(room.engine) as connection:
        return str(connection.execute(select(notifications)).all())


@pytest.mark.parametrize("kind", LINKS)
async def test_a_link_is_nowhere_in_the_outbox_and_is_in_its_mail(room: MailRoom, kind: NoticeKind) -> None:
    outbox_id = sealed(room, kind)
    assert LINK not in everything(room)
    assert room.row(outbox_id).context.startswith(SEALED)
    assert await send(worker(room), outbox_id) is NoticeStatus.SENT
    (message,) = room.mailer.messages
    assert LINK in message.text
    assert room.row(outbox_id).context == ""


async def test_a_row_from_before_there_were_seals_is_sent_as_it_is(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    assert LINK in everything(room)
    assert await send(worker(room), outbox_id) is NoticeStatus.SENT
    assert (LINK in room.mailer.messages[0].text, room.row(outbox_id).context) == (True, "")


@pytest.mark.parametrize("failure", [UnavailableError("sendgrid", "busy"), OutcomeUnknownError("sendgrid", "silence")])
async def test_what_is_sent_again_is_opened_again_and_never_lies_open_between(
    room: MailRoom, failure: Exception
) -> None:
    outbox_id = sealed(room)
    room.mailer.plan.append(failure)
    work = worker(room)
    try:
        await send(work, outbox_id)
    except Exception:  # noqa: BLE001 - whatever became of the first sending
        assert LINK not in everything(room)
    again = SendNotice(outbox_id, again=True)
    assert (await ActivityEnvironment().run(work.send_notice, again)).status is NoticeStatus.SENT
    assert LINK in room.mailer.messages[-1].text


async def test_a_mail_that_is_given_up_forgets_what_was_sealed(room: MailRoom) -> None:
    outbox_id = sealed(room)
    ActivityEnvironment().run(worker(room).give_up_notice, GiveUpNotice(outbox_id, "no_vendor"))
    assert room.row(outbox_id).context == ""


@pytest.mark.parametrize("change", [{"dedupe_key": "other"}, {"kind": "welcome"}])
async def test_a_seal_moved_to_another_mail_does_not_open(room: MailRoom, change: dict[str, Any]) -> None:
    outbox_id = sealed(room)
    with transaction(room.engine) as connection:
        connection.execute(update(notifications).values(change))
    with pytest.raises(InvalidTag):
        await send(worker(room), outbox_id)
    assert (room.mailer.messages, room.row(outbox_id).status) == ([], "queued")


async def test_only_the_platforms_key_opens_and_only_that_of_the_outbox(room: MailRoom) -> None:
    outbox_id = sealed(room)
    with pytest.raises(InvalidTag):
        await send(worker(room, b"o" * 32), outbox_id)
    with pytest.raises(ValueError, match="no key"):
        await send(room.work, outbox_id)
    text, place = SealedNotices(SECRET).seal(b"plain", "mail 1"), "mail 1"
    assert SealedNotices(SECRET).open(text, place) == b"plain"
    with pytest.raises(InvalidTag):
        Sealer(SECRET).open(text, place)


def test_the_same_mail_is_sealed_differently_each_time(room: MailRoom) -> None:
    seals = SealedNotices(SECRET)
    assert seals.seal(b"plain", "mail 1") != seals.seal(b"plain", "mail 1")
    assert sealed(room) == sealed(room)
