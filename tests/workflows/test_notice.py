"""A mail's way to the vendor under time skipping: once, looked up where nobody knows, and given up after two days."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from activities.providers.failures import OutcomeUnknownError, UnavailableError
from activities.providers.sendgrid import Refused
from domain.notices import MailEventKind, NoticeStatus
from temporal.codec import EncryptionCodec
from temporal.notices import Notices
from temporal.worker import sandboxed
from tests.doubles.mail import ADDRESS, MailRoom, mail_room
from tests.workflows.conftest import SECRET, House
from workflows.ids import notice_workflow_id
from workflows.notice import AWAY_REASON, UNKNOWN_REASON, NoticeOutcome, NoticeStart, NoticeWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "notices-of-tests"
PATIENCE_S = 15.0
UNKNOWN = OutcomeUnknownError("sendgrid", "ReadTimeout")
AWAY = UnavailableError("sendgrid", "ConnectError")
S = NoticeStatus
Handle = WorkflowHandle[NoticeWorkflow, NoticeOutcome]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MailRoom]:
    with mail_room(tmp_path / "hammertime.db") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def house(skipping: House, room: MailRoom) -> AsyncIterator[House]:
    """The session's server, with a worker that sends from this test's outbox."""
    work = room.work
    with ThreadPoolExecutor(2) as threads:
        async with Worker(
            skipping.client,
            task_queue=QUEUE,
            workflows=[NoticeWorkflow],
            activities=[work.send_notice, work.look_up_notice, work.give_up_notice],
            activity_executor=threads,
            workflow_runner=sandboxed(),
        ):
            yield skipping


async def start(house: House, outbox_id: str) -> Handle:
    return await house.client.start_workflow(
        NoticeWorkflow.run, NoticeStart(outbox_id), id=notice_workflow_id(outbox_id), task_queue=QUEUE
    )


async def took(house: House, handle: Handle) -> timedelta:
    described = await handle.describe()
    assert described.close_time is not None
    return described.close_time - described.start_time


async def test_a_mail_is_sent_once_and_its_workflow_ends(house: House, room: MailRoom) -> None:
    handle = await start(house, room.enqueue())
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert len(room.mailer.messages) == 1


async def test_a_vendor_that_is_away_for_hours_gets_the_mail_when_it_is_back(house: House, room: MailRoom) -> None:
    room.mailer.plan = [AWAY] * 12
    handle = await start(house, room.enqueue())
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert len(room.mailer.messages) == 13
    assert timedelta(minutes=30) < await took(house, handle) < timedelta(hours=2)


async def test_a_vendor_may_say_when_to_come_back(house: House, room: MailRoom) -> None:
    room.mailer.plan = [UnavailableError("sendgrid", "status 429", 600.0)]
    handle = await start(house, room.enqueue())
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert timedelta(minutes=10) <= await took(house, handle) < timedelta(minutes=11)


async def test_a_vendor_that_stays_away_for_two_days_is_given_up_with_a_mark(house: House, room: MailRoom) -> None:
    room.mailer.always = AWAY
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    assert await handle.result() == NoticeOutcome(S.GIVEN_UP)
    assert (room.row(outbox_id).reason, room.row(outbox_id).context) == (AWAY_REASON, "")
    assert timedelta(hours=47) < await took(house, handle) < timedelta(hours=49)


async def test_an_unknown_outcome_that_an_event_settles_is_not_sent_again(house: House, room: MailRoom) -> None:
    room.mailer.plan = [UNKNOWN]
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    await until_status(room, outbox_id, S.UNKNOWN)
    await house.pass_time(minutes=3)
    room.note(outbox_id, MailEventKind.DELIVERED)
    await Notices(house.client, QUEUE).mail_event(outbox_id)
    assert await handle.result() == NoticeOutcome(S.DELIVERED)
    assert len(room.mailer.messages) == 1
    assert await took(house, handle) < timedelta(minutes=5)


async def test_an_event_whose_signal_was_lost_is_looked_up(house: House, room: MailRoom) -> None:
    room.mailer.plan = [UNKNOWN]
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    await until_status(room, outbox_id, S.UNKNOWN)
    room.note(outbox_id, MailEventKind.PROCESSED)
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert len(room.mailer.messages) == 1


async def test_a_signal_without_an_event_changes_nothing(house: House, room: MailRoom) -> None:
    room.mailer.plan = [UNKNOWN]
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    await until_status(room, outbox_id, S.UNKNOWN)
    await handle.signal(NoticeWorkflow.mail_event)
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert await took(house, handle) >= timedelta(minutes=15)


async def test_an_unknown_outcome_without_an_event_is_sent_again_after_a_quarter_of_an_hour(
    house: House, room: MailRoom
) -> None:
    room.mailer.plan = [UNKNOWN, AWAY]
    handle = await start(house, room.enqueue())
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert len(room.mailer.messages) == 3
    assert timedelta(minutes=15) <= await took(house, handle) < timedelta(minutes=16)


async def test_what_stays_unknown_is_sent_twice_at_most_and_then_given_up(house: House, room: MailRoom) -> None:
    room.mailer.always = UNKNOWN
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    assert await handle.result() == NoticeOutcome(S.GIVEN_UP)
    assert (len(room.mailer.messages), room.row(outbox_id).reason) == (2, UNKNOWN_REASON)


async def test_a_refused_address_is_given_up_at_once(house: House, room: MailRoom) -> None:
    room.mailer.plan = [Refused("address refused")]
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    assert await handle.result() == NoticeOutcome(S.GIVEN_UP)
    assert (len(room.mailer.messages), room.row(outbox_id).reason) == (1, "address refused")


async def test_what_a_dead_sender_left_is_looked_up_before_it_is_sent_again(house: House, room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.claim(outbox_id)
    handle = await start(house, outbox_id)
    assert await handle.result() == NoticeOutcome(S.SENT)
    assert await took(house, handle) >= timedelta(minutes=15)


async def test_a_mail_that_is_out_already_is_not_sent(house: House, room: MailRoom) -> None:
    outbox_id = room.enqueue()
    room.note(outbox_id, MailEventKind.DELIVERED)
    assert await (await start(house, outbox_id)).result() == NoticeOutcome(S.DELIVERED)
    assert room.mailer.messages == []


async def test_temporal_knows_a_mail_by_its_outbox_id_alone(house: House, room: MailRoom) -> None:
    room.mailer.plan = [AWAY, UNKNOWN]
    outbox_id = room.enqueue()
    handle = await start(house, outbox_id)
    await handle.result()
    plain = await said(handle)
    assert f'{{"outbox_id":"{outbox_id}"}}' in plain
    assert ADDRESS not in plain
    assert "s3cret" not in plain


async def until_status(room: MailRoom, outbox_id: str, status: NoticeStatus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while room.row(outbox_id).status != status.value:
            await asyncio.sleep(0.01)


async def said(handle: Handle) -> str:
    """All that the history holds, opened with our key."""
    history = await handle.fetch_history()
    return " ".join(text for event in history.events for text in _opened(event))


def _opened(message: Any) -> Iterator[str]:
    if isinstance(message, Payload):
        yield EncryptionCodec(SECRET).open(message).data.decode()
    elif isinstance(message, Message):
        for _, value in message.ListFields():
            yield from _opened(value)
    elif isinstance(message, str | int | float | bytes):
        yield str(message)
    else:
        for item in message.values() if hasattr(message, "values") else message:
            yield from _opened(item)
