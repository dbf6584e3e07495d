"""The audit export: for admins, noted in the audit log, and open to the platform's key alone."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from activities.db.engine import transaction
from activities.db.tables import audit_log
from activities.keys import Sealer
from domain.bidding import Kind
from tests.api.conftest import SECRET, House
from tests.db.market import add_bids, add_car, add_lot


@pytest.fixture
def lot(house: House) -> int:
    """Ada leads with a maximum of $9,000; the lot is live."""
    keep_key(house)
    ada, bob, sam = (house.people[name] for name in ("ada", "bob", "sam"))
    with transaction(house.engine) as connection:
        number = add_lot(connection, sam, add_car(connection, sam, 1))
        add_bids(connection, number, sam, [(ada, Kind.AUTO_BID, 900_000), (bob, Kind.BID, 600_000)])
    return number


def keep_key(house: House) -> Path:
    """The platform's key in its file, as a running house has it."""
    path = house.services.settings.data_dir / "platform.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64encode(SECRET))
    return path


async def test_an_admin_gets_every_private_part_sealed_also_before_the_close(house: House, lot: int) -> None:
    found = (await (await house.browser("amy")).get(f"/api/auctions/{lot}/audit")).json()
    opened = [
        json.loads(Sealer(SECRET).open(item["sealed"], f"{lot}:{item['seq']}"))["private"] for item in found["items"]
    ]
    assert opened == [
        None,
        {"bidder_id": str(house.people["ada"]), "cents": 900_000},
        {"bidder_id": str(house.people["bob"]), "cents": 600_000},
    ]
    assert "900000" not in json.dumps(found)


async def test_it_pages_like_the_ledger_and_seals_the_same_text_the_same_way(house: House, lot: int) -> None:
    browser = await house.browser("amy")
    first = (await browser.get(f"/api/auctions/{lot}/audit", params={"limit": 2})).json()
    second = (await browser.get(f"/api/auctions/{lot}/audit", params={"cursor": first["next_cursor"]})).json()
    whole = (await browser.get(f"/api/auctions/{lot}/audit")).json()
    assert first["items"] + second["items"] == whole["items"]
    assert (second["next_cursor"], whole["total"], whole["head"]["seq"]) == (None, 3, 3)


async def test_a_seal_is_bound_to_its_place(house: House, lot: int) -> None:
    found = (await (await house.browser("amy")).get(f"/api/auctions/{lot}/audit")).json()
    with pytest.raises(InvalidTag):
        Sealer(SECRET).open(found["items"][1]["sealed"], f"{lot}:3")


@pytest.mark.parametrize(("name", "code"), [("ada", "ADMINS_ONLY"), ("sam", "ADMINS_ONLY"), ("sue", "ADMINS_ONLY")])
async def test_nobody_else_gets_it(house: House, lot: int, name: str, code: str) -> None:
    answer = await (await house.browser(name)).get(f"/api/auctions/{lot}/audit")
    assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_whoever_asked_is_in_the_audit_log(house: House, lot: int) -> None:
    answer = await (await house.browser("amy")).get(f"/api/auctions/{lot}/audit", params={"limit": 2})
    with house.engine.connect() as connection:
        row = connection.execute(select(audit_log).where(audit_log.c.action == "ledger_audited")).one()
    assert (row.actor_id, row.subject, row.request_id) == (
        house.people["amy"],
        f"auction {lot}",
        answer.headers["x-request-id"],
    )
    assert json.loads(row.detail) == {"after_seq": 0, "limit": 2}


async def test_an_unknown_auction_is_not_found(house: House) -> None:
    keep_key(house)
    answer = await (await house.browser("amy")).get("/api/auctions/404/audit")
    assert (answer.status_code, answer.json()["code"]) == (404, "AUCTION_NOT_FOUND")
