"""The door into accounts without Temporal: each step is done on the real database at once, the vendors always agree."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.db import accounts
from activities.db.engine import transaction
from domain.clock import truncate
from temporal.accounts import Accounts
from workflows import account_messages as messages
from workflows.ids import account_workflow_id

CARD: Mapping[str, object] = {
    "profile_id": "11",
    "payment_profile_id": "22",
    "card_status": "stored",
    "card_brand": "Visa",
    "card_last4": "1111",
    "card_expires": "2099-12",
}
NO_CARD: Mapping[str, object] = {**dict.fromkeys(CARD), "card_status": "none"}


class AccountsDouble(Accounts):
    """`identity` and `card` are the next outcomes, `away` is a Temporal that nobody reaches; `wishes` is what came."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(cast("Client", None), "nowhere")
        self._engine = engine
        self.identity = "link"
        self.card = messages.CardResult("stored")
        self.away = False
        self.wishes: list[Any] = []
        self.signals: Counter[str] = Counter()

    async def _update(self, user_id: int, update: Any, wish: object, update_id: str = "") -> Any:
        del update, update_id
        self.wishes.append(wish)
        return await self._reaching(self._answer(user_id, wish))

    async def _signal(self, user_id: int, name: str, *arguments: object) -> str:
        del arguments
        self.signals[name] += 1
        await self._reaching(self._arrive())
        return account_workflow_id(user_id)

    async def _arrive(self) -> None:
        if self.away:
            raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")

    async def _answer(self, user_id: int, wish: object) -> Any:
        await self._arrive()
        now = truncate(datetime.now(UTC))
        match wish:
            case messages.BeginIdentity():
                link = self.identity == "link"
                url = "https://vendor.example/verify?code=us1-x" if link else None
                return messages.IdentityLink(self.identity, url, now + timedelta(hours=1) if link else None)
            case messages.StoreCard():
                if self.card.outcome == "stored":
                    self._write(user_id, now, {**CARD, "card_at": now})
                return self.card
            case messages.RemoveCard():
                return self._write(user_id, now, NO_CARD)
            case messages.GiveDetails():
                return self._write(user_id, now, {"legal_sealed": wish.sealed, "legal_matches": None, "legal_at": now})
            case messages.AcceptTerms():
                return self._write(user_id, now, {"terms_version": wish.version, "terms_at": now})
            case _:
                return self._write(user_id, now, {})

    def _write(self, user_id: int, now: datetime, values: Mapping[str, object]) -> messages.AccountAnswer:
        with transaction(self._engine) as connection:
            changed = accounts.change(connection, user_id, now, lambda _: values)
        assert changed is not None
        missing = [item.code for item in changed.clearance.missing]
        return messages.AccountAnswer("done", changed.clearance.cleared, missing)
