"""The S3 sandbox as boto3, browsers and strangers see it: every signature and every condition counts."""

import base64
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError
from types_boto3_s3 import S3Client

from activities.object_links import UploadForm
from tests.sandbox.s3.stage import KEY_ID, NAME, REGION, SECRET, SITE, Stage, code_of, stage

PHOTO = b"\xff\xd8\xff" + b"x" * 5_000
KEY = "vehicles/1/photos/a"
FILE: tuple[str, tuple[str | None, bytes]] = ("file", ("a", PHOTO))
Part = tuple[str, tuple[str | None, bytes]]
MINUTE = timedelta(minutes=1)


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="boto", scope="module")
def boto_fixture(sandbox: Stage) -> Iterator[S3Client]:
    found = client_of(sandbox)
    yield found
    found.close()


@pytest.fixture(name="client")
def client_fixture(sandbox: Stage, boto: S3Client) -> Iterator[S3Client]:
    yield boto
    for key in sandbox.keys:
        boto.delete_object(Bucket=NAME, Key=key)


def client_of(sandbox: Stage, key_id: str = KEY_ID, secret: str = SECRET, region: str = REGION) -> S3Client:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1},
        proxies={},
        request_checksum_calculation="when_required",
    )
    client: S3Client = Session(key_id, secret, region_name=region).client("s3", endpoint_url=sandbox.url, config=config)
    return client


def parts_of(form: UploadForm) -> list[Part]:
    """Its fields as a browser sends them."""
    return [(name, (None, value.encode())) for name, value in form.fields.items()]


def refused(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_what_is_put_is_there_with_its_headers(client: S3Client) -> None:
    key = "a folder/\u00e9 +&=.bin"
    client.put_object(Bucket=NAME, Key=key, Body=PHOTO, ContentType="image/jpeg", CacheControl="max-age=1")
    head = client.head_object(Bucket=NAME, Key=key)
    assert (head["ContentLength"], head["ContentType"], head["CacheControl"]) == (5_003, "image/jpeg", "max-age=1")
    assert client.get_object(Bucket=NAME, Key=key)["Body"].read() == PHOTO
    assert client.get_object(Bucket=NAME, Key=key, Range="bytes=0-2")["Body"].read() == PHOTO[:3]
    client.delete_object(Bucket=NAME, Key=key)
    with pytest.raises(ClientError) as caught:
        client.get_object(Bucket=NAME, Key=key)
    assert refused(caught) == "NoSuchKey"


def test_a_list_goes_page_by_page_below_its_prefix(client: S3Client) -> None:
    for number in range(5):
        client.put_object(Bucket=NAME, Key=f"b/{number}", Body=b"x")
    client.put_object(Bucket=NAME, Key="c", Body=b"x")
    pages = list(
        client.get_paginator("list_objects_v2").paginate(Bucket=NAME, Prefix="b/", PaginationConfig={"PageSize": 2})
    )
    assert [[each["Key"] for each in page["Contents"]] for page in pages] == [["b/0", "b/1"], ["b/2", "b/3"], ["b/4"]]


def test_many_are_deleted_at_once(client: S3Client) -> None:
    for key in ("a<&>", "b", "c"):
        client.put_object(Bucket=NAME, Key=key, Body=b"x")
    client.delete_objects(
        Bucket=NAME, Delete={"Objects": [{"Key": "a<&>"}, {"Key": "b"}, {"Key": "none"}], "Quiet": True}
    )
    assert [each["Key"] for each in client.list_objects_v2(Bucket=NAME)["Contents"]] == ["c"]


def test_only_the_first_of_two_is_written_where_the_second_must_not_replace_it(client: S3Client) -> None:
    client.put_object(Bucket=NAME, Key=KEY, Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket=NAME, Key=KEY, Body=b"second", IfNoneMatch="*")
    assert refused(caught) == "PreconditionFailed"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"secret": "another"}, "SignatureDoesNotMatch"),
        ({"key_id": "AKIAANOTHER"}, "InvalidAccessKeyId"),
        ({"region": "eu-west-1"}, "AuthorizationHeaderMalformed"),
    ],
)
def test_who_is_not_our_user_gets_nothing(sandbox: Stage, given: dict[str, str], code: str) -> None:
    client = client_of(sandbox, **given)
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket=NAME, Key=KEY, Body=b"x")
    assert refused(caught) == code
    client.close()


def test_another_bucket_is_none(client: S3Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket="another-bucket", Key=KEY, Body=b"x")
    assert refused(caught) == "NoSuchBucket"


def test_a_stranger_gets_nothing(sandbox: Stage, client: S3Client) -> None:
    client.put_object(Bucket=NAME, Key=KEY, Body=b"x")
    for method, path in (
        ("GET", f"/{NAME}/{KEY}"),
        ("GET", f"/{NAME}?list-type=2"),
        ("PUT", f"/{NAME}/x"),
        ("GET", "/"),
    ):
        answer = sandbox.http.request(method, path)
        assert (method, path, answer.status_code, code_of(answer)) == (method, path, 403, "AccessDenied")


