"""Our ClearVIN client against a running sandbox: one credit for a report, tokens kept, and each failure by its kind."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from activities.providers.clearvin import ClearVin
from activities.providers.clearvin_report import read_report
from activities.providers.failures import OutcomeUnknownError, ProviderError, RejectedError, UnavailableError
from domain.decoding import Brand, OdometerReading, Recall, Source, Specification
from domain.vehicles import BodyType, Drivetrain, FuelType
from temporal.stack.ports import free_port
from tests.sandbox.clearvin.stage import EMAIL, PASSWORD, Stage, stage

CIVIC = "19XFC1F30KE902117"
UNKNOWN = "1HGCM82633A000001"
REPORT = "/rest/vendor/report"
LOGIN = "/rest/vendor/login"
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="client")
async def client_fixture(sandbox: Stage) -> AsyncIterator[ClearVin]:
    async with ClearVin(sandbox.api_url, EMAIL, PASSWORD) as client:
        yield client


def now() -> datetime:
    return datetime.now(UTC)


def reason_of(caught: pytest.ExceptionInfo[ProviderError]) -> str:
    """The failure's reason, after a look at all that a log would show of it."""
    shown = "".join(traceback.format_exception(caught.value, chain=True)) + repr(caught.value)
    for secret in (EMAIL, PASSWORD, "Bearer", CIVIC):
        assert secret not in shown.replace(f'"{CIVIC}"', "")
    return caught.value.reason


async def test_a_report_is_read_for_one_credit(client: ClearVin, sandbox: Stage) -> None:
    fetched = await client.decode(CIVIC, NOW)
    decoded = fetched.decoded
    assert decoded is not None
    assert (decoded.vin, decoded.source, decoded.fetched_at) == (CIVIC, Source.CLEARVIN, NOW)
    assert decoded.specification == Specification(
        year=2019,
        make="Honda",
        model="Civic",
        trim="EX",
        body="Sedan",
        engine="1.5L turbocharged I4, 174 hp",
        cylinders=4,
        drive="FWD",
        fuel="Gasoline",
        transmission="CVT",
        doors=4,
    )
    assert decoded.odometer[0] == OdometerReading(18_372, date(2020, 6, 15))
    assert '"brandsInformation"' in fetched.raw
    assert sandbox.spent == {CIVIC: 1}


async def test_it_signs_in_once_for_many_reports_at_once(client: ClearVin, sandbox: Stage) -> None:
    await asyncio.gather(*(client.decode(CIVIC, now()) for _ in range(5)))
    assert sandbox.logins == 1


async def test_it_signs_in_again_before_the_token_ends(sandbox: Stage, client: ClearVin) -> None:
    began = now()
    await client.decode(CIVIC, began)
    await client.decode(CIVIC, began + timedelta(seconds=500))
    assert sandbox.logins == 1
    await client.decode(CIVIC, began + timedelta(seconds=545))
    assert sandbox.logins == 2


@pytest.mark.parametrize("http", [False, True])
async def test_a_token_that_ended_early_is_replaced_once(client: ClearVin, sandbox: Stage, http: bool) -> None:
    sandbox.control("errors", http=http)
    await client.decode(CIVIC, now())
    sandbox.control("tokens")
    assert (await client.decode(CIVIC, now())).decoded is not None
    assert (sandbox.logins, sandbox.spent) == (2, {CIVIC: 2})


