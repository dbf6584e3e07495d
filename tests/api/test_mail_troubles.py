"""Mails that did not arrive are shown to support, page by page."""

from datetime import datetime, timedelta

from activities.db import notifications
from activities.db.engine import transaction
from activities.db.notifications import MailEvent, NewNotice
from api.database import now
from domain.notices import MailEventKind, NoticeKind
from tests.api.conftest import House

VALUES = {"link": "https://example.com/#x", "link_expires_at": "2026-05-05T12:00:00.000Z"}


def bounce(house: House, number: int, moment: datetime) -> None:
    """One more mail to Ada that came back."""
    wanted = NewNotice(house.people["ada"], NoticeKind.WELCOME, "ada@example.com", VALUES, f"key-{number}")
    with transaction(house.engine) as connection:
        outbox_id = notifications.enqueue(connection, wanted, moment)
        notifications.claim(connection, outbox_id, again=False, now=moment)
        notifications.mark_sent(connection, outbox_id, "message", moment)
        event = MailEvent(f"event-{number}", outbox_id, MailEventKind.BOUNCE, moment, "550 unknown user")
        notifications.note_events(connection, [event], moment)


async def test_support_sees_what_bounced_newest_first_page_by_page(house: House) -> None:
    first = now()
    for number in range(3):
        bounce(house, number, first + number * timedelta(seconds=1))
    support = await house.browser("sue")
    page = (await support.get("/api/support/mails?limit=2")).json()
    rest = (await support.get(f"/api/support/mails?limit=2&cursor={page['next_cursor']}")).json()
    found = [*page["items"], *rest["items"]]
    assert (len(found), page["total"], rest["next_cursor"]) == (3, 3, None)
    assert [item["created_at"] for item in found] == sorted((item["created_at"] for item in found), reverse=True)
    assert {(item["status"], item["reason"]) for item in found} == {("bounced", "550 unknown user")}


async def test_a_mail_that_arrived_is_no_trouble_and_buyers_see_nothing(house: House) -> None:
    assert (await (await house.browser("sue")).get("/api/support/mails")).json()["items"] == []
    assert (await (await house.browser("ada")).get("/api/support/mails")).json()["code"] == "STAFF_ONLY"


async def test_a_strange_cursor_is_refused(house: House) -> None:
    answer = await (await house.browser("sue")).get("/api/support/mails?cursor=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_CURSOR")