@pytest.mark.parametrize("operation", ["get_object", "head_object", "put_object", "delete_object"])
def test_a_presigned_request_is_good_as_it_is_and_until_it_ends(operation: str) -> None:
    method = operation.partition("_")[0].upper()
    with stage() as sandbox:
        client = client_of(sandbox)
        client.put_object(Bucket=NAME, Key=KEY, Body=b"x")
        parameters = {"Bucket": NAME, "Key": KEY}
        url = client.generate_presigned_url(operation, Params=parameters, ExpiresIn=60)
        other = "HEAD" if method != "HEAD" else "GET"
        assert sandbox.http.request(other, url).status_code == 403
        assert sandbox.http.request(method, url.replace("photos", "fotos")).status_code == 403
        assert sandbox.http.request(method, f"{url}&response-content-type=text/html").status_code == 403
        sandbox.control("clock", advance_s=55)
        assert sandbox.http.request(method, url).status_code in {200, 204}
        sandbox.control("clock", advance_s=10)
        assert sandbox.http.request(method, url).status_code == 403
        client.close()


def test_a_presigned_put_needs_the_content_type_it_was_signed_with(sandbox: Stage, client: S3Client) -> None:
    parameters = {"Bucket": NAME, "Key": KEY, "ContentType": "image/png"}
    url = client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60)
    wrong = sandbox.http.put(url, content=b"x", headers={"content-type": "text/html"})
    assert (wrong.status_code, code_of(wrong)) == (403, "SignatureDoesNotMatch")
    assert sandbox.http.put(url, content=b"x", headers={"content-type": "image/png"}).status_code == 200


def test_nothing_is_presigned_for_longer_than_a_week(sandbox: Stage, client: S3Client) -> None:
    url = client.generate_presigned_url("get_object", Params={"Bucket": NAME, "Key": KEY}, ExpiresIn=604_801)
    answer = sandbox.http.get(url)
    assert (answer.status_code, code_of(answer)) == (400, "AuthorizationQueryParametersError")


def test_the_headers_of_an_answer_are_as_the_link_says(sandbox: Stage, client: S3Client) -> None:
    client.put_object(Bucket=NAME, Key=KEY, Body=b"x", ContentType="text/html")
    link = sandbox.links.link(
        KEY, datetime.now(UTC), MINUTE, content_type="text/plain", content_disposition='attachment; filename="a.txt"'
    )
    answer = sandbox.http.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.txt"'


def test_a_form_puts_exactly_its_file_under_its_key(sandbox: Stage, client: S3Client) -> None:
    answer = sandbox.post(sandbox.form(), PHOTO)
    assert (answer.status_code, answer.text.count(f"<Key>{KEY}</Key>")) == (201, 1)
    found = client.get_object(Bucket=NAME, Key=KEY)
    assert (found["ContentType"], found["Body"].read()) == ("image/jpeg", PHOTO)


def test_a_form_of_boto3_is_as_good_as_ours(sandbox: Stage, client: S3Client) -> None:
    made = client.generate_presigned_post(
        NAME,
        "a/b",
        Fields={"Content-Type": "image/jpeg"},
        Conditions=[["content-length-range", 1, 10_000], ["starts-with", "$Content-Type", "image/"]],
    )
    form = UploadForm(made["url"], made["fields"])
    assert code_of(sandbox.post(form, PHOTO, **{"Content-Type": "text/html"})) == "AccessDenied"
    assert (sandbox.post(form, PHOTO).status_code, sandbox.keys) == (204, ["a/b"])


def test_a_form_leads_back_to_our_site(sandbox: Stage, client: S3Client) -> None:
    form = sandbox.form(redirect="https://our.example/sell/1/photos?photo=a")
    answer = sandbox.post(form, PHOTO)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (answer.status_code, back["photo"], back["bucket"], back["key"]) == (303, ["a"], [NAME], [KEY])


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"key": "vehicles/2/photos/a"}, 403, "AccessDenied"),
        ({"key": ""}, 400, "InvalidArgument"),
        ({"Content-Type": "text/html"}, 403, "AccessDenied"),
        ({"Content-Type": ""}, 403, "AccessDenied"),
        ({"success_action_status": "200"}, 403, "AccessDenied"),
        ({"success_action_redirect": "https://evil.example"}, 403, "AccessDenied"),
        ({"x-amz-meta-note": "hello"}, 403, "AccessDenied"),
        ({"acl": "public-read"}, 403, "AccessDenied"),
        ({"policy": ""}, 403, "AccessDenied"),
        ({"x-amz-signature": "0" * 64}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-credential": "AKIAANOTHER/20260101/us-east-2/s3/aws4_request"}, 403, "InvalidAccessKeyId"),
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, 400, "InvalidArgument"),
    ],
)
def test_a_form_that_somebody_changed_is_refused(
    sandbox: Stage, client: S3Client, changed: dict[str, str], status: int, code: str
) -> None:
    answer = sandbox.post(sandbox.form(), PHOTO, **changed)
    assert (answer.status_code, code_of(answer), sandbox.keys) == (status, code, [])


