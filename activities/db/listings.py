"""Listings as rows of `vehicles`: the approved values in its columns, the seller's working copy beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from activities.db import search, uploads
from activities.db.description_tables import description_drafts
from activities.db.people import Role
from activities.db.tables import auctions, bids, users, vehicles
from domain.auction import Result
from domain.chassis_numbers import held_number
from domain.listings import EDITABLE, NAMES, Light, Particulars, Review, Status, disclosed_hash

ENCODER, DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Particulars)
VINS_AT_ONCE = 500
# What a draft has in the columns that every row fills: nobody is shown them.
UNTOLD: Mapping[str, Any] = {
    **dict.fromkeys(("make", "model", "trim", "body_type", "exterior_color", "interior_color", "engine"), ""),
    **dict.fromkeys(("transmission", "drivetrain", "fuel_type", "title_status", "city", "state"), ""),
    **dict.fromkeys(("description", "disclosures"), ""),
    **dict.fromkeys(("year", "mileage", "condition_grade"), 0),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing. `told` is the working copy where there is one, else what the public sees; `notes` what the last
    review found, by field. `public` is None until something was approved."""

    id: int
    seller_id: int
    status: Status
    review: Review
    version: int
    told: Particulars
    public: Particulars | None
    notes: Mapping[str, str]
    submitted_at: datetime | None
    reviewed_at: datetime | None
    listed_at: datetime | None
    updated_at: datetime | None
    created_at: datetime
    disclosures_hash: str | None


