"""Drafts as rows: one for a version, counted before they are asked for, the model's not replaced by the template's."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from activities.db import descriptions, listings, vin_reports
from activities.db.description_tables import description_drafts
from activities.db.descriptions import Cost, Draft, Material
from activities.db.engine import reading, transaction
from activities.db.people import Role
from domain.decoding import Answer, Brand, Decoded, Source, Specification
from domain.descriptions import Facts, Why, Writer
from domain.listings import Particulars
from tests.db.market import DAY, NOON, SECOND, add_person

VIN = "19XFC1F3XKE200001"
TOLD = Particulars(vin=VIN, make="Honda", model="Civic", lien_holder="First Bank", description="Ask First Bank or Sam.")
MADE_OF = Material(12, 3, Facts(make="Honda", model="Civic"))
NEWER = replace(MADE_OF, version=4)
HASH = "ab" * 32
TEXT = "For sale: Honda Civic."


def claim(engine: Engine, made_of: Material = MADE_OF, at: datetime = NOON, most: int = 3) -> bool:
    with transaction(engine) as connection:
        return descriptions.claim(connection, made_of, HASH, at, most)


def keep(engine: Engine, made_of: Material = MADE_OF, text: str = TEXT, cost: Cost | None = None) -> None:
    with transaction(engine) as connection:
        descriptions.keep(connection, made_of, text, NOON, cost or Cost(300, 100))


def keep_template(
    engine: Engine, made_of: Material = MADE_OF, why: Why = Why.REFUSED, cost: Cost | None = None
) -> Draft:
    with transaction(engine) as connection:
        return descriptions.keep_template(connection, made_of, why, NOON, cost or Cost())


def last(engine: Engine, vehicle_id: int = 12) -> Draft | None:
    with reading(engine) as connection:
        return descriptions.last(connection, vehicle_id)


def bill(engine: Engine, version: int = 3) -> tuple[int, int, int, str | None]:
    query = select(description_drafts).where(description_drafts.c.version == version)
    with reading(engine) as connection:
        row = connection.execute(query).one()
    return row.asks, row.input_tokens, row.output_tokens, row.prompt_hash


def test_the_facts_of_a_listing_are_its_working_copy_with_what_the_decoder_says(engine: Engine) -> None:
    with transaction(engine) as connection:
        seller = add_person(connection, "sam@example.com", role=Role.SELLER)
        number = listings.add(connection, seller, TOLD, NOON)
        said = Specification(make="HONDA", model="Civic", year=2019)
        decoded = Decoded(vin=VIN, source=Source.VPIC, fetched_at=NOON, specification=said, brands=(Brand("Rebuilt"),))
        vin_reports.keep(connection, VIN, Answer(Source.VPIC, NOON, decoded), "{}")
        found = descriptions.material(connection, number)
        assert descriptions.material(connection, number + 1) is None
    assert found is not None
    assert (found.vehicle_id, found.version) == (number, 1)
    assert (found.facts.name, found.facts.brands) == ("2019 Honda Civic", ("Rebuilt",))
    assert "Bank" not in found.facts.notes


def test_a_draft_is_read_as_it_was_kept_and_the_newest_version_wins(engine: Engine) -> None:
    assert last(engine) is None
    keep(engine, NEWER)
    keep(engine, text="Another.")
    assert last(engine) == Draft(12, 4, TEXT, Writer.OPENAI, None, NOON)
    assert last(engine, 13) is None


def test_what_is_being_asked_for_is_no_draft_yet(engine: Engine) -> None:
    assert claim(engine)
    assert last(engine) is None
    assert bill(engine) == (1, 0, 0, HASH)


def test_the_template_says_why_and_gives_way_to_the_model_and_never_the_other_way(engine: Engine) -> None:
    kept = keep_template(engine)
    assert (kept.writer, kept.why, last(engine)) == (Writer.TEMPLATE, Why.REFUSED, kept)
    assert "For sale: Honda Civic." in kept.text
    keep(engine)
    assert keep_template(engine) == last(engine) == Draft(12, 3, TEXT, Writer.OPENAI, None, NOON)


def test_everything_that_was_billed_is_added_up(engine: Engine) -> None:
    claim(engine)
    keep_template(engine, cost=Cost(10, 1))
    claim(engine)
    keep(engine, cost=Cost(20, 2))
    keep_template(engine, cost=Cost(30, 3))
    assert bill(engine) == (2, 60, 6, HASH)


def test_the_model_is_asked_so_often_in_a_day_for_all_listings_together(engine: Engine) -> None:
    asked = [claim(engine), claim(engine, NEWER), claim(engine, replace(MADE_OF, vehicle_id=13)), claim(engine)]
    assert asked == [True, True, True, False]
    assert claim(engine, at=NOON + DAY - SECOND) is False
    assert claim(engine, at=NOON + DAY + timedelta(milliseconds=1)) is True
    assert claim(engine, most=0) is False


def test_a_draft_is_drawn_up_of_what_the_listing_is_now(engine: Engine) -> None:
    with transaction(engine) as connection:
        number = listings.add(connection, add_person(connection, "sam@example.com"), TOLD, NOON)
        found = descriptions.draw_up(connection, number, Why.AWAY, NOON)
        assert descriptions.draw_up(connection, number + 1, Why.AWAY, NOON) is None
    assert found == last(engine, number)


def test_drafts_are_forgotten(engine: Engine) -> None:
    keep(engine)
    keep(engine, NEWER)
    keep(engine, replace(MADE_OF, vehicle_id=13))
    with transaction(engine) as connection:
        descriptions.forget(connection, 12)
    assert (last(engine), last(engine, 13) is None) == (None, False)
