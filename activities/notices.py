"""Sending the mails of the outbox: claimed in the database, rendered, handed to the mail vendor, and marked."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contracts
from activities.db import notifications
from activities.db.engine import reading, transaction
from activities.db.notifications import Claimed, Seals
from activities.ledger import utc_now
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError
from activities.providers.sendgrid import Accepted, Message, Refused
from domain.notices import NoticeKind, NoticeStatus

UNAVAILABLE = "MailUnavailable"

log = structlog.get_logger(__name__)


class Rendered(Protocol):
    """A mail in both forms."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """The plain form."""

    @property
    def html(self) -> str:
        """The form with links and headings."""


class Mailer(Protocol):
    """The mail vendor, as `activities.providers.sendgrid.SendGrid` speaks to it."""

    async def send(self, message: Message) -> Accepted | Refused:
        """Hand one mail over; fails as `activities.providers.failures` says."""


Render = Callable[[NoticeKind, Mapping[str, Any]], Rendered]


class NoticeWork(contracts.NoticeActivities):
    """The worker's side of the Notice workflow. `render` writes a mail from its values, which `seals` opens."""

    def __init__(self, engine: Engine, mailer: Mailer, render: Render, seals: Seals | None = None) -> None:
        self._engine = engine
        self._mailer = mailer
        self._render = render
        self._seals = seals

    @activity.defn(name="send_notice")
    async def send_notice(self, work: contracts.SendNotice) -> contracts.NoticeState:
        """Send a mail at most once per claim; raises only where the vendor has certainly not taken it."""
        outbox_id = work.outbox_id
        claimed = await self._write(
            lambda c: notifications.claim(c, outbox_id, again=work.again, now=utc_now(), seals=self._seals)
        )
        if isinstance(claimed, NoticeStatus):
            return contracts.NoticeState(claimed)
        await self._hand_over(await self._written(outbox_id, claimed))
        return await asyncio.to_thread(self.look_up_notice, outbox_id)

    @activity.defn(name="look_up_notice")
    def look_up_notice(self, outbox_id: str) -> contracts.NoticeState:
        """Where a mail stands. Raises LookupError for an unknown id."""
        with reading(self._engine) as connection:
            return contracts.NoticeState(notifications.status_of(connection, outbox_id))

    @activity.defn(name="give_up_notice")
    def give_up_notice(self, work: contracts.GiveUpNotice) -> contracts.NoticeState:
        """Mark a mail as given up, unless the vendor has it."""
        with transaction(self._engine) as connection:
            status = notifications.mark_given_up(connection, work.outbox_id, work.reason, utc_now())
        if status is NoticeStatus.GIVEN_UP:
            log.error("mail_given_up", outbox_id=work.outbox_id, reason=work.reason)
        return contracts.NoticeState(status)

    async def _written(self, outbox_id: str, claimed: Claimed) -> Message:
        try:
            mail = self._render(claimed.kind, claimed.values)
        except Exception as error:
            await self._write(lambda c: notifications.release(c, outbox_id, utc_now()))
            log.exception("mail_not_written", outbox_id=outbox_id, kind=claimed.kind.value)
            raise ApplicationError(type(error).__name__, type="MailNotWritten") from None
        return Message(claimed.to_email, mail.subject, mail.text, mail.html, outbox_id, claimed.kind.value)

    async def _hand_over(self, message: Message) -> None:
        # Any other failure leaves the mail half sent, and the next claim finds its outcome unknown.
        outbox_id = message.outbox_id
        try:
            answer = await self._mailer.send(message)
        except UnavailableError as error:
            await self._write(lambda c: notifications.release(c, outbox_id, utc_now()))
            raise _later(error) from None
        except OutcomeUnknownError as error:
            log.warning("mail_outcome_unknown", outbox_id=outbox_id, reason=error.reason)
            await self._write(lambda c: notifications.mark_unknown(c, outbox_id, utc_now()))
        except RejectedError as error:
            log.exception("mail_rejected", outbox_id=outbox_id, reason=error.reason)
            await self._give_up(outbox_id, error.reason)
        else:
            await self._mark(message, answer)

    async def _mark(self, message: Message, answer: Accepted | Refused) -> None:
        outbox_id = message.outbox_id
        if isinstance(answer, Refused):
            await self._give_up(outbox_id, answer.reason)
            return
        await self._write(lambda c: notifications.mark_sent(c, outbox_id, answer.message_id, utc_now()))
        log.info("mail_accepted", outbox_id=outbox_id, kind=message.category)

    async def _give_up(self, outbox_id: str, reason: str) -> None:
        await asyncio.to_thread(self.give_up_notice, contracts.GiveUpNotice(outbox_id, reason))

    async def _write(self, query: Callable[[Connection], Any]) -> Any:
        def work() -> Any:
            with transaction(self._engine) as connection:
                return query(connection)

        return await asyncio.to_thread(work)


def _later(error: UnavailableError) -> ApplicationError:
    pause = None if error.retry_after_s is None else timedelta(seconds=error.retry_after_s)
    return ApplicationError(str(error), type=UNAVAILABLE, next_retry_delay=pause)
