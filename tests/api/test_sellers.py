"""Sellers over HTTP: a profile is written, sent, reviewed with reasons, and decides who may list."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter
from sqlalchemy import select, update

from activities.db.account_tables import seller_profiles
from activities.db.engine import reading, transaction
from activities.db.people import Scope
from activities.db.tables import auctions, notifications, sessions, vehicles
from api.database import now
from api.seller_views import EXAMPLE, REVIEWED, ReviewedSellerView, SellerView
from domain.sellers import PRIVATE_MOST, day_in_chicago
from tests.api.conftest import House
from tests.api.floor import DAY, Floor, open_floor, refusal, wrong_fields

ME = "/api/me/seller"
ADMIN = "/api/admin/sellers"
TAX_ID = "41-2345678"
PAYOUT = "acct_1Pq7Yk9f2c"
LICENCE = {"number": "DLR40999", "licence_class": "used", "state": "mn", "expires_on": "2099-12-31"}
PROFILE: dict[str, Any] = {
    "business_name": "Ada's Cars",
    "licence": LICENCE,
    "tax_id": TAX_ID,
    "payout_account": PAYOUT,
}
REASON = {"reason": "Found in the state's register."}


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def write(floor: Floor, name: str = "ada", **changes: Any) -> dict[str, Any]:
    answer = await (await floor.client(name)).put(ME, json={**PROFILE, **changes})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approved(floor: Floor, name: str = "ada", **changes: Any) -> dict[str, Any]:
    await write(floor, name, **changes)
    await floor.post(name, f"{ME}/submit")
    answer = await decide(floor, name, "approve")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(floor: Floor, name: str, admin: str = "amy") -> str:
    """The version of a profile that an admin reads."""
    version: str = (await floor.get(admin, f"{ADMIN}/{floor.person(name)}")).json()["version"]
    return version


async def decide(
    floor: Floor,
    name: str,
    step: str,
    version: str | None = None,
    *,
    admin: str = "amy",
    reason: str = REASON["reason"],
) -> Response:
    """Decide on a profile as it is now, or as it was read."""
    judged = version or await read(floor, name, admin)
    return await floor.post(admin, f"{ADMIN}/{floor.person(name)}/{step}", {"version": judged, "reason": reason})


def mails(floor: Floor) -> list[str]:
    with reading(floor.house.engine) as connection:
        return list(connection.execute(select(notifications.c.kind)).scalars())


async def test_who_has_told_nothing_sees_what_is_missing(floor: Floor) -> None:
    found = (await floor.get("ada", ME)).json()
    assert (found["status"], found["licence"], found["tax_id_last4"]) == ("none", None, None)
    assert found["missing"] == ["BUSINESS_NAME_MISSING", "TAX_ID_MISSING", "PAYOUT_MISSING"]
    assert (found["may_list"]["allowed"], found["may_list"]["code"]) == (False, "SELLER_NOT_APPROVED")


async def test_a_profile_comes_back_with_only_the_last_four_of_what_is_secret(floor: Floor) -> None:
    answer = await (await floor.client("ada")).put(ME, json=PROFILE)
    found = answer.json()
    assert (found["tax_id_last4"], found["payout_account_last4"], found["missing"]) == ("5678", "9f2c", [])
    assert (found["licence"]["state"], found["status"]) == ("MN", "draft")
    assert [(each["kind"], each["state"]) for each in found["documents"]] == [("dealer_licence", "missing")]
    with reading(floor.house.engine) as connection:
        row = connection.execute(select(seller_profiles).where(seller_profiles.c.user_id == floor.person("ada"))).one()
    for text in (answer.text, str(row), str(floor.deeds())):
        assert "412345678" not in text
        assert PAYOUT not in text


async def test_secrets_are_kept_where_they_are_left_out(floor: Floor) -> None:
    await write(floor)
    found = await write(floor, tax_id=None, payout_account=None, business_name="Ada's Trucks")
    assert (found["tax_id_last4"], found["payout_account_last4"]) == ("5678", "9f2c")


async def test_days_left_of_a_licence_are_counted_in_chicago(floor: Floor) -> None:
    last_day = day_in_chicago(now()) + timedelta(days=30)
    found = await write(floor, licence={**LICENCE, "expires_on": last_day.isoformat()})
    assert found["licence"]["days_left"] == 30


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"business_name": " "}, "business_name"),
        ({"business_name": "two\nlines"}, "business_name"),
        ({"tax_id": "12-34"}, "tax_id"),
        ({"payout_account": "short"}, "payout_account"),
        ({"licence": {**LICENCE, "expires_on": "2026-02-30"}}, "licence.expires_on"),
        ({"licence": {**LICENCE, "expires_on": "9999-12-31"}}, "licence.expires_on"),
        ({"licence": {**LICENCE, "licence_class": "space"}}, "licence.licence_class"),
        ({"licence": {**LICENCE, "state": "Minnesota"}}, "licence.state"),
        ({"licence": {"number": "DLR1"}}, "licence.licence_class"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(floor: Floor, change: dict[str, Any], field: str) -> None:
    answer = await (await floor.client("ada")).put(ME, json={**PROFILE, **change})
    assert field in wrong_fields(answer)
    assert TAX_ID not in answer.text


async def test_a_bearer_token_writes_no_profile(floor: Floor) -> None:
    machine = await floor.machine("ada", *Scope)
    assert refusal(await machine.put(ME, json=PROFILE)) == (403, "BROWSER_ONLY")
    assert refusal(await machine.post(f"{ME}/submit")) == (403, "BROWSER_ONLY")


async def test_another_payout_account_needs_a_fresh_proof_and_other_changes_do_not(floor: Floor) -> None:
    await write(floor)
    client = await floor.house.stranger("ada")
    kept = {**PROFILE, "payout_account": None}
    assert (await client.put(ME, json=kept)).status_code == 200
    floor.house.services.sign_ins.forget_session(await _age(floor))
    assert refusal(await client.put(ME, json={**PROFILE, "payout_account": "acct_thief0000"})) == (
        403,
        "STEP_UP_REQUIRED",
    )
    assert (await client.put(ME, json=kept)).status_code == 200


async def _age(floor: Floor) -> str:
    """Let the newest session's proof grow old, and return the session's name."""
    with transaction(floor.house.engine) as connection:
        newest = select(sessions.c.token_hash).order_by(sessions.c.created_at.desc()).limit(1)
        token_hash: str = connection.execute(newest).scalar_one()
        aged = update(sessions).where(sessions.c.token_hash == token_hash).values(second_factor_at=now() - DAY)
        connection.execute(aged)
    return token_hash


async def test_an_incomplete_profile_is_not_sent(floor: Floor) -> None:
    assert (await floor.post("ada", f"{ME}/submit")).json()["missing"] == [
        "BUSINESS_NAME_MISSING",
        "TAX_ID_MISSING",
        "PAYOUT_MISSING",
    ]
    await write(floor, tax_id=None, licence={**LICENCE, "expires_on": "2020-01-01"})
    answer = await floor.post("ada", f"{ME}/submit")
    assert (*refusal(answer), answer.json()["missing"]) == (
        409,
        "SELLER_INCOMPLETE",
        ["TAX_ID_MISSING", "LICENCE_EXPIRED"],
    )


async def test_a_profile_is_sent_once_and_an_edit_takes_it_back(floor: Floor) -> None:
    await write(floor)
    first, again = [(await floor.post("ada", f"{ME}/submit")).json() for _ in range(2)]
    assert (first["status"], again) == ("submitted", first)
    assert (await write(floor, business_name="Ada & Co"))["status"] == "draft"


async def test_an_approval_opens_the_door_to_selling_and_is_told(floor: Floor) -> None:
    found = await approved(floor)
    assert (found["status"], found["reason"], found["reviewed_by"]) == (
        "approved",
        REASON["reason"],
        floor.person("amy"),
    )
    assert mails(floor) == ["seller_approved"]
    await floor.house.services.ways_in.post.finish()
    assert len(floor.house.notices.started) == 1
    me = await (await floor.house.browser("ada")).get("/auth/me")
    assert (me.json()["user"]["role"], me.json()["user"]["can_bid"]) == ("seller", True)
    floor.clients.pop("ada")
    assert await floor.lot("ada") > 0


async def test_a_rejection_is_told_with_its_reason_and_can_be_corrected(floor: Floor) -> None:
    await write(floor)
    await floor.post("ada", f"{ME}/submit")
    answer = await decide(floor, "ada", "reject", reason="The number is unknown.")
    assert answer.json()["status"] == "rejected"
    own = (await floor.get("ada", ME)).json()
    assert (own["status"], own["reason"], mails(floor)) == ("rejected", "The number is unknown.", ["seller_rejected"])
    assert refusal(await floor.post("ada", f"{ME}/submit")) == (409, "SELLER_STATUS")
    assert (await write(floor, business_name="Corrected"))["status"] == "draft"
    assert (await floor.post("ada", f"{ME}/submit")).json()["status"] == "submitted"


async def test_a_change_of_what_was_reviewed_needs_another_review(floor: Floor) -> None:
    await approved(floor)
    same = await write(floor, payout_account="acct_another00")
    assert (same["status"], same["payout_account_last4"]) == ("approved", "er00")
    assert (await write(floor, tax_id="51-2345678"))["status"] == "draft"


async def test_the_same_decision_twice_is_one_and_another_is_refused(floor: Floor) -> None:
    await approved(floor)
    again = await decide(floor, "ada", "approve", reason="once more")
    assert (again.status_code, again.json()["reason"], mails(floor)) == (200, REASON["reason"], ["seller_approved"])
    answer = await decide(floor, "ada", "reject")
    assert (*refusal(answer), answer.json()["seller_status"]) == (409, "SELLER_STATUS", "approved")


async def test_a_suspension_stops_new_listings_and_leaves_running_ones(floor: Floor) -> None:
    lot = await floor.lot("sam", reserve_cents=900_000)
    path = f"{ADMIN}/{floor.person('sam')}"
    assert (await floor.post("amy", f"{path}/suspend", {"reason": "Complaints."})).json()["status"] == "suspended"
    refused = await floor.post("sam", "/api/auctions", floor.wish(floor.car()))
    assert refusal(refused) == (403, "SELLER_SUSPENDED")
    lowered = await floor.post("sam", f"/api/auctions/{lot}/lower-reserve", {"reserve_cents": None})
    assert lowered.status_code == 200
    assert refusal(await (await floor.client("sam")).put(ME, json=PROFILE)) == (403, "SELLER_SUSPENDED")
    lifted = await decide(floor, "sam", "approve")
    assert (*refusal(lifted), lifted.json()["missing"]) == (
        409,
        "SELLER_INCOMPLETE",
        ["TAX_ID_MISSING", "PAYOUT_MISSING"],
    )


async def test_a_lifted_suspension_lets_the_seller_list_again(floor: Floor) -> None:
    await approved(floor)
    floor.clients.pop("ada")
    path = f"{ADMIN}/{floor.person('ada')}"
    await floor.post("amy", f"{path}/suspend", REASON)
    assert (await decide(floor, "ada", "approve")).json()["status"] == "approved"
    assert await floor.lot("ada") > 0


async def test_decisions_are_audited_with_before_and_after(floor: Floor) -> None:
    await approved(floor)
    written, submitted, _, decided = floor.deeds()
    assert (written.action, submitted.action, decided.action) == (
        "seller_profile_written",
        "seller_submitted",
        "seller_approved",
    )
    assert (decided.actor_id, decided.subject) == (floor.person("amy"), f"user {floor.person('ada')}")
    assert (decided.detail["before"]["status"], decided.detail["after"]["status"]) == ("submitted", "approved")
    assert decided.detail["reason"] == REASON["reason"]


async def test_admins_find_those_who_wait(floor: Floor) -> None:
    await write(floor, "bob")
    await write(floor)
    await floor.post("ada", f"{ME}/submit")
    found = (await floor.get("amy", ADMIN, status="submitted")).json()
    assert ([each["user_id"] for each in found["items"]], found["total"]) == ([floor.person("ada")], 1)
    assert (found["items"][0]["email"], found["items"][0]["tax_id_last4"]) == ("ada@example.com", "5678")
    one = await floor.get("amy", f"{ADMIN}/{floor.person('ada')}")
    assert one.json() == found["items"][0]


async def test_the_list_is_paged(floor: Floor) -> None:
    await write(floor)
    first = (await floor.get("amy", ADMIN, limit=1)).json()
    rest = (await floor.get("amy", ADMIN, limit=5, cursor=first["next_cursor"])).json()
    ids = [each["user_id"] for each in (*first["items"], *rest["items"])]
    assert ids == sorted(floor.person(name) for name in ("ada", "sam", "sid"))
    assert (rest["next_cursor"], rest["total"]) == (None, 3)


async def test_who_has_no_profile_is_not_found(floor: Floor) -> None:
    assert refusal(await floor.get("amy", f"{ADMIN}/{floor.person('bob')}")) == (404, "SELLER_NOT_FOUND")
    assert refusal(await floor.post("amy", f"{ADMIN}/404/suspend", REASON)) == (404, "SELLER_NOT_FOUND")


@pytest.mark.parametrize("name", ["ada", "sam", "sue"])
async def test_only_admins_review(floor: Floor, name: str) -> None:
    path = f"{ADMIN}/{floor.person('sam')}"
    assert refusal(await floor.post(name, f"{path}/suspend", REASON)) == (403, "ADMINS_ONLY")
    assert refusal(await floor.get(name, ADMIN)) == (403, "ADMINS_ONLY")


async def test_a_seller_without_a_profile_lists_nothing_and_neither_does_an_admin_for_them(floor: Floor) -> None:
    with transaction(floor.house.engine) as connection:
        connection.execute(seller_profiles.delete())
    wish = floor.wish(floor.car())
    for name in ("sam", "amy"):
        assert refusal(await floor.post(name, "/api/auctions", wish)) == (403, "SELLER_NOT_APPROVED")


async def test_an_expired_licence_stops_new_listings_whatever_the_day_of_its_approval(floor: Floor) -> None:
    yesterday = (day_in_chicago(now()) - timedelta(days=1)).isoformat()
    with transaction(floor.house.engine) as connection:
        connection.execute(update(seller_profiles).values(licence_expires_on=yesterday))
    assert refusal(await floor.post("sam", "/api/auctions", floor.wish(floor.car()))) == (403, "LICENCE_EXPIRED")
    assert (await floor.get("sam", ME)).json()["status"] == "lapsed"


async def test_a_private_sellers_sixth_vehicle_needs_a_licence_and_a_relisted_one_does_not(floor: Floor) -> None:
    await approved(floor, licence=None)
    floor.clients.pop("ada")
    cars = [floor.car("ada") for _ in range(PRIVATE_MOST)]
    for car in cars:
        assert (await floor.post("ada", "/api/auctions", floor.wish(car))).status_code == 201
    sixth = await floor.post("ada", "/api/auctions", floor.wish(floor.car("ada")))
    assert (*refusal(sixth), sixth.json()["vehicles_last_12_months"]) == (403, "DEALER_LICENCE_NEEDED", PRIVATE_MOST)
    with transaction(floor.house.engine) as connection:
        connection.execute(update(auctions).values(status="ended", result="sold", ended_at=now()))
        unsold = auctions.c.vehicle_id == cars[0]
        connection.execute(update(auctions).where(unsold).values(result="no_bids"))
        connection.execute(update(vehicles).where(vehicles.c.id == cars[0]).values(listing_status="unsold"))
    assert (await floor.post("ada", "/api/auctions", floor.wish(cars[0]))).status_code == 201
    assert (await floor.get("ada", ME)).json()["vehicles_last_12_months"] == PRIVATE_MOST


async def test_a_wish_that_was_granted_is_answered_again_after_a_suspension(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    first = await floor.post("sam", "/api/auctions", wish, key="k")
    await floor.post("amy", f"{ADMIN}/{floor.person('sam')}/suspend", REASON)
    again = await floor.post("sam", "/api/auctions", wish, key="k")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])


@pytest.mark.parametrize(
    ("shape", "example"), [(SellerView, EXAMPLE), (ReviewedSellerView, REVIEWED)], ids=["seller", "reviewed"]
)
def test_an_example_has_exactly_the_shape_of_its_answer(shape: type, example: dict[str, Any]) -> None:
    TypeAdapter(shape).validate_python(dict(example), strict=True)
    assert set(example) == set(TypeAdapter(shape).json_schema()["properties"])
