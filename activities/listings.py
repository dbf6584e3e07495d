"""The worker's side of the Listing workflow: each step of a review is one transaction, with its deed and its mails."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import review_contracts as contracts
from activities.db import auctions, audit, listings, notifications, people, photos, schedules, seller_feed, vin_reports
from activities.db.audit import Deed
from activities.db.engine import reading, transaction
from activities.db.listings import Listing, Verdict
from activities.db.notifications import NewNotice
from activities.db.people import Person
from activities.ledger import utc_now
from activities.review_contracts import ListingState, ListingStep, StepTaken
from domain.auction import MATERIAL_EDIT
from domain.clock import to_text, truncate
from domain.decoder_conflicts import conflicts
from domain.decoding import best
from domain.listing_checks import check_of, claimed, must_ask
from domain.listings import EDITABLE, MOVES, Review, Status, Step, after, changed, flaws, is_material, review_due
from domain.notices import NoticeKind
from domain.seller_feed import FeedKind
from domain.sellers import day_in_chicago

NOT_FOUND, CHANGED, OVER = "VEHICLE_NOT_FOUND", "LISTING_CHANGED", "LISTING_OVER"
WRONG_STATUS, INCOMPLETE = "LISTING_STATUS", "INCOMPLETE"
ACTIONS: Mapping[Step, str] = MappingProxyType(
    {
        Step.SUBMIT: "listing_submitted",
        Step.APPROVE: "listing_approved",
        Step.REQUEST_CHANGES: "listing_changes_requested",
        Step.REJECT: "listing_rejected",
    }
)
MAILS: Mapping[Step, NoticeKind] = MappingProxyType(
    {
        Step.APPROVE: NoticeKind.LISTING_APPROVED,
        Step.REQUEST_CHANGES: NoticeKind.LISTING_CHANGES_REQUESTED,
        Step.REJECT: NoticeKind.LISTING_REJECTED,
    }
)
# So long a decoder's report is good for a listing that is sent in, where the settings say nothing else.
REPORT_GOOD_FOR = timedelta(days=30)
GONE = ListingState(Status.WITHDRAWN, Review.NONE, 0, gone=True)


class LotSteering(Protocol):
    """What an edit needs of a lot; each call is safe to repeat under its id."""

    async def hold(self, auction_id: int, reason: str, command_id: str) -> bool:
        """Stop the clock; False where the lot is over, or held already."""

    async def resume(self, auction_id: int, command_id: str) -> None:
        """Let it run on with at least a day left; a lot that is over, or runs, is left alone."""


class ListingWork(contracts.ListingActivities):
    """Listings of one database, for the site at `public_url`; `good_for` is how long a decoder's report is fresh."""

    def __init__(
        self,
        engine: Engine,
        public_url: str,
        steering: LotSteering,
        clock: Callable[[], datetime] = utc_now,
        good_for: timedelta = REPORT_GOOD_FOR,
    ) -> None:
        self._clock = clock
        self._engine = engine
        self._public_url = public_url
        self._steering = steering
        self._good_for = good_for

    @activity.defn(name="look_at_listing")
    def look_at_listing(self, vehicle_id: int) -> ListingState:
        """Read where it stands."""
        with reading(self._engine) as connection:
            found = listings.listing(connection, vehicle_id)
            return GONE if found is None else self._state(connection, found)

    @activity.defn(name="take_listing_step")
    def take_listing_step(self, work: ListingStep) -> StepTaken:
        """Judge and write one step, with its deed and its mails; the same step again changes nothing."""
        now = truncate(self._clock())
        with transaction(self._engine) as connection:
            found = listings.listing(connection, work.vehicle_id, lock=True)
            if found is None:
                return StepTaken(GONE, NOT_FOUND)
            refused = self._refusal(connection, found, work, now)
            if refused is not None:
                return refused
            lot = None if work.lot_held else _lot_to_hold(connection, found, work)
            if lot is not None:
                return StepTaken(self._state(connection, found), hold_lot=lot)
            self._write(connection, found, work, now)
            return StepTaken(self._state(connection, _again(connection, found.id)))

    def _refusal(self, connection: Connection, found: Listing, work: ListingStep, now: datetime) -> StepTaken | None:
        state = self._state(connection, found)
        if _is_done(found, work):
            # Its answer was lost: it is given once more.
            return StepTaken(state)
        if found.version != work.version:
            return StepTaken(state, CHANGED)
        if found.status not in EDITABLE:
            return StepTaken(state, OVER)
        if after(found.review, work.step) is None:
            return StepTaken(state, WRONG_STATUS)
        if work.step not in {Step.SUBMIT, Step.APPROVE}:
            return None
        missing = flaws(found.told, photos.count_ready(connection, found.id), day_in_chicago(now).year)
        if not missing:
            return None
        return StepTaken(state, INCOMPLETE, [(flaw.field, flaw.rule, flaw.message) for flaw in missing])

    def _write(self, connection: Connection, found: Listing, work: ListingStep, now: datetime) -> None:
        if work.step is Step.SUBMIT:
            listings.submit(connection, found, now)
        else:
            review = MOVES[work.step][found.review]
            listings.decide(connection, found, Verdict(review, work.notes, work.actor_id, now))
            if work.step is Step.APPROVE and found.submitted_at is not None:
                photos.approve(connection, found.id, found.submitted_at, now)
        names = [] if found.public is None else list(changed(found.public, found.told))
        written = _again(connection, found.id)
        detail = {
            "version": written.version,
            "before": found.review.value,
            "after": written.review.value,
            "changed": names,
            "notes": work.notes,
            "lot_held": work.lot_held,
            **_checked(connection, found),
        }
        subject = f"vehicle {found.id}"
        deed = Deed(now, work.actor_id, ACTIONS[work.step], subject, detail, work.request_id, work.address)
        audit.note(connection, deed)
        for mail in self._mails(connection, found, work, now):
            notifications.enqueue(connection, mail, now)
        facts = {"version": written.version, "vin": found.told.vin, "stock_number": found.told.stock_number}
        kind = FeedKind(ACTIONS[work.step])
        seller_feed.note_event(connection, found.seller_id, found.id, kind, {**facts, "reasons": work.notes}, now)

    def _mails(self, connection: Connection, found: Listing, work: ListingStep, now: datetime) -> Iterator[NewNotice]:
        kind = MAILS.get(work.step)
        seller = people.person(connection, found.seller_id)
        if kind is None or seller is None:
            return
        link = f"{self._public_url}/sell/{found.id}"
        values: dict[str, object] = {"name": seller.name, "title": found.told.title, "listing_link": link}
        if work.step is not Step.APPROVE:
            values["reasons"] = [f"{field}: {words}" for field, words in work.notes.items()]
        yield NewNotice(seller.id, kind, seller.email, values, f"{kind} {found.id} {found.version}")
        if work.lot_held:
            yield from self._to_bidders(connection, found, now)

    def _to_bidders(self, connection: Connection, found: Listing, now: datetime) -> Iterator[NewNotice]:
        lot = schedules.open_auction(connection, found.id)
        if lot is None or found.public is None:
            return
        changes = [name.replace("_", " ") for name in changed(found.public, found.told)]
        kind, link = NoticeKind.LISTING_EDITED, f"{self._public_url}/auctions/{lot}"
        for user_id, name, email in listings.standing_bidders(connection, lot):
            values = {"name": name, "title": found.told.title, "reasons": changes, "auction_link": link}
            values["told_at"] = to_text(now)
            yield NewNotice(user_id, kind, email, values, f"{kind} {found.id} {found.version} {user_id}")

    @activity.defn(name="escalate_review")
    def escalate_review(self, work: contracts.ReviewLate) -> None:
        """Tell the admins, once for each version."""
        now = truncate(self._clock())
        with transaction(self._engine) as connection:
            found = listings.listing(connection, work.vehicle_id)
            waits = found is not None and found.review is Review.SUBMITTED and found.version == work.version
            if found is None or not waits or found.submitted_at is None:
                return
            link = f"{self._public_url}/admin/listings/{found.id}"
            due_at = to_text(review_due(found.submitted_at))
            for admin_id, name, email in listings.reviewers(connection):
                values = {"name": name, "title": found.told.title, "due_at": due_at, "review_link": link}
                key = f"review late {found.id} {found.version} {admin_id}"
                mail = NewNotice(admin_id, NoticeKind.LISTING_REVIEW_LATE, email, values, key)
                notifications.enqueue(connection, mail, now)

    @activity.defn(name="tell_of_unsold")
    def tell_of_unsold(self, vehicle_id: int) -> None:
        """Tell the seller that the lot ended without a sale, once for each lot."""
        with transaction(self._engine) as connection:
            found = listings.listing(connection, vehicle_id)
            lot = listings.last_lot(connection, vehicle_id)
            seller = None if found is None else people.person(connection, found.seller_id)
            if found is None or lot is None or seller is None:
                return
            values = _unsold(seller, found, lot.result or "", f"{self._public_url}/sell/{vehicle_id}")
            mail = NewNotice(seller.id, NoticeKind.LISTING_UNSOLD, seller.email, values, f"unsold {lot.auction_id}")
            notifications.enqueue(connection, mail, truncate(self._clock()))

    @activity.defn(name="hold_edited_lot")
    async def hold_edited_lot(self, work: contracts.LotCommand) -> bool:
        """Stop the lot's clock; False where the lot is over, or held for another reason."""
        done = await self._steering.hold(work.auction_id, MATERIAL_EDIT, work.command_id)
        return done or await asyncio.to_thread(self._hold_reason, work.auction_id) == MATERIAL_EDIT

    @activity.defn(name="resume_edited_lot")
    async def resume_edited_lot(self, work: contracts.LotCommand) -> None:
        """Let the lot run on, with at least a day left; one that is held for another reason stays so."""
        if await asyncio.to_thread(self._hold_reason, work.auction_id) in {None, MATERIAL_EDIT}:
            await self._steering.resume(work.auction_id, work.command_id)

    def _state(self, connection: Connection, found: Listing) -> ListingState:
        has_lot = found.status in {Status.SCHEDULED, Status.UNSOLD}
        lot = listings.last_lot(connection, found.id) if has_lot else None
        answers, told = vin_reports.answers(connection, found.told.vin), found.told
        asks = must_ask(told, found.review, found.submitted_at, answers, good_for=self._good_for)
        state = ListingState(
            found.status, found.review, found.version, found.submitted_at, vin_to_check=told.vin if asks else ""
        )
        return state if lot is None else replace(state, lot=lot.auction_id, lot_ends_at=lot.ends_at)

    def _hold_reason(self, auction_id: int) -> str | None:
        with reading(self._engine) as connection:
            head = auctions.head(connection, auction_id)
        return None if head is None else head.hold_reason


