"""The demo's people as somebody who has come through the whole account would be: verified, with a card, cleared.

Whoever registers in the demo goes the real way, through the sandboxes; these accounts exist before them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection

from activities.db import accounts, people
from activities.db.accounts import Account, Values
from activities.keys import Sealer
from activities.one_time_codes import CodeSecrets
from activities.sealed_forms import LegalDetails, SealedForms
from domain.accounts import TERMS_VERSION, Card, Identity
from temporal.demo.authenticators import pair
from temporal.demo.people import DemoPerson

GOOD_FOR = timedelta(days=730)
# Enough for any lot of the demo.
DEALERS_LINE_CENTS = 500_000_000
NOTHING: Values = MappingProxyType({})


class Clearing:
    """Shows for people, once, what they would have shown themselves."""

    def __init__(self, secret: bytes) -> None:
        self._forms = SealedForms(Sealer(secret))
        self._codes = CodeSecrets(secret)

    def settle(self, connection: Connection, ids: dict[str, int], now: datetime) -> None:
        """Mail reaches everybody (`ids` by address), and the staff have their authenticator apps."""
        for user_id in ids.values():
            people.note_verified(connection, user_id, now)
        pair(connection, self._codes, ids, now)

    def buyers(self, connection: Connection, persons: Iterable[DemoPerson], ids: dict[str, int], now: datetime) -> None:
        """Clear them to bid. Whoever has an account of their own is left as they are."""
        for person in persons:
            self._clear(connection, person, ids[person.email], now)

    def _clear(self, connection: Connection, person: DemoPerson, user_id: int, now: datetime) -> None:
        def decide(account: Account) -> Values:
            if account.legal_sealed is not None:
                return NOTHING
            first, _, last = person.name.partition(" ")
            details = LegalDetails(first, last or first, "1 Hammer Street", "Saint Paul", "MN", "55102")
            return {
                "identity_status": Identity.APPROVED.value,
                "identity_at": now,
                "identity_expires_at": now + GOOD_FOR,
                "card_status": Card.STORED.value,
                "card_brand": "Visa",
                "card_last4": "1111",
                "card_at": now,
                "legal_sealed": self._forms.seal(user_id, details),
                "legal_matches": True,
                "legal_at": now,
                "terms_version": TERMS_VERSION,
                "terms_at": now,
                "dealer_line_cents": person.buying_limit_cents or DEALERS_LINE_CENTS,
            }

        accounts.change(connection, user_id, now, decide)
