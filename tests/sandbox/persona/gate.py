"""What every API call passes before it is looked at: the key, the rate limit, the pinned headers, and idempotency."""

import hashlib
import hmac
import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.sandbox.persona.answers import Answer, Call, Json, Refusal, bad_request, errors
from tests.sandbox.persona.config import VERSION, Config
from tests.sandbox.persona.wire import new_id
from tests.sandbox.store import Store

WINDOW_S = 60
KEY_MAX = 255
CRASH = Answer(500, errors("Internal server error", "Something went wrong."))

Handler = Callable[[Call], Answer]


class Gate:
    """Stands before the handler. `crashes` are the 500s to come, each before or after what the call does: unlike those
    of `Faults` they are Persona's own, and so stored under the call's idempotency key."""

    def __init__(self, config: Config, store: Store, seconds: Callable[[], float], handler: Handler) -> None:
        self._config = config
        self._store = store
        self._seconds = seconds
        self._handler = handler
        self._window = (0, 0)
        self.crashes: list[str] = []

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if not self._is_ours(request.headers.get("authorization", "")):
            body = errors("Unauthorized", "The API key is missing or not valid.")
            return JSONResponse(body, 401, {"request-id": new_id("req")})
        headers = self._count()
        if int(headers["ratelimit-remaining"]) < 0:
            headers["ratelimit-remaining"] = "0"
            body = errors("Rate limit exceeded", f"You have hit your rate limit of {headers['ratelimit-limit']} / min.")
            return JSONResponse(body, 429, headers)
        try:
            answer = self._once(request, await _call(request))
        except Refusal as refusal:
            answer = refusal.answer
        return JSONResponse(answer.body, answer.status, headers)

    def _is_ours(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._config.api_key}".encode())

    def _count(self) -> dict[str, str]:
        limit, seconds = self._config.calls_per_minute, int(self._seconds())
        minute, used = self._window
        self._window = minute, used = seconds // WINDOW_S, used + 1 if minute == seconds // WINDOW_S else 1
        return {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(limit - used),
            "ratelimit-reset": str((minute + 1) * WINDOW_S - seconds),
            "request-id": new_id("req"),
            "persona-environment-id": "env_sandbox",
            "persona-organization-id": "org_sandbox",
        }

    def _once(self, request: Request, call: Call) -> Answer:
        """Answer again what was answered to this key, whatever it was; Refusal(400) when the call is another."""
        key = request.headers.get("idempotency-key")
        if call.method != "POST":
            if key is not None:
                raise bad_request("Idempotency-Key is for POST only")
            return self._answer(call)
        if key is None:
            return self._answer(call)
        if not 0 < len(key) <= KEY_MAX:
            raise bad_request("Idempotency-Key is not valid")
        parameters = _fingerprint(call)
        earlier = self._store.get("answer", key)
        if earlier is None:
            answer = self._answer(call)
            kept = {"parameters": parameters, "status": answer.status, "body": answer.body}
            self._store.put("answer", key, kept)
            return answer
        if earlier["parameters"] != parameters:
            details = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            raise Refusal(400, "Idempotency error", details)
        return Answer(earlier["status"], earlier["body"])

    def _answer(self, call: Call) -> Answer:
        crash = self.crashes.pop(0) if self.crashes and call.method == "POST" else None
        if crash == "before":
            return CRASH
        try:
            answer = self._handler(call)
        except Refusal as refusal:
            answer = refusal.answer
        return CRASH if crash == "after" else answer


async def _call(request: Request) -> Call:
    if request.headers.get("persona-version") != VERSION:
        raise bad_request(f"Persona-Version must be {VERSION}")
    if request.headers.get("key-inflection") != "kebab":
        raise bad_request("Key-Inflection must be kebab")
    path = f"/{request.path_params['path']}"
    return Call(request.method, path, request.query_params.multi_items(), await _body(request))


async def _body(request: Request) -> Json | None:
    raw = await request.body()
    if not raw:
        return None
    if request.headers.get("content-type") != "application/json":
        raise bad_request("the body must be application/json")
    try:
        body = json.loads(raw)
    except ValueError:
        raise bad_request("the body is not JSON") from None
    if not isinstance(body, dict):
        raise bad_request("the body must be an object")
    return body


def _fingerprint(call: Call) -> str:
    text = json.dumps([call.method, call.path, call.query, call.body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
