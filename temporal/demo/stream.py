"""Server-sent events as the bidders read them: frames from lines, and one connection that feeds the board."""

import json
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from temporal.demo.client import OK, STREAM_TIMEOUT, MarketClient, MarketError

ACCEPT = {"Accept": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: its name and its JSON."""

    event: str
    data: dict[str, Any]


async def frames(lines: AsyncIterable[str]) -> AsyncIterator[Frame]:
    """Read frames from the lines of a stream; comments and fields we do not use are passed over."""
    event, data = "message", list[str]()
    async for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Frame(event, json.loads("\n".join(data)))
            event, data = "message", []
        elif field == "event":
            event = value
        elif field == "data":
            data.append(value)


async def follow(client: MarketClient, auction_ids: list[int], on_frame: Callable[[Frame], None]) -> None:
    """Read the stream of these lots until it ends. Raises MarketError when refused, httpx errors when broken."""
    query = {"auctions": ",".join(map(str, auction_ids))}
    request = client.http.stream("GET", "/api/events", params=query, headers=ACCEPT, timeout=STREAM_TIMEOUT)
    async with request as response:
        if response.status_code != OK:
            raise MarketError(f"GET /api/events answered {response.status_code}")
        async for frame in frames(response.aiter_lines()):
            on_frame(frame)
