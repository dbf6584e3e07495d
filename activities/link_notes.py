"""What legal details and a card say of who belongs together, noted as the fingerprints that linked accounts share."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from activities.db import links
from activities.db.engine import transaction
from activities.fingerprints import Fingerprints
from activities.providers.authorize_net_results import CardSummary
from activities.sealed_forms import CardForm, LegalDetails, SealedForms
from domain.links import Evidence

ZIP_DIGITS = 5

Shown = tuple[Evidence, tuple[str, ...]]


class LinkNotes:
    """Notes what a person shows: the same again changes nothing, and of who was erased nothing is noted."""

    def __init__(self, engine: Engine, forms: SealedForms, fingerprints: Fingerprints) -> None:
        self._engine = engine
        self._forms = forms
        self._fingerprints = fingerprints

    async def details(self, user_id: int, sealed: str, now: datetime) -> None:
        """Note the address and the household of sealed legal details."""
        told = self._forms.open(user_id, sealed, LegalDetails)
        place = (told.street, told.zip[:ZIP_DIGITS])
        address = (Evidence.ADDRESS, (told.street, told.city, told.zip[:ZIP_DIGITS]))
        await asyncio.to_thread(self._note, user_id, [address, (Evidence.HOUSEHOLD, (told.last_name, *place))], now)

    async def card(self, user_id: int, sealed: str, kept: CardSummary, now: datetime) -> None:
        """Note a card that was kept. Its number is not known here, so that two cards may pass for one."""
        told = self._forms.open(user_id, sealed, CardForm)
        parts = (kept.brand, kept.last4, kept.expires, told.zip[:ZIP_DIGITS], told.last_name)
        await asyncio.to_thread(self._note, user_id, [(Evidence.CARD, parts)], now)

    def _note(self, user_id: int, shown: Sequence[Shown], now: datetime) -> None:
        with transaction(self._engine) as connection:
            if not links.stays(connection, user_id):
                return
            for kind, parts in shown:
                if all(any(map(str.isalnum, part)) for part in parts):
                    links.note_fingerprint(connection, user_id, kind, self._fingerprints.of(kind, *parts), now)
