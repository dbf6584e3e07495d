"""S3's REST API of one bucket, as far as it is used: objects, lists, deletions, and forms from browsers."""

import base64
import html
import re
import zlib
from datetime import datetime
from hashlib import md5
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from tests.sandbox.s3 import answers, policies, signatures
from tests.sandbox.s3.answers import Refusal, denied, invalid
from tests.sandbox.s3.config import Clock
from tests.sandbox.s3.forms import AROUND_FILE, Form
from tests.sandbox.s3.objects import Objects, Stored, check_key, http_date
from tests.sandbox.s3.signatures import UNSIGNED, Asked
from tests.sandbox.s3.users import Users

PUT_MOST = 256_000_000
LISTED_MOST = 1_000
# A refused body is read to its end, so that a browser sees the answer; one that is longer loses its connection.
DRAINED_MOST = 40_000_000
RESPONSE = "response-"
ANSWERED = {f"{RESPONSE}{name}" for name in ("content-type", "cache-control", "content-disposition")}
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


class Bucket:
    """Answers what is asked of `/{bucket}` and below it."""

    def __init__(self, users: Users, objects: Objects, clock: Clock) -> None:
        self._users = users
        self._config = users.config
        self._objects = objects
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        """Answer one request: in XML where it is refused, with the headers that another site's page needs."""
        origin = request.headers.get("origin")
        if request.method == "OPTIONS":
            return self._preflight(request, origin)
        try:
            answer = await self._answer(request)
        except Refusal as refused:
            answer = answers.error(refused, request.method)
            await _drain(request, answer)
        if origin in self._config.origins:
            answer.headers.update(_cors(str(origin)))
        return answer

    def _preflight(self, request: Request, origin: str | None) -> Response:
        wanted = request.headers.get("access-control-request-method")
        if origin not in self._config.origins or wanted not in METHODS:
            refused = Refusal(403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.")
            return answers.error(refused)
        headers = {"access-control-allow-methods": "GET, HEAD, PUT, POST", "access-control-max-age": "600"}
        asked = request.headers.get("access-control-request-headers")
        if asked:
            headers["access-control-allow-headers"] = asked
        return Response(headers={**_cors(str(origin)), **headers})

    async def _answer(self, request: Request) -> Response:
        raw_path: bytes = request.scope["raw_path"]
        name, _, key = request.url.path.removeprefix("/").partition("/")
        now = self._clock.now()
        is_form = request.method == "POST" and not request.url.query and not key
        if is_form:
            self._check_bucket(name)
            return await self._form(request, now)
        asked = Asked(request.method, raw_path, request.scope["query_string"], request.headers)
        payload = signatures.check(asked, self._users, now)
        self._check_bucket(name)
        query = {name: value for name, value in asked.query if not name.startswith("X-Amz-")}
        if key:
            return await self._object(request, key, query, payload, now)
        match request.method:
            case "GET" if query.get("list-type") == "2":
                return self._list(query)
            case "POST" if set(query) == {"delete"}:
                return await self._delete_many(request, payload)
            case "HEAD":
                return Response(headers={"x-amz-bucket-region": self._config.region})
            case _:
                raise _not_here()

    async def _object(self, request: Request, key: str, query: dict[str, str], payload: str, now: datetime) -> Response:
        check_key(key)
        # boto3 says which operation it means.
        if set(query) - ANSWERED - {"x-id"}:
            raise Refusal(501, "NotImplemented", "The sandbox does not know this parameter.")
        match request.method:
            case "GET" | "HEAD":
                return _file(self._objects.get(key), query)
            case "PUT":
                return await self._put(request, key, payload, now)
            case "DELETE":
                self._objects.delete(key)
                return Response(status_code=204)
            case _:
                raise _not_here()

    async def _put(self, request: Request, key: str, payload: str, now: datetime) -> Response:
        if "content-length" not in request.headers:
            raise Refusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        with self._objects.draft() as draft:
            async for piece in request.stream():
                draft.write(piece)
                if draft.size > PUT_MOST:
                    raise Refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
            if payload not in {UNSIGNED, draft.sha256.hexdigest()}:
                message = "The provided 'x-amz-content-sha256' header does not match what was computed."
                raise Refusal(400, "XAmzContentSHA256Mismatch", message)
            _check_digest(request, draft.md5.digest())
            if request.headers.get("if-none-match") == "*" and self._objects.find(key) is not None:
                message = "At least one of the pre-conditions you specified did not hold"
                raise Refusal(412, "PreconditionFailed", message, Condition="If-None-Match")
            stored = self._objects.keep(key, draft, request.headers, now)
        return Response(headers={"etag": stored.etag})

    async def _delete_many(self, request: Request, payload: str) -> Response:
        body = await request.body()
        _check_sums(request, body)
        del payload
        keys = [html.unescape(found.decode()) for found in re.findall(rb"<Key>([^<]*)</Key>", body)]
        if not 0 < len(keys) <= LISTED_MOST:
            raise Refusal(400, "MalformedXML", "The XML you provided was not well-formed.")
        for key in keys:
            self._objects.delete(key)
        is_quiet = b"<Quiet>true</Quiet>" in body
        deleted = "" if is_quiet else answers.repeated("Deleted", ({"Key": key} for key in keys))
        return answers.document("DeleteResult", deleted)

    def _list(self, query: dict[str, str]) -> Response:
        known = {"list-type", "prefix", "max-keys", "continuation-token", "start-after", "encoding-type"}
        if set(query) - known:
            raise Refusal(501, "NotImplemented", "The sandbox does not know this parameter.")
        prefix, most = query.get("prefix", ""), query.get("max-keys", str(LISTED_MOST))
        if not most.isdecimal():
            raise invalid("Provided max-keys not an integer or within integer range")
        after = query.get("continuation-token", query.get("start-after", ""))
        found = [each for each in self._objects.below(prefix) if each.key > after]
        shown = found[: min(int(most), LISTED_MOST)]
        is_more = len(found) > len(shown)
        encode = quote if query.get("encoding-type") == "url" else str
        facts: dict[str, object] = {
            "Name": self._config.bucket,
            "Prefix": encode(prefix),
            "KeyCount": len(shown),
            "MaxKeys": most,
            "IsTruncated": str(is_more).lower(),
        }
        if "encoding-type" in query:
            facts["EncodingType"] = "url"
        if is_more and shown:
            facts["NextContinuationToken"] = shown[-1].key
        contents = (
            {
                "Key": encode(each.key),
                "LastModified": each.modified,
                "ETag": each.etag,
                "Size": each.size,
                "StorageClass": "STANDARD",
            }
            for each in shown
        )
        return answers.document("ListBucketResult", answers.elements(facts) + answers.repeated("Contents", contents))

    async def _form(self, request: Request, now: datetime) -> Response:
        def judge(fields: dict[str, str]) -> policies.Allowed:
            if "key" not in fields:
                raise invalid("Bucket POST must contain a field named 'key'. Check the order of the fields.")
            check_key(fields["key"])
            return policies.check(fields, self._users, now)

        with self._objects.draft() as draft:
            length = int(request.headers.get("content-length", "0"))
            form = Form(request.headers.get("content-type", ""), length, draft, judge)
            try:
                await form.read(request.stream())
            except ClientDisconnect:
                raise Refusal(400, "IncompleteBody", "The request body terminated unexpectedly") from None
            stored = self._objects.keep(form.fields["key"], draft, form.fields, now)
        return self._posted(stored, form.fields)

    def _posted(self, stored: Stored, fields: dict[str, str]) -> Response:
        location = f"/{self._config.bucket}/{quote(stored.key)}"
        headers = {"etag": stored.etag, "location": location}
        back = fields.get("success_action_redirect") or fields.get("redirect")
        if back:
            return RedirectResponse(_with_query(back, self._config.bucket, stored), HTTPStatus.SEE_OTHER)
        status = fields.get("success_action_status")
        if status == "201":
            facts = {"Location": location, "Bucket": self._config.bucket, "Key": stored.key, "ETag": stored.etag}
            answer = answers.document("PostResponse", answers.elements(facts), 201)
            answer.headers.update(headers)
            return answer
        return Response(status_code=200 if status == "200" else 204, headers=headers)

    def _check_bucket(self, name: str) -> None:
        if not name:
            raise denied()
        if name != self._config.bucket:
            raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=name)


