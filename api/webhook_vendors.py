"""The vendors whose webhooks we take: how each signs, and what is kept of what it sends."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.datastructures import Headers

from activities.db import notifications, webhooks
from activities.db.webhooks import NewEvent
from activities.vendor_events import authorize_net, persona, sendgrid
from activities.vendor_settings import VendorSettings, several

PERSONA, AUTHORIZE_NET, SENDGRID = "persona", "authorize-net", "sendgrid"
UNREADABLE = "unreadable"
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Vendor:
    """`is_genuine` judges the raw body with its headers; `read` raises ValueError for what is no such webhook; `note`
    writes down, in the same transaction as the events, what else a delivery tells."""

    name: str
    is_genuine: Callable[[bytes, Headers, datetime], bool]
    read: Callable[[bytes], Sequence[NewEvent]]
    note: Callable[[Connection, bytes, datetime], object] | None = None

    def store(self, connection: Connection, raw: bytes, now: datetime) -> int:
        """Keep what a genuine webhook tells and return how many events were new. One that cannot be read is kept under
        its digest, for people to look into."""
        try:
            events = self.read(raw)
            if self.note is not None:
                self.note(connection, raw, now)
        except ValueError:
            events = [NewEvent(hashlib.sha256(raw).hexdigest(), UNREADABLE, "", None)]
        return webhooks.store(connection, self.name, events, now)


def vendors_of(settings: VendorSettings) -> Mapping[str, Vendor]:
    """All of them, with the keys of the settings."""
    secrets = several(settings.persona_webhook_secrets)
    signature_keys = several(settings.authorize_net_signature_keys)
    public_keys = several(settings.sendgrid_public_keys)

    def from_persona(raw: bytes, headers: Headers, now: datetime) -> bool:
        return persona.verify(raw, headers.get("persona-signature", ""), secrets, now, FRESH)

    def from_authorize_net(raw: bytes, headers: Headers, _now: datetime) -> bool:
        return authorize_net.verify(raw, headers.get("x-anet-signature"), signature_keys)

    def from_sendgrid(raw: bytes, headers: Headers, now: datetime) -> bool:
        signature, signed_at = headers.get(sendgrid.SIGNATURE_HEADER, ""), headers.get(sendgrid.TIMESTAMP_HEADER, "")
        return sendgrid.verify(raw, signature, signed_at, public_keys, now, FRESH)

    found = (
        Vendor(PERSONA, from_persona, _persona_events),
        Vendor(AUTHORIZE_NET, from_authorize_net, _payment_events),
        Vendor(SENDGRID, from_sendgrid, _mail_events, _note_mail),
    )
    return {vendor.name: vendor for vendor in found}


def _persona_events(raw: bytes) -> Sequence[NewEvent]:
    event = persona.read_event(raw)
    thing = f"{event.inquiry_id or ''}/{event.reference_id or ''}"[:120]
    return [NewEvent(event.event_id, event.name[:80], thing, event.created_at)]


def _payment_events(raw: bytes) -> Sequence[NewEvent]:
    event = authorize_net.read_event(raw)
    thing = f"{event.profile_id or ''}/{event.payment_profile_id or ''}"
    if event.transaction_id:
        # A transaction whose answer was lost is known to us by our reference alone; other people's may hold anything.
        reference = str(event.reference or "")
        thing = f"{event.transaction_id}:{reference}" if reference.isalnum() else event.transaction_id
    return [NewEvent(event.notification_id, event.event_type[:80], thing[:120], event.occurred_at)]


def _mail_events(raw: bytes) -> Sequence[NewEvent]:
    return [
        NewEvent(event.event_id, event.kind.value, event.outbox_id, event.occurred_at)
        for event in sendgrid.read_events(raw)
    ]


def _note_mail(connection: Connection, raw: bytes, now: datetime) -> object:
    return notifications.note_events(connection, sendgrid.read_events(raw), now)
