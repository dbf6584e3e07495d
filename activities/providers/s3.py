"""S3, where files are: our one client of its REST API, through boto3 in threads of its own."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from activities.object_links import Bucket
from activities.providers.failures import RejectedError, UnavailableError

if TYPE_CHECKING:
    # Only its types are installed for, and only where there are checks.
    from types_boto3_s3 import S3Client

VENDOR = "s3"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
AT_ONCE = 16
# What one DeleteObjects may name.
KEYS_MOST = 1_000
# A picture never changes under its key; a document is nobody's to keep.
FOR_A_YEAR = "max-age=31536000, immutable"
NOT_KEPT = "private, no-store"
# Keys that ended on their way: the library has new ones by the next call.
ENDED = frozenset({"ExpiredToken", "TokenRefreshRequired"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """What S3 knows of an object without its content."""

    size: int
    content_type: str


class Storage:
    """One bucket. Close it, or use it as `async with`. A bucket without keys is reached by those of the machine: of its
    environment, its files or its role, which are renewed before they end.

    Every call may be repeated as it is. It raises UnavailableError where nobody answered or S3 asked to come later, and
    RejectedError where S3 refuses what we sent, such as keys, a region or a bucket that are not its own.
    """

    def __init__(self, bucket: Bucket, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._bucket = bucket
        self._name = bucket.name
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="s3")
        self._made: S3Client | None = None
        self._making = Lock()
        self._config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if bucket.url else "virtual"},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            # Whoever calls repeats, and says for how long.
            retries={"total_max_attempts": 1},
            max_pool_connections=AT_ONCE,
            proxies={},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        if self._made is not None:
            self._made.close()

    async def head(self, key: str) -> Facts | None:
        """What is known of an object; None where there is none."""
        return await self._call(partial(self._head, key))

    async def get(self, key: str, most: int) -> bytes | None:
        """An object's content; None where there is none, and never more than one byte beyond `most`."""
        return await self._call(partial(self._get, key, most))

    async def put(self, key: str, content: bytes, content_type: str, cache: str = FOR_A_YEAR) -> None:
        """Write an object; one of that key is replaced. `cache` is the Cache-Control of its readers."""
        await self._call(partial(self._put, key, content, content_type, cache))

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error."""
        wanted = list(keys)
        for first in range(0, len(wanted), KEYS_MOST):
            await self._call(partial(self._delete, wanted[first : first + KEYS_MOST]))

    async def keys_below(self, prefix: str) -> list[str]:
        """The keys that begin with a prefix, in order."""
        return await self._call(partial(self._list, prefix))

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _translated, work)

    @property
    def _client(self) -> "S3Client":
        """Made by the first call: whoever tells the machine its keys may be away when the process starts."""
        with self._making:
            if self._made is None:
                # The library takes what is empty for what is not given, and looks for itself.
                own = self._bucket.access_key_id, self._bucket.secret_access_key
                session = Session(own[0], own[1], region_name=self._bucket.region)
                # A client that was made without keys would never have any.
                if session.get_credentials() is None:
                    raise NoCredentialsError
                self._made = session.client("s3", endpoint_url=self._bucket.endpoint, config=self._config)
            return self._made

    def _head(self, key: str) -> Facts | None:
        try:
            found = self._client.head_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if _status(error) == HTTPStatus.NOT_FOUND:
                return None
            if _status(error) == HTTPStatus.BAD_REQUEST and self._bucket.keys is None:
                # An answer to HEAD has no words: the role's keys may have ended.
                raise UnavailableError(VENDOR, "http_400") from None
            raise
        return Facts(found["ContentLength"], found.get("ContentType", ""))

    def _get(self, key: str, most: int) -> bytes | None:
        client = self._client
        try:
            found = client.get_object(Bucket=self._name, Key=key)
        except client.exceptions.NoSuchKey:
            return None
        with found["Body"] as body:
            content: bytes = body.read(most + 1)
        if len(content) < min(found["ContentLength"], most + 1):
            raise UnavailableError(VENDOR, "cut_off")
        return content

    def _put(self, key: str, content: bytes, content_type: str, cache: str) -> None:
        self._client.put_object(Bucket=self._name, Key=key, Body=content, ContentType=content_type, CacheControl=cache)

    def _delete(self, keys: list[str]) -> None:
        answer = self._client.delete_objects(
            Bucket=self._name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": False}
        )
        # The library takes an answer that was cut off for one with nothing in it.
        if {each.get("Key") for each in answer.get("Deleted", ())} != set(keys):
            raise UnavailableError(VENDOR, "not_deleted")

    def _list(self, prefix: str) -> list[str]:
        found: list[str] = []
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            if page.get("KeyCount") != len(page.get("Contents", ())):
                raise UnavailableError(VENDOR, "cut_off")
            found += [each["Key"] for each in page.get("Contents", ())]
        return found


def _translated(work: Callable[[], T]) -> T:
    # `from None`: the library's errors hold the request.
    try:
        return work()
    except ClientError as error:
        status = _status(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        }:
            raise UnavailableError(VENDOR, f"http_{status}") from None
        code = str(error.response.get("Error", {}).get("Code", f"http_{status}"))
        raise (UnavailableError if code in ENDED else RejectedError)(VENDOR, code) from None
    except (BotoCoreError, RuntimeError) as error:
        # The latter is what the library says of a role whose new keys have ended already.
        raise UnavailableError(VENDOR, type(error).__name__) from None


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
