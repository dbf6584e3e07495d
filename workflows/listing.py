"""The Listing workflow: a vehicle from its draft past the review to its sale, and again where it was not sold.

The row in the database is the truth; this takes each step on it, and keeps the clock: the promised review, the lot's
end, the day that bidders have when what they bid on was changed, and decoders that were away when it was sent in.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.review_contracts import (
        ListingActivities,
        ListingState,
        ListingStep,
        LotCommand,
        ReviewLate,
        StepTaken,
    )
    from domain.listings import OVER, Review, Status, Step, review_due
    from workflows import policies
    from workflows.decode_vin import ASKED_FOR, DecodeVinStart, DecodeVinWorkflow
    from workflows.ids import vin_workflow_id
    from workflows.listing_messages import ListingStart, StepAnswer, TakeStep

# A lot is decided within ten seconds of its end; what carries it further is looked up.
AFTER_END = timedelta(seconds=15)
WHILE_HELD = timedelta(hours=1)
TO_STEP_BACK = timedelta(hours=24)
# The lot is on hold for another reason, or ends just now.
NOT_HELD = "LOT_NOT_HELD"
VIN_CHECK = "vin-check"
# Decoders that are away are asked again, at last once a day: a report that was lost on its way may have been paid for.
CHECK_PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
LONGEST_PAUSE = timedelta(days=1)
# Somebody else has asked for the same VIN: what they are told is kept for all.
WHILE_ASKED = timedelta(seconds=20)


@workflow.defn(name="Listing")
class ListingWorkflow:
    """One vehicle's listing, for as long as it may still be sold here."""

    @workflow.init
    def __init__(self, start: ListingStart) -> None:
        self._vehicle_id = start.vehicle_id
        self._told_late, self._told_unsold = start.told_late, start.told_unsold
        self._held_lot, self._resume_at = start.held_lot, start.resume_at
        self._check_at, self._checks = start.check_at, start.checks
        self._step = asyncio.Lock()
        self._has_news = False

    @workflow.run
    async def run(self, start: ListingStart) -> Status:
        """Look, wait for a step, for news or for the clock, and do what is due, until the listing is over."""
        del start
        state = await self._do_what_is_due()
        while not (state.gone or state.status in OVER):
            if workflow.info().is_continue_as_new_suggested():
                await self._continue_as_new()
            await self._wait(state)
            state = await self._do_what_is_due()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.status

    @workflow.update
    async def take_step(self, wish: TakeStep) -> StepAnswer:
        """Submit, approve, ask for changes or reject; one at a time, on the version that its asker has read."""
        async with self._step:
            work = ListingStep(
                self._vehicle_id, wish.step, wish.version, wish.actor_id, wish.notes, wish.request_id, wish.address
            )
            taken = await self._take(work)
            if taken.hold_lot is not None:
                taken = await self._take_while_held(work, taken.hold_lot)
            if wish.step is Step.SUBMIT and not taken.code:
                self._check_at, self._checks = None, 0
            self._has_news = True
        return StepAnswer(taken.code, taken.missing)

    @take_step.validator
    def _check_step(self, wish: TakeStep) -> None:
        """It is checked by its type, and judged by the row."""

    @workflow.signal
    def listing_event(self) -> None:
        """Something happened to the listing elsewhere: it was put up, withdrawn or deleted."""
        self._has_news = True

    async def _wait(self, state: ListingState) -> None:
        due = self._due(state)
        timeout = None if due is None else max(due - workflow.now(), timedelta(0))
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._has_news or workflow.info().is_continue_as_new_suggested(), timeout=timeout
            )
        self._has_news = False

    def _due(self, state: ListingState) -> datetime | None:
        moments = [self._resume_at, self._review_due(state), self._end_due(state), self._check_at]
        return min((moment for moment in moments if moment is not None), default=None)

    def _review_due(self, state: ListingState) -> datetime | None:
        waits = state.review is Review.SUBMITTED and state.version != self._told_late
        return review_due(state.submitted_at) if waits and state.submitted_at is not None else None

    def _end_due(self, state: ListingState) -> datetime | None:
        if state.status is not Status.SCHEDULED or state.lot_ends_at is None:
            return None
        due = state.lot_ends_at + AFTER_END
        return due if due > workflow.now() else workflow.now() + WHILE_HELD

    async def _do_what_is_due(self) -> ListingState:
        await self._resume()
        state = await self._look()
        due = self._review_due(state)
        if due is not None and due <= workflow.now():
            late = ReviewLate(self._vehicle_id, state.version)
            await workflow.execute_activity_method(ListingActivities.escalate_review, late, **policies.TELL_SELLER)
            self._told_late = state.version
        if state.status is Status.UNSOLD and state.lot != self._told_unsold:
            await workflow.execute_activity_method(
                ListingActivities.tell_of_unsold, self._vehicle_id, **policies.TELL_SELLER
            )
            self._told_unsold = state.lot
        return await self._check_vin(state)

    async def _check_vin(self, state: ListingState) -> ListingState:
        """Have the decoders asked while what was sent in lacks their word; those that are away are asked again."""
        if not state.vin_to_check or not workflow.patched(VIN_CHECK):
            self._check_at, self._checks = None, 0
            return state
        if self._check_at is not None and self._check_at > workflow.now():
            return state
        # It is written down first: a step that sends in something else meanwhile takes it back.
        pause = CHECK_PAUSES[self._checks] if self._checks < len(CHECK_PAUSES) else LONGEST_PAUSE
        self._check_at, self._checks = workflow.now() + pause, self._checks + 1
        await self._decode(state.vin_to_check)
        state = await self._look()
        if not state.vin_to_check:
            self._check_at, self._checks = None, 0
        return state

    async def _decode(self, vin: str) -> None:
        """Ask the decoders once, or let whoever asks them now go on; what they say is kept by VIN for all."""
        try:
            await workflow.execute_child_workflow(
                DecodeVinWorkflow.run,
                DecodeVinStart(vin),
                id=vin_workflow_id(vin),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                execution_timeout=ASKED_FOR,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            self._check_at = workflow.now() + WHILE_ASKED
        except ChildWorkflowError as error:
            workflow.logger.warning("vin_not_checked", extra={"error": type(error.cause).__name__})

    async def _take_while_held(self, work: ListingStep, lot: int) -> StepTaken:
        """A material edit while bids stand (auction-rules.md section 6): hold, tell, and a day to step back."""
        held = LotCommand(lot, str(workflow.uuid4()))
        if not await workflow.execute_activity_method(ListingActivities.hold_edited_lot, held, **policies.STEER_LOT):
            return StepTaken(await self._look(), NOT_HELD)
        taken = await self._take(replace(work, lot_held=True))
        if not taken.code:
            self._held_lot, self._resume_at = lot, workflow.now() + TO_STEP_BACK
        elif self._resume_at is None:
            # It was edited again meanwhile: what the bidders relied on still stands, and they wait for nothing.
            self._held_lot, self._resume_at = lot, workflow.now()
        return taken

    async def _resume(self) -> None:
        # An edit that is approved meanwhile gives the bidders another day.
        async with self._step:
            if self._resume_at is None or self._held_lot is None or self._resume_at > workflow.now():
                return
            held = LotCommand(self._held_lot, str(workflow.uuid4()))
            await workflow.execute_activity_method(ListingActivities.resume_edited_lot, held, **policies.STEER_LOT)
            self._held_lot = self._resume_at = None

    async def _take(self, work: ListingStep) -> StepTaken:
        taken: StepTaken = await workflow.execute_activity_method(
            ListingActivities.take_listing_step, work, **policies.ACCOUNT
        )
        return taken

    async def _look(self) -> ListingState:
        state: ListingState = await workflow.execute_activity_method(
            ListingActivities.look_at_listing, self._vehicle_id, **policies.ACCOUNT
        )
        return state

    async def _continue_as_new(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            ListingStart(
                vehicle_id=self._vehicle_id,
                told_late=self._told_late,
                told_unsold=self._told_unsold,
                held_lot=self._held_lot,
                resume_at=self._resume_at,
                check_at=self._check_at,
                checks=self._checks,
            )
        )
