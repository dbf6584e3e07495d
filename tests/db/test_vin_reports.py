"""What decoders said of VINs, kept by VIN and decoder: read as it was written, and never replaced by less."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from activities.db import vin_reports
from activities.db.engine import reading, transaction
from domain.decoding import Answer, Answers, Brand, Decoded, OdometerReading, Recall, Source, Specification
from tests.db.market import DAY, NOON

VIN = "19XFC1F30KE902117"
HOUR = timedelta(hours=1)


def decoded(source: Source = Source.CLEARVIN, **more: Any) -> Decoded:
    specification = Specification(year=2019, make="Honda", model="Civic", cylinders=4)
    return Decoded(vin=VIN, source=source, fetched_at=NOON, specification=specification, **more)


def keep(engine: Engine, answer: Answer, raw: str = "{}") -> None:
    with transaction(engine) as connection:
        vin_reports.keep(connection, VIN, answer, raw)


def kept(engine: Engine, vin: str = VIN) -> Answers:
    with reading(engine) as connection:
        return vin_reports.answers(connection, vin)


def test_an_answer_is_read_as_it_was_written(engine: Engine) -> None:
    full = decoded(
        brands=(Brand("Rebuilt", "11", "d"),),
        odometer=(OdometerReading(41_250, NOON.date()), OdometerReading(1, None, suspect=True)),
        recalls=(Recall("19V1", "BRAKES", "s"),),
        notes=("A note.",),
        suggested_vin="19XFC1F3!KE902117",
    )
    keep(engine, Answer(Source.CLEARVIN, NOON, full), '{"raw": "\u00e9\U0001f697"}')
    keep(engine, Answer(Source.VPIC, NOON + HOUR))
    assert kept(engine) == {
        Source.CLEARVIN: Answer(Source.CLEARVIN, NOON, full),
        Source.VPIC: Answer(Source.VPIC, NOON + HOUR),
    }
    assert kept(engine, "1M8GDM9AXKP042788") == {}
    with reading(engine) as connection:
        assert vin_reports.raw_report(connection, VIN, Source.CLEARVIN) == '{"raw": "\u00e9\U0001f697"}'
        assert vin_reports.raw_report(connection, "x", Source.CLEARVIN) is None


def test_a_newer_answer_takes_the_place_of_an_older_one_and_never_the_other_way(engine: Engine) -> None:
    old, new = decoded(notes=("old",)), decoded(notes=("new",))
    keep(engine, Answer(Source.CLEARVIN, NOON, old))
    keep(engine, Answer(Source.CLEARVIN, NOON + HOUR, new))
    keep(engine, Answer(Source.CLEARVIN, NOON, old))
    assert kept(engine) == {Source.CLEARVIN: Answer(Source.CLEARVIN, NOON + HOUR, new)}


def test_a_report_that_was_paid_for_stays_when_the_decoder_knows_nothing_any_more(engine: Engine) -> None:
    keep(engine, Answer(Source.CLEARVIN, NOON, decoded()))
    keep(engine, Answer(Source.CLEARVIN, NOON + DAY), "nothing")
    assert kept(engine) == {Source.CLEARVIN: Answer(Source.CLEARVIN, NOON + DAY, decoded())}


def test_what_was_not_known_may_be_known_later(engine: Engine) -> None:
    keep(engine, Answer(Source.VPIC, NOON))
    keep(engine, Answer(Source.VPIC, NOON + DAY, decoded(Source.VPIC)))
    assert kept(engine)[Source.VPIC].decoded == decoded(Source.VPIC)


def test_a_report_of_a_megabyte_is_kept_whole(engine: Engine) -> None:
    raw = "x" * 1_000_000
    keep(engine, Answer(Source.CLEARVIN, NOON, decoded()), raw)
    with reading(engine) as connection:
        assert vin_reports.raw_report(connection, VIN, Source.CLEARVIN) == raw
