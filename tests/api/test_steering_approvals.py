"""What needs two admins: asking, deciding, and carrying out once whatever fails in between."""

from typing import Any

import pytest

from domain.bidding import Kind
from tests.api.conftest import House
from tests.api.floor import DAY, Floor, open_floor, refusal, wrong_fields

PATH = "/api/approvals"


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


async def busy_lot(floor: Floor) -> tuple[int, str]:
    """A lot where Ada leads with $9,000 at most, after Bob bid $6,000; with the id of Ada's bid."""
    lot = await floor.lot()
    leading = floor.lots.bid(lot, floor.person("ada"), 900_000, Kind.AUTO_BID)
    floor.lots.bid(lot, floor.person("bob"), 600_000)
    return lot, leading


async def asked(floor: Floor, command: str, lot: int, body: dict[str, Any], key: str = "ask") -> dict[str, Any]:
    answer = await floor.post("amy", f"/api/auctions/{lot}/{command}", {"reason": "fraud", **body}, key=key)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{found['id']}"
    return found


async def asked_to_retract(floor: Floor) -> tuple[int, dict[str, Any]]:
    lot, bid = await busy_lot(floor)
    return lot, await asked(floor, "retract", lot, {"bid_id": bid})


async def decide(floor: Floor, name: str, verdict: str, number: int, key: str | None = None) -> Any:
    return await floor.post(name, f"{PATH}/{number}/{verdict}", key=key)


# Asking