def _file(stored: Stored, query: dict[str, str]) -> Response:
    asked = {name.removeprefix(RESPONSE): value for name, value in query.items() if name in ANSWERED}
    headers = {**stored.headers, **asked, "etag": stored.etag, "last-modified": http_date(stored.modified)}
    content_type = headers.pop("content-type")
    answer = FileResponse(stored.path, headers=headers)
    # Starlette adds a charset to texts; S3 answers what it was told.
    answer.headers["content-type"] = content_type
    return answer


def _check_digest(request: Request, digest: bytes) -> None:
    told = request.headers.get("content-md5")
    if told is not None and told != base64.b64encode(digest).decode():
        raise Refusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _check_sums(request: Request, body: bytes) -> None:
    told = request.headers.get("x-amz-checksum-crc32")
    if told is None and "content-md5" not in request.headers:
        raise Refusal(400, "InvalidRequest", "Missing required header for this request: Content-MD5")
    _check_digest(request, md5(body, usedforsecurity=False).digest())
    if told is not None and told != base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode():
        raise Refusal(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")


def _with_query(back: str, bucket: str, stored: Stored) -> str:
    parts = urlsplit(back)
    query = urlencode({"bucket": bucket, "key": stored.key, "etag": stored.etag})
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def _cors(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "ETag, Location",
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }


def _not_here() -> Refusal:
    return Refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")


async def _drain(request: Request, answer: Response) -> None:
    if int(request.headers.get("content-length", "0")) > DRAINED_MOST + AROUND_FILE:
        answer.headers["connection"] = "close"
        return
    try:
        async for _ in request.stream():
            pass
    except (ClientDisconnect, RuntimeError):
        # There is nobody left to answer, or all was read before.
        return
