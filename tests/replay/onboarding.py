"""People whose histories are kept: cleared and watched, in trouble, and followed over more than one run."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import TERMS_VERSION, Facts, Identity
from domain.errors import UnavailableError
from tests.replay.stage import Scene, Stage, short_runs, skipping
from tests.workflows.accounts import Person
from tests.workflows.lots import raw
from workflows import account_messages as messages


async def cleared_and_watched(stage: Stage) -> str:
    """From the sign-up to the clearance, a card that expires, another one, none, and the end."""
    person = stage.person()
    ends = await stage.env.get_current_time() + timedelta(days=90)
    person.kept.facts = Facts(card_expires=(ends.year, ends.month))
    await person.door.start(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 1)
    person.kept.facts = replace(person.kept.facts, email_verified=True)
    await person.door.email_verified(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 2)
    await person.cleared()
    await stage.house.pass_time(days=130)
    await person.until_state(cleared=False, missing=["CARD_EXPIRED"])
    person.kept.facts = replace(person.kept.facts, card_expires=None)
    await person.card("another")
    await person.door.card_event(person.user_id, messages.CardEvent("event", "profile"))
    await person.until(lambda: person.accounts.calls["read_card"] == 1)
    await person.door.remove_card(person.user_id)
    return await _closed(stage, person)


async def in_trouble(stage: Stage) -> str:
    """Vendors that refuse, a link that nobody uses, what cannot be read, a nonce again, and a closing tried twice."""
    person = stage.person()
    person.accounts.mistaken |= {"open_identity", "keep_card", "read_identity", "give_details"}
    for step in (
        person.door.begin_identity(person.user_id),
        person.card("first"),
        person.door.give_details(person.user_id, "sealed"),
    ):
        with pytest.raises(UnavailableError):
            await step
    await person.event("of nobody")
    await person.until(lambda: person.accounts.calls["read_identity"] == 1)
    person.accounts.mistaken.clear()
    await person.handle.signal("identity_event", args=[raw(b"{")])
    await person.handle.signal("nothing_that_we_know")
    assert [await person.card("second"), await person.card("second")] == ["stored"] * 2
    await person.door.begin_identity(person.user_id)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.EXPIRED
    await stage.house.pass_time(hours=26)
    await person.until(lambda: person.kept.facts.identity is Identity.EXPIRED)
    person.accounts.mistaken.add("close_account")
    await person.door.close(person.user_id)
    await person.until(lambda: person.accounts.calls["close_account"] == 1)
    person.accounts.mistaken.clear()
    return await stage.ended(person.handle.id)


async def continued(stage: Stage) -> str:
    """More than one run: a check that was begun in the first one goes on in the next."""
    person = stage.person()
    await person.door.begin_identity(person.user_id)
    await person.card("first")
    first = (await person.handle.describe()).run_id
    while (await person.handle.describe()).run_id == first:
        await person.door.look_again(person.user_id)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.APPROVED
    await person.event()
    await person.card("first")
    await person.door.accept_terms(person.user_id, TERMS_VERSION)
    return await _closed(stage, person)


async def _closed(stage: Stage, person: Person) -> str:
    await person.door.close(person.user_id)
    return await stage.ended(person.handle.id)


SCENES = {
    "onboarding_cleared_and_watched": Scene(cleared_and_watched, skipping),
    "onboarding_in_trouble": Scene(in_trouble, skipping),
    "onboarding_continued": Scene(continued, short_runs),
}
