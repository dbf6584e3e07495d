"""The door into Notice workflows: started once for each mail, told of events, and swept up after a crash."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from domain.notices import MailEventKind
from temporal.notices import AT_ONCE, Notices
from tests.doubles.mail import MailRoom, mail_room
from tests.workflows.conftest import House
from workflows.ids import notice_workflow_id

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.cluster]

# Nobody works on this queue: what is started stays as it is. (The server that skips time would then stop doing so.)
QUEUE = "notices-that-wait"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[MailRoom]:
    with mail_room(tmp_path / "hammertime.db") as made:
        yield made


async def status_of(house: House, outbox_id: str) -> WorkflowExecutionStatus | None:
    return (await house.client.get_workflow_handle(notice_workflow_id(outbox_id)).describe()).status


async def test_a_mail_is_started_once_and_never_again(real: House, room: MailRoom) -> None:
    door, outbox_id = Notices(real.client, QUEUE), room.enqueue()
    for _ in range(2):
        await door.start(outbox_id)
    assert await status_of(real, outbox_id) is WorkflowExecutionStatus.RUNNING
    await real.client.get_workflow_handle(notice_workflow_id(outbox_id)).terminate()
    await door.start(outbox_id)
    assert await status_of(real, outbox_id) is WorkflowExecutionStatus.TERMINATED


async def test_an_event_of_a_mail_that_is_done_or_unknown_is_no_error(real: House, room: MailRoom) -> None:
    door, outbox_id = Notices(real.client, QUEUE), room.enqueue()
    await door.mail_event(outbox_id)
    await door.start(outbox_id)
    await door.mail_event(outbox_id)
    await real.client.get_workflow_handle(notice_workflow_id(outbox_id)).terminate()
    await door.mail_event(outbox_id)


async def test_what_a_crash_left_unstarted_is_started_by_the_sweep_once(real: House, room: MailRoom) -> None:
    door = Notices(real.client, QUEUE)
    forgotten, fresh, told = (room.enqueue(key) for key in ("forgotten", "fresh", "told"))
    room.age(forgotten, MINUTE)
    room.age(told, MINUTE)
    room.note(told, MailEventKind.DELIVERED)
    assert [await door.start_unsent(room.engine) for _ in range(2)] == [1, 0]
    assert await status_of(real, forgotten) is WorkflowExecutionStatus.RUNNING
    with pytest.raises(RPCError):
        await status_of(real, fresh)
    await real.client.get_workflow_handle(notice_workflow_id(forgotten)).terminate()


async def test_a_sweep_takes_a_bounded_number_and_the_next_one_goes_on(real: House, room: MailRoom) -> None:
    door = Notices(real.client, QUEUE)
    made = [room.enqueue(str(number)) for number in range(AT_ONCE + 1)]
    for outbox_id in made:
        room.age(outbox_id, MINUTE)
    assert [await door.start_unsent(room.engine) for _ in range(2)] == [AT_ONCE, 1]
    for outbox_id in made:
        await real.client.get_workflow_handle(notice_workflow_id(outbox_id)).terminate()


async def test_without_a_server_a_start_fails_and_the_sweep_marks_nothing(room: MailRoom) -> None:
    away = Notices(await Client.connect("127.0.0.1:1", lazy=True), QUEUE)
    outbox_id = room.enqueue()
    room.age(outbox_id, MINUTE)
    with pytest.raises((RPCError, RuntimeError)):
        await away.start_unsent(room.engine)
    assert room.row(outbox_id).started_at is None
