"""The door into accounts: a person's steps are updates of their Onboarding workflow, started where it is missing."""

import asyncio
import contextlib
import uuid
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import RefusedError, UnavailableError
from workflows import account_messages as messages
from workflows.ids import account_workflow_id
from workflows.onboarding import OnboardingWorkflow

ANSWER_S = 20.0
START_LIMIT = timedelta(seconds=5)
RETRY_S = 5

log = structlog.get_logger(__name__)


class Accounts:
    """The Onboarding workflows as one process reaches them.

    Every call raises UnavailableError (`ACCOUNT_UNAVAILABLE`) where Temporal, its worker or a vendor does not answer in
    time: the same call may be made again, and what it began goes on meanwhile. It raises RefusedError
    (`ACCOUNT_CLOSED`) for an account that is erased.
    """

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def start(self, user_id: int) -> None:
        """Start following an account; one that is followed already is left alone."""
        await self._reaching(self._start(user_id))

    async def begin_identity(self, user_id: int) -> messages.IdentityLink:
        """A link into the identity check, or why there is none."""
        update = OnboardingWorkflow.begin_identity
        link: messages.IdentityLink = await self._update(user_id, update, messages.BeginIdentity())
        return _open(link)

    async def store_card(self, user_id: int, sealed: str, fingerprint: str) -> messages.CardResult:
        """What became of a card. The same nonce is one wish: sent again, it waits for the first answer."""
        wish = messages.StoreCard(sealed, fingerprint)
        update_id = f"card-{fingerprint}"
        result: messages.CardResult = await self._update(user_id, OnboardingWorkflow.store_card, wish, update_id)
        return _open(result)

    async def remove_card(self, user_id: int) -> messages.AccountAnswer:
        """Forget the card."""
        return await self._step(user_id, OnboardingWorkflow.remove_card, messages.RemoveCard())

    async def give_details(self, user_id: int, sealed: str) -> messages.AccountAnswer:
        """Write down sealed legal details."""
        return await self._step(user_id, OnboardingWorkflow.give_details, messages.GiveDetails(sealed))

    async def accept_terms(self, user_id: int, version: str) -> messages.AccountAnswer:
        """Write down that the terms of a version are accepted."""
        return await self._step(user_id, OnboardingWorkflow.accept_terms, messages.AcceptTerms(version))

    async def look_again(self, user_id: int) -> messages.AccountAnswer:
        """Judge the account anew and ask the vendors once more."""
        return await self._step(user_id, OnboardingWorkflow.look_again, messages.LookAgain())

    async def identity_event(self, user_id: int, event: messages.IdentityEvent | None = None) -> str:
        """Something may have happened to the identity check: it is read again. Gives the workflow's id."""
        return await self._signal(user_id, "identity_event", event or messages.IdentityEvent())

    async def card_event(self, user_id: int, event: messages.CardEvent) -> str:
        """Something may have happened to the card: it is read again. Gives the workflow's id."""
        return await self._signal(user_id, "card_event", event)

    async def email_verified(self, user_id: int) -> str:
        """The address was verified, in the database: the account is judged anew."""
        return await self._signal(user_id, "email_verified")

    async def close(self, user_id: int) -> str:
        """The person is erased: the vendors forget them, and the workflow ends."""
        return await self._signal(user_id, "close")

    async def _step(self, user_id: int, update: Any, wish: object) -> messages.AccountAnswer:
        answer: messages.AccountAnswer = await self._update(user_id, update, wish)
        return _open(answer)

    async def _update(self, user_id: int, update: Any, wish: object, update_id: str = "") -> Any:
        handle = self._client.get_workflow_handle(account_workflow_id(user_id))
        key = update_id or str(uuid.uuid4())

        async def call() -> Any:
            try:
                return await handle.execute_update(update, wish, id=key)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            await self._start(user_id)
            return await handle.execute_update(update, wish, id=key)

        return await self._reaching(call())

    async def _signal(self, user_id: int, name: str, *arguments: object) -> str:
        # Nothing is left to be told to an account that is closed.
        with contextlib.suppress(RefusedError):
            await self._reaching(self._start(user_id, start_signal=name, start_signal_args=arguments))
        return account_workflow_id(user_id)

    async def _start(self, user_id: int, **signal: Any) -> None:
        try:
            await self._client.start_workflow(
                OnboardingWorkflow.run,
                messages.AccountStart(user_id),
                id=account_workflow_id(user_id),
                task_queue=self._task_queue,
                # What an operator has terminated starts anew; an account that was closed never does.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"Account {user_id}",
                rpc_timeout=START_LIMIT,
                **signal,
            )
        except WorkflowAlreadyStartedError:
            raise closed() from None

    async def _reaching(self, call: Any) -> Any:
        try:
            return await asyncio.wait_for(call, self._answer_s)
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError) as error:
            log.warning("account_out_of_reach", error=type(error).__name__)
            raise away() from None
        except RuntimeError as error:
            # A client that could not connect yet raises a bare RuntimeError.
            log.warning("account_out_of_reach", error=type(error).__name__)
            raise away() from None


def away() -> UnavailableError:
    """Somebody we need does not answer; nothing is lost."""
    return UnavailableError(
        "ACCOUNT_UNAVAILABLE",
        "This takes longer than usual. What you sent is not lost; try again in a moment.",
        retry_after_s=RETRY_S,
    )


def closed() -> RefusedError:
    """The account is erased."""
    return RefusedError("ACCOUNT_CLOSED", "This account is closed.")


Answer = TypeVar("Answer", messages.IdentityLink, messages.CardResult, messages.AccountAnswer)


def _open(answer: Answer) -> Answer:
    """An answer that is one."""
    if answer.outcome == "away":
        raise away()
    if answer.outcome == "gone":
        raise closed()
    return answer
