"""Settings come from outside, are checked, and say in one line what is wrong with them."""

import base64
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from activities.settings import Settings, SettingsError, load_or_create_platform_key, load_settings

KEY = base64.b64encode(bytes(range(32))).decode()


def test_the_defaults_are_the_embedded_profile() -> None:
    settings = load_settings(data_dir=Path("market"))
    assert (settings.profile, settings.host, settings.public_url) == ("embedded", "127.0.0.1", "http://127.0.0.1:8000")
    assert settings.database_url == "sqlite:///market/hammertime.db"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    assert load_settings().public_url == "http://127.0.0.1:8080"


def test_settings_are_frozen(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        make_settings().port = 1  # type: ignore[misc]  # the very thing that must fail


def test_two_processes_have_two_names() -> None:
    assert load_settings().process_id != load_settings().process_id


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("PORT", "eighty", "PORT: Input should be a valid integer"),
        ("PORT", "65536", "PORT: Input should be less than or equal to 65535"),
        ("PROFILE", "prod", "PROFILE: Input should be 'embedded' or 'production'"),
        ("PUBLIC_URL", "example.org", "PUBLIC_URL: must start with http:// or https://"),
        ("PLATFORM_KEY", "short", "PLATFORM_KEY: must be 32 bytes in base64"),
        ("QUEUE_MAX", "0", "QUEUE_MAX: Input should be greater than or equal to 1"),
        ("METRICS", "perhaps", "METRICS: Input should be a valid boolean"),
        ("PROFILE", "production", "PLATFORM_KEY is required when PROFILE is production"),
    ],
)
def test_a_wrong_value_is_one_line_with_name_and_rule(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(rule)
    assert "\n" not in str(caught.value)


def test_one_wrong_value_is_reported_without_what_follows_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == "PORT: Input should be greater than or equal to 1"


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_KEY", "almost-the-key")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "almost" not in str(caught.value)


def test_production_wants_secure_cookies(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(ValidationError, match="COOKIE_SECURE must be true"):
        make_settings(profile="production", platform_key=SecretStr(KEY))


def test_the_key_of_the_settings_is_used(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(platform_key=SecretStr(KEY))
    assert load_or_create_platform_key(settings) == bytes(range(32))
    assert KEY not in repr(settings)


def test_a_key_is_made_once_and_for_its_owner_only(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    first, second = load_or_create_platform_key(settings), load_or_create_platform_key(settings)
    assert first == second
    assert len(first) == 32
    assert [path.name for path in settings.data_dir.iterdir()] == ["platform.key"]
    assert stat.S_IMODE((settings.data_dir / "platform.key").stat().st_mode) == 0o600


def test_a_damaged_key_file_is_one_clear_line(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    settings.data_dir.mkdir()
    (settings.data_dir / "platform.key").write_text("x")
    with pytest.raises(SettingsError, match=r"platform\.key must be 32 bytes in base64"):
        load_or_create_platform_key(settings)


def test_a_server_counts_as_named_only_when_somebody_named_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().names_temporal_server
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:7233")
    assert load_settings().names_temporal_server
