"""Keys of a machine's role, as boto3 finds them: what they sign is taken until they end, and new ones come before."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError
from structlog.testing import capture_logs

from activities.object_links import Bucket, Keys, ObjectLinks
from activities.providers.failures import UnavailableError as StoreAwayError
from activities.providers.s3 import Storage
from activities.role_keys import RoleKeys, role_keys_of
from domain.errors import UnavailableError
from tests.sandbox.s3.stage import NAME, REGION, Stage, code_of, stage

KEY = "documents/1/a/document.pdf"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# The library renews what ends within a quarter of an hour.
SOON_S = 300
OURS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"}
TO_TELL = {"access_key": "ASIA2", "secret_key": "second", "token": "t2", "expiry_time": "2026-11-22T14:00:00Z"}


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="machine")
def machine_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine that nobody has told any keys."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    return monkeypatch


@pytest.fixture(name="bucket")
def bucket_fixture(machine: pytest.MonkeyPatch, sandbox: Stage) -> Bucket:
    """The sandbox's, on a machine that has a role there and no keys of its own."""
    machine.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", sandbox.role)
    return Bucket(name=NAME, region=REGION, url=sandbox.url)


def known_keys(bucket: Bucket) -> RoleKeys:
    keys = role_keys_of(bucket)
    assert keys is not None
    return keys


def test_the_store_takes_forms_and_links_of_the_role_until_its_keys_end(sandbox: Stage, bucket: Bucket) -> None:
    links = ObjectLinks(bucket, keys=known_keys(bucket))
    form, now = sandbox.form(KEY, links=links), datetime.now(UTC)
    assert sandbox.post(form, b"x" * 200).status_code == 201
    addresses = links.link(KEY, now, MINUTE), links.picture(KEY, now)
    assert [sandbox.http.get(each).content for each in addresses] == [b"x" * 200] * 2
    sandbox.end_role()
    refused = [sandbox.post(form, b"x" * 200), *map(sandbox.http.get, addresses)]
    assert [(each.status_code, code_of(each)) for each in refused] == [(400, "ExpiredToken")] * 3


def test_keys_that_last_are_asked_for_once_and_those_that_end_soon_anew(
    machine: pytest.MonkeyPatch, sandbox: Stage, bucket: Bucket
) -> None:
    lasting = known_keys(bucket)
    first = lasting()
    lasting.refresh()
    assert lasting() == first
    machine.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{sandbox.role}?life_s={SOON_S}")
    passing = known_keys(bucket)
    before = passing()
    passing.refresh()
    assert passing() not in {None, before}
    form = sandbox.form(links=ObjectLinks(bucket, keys=passing))
    assert sandbox.post(form, b"x" * 200).status_code == 201


def test_a_bucket_with_keys_of_its_own_needs_no_role(sandbox: Stage) -> None:
    assert role_keys_of(sandbox.bucket) is None


@pytest.mark.usefixtures("machine")
def test_without_keys_a_form_is_refused_until_the_machine_is_told_some(sandbox: Stage) -> None:
    told: list[Credentials] = []
    keys = RoleKeys(lambda: told[0] if told else None)
    links = ObjectLinks(sandbox.bucket, keys=keys)
    keys.refresh()
    for sign in (lambda: sandbox.form(links=links), lambda: links.link(KEY, NOON, MINUTE)):
        with pytest.raises(UnavailableError) as caught:
            sign()
        assert caught.value.code == "PHOTOS_UNAVAILABLE"
    assert links.picture(KEY, NOON) == f"{sandbox.bucket.address}/{KEY}"
    own = sandbox.lend()
    told.append(Credentials(own.access_key_id, own.secret_access_key, own.token))
    keys.refresh()
    assert sandbox.post(sandbox.form(links=links), b"x" * 200).status_code == 201


class Machine:
    """Tells keys that end an hour after noon; whoever tells it new ones is away until `is_back`."""

    def __init__(self) -> None:
        self.now, self.is_back, self.is_wrong = NOON, False, False
        hour = timedelta(hours=1)
        self.found = RefreshableCredentials(
            "ASIA1", "first", "t1", NOON + hour, self._renew, "test", time_fetcher=lambda: self.now
        )

    def _renew(self) -> dict[str, str]:
        if self.is_wrong:
            return {**TO_TELL, "expiry_time": "2026-11-22T12:00:00Z"}
        if not self.is_back:
            raise CredentialRetrievalError(provider="test", error_msg="away")
        return TO_TELL


@pytest.mark.parametrize("minutes", [50, 55], ids=["soon", "very soon"])
def test_keys_stay_while_nobody_tells_new_ones_and_are_none_when_they_have_ended(minutes: int) -> None:
    machine = Machine()
    keys = RoleKeys(lambda: machine.found)
    first = Keys("ASIA1", "first", "t1")
    for later, expected in ((0, first), (minutes, first), (61, None)):
        machine.now = NOON + timedelta(minutes=later)
        keys.refresh()
        assert keys() == expected
    machine.is_back = True
    keys.refresh()
    assert keys() == Keys("ASIA2", "second", "t2")


def test_new_keys_that_have_ended_already_are_none() -> None:
    machine = Machine()
    keys = RoleKeys(lambda: machine.found)
    machine.now, machine.is_wrong = NOON + timedelta(minutes=59), True
    keys.refresh()
    assert keys() is None


def test_keys_are_never_shown() -> None:
    machine = Machine()
    keys = RoleKeys(lambda: machine.found)
    keys.refresh()
    machine.now = NOON + timedelta(minutes=59)
    with capture_logs() as logs:
        keys.refresh()
    assert logs == [{"event": "object_store_keys_not_told", "error": "CredentialRetrievalError", "log_level": "error"}]
    assert not any(secret in repr(keys()) for secret in ("first", "t1"))


async def stored(storage: Storage) -> bytes | None:
    await storage.put(KEY, b"content", "application/pdf")
    return await storage.get(KEY, 7)


async def test_our_client_of_the_store_goes_by_the_role_too(bucket: Bucket) -> None:
    async with Storage(bucket) as storage:
        assert await stored(storage) == b"content"


async def test_keys_that_end_on_their_way_are_no_refusal(sandbox: Stage, bucket: Bucket) -> None:
    async with Storage(bucket) as storage:
        await stored(storage)
        sandbox.end_role()
        for call in (stored(storage), storage.head(KEY)):
            with pytest.raises(StoreAwayError, match=r"ExpiredToken|http_400"):
                await call


async def test_a_client_that_began_without_keys_has_them_as_soon_as_the_machine_does(
    machine: pytest.MonkeyPatch, sandbox: Stage
) -> None:
    async with Storage(Bucket(name=NAME, region=REGION, url=sandbox.url)) as storage:
        with pytest.raises(StoreAwayError, match="NoCredentials"):
            await storage.head(KEY)
        machine.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", sandbox.role)
        assert await stored(storage) == b"content"


async def test_many_first_calls_make_one_client(bucket: Bucket) -> None:
    async with Storage(bucket) as storage:
        found = await asyncio.gather(*(storage.head("none") for _ in range(8)))
    assert found == [None] * 8
