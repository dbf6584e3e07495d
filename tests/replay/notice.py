"""Mails whose histories are kept: with the vendor at once, in doubt, and given up."""

from activities.providers.failures import OutcomeUnknownError, UnavailableError
from domain.notices import MailEventKind, NoticeStatus
from temporal.notices import Notices
from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.ids import notice_workflow_id

UNKNOWN = OutcomeUnknownError("sendgrid", "ReadTimeout")
AWAY = UnavailableError("sendgrid", "ConnectError")


async def sent(stage: Stage) -> str:
    """Once, and that is all."""
    return await _ended(stage, await _start(stage))


async def found_by_its_event(stage: Stage) -> str:
    """Nobody knows whether the vendor took it; a signal without an event proves nothing, one with an event does."""
    stage.room.mailer.plan = [UNKNOWN]
    outbox_id = await _start(stage)
    await stage.until(lambda: stage.room.row(outbox_id).status == NoticeStatus.UNKNOWN)
    await stage.house.pass_time(minutes=1)
    await Notices(stage.client, QUEUE).mail_event(outbox_id)
    await stage.house.pass_time(minutes=1)
    stage.room.note(outbox_id, MailEventKind.DELIVERED)
    await Notices(stage.client, QUEUE).mail_event(outbox_id)
    return await _ended(stage, outbox_id)


async def given_up_in_doubt(stage: Stage) -> str:
    """Sent twice, and nobody knows of either."""
    stage.room.mailer.always = UNKNOWN
    return await _ended(stage, await _start(stage))


async def given_up_unsent(stage: Stage) -> str:
    """The vendor is away for two days."""
    stage.room.mailer.always = AWAY
    return await _ended(stage, await _start(stage))


async def _start(stage: Stage) -> str:
    outbox_id = stage.room.enqueue()
    await Notices(stage.client, QUEUE).start(outbox_id)
    return outbox_id


async def _ended(stage: Stage, outbox_id: str) -> str:
    return await stage.ended(notice_workflow_id(outbox_id))


SCENES = {
    "notice_sent": Scene(sent, skipping),
    "notice_found_by_its_event": Scene(found_by_its_event, skipping),
    "notice_given_up_in_doubt": Scene(given_up_in_doubt, skipping),
    "notice_given_up_unsent": Scene(given_up_unsent, skipping),
}
