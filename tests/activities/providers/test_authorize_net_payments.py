"""Money at Authorize.Net: charges, voids and refunds, decided by the transaction and never by the envelope."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from activities.providers.authorize_net import AuthorizeNet, new_reference
from activities.providers.authorize_net_results import (
    CardRef,
    CardStored,
    Charged,
    ChargeOutcome,
    Declined,
    HeldForReview,
    NotRefundable,
    NotVoidable,
    Refunded,
    RefundRefusal,
    Voided,
)
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError
from tests.sandbox.authorize_net.control import EMAIL, HOME, Sandbox, open_sandbox

REFERENCE = new_reference(bytes(range(13)))
OTHER_REFERENCE = new_reference(bytes(range(1, 14)))
DEPOSIT_CENTS = 12_501


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AuthorizeNet]:
    async with sandbox.client() as opened:
        yield opened


@pytest.fixture
async def card(client: AuthorizeNet, sandbox: Sandbox) -> CardRef:
    stored = await client.create_profile("U42", EMAIL, sandbox.nonce(), HOME)
    assert isinstance(stored, CardStored)
    return stored.ref


async def pay(client: AuthorizeNet, card: CardRef, reference: str = REFERENCE) -> ChargeOutcome:
    return await client.charge(card, DEPOSIT_CENTS, reference, "Deposit", "203.0.113.9")


async def paid(client: AuthorizeNet, card: CardRef) -> str:
    outcome = await pay(client, card)
    assert isinstance(outcome, Charged)
    return outcome.transaction_id


def test_a_reference_is_20_characters_of_base32() -> None:
    assert new_reference(bytes(13)) == "A" * 20
    assert len({new_reference(bytes([n] * 13)) for n in range(256)}) == 256
    with pytest.raises(ValueError):
        new_reference(bytes(12))


async def test_a_charge_takes_the_exact_amount_under_its_reference(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    outcome = await pay(client, card)
    assert isinstance(outcome, Charged)
    assert (outcome.avs, outcome.found, outcome.network_id is None) == ("Y", False, False)
    assert sandbox.transactions() == [
        {
            "id": outcome.transaction_id,
            "type": "authCaptureTransaction",
            "status": "capturedPendingSettlement",
            "amount_cents": DEPOSIT_CENTS,
            "invoice": REFERENCE,
            "reference": REFERENCE,
            "last4": "1111",
        }
    ]


async def test_the_same_charge_again_is_found_and_takes_nothing(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    first, second = await pay(client, card), await pay(client, card)
    assert isinstance(first, Charged)
    assert isinstance(second, Charged)
    assert (second.transaction_id, second.auth_code, second.found) == (first.transaction_id, first.auth_code, True)
    assert len(sandbox.transactions()) == 1


async def test_the_same_charge_from_two_processes_takes_the_money_once(card: CardRef, sandbox: Sandbox) -> None:
    async with sandbox.client() as one, sandbox.client() as other:
        outcomes = await asyncio.gather(pay(one, card), pay(other, card))
    ids = {outcome.transaction_id for outcome in outcomes if isinstance(outcome, Charged)}
    assert sorted(isinstance(outcome, Charged) and outcome.found for outcome in outcomes) == [False, True]
    assert [kept["id"] for kept in sandbox.transactions()] == list(ids)


@pytest.mark.parametrize("envelope", ["decline_says_ok", "decline_says_error"])
async def test_a_decline_is_one_whatever_the_envelope_says(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, envelope: str
) -> None:
    sandbox.plan("declined")
    sandbox.plan(envelope)
    assert await pay(client, card) == Declined("2", "This transaction has been declined.")


async def test_the_same_charge_after_a_decline_stays_declined(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    sandbox.plan("declined")
    first = await pay(client, card)
    assert await pay(client, card) == first
    assert isinstance(await pay(client, card, OTHER_REFERENCE), Charged)


async def test_a_held_charge_is_not_paid(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.plan("held")
    held = await pay(client, card)
    assert isinstance(held, HeldForReview)
    assert await pay(client, card) == held
    sandbox.ask(
        "updateHeldTransactionRequest", heldTransactionRequest={"action": "approve", "refTransId": held.transaction_id}
    )
    outcome = await client.find_charge(card.profile_id, REFERENCE, DEPOSIT_CENTS)
    assert isinstance(outcome, Charged)
    assert outcome.transaction_id == held.transaction_id


async def test_an_expired_card_is_declined(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.advance(6 * 366 * 86_400)
    assert await pay(client, card) == Declined("8", "The credit card has expired.")


async def test_a_card_that_is_gone_is_declined(client: AuthorizeNet, card: CardRef) -> None:
    await client.delete_profile(card.profile_id)
    assert await pay(client, card) == Declined("E00040", "The record cannot be found.")


async def test_a_busy_processor_took_nothing(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.plan("processor_error")
    with pytest.raises(UnavailableError, match="reason_19"):
        await pay(client, card)
    assert isinstance(await pay(client, card), Charged)


async def test_a_silent_processor_leaves_the_outcome_unknown(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    sandbox.plan("processor_lost")
    with pytest.raises(OutcomeUnknownError, match="reason_120"):
        await pay(client, card)


async def test_what_test_mode_approves_is_not_paid(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.plan("test_mode")
    with pytest.raises(RejectedError, match="test_mode"):
        await pay(client, card)


async def test_an_address_of_the_sixth_version_is_left_out(client: AuthorizeNet, card: CardRef) -> None:
    outcome = await client.charge(card, DEPOSIT_CENTS, REFERENCE, "Deposit", "2001:db8::1")
    assert isinstance(outcome, Charged)


@pytest.mark.parametrize(
    ("field", "cents", "reference", "description"),
    [
        ("amount_cents", 0, REFERENCE, "Deposit"),
        ("amount_cents", -1, REFERENCE, "Deposit"),
        ("reference", 100, "0b0a7e0e-6a35-4f0c-9d7c-2f8b1c3d4e5f", "Deposit"),
        ("reference", 100, "short", "Deposit"),
        ("description", 100, REFERENCE, "D" * 256),
    ],
)
async def test_a_limit_of_a_charge_is_named_before_anything_is_sent(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, field: str, cents: int, reference: str, description: str
) -> None:
    with pytest.raises(ValueError, match=field):
        await client.charge(card, cents, reference, description)
    assert sandbox.transactions() == []


async def test_zero_is_no_id_of_a_transaction(client: AuthorizeNet) -> None:
    with pytest.raises(ValueError, match="transaction_id"):
        await client.void("0", REFERENCE)


async def test_details_tell_numbers_as_cents(client: AuthorizeNet, card: CardRef) -> None:
    transaction_id = await paid(client, card)
    told = await client.transaction(transaction_id)
    assert told is not None
    assert (told.response_code, told.auth_cents, told.settle_cents, told.avs) == (1, DEPOSIT_CENTS, DEPOSIT_CENTS, "Y")
    assert (told.reference, told.invoice_number, told.is_unsettled) == (REFERENCE, REFERENCE, True)


async def test_an_unknown_transaction_has_no_details(client: AuthorizeNet) -> None:
    assert await client.transaction("123") is None


async def test_the_unsettled_are_listed_newest_first(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    first = await paid(client, card)
    second = await pay(client, card, OTHER_REFERENCE)
    assert isinstance(second, Charged)
    listed = await client.unsettled()
    assert [one.transaction_id for one in listed.transactions] == [second.transaction_id, first]
    assert (listed.total, listed.transactions[0].amount_cents) == (2, DEPOSIT_CENTS)
    sandbox.settle()
    assert (await client.unsettled()).transactions == ()


async def test_a_void_is_voided_however_often(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    transaction_id = await paid(client, card)
    assert [await client.void(transaction_id, OTHER_REFERENCE) for _ in range(2)] == [Voided(transaction_id)] * 2
    assert [one["status"] for one in sandbox.transactions()] == ["voided"]


async def test_what_is_settled_cannot_be_voided(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    transaction_id = await paid(client, card)
    sandbox.settle()
    assert await client.void(transaction_id, OTHER_REFERENCE) == NotVoidable("16", "The transaction cannot be found.")


@pytest.mark.parametrize("by_card", [True, False])
async def test_what_is_settled_is_refunded(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, by_card: bool
) -> None:
    transaction_id = await paid(client, card)
    sandbox.settle()
    refunds = [
        await client.refund(transaction_id, 2_501, card if by_card else "1111", OTHER_REFERENCE) for _ in range(2)
    ]
    assert [isinstance(refund, Refunded) and refund.found for refund in refunds] == [False, True]
    assert [one["amount_cents"] for one in sandbox.transactions()] == [DEPOSIT_CENTS, 2_501]


async def test_the_same_day_a_refund_is_refused_as_unsettled(client: AuthorizeNet, card: CardRef) -> None:
    transaction_id = await paid(client, card)
    refused = await client.refund(transaction_id, DEPOSIT_CENTS, card, OTHER_REFERENCE)
    assert isinstance(refused, NotRefundable)
    assert (refused.reason, refused.code) == (RefundRefusal.UNSETTLED, "54")


async def test_a_refund_gives_back_what_was_taken_and_no_more(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    transaction_id = await paid(client, card)
    sandbox.settle()
    assert isinstance(await client.refund(transaction_id, DEPOSIT_CENTS, card, OTHER_REFERENCE), Refunded)
    refused = await client.refund(transaction_id, 1, card, REFERENCE)
    assert isinstance(refused, NotRefundable)
    assert (refused.reason, refused.code) == (RefundRefusal.TOO_MUCH, "55")


@pytest.mark.parametrize("why", ["voided", "too old", "another card"])
async def test_a_refund_that_makes_no_sense_is_not_allowed(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, why: str
) -> None:
    transaction_id = await paid(client, card)
    if why == "voided":
        await client.void(transaction_id, OTHER_REFERENCE)
    sandbox.settle()
    if why == "too old":
        sandbox.advance(91 * 86_400)
    refused = await client.refund(transaction_id, 100, "0015" if why == "another card" else card, OTHER_REFERENCE)
    assert isinstance(refused, NotRefundable)
    assert refused.reason is RefundRefusal.NOT_ALLOWED


async def test_a_refund_of_nothing_known_is_not_found(client: AuthorizeNet, card: CardRef) -> None:
    refused = await client.refund("123", 100, card, OTHER_REFERENCE)
    assert isinstance(refused, NotRefundable)
    assert refused.reason is RefundRefusal.NOT_FOUND