@dataclass(frozen=True, slots=True)
class LastLot:
    """The newest auction of a vehicle; `result` is None until it is over."""

    auction_id: int
    status: str
    ends_at: datetime
    result: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an admin decided on a working copy, and whose word it was."""

    review: Review
    notes: Mapping[str, str]
    by: int
    at: datetime


PLAIN = (
    vehicles.c.id,
    vehicles.c.seller_id,
    vehicles.c.listing_status,
    vehicles.c.review_status,
    vehicles.c.version,
)
DATES = (
    vehicles.c.submitted_at,
    vehicles.c.reviewed_at,
    vehicles.c.listed_at,
    vehicles.c.updated_at,
    vehicles.c.created_at,
    vehicles.c.disclosures_hash,
)
COLUMNS = (*PLAIN, *DATES, vehicles.c.draft, vehicles.c.review_notes, *(vehicles.c[name] for name in NAMES))


def add(connection: Connection, seller_id: int, told: Particulars, now: datetime) -> int:
    """Begin a listing with its working copy, and return its id; an open listing of the car raises IntegrityError."""
    values = {
        **UNTOLD,
        "seller_id": seller_id,
        "vin": told.vin,
        "open_vin": held_number(told),
        "draft": ENCODER.encode(told).decode(),
        "listing_status": Status.DRAFT.value,
        "review_status": Review.DRAFT.value,
        "created_at": now,
        "updated_at": now,
    }
    key: Any = connection.execute(insert(vehicles).values(values)).inserted_primary_key
    number: int = key[0]
    return number


def listing(connection: Connection, vehicle_id: int, *, lock: bool = False) -> Listing | None:
    """One listing that is not deleted; with `lock` nobody else changes it until the transaction's end."""
    query = _query().where(vehicles.c.id == vehicle_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _listing(row)


def of_seller(connection: Connection, seller_id: int, *, after_id: int | None, limit: int) -> list[Listing]:
    """A page of a seller's listings, newest first, below an id."""
    query = _query().where(vehicles.c.seller_id == seller_id).order_by(vehicles.c.id.desc()).limit(limit)
    if after_id is not None:
        query = query.where(vehicles.c.id < after_id)
    return [_listing(row) for row in connection.execute(query)]


def count_of_seller(connection: Connection, seller_id: int) -> int:
    """How many listings `of_seller` has in all."""
    return _count(connection, vehicles.c.seller_id == seller_id)


def in_review(connection: Connection, review: Review, *, after_id: int | None, limit: int) -> list[Listing]:
    """A page of the listings whose working copy stands so, oldest first, above an id; not of those that are over."""
    query = _query().where(*_stands(review)).order_by(vehicles.c.id).limit(limit)
    if after_id is not None:
        query = query.where(vehicles.c.id > after_id)
    return [_listing(row) for row in connection.execute(query)]


def count_in_review(connection: Connection, review: Review) -> int:
    """How many listings `in_review` has in all."""
    return _count(connection, *_stands(review))


def open_with_number(connection: Connection, number: str) -> int | None:
    """The listing that holds this number (`domain.chassis_numbers`) now, whoever's it is."""
    return connection.execute(select(vehicles.c.id).where(vehicles.c.open_vin == number)).scalar_one_or_none()


def open_with_numbers(connection: Connection, numbers: Sequence[str], seller_id: int) -> dict[str, int | None]:
    """The open listings that hold these numbers, by number: the vehicle where it is this seller's own, else None."""
    found: dict[str, int | None] = {}
    for first in range(0, len(numbers), VINS_AT_ONCE):
        some = numbers[first : first + VINS_AT_ONCE]
        query = select(vehicles.c.open_vin, vehicles.c.id, vehicles.c.seller_id).where(vehicles.c.open_vin.in_(some))
        for number, vehicle_id, owner_id in connection.execute(query):
            found[number] = vehicle_id if owner_id == seller_id else None
    return found


def save(connection: Connection, found: Listing, told: Particulars, now: datetime) -> int:
    """Write the working copy as the next version, which is returned; what was in review is taken back.

    One that says what the public sees already is none. Another open listing of the car raises IntegrityError: before
    1981 its make and its year say which one it is, and may be written anew.
    """
    version, is_news = found.version + 1, told != found.public
    vin = told.vin if found.public is None else found.public.vin
    values: dict[str, Any] = {
        "draft": ENCODER.encode(told).decode() if is_news else None,
        "review_status": (Review.DRAFT if is_news else Review.NONE).value,
        "version": version,
        "vin": vin,
        "open_vin": held_number(replace(told, vin=vin)),
    }
    _update(connection, found.id, updated_at=now, **values)
    return version


def submit(connection: Connection, found: Listing, now: datetime) -> None:
    """Hand the working copy in as the next version: it may differ from the last one by its photos alone."""
    _update(
        connection,
        found.id,
        review_status=Review.SUBMITTED.value,
        version=found.version + 1,
        submitted_at=now,
        updated_at=now,
        review_notes=None,
    )


def decide(connection: Connection, found: Listing, verdict: Verdict) -> None:
    """Write a verdict. What is approved goes into the columns, and the public sees it from now on."""
    at = verdict.at
    values: dict[str, Any] = {
        "review_status": verdict.review.value,
        "review_notes": ENCODER.encode(verdict.notes).decode(),
        "reviewed_by": verdict.by,
        "reviewed_at": at,
        "updated_at": at,
    }
    if verdict.review is Review.NONE:
        first = found.status is Status.DRAFT
        values |= {
            **_columns(found.told),
            "draft": None,
            "disclosures_hash": disclosed_hash(found.told),
            "listing_status": (Status.APPROVED if first else found.status).value,
            "listed_at": found.listed_at or at,
        }
    _update(connection, found.id, **values)
    if verdict.review is Review.NONE:
        search.put(connection, found.id, at)


def move(connection: Connection, vehicle_id: int, status: Status, now: datetime) -> None:
    """Put an open listing where its life has come to."""
    _update(connection, vehicle_id, listing_status=status.value, updated_at=now)


def withdraw(connection: Connection, found: Listing, now: datetime) -> None:
    """End a listing, which takes its working copy out of the review and frees its number."""
    review = Review.NONE if found.told == found.public else Review.DRAFT
    ended = {"listing_status": Status.WITHDRAWN.value, "open_vin": None, "review_status": review.value}
    _update(connection, found.id, updated_at=now, **ended)
    search.remove(connection, found.id, now)


def end_lot(connection: Connection, auction_id: int, result: str, ended_at: datetime) -> None:
    """What the end of its lot makes of a listing: sold, which frees its VIN, or open to be put up again."""
    sold = result == Result.SOLD.value
    values: dict[str, Any] = {"listing_status": (Status.SOLD if sold else Status.UNSOLD).value, "updated_at": ended_at}
    if sold:
        values["open_vin"] = None
    vehicle_id = select(auctions.c.vehicle_id).where(auctions.c.id == auction_id).scalar_subquery()
    connection.execute(update(vehicles).where(vehicles.c.id == vehicle_id).values(values))


def remove(connection: Connection, found: Listing, now: datetime) -> bool:
    """Delete a listing: for good where nobody has ever seen it (True), else it is hidden and kept."""
    if found.listed_at is None:
        uploads.remove_all(connection, found.id, now)
        connection.execute(delete(vehicles).where(vehicles.c.id == found.id))
        connection.execute(delete(description_drafts).where(description_drafts.c.vehicle_id == found.id))
        return True
    search.remove(connection, found.id, now)
    _update(
        connection,
        found.id,
        deleted_at=now,
        updated_at=now,
        open_vin=None,
        draft=None,
        listing_status=(found.status if found.status is Status.SOLD else Status.WITHDRAWN).value,
        review_status=Review.NONE.value,
    )
    return False


def last_lot(connection: Connection, vehicle_id: int) -> LastLot | None:
    """The newest auction of a vehicle."""
    columns = (auctions.c.id, auctions.c.status, auctions.c.ends_at, auctions.c.result)
    query = select(*columns).where(auctions.c.vehicle_id == vehicle_id).order_by(auctions.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else LastLot(*row)


def reviewers(connection: Connection) -> list[tuple[int, str, str]]:
    """Id, name and address of the admins, who review listings."""
    query = select(users.c.id, users.c.name, users.c.email).where(users.c.role == Role.ADMIN.value)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(users.c.id))]


