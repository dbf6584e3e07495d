"""A reader of a lot's server-sent events, one line at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import msgspec

from tests.journeys.town import Town

Frames = Iterator[tuple[str, dict[str, Any]]]
READ_TIMEOUT_S = 20.0
SHOWN = ("version", "status", "price_cents", "leader", "bid_count", "ends_at")


@contextmanager
def streams(town: Town, auction_id: int) -> Iterator[list[Frames]]:
    """One stream of the lot from each API process; each has had its snapshot."""
    with ExitStack() as stack:
        readers: list[Frames] = []
        for url in town.stack.api_urls:
            path = f"{url}/api/auctions/{auction_id}/events"
            answer = stack.enter_context(httpx.stream("GET", path, timeout=READ_TIMEOUT_S))
            readers.append(frames(answer))
            assert next(readers[-1])[0] == "snapshot"
        yield readers


def frames(answer: httpx.Response) -> Frames:
    """Name and data of each event."""
    name = ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, msgspec.json.decode(value)


def until_version(reader: Frames, version: int) -> tuple[list[int], dict[str, Any]]:
    """The versions of the public frames up to this one, and what the last of them shows."""
    versions: list[int] = []
    for _, data in reader:
        if "version" in data:
            versions.append(data["version"])
            if data["version"] >= version:
                return versions, {name: data[name] for name in SHOWN}
    raise AssertionError("the stream ended")
