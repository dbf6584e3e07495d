"""A person's own data: taken along, and deleted."""

from sqlalchemy import insert

from activities.db import people
from activities.db.account_tables import accounts
from activities.db.engine import reading, transaction
from activities.db.tables import reservations
from activities.sealed_forms import LegalDetails, SealedForms
from api.database import now
from tests.api.conftest import House
from tests.db.market import bid_id

DETAILS = LegalDetails("Ada", "Brandt", "1 Summit Ave", "Saint Paul", "MN", "55102")
YES = {"confirm": "delete my account"}


def give_details(house: House, user_id: int) -> None:
    sealed = SealedForms(house.services.sealer).seal(user_id, DETAILS)
    values = {"identity_status": "approved", "card_status": "none", "dealer_line_cents": 0, "updated_at": now()}
    with transaction(house.engine) as connection:
        connection.execute(insert(accounts).values(user_id=user_id, legal_sealed=sealed, **values))


def knows(house: House, name: str) -> bool:
    with reading(house.engine) as connection:
        return people.credentials(connection, f"{name}@example.com") is not None


async def test_the_export_is_a_file_with_all_of_ones_own_data(house: House) -> None:
    give_details(house, house.people["ada"])
    answer = await (await house.browser("ada")).get("/api/me/export")
    found = answer.json()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert (found["legal_details"]["street"], found["data"]["users"][0]["email"]) == (
        "1 Summit Ave",
        "ada@example.com",
    )
    assert "bob@example.com" not in answer.text


async def test_the_export_needs_fresh_proof_of_who_asks(house: House) -> None:
    answer = await (await house.stranger("ada")).get("/api/me/export")
    assert (answer.status_code, answer.json()["code"]) == (403, "STEP_UP_REQUIRED")
    token = await house.machine("ada", "read")
    assert (await token.get("/api/me/export")).json()["code"] == "BROWSER_ONLY"


async def test_a_deleted_account_is_signed_out_and_gone(house: House) -> None:
    browser = await house.browser("ada")
    answer = await browser.post("/api/me/delete", json=YES)
    assert (answer.status_code, answer.json()["deleted"]) == (200, True)
    assert (await browser.get("/auth/me")).status_code == 401
    assert not knows(house, "ada")


async def test_a_slip_deletes_nothing(house: House) -> None:
    answer = await (await house.browser("ada")).post("/api/me/delete", json={"confirm": "yes"})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert knows(house, "ada")


async def test_who_has_something_unpaid_stays(house: House) -> None:
    row = {"bid_id": bid_id(1), "auction_id": 9, "cents": 100, "created_at": now(), "kind": "win"}
    with transaction(house.engine) as connection:
        connection.execute(insert(reservations).values(user_id=house.people["ada"], **row))
    answer = await (await house.browser("ada")).post("/api/me/delete", json=YES)
    assert (answer.status_code, answer.json()["code"]) == (409, "OBLIGATIONS")
    assert answer.json()["obligations"] == [{"kind": "win", "number": 9}]
    assert knows(house, "ada")
