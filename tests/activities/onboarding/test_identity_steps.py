"""The identity check against Persona's sandbox: one inquiry whatever breaks, and nothing believed that was not read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.contracts import CloseAccount, OpenIdentity
from activities.sealed_forms import LegalDetails
from domain.accounts import Identity
from domain.identity import MOST_CHECKS
from tests.activities.onboarding.stage import DETAILS, Scene

FAULTS = ("error_500", "too_many", "html", "cut_before", "cut_after")


def inquiries(scene: Scene) -> list[dict[str, Any]]:
    listed = scene.persona.call("GET", f"/inquiries?filter[reference-id]={scene.reference}")
    found: list[dict[str, Any]] = listed.json()["data"]
    return found


async def test_the_first_link_begins_a_check(scene: Scene) -> None:
    opened = await scene.open()

    assert opened.outcome == "link"
    assert opened.url is not None
    assert opened.url.startswith(scene.persona.url)
    assert (scene.account.inquiry_id, scene.account.facts.identity) == (opened.inquiry_id, Identity.PENDING)


async def test_a_second_link_leads_into_the_same_check(scene: Scene) -> None:
    first, second = await scene.open(), await scene.open()

    assert first.inquiry_id == second.inquiry_id
    assert first.url != second.url
    assert len(inquiries(scene)) == 1


async def test_a_person_goes_through_the_check_by_their_link(scene: Scene) -> None:
    opened = await scene.open()
    scene.persona.choose(opened.url or "", "pass")
    status = await scene.read()

    assert scene.account.facts.identity is Identity.APPROVED
    assert status.next_look_at is not None
    assert status.next_look_at - scene.clock() > timedelta(days=720)
    assert (await scene.open()).outcome == "approved"
    assert scene.mails() == ["identity_approved"]


@pytest.mark.parametrize("mode", FAULTS)
async def test_one_check_begins_whatever_happens_to_the_call(scene: Scene, mode: str) -> None:
    scene.persona.control("faults", mode=mode, path="/api/v1/inquiries", containing="inquiry-template-id", times=2)
    opened = await scene.open()

    assert opened.outcome == "link"
    assert [each["id"] for each in inquiries(scene)] == [opened.inquiry_id]


async def test_a_500_that_persona_keeps_under_its_key_is_got_round(scene: Scene) -> None:
    scene.persona.control("crashes", times=1)
    opened = await scene.open()

    assert opened.outcome == "link"
    assert len(inquiries(scene)) == 1


async def test_a_slow_answer_is_looked_up(scene: Scene) -> None:
    scene.persona.control("faults", mode="slow", containing="inquiry-template-id", seconds=1.3)
    opened = await scene.open()

    assert [each["id"] for each in inquiries(scene)] == [opened.inquiry_id]


async def test_a_worker_that_died_after_the_vendors_answer_leaves_one_check(scene: Scene) -> None:
    lost = scene.persona.created(scene.reference)
    opened = await scene.run(scene.work.open_identity, OpenIdentity(scene.user_id, []), attempt=2)

    assert opened.inquiry_id == lost
    assert len(inquiries(scene)) == 1


async def test_tries_of_an_earlier_call_are_looked_up_too(scene: Scene) -> None:
    lost = scene.persona.created(scene.reference)

    assert (await scene.open(tries=3)).inquiry_id == lost


async def test_a_mistake_of_ours_is_not_tried_again(scene: Scene) -> None:
    scene.work._identity._persona._template_id = "itmpl_unknown"
    with pytest.raises(ApplicationError) as caught:
        await scene.run(scene.work.open_identity, OpenIdentity(scene.user_id, []))

    assert caught.value.non_retryable


@pytest.mark.parametrize("gap", [["complete_inquiry"], ["complete_inquiry", "mark_for_review_inquiry"]])
async def test_completed_is_not_approved(scene: Scene, gap: list[str]) -> None:
    opened = await scene.open()
    scene.persona.simulate(opened.inquiry_id or "", "start_inquiry", *gap)
    status = await scene.read()

    assert "IDENTITY_IN_REVIEW" in status.missing
    assert (await scene.open()).outcome == "waiting"
    assert status.open_inquiry == opened.inquiry_id
    assert status.next_look_at is not None
    assert status.next_look_at - scene.clock() < timedelta(hours=1)


async def test_an_event_that_comes_before_the_answer_finds_the_check(scene: Scene) -> None:
    made = scene.persona.created(scene.reference)
    await scene.read(made)

    assert scene.account.inquiry_id == made
    assert (await scene.open()).inquiry_id == made


async def test_an_event_about_somebody_elses_check_changes_nothing(scene: Scene) -> None:
    other = scene.persona.created("account-2")
    scene.pass_check(other)
    await scene.read(other)
    await scene.read("inq_unknown")

    assert scene.account.inquiry_id is None


async def test_events_in_any_order_and_number_say_what_persona_says(scene: Scene) -> None:
    made = await scene.approved()
    for _ in range(3):
        await scene.read(made)

    assert scene.account.facts.identity is Identity.APPROVED
    assert scene.mails() == ["identity_approved"]


async def test_a_reviewer_may_take_an_approval_back(scene: Scene) -> None:
    await scene.cleared()
    scene.persona.simulate(scene.account.inquiry_id or "", "decline_inquiry")
    await scene.read()

    assert scene.allowed() == (False, 0, 0)
    assert "identity_declined" in scene.mails()
    assert (await scene.open()).outcome == "declined"


async def test_an_expired_check_is_opened_again(scene: Scene) -> None:
    opened = await scene.open()
    scene.persona.control("clock", advance_s=90_000)
    again = await scene.open()

    assert again.outcome == "link"
    assert again.inquiry_id == opened.inquiry_id
    assert scene.account.facts.identity is Identity.PENDING


async def test_a_failed_check_is_replaced_until_there_were_too_many(scene: Scene) -> None:
    begun: list[str] = []
    for _ in range(MOST_CHECKS):
        opened = await scene.open(begun)
        begun.append(opened.inquiry_id or "")
        scene.persona.simulate(begun[-1], "start_inquiry", "fail_inquiry")

    assert len(set(begun)) == MOST_CHECKS
    assert (await scene.open(begun)).outcome == "too_many"


async def test_a_verdict_is_asked_for_anew_after_two_years(scene: Scene) -> None:
    first = await scene.approved()
    scene.clock.advance(days=731)
    await scene.run(scene.work.look_at_account, scene.user_id)

    assert (await scene.open([first])).inquiry_id != first


async def test_a_name_that_matches_is_done_in_either_order(scene: Scene) -> None:
    await scene.approved()
    waiting = await scene.give()
    status = await scene.read()

    assert "DETAILS_UNMATCHED" in waiting.missing
    assert not {"DETAILS_UNMATCHED", "NAME_MISMATCH"} & set(status.missing)


async def test_another_name_is_a_problem_until_the_right_one_is_given(scene: Scene) -> None:
    await scene.give()
    await scene.approved()
    matched = scene.account.facts.legal_matches
    await scene.give(replace(DETAILS, last_name="Lovelace"))
    wrong = await scene.read()
    await scene.give(LegalDetails("ADA", "Býron", "2 Main St", "Duluth", "MN", "55801", middle_name="King"))
    right = await scene.read()

    assert matched is True
    assert "NAME_MISMATCH" in wrong.missing
    assert "NAME_MISMATCH" not in right.missing


async def test_nothing_readable_of_a_person_is_kept(scene: Scene) -> None:
    await scene.give()
    await scene.approved()

    assert "Byron" not in (scene.account.legal_sealed or "Byron")


async def test_an_erased_person_begins_nothing(scene: Scene) -> None:
    scene.erase()

    assert (await scene.open()).outcome == "gone"
    assert (await scene.read()).gone
    assert inquiries(scene) == []


async def test_closing_lets_persona_forget_every_check(scene: Scene) -> None:
    first = (await scene.open()).inquiry_id or ""
    scene.persona.simulate(first, "start_inquiry", "fail_inquiry")
    second = (await scene.open([first])).inquiry_id or ""
    lost = scene.persona.created(scene.reference)
    scene.erase()
    for _ in range(2):
        await scene.retried(scene.work.close_account, CloseAccount(scene.user_id, [first, second, "inq_unknown"]))

    redacted = [each["attributes"]["redacted-at"] is not None for each in inquiries(scene)]
    assert redacted == [True] * len({first, second, lost})
