"""A house whose doors lead to the double of a cluster: lots to bid on over HTTP, by the hot path and by the route."""

import itertools
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from activities.db.engine import reading
from activities.db.tables import missed_bids
from api.app import Hammertime
from temporal.schedules import start_of
from temporal.sweeper import Sweeper
from tests.api.conftest import SECRET, House
from tests.api.sign_ins import session_headers
from tests.doubles.cluster import utc_now
from tests.doubles.door import DoorStage

BIDS = {"bid": "amount_cents", "auto-bid": "max_cents"}


@dataclass
class Sale:
    """`house` with `stage` behind its doors."""

    house: House
    stage: DoorStage
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    clients: dict[str, AsyncClient] = field(default_factory=dict)

    async def client(self, name: str) -> AsyncClient:
        """The browser of a person, or of nobody with an empty name."""
        if name not in self.clients:
            self.clients[name] = self.house.client(**(self._headers(name) if name else {}))
        return self.clients[name]

    def _headers(self, name: str) -> dict[str, str]:
        return session_headers(self.house.engine, self.house.people[name], shown_at=utc_now())

    async def bid(self, name: str, lot: int, cents: Any, key: str | None = None, *, kind: str = "bid") -> Response:
        """Send one bid, under a new key unless one is given."""
        return await self.send(name, lot, {BIDS[kind]: cents}, key, kind=kind)

    async def send(
        self,
        name: str,
        lot: int | str,
        body: Mapping[str, Any] | bytes,
        key: str | None = None,
        *,
        kind: str = "bid",
        **headers: str,
    ) -> Response:
        """Send any body to the address of a bid; headers by their names with underscores."""
        given = {"Idempotency-Key": f"key-{next(self.numbers)}" if key is None else key, **headers}
        content: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        sent = {header.replace("_", "-"): value for header, value in given.items() if value}
        return await (await self.client(name)).post(f"/api/auctions/{lot}/{kind}", headers=sent, **content)

    async def settle(self) -> None:
        """Wait until everything is recorded."""
        await self.house.services.door.finish()

    def missed(self) -> list[int]:
        """The lots of the missed bids that are written down."""
        with reading(self.house.engine) as connection:
            return list(connection.execute(select(missed_bids.c.auction_id)).scalars())


@asynccontextmanager
async def open_sale(house: House, *, cold: bool = False, **limits: Any) -> AsyncIterator[Sale]:
    """Put a stage behind the doors of a house; a cold one serves bids by FastAPI's routes only."""
    services = house.services
    with ThreadPoolExecutor(4) as executor:
        stage = DoorStage(house.engine, executor, house.people)
        services.lots, services.door, services.door_metrics = stage.lots, stage.door(**limits), stage.metrics
        starts = partial(start_of, SECRET)
        services.sweeper = Sweeper(house.engine, executor, stage.lots, services.door, starts)
        if cold:
            assert isinstance(house.app, Hammertime)
            house.app.serve_first(_nothing, lambda _: False)
        sale = Sale(house, stage)
        yield sale
        await sale.settle()


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """With the hot path off, nothing may come here."""
    raise AssertionError(scope["path"])


def problem(answer: Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    assert (found["status"], found["instance"]) == (answer.status_code, answer.headers["x-request-id"])
    return answer.status_code, found["code"]
