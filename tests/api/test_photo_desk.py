"""What one API process signs uploads with: the keys of the settings, or those that its machine has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.client import Client

from activities.settings import load_settings
from activities.vendor_settings import load_vendor_settings
from api.photo_desk import PhotoDesk
from tests.sandbox.s3.stage import KEY_ID, NAME, REGION, SECRET, Stage, stage

NOBODY = cast("Client", None)


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


def desk(sandbox: Stage, **keys: Any) -> PhotoDesk:
    vendors = load_vendor_settings(s3_url=sandbox.url, s3_bucket=NAME, s3_region=REGION, **keys)
    return PhotoDesk.of(load_settings(), vendors, NOBODY)


def test_with_keys_in_the_settings_nobody_else_is_asked(sandbox: Stage) -> None:
    made = desk(sandbox, s3_access_key_id=KEY_ID, s3_secret_access_key=SECRET)
    assert made.keys is None
    assert sandbox.post(sandbox.form(links=made.links), b"x" * 200).status_code == 201


def test_without_keys_the_machines_role_signs(sandbox: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", sandbox.role)
    made = desk(sandbox, s3_access_key_id="", s3_secret_access_key="")
    assert made.keys is not None
    form = sandbox.form(links=made.links)
    assert "x-amz-security-token" in form.fields
    assert sandbox.post(form, b"x" * 200).status_code == 201
