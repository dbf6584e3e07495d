"""Upload forms and links of the object store, signed here without asking anybody (AWS Signature Version 4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

from activities.vendor_settings import VendorSettings
from domain.errors import UnavailableError

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
ANSWERED = "201"
# S3 takes no link that is good for longer.
LONGEST_LIFE = timedelta(days=7)
DAY_S = 86_400
STEADY_LIFE_S = 2 * DAY_S
AWAY = "Files cannot be reached right now; try again in a moment."
RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Keys:
    """What is signed with. A `token` goes with those that a machine has by its role, and that end within hours: what
    they signed ends with them, however long it was to be good."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket and who we are to it; without keys, whom the machine's role says. Without a `url` it is on AWS, at its
    region's own address; with one, the bucket is the first part of the path there."""

    name: str
    region: str
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    url: str = ""

    @property
    def keys(self) -> Keys | None:
        """The keys of the settings, if there are any."""
        return Keys(self.access_key_id, self.secret_access_key) if self.access_key_id else None

    @property
    def endpoint(self) -> str:
        """Where its service listens."""
        return self.url.rstrip("/") or f"https://s3.{self.region}.amazonaws.com"

    @property
    def address(self) -> str:
        """Where the bucket is, without a slash at the end: where forms are posted to."""
        if self.url:
            return f"{self.endpoint}/{self.name}"
        return f"https://{self.name}.s3.{self.region}.amazonaws.com"

    @property
    def origin(self) -> str:
        """What a page's content security policy has to let through."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form to be posted as multipart/form-data: every field as it is, and after them the `file`."""

    url: str
    fields: Mapping[str, str]


class Signed(Protocol):
    """Whoever else can give links to pictures."""

    origin: str

    def link(self, key: str, at: datetime) -> str:
        """A link that is good for a day at least."""


class ObjectLinks:
    """Signs for one bucket; pictures are linked to at the `cdn` where there is one.

    `keys` gives those of the moment without waiting for anybody, or None while there are none; without it they are the
    bucket's own.
    """

    def __init__(
        self, bucket: Bucket, cdn: Signed | None = None, keys: Callable[[], Keys | None] | None = None
    ) -> None:
        self._bucket = bucket
        self._cdn = cdn
        self._keys = keys or (lambda: bucket.keys)
        self._day_key: tuple[str, Keys | None, bytes] = ("", None, b"")

    @property
    def upload_origin(self) -> str:
        """Where browsers post files to."""
        return self._bucket.origin

    @property
    def picture_origins(self) -> tuple[str, ...]:
        """Where browsers load pictures from."""
        return (self._bucket.origin,) if self._cdn is None else (self._cdn.origin,)

    def form(
        self,
        key: str,
        content_type: str,
        *,
        least: int,
        most: int,
        at: datetime,
        expires_at: datetime,
        redirect: str | None = None,
    ) -> UploadForm:
        """A form for one file of `least` to `most` bytes under exactly this key and type. Whoever posts it is answered
        201, or sent to `redirect`. Raises UnavailableError while there are no keys."""
        stamp, keys = _stamp(at), self._present_keys()
        answer = {"success_action_status": ANSWERED} if redirect is None else {"success_action_redirect": redirect}
        fields = {
            "key": key,
            "Content-Type": content_type,
            **answer,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{keys.access_key_id}/{self._scope(stamp)}",
            "x-amz-date": stamp,
            **({"x-amz-security-token": keys.token} if keys.token else {}),
        }
        conditions: list[object] = [{"bucket": self._bucket.name}, ["content-length-range", least, most]]
        conditions += [{name: value} for name, value in fields.items()]
        policy = {"expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
        sealed = base64.b64encode(json.dumps(policy, separators=(",", ":")).encode()).decode()
        signature = self._signature(keys, stamp, sealed)
        return UploadForm(self._bucket.address, {**fields, "policy": sealed, "x-amz-signature": signature})

    def link(self, key: str, at: datetime, life: timedelta, **answered: str) -> str:
        """A link to read one object for `life`, at most a week. `answered` are headers that its answer shall have, as
        `content_disposition`. Raises UnavailableError while there are no keys."""
        if not timedelta(seconds=1) <= life <= LONGEST_LIFE:
            raise ValueError("a link is good for a second to a week")
        return self._link(self._present_keys(), key, at, int(life.total_seconds()), answered)

    def picture(self, key: str, at: datetime) -> str:
        """A link to a picture, the same for a whole day so that browsers keep what they have, good for another one.
        While there are no keys it opens nothing: a page without its pictures is better than none."""
        if self._cdn is not None:
            return self._cdn.link(key, at)
        keys = self._keys()
        return self._url(key) if keys is None else self._link(keys, key, day_of(at), STEADY_LIFE_S, {})

    def _present_keys(self) -> Keys:
        keys = self._keys()
        if keys is None:
            raise UnavailableError("PHOTOS_UNAVAILABLE", AWAY, retry_after_s=RETRY_S)
        return keys

    def _url(self, key: str) -> str:
        return f"{self._bucket.address}/{quote(key, safe='/' + UNRESERVED)}"

    def _link(self, keys: Keys, key: str, at: datetime, life_s: int, answered: Mapping[str, str]) -> str:
        stamp = _stamp(at)
        query = {f"response-{name.replace('_', '-')}": value for name, value in answered.items()}
        query |= {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{keys.access_key_id}/{self._scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(life_s),
            "X-Amz-SignedHeaders": "host",
            **({"X-Amz-Security-Token": keys.token} if keys.token else {}),
        }
        url = self._url(key)
        parts = urlsplit(url)
        asked = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(query.items()))
        request = f"GET\n{parts.path}\n{asked}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._signature(keys, stamp, f"{ALGORITHM}\n{stamp}\n{self._scope(stamp)}\n{digest}")
        return f"{url}?{asked}&X-Amz-Signature={signature}"

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self._bucket.region}/s3/aws4_request"

    def _signature(self, keys: Keys, stamp: str, text: str) -> str:
        day = stamp[:8]
        known_day, known_keys, key = self._day_key
        if (known_day, known_keys) != (day, keys):
            key = f"AWS4{keys.secret_access_key}".encode()
            for part in (day, self._bucket.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day_key = (day, keys, key)
        return hmac.digest(key, text.encode(), "sha256").hex()


def day_of(at: datetime) -> datetime:
    """The beginning of its day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return quote(text, safe=UNRESERVED)


def bucket_of(vendors: VendorSettings) -> Bucket:
    """The bucket of the settings."""
    return Bucket(
        name=vendors.s3_bucket,
        region=vendors.s3_region,
        access_key_id=vendors.s3_access_key_id,
        secret_access_key=vendors.s3_secret_access_key.get_secret_value(),
        url=vendors.s3_url,
    )
