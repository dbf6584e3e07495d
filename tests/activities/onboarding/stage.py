"""A person on a real database between both vendors' sandboxes, and onboarding's activities as a worker runs them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine, select, update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.account_book import AccountBook
from activities.card_vault import CardVault
from activities.contracts import (
    AcceptTerms,
    AccountStatus,
    CardKept,
    GiveDetails,
    IdentityOpened,
    KeepCard,
    OpenIdentity,
    ReadIdentity,
)
from activities.db import accounts
from activities.db.accounts import Account
from activities.db.engine import reading, transaction
from activities.db.tables import notifications, users
from activities.fingerprints import Fingerprints
from activities.identity_checks import IdentityChecks
from activities.keys import Sealer
from activities.link_notes import LinkNotes
from activities.onboarding import OnboardingWork
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.persona import Persona
from activities.sealed_forms import CardForm, LegalDetails, SealedForms
from domain.accounts import TERMS_VERSION
from domain.clock import truncate
from tests.sandbox.authorize_net.control import EXPIRES, Sandbox
from tests.sandbox.persona.stage import Stage

SITE = "https://auctions.example"
FORMS = SealedForms(Sealer(b"s" * 32))
PRINTS = Fingerprints(b"s" * 32)
DETAILS = LegalDetails("Ada", "Byron", "1 Main St", "Duluth", "MN", "55801")
TRIES = 6

T = TypeVar("T")


@dataclass(slots=True)
class Posted:
    """Knows the mails it was told of."""

    outbox_ids: list[str] = field(default_factory=list)

    async def send(self, outbox_ids: Any) -> None:
        self.outbox_ids.extend(outbox_ids)


@dataclass(slots=True)
class Scene:
    """`user_id` with a verified address; time can be put forward for us alone."""

    engine: Engine
    persona: Stage
    bank: Sandbox
    work: OnboardingWork
    user_id: int
    posted: Posted
    clock: "Clock"

    @property
    def account(self) -> Account:
        with reading(self.engine) as connection:
            found = accounts.find(connection, self.user_id)
        assert found is not None
        return found

    @property
    def reference(self) -> str:
        return f"account-{self.user_id}"

    def allowed(self) -> tuple[bool, int | None, int | None]:
        columns = (users.c.can_bid, users.c.buying_limit_cents, users.c.lots_limit)
        with reading(self.engine) as connection:
            can_bid, limit, lots = connection.execute(select(*columns).where(users.c.id == self.user_id)).one()
        return can_bid, limit, lots

    def mails(self) -> list[str]:
        """The kinds of the mails that were written, oldest first."""
        query = select(notifications.c.kind).order_by(notifications.c.created_at, notifications.c.kind)
        with reading(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def erase(self) -> None:
        with transaction(self.engine) as connection:
            connection.execute(update(users).where(users.c.id == self.user_id).values(erased_at=self.clock()))

    async def run(self, call: Callable[..., Awaitable[T]], *arguments: object, attempt: int = 1) -> T:
        """One attempt of an activity."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        answer: T = await environment.run(call, *arguments)
        return answer

    async def retried(self, call: Callable[..., Awaitable[T]], *arguments: object) -> T:
        """An activity as Temporal runs it: again after each failure that may pass."""
        for attempt in range(1, TRIES):
            try:
                return await self.run(call, *arguments, attempt=attempt)
            except ApplicationError as error:
                if error.non_retryable:
                    raise
        return await self.run(call, *arguments, attempt=TRIES)

    async def open(self, begun: list[str] | None = None, tries: int = 0) -> IdentityOpened:
        return await self.retried(self.work.open_identity, OpenIdentity(self.user_id, begun or [], tries))

    def card(self, *, nonce: str = "", zip_code: str = "55801", look_first: bool = False, **card: str) -> KeepCard:
        """A wish with a fresh nonce unless one is given."""
        value = nonce or self.bank.nonce(**card).value
        form = CardForm("COMMON.ACCEPT.INAPP.PAYMENT", value, "Ada", "Byron", "1 Main St", "Duluth", "MN", zip_code)
        self.clock.advance(seconds=1)
        return KeepCard(self.user_id, FORMS.seal(self.user_id, form), self.clock(), look_first)

    async def keep(self, wish: KeepCard) -> CardKept:
        return await self.retried(self.work.keep_card, wish)

    async def approved(self) -> str:
        """Go through the identity check; gives the inquiry's id."""
        opened = await self.open()
        assert opened.inquiry_id is not None
        self.pass_check(opened.inquiry_id)
        await self.read()
        return opened.inquiry_id

    def pass_check(self, inquiry_id: str) -> None:
        self.persona.simulate(inquiry_id, "start_inquiry", "complete_inquiry", "approve_inquiry").raise_for_status()

    async def read(self, inquiry_id: str | None = None) -> AccountStatus:
        return await self.retried(self.work.read_identity, ReadIdentity(self.user_id, inquiry_id))

    async def give(self, details: LegalDetails = DETAILS) -> AccountStatus:
        return await self.run(self.work.give_details, GiveDetails(self.user_id, FORMS.seal(self.user_id, details)))

    async def accept(self, version: str = TERMS_VERSION) -> AccountStatus:
        return await self.run(self.work.accept_terms, AcceptTerms(self.user_id, version))

    async def cleared(self) -> None:
        """Everything in order."""
        await self.give()
        await self.approved()
        await self.keep(self.card(expires=EXPIRES))
        await self.accept()


class Clock:
    """The machine's time and what was put on top."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return truncate(datetime.now(UTC) + self._ahead)

    def advance(self, **duration: float) -> None:
        self._ahead += timedelta(**duration)


def make_work(
    engine: Engine, persona: Persona, cards: AuthorizeNet, clock: Callable[[], datetime], posted: Posted | None = None
) -> OnboardingWork:
    """The activities on these."""
    book, notes = AccountBook(engine, SITE, posted, clock), LinkNotes(engine, FORMS, PRINTS)
    return OnboardingWork(
        book,
        IdentityChecks(persona, book, FORMS, f"{SITE}/account/identity"),
        CardVault(cards, book, FORMS, notes),
        notes,
    )
