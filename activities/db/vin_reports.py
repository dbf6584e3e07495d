"""What decoders said of a VIN, kept by VIN and decoder: the newest answer of each."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, insert, select, update

from activities.db.vin_tables import vin_reports
from domain.decoding import Answer, Answers, Decoded, Source

COLUMNS = (vin_reports.c.source, vin_reports.c.fetched_at, vin_reports.c.facts)


def answers(connection: Connection, vin: str) -> Answers:
    """What is kept of a VIN, by decoder."""
    rows = connection.execute(select(*COLUMNS).where(vin_reports.c.vin == vin))
    found = (Answer(Source(source), fetched_at, _decoded(facts)) for source, fetched_at, facts in rows)
    return {answer.source: answer for answer in found}


def answers_of(connection: Connection, vins: Collection[str]) -> dict[str, Answers]:
    """What is kept of some VINs, by VIN, in one query; one that nobody was asked for has nothing."""
    found: dict[str, dict[Source, Answer]] = {vin: {} for vin in vins}
    query = select(vin_reports.c.vin, *COLUMNS).where(vin_reports.c.vin.in_(found))
    for vin, source, fetched_at, facts in connection.execute(query):
        found[vin][Source(source)] = Answer(Source(source), fetched_at, _decoded(facts))
    return dict(found)


def keep(connection: Connection, vin: str, answer: Answer, raw: str) -> None:
    """Keep an answer with its raw text, in the place of an older one of the same decoder. A newer one stays, and that
    a decoder does not know the VIN (any more) replaces no report."""
    facts = None if answer.decoded is None else msgspec.json.encode(answer.decoded).decode()
    values = {"fetched_at": answer.fetched_at, "facts": facts, "raw": raw}
    same = (vin_reports.c.vin == vin) & (vin_reports.c.source == answer.source.value)
    kept = connection.execute(select(*COLUMNS).where(same).with_for_update()).one_or_none()
    if kept is None:
        connection.execute(insert(vin_reports).values(vin=vin, source=answer.source.value, **values))
    elif kept.fetched_at <= answer.fetched_at and (facts is not None or kept.facts is None):
        connection.execute(update(vin_reports).where(same).values(values))
    elif facts is None:
        connection.execute(update(vin_reports).where(same).values(fetched_at=max(kept.fetched_at, answer.fetched_at)))


def raw_report(connection: Connection, vin: str, source: Source) -> str | None:
    """A decoder's answer as it came; for support, who may have to look at more than we read out of it."""
    same = (vin_reports.c.vin == vin) & (vin_reports.c.source == source.value)
    return connection.execute(select(vin_reports.c.raw).where(same)).scalar_one_or_none()


def _decoded(facts: str | None) -> Decoded | None:
    return None if facts is None else msgspec.json.decode(facts, type=Decoded)
