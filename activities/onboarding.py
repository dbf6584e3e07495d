"""The activities of onboarding: each step by its name, with the vendors' failures as Temporal is to see them."""

from collections.abc import Callable

from temporalio import activity

from activities import contracts
from activities.account_book import AccountBook
from activities.card_vault import CardVault
from activities.db.accounts import CLOSED, NOTHING, Account, Values
from activities.identity_checks import IdentityChecks
from activities.link_notes import LinkNotes
from activities.vendor_calls import beating, vendor_calls


class OnboardingWork(contracts.OnboardingActivities):
    """The worker's side of the Onboarding workflow."""

    def __init__(self, book: AccountBook, identity: IdentityChecks, cards: CardVault, notes: LinkNotes) -> None:
        self._book = book
        self._identity = identity
        self._cards = cards
        self._notes = notes

    @activity.defn(name="look_at_account")
    async def look_at_account(self, user_id: int) -> contracts.AccountStatus:
        """Judge the account as it is now, and warn of a card that ends."""
        return await self._book.change(user_id)

    @activity.defn(name="open_identity")
    async def open_identity(self, work: contracts.OpenIdentity) -> contracts.IdentityOpened:
        """A link into the identity check: the one that is open, or a new one."""
        with vendor_calls():
            return await self._identity.open(work, activity.info().attempt)

    @activity.defn(name="read_identity")
    async def read_identity(self, work: contracts.ReadIdentity) -> contracts.AccountStatus:
        """Ask Persona, believe only that, and compare the legal name once there are two."""
        with vendor_calls():
            return await self._identity.read(work.user_id, work.inquiry_id)

    @activity.defn(name="keep_card")
    async def keep_card(self, work: contracts.KeepCard) -> contracts.CardKept:
        """Have the card kept and authorized for $0.00."""
        async with beating():
            with vendor_calls():
                return await self._cards.keep(work, activity.info().attempt)

    @activity.defn(name="read_card")
    async def read_card(self, user_id: int) -> contracts.AccountStatus:
        """Ask Authorize.Net which card is kept."""
        with vendor_calls():
            return await self._cards.read(user_id)

    @activity.defn(name="remove_card")
    async def remove_card(self, user_id: int) -> contracts.AccountStatus:
        """Forget the card, here and there."""
        with vendor_calls():
            return await self._cards.remove(user_id)

    @activity.defn(name="give_details")
    async def give_details(self, work: contracts.GiveDetails) -> contracts.AccountStatus:
        """Write down the sealed legal details; what was compared before has to be compared anew.

        What they share with other accounts' is noted first: a try that ends in between is repeated until both are done.
        """
        now = self._book.now()
        await self._notes.details(work.user_id, work.sealed, now)
        values = {"legal_sealed": work.sealed, "legal_matches": None, "legal_at": now}
        return await self._book.change(work.user_id, _unless(lambda known: known.legal_sealed == work.sealed, values))

    @activity.defn(name="accept_terms")
    async def accept_terms(self, work: contracts.AcceptTerms) -> contracts.AccountStatus:
        """Write down that the terms are accepted, with the time of the first click."""
        values = {"terms_version": work.version, "terms_at": self._book.now()}
        same = _unless(lambda known: known.facts.terms_version == work.version, values)
        return await self._book.change(work.user_id, same)

    @activity.defn(name="close_account")
    async def close_account(self, work: contracts.CloseAccount) -> None:
        """Let the vendors forget the person, and forget what they told."""
        with vendor_calls():
            await self._identity.forget(work.user_id, work.begun)
            await self._cards.forget(work.user_id)
        await self._book.change(work.user_id, lambda _: CLOSED)


def _unless(is_done: Callable[[Account], bool], values: Values) -> Callable[[Account], Values]:
    return lambda known: NOTHING if known.erased or is_done(known) else values
