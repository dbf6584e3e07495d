"""A dealer's line: an admin's to give, measured at once, and written down."""

from sqlalchemy import insert, select

from activities.db import accounts, people
from activities.db.account_tables import accounts as accounts_table
from activities.db.engine import reading, transaction
from activities.db.tables import audit_log
from api.database import now
from domain.accounts import TERMS_VERSION
from tests.api.conftest import House

LINE = {"cents": 25_000_000, "reason": "Licence and bank letter on file."}


def show_everything(house: House, user_id: int) -> None:
    """All that a person has to show to be cleared."""
    values = {"identity_status": "approved", "card_status": "stored", "legal_sealed": "sealed", "legal_matches": True}
    with transaction(house.engine) as connection:
        connection.execute(
            insert(accounts_table).values(
                user_id=user_id, dealer_line_cents=0, terms_version=TERMS_VERSION, updated_at=now(), **values
            )
        )


def limit(house: House, user_id: int) -> int | None:
    with reading(house.engine) as connection:
        found = people.person(connection, user_id)
    assert found is not None
    return found.buying_limit_cents


async def test_an_admin_gives_a_line_and_takes_it_back(house: House) -> None:
    ada, admin = house.people["ada"], await house.browser("amy")
    show_everything(house, ada)
    given = (await admin.put(f"/api/admin/accounts/{ada}/dealer-line", json=LINE)).json()
    assert given == {"user_id": ada, "dealer_line_cents": 25_000_000, "cleared": True, "limit_cents": 25_000_000}
    assert limit(house, ada) == 25_000_000
    taken = await admin.put(f"/api/admin/accounts/{ada}/dealer-line", json={**LINE, "cents": 0})
    assert (taken.json()["limit_cents"], limit(house, ada)) == (1_000_000, 1_000_000)


async def test_a_line_is_written_down_with_its_reason(house: House) -> None:
    ada = house.people["ada"]
    await (await house.browser("amy")).put(f"/api/admin/accounts/{ada}/dealer-line", json=LINE)
    with reading(house.engine) as connection:
        detail = connection.execute(select(audit_log.c.detail).where(audit_log.c.action == "dealer_line")).scalar_one()
        account = accounts.find(connection, ada)
    assert '"after_cents":25000000' in detail
    assert LINE["reason"] in detail
    assert account is not None
    assert not account.cleared


async def test_a_line_is_the_admins_alone_and_for_somebody_who_is_there(house: House) -> None:
    ada = house.people["ada"]
    for name in ("ada", "sue"):
        answer = await (await house.browser(name)).put(f"/api/admin/accounts/{ada}/dealer-line", json=LINE)
        assert (answer.status_code, answer.json()["code"]) == (403, "ADMINS_ONLY")
    admin = await house.browser("amy")
    assert (await admin.put("/api/admin/accounts/999/dealer-line", json=LINE)).json()["code"] == "ACCOUNT_NOT_FOUND"
    wrong = await admin.put(f"/api/admin/accounts/{ada}/dealer-line", json={**LINE, "cents": 150})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cents")
