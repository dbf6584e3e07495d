"""The policy of a POSTed form: who signed it, until when it is good, and that every field is as it says."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.sandbox.s3.answers import Refusal, denied, invalid
from tests.sandbox.s3.signatures import ALGORITHM, MISMATCH, TOKEN, moment, sign
from tests.sandbox.s3.users import Users

# These need no condition; all others do.
FREE = frozenset({"x-amz-signature", "policy", "file"})
IGNORED = "x-ignore-"
UNDATED = "Invalid Policy: Invalid 'expiration' value."
RANGE = "content-length-range"


@dataclass(frozen=True, slots=True)
class Allowed:
    """How long the file may be, in bytes."""

    least: int = 0
    most: int = 5 * 1024**3


def check(fields: Mapping[str, str], users: Users, now: datetime) -> Allowed:
    """What a form's policy allows; `fields` by lower-case name. Refusal where anything is not as it says."""
    if "policy" not in fields:
        raise denied()
    for name in ("x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"):
        if name not in fields:
            raise invalid(f"Bucket POST must contain a field named '{name}'. Check the order of the fields.")
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise invalid(f"Only {ALGORITHM} is taken")
    moment(fields["x-amz-date"])
    signer = users.signer(fields["x-amz-credential"], fields.get(TOKEN), fields["x-amz-date"], now)
    right = sign(fields["policy"], signer)
    if not hmac.compare_digest(right, fields["x-amz-signature"]):
        raise Refusal(403, "SignatureDoesNotMatch", MISMATCH)
    policy = _policy(fields["policy"])
    if now > _expiration(policy):
        raise denied("Invalid according to Policy: Policy expired.")
    return _conditions(policy, fields, users.config.bucket)


def _policy(sealed: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.b64decode(sealed, validate=True))
    except (ValueError, binascii.Error):
        raise _bad("Invalid Policy: Invalid JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("conditions"), list):
        raise _bad("Invalid Policy: Policy missing conditions.")
    return found


def _expiration(policy: Mapping[str, Any]) -> datetime:
    try:
        until = datetime.fromisoformat(policy["expiration"])
    except (KeyError, TypeError, ValueError):
        raise _bad(UNDATED) from None
    if until.tzinfo is None:
        raise _bad(UNDATED)
    return until


def _conditions(policy: Mapping[str, Any], fields: Mapping[str, str], bucket: str) -> Allowed:
    given = {**fields, "bucket": bucket}
    allowed, named = Allowed(), {"bucket"}
    for condition in policy["conditions"]:
        match condition:
            case [str(kind), int(least), int(most)] if kind.lower() == RANGE:
                allowed = Allowed(least, most)
            case ["eq" | "starts-with" as kind, str(name), str(value)] if name.startswith("$"):
                named.add(_judge(kind, name[1:].lower(), value, given))
            case dict() if len(condition) == 1:
                [(name, value)] = condition.items()
                named.add(_judge("eq", name.lower(), value, given))
            case _:
                raise _bad("Invalid Policy: Invalid Condition.")
    extra = sorted(name for name in fields if name not in named | FREE and not name.startswith(IGNORED))
    if extra:
        raise denied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")
    return allowed


def _judge(kind: str, name: str, value: str, given: Mapping[str, str]) -> str:
    found = given.get(name, "")
    if found.startswith(value) if kind == "starts-with" else found == value:
        return name
    raise denied(f'Invalid according to Policy: Policy Condition failed: ["{kind}", "${name}", "{value}"]')


def _bad(message: str) -> Refusal:
    return Refusal(400, "InvalidPolicyDocument", message)
