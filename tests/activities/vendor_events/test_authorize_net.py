"""Authorize.Net's webhooks: the published vector, several keys, and what an event tells."""

from datetime import UTC, datetime

import pytest

from activities.vendor_events.authorize_net import PaymentEvent, read_event, verify

KEY = (
    "52CB4A002C634B84E397DC8A218E1A160BA7CAB7CBE4C05B35E9CBB05E14FE4A"
    "2385812E980CCF97D177F17863CE214D1BE6CE8E1E894487AACF3609C1A5FE17"
)
BODY = (
    b'{"notificationId":"182cbbff-cab2-4080-931d-80e5d818f23a",'
    b'"eventType":"net.authorize.payment.authcapture.created","eventDate":"2017-08-18T20:40:52.7722007Z",'
    b'"webhookId":"849eb87e-078a-4169-a34b-c0bded5019a8","payload":{"responseCode":0,"authCode":"Z3PV5H",'
    b'"avsResponse":"Y","authAmount":0.0,"entityName":"transaction","id":"40005915599"}}'
)
SIGNATURE = (
    "A1E0CC0F8A7B6274E0951CAC5EB63579F70FC6B7B15384B146DCE02B98DEE395"
    "4A5A8E331661B51DE953E141E88994DFA7D267FFB8428BE0660511B6EFB94960"
)


def test_the_published_vector_is_genuine() -> None:
    assert verify(BODY, f"sha512={SIGNATURE}", [KEY])


def test_the_case_of_the_signature_does_not_matter() -> None:
    assert verify(BODY, f"SHA512={SIGNATURE.lower()}", [KEY])


def test_one_of_several_keys_is_enough() -> None:
    assert verify(BODY, f"sha512={SIGNATURE}", ["00" * 64, KEY])


@pytest.mark.parametrize(
    ("raw", "header", "keys"),
    [
        (BODY + b" ", f"sha512={SIGNATURE}", [KEY]),
        (BODY, f"sha512={SIGNATURE}", ["00" * 64]),
        (BODY, f"sha512={SIGNATURE}", []),
        (BODY, SIGNATURE, [KEY]),
        (BODY, f"sha256={SIGNATURE}", [KEY]),
        (BODY, f"sha512={SIGNATURE[:-1]}", [KEY]),
        (BODY, "sha512=\u00e9", [KEY]),
        (BODY, "", [KEY]),
        (BODY, None, [KEY]),
    ],
)
def test_anything_else_is_not(raw: bytes, header: str | None, keys: list[str]) -> None:
    assert not verify(raw, header, keys)


def test_an_event_tells_of_its_transaction() -> None:
    assert read_event(BODY) == PaymentEvent(
        notification_id="182cbbff-cab2-4080-931d-80e5d818f23a",
        event_type="net.authorize.payment.authcapture.created",
        occurred_at=datetime(2017, 8, 18, 20, 40, 52, 772200, UTC),
        transaction_id="40005915599",
    )


@pytest.mark.parametrize("told", [b'"merchantReferenceId":"REF","invoiceNumber":"INV",', b'"invoiceNumber":"REF",'])
def test_the_reference_is_our_refid_or_else_the_invoice_number(told: bytes) -> None:
    assert read_event(BODY.replace(b'"entityName"', told + b'"entityName"')).reference == "REF"


def test_an_event_of_a_card_tells_of_the_card_and_its_customer() -> None:
    payload = b'"payload":{"customerProfileId":394,"entityName":"customerPaymentProfile","id":"694"}}'
    event = read_event(BODY[: BODY.index(b'"payload"')] + payload)
    assert (event.payment_profile_id, event.profile_id, event.transaction_id) == ("694", "394", None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"payload": null}',
        BODY.replace(b"2017-08-18T20", b"yesterday"),
        BODY.replace(b'"182cbbff-cab2-4080-931d-80e5d818f23a"', b"7"),
        BODY.replace(b'"id"', b'"no"'),
    ],
)
def test_what_is_no_event_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_event(raw)
