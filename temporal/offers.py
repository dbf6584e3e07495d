"""The door into Offer workflows, the sweeps that heal what a crash left behind, and the way from an offer to a lot."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.db import offers, purchases
from activities.db.engine import reading, transaction
from activities.db.offers import Stored
from activities.ledger import utc_now
from activities.offer_contracts import AskAuction
from activities.offers import Auctioneer
from domain.auction import Result
from domain.errors import Code
from domain.offers import OfferCode
from temporal.lots import AuctionLots, AuctionOverError
from workflows.auction import AuctionWorkflow
from workflows.ids import offer_workflow_id
from workflows.messages import AcceptOffer
from workflows.offer import OfferWorkflow
from workflows.offer_messages import OfferAct, OfferAnswer, OfferStart

UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
START_LIMIT_S = 5.0
ANSWER_S = 12.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Offers:
    """The Offer workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def start(self, stored: Stored) -> None:
        """Start the workflow of an offer that is committed; one that runs or ran already is left alone.

        Raises RPCError, or RuntimeError from a client that has never reached its server: `start_unstarted` heals that.
        """
        if not await self._starts(stored):
            log.info("offer_already_started", offer_id=stored.offer_id)

    async def begin(self, stored: Stored) -> None:
        """Start a committed offer as soon as that can be done: now, or by the sweep. Never raises for a server that is
        away."""
        try:
            await asyncio.wait_for(self.start(stored), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("offer_not_started", offer_id=stored.offer_id, error=type(error).__name__)

    async def act(self, stored: Stored, update: Any, act: OfferAct) -> OfferAnswer:
        """Have one side's act judged, under its own id. An offer that is over answers so.

        Raises RPCError, TimeoutError or RuntimeError where the outcome is not known: the same act may be sent again.
        """
        handle = self._client.get_workflow_handle(offer_workflow_id(stored.offer_id))
        try:
            return await self._known(handle.execute_update(update, act, id=act.act_id, result_type=OfferAnswer))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        if not stored.offer.stands or not await self._starts(stored):
            return OfferAnswer(OfferCode.OFFER_OVER.value, stored.offer)
        return await self._known(handle.execute_update(update, act, id=act.act_id, result_type=OfferAnswer))

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and perhaps never started; returns how many that was."""
        waiting = await asyncio.to_thread(
            _read, engine, lambda c: offers.unstarted(c, utc_now() - UNSTARTED_AFTER, AT_ONCE)
        )
        for stored in waiting:
            await self.start(stored)
        ids = [stored.offer_id for stored in waiting]
        if ids:
            await asyncio.to_thread(_write, engine, lambda c: offers.mark_started(c, ids, utc_now()))
        return len(ids)

    async def lapse_overtaken(self, engine: Engine) -> int:
        """Tell standing offers that their lot takes none any more; returns how many were told."""
        found = await asyncio.to_thread(_read, engine, lambda c: offers.overtaken(c, AT_ONCE))
        for offer_id, reason in found:
            handle = self._client.get_workflow_handle(offer_workflow_id(offer_id))
            try:
                await handle.signal(OfferWorkflow.lot_closed, reason)
            except RPCError as error:
                # One that was never started is started by the other sweep, and told by the next one.
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        return len(found)

    async def free_strays(self, engine: Engine) -> int:
        """Give back buying power that nobody's offer binds; returns how many reservations that were."""
        return await asyncio.to_thread(_write, engine, lambda c: offers.free_strays(c, utc_now()))

    async def _starts(self, stored: Stored) -> bool:
        """Whether an offer was started now: one that ran already is over, whatever its row says still."""
        try:
            await self._client.start_workflow(
                OfferWorkflow.run,
                start_of(stored),
                id=offer_workflow_id(stored.offer_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _known(self, answer: Any) -> OfferAnswer:
        found: OfferAnswer = await asyncio.wait_for(answer, self._answer_s)
        return found


class LotAuctioneer(Auctioneer):
    """Brings accepted offers to their lots."""

    def __init__(self, lots: AuctionLots, engine: Engine) -> None:
        self._lots = lots
        self._engine = engine

    async def accept_offer(self, work: AskAuction) -> str:
        """Have the auction sell by an offer. What a lot that is over has made of it, its ledger says."""
        agreed = AcceptOffer(work.acceptance_id, work.offer_id, str(work.buyer_id), work.cents, secrets.token_hex(32))
        try:
            answer = await self._lots.command(
                work.auction_id, AuctionWorkflow.accept_offer, agreed, command_id=work.acceptance_id
            )
        except AuctionOverError:
            return await asyncio.to_thread(_read, self._engine, lambda c: _said_before(c, work))
        return answer.code or ""


def start_of(stored: Stored) -> OfferStart:
    """The workflow's input, the same for the same row: an offer that nobody started yet is as it was made."""
    return OfferStart(
        stored.offer_id,
        stored.auction_id,
        stored.buyer_id,
        stored.seller_id,
        stored.offer,
        stored.thresholds,
        stored.created_at,
    )


def _said_before(connection: Connection, work: AskAuction) -> str:
    if purchases.sold_by_offer(connection, work.auction_id) == work.offer_id:
        return ""
    terms = purchases.sale_terms(connection, work.auction_id)
    cancelled = terms is not None and terms.result == Result.CANCELLED
    return Code.CLOSED.value if cancelled else Code.TOO_LATE.value


def _read(engine: Engine, query: Callable[[Connection], T]) -> T:
    with reading(engine) as connection:
        return query(connection)


def _write(engine: Engine, query: Callable[[Connection], T]) -> T:
    with transaction(engine) as connection:
        return query(connection)
