"""The Persona sandbox's inquiries: one status after the other, links that open once, webhooks that are signed, and a
page on which a person ends a verification."""

import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.persona.stage import SECRETS, Stage, stage

RETURN = "https://auctions.example/identity?from=persona"


@pytest.fixture(name="persona")
def persona_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["start_inquiry"], "pending"),
        (["start_inquiry", "complete_inquiry"], "completed"),
        (["start_inquiry", "complete_inquiry", "approve_inquiry"], "approved"),
        (["start_inquiry", "complete_inquiry", "mark_for_review_inquiry", "decline_inquiry"], "declined"),
        (["start_inquiry", "complete_inquiry", "approve_inquiry", "decline_inquiry"], "declined"),
        (["start_inquiry", "fail_inquiry"], "failed"),
        (["expire_inquiry"], "expired"),
    ],
)
def test_an_inquiry_takes_allowed_steps(persona: Stage, actions: list[str], status: str) -> None:
    key = persona.created()
    assert persona.simulate(key, *actions).status_code == 200
    assert persona.status(key) == status


@pytest.mark.parametrize(
    "actions",
    [
        ["approve_inquiry"],
        ["complete_inquiry"],
        ["start_inquiry", "approve_inquiry"],
        ["start_inquiry", "fail_inquiry", "approve_inquiry"],
        ["start_inquiry", "start_inquiry"],
        ["expire_inquiry", "start_inquiry"],
    ],
)
def test_steps_that_are_not_allowed_change_nothing(persona: Stage, actions: list[str]) -> None:
    key = persona.created()
    assert persona.simulate(key, *actions).status_code == 422
    assert persona.status(key) == "created"


def test_an_unknown_step_is_400(persona: Stage) -> None:
    assert persona.simulate(persona.created(), "bless_inquiry").status_code == 400
    assert persona.simulate(persona.created()).status_code == 400


def test_an_open_inquiry_expires_and_can_be_resumed(persona: Stage) -> None:
    key = persona.created()
    persona.control("clock", advance_s=3_600)
    assert persona.inbox.names(2) == ["inquiry.created", "inquiry.expired"]
    assert persona.call("POST", f"/inquiries/{key}/generate-one-time-link").status_code == 422
    resumed = persona.call("POST", f"/inquiries/{key}/resume")
    assert (resumed.status_code, resumed.json()["data"]["attributes"]["status"]) == (200, "pending")
    assert resumed.json()["meta"]["session-token"]
    assert persona.call("POST", f"/inquiries/{key}/resume").status_code == 200


def test_a_decided_inquiry_does_not_expire_and_cannot_be_resumed(persona: Stage) -> None:
    key = persona.created()
    persona.simulate(key, "start_inquiry", "complete_inquiry", "approve_inquiry")
    persona.control("clock", advance_s=100_000)
    assert persona.status(key) == "approved"
    assert persona.call("POST", f"/inquiries/{key}/resume").status_code == 422


def test_redaction_forgets_the_person_and_happens_once(persona: Stage) -> None:
    created = persona.create(name_first="Jane", name_last="Doe").json()
    path = f"/inquiries/{created['data']['id']}"
    redacted = persona.call("DELETE", path)
    attributes = redacted.json()["data"]["attributes"]
    assert redacted.status_code == 200
    assert attributes["redacted-at"] is not None
    assert {field["value"] for field in attributes["fields"].values()} == {None}
    assert persona.call("DELETE", path).json()["errors"][0]["details"] == "Inquiry already redacted"
    for after in ("resume", "generate-one-time-link"):
        assert persona.call("POST", f"{path}/{after}").status_code == 409
    assert persona.http.get(created["meta"]["one-time-link"]).status_code == 410


def test_a_webhook_is_signed_over_its_raw_body_with_every_secret(persona: Stage) -> None:
    persona.created(name_first="Zo\u00eb")
    [webhook] = persona.inbox.take(1)
    groups = [
        dict(part.split("=") for part in group.split(",")) for group in webhook.headers["persona-signature"].split(" ")
    ]
    signed = f"{groups[0]['t']}.".encode() + webhook.raw
    assert [group["v1"] for group in groups] == [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in SECRETS
    ]
    assert webhook.event["type"] == "event"
    assert webhook.event["attributes"]["payload"]["data"]["attributes"]["status"] == "created"
    assert "Zo\u00eb".encode() in webhook.raw


