"""Charging and giving back through Authorize.Net: claimed in the database, sent, and marked with what follows."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import contracts
from activities.db import accounts, order_money, payments
from activities.db.engine import reading, transaction
from activities.db.payments import Change, Claimed, Payment
from activities.ledger import utc_now
from activities.payment_outcomes import (
    CHARGE_REVERSED,
    NO_CARD,
    ChargeLost,
    Returns,
    charge_change,
    found_charge_change,
    found_refund_change,
    give_back,
)
from activities.payment_reversals import note_reversal
from activities.payment_settlement import is_followed, settlement
from activities.providers.authorize_net_results import CardRef, ChargeOutcome, FoundCharge
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError
from activities.vendor_calls import vendor_calls
from domain.accounts import Card
from domain.errors import RefusedError
from domain.payments import Kind, Purpose, State, is_final

T = TypeVar("T")
# What follows from a payment's end, written in the same transaction; returns the outbox ids of new mails.
Follow = Callable[[Connection, Payment, datetime], Sequence[str]]
DESCRIPTIONS: Mapping[Purpose, str] = MappingProxyType({Purpose.DEPOSIT: "Deposit", Purpose.ORDER: "Vehicle purchase"})
REJECTED = "REJECTED"
# A payment's workflow tells of its end at once, and tries for ten minutes.
NEWS_SINCE = timedelta(hours=1)
MANY_REVERSALS = 10
log = structlog.get_logger(__name__)


class Charges(Returns, Protocol):
    """The payment vendor, as `activities.providers.authorize_net.AuthorizeNet` speaks to it."""

    async def charge(self, card: CardRef, amount_cents: int, reference: str, description: str) -> ChargeOutcome:
        """Take money; the same call made again within 8 hours takes nothing more."""

    async def find_charge(self, profile_id: str, reference: str, amount_cents: int) -> FoundCharge:
        """What became of a charge."""


class Accounts(Protocol):
    """The way to a person's account workflow."""

    async def look_again(self, user_id: int) -> object:
        """Let the account judge itself anew. Raises RefusedError for one that is closed."""


class Postman(Protocol):
    """Sends mails that were just written; without one the sweep finds them."""

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on these mails. Never raises."""


class Orders(Protocol):
    """The way to the orders' workflows."""

    async def payment_news(self, order_id: int) -> None:
        """A payment of the order has moved. Raises where the workflow cannot be reached."""