async def test_an_admin_who_asks_changes_nothing(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    assert (request["state"], request["action"], request["auction_id"]) == ("open", "retract", lot)
    assert request["requested_by"] == {"id": floor.person("amy"), "name": "Amy"}
    assert (request["decided_by"], floor.lots.commands) == (None, [])


async def test_the_same_key_finds_the_same_request(floor: Floor) -> None:
    lot, bid = await busy_lot(floor)
    first, again = [await asked(floor, "retract", lot, {"bid_id": bid}) for _ in range(2)]
    assert first == again
    assert (await floor.get("amy", PATH)).json()["total"] == 1


async def test_the_same_key_with_another_reason_is_refused(floor: Floor) -> None:
    lot, bid = await busy_lot(floor)
    await asked(floor, "retract", lot, {"bid_id": bid})
    answer = await floor.post("amy", f"/api/auctions/{lot}/retract", {"bid_id": bid, "reason": "other"}, key="ask")
    assert refusal(answer) == (422, "ID_REUSED")


async def test_a_bid_of_another_auction_or_a_refused_one_cannot_be_asked_for(floor: Floor) -> None:
    lot, bid = await busy_lot(floor)
    other = await floor.lot()
    low = floor.lots.bid(lot, floor.person("bob"), 100, code="BELOW_MINIMUM")
    for number, bid_id in ((other, bid), (lot, low)):
        answer = await floor.post("amy", f"/api/auctions/{number}/retract", {"bid_id": bid_id, "reason": "fraud"})
        assert refusal(answer) == (404, "NO_SUCH_BID")
    assert (await floor.get("amy", PATH)).json()["total"] == 0


async def test_an_alias_that_nobody_has_is_404(floor: Floor) -> None:
    lot, _ = await busy_lot(floor)
    answer = await floor.post("amy", f"/api/auctions/{lot}/remove-bidder", {"bidder": "Bidder 3", "reason": "fraud"})
    assert refusal(answer) == (404, "BIDDER_NOT_FOUND")


@pytest.mark.parametrize("alias", ["bidder 1", "Bidder 0", "Bidder 01", "Bidder", "Bidder 1 ", "Bidder 1234567", 1])
async def test_an_alias_has_its_form(floor: Floor, alias: object) -> None:
    answer = await floor.post("amy", "/api/auctions/1/remove-bidder", {"bidder": alias, "reason": "fraud"})
    assert wrong_fields(answer) == ["bidder"]


async def test_after_the_close_nothing_is_asked_for(floor: Floor) -> None:
    lot, bid = await busy_lot(floor)
    floor.lots.pass_time(2 * DAY)
    answer = await floor.post("amy", f"/api/auctions/{lot}/retract", {"bid_id": bid, "reason": "fraud"})
    assert refusal(answer) == (409, "TOO_LATE")


# Approving


async def test_a_second_admin_approves_and_the_bid_is_out(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    answer = await decide(floor, "alan", "approve", request["id"])
    found = answer.json()
    assert (answer.status_code, found["approval"]["state"], found["approval"]["code"]) == (200, "done", None)
    assert found["approval"]["decided_by"] == {"id": floor.person("alan"), "name": "Alan"}
    assert (found["result"]["kind"], found["result"]["leader"], found["result"]["price_cents"]) == (
        "retracted",
        "Bidder 2",
        600_000,
    )
    assert found["approval"]["seq"] == found["result"]["seq"]
    assert (await floor.get("", f"/api/auctions/{lot}")).json()["leader"] == "Bidder 2"


async def test_a_bidder_is_removed_by_alias(floor: Floor) -> None:
    lot, _ = await busy_lot(floor)
    request = await asked(floor, "remove-bidder", lot, {"bidder": "Bidder 2"})
    assert request["facts"] == {"bidder": "Bidder 2"}
    found = (await decide(floor, "alan", "approve", request["id"])).json()
    assert (found["result"]["kind"], found["result"]["bid_count"]) == ("bidder_removed", 1)


async def test_a_lot_with_bids_is_cancelled_by_two(floor: Floor) -> None:
    lot, _ = await busy_lot(floor)
    request = await asked(floor, "cancel", lot, {})
    assert floor.lots.commands == []
    found = (await decide(floor, "alan", "approve", request["id"])).json()
    assert (found["result"]["kind"], found["result"]["auction_status"]) == ("cancelled", "ended")


async def test_a_filed_wish_to_cancel_stays_filed_when_the_bids_are_gone(floor: Floor) -> None:
    lot, _ = await busy_lot(floor)
    request = await asked(floor, "cancel", lot, {})
    for alias in ("Bidder 1", "Bidder 2"):
        removal = await asked(floor, "remove-bidder", lot, {"bidder": alias}, key=alias.replace(" ", "-"))
        await decide(floor, "alan", "approve", removal["id"])
    assert (await asked(floor, "cancel", lot, {}))["id"] == request["id"]
    assert floor.lots.auctions[lot].status == "live"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_nobody_decides_their_own_request(floor: Floor, verdict: str) -> None:
    _, request = await asked_to_retract(floor)
    assert refusal(await decide(floor, "amy", verdict, request["id"])) == (403, "SECOND_ADMIN_NEEDED")


async def test_a_rejected_request_does_nothing(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    found = (await decide(floor, "alan", "reject", request["id"])).json()
    assert (found["state"], found["decided_by"]["name"]) == ("rejected", "Alan")
    assert (floor.lots.commands, floor.lots.auctions[lot].alias(str(floor.person("ada")))) == ([], "Bidder 1")


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        ("approve", "approve", "done"),
        ("approve", "reject", "done"),
        ("reject", "approve", "rejected"),
        ("reject", "reject", "rejected"),
    ],
)
async def test_a_request_is_decided_once(floor: Floor, first: str, second: str, outcome: str) -> None:
    _, request = await asked_to_retract(floor)
    await decide(floor, "alan", first, request["id"])
    answer = await decide(floor, "alan", second, request["id"])
    assert (*refusal(answer), answer.json()["outcome"]) == (409, "ALREADY_DECIDED", outcome)
    assert len(floor.lots.commands) == (first == "approve")


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_the_same_key_decides_the_same_again(floor: Floor, verdict: str) -> None:
    _, request = await asked_to_retract(floor)
    first, again = [(await decide(floor, "alan", verdict, request["id"], key="k")).json() for _ in range(2)]
    for found in (first, again):
        found.get("result", {}).pop("server_now", None)
    assert first == again
    assert len(floor.lots.commands) == (verdict == "approve")


async def test_what_the_rules_refuse_is_finished_with_their_code(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    bid = request["facts"]["bid_id"]
    other = await asked(floor, "retract", lot, {"bid_id": bid}, key="ask-again")
    await decide(floor, "alan", "approve", request["id"])
    refused, again = [await decide(floor, "alan", "approve", other["id"], key="k") for _ in range(2)]
    assert (refusal(refused), refusal(again)) == ((404, "NO_SUCH_BID"), (404, "NO_SUCH_BID"))
    assert (refused.json()["approval"]["state"], refused.json()["hash"]) == ("refused", again.json()["hash"])


async def test_an_approval_after_the_close_is_too_late_and_finished(floor: Floor) -> None:
    _, request = await asked_to_retract(floor)
    floor.lots.pass_time(2 * DAY)
    answer = await decide(floor, "alan", "approve", request["id"])
    assert (*refusal(answer), answer.json()["approval"]["state"]) == (409, "TOO_LATE", "refused")


# Bad luck in between


async def test_while_temporal_is_away_a_request_stays_approved_until_it_is_approved_again(floor: Floor) -> None:
    _, request = await asked_to_retract(floor)
    floor.lots.away = True
    assert refusal(await decide(floor, "alan", "approve", request["id"])) == (503, "UNAVAILABLE")
    assert (await floor.get("amy", f"{PATH}/{request['id']}")).json()["state"] == "approved"
    floor.lots.away = False
    found = (await decide(floor, "alan", "approve", request["id"])).json()
    assert (found["approval"]["state"], found["result"]["outcome"]) == ("done", "done")


async def test_a_lost_answer_never_does_it_twice(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    floor.lots.lose_answers = 1
    await decide(floor, "alan", "approve", request["id"])
    seq = floor.lots.auctions[lot].seq
    found = (await decide(floor, "alan", "approve", request["id"])).json()
    assert (found["approval"]["state"], found["result"]["seq"]) == ("done", seq)
    assert floor.lots.auctions[lot].seq == seq
    assert len({command_id for command_id, _ in floor.lots.commands}) == 1


async def test_a_cancel_whose_answer_was_lost_is_known_after_the_workflow_is_gone(floor: Floor) -> None:
    lot, _ = await busy_lot(floor)
    request = await asked(floor, "cancel", lot, {})
    floor.lots.lose_answers = 1
    await decide(floor, "alan", "approve", request["id"])
    floor.lots.forget_commands()
    found = (await decide(floor, "alan", "approve", request["id"])).json()
    assert (found["approval"]["state"], found["result"]["kind"]) == ("done", "cancelled")


async def test_an_approved_request_cannot_be_rejected_any_more(floor: Floor) -> None:
    _, request = await asked_to_retract(floor)
    floor.lots.away = True
    await decide(floor, "alan", "approve", request["id"])
    answer = await decide(floor, "alan", "reject", request["id"])
    assert (*refusal(answer), answer.json()["outcome"]) == (409, "ALREADY_DECIDED", "approved")


# Looking


async def test_requests_are_listed_by_state_and_page(floor: Floor) -> None:
    lot, bid = await busy_lot(floor)
    made = [(await asked(floor, "retract", lot, {"bid_id": bid}, key=f"k{n}"))["id"] for n in range(3)]
    await decide(floor, "alan", "reject", made[0])
    page = (await floor.get("amy", PATH, state="open", limit=1)).json()
    rest = (await floor.get("amy", PATH, state="open", limit=1, cursor=page["next_cursor"])).json()
    assert ([page["items"][0]["id"], rest["items"][0]["id"]], page["total"]) == ([made[2], made[1]], 2)
    assert rest["next_cursor"] is None
    assert [item["id"] for item in (await floor.get("amy", PATH, state="rejected")).json()["items"]] == [made[0]]


async def test_an_unknown_state_or_cursor_is_named(floor: Floor) -> None:
    assert wrong_fields(await floor.get("amy", PATH, state="lost")) == ["state"]
    assert wrong_fields(await floor.get("amy", PATH, cursor="x")) == ["cursor"]


@pytest.mark.parametrize("path", ["404", "404/approve", "404/reject"])
async def test_an_unknown_request_is_404(floor: Floor, path: str) -> None:
    ask = floor.post if "/" in path else floor.get
    assert refusal(await ask("amy", f"{PATH}/{path}")) == (404, "APPROVAL_NOT_FOUND")


@pytest.mark.parametrize("name", ["", "ada", "sam", "sue"])
async def test_requests_are_for_admins_only(floor: Floor, name: str) -> None:
    _, request = await asked_to_retract(floor)
    code = "ADMINS_ONLY" if name else "NOT_SIGNED_IN"
    answers = [await floor.get(name, PATH), await floor.get(name, f"{PATH}/{request['id']}")]
    answers += [await decide(floor, name, verdict, request["id"]) for verdict in ("approve", "reject")]
    assert [answer.json()["code"] for answer in answers] == [code] * 4


async def test_a_verdict_needs_a_key(floor: Floor) -> None:
    _, request = await asked_to_retract(floor)
    alan = await floor.client("alan")
    assert wrong_fields(await alan.post(f"{PATH}/{request['id']}/approve")) == ["Idempotency-Key"]


async def test_asking_and_deciding_are_audited_each_with_its_person(floor: Floor) -> None:
    lot, request = await asked_to_retract(floor)
    await decide(floor, "alan", "approve", request["id"])
    told = [(deed.actor_id, deed.action, deed.subject) for deed in floor.deeds()[-2:]]
    assert told == [
        (floor.person("amy"), "retract_requested", f"approval {request['id']}"),
        (floor.person("alan"), "retract_approved", f"approval {request['id']}"),
    ]
    assert floor.deeds()[-1].detail["auction_id"] == lot
    assert "900000" not in str(floor.deeds())
