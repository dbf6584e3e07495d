"""The payment card at Authorize.Net: one profile per person with one card in it, whatever breaks on the way."""

from collections.abc import Callable

import structlog

from activities.account_book import GONE, AccountBook
from activities.contracts import AccountStatus, CardKept, KeepCard
from activities.db.accounts import NOTHING, Account, Values
from activities.link_notes import LinkNotes
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.authorize_net_results import (
    BillTo,
    CardDeclined,
    CardStored,
    CardSummary,
    NonceRefused,
    OpaqueData,
    StoredCard,
    StoredProfile,
)
from activities.sealed_forms import CardForm, SealedForms
from domain.accounts import Card

NO_CARD: Values = {
    "payment_profile_id": None,
    "card_status": Card.NONE.value,
    "card_brand": None,
    "card_last4": None,
    "card_expires": None,
    "card_at": None,
}
LONGEST_BRAND = 24

log = structlog.get_logger(__name__)


def customer_of(user_id: int) -> str:
    """What we call a person at Authorize.Net."""
    return f"U{user_id}"


class CardVault:
    """The steps of the card. A vendor's failures pass through."""

    def __init__(self, vendor: AuthorizeNet, book: AccountBook, forms: SealedForms, notes: LinkNotes) -> None:
        self._vendor = vendor
        self._book = book
        self._forms = forms
        self._notes = notes

    async def keep(self, work: KeepCard, attempt: int) -> CardKept:
        """Have a card kept. A try after one whose answer was lost looks first: no nonce is good for a second use."""
        account = await self._book.find(work.user_id)
        if account is None:
            return CardKept("gone", GONE)
        again = work.look_first or attempt > 1
        if account.facts.card is Card.STORED and account.card.at == work.asked_at:
            return await self._tidied(account.user_id, CardKept("stored", await self._book.change(account.user_id)))
        outcome = (await self._made_before(account) if again else None) or await self._sent(account, work)
        match outcome:
            case CardStored():
                kept = await self._stored(account.user_id, work, outcome)
                return await self._tidied(account.user_id, kept)
            case CardDeclined():
                status = await self._book.change(account.user_id, _declined(work, outcome))
                return CardKept("declined", status, outcome.code)
            case NonceRefused():
                return CardKept("nonce_refused", await self._book.change(account.user_id), outcome.code)

    async def read(self, user_id: int) -> AccountStatus:
        """Take over what the vendor says of the kept card: a newer expiry, or that it is gone."""
        account = await self._book.find(user_id)
        if account is None:
            return GONE
        profile = await self._vendor.profile(customer_of(user_id))
        there = {card.payment_profile_id: card.card for card in profile.cards} if profile else {}

        def told(known: Account) -> Values:
            card_id = known.card.payment_profile_id
            if card_id is None or card_id != account.card.payment_profile_id:
                return NOTHING
            return _summary(there[card_id]) if card_id in there else NO_CARD

        return await self._book.change(user_id, told)

    async def remove(self, user_id: int) -> AccountStatus:
        """Forget the card: here first, so that nobody bids on it any more, then at the vendor."""
        status = await self._book.change(user_id, lambda _: NO_CARD)
        if not status.gone:
            await self._delete_but(user_id, None)
        return status

    async def forget(self, user_id: int) -> None:
        """Let the vendor forget the person."""
        profile = await self._vendor.profile(customer_of(user_id))
        if profile is not None:
            await self._vendor.delete_profile(profile.profile_id)

    async def _sent(self, account: Account, work: KeepCard) -> CardStored | CardDeclined | NonceRefused:
        form = self._forms.open(account.user_id, work.sealed, CardForm)
        nonce = OpaqueData(form.descriptor, form.nonce)
        bill_to = BillTo(form.first_name, form.last_name, form.address, form.city, form.state, form.zip, form.country)
        return await self._vendor.create_profile(customer_of(account.user_id), account.email, nonce, bill_to)

    async def _made_before(self, account: Account) -> CardStored | CardDeclined | None:
        """A card that the vendor keeps and we do not know of: it came with an answer that was lost.

        It may be there although it was declined, so it is authorized once more.
        """
        profile = await self._vendor.profile(customer_of(account.user_id))
        unknown = [card for card in _cards(profile) if card.payment_profile_id != account.card.payment_profile_id]
        if profile is None or not unknown:
            return None
        made = unknown[-1]
        validation = await self._vendor.validate(profile.profile_id, made.payment_profile_id)
        if isinstance(validation, CardDeclined):
            await self._vendor.delete_payment_profile(profile.profile_id, made.payment_profile_id)
            return validation
        return CardStored(profile.profile_id, made.payment_profile_id, made.card, validation, found=True)

    async def _stored(self, user_id: int, work: KeepCard, stored: CardStored) -> CardKept:
        values = {
            "profile_id": stored.profile_id,
            "payment_profile_id": stored.payment_profile_id,
            "card_status": Card.STORED.value,
            "card_at": work.asked_at,
            **_summary(stored.card),
        }
        # Noted before it is written: a try that ends in between is repeated, and finds the card at the vendor.
        await self._notes.card(user_id, work.sealed, stored.card, self._book.now())
        # Who was erased in the meantime is not written down again.
        return CardKept("stored", await self._book.change(user_id, lambda known: NOTHING if known.erased else values))

    async def _tidied(self, user_id: int, kept: CardKept) -> CardKept:
        """A person has one card: what it replaces goes. One who was erased in the meantime has none."""
        if kept.status.gone:
            await self.forget(user_id)
            return CardKept("gone", GONE)
        account = await self._book.find(user_id)
        await self._delete_but(user_id, account.card.payment_profile_id if account else None)
        return kept

    async def _delete_but(self, user_id: int, payment_profile_id: str | None) -> None:
        profile = await self._vendor.profile(customer_of(user_id))
        for card in _cards(profile):
            if profile is not None and card.payment_profile_id != payment_profile_id:
                await self._vendor.delete_payment_profile(profile.profile_id, card.payment_profile_id)


def _cards(profile: StoredProfile | None) -> tuple[StoredCard, ...]:
    return () if profile is None else profile.cards


def _summary(card: CardSummary) -> dict[str, object]:
    return {"card_brand": card.brand[:LONGEST_BRAND], "card_last4": card.last4, "card_expires": card.expires}


def _declined(work: KeepCard, declined: CardDeclined) -> Callable[[Account], Values]:
    def decide(known: Account) -> Values:
        """A card that replaces a good one may be declined, and the good one stays; the good one itself may be, too."""
        card_id = known.card.payment_profile_id
        if known.facts.card is Card.STORED and card_id != declined.payment_profile_id:
            return NOTHING
        return {"card_status": Card.DECLINED.value, "card_at": work.asked_at}

    return decide
