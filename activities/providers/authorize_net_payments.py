"""Money at Authorize.Net: charges of stored cards, voids, refunds, and the look-ups that settle unknown outcomes."""

from collections.abc import Mapping
from typing import Any

from activities.providers import authorize_net_wire as wire
from activities.providers.authorize_net_answers import APPROVED, HELD, Answer, details, page, reason
from activities.providers.authorize_net_gateway import BLOCKED_ADDRESS, NO_RECORD, VENDOR, Gateway, readable
from activities.providers.authorize_net_results import (
    BATCH_FAILED,
    HELD_STATUSES,
    REFUND_STATUSES,
    REFUSED_STATUSES,
    TAKEN_STATUSES,
    Ambiguous,
    CardRef,
    Charged,
    ChargeOutcome,
    Declined,
    FoundCharge,
    FoundRefund,
    HeldForReview,
    NotFound,
    NotRefundable,
    NotVoidable,
    Refunded,
    RefundOutcome,
    RefundRefusal,
    Reversed,
    TransactionDetails,
    TransactionPage,
    Voided,
    VoidOutcome,
)
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError

REFUND = "refundTransaction"
DUPLICATE = "11"
NOT_CREDITABLE = "54"
REFUSALS = {"16": RefundRefusal.NOT_FOUND, "55": RefundRefusal.TOO_MUCH}
# Reasons of responseCode 3, by the vendor's response codes: amount, login, configuration, fields.
MISTAKES = frozenset({"5", "13", "33", "103"})
# "An error occurred during processing. Please try again in 5 minutes.": nothing was taken.
PROCESSOR_BUSY = frozenset({"19", "20", "21", "22", "23", "25", "26", *map(str, range(57, 64))})
# The processor gave no answer and the vendor's own void of that failed.
PROCESSOR_LOST = frozenset({"120", "121", "122"})


