"""The worker's side of negotiations and second chances: steps, buying power and sales in one transaction, and mails."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import talks_contracts as contracts
from activities.db import offers, second_chances, talks
from activities.db.engine import reading, transaction
from activities.db.notifications import NewNotice, enqueue
from activities.db.second_chances import StoredChance
from activities.db.talks import StoredTalks
from activities.ledger import utc_now
from domain.clock import to_text, truncate
from domain.negotiation import Act, Side, Status
from domain.notices import NoticeKind
from domain.second_chance import Status as ChanceStatus

OFFERS_PATH = "/account/offers"


class Postman(Protocol):
    """Sends mails that were just written; without one the sweep finds them."""

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on these mails. Never raises."""


class ListingDoor(Protocol):
    """Tells a listing's workflow what the database says of it; neither ever raises."""

    async def tell(self, vehicle_id: int) -> None:
        """It came to its end."""

    async def follow(self, vehicle_id: int) -> None:
        """There is news of it."""


class NegotiationWork(contracts.NegotiationActivities):
    """`public_url` is where the links in mails lead."""

    def __init__(
        self, engine: Engine, public_url: str, postman: Postman | None = None, listings: ListingDoor | None = None
    ) -> None:
        self._engine = engine
        self._link = public_url + OFFERS_PATH
        self._postman = postman
        self._listings = listings

    @activity.defn(name="open_talks")
    async def open_talks(self, auction_id: int) -> contracts.OpenedTalks:
        """Find who agreed to talk; where nobody did, the negotiation is over."""
        return await asyncio.to_thread(self._open, auction_id)

    @activity.defn(name="record_talks")
    async def record_talks(self, work: contracts.RecordTalks) -> contracts.TalksRecorded:
        """Write the steps down with what they bind and sell, and tell the other side."""
        done, stored, outbox_ids = await asyncio.to_thread(self._record, work)
        if outbox_ids and self._postman is not None:
            await self._postman.send(outbox_ids)
        if done.order_id is not None and self._listings is not None:
            await self._listings.tell(stored.vehicle_id)
        return done

    def _open(self, auction_id: int) -> contracts.OpenedTalks:
        with reading(self._engine) as connection:
            found = talks.opening(connection, auction_id)
        if not found.candidates and found.recorded is None:
            with transaction(self._engine) as connection:
                talks.give_up(connection, auction_id, truncate(utc_now()))
        return found

    def _record(self, work: contracts.RecordTalks) -> tuple[contracts.TalksRecorded, StoredTalks, list[str]]:
        now = truncate(utc_now())
        with transaction(self._engine) as connection:
            done = talks.record(connection, work.auction_id, work.steps, now)
            stored = talks.find(connection, work.auction_id)
            if stored is None:
                raise LookupError(work.auction_id)
            written = [step for step in work.steps if step.talks.step <= stored.step]
            mails = [mail for step in written for mail in self._mails(connection, stored, step)]
            return done, stored, [enqueue(connection, mail, now) for mail in mails]

    def _mails(self, connection: Connection, stored: StoredTalks, step: contracts.TalksStep) -> Iterator[NewNotice]:
        title = offers.title_of(connection, stored.vehicle_id)
        people = second_chances.parties(connection, stored.seller_id, int(talks.talked_to(step).bidder))
        for side, kind, values in self._news(connection, stored, step):
            user_id = stored.seller_id if side is Side.SELLER else int(talks.talked_to(step).bidder)
            if user_id in people:
                email, name = people[user_id]
                told = {"name": name, "title": title, "offer_link": self._link, **values}
                key = f"negotiation {stored.auction_id} {step.talks.step} {side} {kind}"
                yield NewNotice(user_id, kind, email, told, key)

    def _news(
        self, connection: Connection, stored: StoredTalks, step: contracts.TalksStep
    ) -> Iterator[tuple[Side, NoticeKind, dict[str, object]]]:
        """Whom a step is news for, by which mail; who did it knows."""
        after = step.talks
        on_table: dict[str, object] = {"amount_cents": after.figure.cents, "expires_at": to_text(after.expires_at)}
        if after.status is Status.SOLD:
            for side in (Side.BUYER, Side.SELLER):
                yield side, NoticeKind.OFFER_ACCEPTED, {"amount_cents": after.figure.cents}
            return
        match step.act:
            case None:
                yield Side.SELLER, NoticeKind.NEGOTIATION_OPENED, {**on_table, "part": "seller"}
                if after.is_bound:
                    yield Side.BUYER, NoticeKind.NEGOTIATION_OPENED, {**on_table, "part": "leader"}
            case Act.COUNTER:
                other = Side.SELLER if step.side is Side.BUYER else Side.BUYER
                yield other, NoticeKind.OFFER_COUNTERED, on_table
            case Act.ACCEPT:
                yield Side.BUYER, NoticeKind.NEGOTIATION_OPENED, {**on_table, "part": "asked"}
            case _:
                yield from self._ending(connection, stored, step)
                if after.status is Status.OPEN:
                    yield Side.SELLER, NoticeKind.NEGOTIATION_OPENED, {**on_table, "part": "next"}

    def _ending(
        self, connection: Connection, stored: StoredTalks, step: contracts.TalksStep
    ) -> Iterator[tuple[Side, NoticeKind, dict[str, object]]]:
        cents = talks.figure_at(connection, stored.auction_id, step.talks.step - 1)
        knows = talks.was_told(connection, stored.auction_id, talks.talked_to(step))
        values: dict[str, object] = {"amount_cents": cents}
        if step.act is Act.DECLINE:
            other = Side.SELLER if step.side is Side.BUYER else Side.BUYER
            if other is Side.SELLER or knows:
                yield other, NoticeKind.OFFER_DECLINED, values
            return
        values["how"] = "expired" if step.act is Act.EXPIRE else "ended"
        if knows:
            yield Side.BUYER, NoticeKind.OFFER_OVER, values
        if step.act is Act.EXPIRE:
            yield Side.SELLER, NoticeKind.OFFER_OVER, values


