"""What the decoders make of a listing: how far its VIN was checked, and what the listing claims of the vehicle."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.decoder_conflicts import Claimed
from domain.decoding import Answers, Source, best, is_settled
from domain.listings import MileageUnit, Particulars, Review
from domain.vin import LENGTH, Market

# 0.621371 miles are a kilometre; decoders' records count miles.
MILES, KILOMETRES = 621_371, 1_000_000


class Check(StrEnum):
    """How far the decoders have checked a VIN. `partly`: the catalogue knows it, and the records of its title, odometer
    and recalls are still asked for; `unknown`: all have answered, none knows it; `by_hand`: none knows such numbers."""

    CHECKED = "checked"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    BY_HAND = "by_hand"


def is_decodable(told: Particulars) -> bool:
    """Whether decoders know numbers like this one."""
    return told.market is not Market.PRE_1981 and len(told.vin) == LENGTH


def check_of(told: Particulars, answers: Answers) -> Check:
    """How far the listing's VIN was checked. An old report is one too; it says how old it is."""
    if not is_decodable(told):
        return Check.BY_HAND
    report = answers.get(Source.CLEARVIN)
    if best(answers) is None:
        return Check.UNKNOWN if answers.keys() == set(Source) else Check.WAITING
    return Check.CHECKED if report is not None else Check.PARTLY


def must_ask(
    told: Particulars, review: Review, submitted_at: datetime | None, answers: Answers, *, good_for: timedelta
) -> bool:
    """Whether the decoders are still to be asked for what was sent in: their answers must be fresh (`good_for`) as seen
    from that time. What was sent back, or is a draft, is asked for when it is sent in again."""
    if submitted_at is None or review not in {Review.SUBMITTED, Review.NONE} or not is_decodable(told):
        return False
    return not is_settled(answers, submitted_at, good_for)


def claimed(told: Particulars) -> Claimed:
    """What a listing says of the vehicle, to be compared with the decoders' records, which count miles."""
    miles = told.mileage
    if miles is not None and told.mileage_unit is MileageUnit.KILOMETRES:
        miles = miles * MILES // KILOMETRES
    return Claimed(
        year=told.year,
        make=told.make or None,
        model=told.model or None,
        trim=told.trim or None,
        body_type=told.body_type,
        engine=told.engine or None,
        cylinders=told.cylinders,
        drivetrain=told.drivetrain,
        fuel_type=told.fuel_type,
        transmission=told.transmission or None,
        doors=told.doors,
        mileage=miles,
        title_status=told.title_status,
    )
