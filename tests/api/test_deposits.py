"""Deposits over HTTP: asked for once, refused with a reason, given back, and told as they are."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from httpx import AsyncClient, Response
from pydantic import TypeAdapter
from temporalio.client import Client

from activities.db import deposits, payments
from activities.db.engine import reading, transaction
from activities.db.payments import Change
from api.database import now
from api.deposits import EXAMPLE, RETURN_EXAMPLE, DepositView
from api.problems import KNOWN
from domain.deposits import Refusal
from domain.payments import State
from temporal.payments import Payments
from tests.api.conftest import House
from tests.api.sale import problem
from tests.db.holders import SITE, complete, limit_of

CENTS = 250_000


class Cashier(Payments):
    """A door behind which a payment ends as the test says, at once: `ends` of None leaves it as it is."""

    def __init__(self, house: House, ends: State | None = State.DONE) -> None:
        super().__init__(cast("Client", SimpleNamespace()), "none", patience_s=0.2)
        self.house = house
        self.ends = ends
        self.begun: list[int] = []

    def limit(self, name: str) -> int | None:
        with reading(self.house.engine) as connection:
            return limit_of(connection, self.house.people[name])[0]

    async def begin(self, payment_id: int) -> None:
        self.begun.append(payment_id)
        if self.ends is None:
            return
        with transaction(self.house.engine) as connection:
            payments.mark(connection, payment_id, Change(State.SENDING), now())
            ended, moved = payments.mark(connection, payment_id, Change(self.ends, "602", "2"), now())
            if moved and self.ends is not State.HELD:
                deposits.follow(connection, ended, now(), public_url=SITE)


@pytest.fixture
def cashier(house: House) -> Cashier:
    with transaction(house.engine) as connection:
        for name in ("ada", "bob"):
            complete(connection, house.people[name])
    made = Cashier(house)
    house.services.payments = made
    return made


@pytest.fixture
async def ada(house: House, cashier: Cashier) -> AsyncIterator[AsyncClient]:
    async with await house.browser("ada") as browser:
        yield browser


async def deposit(client: AsyncClient, cents: Any = CENTS, key: str = "k1") -> Response:
    return await client.post("/api/me/deposits", json={"amount_cents": cents}, headers={"Idempotency-Key": key})


async def take_back(client: AsyncClient, number: int, cents: int | None = None, key: str = "r1") -> Response:
    body = {} if cents is None else {"amount_cents": cents}
    return await client.post(f"/api/me/deposits/{number}/return", json=body, headers={"Idempotency-Key": key})


async def test_a_deposit_is_charged_and_counts_tenfold(ada: AsyncClient, cashier: Cashier) -> None:
    answer = await deposit(ada)
    assert (answer.status_code, answer.json()["state"], answer.json()["amount_cents"]) == (201, "done", CENTS)
    assert cashier.limit("ada") == 10 * CENTS
    page = (await ada.get("/api/me/deposits")).json()
    assert page == {"items": [answer.json()], "next_cursor": None, "total": 1, "deposits_cents": CENTS}


async def test_the_same_key_answers_the_same_deposit_and_begins_nothing(ada: AsyncClient, cashier: Cashier) -> None:
    first = await deposit(ada)
    again = await deposit(ada)
    assert (again.status_code, again.json()) == (201, first.json())
    assert cashier.begun == [first.json()["id"]]
    assert problem(await deposit(ada, 300_000)) == (422, "ID_REUSED")


async def test_a_declined_card_is_told_with_its_code(ada: AsyncClient, cashier: Cashier) -> None:
    cashier.ends = State.DECLINED
    answer = await deposit(ada)
    assert (answer.status_code, answer.json()["state"], answer.json()["code"]) == (201, "declined", "2")


@pytest.mark.parametrize(("ends", "word"), [(None, "pending"), (State.HELD, "in_review"), (State.UNKNOWN, "pending")])
async def test_what_takes_longer_is_taken_on_and_has_an_address(
    ada: AsyncClient, cashier: Cashier, ends: State | None, word: str
) -> None:
    cashier.ends = ends
    answer = await deposit(ada)
    assert (answer.status_code, answer.json()["state"], answer.json()["code"]) == (202, word, None)
    assert (await ada.get(answer.headers["location"])).json() == answer.json()
    assert problem(await deposit(ada, key="k2")) == (409, "DEPOSIT_OPEN")


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (49_900, (422, "DEPOSIT_TOO_SMALL")),
        (5_000_100, (422, "DEPOSIT_TOO_LARGE")),
        (50_050, (422, "DEPOSIT_NOT_WHOLE_DOLLARS")),
        (-100, (422, "INVALID_INPUT")),
        ("250000", (422, "INVALID_INPUT")),
        (True, (422, "INVALID_INPUT")),
    ],
)
async def test_an_amount_that_cannot_be_is_refused(ada: AsyncClient, cents: Any, expected: tuple[int, str]) -> None:
    assert problem(await deposit(ada, cents)) == expected


async def test_without_a_card_nothing_is_charged(house: House, cashier: Cashier) -> None:
    eve = await house.browser("eve")
    assert problem(await deposit(eve)) == (409, "CARD_MISSING")
    assert cashier.begun == []


async def test_a_deposit_needs_a_key_of_its_wish(ada: AsyncClient) -> None:
    assert problem(await ada.post("/api/me/deposits", json={"amount_cents": CENTS})) == (422, "INVALID_INPUT")


async def test_a_deposit_goes_back_in_parts(ada: AsyncClient, cashier: Cashier) -> None:
    number = (await deposit(ada)).json()["id"]
    back = await take_back(ada, number, 100_000)
    assert (back.status_code, back.json()["kind"], back.json()["of"]) == (201, "return", number)
    assert cashier.limit("ada") == 1_500_000
    rest = await take_back(ada, number, key="r2")
    assert (rest.json()["amount_cents"], rest.json()["state"]) == (150_000, "done")
    assert problem(await take_back(ada, number, key="r3")) == (409, "DEPOSIT_NOT_HELD")
    assert (await ada.get("/api/me/deposits")).json()["deposits_cents"] == 0


async def test_a_return_that_takes_longer_lowers_the_power_at_once(ada: AsyncClient, cashier: Cashier) -> None:
    number = (await deposit(ada)).json()["id"]
    cashier.ends = None
    back = await take_back(ada, number)
    assert (back.status_code, back.json()["state"]) == (202, "pending")
    assert cashier.limit("ada") == 1_000_000
    assert problem(await take_back(ada, number, 100, "r2")) == (409, "DEPOSIT_NOT_HELD")


async def test_nobody_sees_or_moves_another_persons_deposit(house: House, ada: AsyncClient) -> None:
    number = (await deposit(ada)).json()["id"]
    bob = await house.browser("bob")
    assert problem(await bob.get(f"/api/me/deposits/{number}")) == (404, "DEPOSIT_NOT_FOUND")
    assert problem(await take_back(bob, number)) == (404, "DEPOSIT_NOT_FOUND")
    assert (await bob.get("/api/me/deposits")).json()["items"] == []


async def test_the_list_is_paged_from_the_newest(ada: AsyncClient) -> None:
    made = [(await deposit(ada, key=f"k{n}")).json()["id"] for n in range(3)]
    first = (await ada.get("/api/me/deposits?limit=2")).json()
    rest = (await ada.get(f"/api/me/deposits?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["id"] for item in [*first["items"], *rest["items"]]] == made[::-1]
    assert (first["total"], rest["next_cursor"]) == (3, None)


@pytest.mark.parametrize(("scopes", "status"), [(("read", "bid"), 201), (("read",), 403), (("bid",), 403)])
async def test_a_machine_needs_the_scope_to_bid(
    house: House, cashier: Cashier, scopes: tuple[str, ...], status: int
) -> None:
    machine = await house.machine("ada", *scopes)
    answer = await deposit(machine)
    assert answer.status_code == status
    assert len(cashier.begun) == (status == 201)


def test_every_refusal_is_a_problem_of_the_edge_and_the_examples_have_their_shape() -> None:
    assert {refusal.value for refusal in Refusal} <= set(KNOWN)
    for example in (EXAMPLE, RETURN_EXAMPLE):
        TypeAdapter(DepositView).validate_python(example, strict=True)
        assert set(example) == set(DepositView.__annotations__)
