"""Our client of Persona against the sandbox: what it asks for and keeps, and what it makes of each way to fail."""

import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from activities.providers.failures import OutcomeUnknownError, ProviderError, RejectedError, UnavailableError
from activities.providers.persona import PAGE_SIZE, Persona, needs_fresh_key
from activities.providers.persona_answers import Inquiry, LegalIdentity
from activities.vendor_events.persona import Decision, InquiryStatus, read_event, verify
from temporal.stack.ports import free_port
from tests.sandbox.persona.stage import API_KEY, SECRETS, TEMPLATE, Stage, stage

JANE = {"name-first": "Jane", "name-last": "Doe", "birthdate": "1990-01-31", "address-city": "Duluth"}
Call = Callable[[Persona, str], Coroutine[Any, Any, object]]

READS: dict[str, Call] = {
    "inquiry": lambda client, key: client.inquiry(key),
    "newest_inquiry": lambda client, _: client.newest_inquiry("user-1"),
    "legal_identity": lambda client, key: client.legal_identity(key),
    "redact": lambda client, key: client.redact(key),
}
WRITES: dict[str, Call] = {
    "create_inquiry": lambda client, _: client.create_inquiry("user-2", "k2", JANE),
    "one_time_link": lambda client, key: client.one_time_link(key, 60),
    "resume": lambda client, key: client.resume(key),
}
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"mode": "error_500"}, "http_500"),
    ({"mode": "html"}, "http_502"),
    ({"mode": "cut_before"}, "connection_lost"),
    ({"mode": "cut_after"}, "connection_lost"),
    ({"mode": "slow", "seconds": 1.5}, "timeout"),
]


@pytest.fixture(name="sandbox")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="client")
async def client_fixture(sandbox: Stage) -> AsyncIterator[Persona]:
    async with Persona(sandbox.api_url, API_KEY, TEMPLATE) as client:
        yield client


@pytest.fixture(name="hasty")
async def hasty_fixture(sandbox: Stage) -> AsyncIterator[Persona]:
    """A client that waits for half a second only."""
    async with Persona(sandbox.api_url, API_KEY, TEMPLATE, read_timeout_s=0.5) as client:
        yield client


def failure_of(caught: pytest.ExceptionInfo[ProviderError]) -> ProviderError:
    """The failure, after a look at all that a log would show of it."""
    shown = "".join(traceback.format_exception(caught.value, chain=True)) + repr(caught.value)
    for secret in ("Jane", "Doe", API_KEY):
        assert secret not in shown
    return caught.value