class Payments(Gateway):
    """What can be done with money. `reference` is `new_reference`'s, kept before the first call: after
    OutcomeUnknownError, `find_charge` or `find_refund` looks, and only the same reference may be sent again."""

    async def charge(
        self, card: CardRef, amount_cents: int, reference: str, description: str, customer_ip: str | None = None
    ) -> ChargeOutcome:
        """Take money. The same call made again within 8 hours finds the first charge and takes nothing."""
        fields = wire.charge(card, amount_cents, reference, description, customer_ip)
        answer = await self._ask("createTransactionRequest", fields, writes=True, reference=reference)
        told = answer.transaction
        if told.get("responseCode") == APPROVED:
            return _charged(told)
        if told.get("responseCode") == HELD:
            return HeldForReview(_real_id(told))
        code, text = _refusal(answer)
        if code == DUPLICATE:
            return await self._original_charge(told, card.profile_id, reference, amount_cents)
        return Declined(code, text)

    async def refund(self, transaction_id: str, amount_cents: int, to: CardRef | str, reference: str) -> RefundOutcome:
        """Give back all or a part of a settled charge, to the stored card or to the last 4 digits that paid."""
        fields = wire.refund(transaction_id, amount_cents, to, reference)
        answer = await self._ask("createTransactionRequest", fields, writes=True, reference=reference)
        told = answer.transaction
        if told.get("responseCode") == APPROVED:
            return Refunded(_real_id(told))
        code, text = _refusal(answer)
        if code == DUPLICATE:
            return await self._original_refund(told, reference, amount_cents)
        return NotRefundable(await self._why_not(code, transaction_id), code, text)

    async def void(self, transaction_id: str, reference: str) -> VoidOutcome:
        """Let a transaction never settle. Right to ask again after OutcomeUnknownError: voided twice is voided."""
        fields = wire.void(transaction_id)
        answer = await self._ask("createTransactionRequest", fields, writes=True, reference=reference)
        if answer.transaction.get("responseCode") == APPROVED:
            return Voided(transaction_id)
        return NotVoidable(*_refusal(answer))

    async def transaction(self, transaction_id: str) -> TransactionDetails | None:
        """One transaction; None when the vendor does not know it."""
        fields = {"transId": wire.identifier("transaction_id", transaction_id)}
        answer = await self._ask("getTransactionDetailsRequest", fields, writes=False)
        if answer.code == NO_RECORD:
            return None
        if "transaction" not in answer.fields:
            raise RejectedError(VENDOR, answer.code)
        return readable(details, answer)

    async def unsettled(self, page_number: int = 1) -> TransactionPage:
        """A page of the transactions that tonight's settlement will take, newest first."""
        return await self._page("getUnsettledTransactionListRequest", {"status": "any"}, page_number)

    async def find_charge(self, profile_id: str, reference: str, amount_cents: int) -> FoundCharge:
        """What became of a charge whose outcome is unknown. Proven by the vendor's own record of our reference and by
        the amount, never by the list alone."""
        proven = [told for told in await self._proven(profile_id, reference) if told.type != REFUND]
        standing = [told for told in proven if told.status in TAKEN_STATUSES | HELD_STATUSES]
        if len(standing) > 1 or any(told.auth_cents != amount_cents for told in standing):
            return Ambiguous(tuple(told.transaction_id for told in standing))
        judged = standing or proven
        return _as_charge(judged[0]) if judged else NotFound()

    async def find_refund(self, profile_id: str, reference: str, amount_cents: int) -> FoundRefund:
        """What became of a refund whose outcome is unknown. One to the last 4 digits is in the customer's list only
        if the vendor links it; until tonight's settlement it is in the other."""
        proven = [told for told in await self._proven(profile_id, reference) if told.type == REFUND]
        given = [told for told in proven if told.status in REFUND_STATUSES]
        if len(given) > 1 or any(told.settle_cents != amount_cents for told in given):
            return Ambiguous(tuple(told.transaction_id for told in given))
        judged = given or proven
        return _as_refund(judged[0]) if judged else NotFound()

    async def _proven(self, profile_id: str, reference: str) -> list[TransactionDetails]:
        """All transactions that were made by requests with our reference, newest first."""
        customer = {"customerProfileId": wire.identifier("profile_id", profile_id)}
        wire.checked_reference(reference)
        named = [
            *await self._named("getUnsettledTransactionListRequest", {"status": "any"}, reference),
            *await self._named("getTransactionListForCustomerRequest", customer, reference),
        ]
        told = [await self.transaction(transaction_id) for transaction_id in dict.fromkeys(named)]
        return [one for one in told if one is not None and one.reference == reference]

    async def _named(self, method: str, fields: wire.Fields, reference: str) -> list[str]:
        """The ids in all pages of a list that have our invoice number."""
        named: list[str] = []
        page_number = 1
        while True:
            lines = (await self._page(method, fields, page_number)).transactions
            named += [line.transaction_id for line in lines if line.invoice_number == reference]
            if len(lines) < self._page_size:
                return named
            page_number += 1

    async def _page(self, method: str, fields: wire.Fields, page_number: int) -> TransactionPage:
        asked = {**fields, **wire.paged(page_number, self._page_size)}
        answer = await self._ask(method, asked, writes=False)
        # A customer who is gone has no transactions to show.
        if answer.code != NO_RECORD and answer.fields["messages"]["resultCode"] != "Ok":
            raise RejectedError(VENDOR, answer.code)
        return readable(page, answer)

    async def _original_charge(
        self, told: Mapping[str, Any], profile_id: str, reference: str, amount_cents: int
    ) -> ChargeOutcome:
        """What the first submission of a duplicate came to: named by the vendor, or looked for."""
        original = await self._original(told, reference)
        if original is not None and original.auth_cents == amount_cents:
            found: FoundCharge = _as_charge(original)
        else:
            found = await self._look_again(profile_id, reference, amount_cents)
        if isinstance(found, Charged | Declined | HeldForReview):
            return found
        raise OutcomeUnknownError(VENDOR, "duplicate")

    async def _look_again(self, profile_id: str, reference: str, amount_cents: int) -> FoundCharge:
        try:
            return await self.find_charge(profile_id, reference, amount_cents)
        except UnavailableError:
            # The vendor told of a first submission, so this is more than a look-up that failed.
            raise OutcomeUnknownError(VENDOR, "duplicate") from None

    async def _original_refund(self, told: Mapping[str, Any], reference: str, amount_cents: int) -> RefundOutcome:
        original = await self._original(told, reference)
        if original is None or original.settle_cents != amount_cents:
            raise OutcomeUnknownError(VENDOR, "duplicate")
        return _as_refund(original)

    async def _original(self, told: Mapping[str, Any], reference: str) -> TransactionDetails | None:
        """The transaction that a duplicate names, if it is proven ours."""
        named = str(told.get("transId", ""))
        if not named.strip("0"):
            return None
        try:
            original = await self.transaction(named)
        except UnavailableError:
            raise OutcomeUnknownError(VENDOR, "duplicate") from None
        return original if original is not None and original.reference == reference else None

    async def _why_not(self, code: str, transaction_id: str) -> RefundRefusal:
        if code != NOT_CREDITABLE:
            return REFUSALS.get(code, RefundRefusal.DECLINED)
        original = await self.transaction(transaction_id)
        unsettled = original is not None and original.is_unsettled
        return RefundRefusal.UNSETTLED if unsettled else RefundRefusal.NOT_ALLOWED


