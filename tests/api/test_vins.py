"""Decoding a VIN over HTTP: who may, what they are told of it, and how they go on when nobody can tell."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from pydantic import TypeAdapter
from sqlalchemy import update

from activities.db import sellers
from activities.db.account_tables import seller_profiles
from activities.db.engine import transaction
from activities.db.sellers import Draft
from api.database import now
from api.vin_views import EXAMPLE, STILL_ASKED, DecodedVinView
from api.vins import HOUR_LIMIT
from domain.decoding import Answer, Brand, Decoded, OdometerReading, Recall, Source, Specification
from domain.sellers import SellerStatus
from tests.api.conftest import House
from tests.doubles.vins import VinsDouble

CIVIC = "19XFC1F30KE902117"
PATH = "/api/vehicles/decode-vin"
SPECIFICATION = Specification(
    year=2019, make="Honda", model="Civic", trim="EX", body="Sedan", drive="FWD", fuel="Gasoline", doors=4
)


@pytest.fixture(name="door")
def door_fixture(house: House) -> VinsDouble:
    door = VinsDouble(house.engine)
    house.services.vins = door
    return door


@pytest.fixture(name="sam")
async def sam_fixture(house: House, door: VinsDouble) -> AsyncClient:
    return await house.browser("sam")


def known(source: Source = Source.CLEARVIN, age: timedelta = timedelta(0), **more: Any) -> Answer:
    at = now() - age
    facts = {"specification": SPECIFICATION, **more}
    return Answer(source, at, Decoded(vin=CIVIC, source=source, fetched_at=at, **facts))


async def decode(client: AsyncClient, vin: str = CIVIC, **more: Any) -> Response:
    return await client.post(PATH, json={"vin": vin, **more})


async def told(client: AsyncClient, vin: str = CIVIC, **more: Any) -> dict[str, Any]:
    answer = await decode(client, vin, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    TypeAdapter(DecodedVinView).validate_python(body)
    return body


def codes(body: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in body["warnings"]]


async def test_a_vin_is_decoded_with_its_source_and_time(sam: AsyncClient, door: VinsDouble) -> None:
    door.answers = [
        known(
            brands=(Brand("Rebuilt", "11"),),
            odometer=(OdometerReading(52_000, date(2023, 6, 15)),),
            recalls=(Recall("19V1", "BRAKES", "s"),),
        )
    ]
    body = await told(sam, f" {CIVIC.lower()} ")
    assert (body["vin"], body["market"], body["model_years"], body["source"]) == (CIVIC, "us", [2019], "clearvin")
    assert body["fetched_at"].endswith("Z")
    assert {name: body["facts"][name] for name in ("make", "body_type", "drivetrain", "fuel_type", "engine")} == {
        "make": "Honda",
        "body_type": "sedan",
        "drivetrain": "FWD",
        "fuel_type": "gasoline",
        "engine": None,
    }
    assert body["brands"] == [{"name": "Rebuilt", "code": "11", "description": "", "title_status": "rebuilt"}]
    assert body["odometer"] == [{"miles": 52_000, "read_on": "2023-06-15", "suspect": False}]
    assert body["recalls"] == [{"campaign": "19V1", "component": "BRAKES", "summary": "s"}]
    assert (body["conflicts"], body["warnings"]) == ([], [])


async def test_where_the_seller_says_otherwise_both_words_are_shown(sam: AsyncClient, door: VinsDouble) -> None:
    door.answers = [known(odometer=(OdometerReading(52_000),))]
    claimed = {"year": 2018, "make": "honda", "mileage": 41_250, "title_status": "clean", "body_type": "sedan"}
    assert (await told(sam, claimed=claimed))["conflicts"] == [
        {"field": "year", "decoded": "2019", "other": "2018", "source": "clearvin", "other_source": "seller"},
        {"field": "mileage", "decoded": "52000", "other": "41250", "source": "clearvin", "other_source": "seller"},
    ]


async def test_where_the_decoders_disagree_that_is_shown_too(sam: AsyncClient, door: VinsDouble) -> None:
    other = Specification(year=2019, make="HONDA", model="Accord")
    door.answers = [known(), known(Source.VPIC, specification=other)]
    assert (await told(sam))["conflicts"] == [
        {"field": "model", "decoded": "Civic", "other": "Accord", "source": "clearvin", "other_source": "vpic"}
    ]


async def test_what_is_kept_is_told_without_asking(sam: AsyncClient, door: VinsDouble) -> None:
    door.answers = [known()]
    assert [(await told(sam))["source"] for _ in range(3)] == ["clearvin"] * 3
    assert door.asked == [CIVIC]


async def test_an_old_report_is_asked_for_again_and_told_where_nobody_answers(
    sam: AsyncClient, door: VinsDouble
) -> None:
    door.answers = [known(age=timedelta(days=31))]
    assert [(await told(sam))["source"] for _ in range(2)] == ["clearvin"] * 2
    assert door.asked == [CIVIC, CIVIC]


@pytest.mark.parametrize(
    ("answers", "pending", "code"),
    [
        ([known(Source.VPIC)], False, "RECORDS_AWAY"),
        ([known(Source.VPIC)], True, "RECORDS_PENDING"),
        ([known(Source.VPIC), Answer(Source.CLEARVIN, now())], False, "NO_RECORDS"),
    ],
)
async def test_vpic_stands_in_for_clearvin_and_what_is_missing_is_said(
    sam: AsyncClient, door: VinsDouble, answers: list[Answer], pending: bool, code: str
) -> None:
    door.answers, door.is_pending = answers, pending
    body = await told(sam)
    assert (body["source"], codes(body)) == ("vpic", [code])


async def test_a_decoders_own_doubts_are_told(sam: AsyncClient, door: VinsDouble) -> None:
    odd = Specification(year=2018, make="Honda", model="Civic")
    door.answers = [known(specification=odd, notes=("A doubt.",), suggested_vin="19XFC1F3!KE902117")]
    assert codes(await told(sam)) == ["DECODER_NOTE", "VIN_SUGGESTED", "VIN_YEAR"]


async def test_nobody_can_tell_and_the_seller_goes_on_by_hand(sam: AsyncClient, door: VinsDouble) -> None:
    body = await told(sam, claimed={"year": 2018})
    assert (body["source"], body["facts"], body["fetched_at"], body["conflicts"]) == ("manual", None, None, [])
    assert codes(body) == ["VIN_YEAR", "MANUAL"]
    door.answers = [Answer(source, now()) for source in Source]
    assert "compare it with the papers" in (await told(sam))["warnings"][0]["message"]
    assert (await told(sam))["source"] == "manual"
    assert door.asked == [CIVIC, CIVIC]


async def test_while_the_decoders_are_asked_it_is_to_be_asked_again(sam: AsyncClient, door: VinsDouble) -> None:
    door.is_pending = True
    answer = await decode(sam)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["source"]) == (202, "3", "pending")
    assert answer.json()["warnings"] == []


@pytest.mark.parametrize(
    ("vin", "code", "facts"),
    [
        ("19XFC1F30KE90211", "VIN_LENGTH", {"length": 16}),
        ("I9XFC1F30KE902117", "VIN_LOOK_ALIKE", {"position": 1, "suggestion": CIVIC}),
        ("19XFC1F31KE902117", "VIN_CHECK_DIGIT", {"position": 9, "expected": "0"}),
        ("19XFC1F3?KE902117", "VIN_CHARACTER", {"position": 9}),
        ("1" * 17, "VIN_IMPOSTOR", {}),
    ],
)
async def test_a_wrong_vin_is_named_with_its_position(
    sam: AsyncClient, door: VinsDouble, vin: str, code: str, facts: dict[str, Any]
) -> None:
    answer = await decode(sam, vin)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert facts.items() <= answer.json().items()
    assert door.asked == []


async def test_an_import_may_have_another_check_digit(sam: AsyncClient, door: VinsDouble) -> None:
    body = await told(sam, "WVWZZZ1KZMW123456", market="import")
    assert (body["market"], body["model_years"]) == ("import", [1991, 2021])
    assert codes(body) == ["VIN_CHECK_DIGIT", "VIN_MODEL_YEAR_AMBIGUOUS", "MANUAL"]
    assert door.asked == ["WVWZZZ1KZMW123456"]


async def test_before_1981_nobody_is_asked(sam: AsyncClient, door: VinsDouble) -> None:
    body = await told(sam, "9T02H118473", market="pre_1981")
    assert (body["source"], codes(body), door.asked) == ("manual", ["MANUAL"], [])


@pytest.mark.parametrize("body", [{}, {"vin": "1" * 65}, {"vin": CIVIC, "market": "moon"}, {"vin": CIVIC, "x": 1}])
async def test_bad_input(sam: AsyncClient, body: dict[str, Any]) -> None:
    assert (await sam.post(PATH, json=body)).json()["code"] == "INVALID_INPUT"


async def test_whoever_begins_to_sell_may_decode_and_nobody_else(house: House, door: VinsDouble) -> None:
    ada = await house.browser("ada")
    assert (await decode(ada)).json()["code"] == "SELLERS_ONLY"
    with transaction(house.engine) as connection:
        sellers.save_draft(connection, house.people["ada"], Draft("Ada's", None), SellerStatus.DRAFT, now())
    assert (await decode(ada)).status_code == 200
    with transaction(house.engine) as connection:
        connection.execute(update(seller_profiles).values(status=SellerStatus.SUSPENDED.value))
    assert (await decode(ada)).json()["code"] == "SELLER_SUSPENDED"
    assert (await decode(await house.browser("amy"))).status_code == 200


@pytest.mark.parametrize(("scopes", "code"), [(("read",), "SCOPE_MISSING"), (("read", "sell"), None)])
async def test_a_token_needs_to_be_one_for_selling(
    house: House, door: VinsDouble, scopes: tuple[str, ...], code: str | None
) -> None:
    answer = await decode(await house.machine("sam", *scopes))
    assert answer.json().get("code") == code


async def test_questions_are_counted_and_what_is_kept_is_free(house: House, sam: AsyncClient, door: VinsDouble) -> None:
    for _ in range(HOUR_LIMIT.tries):
        await decode(sam)
    late = await decode(sam)
    assert (late.status_code, late.json()["code"]) == (429, "TOO_MANY_TRIES")
    assert 0 < int(late.headers["retry-after"]) <= HOUR_LIMIT.window_s
    assert (await decode(await house.browser("amy"))).status_code == 200
    door.answers = [known()]
    await decode(await house.browser("amy"))
    assert (await decode(sam)).status_code == 200


@pytest.mark.parametrize("example", [EXAMPLE, STILL_ASKED], ids=["decoded", "pending"])
def test_an_example_has_exactly_the_shape_of_its_answer(example: dict[str, Any]) -> None:
    TypeAdapter(DecodedVinView).validate_python(dict(example))
    assert set(example) == set(TypeAdapter(DecodedVinView).json_schema()["properties"])
