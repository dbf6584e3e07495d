"""Persona's webhooks: only what Persona signed counts, and nothing about a person is read out of it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.vendor_events.persona import Decision, IdentityEvent, InquiryStatus, read_event, verify

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
T = int(NOW.timestamp())
TOLERANCE = timedelta(minutes=5)
RAW = b'{"data": {"type":"event",  "id":"evt_1"}}'
OLD, NEW = "wbhsec_old", "wbhsec_new"


def group(secret: str, raw: bytes = RAW, t: int | str = T) -> str:
    return f"t={t},v1={hmac.new(secret.encode(), f'{t}.'.encode() + raw, hashlib.sha256).hexdigest()}"


def accepted(header: str, *secrets: str, raw: bytes = RAW) -> bool:
    return verify(raw, header, secrets or (NEW,), NOW, TOLERANCE)


def body(name: str = "inquiry.approved", status: str = "approved", **changes: Any) -> dict[str, Any]:
    """A webhook as in Persona's own example, with what it tells about the person."""
    attributes = {
        "status": status,
        "reference-id": "user-1",
        "created-at": "2026-11-22T11:00:00.000Z",
        "fields": {"name-first": {"type": "string", "value": "Jane"}},
    }
    subject = {
        "type": "inquiry",
        "id": "inq_1",
        "attributes": attributes,
        "relationships": {"account": {"data": {"type": "account", "id": "act_1"}}, "template": {"data": {}}},
        **changes,
    }
    event = {
        "name": name,
        "payload": {"data": subject, "included": [{"type": "inquiry-session", "id": "iqse_1"}]},
        "created-at": "2026-11-22T11:05:00.100Z",
    }
    return {"data": {"type": "event", "id": "evt_1", "attributes": event}}


def read(content: Any) -> IdentityEvent:
    return read_event(json.dumps(content).encode())


def test_what_persona_signed_is_accepted() -> None:
    assert accepted(group(NEW))


def test_the_raw_bytes_count_and_not_the_json_in_them() -> None:
    assert not accepted(group(NEW), raw=json.dumps(json.loads(RAW)).encode())


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "t=,v1=",
        f"t={T}",
        f"v1={group(NEW).partition('v1=')[2]}",
        group(NEW).replace("v1=", "v0="),
        group(NEW)[:-1],
        group(NEW).replace(f"t={T}", f"t={T + 1}"),
        f"t={T},{group(NEW)}",
        f"t={T},v1=\u00e9",
        group(NEW, t=f"{T}.0"),
        group(NEW, t="9" * 5_000),
        group(OLD),
    ],
)
def test_anything_else_is_not(header: str) -> None:
    assert not accepted(header)


def test_while_a_secret_is_replaced_any_group_and_any_secret_counts() -> None:
    both = f"{group(OLD)} {group(NEW)}"
    assert accepted(both, OLD)
    assert accepted(both, NEW)
    assert accepted(group(OLD), NEW, OLD)
    assert accepted(f"{group(NEW)},v1=00", NEW)
    assert not accepted(both, "wbhsec_other")


def test_no_secret_and_an_empty_one_accept_nothing() -> None:
    assert not verify(RAW, group(NEW), (), NOW, TOLERANCE)
    assert not verify(RAW, group(""), ("",), NOW, TOLERANCE)


@pytest.mark.parametrize(("seconds", "is_accepted"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_an_old_signature_is_stale(seconds: int, is_accepted: bool) -> None:
    assert accepted(group(NEW, t=T + seconds)) is is_accepted


def test_a_fresh_group_does_not_excuse_a_stale_one() -> None:
    assert not accepted(f"{group(NEW, t=T - 301)} {group('wbhsec_other')}")


def test_a_signature_among_very_many_is_not_looked_for() -> None:
    assert not accepted(" ".join([f"t={T},v1=00"] * 8 + [group(NEW)]))
    assert not accepted("x" * 4_096 + f" {group(NEW)}")


def test_an_event_is_read_as_ids_status_and_time() -> None:
    assert read(body()) == IdentityEvent(
        event_id="evt_1",
        name="inquiry.approved",
        inquiry_id="inq_1",
        reference_id="user-1",
        status=InquiryStatus.APPROVED,
        created_at=datetime(2026, 11, 22, 11, 5, 0, 100_000, tzinfo=UTC),
    )
    assert "Jane" not in repr(read(body()))


def test_an_event_without_a_reference_id_is_read() -> None:
    event = read(body(attributes={"status": "approved", "reference-id": None}))
    assert (event.inquiry_id, event.reference_id) == ("inq_1", None)


def test_an_unknown_status_waits_for_a_person() -> None:
    status = read(body(status="quarantined")).status
    assert status is InquiryStatus.UNKNOWN
    assert status.decision is Decision.PENDING_REVIEW


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        ("created", Decision.NONE),
        ("pending", Decision.NONE),
        ("expired", Decision.NONE),
        ("failed", Decision.NONE),
        ("completed", Decision.PENDING_REVIEW),
        ("needs_review", Decision.PENDING_REVIEW),
        ("approved", Decision.APPROVED),
        ("declined", Decision.DECLINED),
        ("Approved", Decision.PENDING_REVIEW),
        ("", Decision.PENDING_REVIEW),
    ],
)
def test_only_approved_is_approved(status: str, decision: Decision) -> None:
    assert InquiryStatus(status).decision is decision


def test_an_event_about_something_else_names_the_inquiry_but_no_status() -> None:
    session: dict[str, Any] = {
        "type": "inquiry-session",
        "id": "iqse_1",
        "attributes": {"status": "active", "ip-address": "192.0.2.4"},
        "relationships": {"inquiry": {"data": {"type": "inquiry", "id": "inq_1"}}},
    }
    event = read(body("inquiry-session.started", **session))
    assert (event.name, event.inquiry_id, event.status) == ("inquiry-session.started", "inq_1", None)


def test_an_event_about_no_inquiry_at_all_is_read() -> None:
    event = read(body("report/watchlist.ready", type="report/watchlist", id="rep_1", relationships={}))
    assert (event.name, event.inquiry_id, event.status) == ("report/watchlist.ready", None, None)


def without(path: str) -> dict[str, Any]:
    content = body()
    *parents, last = path.split(".")
    part = content
    for parent in parents:
        part = part[parent]
    del part[last]
    return content


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Jane",
        b"null",
        b"[]",
        b'{"data": "Jane"}',
        b"\xff",
        b"[" * 100_000,
        json.dumps(body(id="inq 1/../Jane")).encode(),
        json.dumps(body(name="Jane Doe")).encode(),
        json.dumps(without("data.id")).encode(),
        json.dumps(without("data.type")).encode(),
        json.dumps(without("data.attributes.name")).encode(),
        json.dumps(without("data.attributes.created-at")).encode(),
        json.dumps(without("data.attributes.payload")).encode(),
        json.dumps(body()).replace("11:05:00.100Z", "11:05:00.100").encode(),
        json.dumps(body()).replace('"inq_1"', "7").encode(),
    ],
)
def test_what_is_no_event_is_refused_without_a_word_of_it(raw: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        read_event(raw)
    assert str(caught.value) == "not an event of Persona's"
    assert caught.value.__suppress_context__
