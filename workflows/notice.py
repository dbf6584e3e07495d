"""The Notice workflow: one mail to one person, sent once, looked up where nobody knows, and given up at last."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import GiveUpNotice, NoticeActivities, NoticeState, SendNotice
    from domain.notices import NoticeStatus, is_with_vendor
    from workflows import policies

GIVE_UP_AFTER = timedelta(hours=48)
EVENT_PATIENCE = timedelta(minutes=15)
LEAST_TIME = timedelta(minutes=1)
UNKNOWN_REASON = "nobody knows whether the mail provider took it"
AWAY_REASON = "it could not be handed to the mail provider in time"


@dataclass(frozen=True, slots=True)
class NoticeStart:
    """The mail by its outbox id: who gets it and what it says stays in the database."""

    outbox_id: str


@dataclass(frozen=True, slots=True)
class NoticeOutcome:
    """How it ended: the mail is with the vendor, or given up. What becomes of it later, events tell the database."""

    status: NoticeStatus


@workflow.defn(name="Notice")
class NoticeWorkflow:
    """A mail from its row in the outbox to the vendor's hands.

    The vendor has no idempotency key, so a mail is sent at least once. After an unknown outcome its events, which carry
    the outbox id, are waited for, and only without one it is sent again, at most once.
    """

    @workflow.init
    def __init__(self, start: NoticeStart) -> None:
        self._outbox_id = start.outbox_id
        self._give_up_at = workflow.now() + GIVE_UP_AFTER
        self._has_news = False

    @workflow.run
    async def run(self, start: NoticeStart) -> NoticeOutcome:
        """Send; look up an unknown outcome; send once more; give up."""
        del start
        status = await self._send()
        if status is NoticeStatus.UNKNOWN:
            status = await self._await_proof()
        if status is NoticeStatus.UNKNOWN:
            status = await self._send(again=True)
            if status is NoticeStatus.UNKNOWN:
                status = await self._await_proof()
        if not is_with_vendor(status) and status is not NoticeStatus.GIVEN_UP:
            status = await self._give_up(UNKNOWN_REASON if status is NoticeStatus.UNKNOWN else AWAY_REASON)
        return NoticeOutcome(status)

    @workflow.signal
    def mail_event(self) -> None:
        """An event about this mail was written into the database."""
        self._has_news = True

    async def _send(self, *, again: bool = False) -> NoticeStatus:
        left = max(self._give_up_at - workflow.now(), LEAST_TIME)
        try:
            sent: NoticeState = await workflow.execute_activity_method(
                NoticeActivities.send_notice,
                SendNotice(self._outbox_id, again),
                schedule_to_close_timeout=left,
                **policies.SEND_NOTICE,
            )
        except ActivityError:
            return (await self._look_up()).status
        return sent.status

    async def _await_proof(self) -> NoticeStatus:
        until = workflow.now() + EVENT_PATIENCE
        while True:
            self._has_news = False
            status = (await self._look_up()).status
            if is_with_vendor(status) or workflow.now() >= until:
                return status
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._has_news, timeout=until - workflow.now())

    async def _look_up(self) -> NoticeState:
        return await workflow.execute_activity_method(
            NoticeActivities.look_up_notice, self._outbox_id, **policies.MARK_NOTICE
        )

    async def _give_up(self, reason: str) -> NoticeStatus:
        marked = await workflow.execute_activity_method(
            NoticeActivities.give_up_notice, GiveUpNotice(self._outbox_id, reason), **policies.MARK_NOTICE
        )
        return marked.status
