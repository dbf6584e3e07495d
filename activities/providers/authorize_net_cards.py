"""Cards kept at Authorize.Net: customer profiles, their payment profiles, and authorizations of $0.00."""

from activities.providers import authorize_net_wire as wire
from activities.providers.authorize_net_answers import (
    APPROVED,
    Answer,
    DirectResponse,
    direct_response,
    first,
    stored_profile,
)
from activities.providers.authorize_net_gateway import (
    BLOCKED_ADDRESS,
    DUPLICATE_RECORD,
    NO_RECORD,
    NONCE,
    TOO_MANY_CARDS,
    VENDOR,
    Gateway,
    readable,
)
from activities.providers.authorize_net_results import (
    BillTo,
    CardDeclined,
    CardStored,
    NonceRefused,
    OpaqueData,
    StoredCard,
    StoredProfile,
    StoreOutcome,
    Validation,
)
from activities.providers.failures import OutcomeUnknownError, ProviderError, RejectedError


class Cards(Gateway):
    """What can be done with cards. After OutcomeUnknownError `profile` says what is kept: no nonce is sent twice."""

    async def create_profile(self, customer_id: str, email: str, nonce: OpaqueData, bill_to: BillTo) -> StoreOutcome:
        """Keep a customer's card, authorized for $0.00. `customer_id` (at most 20 characters) has one profile: who is
        known already, or becomes known at the same moment, gets the card added to it, found if it is there."""
        request = wire.new_profile(customer_id, email, nonce, bill_to)
        # The vendor takes customers apart by e-mail address too, so a changed one would make a second profile.
        known = await self.profile(customer_id)
        if known is not None:
            return await self.add_payment_profile(known.profile_id, nonce, bill_to)
        answer = await self._ask("createCustomerProfileRequest", request, writes=True)
        direct = direct_response(first(answer.fields.get("validationDirectResponseList")))
        if answer.code == DUPLICATE_RECORD:
            profile_id = answer.duplicate_id or await self._known_id(customer_id)
            return await self._join(profile_id, direct, nonce, bill_to)
        payment_profile_id = first(answer.fields.get("customerPaymentProfileIdList"))
        return await self._judge(answer, direct, answer.fields.get("customerProfileId"), payment_profile_id)

    async def add_payment_profile(self, profile_id: str, nonce: OpaqueData, bill_to: BillTo) -> StoreOutcome:
        """Keep one more card, authorized for $0.00. A card that is kept already is authorized once more, and found."""
        request = wire.new_payment_profile(profile_id, nonce, bill_to)
        answer = await self._ask("createCustomerPaymentProfileRequest", request, writes=True)
        direct = direct_response(answer.fields.get("validationDirectResponse"))
        payment_profile_id = answer.fields.get("customerPaymentProfileId")
        if answer.code == DUPLICATE_RECORD:
            return await self._found(profile_id, payment_profile_id, direct)
        return await self._judge(answer, direct, profile_id, payment_profile_id)

    async def profile(self, customer_id: str) -> StoredProfile | None:
        """What is kept of a customer, cards masked."""
        return await self._profile({"merchantCustomerId": wire.text("customer_id", customer_id, 20)})

    async def validate(self, profile_id: str, payment_profile_id: str) -> Validation | CardDeclined:
        """Authorize a kept card for $0.00. Declined with E00040 when it is not kept any more."""
        fields = {**wire.payment_profile(profile_id, payment_profile_id), "validationMode": "liveMode"}
        # An authorization of $0.00 takes nothing, so asking once more is always right.
        answer = await self._ask("validateCustomerPaymentProfileRequest", fields, writes=False)
        if answer.code == NO_RECORD:
            return CardDeclined(answer.code, answer.text, profile_id=profile_id)
        direct = direct_response(answer.fields.get("directResponse"))
        if direct is None:
            raise RejectedError(VENDOR, answer.code)
        if direct.response_code != APPROVED:
            return _declined(direct, profile_id, payment_profile_id)
        return _real(direct.validation)

    async def delete_payment_profile(self, profile_id: str, payment_profile_id: str) -> None:
        """Forget a card; one that is gone is no error, so after OutcomeUnknownError it is asked again."""
        fields = wire.payment_profile(profile_id, payment_profile_id)
        await self._delete("deleteCustomerPaymentProfileRequest", fields)

    async def delete_profile(self, profile_id: str) -> None:
        """Forget a customer with all cards; one that is gone is no error."""
        fields = {"customerProfileId": wire.identifier("profile_id", profile_id)}
        await self._delete("deleteCustomerProfileRequest", fields)

    async def _judge(
        self, answer: Answer, direct: DirectResponse | None, profile_id: str | None, payment_profile_id: str | None
    ) -> StoreOutcome:
        """What became of a new card, by the direct response: the vendor says Ok to declined cards, and Error."""
        if answer.code in NONCE:
            return NonceRefused(answer.code, profile_id)
        if direct is None and answer.code in {TOO_MANY_CARDS, BLOCKED_ADDRESS}:
            return CardDeclined(answer.code, answer.text, profile_id=profile_id)
        if direct is None:
            raise RejectedError(VENDOR, answer.code)
        if direct.response_code != APPROVED:
            if profile_id and payment_profile_id:
                await self.delete_payment_profile(profile_id, payment_profile_id)
            return _declined(direct, profile_id)
        if not (profile_id and payment_profile_id):
            raise RejectedError(VENDOR, answer.code)
        card = await self._read_back(profile_id, payment_profile_id)
        return CardStored(profile_id, payment_profile_id, card.card, _real(direct.validation))

    async def _join(
        self, profile_id: str, direct: DirectResponse | None, nonce: OpaqueData, bill_to: BillTo
    ) -> StoreOutcome:
        """Add the card to a profile that another request made a moment ago. The refused creation may have authorized
        the card, and used the nonce up: then the card is kept only if that other request brought the same one."""
        outcome = await self.add_payment_profile(profile_id, nonce, bill_to)
        if not isinstance(outcome, NonceRefused) or direct is None:
            return outcome
        if direct.response_code != APPROVED:
            return _declined(direct, profile_id)
        kept = await self._same_card(profile_id, direct)
        return outcome if kept is None else await self._found(profile_id, kept.payment_profile_id, direct)

    async def _found(
        self, profile_id: str, payment_profile_id: str | None, direct: DirectResponse | None
    ) -> CardStored | CardDeclined:
        """A card that is kept already. The vendor takes cards for the same whose expiry differs, so the kept one has
        to be approved itself."""
        if payment_profile_id is None and direct is not None:
            kept = await self._same_card(profile_id, direct)
            payment_profile_id = kept.payment_profile_id if kept else None
        if payment_profile_id is None:
            raise OutcomeUnknownError(VENDOR, DUPLICATE_RECORD)
        card = await self._read_back(profile_id, payment_profile_id)
        outcome = await self.validate(profile_id, payment_profile_id)
        if isinstance(outcome, CardDeclined):
            return outcome
        return CardStored(profile_id, payment_profile_id, card.card, outcome, found=True)

    async def _same_card(self, profile_id: str, direct: DirectResponse) -> StoredCard | None:
        """The newest kept card of that brand and last 4 digits."""
        known = await self._profile({"customerProfileId": wire.identifier("profile_id", profile_id)})
        cards = known.cards if known else ()
        same = [kept for kept in cards if (kept.card.brand, kept.card.last4) == (direct.brand, direct.last4)]
        return same[-1] if same else None

    async def _read_back(self, profile_id: str, payment_profile_id: str) -> StoredCard:
        """The card just kept, for what only the vendor knows of it. It is kept even if this fails."""
        try:
            known = await self._profile({"customerProfileId": wire.identifier("profile_id", profile_id)})
        except ProviderError:
            known = None
        for kept in known.cards if known else ():
            if kept.payment_profile_id == payment_profile_id:
                return kept
        raise OutcomeUnknownError(VENDOR, "read_back")

    async def _profile(self, by: wire.Fields) -> StoredProfile | None:
        fields = {**by, "unmaskExpirationDate": "true"}
        answer = await self._ask("getCustomerProfileRequest", fields, writes=False)
        if answer.code == NO_RECORD:
            return None
        if "profile" not in answer.fields:
            raise RejectedError(VENDOR, answer.code)
        return readable(stored_profile, answer)

    async def _known_id(self, customer_id: str) -> str:
        known = await self.profile(customer_id)
        if known is None:
            raise OutcomeUnknownError(VENDOR, DUPLICATE_RECORD)
        return known.profile_id

    async def _delete(self, method: str, fields: wire.Fields) -> None:
        answer = await self._ask(method, fields, writes=True)
        if answer.fields["messages"]["resultCode"] != "Ok" and answer.code != NO_RECORD:
            raise RejectedError(VENDOR, answer.code)


def _real(validation: Validation) -> Validation:
    """A validation with an id; an account in test mode approves everything and answers 0."""
    if not validation.transaction_id.strip("0"):
        raise RejectedError(VENDOR, "test_mode")
    return validation


def _declined(direct: DirectResponse, profile_id: str | None, payment_profile_id: str | None = None) -> CardDeclined:
    told = direct.validation
    return CardDeclined(
        direct.reason_code,
        direct.text,
        avs=told.avs,
        cvv=told.cvv,
        profile_id=profile_id,
        payment_profile_id=payment_profile_id,
    )
