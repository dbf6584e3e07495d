"""Links that open an account lie sealed in the outbox, whatever mail they are in."""

import re

import pytest
from sqlalchemy import select

from activities.db.engine import reading, transaction
from activities.db.notifications import SEALED, Claimed, claim
from activities.db.tables import notifications
from activities.sealed_notices import SealedNotices
from api.database import now
from api.mails import LINK_PATHS
from tests.api.conftest import PASSWORD, SECRET, House

TOKEN = re.compile("#[A-Za-z0-9_-]{43}")


def contexts(house: House) -> dict[str, tuple[str, str]]:
    """What lies in the outbox: by kind, its id and its context."""
    with reading(house.engine) as connection:
        rows = connection.execute(select(notifications.c.kind, notifications.c.id, notifications.c.context))
        return {row.kind: (row.id, row.context) for row in rows}


async def everything_asked(house: House) -> None:
    """Mails with links of every kind, and the notices beside them."""
    new = {"name": "New", "email": "new@example.com", "password": PASSWORD}
    assert (await house.client().post("/auth/register", json=new)).status_code == 201
    assert (await house.client().post("/auth/reset-password", json={"email": "ada@example.com"})).status_code == 202
    moved = await (await house.browser("bob")).post("/auth/email", json={"email": "bob@new.example"})
    assert moved.status_code == 202


async def test_no_link_that_opens_an_account_lies_open_in_the_outbox(house: House) -> None:
    await everything_asked(house)
    found = contexts(house)
    assert {"welcome", "password_reset", "email_change_confirm", "email_change_notice"} <= set(found)
    for _, context in found.values():
        assert context.startswith(SEALED)
        assert not any(path in context for path in LINK_PATHS.values())


@pytest.mark.parametrize("kind", ["welcome", "password_reset", "email_change_confirm"])
async def test_its_sender_opens_it(house: House, kind: str) -> None:
    await everything_asked(house)
    outbox_id, _ = contexts(house)[kind]
    with transaction(house.engine) as connection:
        mail = claim(connection, outbox_id, again=False, now=now(), seals=SealedNotices(SECRET))
    assert isinstance(mail, Claimed)
    assert TOKEN.search(mail.values["link"])