def test_a_webhook_is_sent_again_and_signed_anew_until_it_is_taken() -> None:
    seconds = iter(range(1_700_000_000, 1_800_000_000))
    with stage(seconds=lambda: float(next(seconds))) as persona:
        persona.inbox.answers += [500, 503]
        persona.created()
        tries = persona.inbox.take(3)
        assert len({webhook.raw for webhook in tries}) == 1
        assert len({webhook.headers["persona-signature"] for webhook in tries}) == 3
        assert [webhook.headers["persona-webhook-attempts-made"] for webhook in tries] == ["1", "2", "3"]
        assert [webhook.headers["persona-webhook-attempts-left"] for webhook in tries] == ["7", "6", "5"]
        assert len({webhook.headers["persona-webhook-first-attempted-at"] for webhook in tries}) == 1


def test_webhooks_can_come_twice(persona: Stage) -> None:
    persona.control("webhooks", mode="twice")
    persona.created()
    first, second = persona.inbox.take(2)
    assert first.raw == second.raw


def test_webhooks_can_come_newest_first_while_their_times_keep_the_order(persona: Stage) -> None:
    persona.control("webhooks", mode="reversed")
    key = persona.created()
    persona.simulate(key, "start_inquiry", "complete_inquiry", "approve_inquiry")
    persona.control("webhooks", release=True)
    arrived = persona.inbox.take(4)
    names = ["inquiry.created", "inquiry.started", "inquiry.completed", "inquiry.approved"]
    assert [webhook.name for webhook in arrived] == names[::-1]
    in_order = sorted(arrived, key=lambda webhook: str(webhook.event["attributes"]["created-at"]))
    assert [webhook.name for webhook in in_order] == names


@pytest.mark.parametrize(
    ("ending", "last_name", "status", "events"),
    [
        ("pass", "Doe", "approved", ["inquiry.completed", "inquiry.approved"]),
        ("review", "Doe", "needs_review", ["inquiry.completed", "inquiry.marked-for-review"]),
        ("fail", "Doe", "failed", ["inquiry.failed"]),
        ("decline", "Doe", "declined", ["inquiry.completed", "inquiry.declined"]),
        ("pass", "Review", "needs_review", ["inquiry.completed", "inquiry.marked-for-review"]),
        ("pass", "Decline", "declined", ["inquiry.completed", "inquiry.declined"]),
    ],
)
def test_a_person_ends_a_verification_on_the_page(
    persona: Stage, ending: str, last_name: str, status: str, events: list[str]
) -> None:
    created = persona.create(name_first="Jane", name_last=last_name, redirect_uri=RETURN).json()
    answer = persona.choose(created["meta"]["one-time-link"], ending)
    assert persona.status(created["data"]["id"]) == status
    assert persona.inbox.names(2 + len(events)) == ["inquiry.created", "inquiry.started", *events]
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    # What the browser brings back never tells the decision.
    assert parse_qs(back.query) == {
        "from": ["persona"],
        "inquiry-id": [created["data"]["id"]],
        "reference-id": ["user-1"],
        "status": ["failed" if ending == "fail" else "completed"],
    }


def test_the_page_shows_the_name_and_nothing_of_it_is_markup(persona: Stage) -> None:
    link = persona.create(name_first="<b>Jane", name_last="Doe").json()["meta"]["one-time-link"]
    page = persona.http.get(link)
    assert page.status_code == 200
    assert "Persona sandbox" in page.text
    assert "&lt;b&gt;Jane Doe" in page.text


def test_a_link_opens_once(persona: Stage) -> None:
    link = persona.create().json()["meta"]["one-time-link"]
    assert [persona.http.get(link).status_code for _ in range(2)] == [200, 410]


def test_a_link_expires(persona: Stage) -> None:
    path = f"/inquiries/{persona.created()}/generate-one-time-link"
    link = persona.call("POST", path, {"meta": {"expires-in-seconds": 60}}).json()["meta"]["one-time-link"]
    persona.control("clock", advance_s=60)
    assert persona.http.get(link).status_code == 410


@pytest.mark.parametrize("seconds", [0, -1, True, "60"])
def test_a_link_needs_a_lifetime(persona: Stage, seconds: object) -> None:
    path = f"/inquiries/{persona.created()}/generate-one-time-link"
    assert persona.call("POST", path, {"meta": {"expires-in-seconds": seconds}}).status_code == 400


def test_a_verification_ends_once(persona: Stage) -> None:
    key = persona.created()
    links = [
        persona.call("POST", f"/inquiries/{key}/generate-one-time-link").json()["meta"]["one-time-link"]
        for _ in range(2)
    ]
    assert persona.choose(links[0], "decline").status_code == 200
    assert persona.choose(links[1], "pass").status_code == 410
    assert persona.status(key) == "declined"


def test_an_ending_that_there_is_not_is_400(persona: Stage) -> None:
    link = persona.create().json()["meta"]["one-time-link"]
    assert persona.choose(link, "bribe").status_code == 400
