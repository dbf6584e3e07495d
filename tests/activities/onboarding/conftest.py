"""Both vendors' sandboxes, a migrated file, and one person."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from activities.db.engine import make_engine, transaction
from activities.db.tables import users
from activities.providers.persona import Persona
from migrations import schema
from tests.activities.onboarding.stage import Clock, Posted, Scene, make_work
from tests.db.market import NOON, add_person
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.persona.stage import API_KEY, TEMPLATE, Stage, stage


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with one person of a verified address, to be copied."""
    path = tmp_path_factory.mktemp("accounts") / "hammertime.db"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with transaction(engine) as connection:
        key = add_person(connection, "ada@example.com", can_bid=False)
        connection.execute(update(users).where(users.c.id == key).values(email_verified_at=NOON, name="Ada Byron"))
    engine.dispose()
    return path


@pytest.fixture
def persona() -> Iterator[Stage]:
    """The vendor of identity checks."""
    with stage() as running:
        yield running


@pytest.fixture
def bank() -> Iterator[Sandbox]:
    """The vendor of cards."""
    with open_sandbox() as running:
        yield running


@pytest.fixture
async def scene(migrated: Path, tmp_path: Path, persona: Stage, bank: Sandbox) -> AsyncIterator[Scene]:
    """Somebody with a verified address and nothing else."""
    path = tmp_path / "hammertime.db"
    shutil.copy(migrated, path)
    engine, clock, posted = make_engine(f"sqlite:///{path}"), Clock(), Posted()
    async with (
        Persona(persona.api_url, API_KEY, TEMPLATE, read_timeout_s=1.0) as checks,
        bank.client(read_timeout_s=1.0) as cards,
    ):
        yield Scene(engine, persona, bank, make_work(engine, checks, cards, clock, posted), 1, posted, clock)
    engine.dispose()
