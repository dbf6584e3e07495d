"""Our vPIC client against a running sandbox: JSON asked for, several codes read, and each failure by its kind."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.providers.failures import RejectedError, UnavailableError
from activities.providers.vpic import Vpic
from domain.decoding import Decoded, Source, Specification
from domain.vehicles import BodyType, Drivetrain, FuelType
from temporal.stack.ports import free_port
from tests.sandbox.vpic.stage import Stage, stage

CIVIC = "19XFC1F30KE902117"
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="client")
async def client_fixture(sandbox: Stage) -> AsyncIterator[Vpic]:
    async with Vpic(sandbox.api_url) as client:
        yield client


async def decoded(client: Vpic, vin: str = CIVIC) -> Decoded:
    found = (await client.decode(vin, NOW)).decoded
    assert found is not None
    return found


async def test_a_vehicle_is_read_as_the_catalogue_writes_it(client: Vpic) -> None:
    found = await decoded(client)
    assert (found.vin, found.source, found.fetched_at, found.notes) == (CIVIC, Source.VPIC, NOW, ())
    assert found.specification == Specification(
        year=2019,
        make="HONDA",
        model="Civic",
        trim="EX",
        body="Sedan/Saloon",
        engine="1.5L I4, 174 hp",
        cylinders=4,
        drive="FWD/Front-Wheel Drive",
        fuel="Gasoline",
        transmission="Continuously Variable Transmission (CVT)",
        doors=4,
    )


@pytest.mark.parametrize(
    ("vin", "kinds"),
    [
        (CIVIC, (BodyType.SEDAN, Drivetrain.FWD, FuelType.GASOLINE)),
        ("JTDKBRFU9H3903128", (BodyType.HATCHBACK, Drivetrain.FWD, FuelType.HYBRID)),
        ("5YJ3E1EA0KF908507", (BodyType.SEDAN, Drivetrain.RWD, FuelType.ELECTRIC)),
        ("1FT7W2BT7HED92733", (BodyType.PICKUP, Drivetrain.FOUR_WD, FuelType.DIESEL)),
    ],
)
async def test_its_words_are_ours(client: Vpic, vin: str, kinds: tuple[object, ...]) -> None:
    found = (await decoded(client, vin)).specification
    assert (found.body_type, found.drivetrain, found.fuel_type) == kinds


async def test_null_is_as_good_as_empty_and_zero_codes_are_clean(client: Vpic, sandbox: Stage) -> None:
    fields = {"Trim": None, "Series": "Si", "Doors": None, "EngineHP": "", "DriveType": "Not Applicable"}
    sandbox.control("answers", vin=CIVIC, fields={**fields, "TransmissionSpeeds": "6", "TransmissionStyle": "Manual"})
    found = (await decoded(client)).specification
    assert (found.trim, found.doors, found.engine, found.drive) == ("Si", None, "1.5L I4", "")
    assert found.transmission == "6-speed Manual"


@pytest.mark.parametrize(
    ("code", "count"), [("0", 0), ("", 0), (None, 0), ("1", 1), ("1, 14,400", 3), ("1,1", 1), ("77", 1), ("0,11", 1)]
)
async def test_several_codes_are_several_notes(client: Vpic, sandbox: Stage, code: str | None, count: int) -> None:
    sandbox.control("answers", vin=CIVIC, fields={"ErrorCode": code})
    assert len((await decoded(client)).notes) == count


async def test_another_vin_that_it_takes_it_for_is_told(client: Vpic, sandbox: Stage) -> None:
    sandbox.control("answers", vin=CIVIC, fields={"SuggestedVIN": "19XFC1F3!KE902117", "ErrorCode": "4"})
    assert (await decoded(client)).suggested_vin == "19XFC1F3!KE902117"
    sandbox.control("answers", vin=CIVIC, fields={"SuggestedVIN": CIVIC})
    assert (await decoded(client)).suggested_vin == ""


@pytest.mark.parametrize("vin", ["1HGCM82633A000001", "1" * 17])
async def test_garbage_with_200_is_nothing(client: Vpic, vin: str) -> None:
    fetched = await client.decode(vin, NOW)
    assert fetched.decoded is None
    assert '"ErrorCode"' in fetched.raw


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"mode": "error_500"}, "http_500"),
        ({"mode": "html"}, "http_502"),
        ({"mode": "too_many"}, "http_429"),
        ({"mode": "cut_before"}, "unreachable"),
        ({"mode": "cut_after"}, "unreachable"),
        ({"mode": "slow", "seconds": 1.5}, "timeout"),
    ],
)
async def test_what_does_not_answer_is_unavailable(sandbox: Stage, fault: dict[str, Any], reason: str) -> None:
    async with Vpic(sandbox.api_url, read_timeout_s=0.5) as client:
        sandbox.control("faults", **fault)
        with pytest.raises(UnavailableError) as caught:
            await client.decode(CIVIC, NOW)
    assert caught.value.reason == reason


async def test_traffic_control_is_unavailable() -> None:
    with stage(calls_per_second=0) as sandbox:
        async with Vpic(sandbox.api_url) as client:
            with pytest.raises(UnavailableError) as caught:
                await client.decode(CIVIC, NOW)
    assert (caught.value.reason, caught.value.retry_after_s) == ("http_403", None)


async def test_an_answer_of_another_shape_is_unavailable(client: Vpic, sandbox: Stage) -> None:
    async with Vpic(f"{sandbox.url}/_sandbox/calls?x=") as wrong:
        with pytest.raises(UnavailableError) as caught:
            await wrong.decode(CIVIC, NOW)
    assert caught.value.reason == "unreadable"


async def test_away_and_a_wrong_address() -> None:
    async with Vpic(f"http://127.0.0.1:{free_port()}/api") as client:
        with pytest.raises(UnavailableError):
            await client.decode(CIVIC, NOW)
    async with Vpic("nowhere") as client:
        with pytest.raises(RejectedError):
            await client.decode(CIVIC, NOW)
