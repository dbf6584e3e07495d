"""Sending a mail of the outbox: once per claim, marked with what became of it, and with nothing of it in the logs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import GiveUpNotice, SendNotice
from activities.notices import UNAVAILABLE, NoticeWork
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError
from activities.providers.sendgrid import Refused, SendGrid
from domain.notices import MailEventKind, NoticeKind, NoticeStatus
from tests.doubles.mail import ADDRESS, MailRoom, mail_room
from tests.sandbox.faults import Fault, Faults, Mode
from tests.sandbox.running import running
from tests.sandbox.sendgrid.keys import new_key
from tests.sandbox.sendgrid.server import make_app
from tests.sandbox.store import Document, Store
from tests.web.mail_samples import LINK, SITE
from web.mail_messages import MailMessages

API_KEY = "SG.of-the-tests"
S = NoticeStatus


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MailRoom]:
    with mail_room(tmp_path / "hammertime.db") as made:
        yield made


async def send(room: MailRoom, outbox_id: str, *, again: bool = False) -> NoticeStatus:
    return (await ActivityEnvironment().run(room.work.send_notice, SendNotice(outbox_id, again))).status


async def failure_of(room: MailRoom, outbox_id: str) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await send(room, outbox_id)
    return caught.value


async def test_a_mail_is_written_sent_and_forgotten(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    assert await send(room, outbox_id) is S.SENT
    (message,) = room.mailer.messages
    assert (message.to, message.outbox_id, message.category) == (ADDRESS, outbox_id, "password_reset")
    assert LINK in message.text
    row = room.row(outbox_id)
    assert (row.status, row.provider_message_id, row.context, row.attempts) == ("sent", "m-1", "", 1)


async def test_a_mail_that_was_sent_is_not_sent_again(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    found = [await send(room, outbox_id, again=again) for again in (False, False, True)]
    assert (found, len(room.mailer.messages)) == ([S.SENT] * 3, 1)


async def test_what_a_dead_sender_left_is_unknown_and_not_sent_blindly(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.claim(outbox_id)
    assert await send(room, outbox_id) is S.UNKNOWN
    assert room.mailer.messages == []


async def test_an_unknown_outcome_is_sent_again_only_when_asked_and_once(room: MailRoom) -> None:
    room.mailer.always = OutcomeUnknownError("sendgrid", "ReadTimeout")
    outbox_id = room.enqueue()
    found = [await send(room, outbox_id, again=again) for again in (False, False, True, True)]
    assert (found, len(room.mailer.messages)) == ([S.UNKNOWN] * 4, 2)


async def test_a_mail_that_was_certainly_not_taken_is_tried_again_when_the_vendor_says_so(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.mailer.plan = [UnavailableError("sendgrid", "status 429", 7.0), UnavailableError("sendgrid", "ConnectError")]
    first, second = [await failure_of(room, outbox_id) for _ in range(2)]
    assert (first.type, first.next_retry_delay.total_seconds() if first.next_retry_delay else None) == (UNAVAILABLE, 7)
    assert (second.type, second.next_retry_delay) == (UNAVAILABLE, None)
    assert await send(room, outbox_id) is S.SENT
    assert room.row(outbox_id).attempts == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Refused("address refused"), "address refused"), (RejectedError("sendgrid", "status 401"), "status 401")],
)
async def test_what_the_vendor_will_never_take_is_given_up(
    room: MailRoom, answer: Exception | Refused, reason: str
) -> None:
    outbox_id = room.enqueue()
    room.mailer.plan = [answer]
    assert await send(room, outbox_id) is S.GIVEN_UP
    row = room.row(outbox_id)
    assert (row.reason, row.context) == (reason, "")


async def test_a_mail_that_cannot_be_written_waits_for_its_repair(room: MailRoom) -> None:
    def broken(kind: NoticeKind, values: object) -> MailMessages:
        raise KeyError(ADDRESS)

    outbox_id = room.enqueue()
    work = NoticeWork(room.engine, room.mailer, broken)  # type: ignore[arg-type] # it never returns
    with pytest.raises(ApplicationError, match="KeyError") as caught:
        await ActivityEnvironment().run(work.send_notice, SendNotice(outbox_id))
    assert ADDRESS not in str(caught.value)
    assert caught.value.__cause__ is None
    assert await send(room, outbox_id) is S.SENT


async def test_a_failure_that_nobody_foresaw_leaves_an_unknown_outcome(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.mailer.plan = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        await send(room, outbox_id)
    assert await send(room, outbox_id) is S.UNKNOWN


async def test_an_event_that_overtakes_the_answer_is_what_counts(room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.mailer.before = lambda message: room.note(message.outbox_id, MailEventKind.DELIVERED)
    room.mailer.plan = [OutcomeUnknownError("sendgrid", "ReadTimeout")]
    assert await send(room, outbox_id) is S.DELIVERED


def test_a_mail_is_looked_up_and_given_up(room: MailRoom) -> None:
    one, other = room.enqueue("one"), room.enqueue("other")
    room.note(other, MailEventKind.PROCESSED)
    work = room.work
    assert [work.give_up_notice(GiveUpNotice(key, "too late")).status for key in (one, other)] == [S.GIVEN_UP, S.SENT]
    assert [work.look_up_notice(key).status for key in (one, other)] == [S.GIVEN_UP, S.SENT]


async def test_the_logs_show_neither_the_reader_nor_the_link(room: MailRoom) -> None:
    plans: list[list[Exception | Refused]] = [[], [RejectedError("sendgrid", "status 400")], [Refused("no")]]
    with structlog.testing.capture_logs() as logs:
        for number, plan in enumerate(plans):
            room.mailer.plan = plan
            await send(room, room.enqueue(str(number)))
    assert {each["event"] for each in logs} == {"mail_accepted", "mail_rejected", "mail_given_up"}
    assert not [each for each in logs if ADDRESS in str(each) or "s3cret" in str(each)]


# Against a SendGrid of our own


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def vendor(store: Store) -> Iterator[tuple[Faults, str]]:
    app = make_app(store, api_key=API_KEY, signing_key=new_key())
    with running(app) as url:
        yield app, url


@pytest.fixture
async def real(room: MailRoom, vendor: tuple[Faults, str]) -> AsyncIterator[MailRoom]:
    async with SendGrid(vendor[1], API_KEY, "hello@market.example", "Hammertime") as client:
        work = NoticeWork(room.engine, client, MailMessages(SITE).render)
        yield MailRoom(room.engine, room.mailer, work, room.ada)


def inbox(store: Store) -> list[Document]:
    return store.all("mail")


@pytest.mark.parametrize("kind", NoticeKind)
async def test_every_kind_of_mail_is_taken_by_the_vendor(real: MailRoom, store: Store, kind: NoticeKind) -> None:
    outbox_id = real.enqueue(kind=kind)
    assert await send(real, outbox_id) is S.SENT
    (mail,) = inbox(store)
    assert (mail["to"], mail["custom_args"], mail["categories"]) == (ADDRESS, {"outbox_id": outbox_id}, [kind.value])
    assert mail["message_id"] == real.row(outbox_id).provider_message_id


async def test_a_cut_answer_is_unknown_though_the_mail_is_out(
    real: MailRoom, store: Store, vendor: tuple[Faults, str]
) -> None:
    vendor[0].plan(Fault(Mode.CUT_AFTER, path="/v3/"))
    assert await send(real, real.enqueue()) is S.UNKNOWN
    assert len(inbox(store)) == 1
