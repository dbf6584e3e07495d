"""Drafts of descriptions by listing and version, what they are made of, and how often the model was asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from activities.db import listings, people, vin_reports
from activities.db.description_tables import description_drafts as drafts
from domain.decoding import best
from domain.descriptions import Facts, Why, Writer, facts_of, template

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of a version of a listing. `why` says why the model has not written it."""

    vehicle_id: int
    version: int
    text: str
    writer: Writer
    why: Why | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Material:
    """What a draft is made of: the facts of a version of a listing."""

    vehicle_id: int
    version: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Cost:
    """The tokens that an answer was billed by."""

    input_tokens: int = 0
    output_tokens: int = 0


def material(connection: Connection, vehicle_id: int) -> Material | None:
    """The facts of a listing as it is now, with what a decoder has said of its VIN; None where it is gone."""
    found = listings.listing(connection, vehicle_id)
    if found is None:
        return None
    seller = people.person(connection, found.seller_id)
    names = (found.told.lien_holder, "" if seller is None else seller.name)
    decoded = best(vin_reports.answers(connection, found.told.vin))
    return Material(found.id, found.version, facts_of(found.told, decoded, names))


def last(connection: Connection, vehicle_id: int) -> Draft | None:
    """The draft of the newest version that has one."""
    query = (
        select(drafts.c.version, drafts.c.text, drafts.c.writer, drafts.c.why, drafts.c.made_at)
        .where(drafts.c.vehicle_id == vehicle_id, drafts.c.text.is_not(None))
        .order_by(drafts.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    why = None if row.why is None else Why(row.why)
    return Draft(vehicle_id, row.version, row.text, Writer(row.writer), why, row.made_at)


def claim(connection: Connection, made_of: Material, prompt_hash: str, at: datetime, most: int) -> bool:
    """Count that the model is about to be asked; False where it was asked `most` times in the last day."""
    asked = select(func.coalesce(func.sum(drafts.c.asks), 0)).where(drafts.c.asked_at > at - DAY)
    if connection.execute(asked).scalar_one() >= most:
        return False
    kept = _kept(connection, made_of)
    asks = 1 if kept is None else kept.asks + 1
    _put(connection, made_of, kept, asks=asks, prompt_hash=prompt_hash, asked_at=at)
    return True


def keep(connection: Connection, made_of: Material, text: str, at: datetime, cost: Cost) -> None:
    """Keep what the model wrote."""
    kept = _kept(connection, made_of)
    written = {"text": text, "writer": Writer.OPENAI.value, "why": None, "made_at": at}
    _put(connection, made_of, kept, **written, **_billed(kept, cost))


def keep_template(connection: Connection, made_of: Material, why: Why, at: datetime, cost: Cost) -> Draft:
    """Keep the template's draft, and what an answer cost that could not be used. What the model wrote stays."""
    kept = _kept(connection, made_of)
    billed = _billed(kept, cost)
    if kept is not None and kept.writer == Writer.OPENAI:
        _put(connection, made_of, kept, **billed)
        return Draft(made_of.vehicle_id, made_of.version, kept.text, Writer.OPENAI, None, kept.made_at)
    text = template(made_of.facts)
    _put(connection, made_of, kept, text=text, writer=Writer.TEMPLATE.value, why=why.value, made_at=at, **billed)
    return Draft(made_of.vehicle_id, made_of.version, text, Writer.TEMPLATE, why, at)


def draw_up(connection: Connection, vehicle_id: int, why: Why, at: datetime) -> Draft | None:
    """Keep the template's draft of a listing as it is now; None where it is gone."""
    made_of = material(connection, vehicle_id)
    return None if made_of is None else keep_template(connection, made_of, why, at, Cost())


def forget(connection: Connection, vehicle_id: int) -> None:
    """Delete all drafts of a listing."""
    connection.execute(delete(drafts).where(drafts.c.vehicle_id == vehicle_id))


def _same(made_of: Material) -> ColumnElement[bool]:
    return (drafts.c.vehicle_id == made_of.vehicle_id) & (drafts.c.version == made_of.version)


def _kept(connection: Connection, made_of: Material) -> Row[Any] | None:
    return connection.execute(select(drafts).where(_same(made_of)).with_for_update()).one_or_none()


def _billed(kept: Row[Any] | None, cost: Cost) -> dict[str, int]:
    before = Cost() if kept is None else Cost(kept.input_tokens, kept.output_tokens)
    return {
        "input_tokens": before.input_tokens + cost.input_tokens,
        "output_tokens": before.output_tokens + cost.output_tokens,
    }


def _put(connection: Connection, made_of: Material, kept: Row[Any] | None, **values: object) -> None:
    if kept is not None:
        connection.execute(update(drafts).where(_same(made_of)).values(values))
        return
    empty = {"asks": 0, "input_tokens": 0, "output_tokens": 0}
    key = {"vehicle_id": made_of.vehicle_id, "version": made_of.version}
    connection.execute(insert(drafts).values({**key, **empty, **values}))
