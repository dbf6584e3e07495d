"""The vendors' settings: sandboxes where nobody says otherwise, and nothing of theirs in production."""

from typing import Any

import pytest

from activities.settings import SettingsError
from activities.vendor_settings import OF_CLOUDFRONT, OPTIONAL, SANDBOX_KEYS, VendorSettings, load_vendor_settings

AT_AMAZON = {"s3_url", "s3_access_key_id", "s3_secret_access_key"}
PLAIN: dict[str, Any] = {
    **{name: "https://vendor.example" for name in VendorSettings.model_fields if name.endswith("_url")},
    **{name: f"own-{name}" for name in SANDBOX_KEYS if "email" not in name},
    "clearvin_email": "us@hammertime.example",
    "mail_sender_email": "us@hammertime.example",
    "mail_support_email": "us@hammertime.example",
    "persona_template_id": "itmpl_own",
    "authorize_net_login_id": "own",
    "authorize_net_client_key": "own",
    "sendgrid_public_keys": "own",
    "s3_bucket": "own",
    "s3_region": "us-east-1",
    "profile": "production",
}
PRODUCTION = {
    name: value
    for name, value in PLAIN.items()
    if name not in {*AT_AMAZON, *OF_CLOUDFRONT, "openai_url", "openai_api_key"}
}
CLOUDFRONT = {"cloudfront_url": "https://cdn.example", "cloudfront_key_pair_id": "K1", "cloudfront_private_key": "pem"}


def test_the_embedded_profile_has_every_vendor_on_loopback() -> None:
    settings = load_vendor_settings()
    urls = {getattr(settings, name) for name in VendorSettings.model_fields if name.endswith("_url")}
    assert {url.rpartition(":")[0] for url in urls if url} == {"http://127.0.0.1"}
    assert settings.vin_report_days == 30


def test_production_names_every_vendor() -> None:
    with pytest.raises(SettingsError) as caught:
        load_vendor_settings(profile="production")
    named = {name.strip() for name in str(caught.value).partition(" must be set")[0].split(",")}
    assert named == {name.upper() for name in PRODUCTION} - {"PROFILE"}
    assert load_vendor_settings(**PRODUCTION).clearvin_url == "https://vendor.example"


def test_production_leaves_s3_to_amazon_and_its_role() -> None:
    settings = load_vendor_settings(**PRODUCTION)
    kept = (settings.s3_url, settings.s3_access_key_id, settings.s3_secret_access_key.get_secret_value())
    assert kept == ("", "", "")


def test_production_may_have_its_own_storage_and_keys() -> None:
    keys = {"s3_access_key_id": "AKIAOWN", "s3_secret_access_key": "own"}
    settings = load_vendor_settings(**PRODUCTION, s3_url="https://files.example/", **keys)
    assert (settings.s3_url, settings.s3_access_key_id) == ("https://files.example", "AKIAOWN")
    with pytest.raises(SettingsError, match="S3_SECRET_ACCESS_KEY must be set in production"):
        load_vendor_settings(**PRODUCTION, s3_access_key_id="AKIAOWN")


def test_production_asks_openai_itself_and_only_with_a_key() -> None:
    settings = load_vendor_settings(**PRODUCTION)
    assert (settings.openai_url, settings.openai_api_key.get_secret_value()) == ("https://api.openai.com/v1", "")


def test_words_and_ages_have_defaults_in_production_too() -> None:
    assert {"mail_sender_name", "vin_report_days", "openai_model", "openai_asks_a_day"} == OPTIONAL


@pytest.mark.parametrize("left_out", OF_CLOUDFRONT)
def test_cloudfront_is_set_whole_or_not_at_all(left_out: str) -> None:
    assert load_vendor_settings(**CLOUDFRONT).cloudfront_url == "https://cdn.example"
    rest = {name: value for name, value in CLOUDFRONT.items() if name != left_out}
    with pytest.raises(SettingsError, match=f"{left_out.upper()} must be set along"):
        load_vendor_settings(**rest)


@pytest.mark.parametrize("wrong", [{"s3_url": "files"}, {"clearvin_email": "nobody"}, {"vin_report_days": 0}])
def test_a_wrong_value_is_named_and_not_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong)).upper()) as caught:
        load_vendor_settings(**wrong)
    assert "nobody" not in str(caught.value)
