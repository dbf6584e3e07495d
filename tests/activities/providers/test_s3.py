"""Our client of S3 against the sandbox: what it writes and reads, and what it makes of each way to fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.providers.failures import RejectedError, UnavailableError
from activities.providers.s3 import NOT_KEPT, Facts, Storage
from temporal.stack.ports import free_port
from tests.sandbox.s3.stage import SECRET, Stage, stage

KEY = "pictures/1/a/640.webp"
CALLS: dict[str, Callable[[Storage], Coroutine[Any, Any, object]]] = {
    "head": lambda storage: storage.head(KEY),
    "get": lambda storage: storage.get(KEY, 100),
    "put": lambda storage: storage.put(KEY, b"x", "image/webp"),
    "delete": lambda storage: storage.delete([KEY]),
    "keys_below": lambda storage: storage.keys_below("pictures/"),
}


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="client", scope="module")
def client_fixture(sandbox: Stage) -> Iterator[Storage]:
    # Making one takes the library half a second.
    storage = Storage(sandbox.bucket, read_timeout_s=0.5)
    yield storage
    asyncio.run(storage.aclose())


@pytest.fixture(name="storage")
async def storage_fixture(sandbox: Stage, client: Storage) -> AsyncIterator[Storage]:
    yield client
    sandbox.http.delete("/_sandbox/faults")
    await client.delete(sandbox.keys)


async def test_what_is_put_is_read_as_it_was(storage: Storage) -> None:
    await storage.put(KEY, b"content", "image/webp")
    assert await storage.head(KEY) == Facts(7, "image/webp")
    assert await storage.get(KEY, 7) == b"content"


async def test_more_than_the_most_is_told_by_one_byte_beyond_it(storage: Storage) -> None:
    await storage.put(KEY, b"content", "image/webp")
    assert await storage.get(KEY, 3) == b"cont"


async def test_what_is_not_there_is_none(storage: Storage) -> None:
    assert await storage.head(KEY) is None
    assert await storage.get(KEY, 1) is None
    assert await storage.keys_below("pictures/") == []
    await storage.delete([KEY])
    await storage.delete([])


async def test_readers_are_told_what_they_may_keep(sandbox: Stage, storage: Storage) -> None:
    await storage.put(KEY, b"x", "image/webp")
    await storage.put("documents/1/a/document.pdf", b"x", "application/pdf", NOT_KEPT)
    at, minute = datetime.now(UTC), timedelta(minutes=1)
    picture = sandbox.http.get(sandbox.links.picture(KEY, at))
    paper = sandbox.http.get(sandbox.links.link("documents/1/a/document.pdf", at, minute))
    assert "immutable" in picture.headers["cache-control"]
    assert "no-store" in paper.headers["cache-control"]


async def test_everything_below_a_prefix_is_found_and_deleted(storage: Storage) -> None:
    for number in range(3):
        await storage.put(f"pictures/1/{number}", b"x", "image/webp")
    await storage.put("pictures/10/0", b"x", "image/webp")
    await storage.delete(await storage.keys_below("pictures/1/"))
    assert await storage.keys_below("") == ["pictures/10/0"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "fault",
    [
        {"mode": "error_500"},
        {"mode": "slow_down"},
        {"mode": "cut_before"},
        {"mode": "cut_after"},
        {"mode": "slow", "seconds": 2.0},
    ],
    ids=lambda fault: str(fault["mode"]),
)
async def test_a_store_that_does_not_answer_is_unavailable_and_asked_once(
    sandbox: Stage, storage: Storage, call: Callable[[Storage], Coroutine[Any, Any, object]], fault: dict[str, Any]
) -> None:
    await storage.put(KEY, b"x", "image/webp")
    sandbox.control("faults", **fault)
    with pytest.raises(UnavailableError) as caught:
        await call(storage)
    assert SECRET not in repr(caught.value)
    assert sandbox.http.get("/_sandbox/faults").json() == []
    await call(storage)


async def test_a_store_that_is_away_is_unavailable(sandbox: Stage) -> None:
    async with Storage(replace(sandbox.bucket, url=f"http://127.0.0.1:{free_port()}")) as storage:
        for call in CALLS.values():
            with pytest.raises(UnavailableError):
                await call(storage)


@pytest.mark.parametrize("wrong", [{"secret_access_key": "another"}, {"region": "eu-west-1"}], ids=["key", "region"])
async def test_a_wrong_setting_is_rejected(sandbox: Stage, wrong: dict[str, str]) -> None:
    async with Storage(replace(sandbox.bucket, **wrong)) as storage:
        for call in CALLS.values():
            with pytest.raises(RejectedError) as caught:
                await call(storage)
            assert "another" not in repr(caught.value)
