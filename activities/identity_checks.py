"""The identity check at Persona: one open inquiry per person, believed only when it was read from there."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import assert_never
from uuid import UUID, uuid5

import structlog

from activities.account_book import GONE, AccountBook
from activities.contracts import AccountStatus, IdentityOpened, OpenIdentity
from activities.db.accounts import NOTHING, Account, Values
from activities.providers.failures import RejectedError
from activities.providers.persona import EXPIRES_IN_S, Persona
from activities.providers.persona_answers import Inquiry
from activities.sealed_forms import LegalDetails, SealedForms
from activities.vendor_events.persona import InquiryStatus
from domain.accounts import Identity
from domain.identity import GOOD_FOR, MOST_CHECKS, after
from domain.legal_names import LegalName, is_same_person

KEYS = UUID("7a1f0c52-0c7b-4c0e-9a52-6c2f3b9d7e10")
LINK_S = 3_600
# The first two tries share a key, which finds what a lost answer made. Persona repeats its first answer to a key for a
# day, a 500 too, so later ones have a key of their own; each of them has looked before.
SAME_KEY_TRIES = 2
NO_RECORD = "http_404"
FROM_VENDOR: Mapping[InquiryStatus, Identity] = MappingProxyType(
    {
        InquiryStatus.CREATED: Identity.PENDING,
        InquiryStatus.PENDING: Identity.PENDING,
        InquiryStatus.COMPLETED: Identity.COMPLETED,
        InquiryStatus.EXPIRED: Identity.EXPIRED,
        InquiryStatus.FAILED: Identity.FAILED,
        InquiryStatus.NEEDS_REVIEW: Identity.NEEDS_REVIEW,
        InquiryStatus.APPROVED: Identity.APPROVED,
        InquiryStatus.DECLINED: Identity.DECLINED,
        # What Persona may invent is for a person to look at, and never a pass.
        InquiryStatus.UNKNOWN: Identity.NEEDS_REVIEW,
    }
)
GIVES_WAY = frozenset({Identity.NONE, Identity.EXPIRED, Identity.FAILED})

log = structlog.get_logger(__name__)


def reference_of(user_id: int) -> str:
    """What we call a person at Persona."""
    return f"account-{user_id}"


class IdentityChecks:
    """The steps of the identity check. A vendor's failures pass through."""

    def __init__(self, persona: Persona, book: AccountBook, forms: SealedForms, return_url: str) -> None:
        self._persona = persona
        self._book = book
        self._forms = forms
        self._return_url = return_url

    async def open(self, work: OpenIdentity, attempt: int) -> IdentityOpened:
        """A link into the person's check. `attempt` counts the tries of this very call from 1."""
        account, status = await self._read(work.user_id, None)
        if account is None:
            return IdentityOpened("gone", GONE)
        match account.facts.identity:
            case Identity.APPROVED if not self._is_over(account):
                return IdentityOpened("approved", status)
            case Identity.COMPLETED | Identity.NEEDS_REVIEW:
                return IdentityOpened("waiting", status)
            case Identity.DECLINED:
                return IdentityOpened("declined", status)
            case Identity.PENDING | Identity.EXPIRED:
                return await self._go_on(account, status) or await self._begin(account, work, attempt)
            case Identity.NONE | Identity.FAILED | Identity.APPROVED:
                return await self._begin(account, work, attempt)
            case _ as unreachable:
                assert_never(unreachable)

    async def read(self, user_id: int, named: str | None) -> AccountStatus:
        """Ask Persona about the person's inquiry and one that an event named, then compare the legal names."""
        account, status = await self._read(user_id, named)
        if account is None:
            return GONE
        facts = account.facts
        unmatched = facts.details_given and facts.legal_matches is None
        if not unmatched or facts.identity is not Identity.APPROVED or account.inquiry_id is None:
            return status
        return await self._match(account, account.inquiry_id)

    async def forget(self, user_id: int, begun: list[str]) -> None:
        """Let Persona forget the person: every inquiry we know of, and those that it still counts."""
        account = await self._book.find(user_id, even_erased=True)
        known = [*begun, account.inquiry_id if account else None]
        for inquiry_id in dict.fromkeys(known):
            if inquiry_id is not None:
                await self._redact(inquiry_id)
        while (counted := await self._persona.newest_inquiry(reference_of(user_id))) is not None:
            await self._persona.redact(counted.inquiry_id)

    async def _read(self, user_id: int, named: str | None) -> tuple[Account | None, AccountStatus]:
        account = await self._book.find(user_id)
        if account is None:
            return None, GONE
        for inquiry_id in dict.fromkeys((account.inquiry_id, named)):
            inquiry = None if inquiry_id is None else await self._persona.inquiry(inquiry_id)
            if inquiry is not None and inquiry.reference_id == reference_of(user_id):
                await self._book.change(user_id, partial(self._believed, told=inquiry))
        status = await self._book.change(user_id)
        return await self._book.find(user_id), status

    def _believed(self, account: Account, told: Inquiry) -> Values:
        """What an inquiry changes; another one than the person's own only replaces one that came to nothing."""
        identity = FROM_VENDOR[told.status]
        known = account.facts.identity
        if told.redacted_at is not None:
            return NOTHING
        if told.inquiry_id != account.inquiry_id:
            replaces = known in GIVES_WAY or identity is Identity.APPROVED is not known
            return self._written(told, identity) if replaces else NOTHING
        moved = after(known, identity)
        return NOTHING if moved is known else self._written(told, moved)

    def _written(self, told: Inquiry, identity: Identity) -> Values:
        now = self._book.now()
        decided_at = told.decisioned_at or now
        return {
            "inquiry_id": told.inquiry_id,
            "identity_status": identity.value,
            "identity_at": now,
            "identity_expires_at": decided_at + GOOD_FOR if identity is Identity.APPROVED else None,
            "legal_matches": None,
        }

    async def _go_on(self, account: Account, status: AccountStatus) -> IdentityOpened | None:
        """Another link into an open inquiry, or an expired one opened again; None where Persona lets nobody in."""
        inquiry_id = account.inquiry_id or ""
        try:
            if account.facts.identity is Identity.EXPIRED:
                resumed = await self._persona.resume(inquiry_id)
                status = await self._book.change(account.user_id, partial(self._believed, told=resumed))
            url = await self._persona.one_time_link(inquiry_id, LINK_S)
        except RejectedError as error:
            log.info("identity_not_resumed", user_id=account.user_id, reason=error.reason)
            return None
        return IdentityOpened("link", status, inquiry_id, url, self._book.now() + timedelta(seconds=LINK_S))

    async def _begin(self, account: Account, work: OpenIdentity, attempt: int) -> IdentityOpened:
        known = {account.inquiry_id, *work.begun} - {None}
        tries = work.tries + attempt
        inquiry = await self._made_before(account.user_id, known) if tries > 1 else None
        if inquiry is None and len(known) >= MOST_CHECKS:
            return IdentityOpened("too_many", await self._book.change(account.user_id))
        if inquiry is None:
            inquiry = await self._create(account, len(known), tries)
        status = await self._book.change(account.user_id, partial(self._begun, made=inquiry))
        url, lasts_s = inquiry.one_time_link, EXPIRES_IN_S
        if url is None:
            url, lasts_s = await self._persona.one_time_link(inquiry.inquiry_id, LINK_S), LINK_S
        ends = self._book.now() + timedelta(seconds=lasts_s)
        return IdentityOpened("link", status, inquiry.inquiry_id, url, ends)

    async def _create(self, account: Account, number: int, tries: int) -> Inquiry:
        reference, fields = reference_of(account.user_id), self._names(account)
        # The same key with other fields would be refused.
        wish = f"{account.inquiry_id} {number} {max(0, tries - SAME_KEY_TRIES)} {sorted(fields.items())}"
        key = str(uuid5(KEYS, f"{account.user_id} {wish}"))
        return await self._persona.create_inquiry(reference, key, fields, redirect_uri=self._return_url)

    def _names(self, account: Account) -> dict[str, str]:
        """What the form at Persona is filled in with; the document decides."""
        if account.legal_sealed is not None:
            details = self._forms.open(account.user_id, account.legal_sealed, LegalDetails)
            return {"name-first": details.first_name, "name-last": details.last_name}
        first, _, last = account.name.strip().rpartition(" ")
        return {"name-first": first, "name-last": last} if first and last else {}

    def _begun(self, account: Account, made: Inquiry) -> Values:
        if account.inquiry_id == made.inquiry_id:
            return self._believed(account, made)
        return self._written(made, FROM_VENDOR[made.status])

    async def _made_before(self, user_id: int, known: set[str | None]) -> Inquiry | None:
        """What a try whose answer was lost has made."""
        newest = await self._persona.newest_inquiry(reference_of(user_id))
        return None if newest is None or newest.inquiry_id in known else newest

    async def _match(self, account: Account, inquiry_id: str) -> AccountStatus:
        found = await self._persona.legal_identity(inquiry_id)
        if found is None or account.legal_sealed is None:
            log.warning("legal_name_not_found", user_id=account.user_id)
            return await self._book.change(account.user_id)
        sealed = account.legal_sealed
        details = self._forms.open(account.user_id, sealed, LegalDetails)
        same = is_same_person(
            LegalName(f"{details.first_name} {details.middle_name}", details.last_name),
            LegalName(found.first_name, found.last_name),
        )

        def judged(known: Account) -> Values:
            unchanged = (known.legal_sealed, known.inquiry_id) == (sealed, inquiry_id)
            return {"legal_matches": same} if unchanged else NOTHING

        return await self._book.change(account.user_id, judged)

    async def _redact(self, inquiry_id: str) -> None:
        try:
            await self._persona.redact(inquiry_id)
        except RejectedError as error:
            if error.reason != NO_RECORD:
                raise

    def _is_over(self, account: Account) -> bool:
        ends = account.facts.identity_expires_at
        return ends is not None and ends <= self._book.now()
