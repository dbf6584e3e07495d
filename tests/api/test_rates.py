"""Rate tables over HTTP: the staff read them, an admin adds them ahead of their day, and all of it is written down."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import TypeAdapter

from api.database import now
from api.rates import EXAMPLE, RatesPage, RatesView
from api.security import STEP_UP_LIFE
from domain.business_days import day_of
from tests.api.conftest import House
from tests.api.floor import Floor, open_floor, refusal
from tests.api.sign_ins import session_headers
from tests.domain.rate_tables import FIRST_DAY, FIRST_VALUES

ADD, LIST = "/api/admin/rates", "/api/support/rates"
WHY = {"reason": "A slip in the tax."}


def body(days: int = 1, **changes: Any) -> dict[str, Any]:
    day = day_of(now()) + timedelta(days=days)
    return {"effective_on": day.isoformat(), "rates": {**FIRST_VALUES, **changes}, "reason": "The new fee chart."}


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def add(floor: Floor, days: int = 1, name: str = "amy", **changes: Any) -> Response:
    return await floor.post(name, ADD, body(days, **changes))


async def listed(floor: Floor) -> dict[str, Any]:
    found: dict[str, Any] = (await floor.get("sue", LIST)).json()
    TypeAdapter(RatesPage).validate_python(found)
    return found


def deeds(floor: Floor, action: str) -> list[tuple[str, Any]]:
    return [(deed.subject, deed.detail) for deed in floor.deeds() if deed.action == action]


async def test_the_first_table_is_there_to_be_read_by_the_staff(floor: Floor) -> None:
    found = await listed(floor)
    (first,) = found["items"]
    assert (found["in_force"], first["version"], first["status"], first["author"]) == (1, 1, "in_force", None)
    assert (first["effective_on"], first["rates"]) == (FIRST_DAY.isoformat(), FIRST_VALUES)
    assert deeds(floor, "read_rates") == [("rates", {})]
    TypeAdapter(RatesView).validate_python(EXAMPLE)


async def test_an_admin_adds_a_table_ahead_of_its_day(floor: Floor) -> None:
    made = await add(floor, 30, sales_tax_ppm=70_000)
    assert (made.status_code, made.json()["status"], made.json()["author"]) == (201, "scheduled", "Amy")
    found = await listed(floor)
    assert [(each["version"], each["status"]) for each in found["items"]] == [
        (made.json()["version"], "scheduled"),
        (1, "in_force"),
    ]
    ((subject, detail),) = deeds(floor, "rates_added")
    assert subject == f"rates of {made.json()['effective_on']}"
    assert (detail["version"], detail["rates"]["sales_tax_ppm"]) == (made.json()["version"], 70_000)
    assert detail["reason"] == "The new fee chart."


@pytest.mark.parametrize("days", [0, -1, -400])
async def test_todays_rates_and_those_of_the_past_are_not_changed(floor: Floor, days: int) -> None:
    assert refusal(await add(floor, days)) == (422, "RATES_NOT_AHEAD")
    assert (len((await listed(floor))["items"]), deeds(floor, "rates_added")) == (1, [])


async def test_a_day_has_one_table(floor: Floor) -> None:
    await add(floor, 5)
    assert refusal(await add(floor, 5, name="alan")) == (409, "RATES_DATE_TAKEN")
    assert (await add(floor, 6)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sales_tax_ppm": 1_000_001}, "rates.sales_tax_ppm"),
        ({"buyer_fee_least_cents": 600_000}, "rates.buyer_fee_least_cents"),
        ({"tip_cents": 5}, "rates.tip_cents"),
        ({"late_fee_cents": -1}, "rates.late_fee_cents"),
        ({"late_fee_cents": 1.5}, "rates.late_fee_cents"),
        ({"late_fee_cents": True}, "rates.late_fee_cents"),
    ],
)
async def test_rates_that_make_no_sense_are_told_by_name(floor: Floor, changes: dict[str, Any], field: str) -> None:
    answer = await add(floor, **changes)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_a_table_lacks_nothing_and_has_its_reason(floor: Floor) -> None:
    whole = body()
    part = {name: value for name, value in FIRST_VALUES.items() if name != "permit_cents"}
    for wrong, field in (
        ({**whole, "rates": part}, "rates.permit_cents"),
        ({**whole, "rates": {}}, "rates"),
        ({**whole, "reason": " "}, "reason"),
        ({**whole, "effective_on": "soon"}, "effective_on"),
    ):
        answer = await floor.post("amy", ADD, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_only_an_admin_changes_rates_and_only_the_staff_read_them(floor: Floor) -> None:
    for name in ("ada", "sam", "sue"):
        assert refusal(await add(floor, name=name)) == (403, "ADMINS_ONLY")
        assert refusal(await floor.post(name, f"{ADD}/1/withdraw", WHY)) == (403, "ADMINS_ONLY")
    assert refusal(await floor.get("sam", LIST)) == (403, "STAFF_ONLY")
    assert refusal(await floor.get("", LIST)) == (401, "NOT_SIGNED_IN")


async def test_who_has_not_just_stepped_up_changes_no_rates(floor: Floor) -> None:
    headers = session_headers(floor.house.engine, floor.person("amy"), shown_at=now() - STEP_UP_LIFE)
    for path, sent in ((ADD, body()), (f"{ADD}/1/withdraw", WHY)):
        assert refusal(await floor.house.client(**headers).post(path, json=sent)) == (403, "STEP_UP_REQUIRED")


async def test_a_token_changes_no_rates(floor: Floor) -> None:
    machine = await floor.house.machine("amy", "admin", "read")
    assert refusal(await machine.post(ADD, json=body())) == (403, "BROWSER_ONLY")
    assert refusal(await machine.post(f"{ADD}/1/withdraw", json=WHY)) == (403, "BROWSER_ONLY")
    assert len((await listed(floor))["items"]) == 1


async def test_a_table_is_taken_back_before_its_day_and_leaves_the_day_free(floor: Floor) -> None:
    version = (await add(floor, 5)).json()["version"]
    taken = [(await floor.post("alan", f"{ADD}/{version}/withdraw", WHY)).json() for _ in range(2)]
    assert taken[0] == taken[1]
    assert (taken[0]["status"], taken[0]["withdrawn_by"], taken[0]["withdrawn_reason"]) == (
        *("withdrawn", "Alan"),
        WHY["reason"],
    )
    assert (await add(floor, 5)).status_code == 201
    assert [each["status"] for each in (await listed(floor))["items"]] == ["scheduled", "withdrawn", "in_force"]
    assert len(deeds(floor, "rates_withdrawn")) == 1


async def test_what_is_in_force_or_not_there_is_not_taken_back(floor: Floor) -> None:
    assert refusal(await floor.post("amy", f"{ADD}/1/withdraw", WHY)) == (409, "RATES_IN_FORCE")
    assert refusal(await floor.post("amy", f"{ADD}/404/withdraw", WHY)) == (404, "RATES_NOT_FOUND")
