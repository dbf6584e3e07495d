"""The vendors' webhooks: signature first, each event stored once, nothing lost and nothing believed."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import Response

from activities.db import webhooks
from activities.db.engine import reading
from activities.db.webhooks import Event
from activities.vendor_settings import load_vendor_settings
from api.database import now
from api.forgeries import BURST
from api.webhook_vendors import vendors_of
from tests.api.conftest import House

OLD, NEW = "wbhsec_old", "wbhsec_new"
KEY = "CD" * 64


@pytest.fixture
def mail_key(house: House) -> EllipticCurvePrivateKey:
    """The vendors' keys of these tests; SendGrid's private one."""
    key = generate_private_key(SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    settings = load_vendor_settings(
        persona_webhook_secrets=f"{OLD},{NEW}", authorize_net_signature_keys=KEY, sendgrid_public_keys=public
    )
    house.services.vendors = vendors_of(settings)
    return key


def inquiry_event(event_id: str = "evt_1") -> bytes:
    inquiry: dict[str, Any] = {
        "type": "inquiry",
        "id": "inq_1",
        "attributes": {"status": "approved", "reference-id": "user-7", "fields": {"name-first": {"value": "Ada"}}},
    }
    attributes = {"name": "inquiry.approved", "payload": {"data": inquiry}, "created-at": "2026-11-23T10:00:00.000Z"}
    return json.dumps({"data": {"type": "event", "id": event_id, "attributes": attributes}}).encode()


def by_persona(raw: bytes, secret: str = NEW, age: timedelta = timedelta()) -> dict[str, str]:
    signed_at = str(int((now() - age).timestamp()))
    signature = hmac.new(secret.encode(), f"{signed_at}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"Persona-Signature": f"t={signed_at},v1={signature}"}


def by_authorize_net(raw: bytes) -> dict[str, str]:
    return {"X-ANET-Signature": "sha512=" + hmac.new(KEY.encode(), raw, hashlib.sha512).hexdigest().upper()}


def by_sendgrid(raw: bytes, key: EllipticCurvePrivateKey) -> dict[str, str]:
    signed_at = str(int(now().timestamp()))
    signature = base64.b64encode(key.sign(signed_at.encode() + raw, ECDSA(SHA256()))).decode()
    return {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": signed_at,
    }


async def send(house: House, vendor: str, raw: bytes, headers: Mapping[str, str]) -> Response:
    return await house.client().post(f"/webhooks/{vendor}", content=raw, headers=dict(headers))


def stored(house: House) -> list[Event]:
    with reading(house.engine) as connection:
        return webhooks.listing(connection, state=None, before=None, limit=10)


@pytest.mark.usefixtures("mail_key")
async def test_a_genuine_webhook_is_stored_without_what_it_tells_of_a_person(house: House) -> None:
    raw = inquiry_event()
    answer = await send(house, "persona", raw, by_persona(raw))
    assert (answer.status_code, answer.json()) == (200, {"stored": 1})
    (event,) = stored(house)
    assert (event.event_id, event.kind, event.thing) == ("evt_1", "inquiry.approved", "inq_1/user-7")


@pytest.mark.usefixtures("mail_key")
async def test_a_repeated_webhook_is_answered_alike_and_stored_once(house: House) -> None:
    raw = inquiry_event()
    answers = [await send(house, "persona", raw, by_persona(raw, secret)) for secret in (OLD, NEW, NEW)]
    assert [(answer.status_code, answer.json()["stored"]) for answer in answers] == [(200, 1), (200, 0), (200, 0)]
    assert len(stored(house)) == 1


@pytest.mark.usefixtures("mail_key")
async def test_a_flood_of_one_webhook_is_stored_once_and_one_of_forgeries_not_at_all(house: House) -> None:
    raw = inquiry_event()
    genuine = await asyncio.gather(*(send(house, "persona", raw, by_persona(raw)) for _ in range(40)))
    forged = await asyncio.gather(*(send(house, "persona", raw, by_persona(raw, "wrong")) for _ in range(40)))
    assert ({each.status_code for each in genuine}, sum(each.json()["stored"] for each in genuine)) == ({200}, 1)
    assert {each.status_code for each in forged} == {401, 429}
    assert len(stored(house)) == 1


@pytest.mark.usefixtures("mail_key")
async def test_a_flood_of_forgeries_is_told_to_come_later_and_a_genuine_webhook_is_always_taken(house: House) -> None:
    raw = inquiry_event()
    forged = [await send(house, "persona", raw, by_persona(raw, "wrong")) for _ in range(BURST + 5)]
    late = forged[-1]
    assert [answer.status_code for answer in forged[:BURST]] == [401] * BURST
    assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (429, "TOO_MANY_FORGERIES", "1")
    flood = [send(house, "persona", raw, by_persona(raw, "wrong")) for _ in range(20)]
    *_, genuine = await asyncio.gather(*flood, send(house, "persona", raw, by_persona(raw)))
    other = await send(house, "authorize-net", raw, {"X-ANET-Signature": "sha512=00"})
    assert (genuine.status_code, genuine.json(), other.status_code) == (200, {"stored": 1}, 401)


@pytest.mark.usefixtures("mail_key")
@pytest.mark.parametrize("headers", [{}, {"Persona-Signature": "t=1,v1=00"}, {"Persona-Signature": "garbage"}])
async def test_a_webhook_without_a_right_signature_is_401_and_not_kept(house: House, headers: dict[str, str]) -> None:
    answer = await send(house, "persona", inquiry_event(), headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")
    assert stored(house) == []


@pytest.mark.usefixtures("mail_key")
async def test_a_right_signature_of_another_hour_or_another_body_is_refused(house: House) -> None:
    raw = inquiry_event()
    old = await send(house, "persona", raw, by_persona(raw, age=timedelta(minutes=6)))
    other = await send(house, "persona", raw + b" ", by_persona(raw))
    assert [old.status_code, other.status_code] == [401, 401]


async def test_mail_events_are_taken_with_their_line_end(house: House, mail_key: EllipticCurvePrivateKey) -> None:
    outbox_id = str(uuid4())
    event = {"sg_event_id": "e1", "outbox_id": outbox_id, "event": "bounce", "timestamp": 1_763_900_000, "email": "a@b"}
    raw = json.dumps([event]).encode() + b"\r\n"
    assert (await send(house, "sendgrid", raw, by_sendgrid(raw, mail_key))).json() == {"stored": 1}
    assert (await send(house, "sendgrid", raw.strip(), by_sendgrid(raw, mail_key))).status_code == 401
    (found,) = stored(house)
    assert (found.kind, found.thing) == ("bounce", outbox_id)


@pytest.mark.usefixtures("mail_key")
@pytest.mark.parametrize(
    ("more", "thing"),
    [
        ({}, "40005915599"),
        ({"merchantReferenceId": "R" * 20}, "40005915599:" + "R" * 20),
        ({"invoiceNumber": "V" * 20}, "40005915599:" + "V" * 20),
        ({"invoiceNumber": "another/shop"}, "40005915599"),
        ({"invoiceNumber": "9" * 200}, "40005915599:" + "9" * 108),
    ],
)
async def test_a_payment_event_is_taken(house: House, more: dict[str, str], thing: str) -> None:
    raw = json.dumps(
        {
            "notificationId": "n-1",
            "eventType": "net.authorize.payment.authcapture.created",
            "eventDate": "2026-11-23T10:00:00.1234567Z",
            "payload": {"responseCode": 1, "entityName": "transaction", "id": "40005915599", **more},
        }
    ).encode()
    assert (await send(house, "authorize-net", raw, by_authorize_net(raw))).json() == {"stored": 1}
    assert [(event.event_id, event.thing) for event in stored(house)] == [("n-1", thing)]


@pytest.mark.usefixtures("mail_key")
async def test_a_genuine_webhook_that_cannot_be_read_is_kept_for_people_to_see(house: House) -> None:
    raw = b'{"something": "new"}'
    assert (await send(house, "persona", raw, by_persona(raw))).json() == {"stored": 1}
    assert (await send(house, "persona", raw, by_persona(raw))).json() == {"stored": 0}
    assert [event.kind for event in stored(house)] == ["unreadable"]


async def test_an_unknown_vendor_is_404(house: House) -> None:
    assert (await send(house, "somebody", b"{}", {})).json()["code"] == "WEBHOOK_NOT_FOUND"


@pytest.mark.usefixtures("mail_key")
async def test_support_sees_what_vendors_told_page_by_page_and_buyers_do_not(house: House) -> None:
    for number in range(3):
        raw = inquiry_event(f"evt_{number}")
        await send(house, "persona", raw, by_persona(raw))
    support = await house.browser("sue")
    first = (await support.get("/api/support/webhooks?limit=2&state=stored")).json()
    rest = (await support.get(f"/api/support/webhooks?limit=2&cursor={first['next_cursor']}")).json()
    seen = [item["event_id"] for page in (first, rest) for item in page["items"]]
    assert (seen, rest["next_cursor"]) == (["evt_2", "evt_1", "evt_0"], None)
    buyer = await house.browser("ada")
    assert (await buyer.get("/api/support/webhooks")).json()["code"] == "STAFF_ONLY"