def _charged(told: Mapping[str, Any]) -> Charged:
    return Charged(
        transaction_id=_real_id(told),
        auth_code=str(told.get("authCode", "")),
        avs=str(told.get("avsResultCode", "")),
        cvv=str(told.get("cvvResultCode", "")),
        network_id=told.get("networkTransId") or None,
    )


def _real_id(told: Mapping[str, Any]) -> str:
    """The id of an approved transaction; an account in test mode approves everything and answers 0."""
    transaction_id = str(told.get("transId", ""))
    if told.get("testRequest", "0") != "0" or not transaction_id.strip("0"):
        raise RejectedError(VENDOR, "test_mode")
    return transaction_id


def _refusal(answer: Answer) -> tuple[str, str]:
    """The reason why a transaction did not happen, where it is about the card or the transaction; errors otherwise."""
    told = answer.transaction
    if not told.get("responseCode"):
        # A card that the customer has deleted, or an address that the vendor blocks.
        if answer.code in {NO_RECORD, BLOCKED_ADDRESS}:
            return answer.code, answer.text
        raise RejectedError(VENDOR, answer.code)
    code, text = reason(told)
    if code in MISTAKES:
        raise RejectedError(VENDOR, f"reason_{code}")
    if code in PROCESSOR_BUSY:
        raise UnavailableError(VENDOR, f"reason_{code}")
    if code in PROCESSOR_LOST:
        raise OutcomeUnknownError(VENDOR, f"reason_{code}")
    return code, text


def _as_charge(told: TransactionDetails) -> Charged | Declined | HeldForReview | Reversed:
    """A transaction's details as the outcome of its charge."""
    if told.status in TAKEN_STATUSES:
        return Charged(told.transaction_id, told.auth_code, told.avs, told.cvv, told.network_id, found=True)
    if told.status in HELD_STATUSES:
        return HeldForReview(told.transaction_id)
    if told.status in REFUSED_STATUSES:
        return Declined(str(told.reason_code), told.reason_text)
    return Reversed(told.transaction_id, told.status)


def _as_refund(told: TransactionDetails) -> RefundOutcome:
    if told.status in REFUND_STATUSES:
        return Refunded(told.transaction_id, found=True, failed=told.status == BATCH_FAILED)
    return NotRefundable(RefundRefusal.DECLINED, str(told.reason_code), told.reason_text)
