"""Forms and links that we sign ourselves: the same to the last byte as what the vendor's library makes of them."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from boto3.session import Session
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from types_boto3_s3 import S3Client

from activities.cloud_front import CloudFront
from activities.object_links import Bucket, Keys, ObjectLinks
from tests.sandbox.s3.stage import Stage, stage

AWS = Bucket(name="photos", region="us-east-2", access_key_id="AKIA1", secret_access_key="sec/ret+1")
OWN = Bucket(name="photos", region="us-east-2", access_key_id="AKIA1", secret_access_key="s", url="http://127.0.0.1:1/")
NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = "documents/1/a b/\u00e9+&.pdf"
PICTURE = "pictures/1/0b1f/640.webp"


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture(name="rsa", scope="module")
def rsa_fixture() -> RSAPrivateKey:
    return generate_rsa_key(public_exponent=65_537, key_size=2_048)


def pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_bucket_is_at_its_regions_own_address_or_where_it_is_told_to_be() -> None:
    assert (AWS.address, AWS.origin) == ("https://photos.s3.us-east-2.amazonaws.com",) * 2
    assert (OWN.address, OWN.origin) == ("http://127.0.0.1:1/photos", "http://127.0.0.1:1")
    assert (AWS.endpoint, OWN.endpoint) == ("https://s3.us-east-2.amazonaws.com", "http://127.0.0.1:1")
    assert "sec" not in repr(AWS)


@pytest.mark.parametrize("bucket", [AWS, OWN], ids=["aws", "sandbox"])
@pytest.mark.parametrize("disposition", ["", 'attachment; filename="a b.pdf"'])
@pytest.mark.parametrize("token", ["", "IQoJ+of/a=role=="], ids=["own", "lent"])
def test_a_link_is_what_the_vendors_library_signs(bucket: Bucket, disposition: str, token: str) -> None:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path" if bucket.url else "virtual"})
    keys = Keys(bucket.access_key_id, bucket.secret_access_key, token)
    session = Session(keys.access_key_id, keys.secret_access_key, token or None, region_name=bucket.region)
    client: S3Client = session.client("s3", endpoint_url=bucket.endpoint, config=config)
    asked = {"ResponseContentDisposition": disposition} if disposition else {}
    theirs = client.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": KEY, **asked}, ExpiresIn=60)
    client.close()
    signed_at = parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0]
    at = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    links = ObjectLinks(bucket, keys=lambda: keys)
    ours = links.link(KEY, at, MINUTE, **({"content_disposition": disposition} if disposition else {}))
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


@pytest.mark.parametrize("life", [timedelta(), timedelta(days=7, seconds=1), timedelta(seconds=-5)])
def test_a_link_is_good_for_a_week_at_most(life: timedelta) -> None:
    with pytest.raises(ValueError):
        ObjectLinks(AWS).link(KEY, NOON, life)


def test_a_form_says_all_that_has_to_be_so() -> None:
    form = ObjectLinks(AWS).form(
        "vehicles/1/photos/a", "image/jpeg", least=1, most=9, at=NOON, expires_at=NOON + MINUTE
    )
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert form.url == "https://photos.s3.us-east-2.amazonaws.com"
    assert policy["expiration"] == "2026-11-22T12:31:00Z"
    for condition in (
        {"bucket": "photos"},
        {"key": "vehicles/1/photos/a"},
        {"Content-Type": "image/jpeg"},
        {"success_action_status": "201"},
        ["content-length-range", 1, 9],
    ):
        assert condition in policy["conditions"]


@pytest.mark.parametrize("redirect", [None, "https://our.example/sell/1?photo=a"])
def test_the_store_takes_our_forms(sandbox: Stage, redirect: str | None) -> None:
    answer = sandbox.post(sandbox.form(redirect=redirect), b"x" * 200)
    assert answer.status_code == (201 if redirect is None else 303)


@pytest.mark.parametrize("key", [KEY, "a", "a/~b_-.c"])
def test_the_store_takes_our_links(sandbox: Stage, key: str) -> None:
    sandbox.post(sandbox.form(key), b"x" * 200)
    assert sandbox.http.get(sandbox.links.link(key, datetime.now(UTC), MINUTE)).content == b"x" * 200
    assert sandbox.http.get(sandbox.links.picture(key, datetime.now(UTC))).content == b"x" * 200


def test_a_pictures_link_stays_the_same_for_a_day_and_is_good_for_another() -> None:
    links = ObjectLinks(AWS)
    morning, night = NOON.replace(hour=0, minute=0), NOON.replace(hour=23, minute=59)
    assert links.picture(PICTURE, morning) == links.picture(PICTURE, night)
    assert links.picture(PICTURE, night) != links.picture(PICTURE, night + MINUTE)
    asked = parse_qs(urlsplit(links.picture(PICTURE, night)).query)
    assert (asked["X-Amz-Date"], asked["X-Amz-Expires"]) == (["20261122T000000Z"], ["172800"])


def test_with_cloudfront_pictures_are_linked_to_there_and_all_else_is_not(rsa: RSAPrivateKey) -> None:
    links = ObjectLinks(AWS, CloudFront("https://cdn.example/", "K2", pem(rsa)))
    link = urlsplit(links.picture(PICTURE, NOON))
    asked = parse_qs(link.query)
    assert (link.netloc, link.path, asked["Key-Pair-Id"]) == ("cdn.example", f"/{PICTURE}", ["K2"])
    assert links.link(KEY, NOON, MINUTE).startswith(AWS.address)
    assert (links.upload_origin, links.picture_origins) == (AWS.origin, ("https://cdn.example",))


def test_cloudfronts_policy_is_for_the_pictures_alone_and_signed_with_our_key(rsa: RSAPrivateKey) -> None:
    asked = parse_qs(urlsplit(CloudFront("https://cdn.example", "K2", pem(rsa)).link(PICTURE, NOON)).query)
    policy, signature = (
        base64.b64decode(asked[name][0].replace("-", "+").replace("_", "=").replace("~", "/"))
        for name in ("Policy", "Signature")
    )
    rsa.public_key().verify(signature, policy, PKCS1v15(), SHA1())  # noqa: S303 - what CloudFront understands
    [statement] = json.loads(policy)["Statement"]
    until = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())
    assert statement == {
        "Resource": "https://cdn.example/pictures/*",
        "Condition": {"DateLessThan": {"AWS:EpochTime": until}},
    }


def test_a_cloudfront_link_stays_the_same_for_a_day(rsa: RSAPrivateKey) -> None:
    cdn = CloudFront("https://cdn.example", "K2", pem(rsa))
    assert cdn.link(PICTURE, NOON) == cdn.link(PICTURE, NOON + timedelta(hours=11))
    assert cdn.link(PICTURE, NOON) != cdn.link(PICTURE, NOON + timedelta(hours=12))


def test_cloudfront_links_to_no_document(rsa: RSAPrivateKey) -> None:
    with pytest.raises(ValueError):
        CloudFront("https://cdn.example", "K2", pem(rsa)).link(KEY, NOON)


def test_only_an_rsa_key_is_taken_and_a_wrong_one_is_not_told() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in ("no key at all", other):
        with pytest.raises(ValueError, match="CLOUDFRONT_PRIVATE_KEY") as caught:
            CloudFront("https://cdn.example", "K2", text)
        assert text not in str(caught.value)
