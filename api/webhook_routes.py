"""From a stored webhook to the workflow it is about. What a webhook says is never believed: its thing is read again."""

import re

from sqlalchemy import Connection

from activities.db import accounts as accounts_db
from activities.db import payments as payments_db
from activities.db.webhooks import Event
from api.database import Database
from temporal.accounts import Accounts
from temporal.notices import Notices
from temporal.payments import Payments
from temporal.webhooks import Route
from workflows.account_messages import CardEvent, IdentityEvent
from workflows.ids import notice_workflow_id, payment_workflow_id

REFERENCE = re.compile(r"account-([1-9][0-9]{0,17})")


def mail_route(notices: Notices) -> Route:
    """News of a mail goes to its Notice; the outbox row has it already."""

    async def bring(event: Event) -> str | None:
        if not event.thing:
            return None
        await notices.mail_event(event.thing)
        return notice_workflow_id(event.thing)

    return bring


def identity_route(accounts: Accounts, database: Database) -> Route:
    """News of an inquiry goes to the person it was opened for, found by our reference or by the inquiry's id."""

    async def bring(event: Event) -> str | None:
        inquiry_id, _, reference = event.thing.partition("/")
        named = REFERENCE.fullmatch(reference)
        user_id = int(named[1]) if named else await database.read(accounts_db.user_of_inquiry, inquiry_id)
        if user_id is None or await database.read(accounts_db.find, user_id) is None:
            return None
        return await accounts.identity_event(user_id, IdentityEvent(event.event_id, inquiry_id, event.kind))

    return bring


def vendor_route(of_payments: Route, of_cards: Route) -> Route:
    """News of Authorize.Net is about a transaction, or about a profile and a card, which a slash parts."""

    async def bring(event: Event) -> str | None:
        return await (of_cards if "/" in event.thing else of_payments)(event)

    return bring


def payment_route(payments: Payments, database: Database) -> Route:
    """News of a transaction goes to the payments that it is about, found by our reference and by the vendor's id: a
    charge and its void have the same one, and a payment whose answer was lost has none yet."""

    async def bring(event: Event) -> str | None:
        transaction_id, _, reference = event.thing.partition(":")
        found = await database.read(_payments_of, transaction_id, reference)
        for payment_id in found:
            await payments.payment_event(payment_id)
        return payment_workflow_id(found[0]) if found else None

    return bring


def _payments_of(connection: Connection, transaction_id: str, reference: str) -> list[int]:
    named = payments_db.by_reference(connection, reference) if reference else None
    known = payments_db.by_transaction(connection, transaction_id) if transaction_id else []
    return known if named is None else [named, *(each for each in known if each != named)]


def card_route(accounts: Accounts, database: Database) -> Route:
    """News of a stored card goes to the person whose profile it belongs to."""

    async def bring(event: Event) -> str | None:
        profile_id, slash, _ = event.thing.partition("/")
        user_id = await database.read(accounts_db.user_of_profile, profile_id) if slash and profile_id else None
        if user_id is None:
            return None
        return await accounts.card_event(user_id, CardEvent(event.event_id, profile_id))

    return bring