class SecondChanceWork(contracts.SecondChanceActivities):
    """`public_url` is where the links in mails lead."""

    def __init__(
        self, engine: Engine, public_url: str, postman: Postman | None = None, listings: ListingDoor | None = None
    ) -> None:
        self._engine = engine
        self._public_url = public_url
        self._postman = postman
        self._listings = listings

    @activity.defn(name="open_chance")
    async def open_chance(self, order_id: int) -> contracts.OpenedChance:
        """Replay the price and find who is asked; where nobody is, it is over before it began."""
        return await asyncio.to_thread(self._open, order_id)

    @activity.defn(name="record_chance")
    async def record_chance(self, work: contracts.RecordChance) -> contracts.ChanceRecorded:
        """Write the steps down with the sale that they make, and tell who is asked and the seller."""
        done, outbox_ids = await asyncio.to_thread(self._record, work)
        await self._send(outbox_ids)
        return done

    @activity.defn(name="relist_lot")
    async def relist_lot(self, order_id: int) -> int | None:
        """Put the vehicle up again, and tell its seller."""
        auction_id, vehicle_id, outbox_ids = await asyncio.to_thread(self._relist, order_id)
        await self._send(outbox_ids)
        if self._listings is not None:
            await self._listings.follow(vehicle_id)
        return auction_id

    def _open(self, order_id: int) -> contracts.OpenedChance:
        with reading(self._engine) as connection:
            found = second_chances.opening(connection, order_id)
        if not found.candidates and found.recorded is None:
            with transaction(self._engine) as connection:
                second_chances.give_up(connection, order_id, truncate(utc_now()))
        return found

    def _record(self, work: contracts.RecordChance) -> tuple[contracts.ChanceRecorded, list[str]]:
        now = truncate(utc_now())
        with transaction(self._engine) as connection:
            done = second_chances.record(connection, work.order_id, work.steps, now)
            stored = second_chances.find(connection, work.order_id)
            if stored is None:
                raise LookupError(work.order_id)
            # A step that another one has followed is no news any more.
            newest = [step for step in work.steps if step.chance.step == stored.step]
            mails = [mail for step in newest for mail in self._mails(connection, stored, step)]
            return done, [enqueue(connection, mail, now) for mail in mails]

    def _relist(self, order_id: int) -> tuple[int | None, int, list[str]]:
        now = truncate(utc_now())
        with transaction(self._engine) as connection:
            auction_id = second_chances.relist(connection, order_id, now)
            stored = second_chances.find(connection, order_id)
            if stored is None:
                raise LookupError(order_id)
            people = second_chances.parties(connection, stored.seller_id, stored.seller_id)
            if stored.status != ChanceStatus.OVER.value or stored.seller_id not in people:
                return auction_id, stored.vehicle_id, []
            email, name = people[stored.seller_id]
            lot = f"/sell/{stored.vehicle_id}" if auction_id is None else f"/auctions/{auction_id}"
            values: dict[str, object] = {
                "name": name,
                "title": offers.title_of(connection, stored.vehicle_id),
                "is_relisted": auction_id is not None,
                "lot_link": self._public_url + lot,
            }
            key = f"second chance {order_id} over"
            mail = NewNotice(stored.seller_id, NoticeKind.SECOND_CHANCE_OVER, email, values, key)
            return auction_id, stored.vehicle_id, [enqueue(connection, mail, now)]

    def _mails(self, connection: Connection, stored: StoredChance, step: contracts.ChanceStep) -> Iterator[NewNotice]:
        chance, candidate = step.chance, step.chance.candidate
        told: list[tuple[int, NoticeKind]] = []
        values: dict[str, object] = {"amount_cents": candidate.cents}
        match chance.status:
            case ChanceStatus.ASKING_SELLER:
                told = [(stored.seller_id, NoticeKind.SECOND_CHANCE_ASKED)]
                values["expires_at"] = to_text(chance.expires_at)
            case ChanceStatus.OFFERED:
                told = [(int(candidate.bidder), NoticeKind.SECOND_CHANCE_OFFERED)]
                values["expires_at"] = to_text(chance.expires_at)
            case ChanceStatus.TAKEN:
                told = [(who, NoticeKind.OFFER_ACCEPTED) for who in (int(candidate.bidder), stored.seller_id)]
            case ChanceStatus.OVER:
                pass
        people = second_chances.parties(connection, stored.seller_id, int(candidate.bidder))
        title = offers.title_of(connection, stored.vehicle_id)
        for user_id, kind in told:
            if user_id in people:
                email, name = people[user_id]
                all_values = {"name": name, "title": title, "offer_link": self._public_url + OFFERS_PATH, **values}
                yield NewNotice(
                    user_id, kind, email, all_values, f"second chance {stored.order_id} {chance.step} {user_id}"
                )

    async def _send(self, outbox_ids: list[str]) -> None:
        if outbox_ids and self._postman is not None:
            await self._postman.send(outbox_ids)
