"""Negotiations over HTTP: seen by their two sides alone, answered in turn, with buying power for what binds."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from activities.db.people import Scope
from api.talks_views import NEGOTIATION_EXAMPLE, NegotiationView
from domain.links import Evidence
from domain.notices import NoticeKind
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields
from tests.api.haggling import NEXT_PRICE, PRICE, RESERVE, Haggling, open_haggling
from tests.api.test_links import share
from tests.doubles.notices import letters

K = NoticeKind


@pytest.fixture
def day(house: House) -> Haggling:
    return open_haggling(house)


async def shown(day: Haggling, name: str, lot: int) -> NegotiationView:
    answer = await day.floor.get(name, f"/api/negotiations/{lot}")
    assert answer.status_code == 200, answer.text
    view: NegotiationView = answer.json()
    return view


async def test_a_leaders_price_that_the_seller_accepts_is_an_order(day: Haggling) -> None:
    day.limit("ada", 1_000_000)
    lot, _ = await day.missed()
    assert day.held() == [("offer", PRICE)]
    accepted = await day.say("sam", lot, "accept", 1)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "sold")
    assert day.held() == [("win", PRICE)]
    hers = await shown(day, "ada", lot)
    assert (hers["status"], hers["ending"], hers["order_id"]) == ("sold", "agreed", accepted.json()["order_id"])
    told = letters(day.house.engine, K.NEGOTIATION_OPENED, K.OFFER_ACCEPTED)
    assert sorted((letter.kind.value, letter.to) for letter in told) == [
        ("negotiation_opened", "ada@example.com"),
        ("negotiation_opened", "sam@example.com"),
        ("offer_accepted", "ada@example.com"),
        ("offer_accepted", "sam@example.com"),
    ]


async def test_counters_go_back_and_forth_and_bind_only_the_bidders_figure(day: Haggling) -> None:
    day.limit("ada", 1_000_000)
    lot, _ = await day.missed()
    asked = await day.say("sam", lot, "counter", 1, amount_cents=850_000)
    assert (asked.json()["by"], asked.json()["may"], day.held()) == ("seller", [], [])
    offered = await day.say("ada", lot, "counter", 2, amount_cents=800_000)
    assert (offered.status_code, day.held()) == (200, [("offer", 800_000)])
    accepted = await day.say("sam", lot, "accept", 3)
    assert (accepted.json()["status"], day.held()) == ("sold", [("win", 800_000)])
    assert len(letters(day.house.engine, K.OFFER_COUNTERED)) == 2


async def test_each_side_is_shown_what_it_may_do_and_never_the_reserve(day: Haggling) -> None:
    lot, _ = await day.missed()
    his, hers = await shown(day, "sam", lot), await shown(day, "ada", lot)
    assert (his["may"], his["least_cents"], his["most_cents"]) == (
        ["accept", "counter", "decline", "stop"],
        PRICE + 100,
        RESERVE,
    )
    assert (hers["may"], hers["most_cents"], hers["is_bound"], hers["your_turn"]) == ([], None, True, False)
    await day.say("sam", lot, "counter", 1, amount_cents=850_000)
    hers = await shown(day, "ada", lot)
    assert (hers["may"], hers["least_cents"], hers["most_cents"]) == (
        ["accept", "counter", "decline"],
        PRICE + 100,
        849_900,
    )


async def test_the_next_bidder_is_asked_when_the_first_talks_are_over_and_is_not_bound(day: Haggling) -> None:
    lot, _ = await day.missed()
    assert refusal(await day.floor.get("bob", f"/api/negotiations/{lot}")) == (404, "NEGOTIATION_NOT_FOUND")
    declined = await day.say("sam", lot, "decline", 1)
    assert (declined.json()["place"], declined.json()["amount_cents"], declined.json()["is_bound"]) == (
        2,
        NEXT_PRICE,
        False,
    )
    over = await shown(day, "ada", lot)
    assert (over["status"], over["ending"], over["figures"]) == ("over", "declined_by_seller", [])
    assert refusal(await day.say("ada", lot, "accept", 2)) == (403, "NEGOTIATION_NOT_YOURS")
    asked = await day.say("sam", lot, "accept", 2)
    assert (asked.json()["status"], asked.json()["by"]) == ("open", "seller")
    taken = await day.say("bob", lot, "accept", 3)
    assert (taken.json()["status"], taken.json()["amount_cents"]) == ("sold", NEXT_PRICE)


async def test_the_same_key_is_one_wish_and_its_repetition_has_the_answer_also_after_the_end(day: Haggling) -> None:
    lot, _ = await day.missed()
    day.talks.lose_answers = 1
    lost = await day.say("sam", lot, "accept", 1, key="k")
    again = await day.say("sam", lot, "accept", 1, key="k")
    assert (refusal(lost), again.status_code, again.json()["status"]) == ((503, "UNAVAILABLE"), 200, "sold")


async def test_a_bidder_cannot_agree_to_more_than_their_power_nor_without_clearance(day: Haggling) -> None:
    day.limit("ada", PRICE)
    lot, _ = await day.missed()
    await day.say("sam", lot, "counter", 1, amount_cents=850_000)
    assert refusal(await day.say("ada", lot, "accept", 2)) == (403, "BUYING_POWER")
    assert refusal(await day.say("ada", lot, "counter", 2, amount_cents=800_000)) == (403, "BUYING_POWER")
    assert day.held() == []
    assert (await day.say("ada", lot, "decline", 2)).json()["status"] == "over"


async def test_who_was_found_to_be_linked_to_the_seller_comes_no_closer(day: Haggling) -> None:
    lot, _ = await day.missed()
    share(day.floor, Evidence.BANK, "sam", "ada")
    assert refusal(await day.say("sam", lot, "accept", 1)) == (409, "OWN_VEHICLE")
    assert refusal(await day.say("sam", lot, "counter", 1, amount_cents=850_000)) == (409, "OWN_VEHICLE")


async def test_what_the_rules_refuse_comes_with_the_talks_as_they_stand(day: Haggling) -> None:
    lot, _ = await day.missed()
    assert refusal(await day.say("ada", lot, "accept", 1)) == (409, "NEGOTIATION_NOT_YOUR_TURN")
    assert refusal(await day.say("ada", lot, "stop", 1)) == (409, "NEGOTIATION_NOT_YOUR_TURN")
    stale = await day.say("sam", lot, "decline", 3)
    assert (refusal(stale), stale.json()["negotiation"]["step"]) == ((409, "NEGOTIATION_CHANGED"), 1)
    high = await day.say("sam", lot, "counter", 1, amount_cents=RESERVE + 100)
    assert refusal(high) == (409, "NEGOTIATION_ABOVE_RESERVE")
    assert wrong_fields(await day.say("sam", lot, "counter", 1, amount_cents=850_050)) == ["amount_cents"]
    stopped = await day.say("sam", lot, "stop", 1)
    assert (stopped.json()["status"], stopped.json()["ending"]) == ("over", "stopped")
    assert refusal(await day.say("sam", lot, "accept", 1)) == (409, "NEGOTIATION_OVER")


async def test_while_talks_are_out_of_reach_nothing_is_kept_from_the_buying_power_for_long(day: Haggling) -> None:
    day.limit("ada", 1_000_000)
    lot, _ = await day.missed()
    await day.say("sam", lot, "counter", 1, amount_cents=850_000)
    day.talks.away = True
    assert refusal(await day.say("ada", lot, "accept", 2)) == (503, "UNAVAILABLE")
    assert day.held() == [("offer", 850_000)]


async def test_an_answer_that_the_workflow_refuses_sets_its_power_free(day: Haggling) -> None:
    day.limit("ada", 1_000_000)
    lot, _ = await day.missed()
    await day.say("sam", lot, "counter", 1, amount_cents=850_000)
    newer = day.talks.talks[lot]
    day.talks.talks[lot] = type(newer)(**{**{n: getattr(newer, n) for n in newer.__slots__}, "step": 9})
    assert refusal(await day.say("ada", lot, "accept", 2)) == (409, "NEGOTIATION_CHANGED")
    assert day.held() == []


async def test_after_its_time_the_talks_are_over_and_both_are_told(day: Haggling) -> None:
    lot, talks = await day.missed()
    await day.talks.expire(lot, talks.expires_at + timedelta(seconds=1))
    his = await shown(day, "sam", lot)
    assert (his["place"], (await shown(day, "ada", lot))["ending"]) == (2, "expired")
    told = letters(day.house.engine, K.OFFER_OVER)
    assert sorted(letter.to for letter in told) == ["ada@example.com", "sam@example.com"]


async def test_the_list_is_paged_and_has_ones_own_alone(day: Haggling) -> None:
    lots = [(await day.missed())[0] for _ in range(2)]
    first = (await day.floor.get("sam", "/api/negotiations", limit=1)).json()
    second = (await day.floor.get("sam", "/api/negotiations", limit=1, cursor=first["next_cursor"])).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == set(lots)
    assert (first["total"], second["next_cursor"], first["items"][0]["title"]) == (2, None, "2019 Honda Civic EX")
    assert (await day.floor.get("bob", "/api/negotiations")).json()["total"] == 0
    assert (await day.floor.get("ada", "/api/negotiations")).json()["total"] == 2


async def test_a_token_needs_the_scope_of_its_side(day: Haggling) -> None:
    lot, _ = await day.missed()
    reader = await day.floor.machine("sam", Scope.READ, Scope.BID)
    answer = await reader.post(f"/api/negotiations/{lot}/accept", json={"step": 1}, headers={"Idempotency-Key": "k"})
    assert refusal(answer) == (403, "SCOPE_MISSING")


def test_the_example_is_a_negotiation() -> None:
    TypeAdapter(NegotiationView).validate_python(dict(NEGOTIATION_EXAMPLE))