def _is_done(found: Listing, work: ListingStep) -> bool:
    if work.step is Step.SUBMIT:
        # It is the next version since.
        return found.review is Review.SUBMITTED and work.version in {found.version - 1, found.version}
    return found.version == work.version and found.review is MOVES[work.step][Review.SUBMITTED]


def _lot_to_hold(connection: Connection, found: Listing, work: ListingStep) -> int | None:
    """The lot that an approval must hold first: bids stand on what changes."""
    if work.step is not Step.APPROVE or found.public is None or found.status is not Status.SCHEDULED:
        return None
    lot = schedules.open_auction(connection, found.id)
    relied_on = is_material(changed(found.public, found.told))
    return lot if lot is not None and relied_on and listings.standing_bidders(connection, lot) else None


def _unsold(seller: Person, found: Listing, result: str, link: str) -> dict[str, object]:
    return {"name": seller.name, "title": found.told.title, "result": result, "listing_link": link}


def _checked(connection: Connection, found: Listing) -> dict[str, object]:
    """What the decoders had said when a step was taken: how far they had checked, and which fields they contradict."""
    answers = vin_reports.answers(connection, found.told.vin)
    said = best(answers)
    against = () if said is None else conflicts(said, claimed(found.told))
    return {"decoder": check_of(found.told, answers).value, "conflicts": [each.field for each in against]}


def _again(connection: Connection, vehicle_id: int) -> Listing:
    found = listings.listing(connection, vehicle_id)
    if found is None:
        raise LookupError(vehicle_id)
    return found