async def test_a_fresh_token_that_is_refused_too_is_the_end_of_it(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("refusals", message="Token is not valid for this product", times=2)
    with pytest.raises(RejectedError) as caught:
        await client.decode(CIVIC, now())
    assert (reason_of(caught), sandbox.logins, sandbox.spent) == ("signed_out", 2, {})


@pytest.mark.parametrize("http", [False, True])
async def test_a_wrong_password_is_rejected(sandbox: Stage, http: bool) -> None:
    sandbox.control("errors", http=http)
    async with ClearVin(sandbox.api_url, EMAIL, "another") as client:
        with pytest.raises(RejectedError) as caught:
            await client.decode(CIVIC, now())
    assert reason_of(caught) == "login_refused"


async def test_an_address_that_is_not_registered_is_rejected(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("address", registered=False)
    with pytest.raises(RejectedError) as caught:
        await client.decode(CIVIC, now())
    assert reason_of(caught) == "login_refused"


@pytest.mark.parametrize("http", [False, True])
async def test_a_vin_that_is_not_known_is_nothing_and_costs_nothing(
    client: ClearVin, sandbox: Stage, http: bool
) -> None:
    sandbox.control("errors", http=http)
    assert (await client.decode(UNKNOWN, now())).decoded is None
    assert sandbox.spent == {}


@pytest.mark.parametrize("http", [False, True])
async def test_without_credits_we_are_rejected(client: ClearVin, sandbox: Stage, http: bool) -> None:
    sandbox.control("errors", http=http)
    sandbox.control("credits", left=0)
    with pytest.raises(RejectedError) as caught:
        await client.decode(CIVIC, now())
    assert reason_of(caught) == "no_credits"


async def test_an_error_with_200_that_says_nothing_may_be_asked_again(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("refusals", message="Something went wrong")
    with pytest.raises(UnavailableError) as caught:
        await client.decode(CIVIC, now())
    assert reason_of(caught) == "status_error"
    assert (await client.decode(CIVIC, now())).decoded is not None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("error_500", "http_500"), ("html", "http_502"), ("cut_before", "connection_lost"), ("slow", "timeout")],
)
async def test_a_report_that_does_not_arrive_may_have_been_paid_for(sandbox: Stage, fault: str, reason: str) -> None:
    async with ClearVin(sandbox.api_url, EMAIL, PASSWORD, read_timeout_s=0.5) as client:
        sandbox.control("faults", mode=fault, path=REPORT, seconds=1.5)
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.decode(CIVIC, now())
    assert reason_of(caught) == reason


async def test_a_report_that_was_made_and_cut_off_has_cost_a_credit(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("faults", mode="cut_after", path=REPORT)
    with pytest.raises(OutcomeUnknownError):
        await client.decode(CIVIC, now())
    assert sandbox.spent == {CIVIC: 1}


@pytest.mark.parametrize("fault", ["error_500", "html", "cut_before", "cut_after", "too_many"])
async def test_a_sign_in_that_fails_may_be_tried_again(client: ClearVin, sandbox: Stage, fault: str) -> None:
    sandbox.control("faults", mode=fault, path=LOGIN)
    with pytest.raises(UnavailableError):
        await client.decode(CIVIC, now())
    assert (await client.decode(CIVIC, now())).decoded is not None


async def test_too_many_calls_wait(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("faults", mode="too_many", path=REPORT)
    with pytest.raises(UnavailableError) as caught:
        await client.decode(CIVIC, now())
    assert (reason_of(caught), caught.value.retry_after_s) == ("http_429", 1.0)


async def test_clearvin_away_is_unavailable() -> None:
    async with ClearVin(f"http://127.0.0.1:{free_port()}/rest/vendor", EMAIL, PASSWORD) as client:
        with pytest.raises(UnavailableError) as caught:
            await client.decode(CIVIC, now())
    assert reason_of(caught) == "unreachable"


async def test_a_wrong_address_is_rejected(sandbox: Stage) -> None:
    async with ClearVin(f"{sandbox.url}/elsewhere", EMAIL, PASSWORD) as client:
        with pytest.raises(RejectedError) as caught:
            await client.decode(CIVIC, now())
    assert reason_of(caught) == "http_404"
    async with ClearVin("nowhere", EMAIL, PASSWORD) as client:
        with pytest.raises(RejectedError):
            await client.decode(CIVIC, now())


async def test_a_report_that_does_not_name_the_vehicle_is_nothing_and_is_kept(client: ClearVin, sandbox: Stage) -> None:
    sandbox.control("reports", vin=CIVIC, report={"vehicleSpecification": None, "odometer": [{"mileage": "1"}]})
    fetched = await client.decode(CIVIC, now())
    assert fetched.decoded is None
    assert '"mileage"' in fetched.raw


@pytest.mark.parametrize(
    "report",
    [
        {"Year": 2019, "Make": "Honda", "Model": "Civic"},
        {"spec": {"attributes": [{"name": "Model Year", "value": "2019"}, {"name": "Make", "value": "Honda"}]}}
        | {"modelName": "Civic"},
        {"vinDecode": {"decoder": {"model_year": "2019.0", "make": " Honda\n", "model": "Civic", "trim": None}}},
        {"owners": [{"make": "no"}], "auction": {"make": "Lada"}, "x": {"year": "2019", "make": "Honda"}}
        | {"model": "Civic"},
    ],
)
def test_a_report_is_read_under_several_names(report: dict[str, Any]) -> None:
    decoded = read_report(CIVIC, report, NOW)
    assert decoded is not None
    assert decoded.specification == Specification(year=2019, make="Honda", model="Civic")


def test_what_is_certain_is_ours() -> None:
    report = {"make": "Ford", "model": "F-150", "bodyStyle": "Crew Cab Pickup", "driveline": "4x4", "fuel": "Diesel"}
    decoded = read_report(CIVIC, report, NOW)
    assert decoded is not None
    found = decoded.specification
    assert (found.body_type, found.drivetrain, found.fuel_type) == (
        BodyType.PICKUP,
        Drivetrain.FOUR_WD,
        FuelType.DIESEL,
    )


def test_brands_odometer_and_recalls_are_read_where_they_are() -> None:
    report = {
        "make": "Ford",
        "model": "F-150",
        "nmvtis": {"junkAndSalvageInformation": [{"entity": "Yard"}], "titleBrands": ["Flood damage", None]},
        "brandsInformation": [{"code": "11", "name": "Rebuilt", "description": "d"}, {"name": "Clear"}, {}],
        "odometer": [
            {"date": "2020-01-31", "mileage": "41,250 mi", "isError": False},
            {"date": "02/28/2021", "mileage": 100_000, "unit": "km", "isError": "true"},
            {"date": "soon", "mileage": "many"},
            {"mileage": 7},
            "x",
        ],
        "recall": [{"NHTSACampaignNumber": "19V123000", "Component": "BRAKES", "Summary": "They fail."}, {}],
    }
    decoded = read_report(CIVIC, report, NOW)
    assert decoded is not None
    assert decoded.brands == (
        Brand("Rebuilt", "11", "d"),
        Brand("Flood damage"),
        Brand("Junk yard record", description="A junk yard or an insurer has reported it to the NMVTIS."),
    )
    assert decoded.odometer == (
        OdometerReading(41_250, date(2020, 1, 31)),
        OdometerReading(62_137, date(2021, 2, 28), suspect=True),
        OdometerReading(7),
    )
    assert decoded.recalls == (Recall("19V123000", "BRAKES", "They fail."),)


@pytest.mark.parametrize("report", [None, [], "x", 1, {}, {"make": {"model": []}}, [[[[]]]]])
def test_what_is_no_report_is_nothing(report: Any) -> None:
    assert read_report(CIVIC, report, NOW) is None


def test_strange_words_stay_on_one_short_line() -> None:
    decoded = read_report(CIVIC, {"make": "Ho\x00nda\u202e\n<b>", "model": "C" * 500}, NOW)
    assert decoded is not None
    assert (decoded.specification.make, len(decoded.specification.model)) == ("Ho nda <b>", 60)
