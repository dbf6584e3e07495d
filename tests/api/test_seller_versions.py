"""A decision on a seller is bound to the profile that was read: nobody approves what nobody has read."""

import asyncio

import pytest

from api.problems import KNOWN
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor, refusal, wrong_fields
from tests.api.test_sellers import ADMIN, ME, PROFILE, REASON, approved, decide, mails, read, write

CHANGED = (409, "SELLER_CHANGED")
STALE = "0" * 32


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def waiting(floor: Floor) -> str:
    """Ada's profile waits for a review; the version that an admin reads."""
    await write(floor)
    await floor.post("ada", f"{ME}/submit")
    return await read(floor, "ada")


def decided(floor: Floor) -> list[str]:
    return [deed.action for deed in floor.deeds() if deed.action in {"seller_approved", "seller_rejected"}]


async def test_reading_changes_no_version_and_the_list_tells_the_same(floor: Floor) -> None:
    version = await waiting(floor)
    (item,) = (await floor.get("amy", ADMIN, status="submitted")).json()["items"]
    assert (item["version"], await read(floor, "ada", "alan")) == (version, version)


@pytest.mark.parametrize("step", ["approve", "reject"])
@pytest.mark.parametrize(
    "change", [{"business_name": "Another"}, {"tax_id": "51-2345678"}, {"payout_account": "acct_thief0000"}]
)
async def test_what_was_edited_and_sent_again_meanwhile_is_not_decided_on(
    floor: Floor, step: str, change: dict[str, str]
) -> None:
    version = await waiting(floor)
    await write(floor, **change)
    await floor.post("ada", f"{ME}/submit")
    answer = await decide(floor, "ada", step, version)
    assert (*refusal(answer), answer.json()["seller_status"]) == (*CHANGED, "submitted")
    assert answer.json()["detail"] == KNOWN["SELLER_CHANGED"][1]
    assert ((await floor.get("ada", ME)).json()["status"], decided(floor), mails(floor)) == ("submitted", [], [])
    assert (await decide(floor, "ada", step)).status_code == 200


async def test_another_payout_account_of_a_suspended_seller_is_read_before_the_suspension_is_lifted(
    floor: Floor,
) -> None:
    version = (await approved(floor))["version"]
    await write(floor, payout_account="acct_another00")
    await floor.post("amy", f"{ADMIN}/{floor.person('ada')}/suspend", REASON)
    assert refusal(await decide(floor, "ada", "approve", version)) == CHANGED
    assert (await decide(floor, "ada", "approve")).json()["status"] == "approved"


async def test_of_two_admins_who_read_the_same_one_decides_and_the_other_is_told(floor: Floor) -> None:
    version = await waiting(floor)
    answers = await asyncio.gather(
        decide(floor, "ada", "approve", version, admin="amy"), decide(floor, "ada", "reject", version, admin="alan")
    )
    first, second = sorted(answers, key=lambda each: each.status_code)
    assert (first.status_code, refusal(second), len(decided(floor))) == (200, CHANGED, 1)
    assert second.json()["reviewed_by"] == first.json()["reviewed_by"]
    assert len(mails(floor)) == 1


async def test_the_same_decision_sent_twice_is_one_and_of_another_admin_is_not_theirs(floor: Floor) -> None:
    version = await waiting(floor)
    first, again = [await decide(floor, "ada", "approve", version) for _ in range(2)]
    assert (again.status_code, again.json()) == (200, first.json())
    assert refusal(await decide(floor, "ada", "approve", version, admin="alan")) == CHANGED
    assert decided(floor) == ["seller_approved"]


@pytest.mark.parametrize("body", [REASON, {**REASON, "version": ""}, {**REASON, "version": None}])
async def test_a_decision_names_what_it_judged(floor: Floor, body: dict[str, str]) -> None:
    await waiting(floor)
    answer = await floor.post("amy", f"{ADMIN}/{floor.person('ada')}/approve", body)
    assert wrong_fields(answer) == ["version"]
    assert refusal(await decide(floor, "ada", "approve", STALE)) == CHANGED


async def test_a_suspension_waits_for_nobody_who_keeps_editing(floor: Floor) -> None:
    await approved(floor)
    await (await floor.client("ada")).put(ME, json={**PROFILE, "business_name": "Quick"})
    answer = await floor.post("amy", f"{ADMIN}/{floor.person('ada')}/suspend", REASON)
    assert answer.json()["status"] == "suspended"
