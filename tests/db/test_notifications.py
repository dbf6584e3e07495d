"""The outbox of mails in the database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from activities.db import notifications as outbox
from activities.db.engine import reading, transaction
from activities.db.notifications import Claimed, MailEvent, NewNotice, Note
from activities.db.tables import mail_events, notifications
from domain.notices import VALUES as VALUES_OF
from domain.notices import MailEventKind, NoticeKind, NoticeStatus
from tests.db.market import NOON, add_person

LATER = NOON + timedelta(minutes=1)
VALUES = {"link": "https://market.example/v?t=s3cret", "link_expires_at": "2026-05-06T12:00:00.000Z"}
S, E = NoticeStatus, MailEventKind


@dataclass(frozen=True)
class Office:
    connection: Connection
    ada: int

    def wanted(self, key: str = "welcome-1") -> NewNotice:
        return NewNotice(self.ada, NoticeKind.WELCOME, "ada@example.com", VALUES, key)

    def enqueue(self, key: str = "welcome-1", at: datetime = NOON) -> str:
        return outbox.enqueue(self.connection, self.wanted(key), at)

    def claim(self, outbox_id: str, *, again: bool = False) -> Claimed | NoticeStatus:
        return outbox.claim(self.connection, outbox_id, again=again, now=LATER)

    def unknown(self, outbox_id: str, *, again: bool = False) -> None:
        assert isinstance(self.claim(outbox_id, again=again), Claimed)
        outbox.mark_unknown(self.connection, outbox_id, LATER)

    def note(self, *events: MailEvent) -> list[str]:
        return outbox.note_events(self.connection, events, LATER)

    def status(self, outbox_id: str) -> NoticeStatus:
        return outbox.status_of(self.connection, outbox_id)

    def row(self, outbox_id: str) -> Any:
        return self.connection.execute(select(notifications).where(notifications.c.id == outbox_id)).one()


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with transaction(engine) as connection:
        yield Office(connection, add_person(connection, "ada@example.com"))


def event(outbox_id: str, kind: MailEventKind, number: int = 1, reason: str | None = None) -> MailEvent:
    return MailEvent(f"{kind}-{number}", outbox_id, kind, NOON, reason)


# In and out


def test_a_mail_is_queued_once_for_its_key(office: Office) -> None:
    first = office.enqueue()
    assert office.enqueue(at=LATER) == first
    assert office.enqueue("welcome-2") != first
    assert office.status(first) is S.QUEUED


def test_of_two_writers_of_one_key_the_second_finds_the_firsts_mail(engine: Engine) -> None:
    with transaction(engine) as connection:
        wanted = Office(connection, add_person(connection, "ada@example.com")).wanted()
        first = outbox.enqueue(connection, wanted, NOON)
    with transaction(engine) as connection:
        assert outbox.enqueue(connection, replace(wanted, to_email="other@example.com"), LATER) == first


def test_a_mail_to_nobody_we_know_is_an_error(office: Office) -> None:
    with pytest.raises(IntegrityError):
        outbox.enqueue(office.connection, replace(office.wanted(), user_id=404), NOON)


def test_a_mail_that_could_not_be_written_is_not_queued(office: Office) -> None:
    with pytest.raises(ValueError, match="link_expires_at"):
        outbox.enqueue(office.connection, replace(office.wanted(), values={"link": "https://x"}), NOON)


def test_a_claimed_mail_is_nobody_elses_and_a_sender_that_died_leaves_an_unknown_outcome(office: Office) -> None:
    found = office.claim(office.enqueue())
    assert found == Claimed(NoticeKind.WELCOME, "ada@example.com", VALUES)
    outbox_id = office.enqueue()
    assert office.claim(outbox_id) is S.UNKNOWN
    assert office.status(outbox_id) is S.UNKNOWN


def test_a_mail_that_was_taken_is_not_claimed_again_and_forgets_its_secrets(office: Office) -> None:
    outbox_id = office.enqueue()
    office.claim(outbox_id)
    outbox.mark_sent(office.connection, outbox_id, "m-1", LATER)
    row = office.row(outbox_id)
    assert (row.context, row.provider_message_id, row.sent_at, row.attempts) == ("", "m-1", LATER, 1)
    assert [office.claim(outbox_id, again=again) for again in (False, True)] == [S.SENT, S.SENT]


def test_a_mail_that_was_not_taken_is_given_back(office: Office) -> None:
    outbox_id = office.enqueue()
    office.claim(outbox_id)
    outbox.release(office.connection, outbox_id, LATER)
    assert office.status(outbox_id) is S.QUEUED
    outbox.release(office.connection, outbox_id, LATER)
    assert isinstance(office.claim(outbox_id), Claimed)


def test_an_unknown_outcome_is_sent_again_once_and_only_when_asked(office: Office) -> None:
    outbox_id = office.enqueue()
    office.unknown(outbox_id)
    assert office.claim(outbox_id) is S.UNKNOWN
    office.unknown(outbox_id, again=True)
    assert office.claim(outbox_id, again=True) is S.UNKNOWN
    assert office.row(outbox_id).attempts == 2


def test_a_second_sending_that_was_not_taken_may_be_tried_again(office: Office) -> None:
    outbox_id = office.enqueue()
    office.unknown(outbox_id)
    office.claim(outbox_id, again=True)
    outbox.release(office.connection, outbox_id, LATER)
    assert office.claim(outbox_id) is S.UNKNOWN
    assert isinstance(office.claim(outbox_id, again=True), Claimed)


def test_a_mail_is_given_up_unless_the_vendor_has_it(office: Office) -> None:
    outbox_id = office.enqueue()
    assert outbox.mark_given_up(office.connection, outbox_id, "x" * 300, LATER) is S.GIVEN_UP
    row = office.row(outbox_id)
    assert (row.reason, row.context) == ("x" * 255, "")
    office.note(event(outbox_id, E.DELIVERED))
    assert outbox.mark_given_up(office.connection, outbox_id, "too late", LATER) is S.DELIVERED


def test_an_unknown_id_is_an_error(office: Office) -> None:
    with pytest.raises(LookupError):
        office.claim("none")
    with pytest.raises(LookupError):
        office.status("none")


# Events


def test_an_event_is_noted_once_and_only_its_mail_has_news(office: Office) -> None:
    one, other = office.enqueue("a"), office.enqueue("b")
    told = [event(one, E.PROCESSED), event(one, E.PROCESSED), event("elsewhere", E.BOUNCE)]
    assert office.note(*told) == [one]
    assert office.note(*told) == []
    assert [office.status(one), office.status(other)] == [S.SENT, S.QUEUED]
    assert office.connection.execute(select(func.count()).select_from(mail_events)).scalar_one() == 2


def test_a_status_never_goes_backwards_and_a_bounce_wins(office: Office) -> None:
    outbox_id = office.enqueue()
    office.note(event(outbox_id, E.DELIVERED))
    office.note(event(outbox_id, E.PROCESSED), event(outbox_id, E.DEFERRED))
    assert office.status(outbox_id) is S.DELIVERED
    office.note(event(outbox_id, E.BOUNCE, reason="550 unknown user"))
    office.note(event(outbox_id, E.DELIVERED, 2, reason="250 OK"))
    assert (office.status(outbox_id), office.row(outbox_id).reason) == (S.BOUNCED, "550 unknown user")


def test_an_event_that_overtakes_the_answer_is_kept_by_it(office: Office) -> None:
    outbox_id = office.enqueue()
    office.claim(outbox_id)
    office.note(event(outbox_id, E.DELIVERED))
    outbox.mark_unknown(office.connection, outbox_id, LATER)
    outbox.mark_sent(office.connection, outbox_id, "m-1", LATER)
    row = office.row(outbox_id)
    assert (row.status, row.context, row.provider_message_id) == ("delivered", "", "m-1")


def test_an_event_settles_an_unknown_outcome(office: Office) -> None:
    outbox_id = office.enqueue()
    office.unknown(outbox_id)
    office.note(event(outbox_id, E.PROCESSED))
    assert office.claim(outbox_id, again=True) is S.SENT


def test_no_events_are_no_news(office: Office) -> None:
    assert office.note() == []


# Lists


def test_mails_never_started_are_found_until_they_are_marked(office: Office) -> None:
    made = [office.enqueue(str(number), NOON + number * timedelta(seconds=1)) for number in range(4)]
    office.claim(made[1])
    assert outbox.unsent(office.connection, NOON + timedelta(seconds=3), NOON, 10) == [made[0], made[2]]
    assert outbox.unsent(office.connection, LATER, NOON, 1) == [made[0]]
    outbox.mark_started(office.connection, [made[0]], LATER)
    assert outbox.unsent(office.connection, LATER, NOON, 10) == [made[2], made[3]]


def test_a_mail_that_waits_for_its_turn_is_looked_for_later_than_the_others(office: Office) -> None:
    values = dict.fromkeys(VALUES_OF[NoticeKind.NEW_DEVICE], "x")
    wanted = NewNotice(office.ada, NoticeKind.NEW_DEVICE, "ada@example.com", values, "waits")
    waits = outbox.enqueue(office.connection, wanted, NOON)
    urgent = office.enqueue("urgent", NOON)
    assert outbox.unsent(office.connection, LATER, NOON, 10) == [urgent]
    assert set(outbox.unsent(office.connection, LATER, LATER, 10)) == {waits, urgent}


def test_support_sees_what_did_not_arrive_page_by_page(office: Office) -> None:
    made = [office.enqueue(str(number), NOON + number // 2 * timedelta(seconds=1)) for number in range(6)]
    office.note(event(made[0], E.DELIVERED), event(made[1], E.BOUNCE, reason="550"), event(made[2], E.DROPPED))
    outbox.mark_given_up(office.connection, made[3], "away", LATER)
    office.unknown(made[4])
    seen: list[Note] = []
    while page := outbox.troubled(office.connection, 1, (seen[-1].created_at, seen[-1].outbox_id) if seen else None):
        seen += page
    assert [note.outbox_id for note in seen] == [made[4], *sorted(made[2:4], reverse=True), made[1]]
    assert outbox.count_troubled(office.connection) == 4
    assert (seen[-1].status, seen[-1].reason, seen[-1].to_email) == (S.BOUNCED, "550", "ada@example.com")


def test_a_persons_mails_are_theirs_newest_first(office: Office) -> None:
    made = [office.enqueue(str(number), NOON + number * timedelta(seconds=1)) for number in range(3)]
    bob = add_person(office.connection, "bob@example.com")
    found = outbox.outbox_of(office.connection, office.ada, limit=2)
    assert [note.outbox_id for note in found] == [made[2], made[1]]
    assert (found[0].kind, found[0].created_at, found[0].sent_at) == (
        NoticeKind.WELCOME,
        NOON + timedelta(seconds=2),
        None,
    )
    assert outbox.outbox_of(office.connection, bob) == []


def test_a_forgotten_persons_addresses_go_from_mails_that_are_done(office: Office) -> None:
    done, waiting = office.enqueue("a"), office.enqueue("b")
    office.note(event(done, E.DELIVERED))
    outbox.forget_addresses(office.connection, office.ada, LATER)
    assert (office.row(done).to_email, office.row(waiting).to_email) == ("", "ada@example.com")


def test_a_reader_sees_committed_mails(engine: Engine) -> None:
    with transaction(engine) as connection:
        outbox_id = Office(connection, add_person(connection, "ada@example.com")).enqueue()
    with reading(engine) as connection:
        assert outbox.status_of(connection, outbox_id) is S.QUEUED
