"""What happens to a mail that was taken, told as the real webhook tells it: in arrays, repeated, and with CRLF."""

import json
import secrets
import time
from typing import Any

from tests.sandbox.store import Document

DELIVERED, BOUNCED, DROPPED = "delivered", "bounced", "dropped"


def fate(to: str, *, is_suppressed: bool) -> str:
    """What the address makes of a mail: `bounce` or `drop` in its local part are magic, and one that bounced before is
    on the vendor's suppression list."""
    local = to.partition("@")[0].lower()
    if is_suppressed or "drop" in local:
        return DROPPED
    return BOUNCED if "bounce" in local else DELIVERED


def webhooks(mail: Document) -> list[bytes]:
    """The raw bodies in their order. What the first tells is told again in the second, as happens with the real one."""
    match mail["fate"]:
        case "dropped":
            told = [_event(mail, "dropped", reason=mail["reason"])]
        case "bounced":
            text = f"550 5.1.1 <{mail['to']}>: Recipient address rejected: User unknown"
            told = [_event(mail, "processed"), _event(mail, "bounce", reason=text, status="5.1.1", type="bounce")]
        case _:
            response = f"250 2.0.0 OK {mail['to']}"
            told = [_event(mail, "processed"), _event(mail, "delivered", response=response)]
    return [_body(told[:1]), _body(told)]


def _event(mail: Document, name: str, **more: str) -> dict[str, Any]:
    return {
        "email": mail["to"],
        "timestamp": int(time.time()),
        "event": name,
        "sg_event_id": secrets.token_urlsafe(24),
        "sg_message_id": f"{mail['message_id']}.recvd-7d9f-1-0",
        "smtp-id": f"<{mail['message_id']}@geopod-ismtpd-1>",
        "category": mail["categories"],
        **mail["custom_args"],
        **more,
    }


def _body(told: list[dict[str, Any]]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode() + b"\r\n"
