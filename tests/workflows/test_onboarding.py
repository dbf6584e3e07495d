"""A person's way to being cleared, and what time changes after that, under time skipping."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from domain.accounts import TERMS_VERSION, Identity
from tests.doubles.onboarding import COMPLETE
from tests.workflows.accounts import Person, open_person
from tests.workflows.conftest import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def person(skipping: House) -> AsyncIterator[Person]:
    async with open_person(skipping.env) as found:
        yield found


async def test_a_person_goes_all_the_way(person: Person) -> None:
    await person.door.start(person.user_id)
    await person.cleared()

    assert (await person.state())["missing"] == []


async def test_each_step_tells_what_is_missing(person: Person) -> None:
    first = await person.door.accept_terms(person.user_id, TERMS_VERSION)
    second = await person.door.give_details(person.user_id, "sealed")

    assert first.missing == ["IDENTITY_UNVERIFIED", "CARD_MISSING", "DETAILS_MISSING"]
    assert second.missing == ["IDENTITY_UNVERIFIED", "CARD_MISSING", "DETAILS_UNMATCHED"]


async def test_two_browsers_get_two_links_into_one_check(person: Person) -> None:
    links = await asyncio.gather(*(person.door.begin_identity(person.user_id) for _ in range(2)))

    assert len({link.url for link in links}) == 2
    assert len(person.kept.inquiries) == 1
    assert person.accounts.most_at_once == 1


async def test_two_browsers_store_their_cards_one_after_the_other(person: Person) -> None:
    outcomes = await asyncio.gather(*(person.card(nonce) for nonce in ("one", "two")))

    assert outcomes == ["stored", "stored"]
    assert person.accounts.most_at_once == 1


async def test_the_same_nonce_twice_is_answered_once(person: Person) -> None:
    outcomes = [await person.card("one"), await person.card("one")]
    outcomes += await asyncio.gather(person.card("one"), person.card("one"))

    assert outcomes == ["stored"] * 4
    assert person.accounts.calls["keep_card"] == 1


async def test_a_decline_is_told_with_its_code_and_another_card_may_follow(person: Person) -> None:
    person.accounts.declined.add("bad")
    declined = await person.door.store_card(person.user_id, "bad", "a")

    assert (declined.outcome, declined.code) == ("declined", "2")
    assert await person.card("good") == "stored"


async def test_a_removed_card_takes_the_clearance_away(person: Person) -> None:
    await person.cleared()
    answer = await person.door.remove_card(person.user_id)

    assert (answer.outcome, answer.cleared, answer.missing) == ("done", False, ["CARD_MISSING"])


async def test_a_webhook_that_comes_before_the_answer_of_its_call_is_read_after_it(person: Person) -> None:
    person.accounts.held.add("open_identity")
    call = asyncio.create_task(person.door.begin_identity(person.user_id))
    await person.until(lambda: person.kept.inquiry_id is not None)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.APPROVED
    await person.event()
    person.accounts.open.set()
    link = await call
    await person.until(lambda: person.kept.facts.identity is Identity.APPROVED)

    assert link.outcome == "link"
    assert (await person.door.begin_identity(person.user_id)).outcome == "approved"


async def test_repeated_and_late_webhooks_take_nothing_back(person: Person) -> None:
    await person.cleared()
    for status in ("completed", "pending", "created", "completed"):
        await person.handle.signal("identity_event", {"event_id": "e", "inquiry_id": "", "status_hint": status})
    await person.until(lambda: person.accounts.calls["read_identity"] >= 2)

    assert person.kept.facts.identity is Identity.APPROVED


async def test_a_webhook_that_got_lost_is_made_good_by_asking_again(person: Person) -> None:
    await person.door.begin_identity(person.user_id)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.COMPLETED
    await person.event()
    await person.until(lambda: person.kept.facts.identity is Identity.COMPLETED)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.APPROVED
    await person.pass_time(hours=1, minutes=5)
    await person.until(lambda: person.kept.facts.identity is Identity.APPROVED)


async def test_an_open_check_is_asked_about_after_it_must_have_expired(person: Person) -> None:
    await person.door.begin_identity(person.user_id)
    person.kept.inquiries[person.kept.inquiry_id or ""] = Identity.EXPIRED
    await person.pass_time(hours=24)
    before = person.kept.facts.identity
    await person.pass_time(hours=2)
    await person.until(lambda: person.kept.facts.identity is Identity.EXPIRED)

    assert before is Identity.PENDING


async def test_a_card_is_looked_at_thirty_days_before_its_end_and_at_its_end(person: Person) -> None:
    ends = (await person.env.get_current_time()) + timedelta(days=90)
    person.kept.facts = replace(COMPLETE, card_expires=(ends.year, ends.month))
    await person.cleared()
    await person.pass_time(days=2)
    looks = person.accounts.calls["look_at_account"]
    await person.pass_time(days=123)
    await person.until_state(cleared=False)

    assert (await person.state())["missing"] == ["CARD_EXPIRED"]
    assert person.accounts.calls["look_at_account"] == looks + 2


async def test_a_verdict_ends_after_two_years(person: Person) -> None:
    await person.cleared()
    await person.pass_time(days=731)
    await person.until_state(cleared=False)

    assert (await person.state())["missing"] == ["IDENTITY_EXPIRED"]


async def test_a_verified_address_is_noticed(person: Person) -> None:
    person.kept.facts = replace(person.kept.facts, email_verified=False)
    await person.door.start(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 1)
    person.kept.facts = replace(person.kept.facts, email_verified=True)
    await person.door.email_verified(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 2)

    assert "EMAIL_UNVERIFIED" not in (await person.state())["missing"]


async def test_support_has_everything_looked_at_again(person: Person) -> None:
    await person.cleared()
    calls = person.accounts.calls.copy()
    answer = await person.door.look_again(person.user_id)
    await person.until(lambda: person.accounts.calls["read_card"] == calls["read_card"] + 1)
    await person.until(lambda: person.accounts.calls["read_identity"] == calls["read_identity"] + 1)

    assert answer.cleared


async def test_an_account_that_waits_is_a_handful_of_events_and_no_timer(person: Person) -> None:
    await person.door.start(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 1)
    await person.pass_time(days=400)
    events = await person.events()

    assert len(events) <= 10
    assert "timer_started" not in events


async def test_a_cleared_account_is_woken_a_handful_of_times_in_two_years(person: Person) -> None:
    await person.cleared()
    await person.pass_time(days=2)
    before = len(await person.events())
    await person.pass_time(days=700)

    assert len(await person.events()) - before <= 6
