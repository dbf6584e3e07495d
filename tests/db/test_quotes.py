"""What a quote is worked out from: one statement for the lot and one for the buyer's papers."""

from datetime import date

from sqlalchemy import Engine, event

from activities.db import quotes, sellers
from activities.db.engine import transaction
from activities.db.quotes import PricedLot
from activities.db.sellers import Draft
from domain.sellers import Licence, LicenceClass, SellerStatus
from tests.db.holders import add_holder
from tests.db.market import DAY, NOON, add_car, add_lot, add_person, let_sell

LICENCE = Licence("DLR40123", LicenceClass.USED, "MN", date(2099, 12, 31))


def test_a_lot_is_priced_by_its_vehicles_year_and_its_end(engine: Engine) -> None:
    with transaction(engine) as connection:
        sam = add_person(connection, "sam@example.com")
        lot = add_lot(connection, sam, add_car(connection, sam, 1, year=2014), minimum_next_cents=610_000)
        assert quotes.priced_lot(connection, lot) == PricedLot(lot, 2014, 610_000, NOON + DAY, None)
        assert quotes.priced_lot(connection, 404) is None


def test_a_buyers_papers_are_their_details_and_an_approved_licence(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada, bob = add_holder(connection, legal_sealed="sealed"), add_person(connection, "bob@example.com")
        plain, nothing = quotes.buyer_papers(connection, ada), quotes.buyer_papers(connection, bob)
        assert plain is not None
        assert nothing is not None
        assert (plain.legal_sealed, plain.licence) == ("sealed", None)
        assert (nothing.legal_sealed, nothing.licence) == (None, None)
        let_sell(connection, ada)
        dealer = quotes.buyer_papers(connection, ada)
        assert dealer is not None
        assert dealer.licence == LICENCE
        assert "DLR40123" not in repr(dealer)
        assert quotes.buyer_papers(connection, 404) is None


def test_a_licence_that_is_not_approved_any_more_does_not_count(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada = add_holder(connection)
        let_sell(connection, ada)
        sellers.save_draft(connection, ada, Draft("A dealer", LICENCE), SellerStatus.DRAFT, NOON)
        found = quotes.buyer_papers(connection, ada)
        assert found is not None
        assert found.licence is None


def test_each_is_one_statement(engine: Engine) -> None:
    statements: list[str] = []
    with transaction(engine) as connection:
        ada = add_holder(connection)
        event.listen(connection, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
        quotes.priced_lot(connection, 1)
        quotes.buyer_papers(connection, ada)
    assert len(statements) == 2