def standing_bidders(connection: Connection, auction_id: int) -> list[tuple[int, str, str]]:
    """Id, name and address of everybody with an accepted bid on a lot that was not taken back."""
    stands = (bids.c.auction_id == auction_id, bids.c.code.is_(None), bids.c.retracted.is_(False))
    query = (
        select(users.c.id, users.c.name, users.c.email)
        .where(users.c.id.in_(select(bids.c.user_id).where(*stands)))
        .order_by(users.c.id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _query() -> Select[Any]:
    return select(*COLUMNS).where(vehicles.c.deleted_at.is_(None))


def _stands(review: Review) -> tuple[ColumnElement[bool], ...]:
    # What is over is reviewed no more.
    open_ones = [status.value for status in Status if status in EDITABLE]
    return vehicles.c.review_status == review.value, vehicles.c.listing_status.in_(open_ones)


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(vehicles).where(vehicles.c.deleted_at.is_(None), *conditions)
    return connection.execute(query).scalar_one()


def _listing(row: Sequence[Any]) -> Listing:
    vehicle_id, seller_id, status, review, version = row[: len(PLAIN)]
    submitted_at, reviewed_at, listed_at, updated_at, created_at, digest, draft, notes = row[len(PLAIN) :][
        : len(DATES) + 2
    ]
    public = None if listed_at is None else _public(row[-len(NAMES) :])
    told = public if draft is None else DECODER.decode(draft)
    if told is None:
        message = f"vehicle {vehicle_id} has neither a working copy nor approved values"
        raise LookupError(message)
    return Listing(
        vehicle_id,
        seller_id,
        Status(status),
        Review(review),
        version,
        told,
        public,
        {} if notes is None else msgspec.json.decode(notes),
        submitted_at,
        reviewed_at,
        listed_at,
        updated_at,
        created_at,
        digest,
    )


def _public(values: Sequence[Any]) -> Particulars:
    told = dict(zip(NAMES, values, strict=True))
    told["lights"] = tuple(Light(name) for name in told["lights"].split(",") if name)
    return msgspec.convert(told, Particulars, strict=False)


def _columns(told: Particulars) -> dict[str, Any]:
    values = asdict(told)
    values["lights"] = ",".join(told.lights)
    return values


def _update(connection: Connection, vehicle_id: int, **values: object) -> None:
    connection.execute(update(vehicles).where(vehicles.c.id == vehicle_id).values(values))
