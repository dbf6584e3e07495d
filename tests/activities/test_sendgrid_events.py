"""SendGrid's event webhook: only genuine bytes count, and only our mails are read from them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from activities.db.notifications import MailEvent
from activities.vendor_events.sendgrid import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    UnreadableError,
    read_events,
    verify,
)
from domain.notices import MailEventKind
from tests.sandbox.sendgrid import keys

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
TOLERANCE = timedelta(minutes=10)
KEY, OTHER = keys.new_key(), keys.new_key()
PUBLIC = keys.public_text(KEY)
OUTBOX = "0b9c6d1e-6f0a-4c57-9d3d-2f4f3a1f5c11"
RAW = b'[{"event":"delivered","email":"ada@example.com"}]\r\n'


def signed(raw: bytes = RAW, at: int = AT) -> str:
    return keys.sign(KEY, raw, at)[SIGNATURE_HEADER]


def is_genuine(
    raw: bytes = RAW,
    signature: str | None = None,
    timestamp: str = str(AT),
    public_keys: tuple[str, ...] = (PUBLIC,),
    now: datetime = NOW,
) -> bool:
    return verify(raw, signed() if signature is None else signature, timestamp, public_keys, now, TOLERANCE)


def body(*events: dict[str, Any]) -> bytes:
    return json.dumps(events).encode() + b"\r\n"


def event(**changes: Any) -> dict[str, Any]:
    told = {
        "email": "ada@example.com",
        "timestamp": AT,
        "event": "delivered",
        "sg_event_id": "ZGVsaXZlcmVk",
        "sg_message_id": "m-1.recvd-1",
        "category": ["welcome"],
        "outbox_id": OUTBOX,
    }
    return {**told, **changes}


# Genuine


def test_what_sendgrid_signed_is_genuine() -> None:
    assert (keys.SIGNATURE_HEADER, keys.TIMESTAMP_HEADER) == (SIGNATURE_HEADER, TIMESTAMP_HEADER)
    assert is_genuine()


def test_the_line_end_after_the_body_is_signed_too() -> None:
    assert not is_genuine(RAW.rstrip())


def test_another_byte_or_another_time_is_not_what_was_signed() -> None:
    assert not is_genuine(RAW.replace(b"ada", b"eve"))
    assert not is_genuine(timestamp=str(AT + 1))


def test_during_a_rotation_either_key_is_good_and_none_is_none() -> None:
    other = keys.public_text(OTHER)
    assert is_genuine(public_keys=(other, PUBLIC))
    assert not is_genuine(public_keys=(other,))
    assert not is_genuine(public_keys=())


@pytest.mark.parametrize(("late", "expected"), [(600, True), (601, False), (-600, True), (-601, False)])
def test_an_old_or_future_webhook_is_not_taken(late: int, expected: bool) -> None:
    assert is_genuine(now=NOW + timedelta(seconds=late)) is expected


@pytest.mark.parametrize("signature", ["", "garbage", "%%%", "AAAA", "\N{SNOWMAN}", PUBLIC])
def test_a_malformed_signature_is_false_and_no_error(signature: str) -> None:
    assert not is_genuine(signature=signature)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1.5", "9" * 12, "\N{ARABIC-INDIC DIGIT ONE}", f"{AT} "])
def test_a_malformed_time_is_false_and_no_error(timestamp: str) -> None:
    assert not is_genuine(timestamp=timestamp)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "garbage",
        base64.b64encode(b"no key").decode(),
        keys.public_text(generate_private_key(SECP384R1())),
        base64.b64encode(
            Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode(),
    ],
    ids=["empty", "garbage", "no-key", "other-curve", "other-kind"],
)
def test_a_key_that_is_none_of_sendgrids_opens_nothing(key: str) -> None:
    assert not is_genuine(public_keys=(key,))
    assert is_genuine(public_keys=(key, PUBLIC))


@given(st.binary(max_size=200), st.text(max_size=120), st.text(max_size=12))
def test_nothing_that_comes_in_can_raise(raw: bytes, signature: str, timestamp: str) -> None:
    assert not is_genuine(raw, signature, timestamp)


# Read


def test_an_event_is_read_without_its_address() -> None:
    (found,) = read_events(body(event()))
    assert found == MailEvent("ZGVsaXZlcmVk", OUTBOX, MailEventKind.DELIVERED, NOW)
    assert "ada" not in repr(found)


def test_what_the_receiving_server_said_is_kept_without_addresses() -> None:
    said = "550 5.1.1 <Ada.B+x@example.com>: Recipient (ada@example.com) rejected"
    (found,) = read_events(body(event(event="bounce", reason=said)))
    assert found.reason == "550 5.1.1 <(address)>: Recipient ((address)) rejected"
    (long,) = read_events(body(event(response="250 " + "x" * 400)))
    assert (long.reason or "")[:6] == "250 xx"
    assert len(long.reason or "") == 255


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((kind.value, kind) for kind in MailEventKind), ("open", MailEventKind.OTHER), (None, MailEventKind.OTHER)],
)
def test_an_unknown_kind_is_kept_as_other(name: object, kind: MailEventKind) -> None:
    (found,) = read_events(body(event(event=name)))
    assert found.kind is kind


@pytest.mark.parametrize(
    "changes",
    [
        {"outbox_id": None},
        {"outbox_id": "7"},
        {"outbox_id": OUTBOX.upper()},
        {"sg_event_id": ""},
        {"sg_event_id": "x" * 101},
        {"sg_event_id": 7},
        {"timestamp": "now"},
        {"timestamp": -1},
        {"timestamp": True},
    ],
)
def test_what_is_not_about_a_mail_of_ours_is_left_out(changes: dict[str, Any]) -> None:
    assert read_events(body(event(**changes), event())) == read_events(body(event()))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"[", b"\xff", b'"text"'])
def test_what_is_no_list_of_events_is_an_error(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_events(raw)
