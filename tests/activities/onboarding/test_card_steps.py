"""The card against Authorize.Net's sandbox: one profile with one card, whatever breaks between the two of us."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.contracts import CloseAccount
from domain.accounts import CARD_LIMIT_CENTS, CARD_LOTS, Card
from tests.activities.onboarding.stage import Scene
from tests.sandbox.authorize_net.control import CARD, OTHER_CARD

DECLINING_ZIP = "46282"
FAULTS = ("error_500", "too_many", "html", "cut_before", "cut_after")
CREATION = "createCustomerProfileRequest"


def cards(scene: Scene) -> list[list[str]]:
    """The cards of each profile that the vendor keeps."""
    return [profile["cards"] for profile in scene.bank.profiles()]


def validations(scene: Scene) -> int:
    return len(scene.bank.transactions())


async def test_a_card_is_kept_and_shown_by_its_last_digits(scene: Scene) -> None:
    kept = await scene.keep(scene.card())
    card = scene.account.card

    assert kept.outcome == "stored"
    assert (card.brand, card.last4, card.expires) == ("Visa", "1111", "2031-12")
    assert cards(scene) == [[card.payment_profile_id]]
    assert scene.mails() == ["card_stored"]


async def test_all_steps_together_clear_a_person_and_tell_them(scene: Scene) -> None:
    await scene.cleared()

    assert scene.allowed() == (True, CARD_LIMIT_CENTS, CARD_LOTS)
    assert sorted(scene.mails()) == ["card_stored", "cleared_to_bid", "identity_approved"]
    assert len(scene.posted.outbox_ids) == 3


@pytest.mark.parametrize("mode", FAULTS)
async def test_one_profile_with_one_card_whatever_happens_to_the_call(scene: Scene, mode: str) -> None:
    scene.bank.fault(mode, containing=CREATION)
    kept = await scene.keep(scene.card())

    assert kept.outcome == "stored"
    assert cards(scene) == [[scene.account.card.payment_profile_id]]
    assert scene.mails() == ["card_stored"]


@pytest.mark.parametrize("what", ["system_error", "system_error_after", "maintenance", "duplicate_without_id"])
async def test_one_profile_with_one_card_whatever_the_vendor_says(scene: Scene, what: str) -> None:
    scene.bank.plan(what, containing=CREATION)
    kept = await scene.keep(scene.card())

    assert kept.outcome == "stored"
    assert cards(scene) == [[scene.account.card.payment_profile_id]]


async def test_a_slow_answer_is_looked_up_instead_of_sending_the_nonce_again(scene: Scene) -> None:
    scene.bank.fault("slow", containing=CREATION, seconds=1.3)

    assert (await scene.keep(scene.card())).outcome == "stored"
    assert len(cards(scene)) == 1


async def test_a_worker_that_died_after_the_vendors_answer_leaves_one_card(scene: Scene) -> None:
    wish = scene.card()
    scene.bank.fault("cut_after", containing=CREATION)
    with pytest.raises(ApplicationError, match="authorize_net"):
        await scene.run(scene.work.keep_card, wish)
    again = await scene.run(scene.work.keep_card, wish, attempt=2)

    assert again.outcome == "stored"
    assert cards(scene) == [[scene.account.card.payment_profile_id]]


async def test_a_worker_that_died_after_its_own_writing_changes_nothing_more(scene: Scene) -> None:
    wish = scene.card()
    await scene.run(scene.work.keep_card, wish)
    before = validations(scene)
    again = await scene.run(scene.work.keep_card, wish, attempt=2)

    assert again.outcome == "stored"
    assert (validations(scene), scene.mails()) == (before, ["card_stored"])


async def test_a_wish_after_one_without_an_answer_looks_first(scene: Scene) -> None:
    lost = scene.card()
    scene.bank.fault("cut_after", containing=CREATION)
    with pytest.raises(ApplicationError):
        await scene.run(scene.work.keep_card, lost)

    assert (await scene.keep(scene.card(look_first=True))).outcome == "stored"
    assert len(cards(scene)) == 1


async def test_a_used_nonce_is_refused_and_keeps_what_there_is(scene: Scene) -> None:
    nonce = scene.bank.nonce().value
    await scene.keep(scene.card(nonce=nonce))
    refused = await scene.keep(scene.card(nonce=nonce))

    assert refused.outcome == "nonce_refused"
    assert scene.account.facts.card is Card.STORED
    assert len(cards(scene)) == 1


async def test_an_old_nonce_is_refused(scene: Scene) -> None:
    wish = scene.card()
    scene.bank.advance(16 * 60)

    assert (await scene.keep(wish)).outcome == "nonce_refused"
    assert scene.account.facts.card is Card.NONE


@pytest.mark.parametrize("says", ["decline_says_ok", "decline_says_error"])
async def test_a_decline_is_told_with_its_code_and_leaves_no_card(scene: Scene, says: str) -> None:
    scene.bank.plan(says)
    kept = await scene.keep(scene.card(zip_code=DECLINING_ZIP))

    assert (kept.outcome, kept.code) == ("declined", "2")
    assert scene.account.facts.card is Card.DECLINED
    assert "CARD_DECLINED" in kept.status.missing
    assert [ids for ids in cards(scene) if ids] == []


async def test_a_declined_card_whose_answer_was_lost_is_not_taken_for_a_good_one(scene: Scene) -> None:
    scene.bank.fault("cut_after", containing=CREATION)
    scene.bank.plan("declined", times=2)
    kept = await scene.keep(scene.card())

    assert kept.outcome in {"declined", "nonce_refused"}
    assert scene.account.facts.card is not Card.STORED
    assert [ids for ids in cards(scene) if ids] == []


async def test_a_card_is_replaced_by_another(scene: Scene) -> None:
    await scene.keep(scene.card())
    await scene.keep(scene.card(card=OTHER_CARD))

    assert scene.account.card.brand == "MasterCard"
    assert cards(scene) == [[scene.account.card.payment_profile_id]]
    assert scene.mails() == ["card_stored", "card_stored"]


async def test_a_declined_replacement_leaves_the_good_card(scene: Scene) -> None:
    await scene.keep(scene.card())
    declined = await scene.keep(scene.card(card=OTHER_CARD, zip_code=DECLINING_ZIP))

    assert declined.outcome == "declined"
    assert (scene.account.facts.card, scene.account.card.brand) == (Card.STORED, "Visa")
    assert cards(scene) == [[scene.account.card.payment_profile_id]]


async def test_the_same_card_again_is_found(scene: Scene) -> None:
    await scene.keep(scene.card())
    first = scene.account.card.payment_profile_id
    again = await scene.keep(scene.card(card=CARD))

    assert again.outcome == "stored"
    assert (scene.account.card.payment_profile_id, cards(scene)) == (first, [[first]])


async def test_somebody_whose_row_was_lost_keeps_their_profile(scene: Scene) -> None:
    await scene.keep(scene.card())
    await scene.run(scene.work.remove_card, scene.user_id)
    kept = await scene.keep(scene.card(card=OTHER_CARD))

    assert kept.outcome == "stored"
    assert cards(scene) == [[scene.account.card.payment_profile_id]]


async def test_a_card_that_ends_soon_is_warned_of_once(scene: Scene) -> None:
    soon = scene.clock().replace(day=28)
    await scene.keep(scene.card(expires=f"{soon:%Y-%m}"))
    for _ in range(2):
        await scene.run(scene.work.look_at_account, scene.user_id)

    assert sorted(scene.mails()) == ["card_expiring", "card_stored"]


async def test_a_card_is_watched_until_it_ends(scene: Scene) -> None:
    await scene.cleared()
    looks: list[Any] = []
    while scene.allowed()[0]:
        status = await scene.run(scene.work.look_at_account, scene.user_id)
        looks.append(status.next_look_at)
        if status.next_look_at is None:
            break
        scene.clock.advance(seconds=(status.next_look_at - scene.clock()).total_seconds() + 1)

    assert len(looks) <= 3
    assert "CARD_EXPIRED" in status.missing or "IDENTITY_EXPIRED" in status.missing


async def test_a_card_that_is_gone_at_the_vendor_is_gone_here(scene: Scene) -> None:
    await scene.keep(scene.card())
    async with scene.bank.client() as other:
        card = scene.account.card
        await other.delete_payment_profile(card.profile_id or "", card.payment_profile_id or "")
    await scene.retried(scene.work.read_card, scene.user_id)

    assert scene.account.facts.card is Card.NONE


async def test_what_the_vendor_says_of_a_kept_card_is_taken_over(scene: Scene) -> None:
    await scene.keep(scene.card())
    before = scene.account.card
    await scene.retried(scene.work.read_card, scene.user_id)

    assert scene.account.card == before
    assert scene.mails() == ["card_stored"]


async def test_a_removed_card_is_gone_on_both_sides_even_if_the_vendor_was_away(scene: Scene) -> None:
    await scene.cleared()
    scene.bank.fault("error_500", times=2)
    status = await scene.retried(scene.work.remove_card, scene.user_id)

    assert "CARD_MISSING" in status.missing
    assert scene.allowed() == (False, 0, 0)
    assert cards(scene) == [[]]


async def test_closing_lets_the_vendor_forget_the_person(scene: Scene) -> None:
    await scene.cleared()
    scene.erase()
    scene.bank.fault("cut_after", containing="deleteCustomerProfileRequest")
    await scene.retried(scene.work.close_account, CloseAccount(scene.user_id, []))

    assert scene.bank.profiles() == []
    assert (scene.account.legal_sealed, scene.account.card.profile_id) == (None, None)
    assert scene.allowed() == (False, 0, 0)


async def test_nobody_is_kept_who_was_erased_before(scene: Scene) -> None:
    wish = scene.card()
    scene.erase()

    assert (await scene.keep(wish)).outcome == "gone"
    assert scene.bank.profiles() == []


class ErasesMeanwhile:
    """Erases the person between the vendor's answer and our writing."""

    def __init__(self, scene: Scene, call: Callable[..., Any]) -> None:
        self._scene = scene
        self._call = call

    async def __call__(self, *arguments: object) -> Any:
        answer = await self._call(*arguments)
        self._scene.erase()
        return answer


async def test_who_is_erased_between_the_vendors_answer_and_our_writing_leaves_nothing(scene: Scene) -> None:
    vendor: Any = scene.work._cards._vendor
    vendor.create_profile = ErasesMeanwhile(scene, vendor.create_profile)

    assert (await scene.keep(scene.card())).outcome == "gone"
    assert scene.bank.profiles() == []
    assert scene.account.card.payment_profile_id is None