async def test_a_new_inquiry_comes_with_ids_times_and_a_link(client: Persona, sandbox: Stage) -> None:
    made = await client.create_inquiry("user-1", "k1", JANE, redirect_uri="https://a.example/back", expires_in_s=600)
    assert (made.reference_id, made.status, made.decision) == ("user-1", InquiryStatus.CREATED, Decision.NONE)
    assert made.inquiry_id.startswith("inq_")
    assert made.account_id is not None
    assert made.account_id.startswith("act_")
    assert abs(made.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert made.expires_at is not None
    assert timedelta(0) <= made.expires_at - made.created_at - timedelta(seconds=600) < timedelta(seconds=1)
    assert made.one_time_link is not None
    assert sandbox.http.get(made.one_time_link).status_code == 200


async def test_what_is_kept_holds_no_identity_data_and_shows_no_link(client: Persona) -> None:
    made = await client.create_inquiry("user-1", "k1", JANE)
    assert {field.name for field in fields(Inquiry)} == {
        "inquiry_id",
        "reference_id",
        "account_id",
        "status",
        "created_at",
        "started_at",
        "expires_at",
        "completed_at",
        "decisioned_at",
        "redacted_at",
        "one_time_link",
    }
    assert "verify" not in repr(made)
    assert "Jane" not in repr(made)


async def test_completed_is_not_approved_until_it_is(client: Persona, sandbox: Stage) -> None:
    made = await client.create_inquiry("user-1", "k1")
    sandbox.simulate(made.inquiry_id, "start_inquiry", "complete_inquiry")
    completed = await client.inquiry(made.inquiry_id)
    assert completed is not None
    assert (completed.status, completed.decision) == (InquiryStatus.COMPLETED, Decision.PENDING_REVIEW)
    assert completed.completed_at is not None
    sandbox.simulate(made.inquiry_id, "approve_inquiry")
    approved = await client.inquiry(made.inquiry_id)
    assert approved is not None
    assert approved.decision is Decision.APPROVED
    assert approved.decisioned_at is not None


async def test_the_browsers_word_is_not_taken_for_persons_who_are_declined(client: Persona, sandbox: Stage) -> None:
    person = {"name-first": "Jane", "name-last": "Decline"}
    made = await client.create_inquiry("user-1", "k1", person, redirect_uri="https://a.example/back")
    assert made.one_time_link is not None
    back = sandbox.choose(made.one_time_link, "pass").headers["location"]
    found = await client.inquiry(made.inquiry_id)
    assert "status=completed" in back
    assert found is not None
    assert found.decision is Decision.DECLINED


async def test_events_that_come_newest_first_are_told_apart_by_their_time(client: Persona, sandbox: Stage) -> None:
    sandbox.control("webhooks", mode="reversed")
    made = await client.create_inquiry("user-1", "k1", JANE)
    sandbox.simulate(made.inquiry_id, "start_inquiry", "complete_inquiry", "approve_inquiry")
    sandbox.control("webhooks", release=True)
    arrived = sandbox.inbox.take(4)
    events = [read_event(webhook.raw) for webhook in arrived]
    assert [event.name for event in events][:2] == ["inquiry.approved", "inquiry.completed"]
    newest = max(events, key=lambda event: event.created_at)
    found = await client.inquiry(made.inquiry_id)
    assert found is not None
    assert (newest.status, found.status) == (InquiryStatus.APPROVED, InquiryStatus.APPROVED)
    assert {(event.inquiry_id, event.reference_id) for event in events} == {(made.inquiry_id, "user-1")}


@pytest.mark.parametrize("secret", SECRETS)
async def test_webhooks_verify_with_either_secret_while_one_is_replaced(
    client: Persona, sandbox: Stage, secret: str
) -> None:
    await client.create_inquiry("user-1", "k1", JANE)
    [webhook] = sandbox.inbox.take(1)
    header, now, tolerance = webhook.headers["persona-signature"], datetime.now(UTC), timedelta(minutes=5)
    assert verify(webhook.raw, header, [secret], now, tolerance)
    assert not verify(webhook.raw, header, ["wbhsec_other"], now, tolerance)
    assert not verify(webhook.raw + b" ", header, [secret], now, tolerance)
    assert not verify(webhook.raw, header, [secret], now + timedelta(minutes=6), tolerance)


async def test_an_unknown_inquiry_is_none(client: Persona) -> None:
    assert await client.inquiry("inq_none") is None
    assert await client.legal_identity("inq_none") is None
    assert await client.newest_inquiry("nobody") is None


@pytest.mark.parametrize("inquiry_id", ["", "..", "inq_1/../../x", "act_1", "inq_1?x=1", "inq_\u00e9"])
async def test_an_id_that_is_none_is_not_sent(client: Persona, inquiry_id: str) -> None:
    for call in (client.inquiry, client.legal_identity, client.resume, client.redact):
        with pytest.raises(RejectedError):
            await call(inquiry_id)


async def test_the_newest_inquiry_that_is_not_over_counts(client: Persona, sandbox: Stage) -> None:
    approved, redacted, expired = [
        (await client.create_inquiry("user-1", f"k{number}")).inquiry_id for number in range(3)
    ]
    await client.create_inquiry("user-2", "k9")
    sandbox.simulate(approved, "start_inquiry", "complete_inquiry", "approve_inquiry")
    await client.redact(redacted)
    sandbox.simulate(expired, "expire_inquiry")
    found = await client.newest_inquiry("user-1")
    assert found is not None
    assert (found.inquiry_id, found.one_time_link) == (approved, None)
    newer = await client.create_inquiry("user-1", "k3")
    found = await client.newest_inquiry("user-1")
    assert found is not None
    assert found.inquiry_id == newer.inquiry_id


async def test_an_inquiry_behind_pages_of_expired_ones_is_found(client: Persona, sandbox: Stage) -> None:
    wanted = await client.create_inquiry("user-1", "k0", expires_in_s=7_200)
    for _ in range(PAGE_SIZE + 1):
        sandbox.created("user-1")
    sandbox.control("clock", advance_s=3_600)
    found = await client.newest_inquiry("user-1")
    assert found is not None
    assert found.inquiry_id == wanted.inquiry_id


async def test_a_link_opens_the_inquiry(client: Persona, sandbox: Stage) -> None:
    made = await client.create_inquiry("user-1", "k1", JANE)
    sandbox.choose(await client.one_time_link(made.inquiry_id, 60), "pass")
    found = await client.inquiry(made.inquiry_id)
    assert found is not None
    assert found.decision is Decision.APPROVED


async def test_an_expired_inquiry_is_resumed_and_an_open_one_stays_as_it_is(client: Persona, sandbox: Stage) -> None:
    made = await client.create_inquiry("user-1", "k1", expires_in_s=60)
    sandbox.control("clock", advance_s=61)
    expired = await client.inquiry(made.inquiry_id)
    assert expired is not None
    assert (expired.status, expired.counts) == (InquiryStatus.EXPIRED, False)
    assert [(await client.resume(made.inquiry_id)).status for _ in range(2)] == [InquiryStatus.PENDING] * 2


async def test_the_legal_identity_is_read_once_and_never_shown(client: Persona) -> None:
    made = await client.create_inquiry("user-1", "k1", JANE)
    found = await client.legal_identity(made.inquiry_id)
    assert found == LegalIdentity("Jane", "Doe", date(1990, 1, 31), None, None, "Duluth", None, None, None)
    assert (str(found), repr(found)) == ("LegalIdentity(...)", "LegalIdentity(...)")


async def test_a_redacted_inquiry_tells_no_identity_and_redacting_it_again_is_done(client: Persona) -> None:
    made = await client.create_inquiry("user-1", "k1", JANE)
    await client.redact(made.inquiry_id)
    await client.redact(made.inquiry_id)
    found = await client.inquiry(made.inquiry_id)
    assert found is not None
    assert found.redacted_at is not None
    assert await client.legal_identity(made.inquiry_id) is None


async def test_a_wrong_key_is_rejected(sandbox: Stage) -> None:
    async with Persona(sandbox.api_url, "persona_sandbox_other", TEMPLATE) as client:
        with pytest.raises(RejectedError) as caught:
            await client.create_inquiry("user-1", "k1", JANE)
    assert failure_of(caught).reason == "http_401"
    assert not needs_fresh_key(caught.value)


@pytest.mark.parametrize("wrong", [{"nameFirst": "Jane"}, {"birthdate": "Jane"}])
async def test_what_persona_does_not_understand_is_rejected(client: Persona, wrong: dict[str, str]) -> None:
    with pytest.raises(RejectedError) as caught:
        await client.create_inquiry("user-1", "k1", wrong)
    assert failure_of(caught).reason == "http_400"
    assert needs_fresh_key(caught.value)


async def test_a_wrong_address_is_rejected_and_no_inquiry_is_taken_for_gone(sandbox: Stage) -> None:
    async with Persona(f"{sandbox.url}/elsewhere", API_KEY, TEMPLATE) as client:
        with pytest.raises(RejectedError) as caught:
            await client.inquiry("inq_1")
    assert failure_of(caught).reason == "http_404"


def test_only_an_inquiry_templates_id_is_taken() -> None:
    with pytest.raises(ValueError):
        Persona("http://127.0.0.1:1", API_KEY, "tmpl_1")


async def test_the_same_key_finds_what_an_unanswered_call_made(client: Persona, sandbox: Stage) -> None:
    sandbox.control("faults", mode="cut_after", path="/api/v1/inquiries")
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.create_inquiry("user-1", "k1", JANE)
    assert not needs_fresh_key(caught.value)
    looked_up = await client.newest_inquiry("user-1")
    repeated = await client.create_inquiry("user-1", "k1", JANE)
    assert looked_up is not None
    assert looked_up.inquiry_id == repeated.inquiry_id


async def test_a_call_that_was_cut_before_it_did_anything_is_repeated_with_its_key(
    client: Persona, sandbox: Stage
) -> None:
    sandbox.control("faults", mode="cut_before", path="/api/v1/inquiries")
    with pytest.raises(OutcomeUnknownError):
        await client.create_inquiry("user-1", "k1", JANE)
    assert await client.newest_inquiry("user-1") is None
    assert (await client.create_inquiry("user-1", "k1", JANE)).status is InquiryStatus.CREATED


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_stored_500_needs_a_look_up_and_then_a_fresh_key(client: Persona, sandbox: Stage, when: str) -> None:
    sandbox.control("crashes", when=when)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.create_inquiry("user-1", "k1", JANE)
        assert needs_fresh_key(caught.value)
    found = await client.newest_inquiry("user-1")
    assert (found is not None) is (when == "after")
    assert (await client.create_inquiry("user-1", "k2", JANE)).reference_id == "user-1"


async def test_a_key_with_other_parameters_is_rejected_by_its_name(client: Persona) -> None:
    await client.create_inquiry("user-1", "k1", JANE)
    with pytest.raises(RejectedError) as caught:
        await client.create_inquiry("user-2", "k1", JANE)
    assert failure_of(caught).reason == "idempotency_key_reused"
    assert needs_fresh_key(caught.value)


@pytest.mark.parametrize("call", [*READS.values(), *WRITES.values()], ids=[*READS, *WRITES])
async def test_persona_away_is_unavailable(call: Call) -> None:
    async with Persona(f"http://127.0.0.1:{free_port()}/api/v1", API_KEY, TEMPLATE) as client:
        with pytest.raises(UnavailableError) as caught:
            await call(client, "inq_1")
    assert failure_of(caught).reason == "unreachable"


async def test_too_many_calls_wait_for_the_window_and_keep_their_key() -> None:
    with stage(calls_per_minute=1, seconds=lambda: 1_700_000_000.0) as sandbox:
        async with Persona(sandbox.api_url, API_KEY, TEMPLATE) as client:
            await client.newest_inquiry("user-1")
            with pytest.raises(UnavailableError) as caught:
                await client.create_inquiry("user-1", "k1", JANE)
            assert (failure_of(caught).reason, caught.value.retry_after_s) == ("http_429", 40.0)
            assert not needs_fresh_key(caught.value)
            sandbox.control("clock", advance_s=40)
            assert (await client.create_inquiry("user-1", "k1", JANE)).status is InquiryStatus.CREATED


@pytest.mark.parametrize("call", [*READS.values(), *WRITES.values()], ids=[*READS, *WRITES])
async def test_a_gateway_that_says_429_is_unavailable(client: Persona, sandbox: Stage, call: Call) -> None:
    sandbox.control("faults", mode="too_many")
    with pytest.raises(UnavailableError) as caught:
        await call(client, "inq_1")
    assert (failure_of(caught).reason, caught.value.retry_after_s) == ("http_429", 1.0)


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[str(fault["mode"]) for fault, _ in FAULTS])
async def test_an_unanswered_question_is_unavailable(
    client: Persona, hasty: Persona, sandbox: Stage, fault: dict[str, Any], reason: str
) -> None:
    key = sandbox.created("user-1", name_first="Jane")
    chosen = hasty if reason == "timeout" else client
    for name, call in READS.items():
        sandbox.control("faults", **fault)
        with pytest.raises(UnavailableError) as caught:
            await call(chosen, key)
        assert (name, failure_of(caught).reason) == (name, reason)


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[str(fault["mode"]) for fault, _ in FAULTS])
async def test_an_unanswered_change_has_an_unknown_outcome(
    client: Persona, hasty: Persona, sandbox: Stage, fault: dict[str, Any], reason: str
) -> None:
    key = sandbox.created("user-1", name_first="Jane")
    chosen = hasty if reason == "timeout" else client
    for name, call in WRITES.items():
        sandbox.control("faults", **fault)
        with pytest.raises(OutcomeUnknownError) as caught:
            await call(chosen, key)
        assert (name, failure_of(caught).reason) == (name, reason)
        assert needs_fresh_key(caught.value) is reason.startswith("http_")
