"""People, vehicles and lots of one running stack: people straight into the database, everything else over HTTP."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import Engine, func, select

from activities.db import people
from activities.db.engine import make_engine, reading, transaction
from activities.db.people import Role, Scope
from activities.db.tables import auction_ledger, auctions, bid_batches
from activities.passwords import hash_password
from api.signins import TOKEN_PREFIX, digest
from domain.clock import to_text, truncate
from domain.ledger import Entry
from temporal.stack.local_stack import LocalStack
from tests.db.market import add_car, add_person, let_sell

PASSWORD = "correct horse battery"
START_CENTS = 500_000
HTTP_TIMEOUT_S = 40.0
PATIENCE_S = 30.0
POLL_S = 0.05

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within_s: float = PATIENCE_S) -> T:
    """What `look` finds, as soon as it finds something true."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s; at last: {found!r}"
        time.sleep(POLL_S)
    return found


@dataclass(frozen=True, slots=True)
class Citizen:
    """An account with a bearer token; everybody's password is the same."""

    id: int
    email: str
    token: str


@dataclass
class Town:
    """One stack and who lives on it."""

    stack: LocalStack
    engine: Engine
    password_hash: str = field(default_factory=lambda: hash_password(PASSWORD))
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def citizen(self, role: Role = Role.BUYER) -> Citizen:
        """A new account that may do what its role may."""
        moment, token = truncate(datetime.now(UTC)), TOKEN_PREFIX + secrets.token_urlsafe(24)
        email = f"{role.value}-{next(self.numbers)}@example.com"
        with transaction(self.engine) as connection:
            user_id = add_person(connection, email, role=role, password_hash=self.password_hash)
            if role is Role.SELLER:
                let_sell(connection, user_id)
            people.add_token(
                connection,
                user_id=user_id,
                name="journey",
                token_hash=digest(token),
                scopes=frozenset(Scope),
                now=moment,
                expires_at=moment + timedelta(days=1),
            )
        return Citizen(user_id, email, token)

    def buyers(self, count: int) -> list[Citizen]:
        """So many new bidders."""
        return [self.citizen() for _ in range(count)]

    def lot(self, *, starts_in_s: float = 0, length_s: float = 3_600, **terms: Any) -> int:
        """A lot that was scheduled over HTTP; one that starts at once is live when this returns."""
        seller = self.citizen(Role.SELLER)
        with transaction(self.engine) as connection:
            vehicle_id = add_car(connection, seller.id, next(self.numbers))
        starts_at = datetime.now(UTC) + timedelta(seconds=starts_in_s)
        wish = {
            "vehicle_id": vehicle_id,
            "start_cents": START_CENTS,
            "starts_at": to_text(starts_at),
            "ends_at": to_text(starts_at + timedelta(seconds=length_s)),
            "sunday_rule": False,
            **terms,
        }
        answer = self.post(seller, "/api/auctions", wish)
        assert answer.status_code == 201, answer.text
        auction_id: int = answer.json()["id"]
        if starts_in_s <= 0:
            self.until_status(auction_id, "live")
        return auction_id

    def post(
        self, citizen: Citizen, path: str, body: dict[str, Any], *, key: str | None = None, api: int = 0, **headers: str
    ) -> httpx.Response:
        """Ask as this person, under a new key unless one is given."""
        sent = {"Idempotency-Key": key or secrets.token_hex(16), **headers, **bearer(citizen)}
        return self._client(self.stack.api_urls[api]).post(path, json=body, headers=sent)

    def bid(
        self, citizen: Citizen, auction_id: int, cents: int, *, key: str | None = None, api: int = 0, **headers: str
    ) -> httpx.Response:
        """Bid an amount."""
        return self.post(
            citizen, f"/api/auctions/{auction_id}/bid", {"amount_cents": cents}, key=key, api=api, **headers
        )

    def get(self, path: str, citizen: Citizen | None = None, *, api: int = 0) -> httpx.Response:
        """Read, as this person or as nobody."""
        return self._client(self.stack.api_urls[api]).get(path, headers=bearer(citizen) if citizen else {})

    def until_status(self, auction_id: int, status: str, *, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The head row of a lot as soon as it is recorded with this status."""
        eventually(lambda: self.head(auction_id)["status"] == status, within_s=within_s)
        return self.head(auction_id)

    def head(self, auction_id: int) -> dict[str, Any]:
        """The recorded head row of a lot."""
        with reading(self.engine) as connection:
            return dict(connection.execute(select(auctions).where(auctions.c.id == auction_id)).mappings().one())

    def ledger(self, auction_id: int) -> list[Entry]:
        """All recorded entries of a lot, with what only the house may see."""
        columns = auction_ledger.c
        query = (
            select(columns.seq, columns.prev_hash, columns.hash, columns.public, columns.private, columns.nonce)
            .where(columns.auction_id == auction_id)
            .order_by(columns.seq)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
        return [
            Entry(seq, prev, own, _json(public), _json(private), nonce)
            for seq, prev, own, public, private, nonce in rows
        ]

    def in_flight(self, auction_id: int) -> int:
        """How many batches of a lot are not known to be recorded."""
        query = select(func.count()).select_from(bid_batches).where(bid_batches.c.auction_id == auction_id)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar_one()

    def _client(self, url: str) -> httpx.Client:
        if url not in self.clients:
            self.clients[url] = httpx.Client(base_url=url, timeout=HTTP_TIMEOUT_S)
        return self.clients[url]


def bearer(citizen: Citizen) -> dict[str, str]:
    """The header by which a machine speaks for this person."""
    return {"Authorization": f"Bearer {citizen.token}"}


@contextmanager
def town(stack: LocalStack) -> Iterator[Town]:
    """A town on a running stack."""
    engine = make_engine(stack.environment["DATABASE_URL"])
    found = Town(stack, engine)
    try:
        yield found
    finally:
        for client in found.clients.values():
            client.close()
        engine.dispose()


def _json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