def test_a_policy_that_somebody_widened_is_refused(sandbox: Stage, client: S3Client) -> None:
    form = sandbox.form()
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    policy["conditions"][1] = ["content-length-range", 0, 10**12]
    wider = base64.b64encode(json.dumps(policy).encode()).decode()
    assert code_of(sandbox.post(form, PHOTO, policy=wider)) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(("size", "code"), [(99, "EntityTooSmall"), (1_000_001, "EntityTooLarge")])
def test_a_file_outside_of_its_forms_range_is_refused(sandbox: Stage, client: S3Client, size: int, code: str) -> None:
    answer = sandbox.post(sandbox.form(), b"x" * size)
    assert (answer.status_code, code_of(answer), sandbox.keys) == (400, code, [])


def test_a_file_of_200_mb_is_refused_by_what_its_length_says(sandbox: Stage, client: S3Client) -> None:
    form, boundary = sandbox.form(), "b"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.fields.items()
    )
    parts += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    head = (
        f"POST /{NAME} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {200_000_000}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    )
    address = urlsplit(sandbox.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as browser:
        browser.sendall(f"{head}{parts}{'x' * 1_000}".encode())
        answer = b""
        while piece := browser.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"<Code>EntityTooLarge</Code>" in answer
    assert sandbox.keys == []


def test_a_form_is_over_when_its_policy_is(client: S3Client) -> None:
    with stage() as sandbox:
        at = datetime.now(UTC)
        form = sandbox.form(at=at, expires_at=at + MINUTE)
        sandbox.control("clock", advance_s=61)
        answer = sandbox.post(form, PHOTO)
        assert (answer.status_code, code_of(answer)) == (403, "AccessDenied")
        assert "Policy expired" in answer.text


def test_the_file_has_to_be_last(sandbox: Stage, client: S3Client) -> None:
    form = sandbox.form()
    *early, last = parts_of(form)
    before_a_field = [*early, FILE, last]
    before_one_that_is_ignored: list[Part] = [*early, last, FILE, ("x-ignore-a", (None, b"b"))]
    for parts in (before_a_field, before_one_that_is_ignored):
        assert code_of(sandbox.http.post(form.url, files=parts)) == "InvalidArgument"
    assert sandbox.keys == []


def test_a_form_without_a_file_or_that_is_none_is_refused(sandbox: Stage, client: S3Client) -> None:
    form = sandbox.form()
    assert code_of(sandbox.http.post(form.url, files=parts_of(form))) == "InvalidArgument"
    assert sandbox.http.post(form.url, data=dict(form.fields)).status_code == 412


def test_a_page_of_our_site_may_use_the_bucket_and_no_other_may(sandbox: Stage, client: S3Client) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    ours = sandbox.http.options(f"/{NAME}", headers={"origin": SITE, **asked})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, SITE)
    assert sandbox.http.options(f"/{NAME}", headers={"origin": "https://evil.example", **asked}).status_code == 403
    form = sandbox.form()
    fields = [*parts_of(form), FILE]
    for origin, allowed in ((SITE, SITE), ("https://evil.example", None)):
        answer = sandbox.http.post(form.url, files=fields, headers={"origin": origin})
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (201, allowed)


@pytest.mark.parametrize(("mode", "status"), [("error_500", 500), ("slow_down", 503)])
def test_it_fails_when_it_is_told_to(sandbox: Stage, client: S3Client, mode: str, status: int) -> None:
    sandbox.control("faults", mode=mode, times=1)
    answer = sandbox.post(sandbox.form(), PHOTO)
    assert (answer.status_code, sandbox.post(sandbox.form(), PHOTO).status_code) == (status, 201)


@pytest.mark.parametrize(("mode", "kept"), [("cut_before", []), ("cut_after", [KEY])])
def test_an_answer_that_is_cut_off_leaves_open_what_was_done(
    sandbox: Stage, client: S3Client, mode: str, kept: list[str]
) -> None:
    sandbox.control("faults", mode=mode)
    with pytest.raises(httpx.TransportError):
        sandbox.post(sandbox.form(), PHOTO)
    assert sandbox.keys == kept


def test_a_restarted_sandbox_has_its_files(tmp_path: Path) -> None:
    with stage(data_dir=tmp_path) as sandbox:
        sandbox.post(sandbox.form(), PHOTO)
    with stage(data_dir=tmp_path) as sandbox:
        link = sandbox.links.link(KEY, datetime.now(UTC), MINUTE)
        assert (sandbox.keys, sandbox.http.get(link).content) == ([KEY], PHOTO)
        sandbox.post(sandbox.form(), PHOTO + b"2")
        assert len(list((tmp_path / "files").iterdir())) == 1
