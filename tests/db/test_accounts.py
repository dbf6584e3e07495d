"""An account's facts and its clearance change together, and the bid path reads the result."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from activities.db import accounts
from activities.db.account_tables import payments
from activities.db.accounts import CLOSED, NOTHING, Account, Changed, Values
from activities.db.engine import transaction
from activities.db.tables import users
from domain.accounts import CARD_LIMIT_CENTS, CARD_LOTS, TERMS_VERSION, Card, Facts, Identity
from tests.db.market import DAY, NOON, add_person

COMPLETE: dict[str, Any] = {
    "inquiry_id": "inq_1",
    "identity_status": "approved",
    "identity_at": NOON,
    "identity_expires_at": NOON + timedelta(days=730),
    "profile_id": "11",
    "payment_profile_id": "22",
    "card_status": "stored",
    "card_brand": "Visa",
    "card_last4": "1111",
    "card_expires": "2031-12",
    "card_at": NOON,
    "legal_sealed": "aa",
    "legal_matches": True,
    "legal_at": NOON,
    "terms_version": TERMS_VERSION,
    "terms_at": NOON,
}


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


@pytest.fixture
def ada(connection: Connection) -> int:
    key = add_person(connection, "ada@example.com", can_bid=False)
    connection.execute(update(users).where(users.c.id == key).values(email_verified_at=NOON))
    return key


def write(connection: Connection, user_id: int, **values: Any) -> Changed:
    changed = accounts.change(connection, user_id, NOON, lambda _: values)
    assert changed is not None
    return changed


def allowed(connection: Connection, user_id: int) -> tuple[bool, int | None, int | None]:
    query = select(users.c.can_bid, users.c.buying_limit_cents, users.c.lots_limit).where(users.c.id == user_id)
    can_bid, limit, lots = connection.execute(query).one()
    return can_bid, limit, lots


def pay(connection: Connection, user_id: int, kind: str, state: str, cents: int, purpose: str = "deposit") -> None:
    key = uuid4().hex
    connection.execute(
        insert(payments).values(
            user_id=user_id,
            purpose=purpose,
            kind=kind,
            amount_cents=cents,
            reference=key[:20],
            request_key=key * 2,
            state=state,
            created_at=NOON,
            updated_at=NOON,
        )
    )


def test_somebody_who_has_shown_nothing_is_found_without_a_row(connection: Connection, ada: int) -> None:
    found = accounts.find(connection, ada)

    assert found is not None
    assert found.facts == Facts(email_verified=True)
    assert accounts.find(connection, 404) is None
    assert accounts.change(connection, 404, NOON, lambda _: NOTHING) is None


def test_what_is_written_is_what_is_found(connection: Connection, ada: int) -> None:
    write(connection, ada, **COMPLETE)
    found = accounts.find(connection, ada)

    assert found is not None
    assert found.facts == Facts(
        email_verified=True,
        identity=Identity.APPROVED,
        identity_expires_at=NOON + timedelta(days=730),
        card=Card.STORED,
        card_expires=(2031, 12),
        details_given=True,
        legal_matches=True,
        terms_version=TERMS_VERSION,
    )
    assert (found.card.brand, found.card.last4, found.card.expires, found.card.at) == ("Visa", "1111", "2031-12", NOON)


def test_the_last_step_clears_and_the_next_change_does_not_clear_again(connection: Connection, ada: int) -> None:
    almost = write(connection, ada, **{**COMPLETE, "terms_version": None})
    last = write(connection, ada, terms_version=TERMS_VERSION)
    after = write(connection, ada)

    assert [each.is_newly_cleared for each in (almost, last, after)] == [False, True, False]
    assert allowed(connection, ada) == (True, CARD_LIMIT_CENTS, CARD_LOTS)


@pytest.mark.parametrize(
    "change",
    [
        {"identity_status": "declined"},
        {"card_status": "declined"},
        {"card_expires": "2026-04"},
        {"legal_matches": False},
        {"terms_version": "2020-01"},
        {"on_hold_reason": "a person asked"},
        CLOSED,
    ],
)
def test_whatever_is_lost_takes_the_clearance_away(connection: Connection, ada: int, change: Any) -> None:
    write(connection, ada, **COMPLETE)
    write(connection, ada, **change)

    assert allowed(connection, ada) == (False, 0, 0)


def test_time_alone_takes_the_clearance_away(connection: Connection, ada: int) -> None:
    write(connection, ada, **COMPLETE)
    accounts.change(connection, ada, NOON + 731 * DAY, lambda _: NOTHING)

    assert allowed(connection, ada) == (False, 0, 0)


def test_an_erased_person_is_never_cleared(connection: Connection, ada: int) -> None:
    connection.execute(update(users).where(users.c.id == ada).values(erased_at=NOON))
    changed = write(connection, ada, **COMPLETE)

    assert changed.account.erased
    assert changed.account.facts.terms_version is None
    assert allowed(connection, ada) == (False, 0, 0)


def test_deposits_count_tenfold_until_they_are_on_their_way_back(connection: Connection, ada: int) -> None:
    pay(connection, ada, "charge", "done", 300_000)
    pay(connection, ada, "charge", "created", 900_000)
    pay(connection, ada, "charge", "done", 900_000, purpose="order")
    write(connection, ada, **COMPLETE)
    before = allowed(connection, ada)
    pay(connection, ada, "refund", "failed", 100_000)
    pay(connection, ada, "refund", "created", 100_000)
    write(connection, ada)

    assert before == (True, 3_000_000, None)
    assert allowed(connection, ada) == (True, 2_000_000, None)


def test_a_change_decides_by_what_the_change_before_it_wrote(connection: Connection, ada: int) -> None:
    seen: list[Account] = []
    write(connection, ada, inquiry_id="inq_1")

    def look(account: Account) -> Values:
        seen.append(account)
        return NOTHING

    accounts.change(connection, ada, NOON, look)

    assert [account.inquiry_id for account in seen] == ["inq_1"]


def test_an_inquiry_and_a_profile_lead_to_their_person(connection: Connection, ada: int) -> None:
    write(connection, ada, **COMPLETE)

    assert accounts.user_of_inquiry(connection, "inq_1") == ada
    assert accounts.user_of_profile(connection, "11") == ada
    assert accounts.user_of_inquiry(connection, "inq_2") is None
    assert accounts.user_of_profile(connection, "12") is None


def test_a_month_that_nobody_tells_is_none(connection: Connection, ada: int) -> None:
    changed = write(connection, ada, **{**COMPLETE, "card_expires": "XXXX"})

    assert changed.account.facts.card_expires is None
