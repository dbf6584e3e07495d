"""How the demo's people come in: side by side, a few at a time, each written down as soon as they are there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import structlog

from activities.db.people import Role
from activities.vendor_settings import VendorSettings
from temporal.demo.accounts import BidderAccount, Book, SellerAccount
from temporal.demo.authenticators import FILE_NAME as APPS_FILE
from temporal.demo.authenticators import Apps
from temporal.demo.browser import Browser, Doors, own_addresses
from temporal.demo.buyers import join_buyer
from temporal.demo.client import TIMEOUT, MarketClient, MarketError
from temporal.demo.desk import Desk
from temporal.demo.entry import Entry
from temporal.demo.people import ADMIN, EVERYBODY, DemoPerson
from temporal.demo.sellers import is_due, is_ours, join_seller
from temporal.demo.staff import Appoint, join_staff
from temporal.demo.tokens import new_token, step_up
from temporal.demo.vendors import Holder, Vendors

BIDDER_SCOPES = ("read", "bid")
DESK_NUMBER = 0
STAFF_ROLES = frozenset({Role.ADMIN, Role.SUPPORT})

log = structlog.get_logger("arrivals")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody who could not come in, and why; it names nobody."""

    person: DemoPerson
    reason: str


class Arrivals:
    """Brings people in by `doors` and keeps the `book`; `desk` is the admin's, and opens when that one has come.

    `appoint` gives the staff their roles; without it no staff can come. `joined` is told of every bidder who has come.
    """

    def __init__(
        self,
        doors: Doors,
        entry: Entry,
        desk: Desk,
        book: Book,
        *,
        appoint: Appoint | None = None,
        joined: Callable[[BidderAccount], None] = lambda _: None,
    ) -> None:
        self._doors = doors
        self._entry = entry
        self.desk = desk
        self._book = book
        self._appoint = appoint
        self._joined = joined
        if ADMIN.email in book.accounts.arrived:
            desk.opened.set()

    async def bring(self, persons: Iterable[DemoPerson], *, at_once: int) -> list[LeftOut]:
        """Bring everybody in who is not there yet, beginning in this order; those who could not come.

        The admin is among the first, or has come before.
        """
        places = asyncio.Semaphore(at_once)

        async def one(person: DemoPerson) -> LeftOut | None:
            async with places:
                try:
                    await self._bring(person)
                except MarketError as error:
                    log.warning("person_left_out", role=person.role.value, reason=str(error))
                    return LeftOut(person, str(error))
                finally:
                    if person is ADMIN:
                        self.desk.opened.set()
            return None

        found = await asyncio.gather(*map(one, persons))
        return [left_out for left_out in found if left_out is not None]

    async def licences_due(self, client: MarketClient) -> list[str]:
        """The addresses of the sellers whose licence has to be renewed. Raises MarketError."""
        known = {account.email: account for account in self._book.accounts.sellers}
        persons = [person for person in EVERYBODY if person.email in known]
        views = await asyncio.gather(*(client.seller(known[person.email].token) for person in persons))
        return [
            person.email
            for person, view in zip(persons, views, strict=True)
            if is_ours(view, person, known[person.email].user_id) and is_due(view)
        ]

    async def renew(self, persons: Iterable[DemoPerson]) -> None:
        """Have sellers who are there renew their licences. Raises MarketError."""
        for person in persons:
            async with self._doors.browser(_number(person)) as browser:
                await self._seller(browser, person)

    async def _bring(self, person: DemoPerson) -> None:
        book = self._book
        if person.email in book.accounts.arrived or book.bidder(person.email) or book.seller(person.email):
            return
        began = self._entry.clock()
        async with self._doors.browser(_number(person)) as browser:
            if person.role in STAFF_ROLES:
                await self._staff(browser, person)
            elif person.role is Role.SELLER:
                await self._seller(browser, person)
            else:
                await self._buyer(browser, person)
        seconds = (self._entry.clock() - began).total_seconds()
        log.info("person_came", role=person.role.value, seconds=round(seconds, 1))

    async def _staff(self, browser: Browser, person: DemoPerson) -> None:
        if self._appoint is None:
            raise MarketError("nobody here appoints the staff")
        await join_staff(browser, person, self._entry, self._appoint)
        self._book.note_arrival(person.email)

    async def _seller(self, browser: Browser, person: DemoPerson) -> None:
        known = self._book.seller(person.email)
        user_id, token = await join_seller(browser, person, self._entry, self.desk, known.token if known else "")
        self._book.keep_seller(SellerAccount(user_id, person.email, person.name, token))

    async def _buyer(self, browser: Browser, person: DemoPerson) -> None:
        user_id = await join_buyer(browser, person, self._entry, self.desk, _holder(person))
        if person.habit is None:
            self._book.note_arrival(person.email)
            return
        await step_up(browser, person)
        token = await new_token(browser, BIDDER_SCOPES)
        account = BidderAccount(user_id, person.email, person.name, token, person.habit, seed=user_id)
        self._book.keep_bidder(account)
        self._joined(account)


@asynccontextmanager
async def entrance(
    url: str,
    data_dir: Path,
    vendors: VendorSettings,
    book: Book,
    *,
    appoint: Appoint | None = None,
    joined: Callable[[BidderAccount], None] = lambda _: None,
) -> AsyncIterator[Arrivals]:
    """The way into the site at `url` and to the vendors' sandboxes, open while the block runs."""
    doors = Doors(url, own_addresses(url))
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as http, doors.browser(DESK_NUMBER) as browser:
        entry = Entry(Vendors(http, vendors), Apps(data_dir / APPS_FILE), lambda: datetime.now(UTC))
        yield Arrivals(doors, entry, Desk(browser, entry, ADMIN), book, appoint=appoint, joined=joined)


async def check_book(book: Book, client: MarketClient) -> None:
    """Forget the tokens that do not work on this site, or belong to others there. Raises MarketError."""
    accounts: tuple[BidderAccount | SellerAccount, ...] = (*book.accounts.bidders, *book.accounts.sellers)
    owners = await asyncio.gather(*(client.owner(account.token) for account in accounts))
    works = [account.token for account, owner in zip(accounts, owners, strict=True) if owner == account.email]
    book.believe_only(frozenset(works))


def _number(person: DemoPerson) -> int:
    return 1 + EVERYBODY.index(person)


def _holder(person: DemoPerson) -> Holder:
    first, _, last = person.name.rpartition(" ")
    return Holder(first, last, f"{100 + _number(person)} Hammer Street")
