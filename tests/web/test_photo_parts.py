"""A vehicle's picture in pages: the photo in the size that fits, or the drawing; and the seller's page of photos."""

from typing import Any

import pytest

from tests.web.conftest import Browser, Element
from tests.web.samples import BUYER, frame
from web.pages import Pages
from web.photo_views import VehiclePhotos

HOSTILE = "\"><script>alert('x')</script>"
VEHICLE = {
    "title": "2019 Honda Civic EX",
    "make": "Honda",
    "model": "Civic",
    "body_type": "sedan",
    "exterior_color": "Lunar Silver",
}
SIZES = [{"width": wide, "height": wide * 3 // 4, "url": f"/files/{wide}.webp?a=1&b=2"} for wide in (320, 640, 800)]
PICTURE: dict[str, Any] = {
    "id": "a",
    "alt_text": "From the front",
    "width": 800,
    "height": 600,
    "src": SIZES[1]["url"],
    "sizes": SIZES,
}


def part(browser: Browser, pages: Pages, source: str, **given: Any) -> Element:
    text = '{% from "parts/photos.html" import picture, gallery %}<h1>x</h1>' + source
    return browser.read(pages._environment.from_string(text).render(**given))


def photo(name: str, state: str = "ready", **changes: Any) -> dict[str, Any]:
    shown = {
        "id": name,
        "state": state,
        "code": None,
        "reason": None,
        "content_type": "image/jpeg",
        "alt_text": "",
        "is_primary": False,
        "public": True,
        "picture": PICTURE if state == "ready" else None,
    }
    return {**shown, **changes}


def photo_page(browser: Browser, pages: Pages, *photos: dict[str, Any], **more: Any) -> Element:
    listed = {"items": list(photos), "order_tag": "t1", "primary_id": None, "limit": 50}
    view = VehiclePhotos(frame(BUYER, "/sell/7/photos"), 7, VEHICLE["title"], listed, **more)
    return browser.read(pages.photos(view))


def test_a_photo_comes_in_all_its_sizes_and_is_loaded_when_it_is_seen(browser: Browser, pages: Pages) -> None:
    image = part(browser, pages, "{{ picture(v, p, 1) }}", v=VEHICLE, p=PICTURE).one("img")
    assert image.attributes["srcset"] == ", ".join(f"{size['url']} {size['width']}w" for size in SIZES)
    wanted = {"src": SIZES[1]["url"], "width": "800", "height": "600", "loading": "lazy", "alt": "From the front"}
    assert {name: image.attributes[name] for name in wanted} == wanted
    assert image.attributes["sizes"]


def test_a_photo_without_words_is_named_for_its_vehicle(browser: Browser, pages: Pages) -> None:
    given = {**PICTURE, "alt_text": ""}
    image = part(browser, pages, '{{ picture(v, p, 1, loading="eager") }}', v=VEHICLE, p=given).one("img")
    assert (image.attributes["alt"], image.attributes["loading"]) == ("Photo of a 2019 Honda Civic EX", "eager")


def test_without_a_photo_the_vehicle_is_drawn(browser: Browser, pages: Pages) -> None:
    shown = part(browser, pages, "{{ picture(v, none, 1) }}", v=VEHICLE)
    assert (shown.all("img"), len(shown.all("svg"))) == ([], 1)


def test_a_gallery_shows_every_photo_and_leads_to_its_largest_size(browser: Browser, pages: Pages) -> None:
    shown = part(browser, pages, "{{ gallery(v, p) }}", v=VEHICLE, p=[PICTURE, PICTURE])
    assert [each.attributes["href"] for each in shown.all("a")] == [SIZES[2]["url"]] * 2
    assert len(shown.all("img")) == 2


@pytest.mark.parametrize("state", ["awaiting", "checking", "ready", "refused"])
def test_the_page_says_where_each_photo_stands(browser: Browser, pages: Pages, state: str) -> None:
    page = photo_page(browser, pages, photo("a", state, reason="It is damaged." if state == "refused" else None))
    card = page.one("li", data_photo="a")
    assert card.attributes["data-state"] == state
    assert (len(card.all("img")), "It is damaged." in card.text) == (int(state == "ready"), state == "refused")


def test_every_step_is_a_form_that_needs_no_script(browser: Browser, pages: Pages) -> None:
    page = photo_page(browser, pages, photo("a", is_primary=True), photo("b"))
    actions = {each.attributes["action"] for each in page.one("li", data_photo="b").all("form")}
    assert actions == {f"/sell/7/photos/b/{step}" for step in ("alt", "earlier", "later", "primary", "remove")}
    assert all(each.attributes.get("method") == "post" for each in page.all("form"))
    names = [each.attributes.get("aria-label") for each in page.all("button") if "aria-label" in each.attributes]
    assert len(set(names)) == len(names)


def test_the_form_to_the_store_has_its_file_last(browser: Browser, pages: Pages) -> None:
    upload = {**photo("a", "awaiting"), "upload": {"url": "/store", "fields": {"key": HOSTILE, "policy": "p"}}}
    form = photo_page(browser, pages, upload=upload).one("form", action="/store")
    inputs = [each.attributes["name"] for each in form.all("input")]
    assert (inputs, form.attributes["enctype"]) == (["key", "policy", "file"], "multipart/form-data")
    assert form.one("input", name="key").attributes["value"] == HOSTILE


def test_hostile_words_are_words(browser: Browser, pages: Pages) -> None:
    page = photo_page(browser, pages, photo("a", alt_text=HOSTILE), error=HOSTILE)
    assert len(page.all("img", alt=HOSTILE)) == 1
    assert HOSTILE in page.one("p", role="alert").text
