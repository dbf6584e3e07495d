"""What a dealer is told of the licence: once, and only while it is the licence that they are approved with."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.contracts import TellOfLicence
from activities.db import sellers
from activities.db.engine import make_engine, transaction
from activities.db.sellers import Draft
from activities.seller_notices import SellerWork
from domain.notices import NoticeKind
from domain.sellers import Licence, LicenceClass, Notice, SellerStatus
from migrations import schema
from tests.db.market import NOON, add_person
from tests.doubles.notices import letters

LAST_DAY = date(2026, 12, 31)
LICENCE = Licence("DLR1", LicenceClass.USED, "MN", LAST_DAY)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def user_id(engine: Engine) -> int:
    with transaction(engine) as connection:
        made = add_person(connection, "sam@example.com")
        sellers.add_approved(connection, made, "Sam's", LICENCE, NOON)
        return made


def tell(engine: Engine, user_id: int, notice: Notice = Notice.AHEAD, expires_on: date = LAST_DAY) -> None:
    work = SellerWork(engine, "https://hammertime.test")
    ActivityEnvironment().run(work.tell_of_licence, TellOfLicence(user_id, expires_on, notice))


def test_each_notice_is_written_once_however_often_it_is_tried(engine: Engine, user_id: int) -> None:
    for notice in (Notice.AHEAD, Notice.AHEAD, Notice.LAST_DAY):
        tell(engine, user_id, notice)
    first, second = letters(engine)
    assert (first.kind, first.to) == (NoticeKind.LICENCE_EXPIRING, "sam@example.com")
    assert (
        first.values
        == second.values
        == {
            "name": "Sam",
            "expires_on": "2026-12-31",
            "seller_link": "https://hammertime.test/account/seller",
        }
    )


def test_a_licence_that_was_renewed_meanwhile_is_not_spoken_of(engine: Engine, user_id: int) -> None:
    tell(engine, user_id, expires_on=date(2025, 12, 31))
    assert letters(engine) == []


@pytest.mark.parametrize("licence", [LICENCE, None])
def test_who_sells_no_more_is_told_nothing(engine: Engine, user_id: int, licence: Licence | None) -> None:
    status = SellerStatus.SUSPENDED if licence else SellerStatus.APPROVED
    with transaction(engine) as connection:
        sellers.save_draft(connection, user_id, Draft("Sam's", licence), status, NOON)
    tell(engine, user_id)
    tell(engine, 404)
    assert letters(engine) == []
