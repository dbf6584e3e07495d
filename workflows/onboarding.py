"""The Onboarding workflow: one person's way from a verified address to being cleared, and the watch over it after that.

The database is the record. This is who does the next step, one at a time, and who wakes up when time changes something.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities import contracts
    from activities.contracts import AccountStatus, OnboardingActivities
    from domain.clock import truncate
    from workflows import account_messages as messages
    from workflows import policies, runs
    from workflows.checks import UnreadableError

# A clock of a worker that goes after Temporal's must not make this look again at once.
SHORTEST_SLEEP = timedelta(minutes=1)
CLOSE_AGAIN = timedelta(hours=1)
# Tries of a call that was given up count as more than one: the next call looks first, under a key of its own.
GIVEN_UP = 10

SIGNALS: dict[str, type] = {"identity_event": messages.IdentityEvent, "card_event": messages.CardEvent}
PLAIN_SIGNALS = frozenset({"email_verified", "close", "look"})


@workflow.defn(name="Onboarding")
class OnboardingWorkflow:
    """A person's account: steps by update, news by signal, time by `run`."""

    @workflow.init
    def __init__(self, start: messages.AccountStart) -> None:
        self._user_id = start.user_id
        self._state = start.state or messages.AccountState()
        self._identity = asyncio.Lock()
        self._card = asyncio.Lock()
        self._busy = 0

    @workflow.run
    async def run(self, start: messages.AccountStart) -> None:
        """Follow the account until it is erased."""
        del start
        helpers = [asyncio.create_task(follow()) for follow in (self._follow_identity, self._follow_card)]
        while not self._state.closing:
            if self._should_continue():
                await self._continue_as_new()
            if self._state.to_look:
                await self._look()
            else:
                await self._sleep()
        # What a step is making at a vendor has to be there to be forgotten; what is only being read does no harm.
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._close()
        del helpers

    # What happens by itself

    async def _look(self) -> None:
        self._state.to_look, self._state.next_look_at = False, None
        self._learn(
            await workflow.execute_activity_method(
                OnboardingActivities.look_at_account, self._user_id, **policies.ACCOUNT
            )
        )

    async def _sleep(self) -> None:
        # A moment that moves later leaves the timer alone: it fires early, and the rest is slept.
        until = self._state.next_look_at
        timeout = None if until is None else max(until - self._now(), SHORTEST_SLEEP)
        try:
            await workflow.wait_condition(lambda: self._is_woken(until), timeout=timeout)
        except TimeoutError:
            self._wake_up()

    def _is_woken(self, until: datetime | None) -> bool:
        sooner = self._state.next_look_at is not None and (until is None or self._state.next_look_at < until)
        return self._state.to_look or self._state.closing or sooner or self._should_continue()

    def _wake_up(self) -> None:
        if self._state.next_look_at is not None and self._state.next_look_at <= self._now():
            self._state.to_look = True
            if self._state.open_inquiry is not None:
                self._note(self._state.open_inquiry)

    async def _follow_identity(self) -> None:
        while not self._state.closing:
            await workflow.wait_condition(lambda: bool(self._state.news))
            # Between taking news and being busy with it there is no pause in which the run could continue without it.
            work = contracts.ReadIdentity(self._user_id, self._state.news.pop(0) or None)
            await self._ask(OnboardingActivities.read_identity, work)

    async def _follow_card(self) -> None:
        while not self._state.closing:
            await workflow.wait_condition(lambda: self._state.card_news)
            self._state.card_news = False
            await self._ask(OnboardingActivities.read_card, self._user_id)

    async def _ask(self, question: Any, work: object) -> None:
        self._busy += 1
        try:
            status: AccountStatus = await workflow.execute_activity_method(question, work, **policies.ASK_VENDOR)
            self._learn(status)
        except ActivityError:
            # A mistake of ours, which the activity has told the operators; the next news ask again.
            workflow.logger.warning("vendor_not_asked", extra={"user_id": self._user_id})
        finally:
            self._busy -= 1

    async def _close(self) -> None:
        work = contracts.CloseAccount(self._user_id, self._state.begun)
        while True:
            try:
                return await workflow.execute_activity_method(
                    OnboardingActivities.close_account, work, **policies.ASK_VENDOR
                )
            except ActivityError:
                # A vendor refuses to forget: people have to look, and what is promised is not given up.
                workflow.logger.exception("account_not_closed", extra={"user_id": self._user_id})
                await workflow.sleep(CLOSE_AGAIN)

    # The steps of a person

    @workflow.update
    async def begin_identity(self, wish: messages.BeginIdentity) -> messages.IdentityLink:
        """A link into the identity check, one at a time: two browsers get two links into one check."""
        del wish
        async with self._identity:
            if self._state.closing:
                return messages.IdentityLink("gone")
            work = contracts.OpenIdentity(self._user_id, self._state.begun, self._state.tries)
            try:
                opened = await workflow.execute_activity_method(
                    OnboardingActivities.open_identity, work, **policies.OPEN_IDENTITY
                )
            except ActivityError:
                self._state.tries += GIVEN_UP
                return messages.IdentityLink("away")
            self._state.tries = 0
            if opened.inquiry_id is not None and opened.inquiry_id not in self._state.begun:
                self._state.begun.append(opened.inquiry_id)
            self._learn(opened.status)
            return messages.IdentityLink(opened.outcome, opened.url, opened.expires_at)

    @begin_identity.validator
    def _check_begin(self, wish: messages.BeginIdentity) -> None:
        """It is checked by its type; without a validator a call with two arguments would stop the account."""

    @workflow.update
    async def store_card(self, wish: messages.StoreCard) -> messages.CardResult:
        """Have a card kept; the same nonce is answered once and for all."""
        async with self._card:
            for known in self._state.card_answers:
                if known.fingerprint == wish.fingerprint:
                    return known.result
            if self._state.closing:
                return messages.CardResult("gone")
            work = contracts.KeepCard(self._user_id, wish.sealed, self._now(), self._state.card_unsure)
            try:
                kept = await workflow.execute_activity_method(
                    OnboardingActivities.keep_card, work, **policies.KEEP_CARD
                )
            except ActivityError:
                self._state.card_unsure = True
                return messages.CardResult("away")
            self._state.card_unsure = False
            result = messages.CardResult(kept.outcome, kept.code)
            answers = [*self._state.card_answers, messages.CardAnswer(wish.fingerprint, result)]
            self._state.card_answers = answers[-messages.MOST_CARD_ANSWERS :]
            self._learn(kept.status)
            return result

    @store_card.validator
    def _check_card(self, wish: messages.StoreCard) -> None:
        _check_sealed(wish.sealed)
        if not 0 < len(wish.fingerprint) <= messages.LONGEST_ID:
            raise UnreadableError("a fingerprint has 1 to 64 characters")

    @workflow.update
    async def remove_card(self, wish: messages.RemoveCard) -> messages.AccountAnswer:
        """Forget the card, here at once and at the vendor as soon as it answers."""
        del wish
        async with self._card:
            return await self._step(OnboardingActivities.remove_card, self._user_id, policies.ASK_VENDOR)

    @remove_card.validator
    def _check_removal(self, wish: messages.RemoveCard) -> None:
        """It is checked by its type."""

    @workflow.update
    async def give_details(self, wish: messages.GiveDetails) -> messages.AccountAnswer:
        """Write down the legal details; they are compared with the identity check's as soon as there are both."""
        answer = await self._step(OnboardingActivities.give_details, contracts.GiveDetails(self._user_id, wish.sealed))
        if answer.outcome == "done":
            self._note("")
        return answer

    @give_details.validator
    def _check_details(self, wish: messages.GiveDetails) -> None:
        _check_sealed(wish.sealed)

    @workflow.update
    async def accept_terms(self, wish: messages.AcceptTerms) -> messages.AccountAnswer:
        """Write down that the terms are accepted."""
        return await self._step(OnboardingActivities.accept_terms, contracts.AcceptTerms(self._user_id, wish.version))

    @accept_terms.validator
    def _check_terms(self, wish: messages.AcceptTerms) -> None:
        if not 0 < len(wish.version) <= len("2026-11-30-final"):
            raise UnreadableError("a version of the terms has 1 to 16 characters")

    @workflow.update
    async def look_again(self, wish: messages.LookAgain) -> messages.AccountAnswer:
        """Judge the account anew; what the vendors say follows as soon as they answer."""
        del wish
        self._note("")
        self._state.card_news = True
        return await self._step(OnboardingActivities.look_at_account, self._user_id)

    @look_again.validator
    def _check_look(self, wish: messages.LookAgain) -> None:
        """It is checked by its type."""

    async def _step(
        self, step: Any, work: object, policy: policies.ActivityPolicy = policies.ACCOUNT
    ) -> messages.AccountAnswer:
        if self._state.closing:
            return messages.AccountAnswer("gone")
        try:
            status: AccountStatus = await workflow.execute_activity_method(step, work, **policy)
        except ActivityError:
            return messages.AccountAnswer("away")
        self._learn(status)
        outcome = "gone" if status.gone else "done"
        return messages.AccountAnswer(outcome, status.cleared, status.missing)

    # News

    @workflow.signal(dynamic=True, description="identity_event, card_event, email_verified, look, close")
    def receive(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Every signal. What cannot be read is a reason to look, and no more."""
        try:
            message = self._read(name, arguments)
        except Exception:  # noqa: BLE001 - no exception may leave a signal handler, it would stop the account
            workflow.logger.warning("signal_not_read", extra={"user_id": self._user_id})
            message = None
        match message:
            case messages.IdentityEvent():
                self._note(message.inquiry_id)
            case messages.CardEvent():
                self._state.card_news = True
            case "close":
                self._state.closing = True
            case _:
                self._state.to_look = True

    @workflow.query
    def state(self) -> dict[str, object]:
        """What is done and what is awaited, for operators: no name, no card, no link."""
        state = self._state
        return {
            "cleared": state.cleared,
            "missing": state.missing,
            "next_look_at": state.next_look_at,
            "inquiries": len(state.begun),
            "busy": self._busy,
        }

    def _read(self, name: str, arguments: Sequence[RawValue]) -> Any:
        if name in PLAIN_SIGNALS:
            return name
        (argument,) = arguments
        return workflow.payload_converter().from_payload(argument.payload, SIGNALS[name])

    def _note(self, inquiry_id: str) -> None:
        news = self._state.news
        if inquiry_id not in news and len(news) < messages.MOST_NEWS and len(inquiry_id) <= messages.LONGEST_ID:
            news.append(inquiry_id)

    def _learn(self, status: AccountStatus) -> None:
        state = self._state
        state.cleared, state.missing = status.cleared, status.missing
        state.open_inquiry = status.open_inquiry
        # Steps overlap, and what one of them saw may be older than what another did: rather a look too many.
        moments = [moment for moment in (state.next_look_at, status.next_look_at) if moment is not None]
        state.next_look_at = min(moments, default=None)
        state.closing = state.closing or status.gone
        what = "cleared" if status.cleared else ", ".join(status.missing) or "on hold"
        workflow.set_current_details(f"**{what}**")

    # The run as a Temporal workflow

    def _now(self) -> datetime:
        return truncate(workflow.now())

    def _should_continue(self) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.is_target_worker_deployment_version_changed()

    def _is_idle(self) -> bool:
        return workflow.all_handlers_finished() and not self._busy

    async def _continue_as_new(self) -> NoReturn:
        # News may wake this and whoever takes it in one moment: what was true when this was woken is looked at again.
        while not self._is_idle():
            await workflow.wait_condition(self._is_idle)
        workflow.continue_as_new(
            messages.AccountStart(self._user_id, self._state),
            initial_versioning_behavior=runs.next_behavior(moves=True),
        )


def _check_sealed(sealed: str) -> None:
    if not 0 < len(sealed) <= messages.LONGEST_SEALED:
        raise UnreadableError("a sealed form has 1 to 40,000 characters")
