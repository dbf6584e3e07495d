"""Linked accounts over HTTP: support looks, decides, asks for more, and reckons what a shill has cost."""

from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select, update

from activities.db import accounts, links
from activities.db.account_tables import accounts as account_rows
from activities.db.engine import reading, transaction
from activities.db.people import Scope
from activities.db.tables import users
from api.database import now
from api.link_views import FULL_LINK, LINK, MAKE_WHOLE, FullLinkView, LinkView, MakeWholeView
from domain.accounts import Identity
from domain.bidding import Kind
from domain.links import Evidence
from tests.api.conftest import House
from tests.api.floor import DAY, Floor, open_floor, refusal, wrong_fields

LINKS = "/api/support/links"
REASON = {"reason": "The owner confirmed it by telephone."}


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


def share(floor: Floor, kind: Evidence, *names: str) -> str:
    """Let people show the same thing; returns the path of the first two as a pair."""
    print_ = floor.house.services.selling.fingerprints.of(kind, "the same")
    with transaction(floor.house.engine) as connection:
        for name in names:
            links.note_fingerprint(connection, floor.person(name), kind, print_, now())
    return f"{LINKS}/{floor.person(names[0])}/{floor.person(names[1])}"


async def do(floor: Floor, path: str, deed: str, **body: Any) -> dict[str, Any]:
    answer = await floor.post("sue", f"{path}/{deed}", {**REASON, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def standing(found: dict[str, Any], user_id: int) -> dict[str, Any]:
    (each,) = (account for account in found["accounts"] if account["user_id"] == user_id)
    account: dict[str, Any] = each
    return account


async def test_support_sees_the_strongest_suspicion_first(floor: Floor) -> None:
    share(floor, Evidence.HOUSEHOLD, "sam", "bob")
    share(floor, Evidence.BANK, "sam", "ada")
    first = (await floor.get("sue", LINKS, decision="open", limit=1)).json()
    rest = (await floor.get("sue", LINKS, decision="open", cursor=first["next_cursor"])).json()
    found = [(each["evidence"], each["score"], each["barred"]) for each in (*first["items"], *rest["items"])]
    assert found == [(["bank"], 80, True), (["household"], 40, False)]
    assert (first["total"], rest["next_cursor"]) == (2, None)


@pytest.mark.parametrize("cursor", ["", "x", "1-2", "1-2-x", "--"])
async def test_a_strange_cursor_is_refused(floor: Floor, cursor: str) -> None:
    assert refusal(await floor.get("sue", LINKS, cursor=cursor)) == (422, "INVALID_CURSOR")


async def test_two_dealers_who_are_paid_to_one_account_are_found_when_they_write_it(floor: Floor) -> None:
    for name in ("ada", "bob"):
        body = {"business_name": name, "payout_account": "acct_shared000"}
        assert (await (await floor.client(name)).put("/api/me/seller", json=body)).status_code == 200
    (found,) = (await floor.get("sue", LINKS)).json()["items"]
    assert (found["first_id"], found["second_id"]) == (floor.person("ada"), floor.person("bob"))
    assert found["evidence"] == ["bank"]


async def test_a_pair_is_shown_by_numbers_with_where_one_bid_on_the_others_lots(floor: Floor) -> None:
    lot = await floor.lot("sam")
    floor.lots.bid(lot, floor.person("ada"), 500_000)
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    answer = await floor.get("sue", path)
    found = answer.json()
    assert [account["user_id"] for account in found["accounts"]] == [floor.person("ada"), floor.person("sam")]
    assert standing(found, floor.person("sam"))["seller_status"] == "approved"
    (shared,) = found["lots"]
    assert (shared["auction_id"], shared["status"], shared["leads"]) == (lot, "live", True)
    assert "example.com" not in answer.text
    assert found == (await floor.get("sue", share(floor, Evidence.HOUSEHOLD, "sam", "ada"))).json()


@pytest.mark.parametrize("name", ["", "ada", "sam"])
async def test_only_the_staff_look(floor: Floor, name: str) -> None:
    path = share(floor, Evidence.CARD, "sam", "ada")
    expected = (403, "STAFF_ONLY") if name else (401, "NOT_SIGNED_IN")
    assert refusal(await floor.get(name, LINKS)) == expected
    assert refusal(await floor.get(name, path)) == expected
    assert refusal(await floor.post(name, f"{path}/decide", {**REASON, "decision": "dismissed"})) == expected


async def test_nothing_is_known_of_other_pairs_and_of_an_account_with_itself(floor: Floor) -> None:
    for path in (f"{LINKS}/1/2", f"{LINKS}/1/1"):
        assert refusal(await floor.get("sue", path)) == (404, "LINK_NOT_FOUND")
        for deed, more in (("decide", {"decision": "linked"}), ("hold-payout", {"user_id": 1}), ("make-whole", {})):
            answer = await floor.post("sue", f"{path}/{deed}", {**REASON, **more})
            assert refusal(answer) == (404, "LINK_NOT_FOUND")


async def test_a_decision_bars_and_is_audited(floor: Floor) -> None:
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    found = await do(floor, path, "decide", decision="linked")
    assert (found["decision"], found["barred"], found["decided_by"]) == ("linked", True, floor.person("sue"))
    assert found["reason"] == REASON["reason"]
    deed = floor.deeds()[-1]
    assert (deed.action, deed.subject) == ("link_decided", f"accounts {floor.person('ada')} and {floor.person('sam')}")
    assert (deed.detail["before"], deed.detail["after"]) == ("open", "linked")


@pytest.mark.parametrize("decision", ["open", "perhaps", None])
async def test_a_decision_is_one_of_two(floor: Floor, decision: str | None) -> None:
    path = share(floor, Evidence.CARD, "sam", "ada")
    answer = await floor.post("sue", f"{path}/decide", {**REASON, "decision": decision})
    assert wrong_fields(answer) == ["decision"]


async def test_who_is_linked_to_the_seller_is_barred_from_their_new_lots(floor: Floor) -> None:
    share(floor, Evidence.BANK, "sam", "ada")
    lot = await floor.lot("sam")
    assert floor.lots.starts[0].terms.barred == (str(floor.person("sam")), str(floor.person("ada")))
    floor.lots.bid(lot, floor.person("ada"), 500_000, code="OWN_VEHICLE")
    floor.lots.bid(lot, floor.person("bob"), 500_000)


async def test_a_dismissed_pair_may_bid_on_each_others_lots(floor: Floor) -> None:
    await do(floor, share(floor, Evidence.BANK, "sam", "ada"), "decide", decision="dismissed")
    lot = await floor.lot("sam")
    floor.lots.bid(lot, floor.person("ada"), 500_000)


async def test_who_is_linked_after_the_start_is_kept_out_at_the_edge(floor: Floor) -> None:
    lot = await floor.lot("sam")
    share(floor, Evidence.BANK, "sam", "ada")
    barred = floor.house.services.selling.barred
    assert await barred.keeps_out(lot, floor.person("ada"))
    assert not await barred.keeps_out(lot, floor.person("bob"))


async def test_an_approved_identity_runs_out_when_support_asks_again(floor: Floor) -> None:
    ada = floor.person("ada")
    approve(floor, ada)
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    found = await do(floor, path, "ask-to-verify", user_id=ada)
    assert not standing(found, ada)["can_bid"]
    with reading(floor.house.engine) as connection:
        expires_at = select(account_rows.c.identity_expires_at).where(account_rows.c.user_id == ada)
        assert connection.execute(expires_at).scalar_one() <= now()
    before = floor.deeds()[-1]
    await do(floor, path, "ask-to-verify", user_id=ada)
    assert (before.action, before.detail["user_id"]) == ("link_verification_asked", ada)


def approve(floor: Floor, user_id: int) -> None:
    def values(_: accounts.Account) -> dict[str, object]:
        return {"identity_status": Identity.APPROVED.value, "identity_expires_at": now() + DAY}

    with transaction(floor.house.engine) as connection:
        accounts.change(connection, user_id, now(), values)
        connection.execute(update(users).where(users.c.id == user_id).values(can_bid=True))


async def test_a_deposit_is_asked_for_and_no_longer(floor: Floor) -> None:
    ada = floor.person("ada")
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    held = standing(await do(floor, path, "require-deposit", user_id=ada), ada)
    assert (held["can_bid"], "deposit" in held["on_hold_reason"]) == (False, True)
    lifted = standing(await do(floor, path, "require-deposit", user_id=ada, required=False), ada)
    assert lifted["on_hold_reason"] is None


async def test_another_hold_is_neither_replaced_nor_lifted(floor: Floor) -> None:
    ada = floor.person("ada")
    with transaction(floor.house.engine) as connection:
        accounts.change(connection, ada, now(), lambda _: {"on_hold_reason": "a dispute"})
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    for required in (True, False):
        found = await do(floor, path, "require-deposit", user_id=ada, required=required)
        assert standing(found, ada)["on_hold_reason"] == "a dispute"


async def test_a_payout_is_held_beside_the_reason_and_let_go(floor: Floor) -> None:
    sam = floor.person("sam")
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    await do(floor, path, "hold-payout", user_id=sam)
    found = await do(floor, path, "decide", decision="linked")
    assert (found["payouts_held"], found["reason"]) == ([sam], REASON["reason"])
    released = await do(floor, path, "hold-payout", user_id=sam, held=False)
    assert (released["payouts_held"], released["reason"], released["decision"]) == ([], REASON["reason"], "linked")


async def test_a_dismissal_lifts_all_that_was_asked_for_it(floor: Floor) -> None:
    ada, sam = floor.person("ada"), floor.person("sam")
    path = share(floor, Evidence.CARD, "ada", "sam")
    await do(floor, path, "hold-payout", user_id=sam)
    await do(floor, path, "require-deposit", user_id=ada)
    found = await do(floor, path, "decide", decision="dismissed")
    assert (found["payouts_held"], standing(found, ada)["on_hold_reason"], found["barred"]) == ([], None, False)
    assert standing(found, sam)["can_bid"]


@pytest.mark.parametrize("deed", ["ask-to-verify", "require-deposit", "hold-payout"])
async def test_only_one_of_the_two_can_be_meant(floor: Floor, deed: str) -> None:
    path = share(floor, Evidence.CARD, "ada", "sam")
    answer = await floor.post("sue", f"{path}/{deed}", {**REASON, "user_id": floor.person("bob")})
    assert wrong_fields(answer) == ["user_id"]


async def test_a_token_without_the_scope_decides_nothing(floor: Floor) -> None:
    path = share(floor, Evidence.CARD, "ada", "sam")
    machine = await floor.machine("sue", Scope.READ)
    answer = await machine.post(f"{path}/decide", json={**REASON, "decision": "linked"})
    assert refusal(answer) == (403, "SCOPE_MISSING")


async def test_a_buyer_is_owed_what_the_linked_bidder_drove_the_price_up(floor: Floor) -> None:
    ada, bob, eve = (floor.person(name) for name in ("ada", "bob", "eve"))
    pushed, fair = [await floor.lot("sam") for _ in range(2)]
    floor.lots.bid(pushed, bob, 900_000, Kind.AUTO_BID)
    floor.lots.bid(pushed, eve, 600_000, Kind.AUTO_BID)
    floor.lots.bid(pushed, ada, 800_000, Kind.AUTO_BID)
    floor.lots.bid(fair, bob, 900_000, Kind.AUTO_BID)
    floor.lots.pass_time(2 * DAY)
    running = await floor.lot("sam")
    floor.lots.bid(running, ada, 500_000)
    path = share(floor, Evidence.HOUSEHOLD, "ada", "sam")
    assert refusal(await floor.post("sue", f"{path}/make-whole", REASON)) == (409, "LINK_UNDECIDED")
    await do(floor, path, "decide", decision="linked")
    found = await do(floor, path, "make-whole")
    assert found["lots"] == [
        {
            "auction_id": pushed,
            "seller_id": floor.person("sam"),
            "shill_id": ada,
            "result": "sold",
            "price_cents": 810_000,
            "winner_id": bob,
            "price_without_cents": 610_000,
            "winner_without_id": bob,
            "reserve_met_without": True,
            "owed_cents": 200_000,
        }
    ]
    assert found["owed_cents"] == 200_000
    assert floor.deeds()[-1].detail["auctions"] == [pushed]


async def test_two_who_never_met_at_a_lot_owe_nobody(floor: Floor) -> None:
    path = share(floor, Evidence.CARD, "ada", "bob")
    await do(floor, path, "decide", decision="linked")
    found = await do(floor, path, "make-whole")
    assert (found["lots"], found["owed_cents"]) == ([], 0)


@pytest.mark.parametrize(
    ("shape", "example"),
    [(LinkView, LINK), (FullLinkView, FULL_LINK), (MakeWholeView, MAKE_WHOLE)],
    ids=["link", "full", "make-whole"],
)
def test_an_example_has_exactly_the_shape_of_its_answer(shape: type, example: dict[str, Any]) -> None:
    TypeAdapter(shape).validate_python(dict(example), strict=True)
    assert set(example) == set(TypeAdapter(shape).json_schema()["properties"])
