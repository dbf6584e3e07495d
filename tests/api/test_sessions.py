"""The list of one's sessions, ending one of them, and signing out everywhere."""

from tests.api.conftest import House


async def test_each_signed_in_browser_is_listed_and_the_own_one_marked(house: House) -> None:
    await house.stranger("bob")
    one, other = await house.stranger("ada"), await house.browser("ada")
    items = (await one.get("/auth/sessions")).json()["items"]
    assert len(items) == 2
    assert [item["user_agent"] for item in items if not item["current"]] == ["a test"]
    assert len({item["id"] for item in items}) == 2
    assert not any(one.cookies["session"] in str(item) or other.cookies["session"] in str(item) for item in items)


async def test_another_browser_is_signed_out_at_once(house: House) -> None:
    one, other = await house.browser("ada"), await house.browser("ada")
    assert (await other.get("/auth/me")).status_code == 200
    (lost,) = [item["id"] for item in (await one.get("/auth/sessions")).json()["items"] if not item["current"]]
    assert (await one.delete(f"/auth/sessions/{lost}")).status_code == 204
    assert (await other.get("/auth/me")).json()["code"] == "NOT_SIGNED_IN"
    assert (await one.get("/auth/me")).status_code == 200


async def test_nobody_ends_the_session_of_another(house: House) -> None:
    ada, bob = await house.browser("ada"), await house.browser("bob")
    (item,) = (await ada.get("/auth/sessions")).json()["items"]
    for name in (item["id"], item["id"][:4], "%", "________________", "x" * 300):
        answer = await bob.delete(f"/auth/sessions/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "SESSION_NOT_FOUND")
    assert (await ada.get("/auth/me")).status_code == 200


async def test_signing_out_everywhere_ends_all_sessions_and_no_token(house: House) -> None:
    machine = await house.machine("ada", "read")
    one, other = await house.browser("ada"), await house.browser("ada")
    bob = await house.browser("bob")
    assert (await one.post("/auth/logout-everywhere")).status_code == 204
    assert [(await client.get("/auth/me")).status_code for client in (one, other, machine, bob)] == [401, 401, 200, 200]
