"""The worker's side of the Offer workflow: steps and buying power in one transaction, mails to both sides, and the
question to the auction."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import offer_contracts as contracts
from activities.db import offers
from activities.db.engine import transaction
from activities.db.notifications import NewNotice, enqueue
from activities.db.offers import Stored
from activities.ledger import utc_now
from domain.clock import to_text, truncate
from domain.notices import NoticeKind
from domain.offers import Act, OfferStatus

OFFERS_PATH = "/account/offers"
# Whom a step is news for, and by which mail; who did it knows.
TOLD: Mapping[Act, NoticeKind] = MappingProxyType(
    {
        Act.OFFER: NoticeKind.OFFER_RECEIVED,
        Act.COUNTER: NoticeKind.OFFER_COUNTERED,
        Act.SELL: NoticeKind.OFFER_ACCEPTED,
        Act.DECLINE: NoticeKind.OFFER_DECLINED,
        Act.WITHDRAW: NoticeKind.OFFER_OVER,
        Act.EXPIRE: NoticeKind.OFFER_OVER,
        Act.LAPSE: NoticeKind.OFFER_OVER,
    }
)
WITH_TIME = frozenset({NoticeKind.OFFER_RECEIVED, NoticeKind.OFFER_COUNTERED})


class Postman(Protocol):
    """Sends mails that were just written; without one the sweep finds them."""

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on these mails. Never raises."""


class Auctioneer(Protocol):
    """The way into the auctions."""

    async def accept_offer(self, work: contracts.AskAuction) -> str:
        """Have the auction sell by an offer: an empty text, or the code of the refusal.

        Raises what says that the auction is out of reach; the same may be asked again.
        """


class OfferWork(contracts.OfferActivities):
    """`public_url` is where the links in mails lead."""

    def __init__(self, engine: Engine, auctioneer: Auctioneer, public_url: str, postman: Postman | None = None) -> None:
        self._engine = engine
        self._auctioneer = auctioneer
        self._link = public_url + OFFERS_PATH
        self._postman = postman

    @activity.defn(name="record_offer")
    async def record_offer(self, work: contracts.RecordOffer) -> None:
        """Write the steps down and tell of the last of them. Raises LookupError for an offer without a row."""
        outbox_ids = await asyncio.to_thread(self._record, work)
        if outbox_ids and self._postman is not None:
            await self._postman.send(outbox_ids)

    @activity.defn(name="ask_auction")
    async def ask_auction(self, work: contracts.AskAuction) -> contracts.AuctionSaid:
        """Have the auction judge an acceptance."""
        return contracts.AuctionSaid(await self._auctioneer.accept_offer(work))

    def _record(self, work: contracts.RecordOffer) -> list[str]:
        now = truncate(utc_now())
        with transaction(self._engine) as connection:
            stored = offers.record(connection, work.offer_id, work.steps, now)
            mails = self._mails(connection, stored, work.steps[-1]) if work.steps else []
            return [enqueue(connection, mail, now) for mail in mails]

    def _mails(self, connection: Connection, stored: Stored, step: contracts.OfferStep) -> list[NewNotice]:
        kind = TOLD.get(step.act)
        # A step that another one has followed is no news any more.
        if kind is None or step.offer.step != stored.offer.step:
            return []
        people = offers.parties(connection, stored)
        title = offers.title_of(connection, stored.vehicle_id)
        return [
            NewNotice(
                party.user_id,
                kind,
                party.email,
                {"name": party.name, **self._values(kind, step, title)},
                f"offer {stored.offer_id} {step.offer.step} {side}",
            )
            for side, party in people.items()
            if side is not step.side or step.act is Act.SELL
        ]

    def _values(self, kind: NoticeKind, step: contracts.OfferStep, title: str) -> dict[str, object]:
        values: dict[str, object] = {"title": title, "amount_cents": step.offer.cents, "offer_link": self._link}
        if kind in WITH_TIME:
            values["expires_at"] = to_text(step.offer.expires_at)
        if kind is NoticeKind.OFFER_OVER:
            values["how"] = _how(step)
        return values


def _how(step: contracts.OfferStep) -> str:
    """Why an offer is over: withdrawn, expired, or what the lot's auction came to (bid, sold, ended)."""
    known = {"bid", "sold"}
    if step.offer.status is not OfferStatus.LAPSED:
        return step.offer.status.value
    return step.offer.reason if step.offer.reason in known else "ended"
