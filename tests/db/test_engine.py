"""Engines: the same schema on both, transactions, and the database's clock."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from activities.db.engine import database_now, make_engine, reading, transaction
from activities.db.tables import audit_log, users
from migrations import schema
from tests.db.market import NOON, add_car, add_person


def note(subject: str = "s") -> dict[str, object]:
    return {"at": NOON, "action": "a", "subject": subject, "detail": "{}", "request_id": "r"}


def test_the_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    schema.check(engine)
    assert schema.is_current(engine)


def test_an_upgrade_of_the_newest_schema_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    assert schema.is_current(engine)


def test_times_come_back_aware_and_to_the_millisecond(engine: Engine) -> None:
    moment = datetime(2026, 5, 5, 12, 0, 0, 123_000, tzinfo=UTC)
    with transaction(engine) as connection:
        connection.execute(insert(audit_log).values({**note(), "at": moment}))
        assert connection.execute(select(audit_log.c.at)).scalar_one() == moment


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError), transaction(engine) as connection:
        connection.execute(insert(audit_log).values({**note(), "at": datetime(2026, 5, 5)}))  # noqa: DTZ001 - the point


def test_the_databases_clock_is_ours(engine: Engine) -> None:
    with reading(engine) as connection:
        found = database_now(connection)
    assert found.tzinfo is UTC
    assert found.microsecond % 1000 == 0
    assert abs(found - datetime.now(UTC)) < timedelta(seconds=2)


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as connection:
            connection.execute(insert(audit_log).values(note()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit_log)).scalar_one() == 0


def test_many_threads_read_and_write_in_one_transaction_each(engine: Engine) -> None:
    def work() -> None:
        for _ in range(5):
            with transaction(engine) as connection:
                count = connection.execute(select(func.count()).select_from(audit_log)).scalar_one()
                connection.execute(insert(audit_log).values(note(str(count))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit_log)).scalar_one() == 40


def test_a_reader_is_not_kept_waiting_by_a_writer(engine: Engine) -> None:
    with transaction(engine) as writer:
        writer.execute(insert(audit_log).values(note()))
        with reading(engine) as connection:
            assert connection.execute(select(func.count()).select_from(audit_log)).scalar_one() == 0


def test_foreign_keys_are_kept(engine: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        add_car(connection, seller_id=404, number=1)


def test_text_is_compared_exactly(engine: Engine) -> None:
    with transaction(engine) as connection:
        add_person(connection, "ada@example.com")
        found = connection.execute(select(users.c.id).where(users.c.email == "ADA@example.com")).all()
    assert found == []


def test_sqlite_runs_in_wal_mode_with_a_timeout(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    assert pragmas == ["wal", 1, 10_000, 1]


@pytest.mark.mariadb
def test_mysql_reads_what_is_committed_in_utc(mariadb_engine: Engine) -> None:
    with reading(mariadb_engine) as connection:
        found = connection.execute(text("SELECT @@tx_isolation, @@session.time_zone, @@character_set_connection")).one()
    assert tuple(found) == ("READ-COMMITTED", "+00:00", "utf8mb4")


def test_a_missing_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'file.db'}")
    schema.upgrade(engine)
    engine.dispose()
    assert (tmp_path / "new" / "folder" / "file.db").exists()


def test_another_database_is_refused_with_one_clear_line() -> None:
    with pytest.raises(ValueError, match="'postgresql' is not supported; use sqlite or mysql"):
        make_engine("postgresql://localhost/x")
