"""An S3 sandbox that serves in this process: what its tests, and those of all that keeps files, stand on."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from activities.object_links import Bucket, Keys, ObjectLinks, UploadForm
from tests.sandbox.running import running
from tests.sandbox.s3.config import Config
from tests.sandbox.s3.server import create_app

KEY_ID = "AKIASANDBOX000000001"
SECRET = "sandbox/secret+access/key"
NAME = "hammertime-test"
REGION = "us-east-2"
SITE = "http://testserver"
WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox, used as a browser would and as the one who makes it fail."""

    url: str
    http: httpx.Client

    @property
    def bucket(self) -> Bucket:
        return Bucket(name=NAME, region=REGION, access_key_id=KEY_ID, secret_access_key=SECRET, url=self.url)

    @property
    def links(self) -> ObjectLinks:
        return ObjectLinks(self.bucket)

    @property
    def role(self) -> str:
        """Where a machine is told the keys of its role, which are good for an hour."""
        return f"{self.url}/_sandbox/role"

    def lend(self) -> Keys:
        """The keys of the role, as a machine gets them."""
        lent = self.http.get(self.role).json()
        return Keys(lent["AccessKeyId"], lent["SecretAccessKey"], lent["Token"])

    def end_role(self) -> None:
        """Let all lent keys end."""
        self.http.delete(self.role).raise_for_status()

    @property
    def keys(self) -> list[str]:
        """What is stored."""
        found: list[str] = self.http.get("/_sandbox/objects").json()
        return found

    def control(self, what: str, **wanted: Any) -> None:
        """Steer the sandbox."""
        self.http.post(f"/_sandbox/{what}", json=wanted).raise_for_status()

    def form(self, key: str = "vehicles/1/photos/a", content_type: str = "image/jpeg", **changes: Any) -> UploadForm:
        """A form as our API makes it, good for an hour."""
        at = datetime.now(UTC)
        given = {"least": 100, "most": 1_000_000, "at": at, "expires_at": at.replace(year=at.year + 1)}
        links: ObjectLinks = changes.pop("links", self.links)
        return links.form(key, content_type, **{**given, **changes})

    def post(self, form: UploadForm | Mapping[str, Any], content: bytes, **changed: str) -> httpx.Response:
        """Post a form as a browser does: its fields, and the file last. An empty value leaves a field out."""
        url, given = (form.url, form.fields) if isinstance(form, UploadForm) else (form["url"], form["fields"])
        fields = {name: value for name, value in {**given, **changed}.items() if value}
        file = {"file": ("../../photo.exe", content, "application/x-msdownload")}
        return self.http.post(url, data=fields, files=file)


def code_of(answer: httpx.Response) -> str:
    """The code in an error."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


@contextlib.contextmanager
def stage(port: int = 0, **changes: Any) -> Iterator[Stage]:
    """A sandbox; `changes` are of its Config."""
    given = {
        "access_key_id": KEY_ID,
        "secret_access_key": SECRET,
        "bucket": NAME,
        "region": REGION,
        "origins": frozenset({SITE}),
    }
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(running(create_app(Config(**{**given, **changes})), port))
        http = stack.enter_context(httpx.Client(trust_env=False, timeout=WAIT_S, base_url=url))
        yield Stage(url, http)
