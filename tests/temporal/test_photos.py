"""The door into Photo workflows: what a crash left behind is started, once, and a server that is away stops nobody."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.db import photos, uploads
from activities.db.engine import make_engine, transaction
from activities.db.photos import NewPhoto
from activities.db.uploads import Standing
from domain.errors import UnavailableError
from domain.photos import JPEG, Kind, State
from migrations import schema
from temporal.photos import Photos

LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)


@dataclass
class Server:
    """Takes starts; or is away, or knows the workflow already."""

    started: list[tuple[str, str | None]] = field(default_factory=list)
    error: Exception | None = None

    async def start_workflow(self, run: object, start: object, **options: Any) -> None:
        del run, start
        if self.error is not None:
            raise self.error
        self.started.append((options["id"], options.get("start_signal")))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(found)
    yield found
    found.dispose()


def door(server: Server) -> Photos:
    return Photos(cast("Client", server), "q")


def awaited(engine: Engine, at: datetime = LONG_AGO) -> str:
    upload_id = str(uuid4())
    with transaction(engine) as connection:
        new = [NewPhoto(upload_id, JPEG, "")]
        photos.add(connection, 1, new, place=0, user_id=1, at=at, expires_at=at + timedelta(hours=1))
    return upload_id


def standing() -> Standing:
    return Standing(Kind.PHOTO, "a", 1, State.AWAITING, JPEG, LONG_AGO)


async def test_what_a_crash_left_behind_is_started_once(engine: Engine) -> None:
    server = Server()
    upload_id, photos_door = awaited(engine), door(server)
    assert [await photos_door.start_unstarted(engine) for _ in range(3)] == [1, 0, 0]
    assert server.started == [(f"photo-{upload_id}", None)]


async def test_what_was_removed_is_told_so_even_where_it_was_started_before(engine: Engine) -> None:
    server = Server()
    upload_id, photos_door = awaited(engine), door(server)
    await photos_door.start_unstarted(engine)
    with transaction(engine) as connection:
        uploads.remove(connection, Kind.PHOTO, upload_id, LONG_AGO)
    assert await photos_door.start_unstarted(engine) == 1
    assert server.started[-1] == (f"photo-{upload_id}", "removed")


async def test_what_was_just_written_is_left_to_its_writer(engine: Engine) -> None:
    awaited(engine, datetime.now(UTC))
    assert await door(Server()).start_unstarted(engine) == 0


@pytest.mark.parametrize(
    "error", [RPCError("away", RPCStatusCode.UNAVAILABLE, b""), RuntimeError("never connected"), TimeoutError()]
)
async def test_a_server_that_is_away_stops_nobody(error: Exception) -> None:
    away = door(Server(error=error))
    await away.begin([standing(), standing()])
    await away.removed(standing())
    with pytest.raises(UnavailableError) as caught:
        await away.uploaded(standing())
    assert (caught.value.code, caught.value.data) == ("PHOTOS_UNAVAILABLE", {"retry_after_s": 2})


async def test_an_upload_that_is_followed_already_is_left_alone() -> None:
    await door(Server(error=WorkflowAlreadyStartedError("photo-a", "Photo"))).begin([standing()])
