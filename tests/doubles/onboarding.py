"""The activities of onboarding without database and vendors: the real rules judge, the test is the vendors."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import contracts
from domain.accounts import TERMS_VERSION, Card, Facts, Identity, changes_at, clearance
from domain.clock import truncate
from domain.identity import GOOD_FOR, after, asked_again_at, is_open

# The tests that put the time forward share one server.


@dataclass
class Kept:
    """What the database and the vendors know of one person; a test changes it as they would."""

    facts: Facts = field(default_factory=lambda: Facts(email_verified=True))
    inquiry_id: str | None = None
    identity_at: datetime | None = None
    inquiries: dict[str, Identity] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    sealed: str = ""
    erased: bool = False
    closed: bool = False


class KeptAccounts(contracts.OnboardingActivities):
    """`away`: activities whose vendor does not answer; `mistaken`: those that fail for good; `held`: those that wait
    for `open`; `declined`: nonces whose card is."""

    def __init__(self) -> None:
        self.people: dict[int, Kept] = {}
        self.calls: Counter[str] = Counter()
        self.works: list[Any] = []
        self.away: set[str] = set()
        self.mistaken: set[str] = set()
        self.held: set[str] = set()
        self.declined: set[str] = set()
        self.open = asyncio.Event()
        self.at_once: Counter[str] = Counter()
        self.most_at_once = 0
        self._numbers = count(1)

    def of(self, user_id: int) -> Kept:
        return self.people.setdefault(user_id, Kept())

    def let_go(self) -> None:
        """Everything goes well from now on."""
        for troubled in (self.away, self.mistaken, self.held):
            troubled.clear()
        self.open.set()

    @activity.defn(name="look_at_account")
    async def look_at_account(self, user_id: int) -> contracts.AccountStatus:
        await self._arrive("look_at_account", user_id)
        return self._status(user_id)

    @activity.defn(name="open_identity")
    async def open_identity(self, work: contracts.OpenIdentity) -> contracts.IdentityOpened:
        await self._arrive("open_identity", work)
        kept = self.of(work.user_id)
        if kept.facts.identity is Identity.APPROVED:
            return contracts.IdentityOpened("approved", self._status(work.user_id))
        if kept.inquiry_id is None or kept.facts.identity in {Identity.FAILED, Identity.NONE}:
            kept.inquiry_id = f"inq_{next(self._numbers)}"
            kept.inquiries[kept.inquiry_id] = Identity.PENDING
            self._believe(kept, Identity.PENDING, anew=True)
        await self._leave("open_identity")
        url = f"https://vendor.example/verify?code={next(self._numbers)}"
        return contracts.IdentityOpened("link", self._status(work.user_id), kept.inquiry_id, url, _now())

    @activity.defn(name="read_identity")
    async def read_identity(self, work: contracts.ReadIdentity) -> contracts.AccountStatus:
        await self._arrive("read_identity", work)
        kept = self.of(work.user_id)
        if kept.inquiry_id is not None:
            self._believe(kept, kept.inquiries[kept.inquiry_id])
        if kept.sealed and kept.facts.identity is Identity.APPROVED:
            kept.facts = replace(kept.facts, legal_matches=True)
        await self._leave("read_identity")
        return self._status(work.user_id)

    @activity.defn(name="keep_card")
    async def keep_card(self, work: contracts.KeepCard) -> contracts.CardKept:
        await self._arrive("keep_card", work)
        kept = self.of(work.user_id)
        await self._leave("keep_card")
        if work.sealed in self.declined:
            return contracts.CardKept("declined", self._status(work.user_id), "2")
        if work.sealed in kept.cards:
            return contracts.CardKept("nonce_refused", self._status(work.user_id), "E00114")
        kept.cards[work.sealed] = f"card {next(self._numbers)}"
        # A card whose end nobody tells has no timer, which would carry the whole session's clock with it.
        kept.facts = replace(kept.facts, card=Card.STORED)
        return contracts.CardKept("stored", self._status(work.user_id))

    @activity.defn(name="read_card")
    async def read_card(self, user_id: int) -> contracts.AccountStatus:
        await self._arrive("read_card", user_id)
        return self._status(user_id)

    @activity.defn(name="remove_card")
    async def remove_card(self, user_id: int) -> contracts.AccountStatus:
        await self._arrive("remove_card", user_id)
        self.of(user_id).facts = replace(self.of(user_id).facts, card=Card.NONE, card_expires=None)
        return self._status(user_id)

    @activity.defn(name="give_details")
    async def give_details(self, work: contracts.GiveDetails) -> contracts.AccountStatus:
        await self._arrive("give_details", work)
        kept = self.of(work.user_id)
        kept.sealed, kept.facts = work.sealed, replace(kept.facts, details_given=True, legal_matches=None)
        return self._status(work.user_id)

    @activity.defn(name="accept_terms")
    async def accept_terms(self, work: contracts.AcceptTerms) -> contracts.AccountStatus:
        await self._arrive("accept_terms", work)
        self.of(work.user_id).facts = replace(self.of(work.user_id).facts, terms_version=work.version)
        return self._status(work.user_id)

    @activity.defn(name="close_account")
    async def close_account(self, work: contracts.CloseAccount) -> None:
        await self._arrive("close_account", work)
        kept = self.of(work.user_id)
        kept.closed, kept.cards, kept.inquiries = True, {}, {}

    def all(self) -> list[Any]:
        """The activities, for a worker."""
        return [
            self.look_at_account,
            self.open_identity,
            self.read_identity,
            self.keep_card,
            self.read_card,
            self.remove_card,
            self.give_details,
            self.accept_terms,
            self.close_account,
        ]

    async def _arrive(self, name: str, work: Any) -> None:
        self.calls[name] += 1
        self.works.append(work)
        if name in self.away:
            raise ApplicationError("the vendor is away", type="Unavailable")
        if name in self.mistaken:
            raise ApplicationError("the vendor does not understand us", type="Rejected", non_retryable=True)

    async def _leave(self, name: str) -> None:
        self.at_once[name] += 1
        self.most_at_once = max(self.most_at_once, self.at_once[name])
        if name in self.held:
            await self.open.wait()
        await asyncio.sleep(0)
        self.at_once[name] -= 1

    @staticmethod
    def _believe(kept: Kept, told: Identity, *, anew: bool = False) -> None:
        moved = told if anew else after(kept.facts.identity, told)
        if anew or moved is not kept.facts.identity:
            kept.identity_at = _now()
            ends = kept.identity_at + GOOD_FOR if moved is Identity.APPROVED else None
            kept.facts = replace(kept.facts, identity=moved, identity_expires_at=ends)

    def _status(self, user_id: int) -> contracts.AccountStatus:
        kept, now = self.of(user_id), _now()
        judged = clearance(kept.facts, now)
        asked = asked_again_at(kept.facts.identity, kept.identity_at, now)
        moments = [*changes_at(kept.facts, now), *([asked] if asked else [])]
        return contracts.AccountStatus(
            cleared=judged.cleared,
            missing=[item.code for item in judged.missing],
            next_look_at=min(moments, default=None),
            open_inquiry=kept.inquiry_id if is_open(kept.facts.identity) else None,
            gone=kept.erased,
        )


def _now() -> datetime:
    """The server's time, which a test may have put forward."""
    return truncate(activity.info().current_attempt_scheduled_time)


COMPLETE = Facts(email_verified=True, details_given=True, legal_matches=True, terms_version=TERMS_VERSION)
