"""The product's own application with the vendors' sandboxes in this process, where the demo's people come in."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from fakeredis import FakeAsyncRedis, FakeServer
from fastapi import FastAPI
from sqlalchemy import Engine

from activities.db.engine import make_engine
from activities.db.people import Role
from activities.settings import Settings
from activities.vendor_settings import load_vendor_settings
from api.app import assemble, create_app
from api.ways_in import open_ways_in
from migrations import schema
from temporal.client import connect
from temporal.demo.accounts import FILE_NAME, BidderAccount, Book, read_accounts
from temporal.demo.arrivals import Arrivals
from temporal.demo.authenticators import FILE_NAME as APPS_FILE
from temporal.demo.authenticators import Apps
from temporal.demo.browser import Doors
from temporal.demo.client import MarketClient
from temporal.demo.desk import Desk
from temporal.demo.entry import Entry
from temporal.demo.people import ADMIN, DemoPerson
from temporal.demo.vendors import Vendors
from temporal.staff import appoint
from tests.doubles.accounts_door import AccountsDouble
from tests.doubles.notices import NoticesKept, letters
from workflows.account_messages import IdentityLink

SECRET = b"k" * 32
URL = "http://site.test"


class Killed(Exception):
    """The program that brought somebody in was killed."""


class CheckedAccounts(AccountsDouble):
    """Legal names are those of the identity check, which is passed on its page."""

    async def _answer(self, user_id: int, wish: object) -> Any:
        answer = await super()._answer(user_id, wish)
        if isinstance(answer, IdentityLink):
            return IdentityLink("link", f"http://persona.test/verify?code={user_id}", answer.expires_at)
        self.match(user_id)
        return answer

    def match(self, user_id: int, **values: object) -> None:
        self._write(user_id, datetime.now(UTC), {"legal_matches": True, **values})


@dataclass
class Site:
    """A running application. `deaths` are ends of paths: who has asked for one is killed before the answer comes."""

    app: FastAPI
    engine: Engine
    accounts: CheckedAccounts
    folder: Path
    deaths: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    joined: list[BidderAccount] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / FILE_NAME

    def doors(self) -> Doors:
        return Doors(URL, lambda number: _Mortal(self, f"127.0.0.{10 + number}"), sleep=_at_once)

    def client(self) -> MarketClient:
        transport = httpx.ASGITransport(self.app)
        return MarketClient(httpx.AsyncClient(transport=transport, base_url=URL), sleep=_at_once)

    @asynccontextmanager
    async def program(self) -> AsyncIterator[MarketClient]:
        """The client of a program that may be killed; where files are kept is reached over the network."""
        mounts = {"http://127.0.0.1": httpx.AsyncHTTPTransport()}
        async with httpx.AsyncClient(transport=_Mortal(self, "127.0.0.9"), base_url=URL, mounts=mounts) as http:
            yield MarketClient(http, sleep=_at_once)

    @asynccontextmanager
    async def arrivals(self, *, operator: str | None = "olga") -> AsyncIterator[Arrivals]:
        """The entrance as a program opens it that starts now."""
        doors, book = self.doors(), Book(self.path, read_accounts(self.path))
        vendors = httpx.AsyncClient(transport=httpx.MockTransport(self.vendor))
        async with vendors, doors.browser(0) as browser:
            apps = Apps(self.folder / APPS_FILE)
            entry = Entry(Vendors(vendors, load_vendor_settings()), apps, lambda: datetime.now(UTC))
            desk = Desk(browser, entry, ADMIN)
            appointing = None if operator is None else self.appoint
            yield Arrivals(doors, entry, desk, book, appoint=appointing, joined=self.joined.append)

    async def bring(self, *persons: DemoPerson) -> list[str]:
        """Bring people in, as one program does; the reasons of those left out."""
        async with self.arrivals() as arrivals:
            return [left_out.reason for left_out in await arrivals.bring(persons, at_once=3)]

    async def bring_killed(self, person: DemoPerson, arrivals: Arrivals, deaths: Iterable[str]) -> bool:
        """Bring somebody in until the program is killed; whether it was."""
        self.deaths = set(deaths)
        try:
            await arrivals.bring([person], at_once=1)
        except Killed:
            return True
        finally:
            self.deaths = set()
        return False

    def appoint(self, email: str, role: Role) -> None:
        appoint(self.engine, email, role, operator="olga", now=datetime.now(UTC))

    async def vendor(self, request: httpx.Request) -> httpx.Response:
        """The inbox, the identity check's page and the card form."""
        path = request.url.path
        if path == "/_sandbox/messages":
            found = [letter for letter in letters(self.engine) if letter.to == request.url.params["to"]]
            return httpx.Response(200, json=[{"text": f"{letter.values}"} for letter in reversed(found)])
        if path == "/hosted/nonce":
            return httpx.Response(200, json={"opaqueData": {"dataDescriptor": "COMMON.X", "dataValue": "n0nce" * 8}})
        if request.method == "GET":
            return httpx.Response(200, text=f'<input name="session" value="{request.url.params["code"]}">')
        session = parse_qs(request.content.decode())["session"][0]
        approved = {"identity_status": "approved", "identity_at": datetime.now(UTC)}
        ends = {"identity_expires_at": datetime.now(UTC) + timedelta(days=700)}
        await asyncio.to_thread(self.accounts.match, int(session), **approved, **ends)
        self.note(request)
        return httpx.Response(303)

    def note(self, request: httpx.Request) -> None:
        """Write down what was asked for, and kill whoever is to die by it."""
        asked = re.sub(r"/(\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)", "/N", f"{request.method} {request.url.path}")
        self.asked.append(asked)
        if asked in self.deaths:
            raise Killed


class _Mortal(httpx.ASGITransport):
    def __init__(self, site: Site, address: str) -> None:
        super().__init__(site.app, client=(address, 1))
        self._site = site
        self._address = address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        self._site.addresses.add(self._address)
        self._site.note(request)
        return answer


@asynccontextmanager
async def open_site(settings: Settings, folder: Path) -> AsyncIterator[Site]:
    """The application on a migrated database, without people."""
    async with AsyncExitStack() as stack:
        engine = make_engine(settings.database_url)
        stack.callback(engine.dispose)
        schema.upgrade(engine)
        redis = FakeAsyncRedis(server=FakeServer())
        stack.push_async_callback(redis.aclose)
        temporal = await connect(settings, SECRET, lazy=True)
        services = assemble(settings, stack, secret=SECRET, redis=redis, temporal=temporal)
        passwords = services.ways_in.passwords
        services.ways_in = open_ways_in(
            settings, services.database, redis, passwords=passwords, notices=NoticesKept(), secret=SECRET
        )
        services.accounts = accounts = CheckedAccounts(engine)
        yield Site(create_app(settings, services), engine, accounts, folder)


async def _at_once(seconds: float) -> None:
    """Nobody in these tests has to wait for another machine."""
    del seconds
    await asyncio.sleep(0)
