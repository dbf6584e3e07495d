"""Signature Version 4 as S3 checks it: in the Authorization header, and in the query of a presigned address."""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote

from starlette.datastructures import Headers

from tests.sandbox.s3.answers import Refusal, denied, invalid
from tests.sandbox.s3.users import Signer, Users

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
TOKEN = "x-amz-security-token"
HEADER = re.compile(
    rf"{ALGORITHM} Credential=(?P<credential>[^,]+), ?SignedHeaders=(?P<names>[^,]+), ?"
    "Signature=(?P<signature>[0-9a-f]+)"
)
STAMP = "%Y%m%dT%H%M%SZ"
SKEW = timedelta(minutes=15)
WEEK_S = 604_800
QUERY = {
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
}
SKEWED = "The difference between the request time and the current time is too large."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came over the wire."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters, decoded."""
        return parse_qsl(self.raw_query.decode("latin-1"), keep_blank_values=True)


def check(asked: Asked, users: Users, now: datetime) -> str:
    """Return what the body's SHA-256 has to be, or UNSIGNED; Refusal where the request is not signed by a user."""
    query, authorization = dict(asked.query), asked.headers.get("authorization")
    if len(query) != len(asked.query):
        raise invalid("A query parameter is given twice.")
    in_query = any(name.startswith("X-Amz-") for name in query)
    if authorization is not None and in_query:
        raise invalid("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the header.")
    if in_query:
        return _check_query(asked, query, users, now)
    if authorization is None:
        raise denied()
    return _check_header(asked, authorization, users, now)


def sign(text: str, signer: Signer) -> str:
    """The signature of a string to sign."""
    key = f"AWS4{signer.secret_access_key}".encode()
    for part in signer.scope.split("/"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return hmac.new(key, text.encode(), sha256).hexdigest()


def moment(stamp: str) -> datetime:
    """The time of an X-Amz-Date; Refusal where it is none."""
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise denied("AWS authentication requires a valid Date or x-amz-date header") from None


def _check_header(asked: Asked, authorization: str, users: Users, now: datetime) -> str:
    found = HEADER.fullmatch(authorization)
    if found is None:
        raise Refusal(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.")
    stamp = asked.headers.get("x-amz-date", "")
    if abs(moment(stamp) - now) > SKEW:
        raise Refusal(403, "RequestTimeTooSkewed", SKEWED)
    signer = users.signer(found["credential"], asked.headers.get(TOKEN), stamp, now)
    payload = asked.headers.get("x-amz-content-sha256")
    if payload is None:
        raise Refusal(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload != UNSIGNED and not re.fullmatch("[0-9a-f]{64}", payload):
        raise Refusal(501, "NotImplemented", "The sandbox takes no streamed signatures.")
    names = found["names"].split(";")
    _compare(asked, names, payload, stamp, signer, found["signature"])
    return payload


def _check_query(asked: Asked, query: dict[str, str], users: Users, now: datetime) -> str:
    if not set(query) >= QUERY or query["X-Amz-Algorithm"] != ALGORITHM:
        raise _query_error("Query-string authentication version 4 requires all of its six parameters.")
    expires = query["X-Amz-Expires"]
    if not expires.isdecimal() or not 0 < int(expires) <= WEEK_S:
        raise _query_error("X-Amz-Expires must be a number of seconds of at most a week")
    stamp = query["X-Amz-Date"]
    signed_at = moment(stamp)
    signer = users.signer(query["X-Amz-Credential"], query.get("X-Amz-Security-Token"), stamp, now)
    if signed_at > now + SKEW:
        raise denied("Request is not valid yet")
    if now > signed_at + timedelta(seconds=int(expires)):
        raise denied("Request has expired")
    names = query["X-Amz-SignedHeaders"].split(";")
    payload = asked.headers.get("x-amz-content-sha256", UNSIGNED)
    _compare(asked, names, payload, stamp, signer, query["X-Amz-Signature"])
    return payload


def _compare(asked: Asked, names: list[str], payload: str, stamp: str, signer: Signer, signature: str) -> None:
    unsigned = [name for name in asked.headers if name.startswith("x-amz-") and name not in names]
    if "host" not in names or unsigned:
        raise denied("There were headers present in the request which were not signed")
    request = _canonical(asked, names, payload)
    text = f"{ALGORITHM}\n{stamp}\n{signer.scope}\n{sha256(request.encode()).hexdigest()}"
    if not hmac.compare_digest(sign(text, signer), signature):
        raise Refusal(403, "SignatureDoesNotMatch", MISMATCH)


def _canonical(asked: Asked, names: list[str], payload: str) -> str:
    path = quote(unquote(asked.raw_path.decode("latin-1")), safe="/-_.~")
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in asked.query if name != "X-Amz-Signature")
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = "".join(f"{name}:{' '.join(asked.headers.get(name, '').split())}\n" for name in names)
    return f"{asked.method}\n{path}\n{query}\n{headers}\n{';'.join(names)}\n{payload}"


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _query_error(message: str) -> Refusal:
    return Refusal(400, "AuthorizationQueryParametersError", message)
