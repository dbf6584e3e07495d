"""The whole HTTP application on a migrated SQLite file and a Redis in memory, without sockets."""

import copy
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine
from starlette.datastructures import State

from activities.db.engine import make_engine, transaction
from activities.db.people import Role, Scope, add_token
from activities.passwords import hash_password
from activities.settings import Settings
from api.app import assemble, create_app
from api.database import now
from api.security import COOKIE, STAFF_ROLES
from api.signins import TOKEN_PREFIX, digest
from api.state import Services
from api.ways_in import open_ways_in
from migrations import schema
from temporal.client import connect
from tests.api.sign_ins import HOUR, give_app, session_headers, verify_everybody
from tests.db.market import add_person, let_sell
from tests.doubles.notices import NoticesKept

SECRET = b"k" * 32
PASSWORD = "correct horse battery"
SITE = "http://testserver"


@dataclass(frozen=True)
class House:
    """A running application, its people by first name, and browsers and machines to ask it."""

    app: FastAPI
    services: Services
    people: dict[str, int]
    redis_server: FakeServer
    notices: NoticesKept

    @property
    def engine(self) -> Engine:
        return self.services.database.engine

    def client(self, **headers: str) -> AsyncClient:
        """A client that nobody has signed in."""
        return AsyncClient(transport=ASGITransport(self.app), base_url=SITE, headers=headers)

    async def browser(self, name: str) -> AsyncClient:
        """A signed-in browser that has just shown that it is its owner's, and sends its CSRF token."""
        headers = session_headers(self.engine, self.people[name], shown_at=now())
        client = self.client(**{"X-CSRF-Token": headers["X-CSRF-Token"]})
        client.cookies.set(COOKIE, headers["Cookie"].partition("=")[2])
        return client

    async def stranger(self, name: str) -> AsyncClient:
        """A browser that has signed in by password alone, with nothing shown since."""
        client = self.client()
        answer = await client.post("/auth/login", json={"email": f"{name}@example.com", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    async def machine(self, name: str, *scopes: str) -> AsyncClient:
        """A client with a fresh bearer token, which may have more scopes than its owner's role has use for now."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with transaction(self.engine) as connection:
            add_token(
                connection,
                user_id=self.people[name],
                name="bot",
                token_hash=digest(token),
                scopes=frozenset(Scope(scope) for scope in scopes),
                now=now(),
                expires_at=now() + HOUR,
            )
        return self.client(Authorization=f"Bearer {token}")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with a few people, to be copied."""
    path = tmp_path_factory.mktemp("template") / "hammertime.db"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    password_hash = hash_password(PASSWORD)
    with transaction(engine) as connection:
        for name, role, can_bid in (
            ("ada", Role.BUYER, True),
            ("bob", Role.BUYER, True),
            ("eve", Role.BUYER, False),
            ("sam", Role.SELLER, True),
            ("sue", Role.SUPPORT, False),
            ("amy", Role.ADMIN, False),
        ):
            user_id = add_person(
                connection, f"{name}@example.com", role=role, can_bid=can_bid, password_hash=password_hash
            )
            if role is Role.SELLER:
                let_sell(connection, user_id)
            if role in STAFF_ROLES:
                give_app(connection, user_id, SECRET)
        verify_everybody(connection)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application with all its routes, which take most of a test's time to build."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("app")))


def served_by(built: FastAPI, services: Services) -> FastAPI:
    """The same routes over a test's own services. A test that adds routes builds an application of its own."""
    app = copy.copy(built)
    app.state = State({"services": services})
    return app


@pytest.fixture
async def house(
    migrated_file: Path, tmp_path: Path, make_settings: Callable[..., Settings], built_app: FastAPI
) -> AsyncIterator[House]:
    """A fresh application for one test."""
    path = tmp_path / "hammertime.db"
    shutil.copy(migrated_file, path)
    settings = make_settings(database_url=f"sqlite:///{path}")
    async with AsyncExitStack() as stack:
        redis_server = FakeServer()
        redis = FakeAsyncRedis(server=redis_server)
        stack.push_async_callback(redis.aclose)
        temporal = await connect(settings, SECRET, lazy=True)
        services = assemble(settings, stack, secret=SECRET, redis=redis, temporal=temporal)
        services.checks["temporal"] = _well
        notices = NoticesKept()
        services.ways_in = open_ways_in(
            settings,
            database=services.database,
            redis=redis,
            passwords=services.ways_in.passwords,
            notices=notices,
            secret=SECRET,
        )
        people = {name: number for number, name in enumerate(("ada", "bob", "eve", "sam", "sue", "amy"), start=1)}
        yield House(served_by(built_app, services), services, people, redis_server, notices)


async def _well() -> None:
    return None
