"""Decoding a VIN for whoever sells or is about to: from what is kept, else by the decoders, else by hand."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request

from activities.db import sellers, vin_reports
from activities.db.people import Person, Role, Scope
from activities.limits import Limit
from api.commands import OneLine, need_scope
from api.database import now
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import Services, services_of
from api.vin_problems import VINS
from api.vin_views import EXAMPLE, STILL_ASKED, DecodedVinView, decoded_view
from domain.decoder_conflicts import Claimed
from domain.decoding import Answers, best, is_settled
from domain.errors import DomainError, TooManyError
from domain.listing_checks import is_decodable
from domain.listings import Particulars
from domain.sellers import SellerStatus
from domain.vehicles import MAX_MILEAGE, BodyType, Drivetrain, FuelType, TitleStatus
from domain.vin import Market, VinReading, read_vin

# A report costs a credit: what is kept is free, what is asked for is counted.
HOUR_LIMIT = Limit("decode-vin", tries=60, window_s=3_600)
DAY_LIMIT = Limit("decode-vin-day", tries=300, window_s=86_400)
TOO_MANY = "So many VINs were decoded lately that the next one has to wait; those that were decoded stay free."
NOT_A_SELLER = "This is for sellers: begin your seller profile at /account/seller."
ASK_AGAIN_S = 3
LONGEST_TYPED = 64
CODES = (*VINS, "SELLERS_ONLY", "SELLER_SUSPENDED", "TOO_MANY_TRIES")
router = APIRouter(prefix="/api/vehicles", tags=["vehicles"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), OneLine]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), OneLine]


class ClaimedBody(BaseModel):
    """What the seller says of the vehicle, to be compared; leave out what is not said. Mileage in miles."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1886, le=2100)] | None = None
    make: Name | None = None
    model: Name | None = None
    trim: Name | None = None
    body_type: BodyType | None = None
    engine: Words | None = None
    cylinders: Annotated[int, Field(ge=1, le=16)] | None = None
    drivetrain: Drivetrain | None = None
    fuel_type: FuelType | None = None
    transmission: Words | None = None
    doors: Annotated[int, Field(ge=1, le=9)] | None = None
    mileage: Annotated[int, Field(ge=0, le=MAX_MILEAGE)] | None = None
    title_status: TitleStatus | None = None


class DecodeVinBody(BaseModel):
    """A VIN as people type it, for which market it was built, and what the seller says of the vehicle."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"vin": "19XFC1F30KE902117", "claimed": {"mileage": 41_250}}]}
    )

    vin: Annotated[str, StringConstraints(max_length=LONGEST_TYPED)]
    market: Market = Market.US
    claimed: ClaimedBody = Field(default_factory=ClaimedBody)


def _described() -> dict[str, Any]:
    described = about(Audience.SIGNED_IN, *CODES, example=dict(EXAMPLE))
    described["responses"][202] = {
        "description": "The decoders are being asked; send the same request again after Retry-After seconds.",
        "content": {"application/json": {"example": dict(STILL_ASKED)}},
    }
    return described


@router.post("/decode-vin", **_described())
async def decode_vin(request: Request, response: Response, person: SignedIn, body: DecodeVinBody) -> DecodedVinView:
    """Decode a VIN, and compare what the seller says. Source `manual` means to go on by hand; nothing is lost."""
    await may_decode(request, person)
    reading = read_vin(body.vin, body.market, latest_year=now().year + 1)
    answers, pending = await decoded(services_of(request), person.id, reading)
    if pending and best(answers) is None:
        response.status_code = 202
        response.headers["Retry-After"] = str(ASK_AGAIN_S)
    return decoded_view(reading, answers, Claimed(**dict(body.claimed)), pending=pending)


async def decoded(services: Services, user_id: int, reading: VinReading) -> tuple[Answers, bool]:
    """What is kept of a VIN, after the decoders were asked where that is old or missing; and whether they still are.

    Raises TOO_MANY_TRIES.
    """
    answers = await services.database.read(vin_reports.answers, reading.text)
    if not reading.decodable or is_settled(answers, now(), services.vins.good_for):
        return answers, False
    await _count(services, user_id)
    done = await services.vins.decode(reading.text)
    return await services.database.read(vin_reports.answers, reading.text), not done


async def ask_for(services: Services, user_id: int, told: Particulars) -> None:
    """Have the decoders asked now for what was sent in, if their word is old or missing, and wait a little for it.

    Refuses nothing: its Listing workflow asks those that are away again, and asks what one person may not ask at once.
    """
    if is_decodable(told):
        with suppress(DomainError):
            await decoded(services, user_id, VinReading(told.vin, told.market))


async def may_decode(request: Request, person: Person) -> None:
    """Let sellers pass, and whoever has begun a seller profile. Raises SELLERS_ONLY, SELLER_SUSPENDED or
    SCOPE_MISSING."""
    await need_scope(request, Scope.SELL)
    if person.role is Role.ADMIN:
        return
    found = await services_of(request).database.read(sellers.seller, person.id)
    if found is None:
        raise fail("SELLERS_ONLY", NOT_A_SELLER)
    if found.profile.status is SellerStatus.SUSPENDED:
        raise fail("SELLER_SUSPENDED")


async def _count(services: Services, user_id: int) -> None:
    try:
        for limit in (HOUR_LIMIT, DAY_LIMIT):
            await services.ways_in.guesses.may_ask(limit, str(user_id))
    except TooManyError as error:
        raise fail("TOO_MANY_TRIES", TOO_MANY, **error.data) from None
