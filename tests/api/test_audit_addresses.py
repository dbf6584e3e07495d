"""Every privileged read and change, walked: each is in the audit log with who asked, in which request, from where."""

from collections.abc import Mapping
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from activities.db.audit import Deed
from api.routes import audiences
from api.security import Audience
from tests.api.conftest import SITE, House
from tests.api.floor import Floor, open_floor
from tests.api.owners import Facts
from tests.api.privileged import OWN, STAFF, UNWRITTEN, Privileged

ADDRESS = "203.0.113.9"
Route = tuple[str, str]


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def from_afar(floor: Floor, name: str) -> AsyncClient:
    """A person's browser at an address of its own."""
    usual = await floor.house.browser(name)
    transport = ASGITransport(floor.house.app, client=(ADDRESS, 50_000))
    return AsyncClient(transport=transport, base_url=SITE, headers=usual.headers, cookies=usual.cookies)


async def carried_out(floor: Floor, route: Route, act: Privileged) -> tuple[Response, list[Deed]]:
    """What it was answered, and the deeds that it left."""
    found: Facts = await act.make(floor)
    client, before = await from_afar(floor, act.by), len(floor.deeds())
    method, path = route
    headers: Mapping[str, str] = {"Idempotency-Key": "a-key"}
    sent: dict[str, Any] = {act.sent_as: act.body(found)}
    answer = await client.request(method, path.format(**found), headers=headers, **sent)
    return answer, floor.deeds()[before:]


def test_every_route_of_the_staff_is_walked(house: House) -> None:
    routes = {
        (method, path)
        for methods, path, audience in audiences(house.app)
        for method in methods - {"HEAD", "OPTIONS"}
        if audience in {Audience.STAFF, Audience.ADMIN}
    }
    assert routes == set(STAFF) | UNWRITTEN


@pytest.mark.parametrize("route", [*STAFF, *OWN], ids=" ".join)
async def test_a_privileged_act_is_in_the_log_with_its_address(floor: Floor, route: Route) -> None:
    act = STAFF.get(route) or OWN[route]
    answer, deeds = await carried_out(floor, route, act)
    assert answer.status_code not in {401, 403, 404, 422}, answer.text
    told = {(deed.actor_id, deed.address, deed.request_id) for deed in deeds}
    assert told == {(floor.person(act.by), ADDRESS, answer.headers["x-request-id"])}


@pytest.mark.parametrize(
    "route",
    [route for route in STAFF if "reason" in (STAFF[route].body({"first": 1, "version": ""}) or {})],
    ids=" ".join,
)
async def test_why_the_staff_did_it_is_in_the_log_too(floor: Floor, route: Route) -> None:
    _, deeds = await carried_out(floor, route, STAFF[route])
    assert "a reason" in {deed.detail.get("reason") for deed in deeds}


async def test_a_machines_address_is_kept_as_a_browsers_is(floor: Floor) -> None:
    usual = await floor.house.machine("amy", "read", "admin")
    transport = ASGITransport(floor.house.app, client=(ADDRESS, 50_000))
    async with AsyncClient(transport=transport, base_url=SITE, headers=usual.headers) as machine:
        assert (await machine.get("/api/admin/sellers")).status_code == 200
    assert [deed.address for deed in floor.deeds()] == [ADDRESS]


async def test_who_deletes_their_account_leaves_the_deed_and_no_address(floor: Floor) -> None:
    client = await from_afar(floor, "ada")
    await client.get("/api/me/export")
    assert (await client.post("/api/me/delete", json={"confirm": "delete my account"})).status_code == 200
    assert [(deed.action, deed.address) for deed in floor.deeds()] == [
        ("exported_own_data", None),
        ("deleted_own_account", None),
    ]
