"""Commands of one person: lower the reserve, cancel, hold, resume, undo an own slip."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from activities.db.people import Scope
from activities.keys import is_signed, receipt_message
from api.approvals import APPROVAL, DECIDED, ApprovalView
from api.commands import EXAMPLE, CommandView
from api.database import now
from domain.bidding import Kind
from domain.clock import to_text
from tests.api.conftest import House
from tests.api.floor import DAY, Floor, open_floor, refusal, wrong_fields
from workflows import messages

WHY = {"reason": "The title is lost."}
COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lower-reserve", {"reserve_cents": None}),
    ("cancel", WHY),
    ("hold", WHY),
    ("resume", {}),
    ("retract", {"bid_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7", "reason": "slip"}),
    ("remove-bidder", {"bidder": "Bidder 1", "reason": "fraud"}),
)


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


def at(lot: int, command: str) -> str:
    return f"/api/auctions/{lot}/{command}"


async def later_lot(floor: Floor) -> int:
    return await floor.lot(starts_at=to_text(now() + DAY), ends_at=to_text(now() + 2 * DAY))


# Reserve


async def test_the_seller_lowers_the_reserve_and_the_price_follows(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    floor.lots.bid(lot, floor.person("ada"), 1_000_000, Kind.AUTO_BID)
    answer = await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": 900_000})
    found = answer.json()
    assert (answer.status_code, found["outcome"], found["code"]) == (200, "done", None)
    assert (found["price_cents"], found["reserve"], found["leader"]) == (900_000, "met", "Bidder 1")
    assert (found["auction_status"], found["bid_count"], found["version"]) == ("live", 1, 2)


async def test_the_answer_is_a_signed_entry_of_the_recorded_ledger(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    found = (await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": None})).json()
    head = (await floor.get("", at(lot, "head"))).json()
    assert (found["seq"], found["hash"]) == (head["seq"], head["hash"])
    assert is_signed(head["public_key"], receipt_message(lot, found["seq"], found["hash"]), found["signature"])


async def test_a_refused_command_carries_its_code_and_the_same_facts(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    answer = await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": 2_000_000})
    found = answer.json()
    assert refusal(answer) == (409, "RESERVE_NOT_LOWERED")
    assert (found["outcome"], found["reserve"], found["auction_status"]) == ("refused", "not_met", "live")
    assert set(CommandView.__annotations__) <= set(found)


async def test_the_same_key_answers_the_same_and_adds_nothing(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    first, again = [
        (await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": 1_000_000}, key="k")).json()
        for _ in range(2)
    ]
    assert (first["outcome"], first["seq"], first["hash"]) == (again["outcome"], again["seq"], again["hash"])
    assert floor.lots.auctions[lot].seq == first["seq"]


async def test_a_lost_answer_is_asked_for_again_and_done_once(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    floor.lots.lose_answers = 1
    body = {"reserve_cents": 1_000_000}
    lost = await floor.post("sam", at(lot, "lower-reserve"), body, key="k")
    assert refusal(lost) == (503, "UNAVAILABLE")
    assert int(lost.headers["retry-after"]) > 0
    assert (await floor.post("sam", at(lot, "lower-reserve"), body, key="k")).json()["outcome"] == "done"


async def test_one_key_serves_two_commands_two_lots_and_two_people(floor: Floor) -> None:
    first, second = await later_lot(floor), await later_lot(floor)
    await floor.post("amy", at(first, "hold"), WHY, key="k")
    await floor.post("amy", at(first, "resume"), {}, key="k")
    await floor.post("amy", at(second, "hold"), WHY, key="k")
    await floor.post("alan", at(second, "hold"), WHY, key="k")
    assert len({command_id for command_id, _ in floor.lots.commands}) == 4


@pytest.mark.parametrize("cents", [0, -100, 150, 100.0, "100", True, 10**30])
async def test_an_amount_that_cannot_be_a_reserve_is_named(floor: Floor, cents: object) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    answer = await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": cents})
    assert wrong_fields(answer) == ["reserve_cents"]


async def test_a_reserve_is_in_no_deed_and_in_no_answer(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    answer = await floor.post("sam", at(lot, "lower-reserve"), {"reserve_cents": 1_234_500})
    assert "12345" not in answer.text
    assert "12345" not in str(floor.deeds())
    assert floor.deeds()[-1].detail == {"waived": False}


# Cancel


async def test_the_seller_withdraws_before_the_first_bid(floor: Floor) -> None:
    lot = await floor.lot()
    found = (await floor.post("sam", at(lot, "cancel"), WHY)).json()
    assert (found["outcome"], found["kind"], found["auction_status"]) == ("done", "cancelled", "ended")
    shown = (await floor.get("", f"/api/auctions/{lot}")).json()
    assert (shown["status"], shown["result"], shown["public_reason"]) == ("ended", "cancelled", WHY["reason"])


async def test_the_seller_does_not_withdraw_once_somebody_has_bid(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    assert refusal(await floor.post("sam", at(lot, "cancel"), WHY)) == (409, "HAS_BIDS")


async def test_a_bid_that_is_not_recorded_yet_counts_for_the_seller(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000, recorded=False)
    assert refusal(await floor.post("sam", at(lot, "cancel"), WHY)) == (409, "HAS_BIDS")


async def test_an_admin_cancels_a_lot_without_bids_alone(floor: Floor) -> None:
    lot = await later_lot(floor)
    found = (await floor.post("amy", at(lot, "cancel"), WHY)).json()
    assert (found["outcome"], found["auction_status"]) == ("done", "ended")


@pytest.mark.parametrize("key", ["k", None])
async def test_a_bid_that_is_not_recorded_yet_makes_an_admins_cancel_wait_for_a_second_one(
    floor: Floor, key: str | None
) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000, recorded=False)
    answers = [await floor.post("amy", at(lot, "cancel"), WHY, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert (answers[0].json() == answers[1].json()) == (key == "k")
    assert (answers[0].json()["action"], floor.lots.auctions[lot].status) == ("cancel", "live")
    done = await floor.post("alan", f"{answers[0].headers['location']}/approve")
    assert (done.status_code, done.json()["result"]["auction_status"]) == (200, "ended")


async def test_an_admins_refused_attempt_to_cancel_alone_is_audited_and_stands_in_the_ledger(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000, recorded=False)
    await floor.post("amy", at(lot, "cancel"), WHY)
    entry = floor.lots.auctions[lot].tail.entries[-1].public
    assert [deed.action for deed in floor.deeds()[-2:]] == ["cancel", "cancel_requested"]
    assert (entry["kind"], entry["outcome"], entry["code"]) == ("cancelled", "refused", "HAS_BIDS")


async def test_one_admin_does_not_cancel_a_lot_whose_bids_were_taken_back(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    removal = await floor.post("amy", at(lot, "remove-bidder"), {"bidder": "Bidder 1", **WHY})
    await floor.post("alan", f"{removal.headers['location']}/approve")
    assert (await floor.post("amy", at(lot, "cancel"), WHY)).status_code == 202


async def test_a_cancelled_lot_answers_the_same_key_as_before_and_another_one_closed(floor: Floor) -> None:
    lot = await floor.lot()
    first = (await floor.post("sam", at(lot, "cancel"), WHY, key="k")).json()
    assert (await floor.post("sam", at(lot, "cancel"), WHY, key="k")).json()["hash"] == first["hash"]
    closed = await floor.post("sam", at(lot, "cancel"), WHY, key="another")
    assert (*refusal(closed), closed.json()["hash"]) == (409, "CLOSED", first["hash"])


async def test_what_comes_after_the_close_is_too_late(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.pass_time(2 * DAY)
    late = await floor.post("amy", at(lot, "hold"), WHY)
    assert (*refusal(late), late.json()["auction_status"], late.json()["kind"]) == (409, "TOO_LATE", "ended", "closed")


# Hold and resume


async def test_an_admin_holds_a_lot_and_resumes_it_with_the_time_it_had(floor: Floor) -> None:
    lot = await floor.lot()
    held = (await floor.post("amy", at(lot, "hold"), WHY)).json()
    shown = (await floor.get("", f"/api/auctions/{lot}")).json()
    assert (held["auction_status"], shown["hold_reason"]) == ("held", WHY["reason"])
    floor.lots.ahead += timedelta(hours=5)
    resumed = (await floor.post("amy", at(lot, "resume"), {})).json()
    assert resumed["auction_status"] == "live"
    assert resumed["ends_at"] > held["ends_at"]


async def test_a_lot_is_held_once_and_resumed_once(floor: Floor) -> None:
    lot = await floor.lot()
    assert refusal(await floor.post("amy", at(lot, "resume"), {})) == (409, "NOT_HELD")
    await floor.post("amy", at(lot, "hold"), WHY)
    assert refusal(await floor.post("alan", at(lot, "hold"), WHY)) == (409, "ON_HOLD")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 33, "two\nlines", "fork", "sunday", "outage", None, 1])
async def test_a_reason_to_hold_is_short_and_not_one_of_the_house(floor: Floor, reason: object) -> None:
    lot = await floor.lot()
    assert wrong_fields(await floor.post("amy", at(lot, "hold"), {"reason": reason})) == ["reason"]


@pytest.mark.parametrize("text", [r"\ud800", r"a\u0000b", r"a\u202eb"])
async def test_a_reason_is_made_of_characters_that_can_be_shown(floor: Floor, text: str) -> None:
    client, lot = await floor.client("amy"), await floor.lot()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = await client.post(at(lot, "hold"), content=f'{{"reason": "{text}"}}', headers=headers)
    assert wrong_fields(answer) == ["reason"]


# An own slip


async def test_a_bidder_undoes_a_slip_of_the_finger_at_once(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    slip = floor.lots.bid(lot, floor.person("bob"), 5_000_000)
    found = (await floor.post("bob", at(lot, "retract"), {"bid_id": slip, "reason": "a zero too many"})).json()
    assert (found["outcome"], found["kind"], found["price_cents"], found["leader"]) == (
        "done",
        "retracted",
        500_000,
        "Bidder 1",
    )
    assert (await floor.get("bob", f"/api/bids/{slip}")).json()["retracted"]


async def test_a_bid_too_new_to_be_recorded_is_undone_all_the_same(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    slip = floor.lots.bid(lot, floor.person("bob"), 5_000_000, recorded=False)
    answer = await floor.post("bob", at(lot, "retract"), {"bid_id": slip, "reason": "a zero too many"})
    assert answer.json()["outcome"] == "done"


async def test_the_place_of_an_old_bid_comes_from_the_database(floor: Floor) -> None:
    lot = await floor.lot()
    slip = floor.lots.bid(lot, floor.person("bob"), 5_000_000)
    await floor.post("bob", at(lot, "retract"), {"bid_id": slip, "reason": "slip"})
    command = floor.lots.commands[-1][1]
    assert command == messages.Retract(slip, 3, str(floor.person("bob")), "slip")


async def test_what_is_no_slip_stays(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    bid = floor.lots.bid(lot, floor.person("bob"), 600_000)
    answer = await floor.post("bob", at(lot, "retract"), {"bid_id": bid, "reason": "changed my mind"})
    assert refusal(answer) == (409, "RETRACTION_NOT_ALLOWED")


async def test_nobody_undoes_the_bid_of_another_or_of_another_auction(floor: Floor) -> None:
    lot, other = await floor.lot(), await floor.lot()
    bid = floor.lots.bid(lot, floor.person("bob"), 5_000_000)
    body = {"bid_id": bid, "reason": "slip"}
    assert refusal(await floor.post("ada", at(lot, "retract"), body)) == (404, "NO_SUCH_BID")
    assert refusal(await floor.post("bob", at(other, "retract"), body)) == (404, "NO_SUCH_BID")
    assert floor.lots.commands == []


async def test_an_unknown_bid_is_404(floor: Floor) -> None:
    answer = await floor.post("ada", at(await floor.lot(), "retract"), COMMANDS[4][1])
    assert refusal(answer) == (404, "NO_SUCH_BID")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"bid_id": "no id", "reason": "slip"}, ["bid_id"]),
        ({"bid_id": 7, "reason": "slip"}, ["bid_id"]),
        ({"reason": "slip"}, ["bid_id"]),
        ({"bid_id": COMMANDS[4][1]["bid_id"], "reason": "x" * 301}, ["reason"]),
        ({**COMMANDS[4][1], "by": "admin"}, ["by"]),
    ],
)
async def test_a_retraction_names_its_bid_and_reason(floor: Floor, body: dict[str, Any], fields: list[str]) -> None:
    assert wrong_fields(await floor.post("ada", at(await floor.lot(), "retract"), body)) == fields


async def test_the_token_of_a_bidder_needs_the_scope_to_bid(floor: Floor) -> None:
    lot = await floor.lot()
    bid = floor.lots.bid(lot, floor.person("bob"), 5_000_000)
    for scopes, status in (((Scope.READ,), 403), ((Scope.READ, Scope.BID), 200)):
        machine = await floor.machine("bob", *scopes)
        body = {"bid_id": bid, "reason": "slip"}
        answer = await machine.post(at(lot, "retract"), json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == status


# All of them


@pytest.mark.parametrize(("command", "body"), COMMANDS)
@pytest.mark.parametrize("name", ["", "ada", "sid", "sue"])
async def test_nobody_steers_a_lot_that_is_not_theirs(
    floor: Floor, name: str, command: str, body: dict[str, Any]
) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    answer = await floor.post(name, at(lot, command), body)
    codes = {"NOT_SIGNED_IN", "SELLERS_ONLY", "ADMINS_ONLY", "NOT_YOUR_AUCTION", "NO_SUCH_BID"}
    assert answer.json()["code"] in codes
    assert floor.lots.auctions[lot].seq == 2 or command == "retract"
    assert floor.lots.auctions[lot].version == 0


@pytest.mark.parametrize(("command", "body"), COMMANDS)
async def test_an_unknown_auction_is_404(floor: Floor, command: str, body: dict[str, Any]) -> None:
    name = "sam" if command == "lower-reserve" else "amy"
    assert refusal(await floor.post(name, at(404, command), body)) == (404, "AUCTION_NOT_FOUND")


@pytest.mark.parametrize(("command", "body"), COMMANDS)
async def test_every_command_needs_a_key(floor: Floor, command: str, body: dict[str, Any]) -> None:
    name = "sam" if command == "lower-reserve" else "amy"
    client = await floor.client(name)
    assert wrong_fields(await client.post(at(await floor.lot(), command), json=body)) == ["Idempotency-Key"]


@pytest.mark.parametrize("command", ["lower-reserve", "cancel", "hold", "resume"])
async def test_while_temporal_is_away_every_command_may_be_sent_again(floor: Floor, command: str) -> None:
    lot = await floor.lot(reserve_cents=2_000_000)
    floor.lots.away = True
    name = "sam" if command == "lower-reserve" else "amy"
    assert refusal(await floor.post(name, at(lot, command), dict(COMMANDS)[command])) == (503, "UNAVAILABLE")


async def test_every_command_is_audited_before_it_is_sent(floor: Floor) -> None:
    lot = await floor.lot()
    floor.lots.away = True
    await floor.post("amy", at(lot, "hold"), WHY)
    deed = floor.deeds()[-1]
    assert (deed.actor_id, deed.action, deed.subject) == (floor.person("amy"), "hold", f"auction {lot}")
    assert (deed.detail, len(deed.request_id)) == (WHY, 16)


def test_the_examples_have_the_shapes_of_their_answers() -> None:
    TypeAdapter(CommandView).validate_python(dict(EXAMPLE), strict=True)
    for example in (APPROVAL, DECIDED):
        TypeAdapter(ApprovalView).validate_python(example, strict=True)
    assert set(EXAMPLE) == set(CommandView.__annotations__)
    assert set(APPROVAL) == set(ApprovalView.__annotations__)
