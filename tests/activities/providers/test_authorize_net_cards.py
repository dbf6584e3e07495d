"""Cards kept at Authorize.Net: what is stored, what is found, what is declined, and what a failure leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from activities.providers.authorize_net import AuthorizeNet
from activities.providers.authorize_net_results import (
    BillTo,
    CardDeclined,
    CardStored,
    CardSummary,
    NonceRefused,
    OpaqueData,
    StoreOutcome,
    Validation,
)
from activities.providers.failures import OutcomeUnknownError, RejectedError
from tests.sandbox.authorize_net.control import EMAIL, HOME, OTHER_CARD, Sandbox, open_sandbox

CUSTOMER = "U42"
VISA = CardSummary(brand="Visa", last4="1111", expires="2031-12")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AuthorizeNet]:
    async with sandbox.client() as opened:
        yield opened


async def create(client: AuthorizeNet, nonce: OpaqueData, bill_to: BillTo = HOME) -> StoreOutcome:
    return await client.create_profile(CUSTOMER, EMAIL, nonce, bill_to)


async def kept(client: AuthorizeNet, sandbox: Sandbox) -> CardStored:
    outcome = await create(client, sandbox.nonce())
    assert isinstance(outcome, CardStored)
    return outcome


async def test_a_new_customers_card_is_kept_and_approved(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    assert (stored.card, stored.validation.avs, stored.found) == (VISA, "Y", False)
    assert sandbox.profiles() == [{"id": stored.profile_id, "cards": [stored.payment_profile_id]}]
    assert sandbox.transactions() == []


async def test_the_profile_shows_the_cards_masked(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    added = await client.add_payment_profile(stored.profile_id, sandbox.nonce(OTHER_CARD), HOME)
    assert isinstance(added, CardStored)
    shown = await client.profile(CUSTOMER)
    assert shown is not None
    assert [(one.payment_profile_id, one.card.last4) for one in shown.cards] == [
        (stored.payment_profile_id, "1111"),
        (added.payment_profile_id, "0015"),
    ]


async def test_an_unknown_customer_has_no_profile(client: AuthorizeNet) -> None:
    assert await client.profile("U7") is None


@pytest.mark.parametrize(("zip_code", "cvv", "letters"), [("46205", "901", ("N", "N")), ("46211", "900", ("W", "M"))])
async def test_the_letters_of_address_and_code_come_through(
    client: AuthorizeNet, sandbox: Sandbox, zip_code: str, cvv: str, letters: tuple[str, str]
) -> None:
    bill_to = BillTo("Ada", "Byron", zip=zip_code)
    stored = await create(client, sandbox.nonce(cvv=cvv), bill_to)
    assert isinstance(stored, CardStored)
    assert (stored.validation.avs, stored.validation.cvv) == letters


async def test_commas_in_an_address_shift_nothing(client: AuthorizeNet, sandbox: Sandbox) -> None:
    bill_to = BillTo("Ada, Lady", "Byron", address="1 Main St, Apt 2, XXXX9999", zip="55801")
    stored = await create(client, sandbox.nonce(cvv="901"), bill_to)
    assert isinstance(stored, CardStored)
    assert (stored.card, stored.validation.cvv) == (VISA, "N")


@pytest.mark.parametrize("envelope", ["decline_says_ok", "decline_says_error"])
async def test_a_declined_card_is_not_kept_whatever_the_envelope_says(
    client: AuthorizeNet, sandbox: Sandbox, envelope: str
) -> None:
    sandbox.plan(envelope, times=2)
    declined = await create(client, sandbox.nonce(), BillTo("Ada", "Byron", zip="46282"))
    assert isinstance(declined, CardDeclined)
    assert (declined.code, declined.text) == ("2", "This transaction has been declined.")
    assert [card for profile in sandbox.profiles() for card in profile["cards"]] == []


@pytest.mark.parametrize("envelope", ["decline_says_ok", "decline_says_error"])
async def test_a_declined_second_card_leaves_the_first(client: AuthorizeNet, sandbox: Sandbox, envelope: str) -> None:
    stored = await kept(client, sandbox)
    sandbox.plan(envelope, times=2)
    declined = await create(client, sandbox.nonce(OTHER_CARD), BillTo("Ada", "Byron", zip="46282"))
    assert isinstance(declined, CardDeclined)
    assert sandbox.profiles() == [{"id": stored.profile_id, "cards": [stored.payment_profile_id]}]


async def test_a_nonce_is_good_once(client: AuthorizeNet, sandbox: Sandbox) -> None:
    nonce = sandbox.nonce()
    stored = await create(client, nonce)
    assert isinstance(stored, CardStored)
    assert await create(client, nonce) == NonceRefused("E00114", stored.profile_id)


async def test_a_nonce_is_good_for_15_minutes(client: AuthorizeNet, sandbox: Sandbox) -> None:
    nonce = sandbox.nonce()
    sandbox.advance(15 * 60 + 1)
    assert await create(client, nonce) == NonceRefused("E00115")


async def test_a_nonce_of_another_merchant_is_refused(client: AuthorizeNet, sandbox: Sandbox) -> None:
    assert await create(client, sandbox.nonce(merchant="somebodyElse")) == NonceRefused("E00116")
    assert sandbox.profiles() == []


async def test_a_changed_address_of_mail_makes_no_second_profile(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    other = await client.create_profile(CUSTOMER, "new@example.test", sandbox.nonce(OTHER_CARD), HOME)
    assert isinstance(other, CardStored)
    assert sandbox.profiles() == [
        {"id": stored.profile_id, "cards": [stored.payment_profile_id, other.payment_profile_id]}
    ]


async def test_the_same_card_again_is_found(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    again = await create(client, sandbox.nonce())
    assert isinstance(again, CardStored)
    assert (again.ref, again.card, again.found) == (stored.ref, VISA, True)
    assert sandbox.profiles() == [{"id": stored.profile_id, "cards": [stored.payment_profile_id]}]


@pytest.mark.parametrize("without_id", [False, True])
async def test_a_duplicate_of_a_profile_made_meanwhile_finds_its_card(
    client: AuthorizeNet, sandbox: Sandbox, without_id: bool
) -> None:
    stored = await kept(client, sandbox)
    sandbox.plan("stale_lookup")
    if without_id:
        sandbox.plan("duplicate_without_id")
    again = await create(client, sandbox.nonce())
    assert isinstance(again, CardStored)
    assert (again.ref, again.found) == (stored.ref, True)


async def test_a_duplicate_profile_with_another_card_asks_for_the_card_again(
    client: AuthorizeNet, sandbox: Sandbox
) -> None:
    stored = await kept(client, sandbox)
    sandbox.plan("stale_lookup")
    assert await create(client, sandbox.nonce(OTHER_CARD)) == NonceRefused("E00114", stored.profile_id)
    assert isinstance(await create(client, sandbox.nonce(OTHER_CARD)), CardStored)


async def test_two_browsers_adding_the_same_card_keep_it_once(client: AuthorizeNet, sandbox: Sandbox) -> None:
    outcomes = await asyncio.gather(*(create(client, sandbox.nonce()) for _ in range(2)))
    refs = {outcome.ref for outcome in outcomes if isinstance(outcome, CardStored)}
    assert len(outcomes) == 2
    assert [(one.profile_id, [one.payment_profile_id]) for one in refs] == [
        (profile["id"], profile["cards"]) for profile in sandbox.profiles()
    ]


async def test_what_was_kept_before_the_answer_was_cut_is_found(client: AuthorizeNet, sandbox: Sandbox) -> None:
    sandbox.fault("cut_after", containing="createCustomerProfileRequest")
    with pytest.raises(OutcomeUnknownError):
        await create(client, sandbox.nonce())
    found = await client.profile(CUSTOMER)
    assert found is not None
    assert [one.card for one in found.cards] == [VISA]


async def test_nothing_is_kept_when_the_request_was_cut(client: AuthorizeNet, sandbox: Sandbox) -> None:
    sandbox.fault("cut_before", containing="createCustomerProfileRequest")
    with pytest.raises(OutcomeUnknownError):
        await create(client, sandbox.nonce())
    assert await client.profile(CUSTOMER) is None


async def test_a_kept_card_that_cannot_be_read_back_is_no_plain_failure(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    sandbox.fault("too_many", containing="unmaskExpirationDate")
    with pytest.raises(OutcomeUnknownError):
        await client.add_payment_profile(stored.profile_id, sandbox.nonce(OTHER_CARD), HOME)


async def test_a_kept_card_is_validated(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    assert isinstance(await client.validate(stored.profile_id, stored.payment_profile_id), Validation)


@pytest.mark.parametrize("envelope", ["decline_says_ok", "decline_says_error"])
async def test_a_kept_card_may_be_declined_later(client: AuthorizeNet, sandbox: Sandbox, envelope: str) -> None:
    stored = await kept(client, sandbox)
    sandbox.plan("declined")
    sandbox.plan(envelope)
    declined = await client.validate(stored.profile_id, stored.payment_profile_id)
    assert isinstance(declined, CardDeclined)
    assert (declined.code, declined.payment_profile_id) == ("2", stored.payment_profile_id)


async def test_an_expired_card_is_declined_and_named(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    sandbox.advance(6 * 366 * 86_400)
    declined = await create(client, sandbox.nonce(expires="2040-12"))
    assert isinstance(declined, CardDeclined)
    assert (declined.code, declined.payment_profile_id) == ("8", stored.payment_profile_id)


async def test_the_eleventh_card_is_declined_by_the_vendor(client: AuthorizeNet, sandbox: Sandbox) -> None:
    outcomes = [await create(client, sandbox.nonce(), BillTo("Ada", "Byron", zip=str(55801 + n))) for n in range(11)]
    assert [type(outcome) for outcome in outcomes[:10]] == [CardStored] * 10
    assert isinstance(outcomes[10], CardDeclined)
    assert outcomes[10].code == "E00042"


async def test_deleting_what_is_gone_is_no_error(client: AuthorizeNet, sandbox: Sandbox) -> None:
    stored = await kept(client, sandbox)
    for _ in range(2):
        await client.delete_payment_profile(stored.profile_id, stored.payment_profile_id)
    gone = await client.validate(stored.profile_id, stored.payment_profile_id)
    assert isinstance(gone, CardDeclined)
    assert gone.code == "E00040"
    for _ in range(2):
        await client.delete_profile(stored.profile_id)
    assert (await client.profile(CUSTOMER), sandbox.profiles()) == (None, [])


async def test_an_account_in_test_mode_is_an_error(client: AuthorizeNet, sandbox: Sandbox) -> None:
    sandbox.plan("test_mode")
    with pytest.raises(RejectedError, match="test_mode"):
        await create(client, sandbox.nonce())


@pytest.mark.parametrize(
    ("field", "bill_to"),
    [
        ("firstName", BillTo("A" * 51, "Byron")),
        ("address", BillTo("Ada", "Byron", address="A" * 61)),
        ("zip", BillTo("Ada", "Byron", zip="5" * 21)),
        ("city", BillTo("Ada", "Byron", city="Dul\x00uth")),
    ],
)
async def test_a_limit_is_named_before_anything_is_sent(
    client: AuthorizeNet, sandbox: Sandbox, field: str, bill_to: BillTo
) -> None:
    nonce = sandbox.nonce()
    with pytest.raises(ValueError) as caught:
        await create(client, nonce, bill_to)
    assert field in str(caught.value)
    assert "AAAA" not in str(caught.value)
    assert isinstance(await create(client, nonce), CardStored)


async def test_a_customers_id_is_at_most_20_characters(client: AuthorizeNet, sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="customer_id"):
        await client.create_profile("0b0a7e0e-6a35-4f0c-9d7c-2f8b1c3d4e5f", EMAIL, sandbox.nonce(), HOME)


def test_people_and_nonces_are_not_shown() -> None:
    shown = repr((HOME, OpaqueData("COMMON", "secret-nonce")))
    assert not any(hidden in shown for hidden in ("Ada", "Byron", "Main", "55801", "secret"))


async def test_the_browsers_key_comes_from_the_vendor(client: AuthorizeNet, sandbox: Sandbox) -> None:
    assert await client.public_client_key() == sandbox.config.client_key
