"""The S3 sandbox and keys that are lent: nothing without their token, and nothing after their end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError
from types_boto3_s3 import S3Client

from activities.object_links import Keys, ObjectLinks
from tests.sandbox.s3.stage import KEY_ID, NAME, REGION, SECRET, Stage, code_of, stage

KEY = "vehicles/1/photos/a"
FIELD = "x-amz-security-token"
PHOTO = b"x" * 200
# A token that is not theirs, none, and one with keys that have none.
WRONG: dict[str, tuple[Callable[[Keys], Keys], str]] = {
    "another": (lambda lent: Keys(lent.access_key_id, lent.secret_access_key, "another"), "InvalidToken"),
    "none": (lambda lent: Keys(lent.access_key_id, lent.secret_access_key), "InvalidAccessKeyId"),
    "the owner's": (lambda lent: Keys(KEY_ID, SECRET, lent.token), "InvalidToken"),
}


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


def links_of(sandbox: Stage, keys: Keys) -> ObjectLinks:
    return ObjectLinks(sandbox.bucket, keys=lambda: keys)


def posted(sandbox: Stage, keys: Keys, **changed: str) -> httpx.Response:
    return sandbox.post(sandbox.form(links=links_of(sandbox, keys)), PHOTO, **changed)


def put(sandbox: Stage, keys: Keys) -> str:
    """What boto3 is answered; nothing where it may."""
    session = Session(keys.access_key_id, keys.secret_access_key, keys.token or None, region_name=REGION)
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, proxies={})
    client: S3Client = session.client("s3", endpoint_url=sandbox.url, config=config)
    try:
        client.put_object(Bucket=NAME, Key=KEY, Body=b"x")
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    finally:
        client.close()
    return ""


def test_lent_keys_do_with_their_token_what_the_owners_do(sandbox: Stage) -> None:
    lent = sandbox.lend()
    assert posted(sandbox, lent).status_code == 201
    link = links_of(sandbox, lent).link(KEY, datetime.now(UTC), timedelta(minutes=1))
    assert sandbox.http.get(link).content == PHOTO
    assert put(sandbox, lent) == ""


@pytest.mark.parametrize(("keys", "code"), WRONG.values(), ids=WRONG)
def test_a_token_goes_with_its_own_keys_alone(sandbox: Stage, keys: Callable[[Keys], Keys], code: str) -> None:
    wrong = keys(sandbox.lend())
    link = links_of(sandbox, wrong).link(KEY, datetime.now(UTC), timedelta(minutes=1))
    assert [code_of(posted(sandbox, wrong)), code_of(sandbox.http.get(link))] == [code] * 2


@pytest.mark.parametrize(("changed", "code"), [("", "InvalidAccessKeyId"), ("another", "InvalidToken")])
def test_a_form_whose_token_somebody_changed_is_refused(sandbox: Stage, changed: str, code: str) -> None:
    assert code_of(posted(sandbox, sandbox.lend(), **{FIELD: changed})) == code


def test_a_token_that_the_policy_does_not_name_is_one_field_too_many(sandbox: Stage) -> None:
    lent = sandbox.lend()
    form = sandbox.form(links=links_of(sandbox, Keys(lent.access_key_id, lent.secret_access_key)))
    assert code_of(sandbox.post(form, PHOTO, **{FIELD: lent.token})) == "AccessDenied"


def test_lent_keys_do_nothing_after_their_end(sandbox: Stage) -> None:
    ended, others = sandbox.lend(), sandbox.lend()
    assert others.access_key_id != ended.access_key_id
    sandbox.end_role()
    link = links_of(sandbox, ended).link(KEY, datetime.now(UTC), timedelta(minutes=1))
    assert [code_of(posted(sandbox, ended)), code_of(sandbox.http.get(link))] == ["ExpiredToken"] * 2
    assert posted(sandbox, sandbox.lend()).status_code == 201


def test_lent_keys_end_by_themselves() -> None:
    with stage() as sandbox:
        lent = sandbox.lend()
        form = sandbox.form(links=links_of(sandbox, lent))
        sandbox.control("clock", advance_s=3_500)
        assert sandbox.post(form, PHOTO).status_code == 201
        sandbox.control("clock", advance_s=200)
        assert code_of(sandbox.post(form, PHOTO)) == "ExpiredToken"
