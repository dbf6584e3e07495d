"""The seller's page of photos, which works without scripts."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from httpx import Response

from tests.activities.picture_files import photo
from tests.api.conftest import House
from tests.api.studio import NOBODYS, Studio, open_studio
from tests.sandbox.s3.stage import Stage, stage


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
async def studio(house: House, sandbox: Stage) -> Studio:
    return await open_studio(house, sandbox)


async def page(studio: Studio, method: str = "GET", path: str = "", **fields: str) -> Response:
    """The seller's page of photos, asked for as a browser does."""
    browser = await studio.lister.floor.client("sam")
    data = {**fields, "csrf_token": browser.headers["X-CSRF-Token"]} if method == "POST" else None
    url = f"/sell/{studio.car}/photos{path}"
    return await browser.request(method, url, data=data, headers={"Accept": "text/html"})


async def test_the_page_lets_its_browser_post_to_the_store_and_show_its_pictures(studio: Studio) -> None:
    answer = await page(studio)
    policy = answer.headers["content-security-policy"]
    origin = studio.sandbox.url
    assert answer.status_code == 200
    assert f"form-action 'self' {origin}" in policy
    assert f"connect-src 'self' {origin}" in policy
    assert f"img-src 'self' data: {origin}" in policy


async def test_without_scripts_a_photo_goes_straight_to_the_store_and_back_to_the_page(studio: Studio) -> None:
    answer = await page(studio, "POST", "/new", content_type="image/jpeg", alt_text="From the front")
    assert answer.status_code == 200
    fields = dict(re.findall(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', answer.text))
    fields.pop("csrf_token", None)
    [photo_id] = studio.door.begun
    sent = studio.sandbox.post({"url": studio.sandbox.bucket.address, "fields": fields}, photo())
    assert sent.status_code == 303
    back = urlsplit(sent.headers["location"])
    assert back.path == f"/sell/{studio.car}/photos/uploaded"
    home = await page(studio, "GET", f"/uploaded?{back.query}")
    assert (home.status_code, home.headers["location"]) == (303, f"/sell/{studio.car}/photos")
    assert studio.door.told == [photo_id]


async def test_without_scripts_photos_are_moved_described_and_removed(studio: Studio) -> None:
    first, second, third = await studio.ready(3)
    for path, fields in (
        (f"/{third}/earlier", {}),
        (f"/{first}/later", {}),
        (f"/{second}/primary", {}),
        (f"/{first}/alt", {"alt_text": "The back"}),
    ):
        assert (path, (await page(studio, "POST", path, **fields)).status_code) == (path, 303)
    found = await studio.shown()
    assert ([each["id"] for each in found["items"]], found["primary_id"]) == ([third, first, second], second)
    assert found["items"][1]["alt_text"] == "The back"
    assert (await page(studio, "POST", f"/{third}/remove")).status_code == 303
    assert (await studio.ids(), studio.door.gone) == ([first, second], [third])


async def test_what_is_wrong_is_said_on_the_page(studio: Studio) -> None:
    for path, fields, status in (
        ("/new", {"content_type": "text/html"}, 422),
        (f"/{NOBODYS}/remove", {}, 404),
        (f"/{NOBODYS}/alt", {"alt_text": "x"}, 404),
        (f"/uploaded?photo={NOBODYS}", None, 404),
    ):
        method = "GET" if fields is None else "POST"
        answer = await page(studio, method, path, **(fields or {}))
        assert (path, answer.status_code) == (path, status)
        assert 'role="alert"' in answer.text


async def test_the_page_shows_hostile_words_as_words(studio: Studio) -> None:
    first, _ = await studio.ready()
    await studio.ask("PATCH", f"/{first}", {"alt_text": '"><script>alert(1)</script>'})
    assert "<script>alert" not in (await page(studio)).text