class PaymentWork(contracts.PaymentActivities):
    """The worker's side of the Payment workflow. `follow` says, by purpose, what a payment's end entails; that
    `many_reversals` charges are taken back within a day is an error in the log."""

    def __init__(
        self,
        engine: Engine,
        vendor: Charges,
        account: Accounts,
        follow: Mapping[Purpose, Follow],
        postman: Postman | None = None,
        orders: Orders | None = None,
        *,
        many_reversals: int = MANY_REVERSALS,
    ) -> None:
        self._engine = engine
        self._vendor = vendor
        self._accounts = account
        self._follow = follow
        self._postman = postman
        self._orders = orders
        self._many_reversals = many_reversals

    @activity.defn(name="open_payment")
    async def open_payment(self, payment_id: int) -> contracts.PaymentPlan:
        """Read what is to be done, and which card it is for; without one a charge fails and a return finds its way."""
        payment, card = await self._write(lambda c: self._opened(c, payment_id))
        fresh = payment.state is State.CREATED
        profile_id, payment_profile_id = ("", "") if card is None else (card.profile_id, card.payment_profile_id)
        return contracts.PaymentPlan(
            payment.kind, payment.state, payment.user_id, fresh, profile_id, payment_profile_id
        )

    @activity.defn(name="charge_payment")
    async def charge_payment(self, work: contracts.PaymentTry) -> contracts.PaymentState:
        """Charge the card at most once per claim; raises only where the vendor has certainly taken nothing."""
        claimed = await self._claim(work)
        if isinstance(claimed, Payment):
            return _told(claimed)
        change = await self._outcome(claimed, self._charged(claimed, work))
        return _told(await self._mark(work.payment_id, change))

    @activity.defn(name="refund_payment")
    async def refund_payment(self, work: contracts.PaymentTry) -> contracts.PaymentState:
        """Void or refund at most once per claim; one that has to wait for the settlement is given back. Nothing of a
        charge that was taken back from us is given back a second time."""
        claimed = await self._write(lambda c: self._claimed_return(c, work))
        if isinstance(claimed, Payment):
            return _told(claimed)
        charge = await self._read(lambda c: _charge_of(c, claimed.payment))
        change = await self._outcome(claimed, give_back(self._vendor, claimed.payment, charge, _card(work)))
        if change is None:
            released = await self._write(lambda c: payments.release(c, claimed, utc_now()))
            return contracts.PaymentState(released.state, released.code or "", waits=True)
        return _told(await self._concluded(claimed.payment, charge, change, again=claimed.again))

    @activity.defn(name="look_up_payment")
    async def look_up_payment(self, work: contracts.PaymentTry) -> contracts.PaymentState:
        """Find out at the vendor what became of a payment: by our reference, or by its transaction once it was done, to
        learn whether it still is."""
        payment = await self._write(lambda c: _in_doubt(c, work.payment_id))
        if is_followed(payment):
            return await self._followed(payment)
        if is_final(payment.state) or payment.state is State.CREATED:
            return _told(payment)
        with vendor_calls():
            change = await self._found(payment, work)
        if change is None:
            return contracts.PaymentState(payment.state, payment.code or "", absent=True)
        return _told(change if isinstance(change, Payment) else await self._mark(work.payment_id, change))

    @activity.defn(name="end_payment")
    async def end_payment(self, work: contracts.EndPayment) -> contracts.PaymentState:
        """Give up: what was never sent has failed, what is in doubt is for a person to find out."""
        return _told(await self._write(lambda c: self._ended(c, work)))

    @activity.defn(name="tell_account")
    async def tell_account(self, user_id: int) -> None:
        """Let the person's account look at itself again, and the orders whose payments have moved; one that is closed
        needs no news."""
        if self._orders is not None:
            for order_id in await self._read(lambda c: order_money.with_news(c, user_id, utc_now() - NEWS_SINCE)):
                await self._orders.payment_news(order_id)
        with contextlib.suppress(RefusedError):
            await self._accounts.look_again(user_id)

    def _opened(self, connection: Connection, payment_id: int) -> tuple[Payment, CardRef | None]:
        payment = _known(connection, payment_id)
        card = _card_of(connection, payment)
        if payment.state is State.CREATED and payment.kind is Kind.CHARGE and card is None:
            payment, _ = self._moved(connection, payment_id, Change(State.FAILED, code=NO_CARD))
        return payment, card

    def _ended(self, connection: Connection, work: contracts.EndPayment) -> Payment:
        payment = _in_doubt(connection, work.payment_id)
        if not is_final(payment.state) and (payment.state is State.CREATED or not work.unsent_only):
            state = State.FAILED if payment.state is State.CREATED else State.MANUAL
            payment, _ = self._moved(connection, work.payment_id, Change(state, code=work.code))
        return payment

    async def _charged(self, claimed: Claimed, work: contracts.PaymentTry) -> Change:
        payment = claimed.payment
        description = DESCRIPTIONS[payment.purpose]
        outcome = await self._vendor.charge(_card(work), payment.amount_cents, payment.reference, description)
        return charge_change(outcome, again=claimed.again)

    async def _found(self, payment: Payment, work: contracts.PaymentTry) -> Change | Payment | None:
        if payment.kind is Kind.CHARGE:
            if not work.profile_id:
                return None
            found = await self._vendor.find_charge(work.profile_id, payment.reference, payment.amount_cents)
            return found_charge_change(found)
        charge = await self._read(lambda c: _charge_of(c, payment))
        change = await found_refund_change(self._vendor, payment, charge, work.profile_id)
        return await self._concluded(payment, charge, change, again=True) if isinstance(change, ChargeLost) else change

    async def _followed(self, payment: Payment) -> contracts.PaymentState:
        """A payment that was done, as the vendor shows it now. Written only if it is still as it was read."""
        with vendor_calls():
            shown = await self._vendor.transaction(payment.transaction_id or "")
        judged = settlement(payment, None if shown is None else shown.status)
        if judged.change is None:
            if not judged.waits:
                await self._note_cleared(payment)
            return contracts.PaymentState(payment.state, payment.code or "", waits=judged.waits)
        found = await self._mark(payment.id, judged.change, only_from=payment.state)
        # Not moved: another run was first, or a return of ours let the charge go and will know by itself.
        waits = judged.waits if found.state is judged.change.state else await self._write(lambda c: _is_open(c, found))
        return contracts.PaymentState(found.state, found.code or "", waits=waits)

    async def _note_cleared(self, payment: Payment) -> None:
        """A charge that holds for good may be passed on, which its order is waiting for."""
        if payment.kind is Kind.CHARGE and payment.state is State.DONE:
            await self._write(lambda c: payments.note_cleared(c, payment.id, utc_now()))
            if payment.order_id is not None and self._orders is not None:
                await self._orders.payment_news(payment.order_id)

    async def _concluded(
        self, payment: Payment, charge: Payment, outcome: Change | ChargeLost, *, again: bool
    ) -> Payment:
        """End a return; one of a charge that is lost ends with it. Whatever dies in between finds the charge again."""
        if isinstance(outcome, ChargeLost):
            await self._mark(charge.id, Change(State.REVERSED, code=outcome.status), only_from=State.DONE)
            outcome = outcome.ends_return(again=again)
        return await self._mark(payment.id, outcome)

    def _claimed_return(self, connection: Connection, work: contracts.PaymentTry) -> Claimed | Payment:
        payment = _known(connection, work.payment_id)
        if _charge_of(connection, payment).state is not State.REVERSED:
            return payments.claim(connection, work.payment_id, utc_now(), resend_until=work.resend_until)
        if payment.state is State.CREATED:
            payment, _ = self._moved(connection, payment.id, Change(State.FAILED, code=CHARGE_REVERSED))
        return payment if payment.state is not State.SENDING else _in_doubt(connection, payment.id)

    async def _outcome(self, claimed: Claimed, call: Awaitable[T]) -> T | Change:
        """What a sending came to. Any error that is not named here leaves the row half sent, and so in doubt."""
        payment_id = claimed.payment.id
        try:
            return await call
        except UnavailableError as error:
            reason = error.reason
            await self._write(lambda c: payments.release(c, claimed, utc_now(), reason))
            with vendor_calls():
                raise
        except OutcomeUnknownError as error:
            log.warning("payment_outcome_unknown", payment_id=payment_id, reason=error.reason)
            return Change(State.UNKNOWN, code=error.reason)
        except (RejectedError, ValueError):
            log.exception("payment_rejected", payment_id=payment_id)
            return Change(State.UNKNOWN if claimed.again else State.FAILED, code=REJECTED)

    async def _claim(self, work: contracts.PaymentTry) -> Claimed | Payment:
        return await self._write(
            lambda c: payments.claim(c, work.payment_id, utc_now(), resend_until=work.resend_until)
        )

    async def _mark(self, payment_id: int, change: Change, *, only_from: State | None = None) -> Payment:
        payment, outbox_ids = await self._write(lambda c: self._moved(c, payment_id, change, only_from))
        if outbox_ids and self._postman is not None:
            await self._postman.send(outbox_ids)
        return payment

    def _moved(
        self, connection: Connection, payment_id: int, change: Change, only_from: State | None = None
    ) -> tuple[Payment, Sequence[str]]:
        """Move a payment and let its end have its consequences, in one transaction."""
        now, before = utc_now(), payments.locked(connection, payment_id)
        payment, moved = payments.mark(connection, payment_id, change, now, only_from=only_from)
        if not moved:
            return payment, []
        note_reversal(connection, before, payment, now, many=self._many_reversals)
        facts = {"payment_id": payment_id, "kind": payment.kind.value, "state": payment.state.value}
        log.info("payment_moved", **facts)
        refused = payment.kind is not Kind.CHARGE and payment.state in {State.DECLINED, State.FAILED}
        if payment.state is State.MANUAL or refused:
            log.error("payment_needs_a_person", code=payment.code, **facts)
        if payment.state is State.REVERSED:
            log.error("payment_taken_back", code=payment.code, **facts)
        return payment, self._follow[payment.purpose](connection, payment, now) if is_final(payment.state) else []

    async def _read(self, query: Callable[[Connection], T]) -> T:
        def work() -> T:
            with reading(self._engine) as connection:
                return query(connection)

        return await asyncio.to_thread(work)

    async def _write(self, query: Callable[[Connection], T]) -> T:
        def work() -> T:
            with transaction(self._engine) as connection:
                return query(connection)

        return await asyncio.to_thread(work)


