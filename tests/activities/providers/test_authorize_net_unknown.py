"""Calls to Authorize.Net that went wrong on the way, and how a look-up by our reference settles what they did."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from activities.providers.authorize_net import AuthorizeNet, new_reference
from activities.providers.authorize_net_results import (
    Ambiguous,
    CardRef,
    CardStored,
    Charged,
    ChargeOutcome,
    Declined,
    HeldForReview,
    NotFound,
    Refunded,
    Reversed,
)
from activities.providers.failures import OutcomeUnknownError, RejectedError, UnavailableError
from temporal.stack.ports import LOOPBACK, free_port
from tests.sandbox.authorize_net.control import EMAIL, HOME, Sandbox, open_sandbox
from tests.sandbox.authorize_net.merchant import Config

REFERENCE = new_reference(bytes(range(13)))
OTHER_REFERENCE = new_reference(bytes(range(1, 14)))
CENTS = 12_501
CHARGE = "authCaptureTransaction"
REFUND = "refundTransaction"


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
    return await stored(client, sandbox)


async def stored(client: AuthorizeNet, sandbox: Sandbox) -> CardRef:
    outcome = await client.create_profile("U42", EMAIL, sandbox.nonce(), HOME)
    assert isinstance(outcome, CardStored)
    return outcome.ref


async def pay(client: AuthorizeNet, card: CardRef, reference: str = REFERENCE) -> ChargeOutcome:
    return await client.charge(card, CENTS, reference, "Deposit")


async def test_what_was_charged_before_the_answer_was_cut_is_found_once(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    sandbox.fault("cut_after", containing=CHARGE)
    with pytest.raises(OutcomeUnknownError):
        await pay(client, card)
    found = await client.find_charge(card.profile_id, REFERENCE, CENTS)
    again = await pay(client, card)
    assert isinstance(found, Charged)
    assert found.found
    assert again == found
    assert [one["id"] for one in sandbox.transactions()] == [found.transaction_id]


async def test_what_was_never_charged_is_not_found_and_charged_once(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    sandbox.fault("cut_before", containing=CHARGE)
    with pytest.raises(OutcomeUnknownError):
        await pay(client, card)
    assert await client.find_charge(card.profile_id, REFERENCE, CENTS) == NotFound()
    assert isinstance(await pay(client, card), Charged)
    assert len(sandbox.transactions()) == 1


async def test_a_vendor_stopped_after_the_charge_comes_back_with_it(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    with open_sandbox(config) as before:
        async with before.client() as client:
            card = await stored(client, before)
            before.fault("cut_after", containing=CHARGE)
            with pytest.raises(OutcomeUnknownError):
                await pay(client, card)
    async with before.client() as client:
        with pytest.raises(UnavailableError, match="connect"):
            await client.find_charge(card.profile_id, REFERENCE, CENTS)
        with open_sandbox(config, urlsplit(before.url).port or 0) as after:
            assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS), Charged)
            assert len(after.transactions()) == 1


@pytest.mark.parametrize("mode", ["html", "error_500", "cut_before", "cut_after"])
async def test_after_any_end_of_a_charge_the_same_charge_takes_the_money_once(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, mode: str
) -> None:
    sandbox.fault(mode, containing=CHARGE)
    with pytest.raises(OutcomeUnknownError):
        await pay(client, card)
    assert isinstance(await pay(client, card), Charged)
    assert len(sandbox.transactions()) == 1


@pytest.mark.parametrize("what", ["system_error", "system_error_after"])
async def test_a_system_error_leaves_a_charge_unknown(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, what: str
) -> None:
    sandbox.plan(what, containing=CHARGE)
    with pytest.raises(OutcomeUnknownError, match="E00001"):
        await pay(client, card)
    found = await client.find_charge(card.profile_id, REFERENCE, CENTS)
    assert isinstance(found, Charged if what == "system_error_after" else NotFound)


async def test_a_charge_that_takes_too_long_is_unknown(card: CardRef, sandbox: Sandbox) -> None:
    sandbox.fault("slow", seconds=5, containing=CHARGE)
    async with sandbox.client(read_timeout_s=0.2) as hasty:
        with pytest.raises(OutcomeUnknownError, match="ReadTimeout"):
            await pay(hasty, card)


@pytest.mark.parametrize("mode", ["html", "error_500", "cut_before", "cut_after", "too_many"])
async def test_a_look_up_that_fails_is_only_unavailable(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, mode: str
) -> None:
    sandbox.fault(mode)
    with pytest.raises(UnavailableError):
        await client.find_charge(card.profile_id, REFERENCE, CENTS)


async def test_too_many_requests_say_when_to_come_back(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.fault("too_many")
    with pytest.raises(UnavailableError) as caught:
        await pay(client, card)
    assert caught.value.retry_after_s == 1.0
    assert sandbox.transactions() == []


async def test_maintenance_is_unavailable(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    sandbox.plan("maintenance")
    with pytest.raises(UnavailableError, match="E00104"):
        await pay(client, card)


async def test_nobody_there_is_unavailable(card: CardRef) -> None:
    async with AuthorizeNet(f"http://{LOOPBACK}:{free_port()}/xml/v1/request.api", "login", "key") as client:
        with pytest.raises(UnavailableError, match="connect"):
            await pay(client, card)


async def test_wrong_keys_are_rejected_and_not_told(sandbox: Sandbox, card: CardRef) -> None:
    async with sandbox.client(transaction_key="wrong") as client:
        with pytest.raises(RejectedError) as caught:
            await pay(client, card)
    assert str(caught.value) == "authorize_net: E00007"


async def test_a_wrong_address_is_rejected(sandbox: Sandbox, card: CardRef) -> None:
    async with AuthorizeNet(f"{sandbox.url}/elsewhere", "login", "key") as client:
        with pytest.raises(RejectedError, match="http_404"):
            await pay(client, card)


async def test_a_list_that_lags_hides_a_charge_for_a_moment(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    await pay(client, card)
    sandbox.plan("stale_list", times=2)
    assert await client.find_charge(card.profile_id, REFERENCE, CENTS) == NotFound()
    assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS), Charged)


async def test_a_charge_is_found_on_any_page(card: CardRef, sandbox: Sandbox) -> None:
    async with sandbox.client(page_size=2) as client:
        first = await pay(client, card)
        for number in range(5):
            await pay(client, card, new_reference(bytes([number] * 13)))
        found = await client.find_charge(card.profile_id, REFERENCE, CENTS)
    assert isinstance(first, Charged)
    assert isinstance(found, Charged)
    assert found.transaction_id == first.transaction_id


async def test_a_settled_charge_is_found_among_the_customers(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    await pay(client, card)
    sandbox.settle()
    assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS), Charged)


async def test_a_charge_of_a_deleted_customer_is_found_until_the_night(client: AuthorizeNet, card: CardRef) -> None:
    await pay(client, card)
    await client.delete_profile(card.profile_id)
    assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS), Charged)


@pytest.mark.parametrize(("what", "kind"), [("declined", Declined), ("held", HeldForReview)])
async def test_a_charge_that_was_not_taken_is_found_as_such(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox, what: str, kind: type
) -> None:
    sandbox.plan(what)
    sandbox.fault("cut_after", containing=CHARGE)
    with pytest.raises(OutcomeUnknownError):
        await pay(client, card)
    assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS), kind)


async def test_a_voided_charge_is_found_as_reversed(client: AuthorizeNet, card: CardRef) -> None:
    outcome = await pay(client, card)
    assert isinstance(outcome, Charged)
    await client.void(outcome.transaction_id, OTHER_REFERENCE)
    assert await client.find_charge(card.profile_id, REFERENCE, CENTS) == Reversed(outcome.transaction_id, "voided")


async def test_an_invoice_number_alone_proves_nothing(client: AuthorizeNet, card: CardRef, sandbox: Sandbox) -> None:
    profile = {
        "customerProfileId": card.profile_id,
        "paymentProfile": {"paymentProfileId": card.payment_profile_id},
    }
    request = {
        "transactionType": CHARGE,
        "amount": "125.01",
        "profile": profile,
        "order": {"invoiceNumber": REFERENCE},
        "processingOptions": {"isStoredCredentials": "true"},
    }
    sandbox.ask("createTransactionRequest", refId="somebody-else", transactionRequest=request)
    assert await client.find_charge(card.profile_id, REFERENCE, CENTS) == NotFound()


async def test_two_charges_or_another_amount_under_one_reference_are_for_a_person(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    await pay(client, card)
    assert isinstance(await client.find_charge(card.profile_id, REFERENCE, CENTS + 1), Ambiguous)
    sandbox.advance(8 * 3600 + 1)
    await pay(client, card)
    found = await client.find_charge(card.profile_id, REFERENCE, CENTS)
    assert isinstance(found, Ambiguous)
    assert len(found.transaction_ids) == 2


async def test_a_duplicate_that_cannot_be_proven_is_unknown(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    await pay(client, card)
    sandbox.fault("error_500", containing="getTransactionDetailsRequest")
    with pytest.raises(OutcomeUnknownError, match="duplicate"):
        await pay(client, card)


async def test_what_was_refunded_before_the_answer_was_cut_is_found_once(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    charged = await pay(client, card)
    assert isinstance(charged, Charged)
    sandbox.settle()
    assert await client.find_refund(card.profile_id, OTHER_REFERENCE, CENTS) == NotFound()
    sandbox.fault("cut_after", containing=REFUND)
    with pytest.raises(OutcomeUnknownError):
        await client.refund(charged.transaction_id, CENTS, "1111", OTHER_REFERENCE)
    found = await client.find_refund(card.profile_id, OTHER_REFERENCE, CENTS)
    assert isinstance(found, Refunded)
    assert await client.refund(charged.transaction_id, CENTS, "1111", OTHER_REFERENCE) == found
    assert len(sandbox.transactions()) == 2


async def test_a_refund_of_another_amount_is_for_a_person(
    client: AuthorizeNet, card: CardRef, sandbox: Sandbox
) -> None:
    charged = await pay(client, card)
    assert isinstance(charged, Charged)
    sandbox.settle()
    await client.refund(charged.transaction_id, 100, card, OTHER_REFERENCE)
    assert isinstance(await client.find_refund(card.profile_id, OTHER_REFERENCE, CENTS), Ambiguous)
