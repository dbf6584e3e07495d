"""Upload forms and links of the object store, signed here without asking anybody (AWS Signature Version 4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlsplit

from activities.vendor_settings import VendorSettings

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
ANSWERED = "201"
# S3 takes no link that is good for longer.
LONGEST_LIFE = timedelta(days=7)
DAY_S = 86_400
STEADY_LIFE_S = 2 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket and who we are to it. Without a `url` it is on AWS, at its region's own address; with one, the bucket
    is the first part of the path there."""

    name: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    url: str = ""

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
    """Signs for one bucket; pictures are linked to at the `cdn` where there is one."""

    def __init__(self, bucket: Bucket, cdn: Signed | None = None) -> None:
        self._bucket = bucket
        self._cdn = cdn
        self._day_key: tuple[str, bytes] = ("", b"")

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
        201, or sent to `redirect`."""
        stamp = _stamp(at)
        answer = {"success_action_status": ANSWERED} if redirect is None else {"success_action_redirect": redirect}
        fields = {
            "key": key,
            "Content-Type": content_type,
            **answer,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{self._bucket.access_key_id}/{self._scope(stamp)}",
            "x-amz-date": stamp,
        }
        conditions: list[object] = [{"bucket": self._bucket.name}, ["content-length-range", least, most]]
        conditions += [{name: value} for name, value in fields.items()]
        policy = {"expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
        sealed = base64.b64encode(json.dumps(policy, separators=(",", ":")).encode()).decode()
        signature = self._signature(stamp, sealed)
        return UploadForm(self._bucket.address, {**fields, "policy": sealed, "x-amz-signature": signature})

    def link(self, key: str, at: datetime, life: timedelta, **answered: str) -> str:
        """A link to read one object for `life`, at most a week. `answered` are headers that its answer shall have, as
        `content_disposition`."""
        if not timedelta(seconds=1) <= life <= LONGEST_LIFE:
            raise ValueError("a link is good for a second to a week")
        return self._link(key, at, int(life.total_seconds()), answered)

    def picture(self, key: str, at: datetime) -> str:
        """A link to a picture, the same for a whole day so that browsers keep what they have, good for another one."""
        if self._cdn is not None:
            return self._cdn.link(key, at)
        return self._link(key, day_of(at), STEADY_LIFE_S, {})

    def _link(self, key: str, at: datetime, life_s: int, answered: Mapping[str, str]) -> str:
        stamp = _stamp(at)
        query = {f"response-{name.replace('_', '-')}": value for name, value in answered.items()}
        query |= {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self._bucket.access_key_id}/{self._scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(life_s),
            "X-Amz-SignedHeaders": "host",
        }
        url = f"{self._bucket.address}/{quote(key, safe='/' + UNRESERVED)}"
        parts = urlsplit(url)
        asked = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(query.items()))
        request = f"GET\n{parts.path}\n{asked}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._signature(stamp, f"{ALGORITHM}\n{stamp}\n{self._scope(stamp)}\n{digest}")
        return f"{url}?{asked}&X-Amz-Signature={signature}"

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self._bucket.region}/s3/aws4_request"

    def _signature(self, stamp: str, text: str) -> str:
        day = stamp[:8]
        known, key = self._day_key
        if known != day:
            key = f"AWS4{self._bucket.secret_access_key}".encode()
            for part in (day, self._bucket.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day_key = (day, key)
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