def _known(connection: Connection, payment_id: int) -> Payment:
    payment = payments.find(connection, payment_id)
    if payment is None:
        raise LookupError(payment_id)
    return payment


def _in_doubt(connection: Connection, payment_id: int) -> Payment:
    """The payment; one found half sent is in doubt from now on."""
    payment = _known(connection, payment_id)
    if payment.state is State.SENDING:
        payment, _ = payments.mark(connection, payment_id, Change(State.UNKNOWN), utc_now())
    return payment


def _is_open(connection: Connection, charge: Payment) -> bool:
    """Whether a charge that should have been reversed waits for a return that has not ended yet."""
    back = payments.whole_return(connection, charge) if charge.state is State.DONE else None
    return back is not None and not is_final(back.state)


def _card_of(connection: Connection, payment: Payment) -> CardRef | None:
    """The stored card of a payment's person, or for a return only who they are to the vendor."""
    account = accounts.find(connection, payment.user_id)
    if account is None or account.card.profile_id is None:
        return None
    card_id = account.card.payment_profile_id if account.facts.card is Card.STORED else None
    if card_id is None and payment.kind is Kind.CHARGE:
        return None
    return CardRef(account.card.profile_id, card_id or "")


def _charge_of(connection: Connection, payment: Payment) -> Payment:
    return _known(connection, payment.of_payment_id or 0)


def _card(work: contracts.PaymentTry) -> CardRef:
    return CardRef(work.profile_id, work.payment_profile_id)


def _told(payment: Payment) -> contracts.PaymentState:
    return contracts.PaymentState(payment.state, payment.code or "")
