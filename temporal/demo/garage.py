"""The cars that the demo's sellers have on the site, found by their VINs over the sellers' own routes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import structlog

from temporal.demo.accounts import Accounts, SellerAccount
from temporal.demo.catalogue import Offering, offering_of, stock
from temporal.demo.client import Json, MarketClient, MarketError
from temporal.demo.listing import is_saleable
from temporal.demo.people import SELLERS

UNFINISHED = "draft"
# How many cars are tried when one is wanted, and how often one is.
TRIES = 3
ADDRESSES = {person.seller: person.email for person in SELLERS}

log = structlog.get_logger("market")


class Lists(Protocol):
    """Whoever brings a car onto the site."""

    async def bring(self, seller: SellerAccount, offering: Offering) -> int:
        """The id of the vehicle, approved. Raises MarketError."""


@dataclass(slots=True)
class Car:
    """A car that may be put up; `is_new`: it never was."""

    offering: Offering
    vehicle_id: int
    is_new: bool


class Garage:
    """What is there by VIN in `cars`; what is over, or was tried in vain some times, is not touched again.

    `accounts` are those of this moment: a seller's listings are read when the seller is first needed.
    """

    def __init__(self, client: MarketClient, accounts: Callable[[], Accounts], lister: Lists) -> None:
        self.cars: dict[str, Car] = {}
        self._client = client
        self._accounts = accounts
        self._lister = lister
        self._over: set[str] = set()
        self._in_vain: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._seeing = asyncio.Lock()

    @property
    def listed(self) -> int:
        """How many cars there have been."""
        return len(self.cars) + len(self._over)

    @property
    def spare(self) -> int:
        """How many cars wait for their first auction."""
        return sum(car.is_new for car in self.cars.values())

    def seller_of(self, offering: Offering) -> SellerAccount | None:
        """Whose car it is, once they have come."""
        email = ADDRESSES[offering.seller]
        return next((account for account in self._accounts().sellers if account.email == email), None)

    async def look(self) -> None:
        """Read what every seller who has come has on the site. Raises MarketError."""
        for seller in self._accounts().sellers:
            await self._see(seller)

    async def bring(self, offering: Offering) -> Car | None:
        """The car, listed now or before; None where its seller has not come, it is over, or it is not to be had.

        Raises MarketError when its seller's listings cannot be read.
        """
        vin, seller = offering.spec.vin, self.seller_of(offering)
        if seller is None:
            return None
        await self._see(seller)
        if vin not in self.cars and vin not in self._over:
            try:
                self.cars[vin] = Car(offering, await self._lister.bring(seller, offering), is_new=True)
            except MarketError as error:
                log.warning("car_not_listed", reason=str(error))
                self._in_vain[vin] += 1
                if self._in_vain[vin] >= TRIES:
                    self.close(vin)
        return self.cars.get(vin)

    async def bring_next(self) -> Car | None:
        """One car more, the next of the stock that can be had; None where some were tried in vain.

        Raises MarketError.
        """
        for offering in islice(self._missing(), TRIES):
            car = await self.bring(offering)
            if car is not None:
                return car
        return None

    def close(self, vin: str) -> None:
        """Leave a car alone: it is sold, or the platform will not have it."""
        self.cars.pop(vin, None)
        self._over.add(vin)

    def _missing(self) -> Iterator[Offering]:
        known = {account.email for account in self._accounts().sellers}
        return (
            offering
            for offering in stock()
            if ADDRESSES[offering.seller] in known and offering.spec.vin not in self.cars.keys() | self._over
        )

    async def _see(self, seller: SellerAccount) -> None:
        async with self._seeing:
            if seller.email in self._seen:
                return
            # The oldest first: of a car that came back after it was withdrawn, the newer listing counts.
            for view in reversed(await self._client.listings(seller.token)):
                self._park(view["told"]["vin"], view)
            self._seen.add(seller.email)

    def _park(self, vin: str, view: Json) -> None:
        offering = offering_of(vin)
        if offering is None or view["status"] == UNFINISHED:
            return
        if is_saleable(view):
            self._over.discard(vin)
            self.cars[vin] = Car(offering, int(view["id"]), is_new=view["status"] == "approved")
        else:
            self.close(vin)
