"""Photos over HTTP: forms, states, order, words, and what bidders have seen."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import TypeAdapter
from sqlalchemy import update

from activities.db import uploads
from activities.db.engine import transaction
from activities.db.tables import auctions
from api import photo_views
from api.database import now
from domain.photos import MOST_PHOTOS, Flaw, Kind, upload_key
from tests.activities.picture_files import photo
from tests.api.conftest import House
from tests.api.studio import NOBODYS, Studio, code_of, open_studio
from tests.sandbox.s3.stage import Stage, stage

JPEGS = {"photos": [{"content_type": "image/jpeg", "alt_text": "From the front"}, {"content_type": "image/png"}]}
SHAPES = (
    (photo_views.PictureView, photo_views.PICTURE_EXAMPLE),
    (photo_views.PhotoView, photo_views.PHOTO_EXAMPLE),
    (photo_views.NewPhotoView, photo_views.NEW_PHOTO),
    (photo_views.DocumentView, photo_views.DOCUMENT_EXAMPLE),
    (photo_views.NewDocumentView, photo_views.NEW_DOCUMENT),
    (photo_views.DocumentLink, photo_views.LINK_EXAMPLE),
)


@pytest.fixture(name="sandbox", scope="module")
def sandbox_fixture() -> Iterator[Stage]:
    with stage() as running:
        yield running


@pytest.fixture
async def studio(house: House, sandbox: Stage) -> Studio:
    return await open_studio(house, sandbox)


async def test_each_photo_has_a_form_that_the_store_takes(studio: Studio) -> None:
    answer = await studio.ask("POST", "", JPEGS)
    first, second = answer.json()["items"]
    assert answer.status_code == 201
    assert (first["state"], first["alt_text"], second["content_type"]) == ("awaiting", "From the front", "image/png")
    assert studio.door.begun == [first["id"], second["id"]]
    assert studio.sandbox.post(first["upload"], photo()).status_code == 201
    assert upload_key(Kind.PHOTO, studio.car, first["id"]) in studio.sandbox.keys
    wrong = studio.sandbox.post(second["upload"], photo(), **{"Content-Type": "image/svg+xml"})
    assert wrong.status_code == 403


async def test_a_form_takes_no_200_mb(studio: Studio) -> None:
    form = (await studio.ask("POST", "", JPEGS)).json()["items"][0]["upload"]
    assert (form["least_bytes"], form["most_bytes"]) == (100, 25_000_000)
    assert studio.sandbox.post(form, b"x" * 25_000_001).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"photos": []},
        {"photos": [{"content_type": "image/svg+xml"}]},
        {"photos": [{"content_type": "text/html"}]},
        {"photos": [{"content_type": "image/jpeg", "alt_text": "two\nlines"}]},
        {"photos": [{"content_type": "image/jpeg", "alt_text": "x" * 301}]},
        {"photos": [{"content_type": "image/jpeg", "key": "vehicles/1/photos/mine"}]},
        {"photos": [{"content_type": "image/jpeg"}] * 21},
    ],
)
async def test_only_photos_are_asked_for(studio: Studio, body: dict[str, Any]) -> None:
    answer = await studio.ask("POST", "", body)
    assert (answer.status_code, studio.door.begun) == (422, [])


async def test_a_vehicle_has_no_more_photos_than_it_may(studio: Studio) -> None:
    for _ in range(MOST_PHOTOS // 10):
        await studio.add(10)
    answer = await studio.ask("POST", "", JPEGS)
    assert code_of(answer) == "TOO_MANY_PHOTOS"
    assert answer.json()["limit"] == MOST_PHOTOS
    assert len(await studio.ids()) == MOST_PHOTOS


async def test_a_refused_photo_takes_nobodys_place_and_says_why(studio: Studio) -> None:
    ids = [each for _ in range(MOST_PHOTOS // 10) for each in await studio.add(10)]
    with transaction(studio.lister.floor.house.engine) as connection:
        uploads.begin_check(connection, Kind.PHOTO, ids[0], now())
        uploads.refuse(connection, Kind.PHOTO, ids[0], Flaw.DUPLICATE, now())
    await studio.add(1)
    found = (await studio.shown())["items"][0]
    assert (found["state"], found["code"]) == ("refused", "DUPLICATE")
    assert found["reason"] == "The very same file is there already."


async def test_two_requests_at_once_do_not_add_too_many(studio: Studio) -> None:
    for _ in range(4):
        await studio.add(10)
    many = {"photos": [{"content_type": "image/jpeg"}] * 10}
    answers = await asyncio.gather(*(studio.ask("POST", "", many) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]


async def test_a_file_is_looked_at_when_it_is_said_to_be_there(studio: Studio) -> None:
    first, _ = await studio.add()
    answer = await studio.ask("POST", f"/{first}/uploaded")
    assert (answer.status_code, answer.json()["id"], studio.door.told) == (202, first, [first])


async def test_what_was_checked_is_not_looked_at_again(studio: Studio) -> None:
    first, _ = await studio.ready()
    answer = await studio.ask("POST", f"/{first}/uploaded")
    assert (answer.status_code, answer.json()["state"], studio.door.told) == (202, "ready", [])


async def test_a_door_that_is_away_is_said_so(studio: Studio) -> None:
    first, _ = await studio.add()
    studio.door.is_away = True
    answer = await studio.ask("POST", f"/{first}/uploaded")
    assert (code_of(answer), answer.headers["retry-after"]) == ("PHOTOS_UNAVAILABLE", "2")


async def test_a_ready_photo_has_its_sizes_under_signed_links(studio: Studio) -> None:
    first, _ = await studio.ready()
    [found, _] = (await studio.shown())["items"]
    assert (found["id"], found["is_primary"], found["public"]) == (first, True, False)
    assert [(each["width"], each["height"]) for each in found["picture"]["sizes"]] == [
        (320, 240),
        (640, 480),
        (800, 600),
    ]
    assert found["picture"]["src"] == found["picture"]["sizes"][1]["url"]
    assert parse_qs(urlsplit(found["picture"]["src"]).query)["X-Amz-Expires"] == ["172800"]


async def test_photos_are_put_in_order_and_one_stands_for_the_vehicle(studio: Studio) -> None:
    first, second, third = await studio.ready(3)
    answer = await studio.order([third, first, second], second)
    found = answer.json()
    assert [each["id"] for each in found["items"]] == [third, first, second]
    assert [each["is_primary"] for each in found["items"]] == [False, False, True]
    assert (found["primary_id"], answer.headers["etag"]) == (second, f'"{found["order_tag"]}"')


async def test_an_order_is_written_on_what_was_read(studio: Studio) -> None:
    first, second = await studio.ready()
    tag = (await studio.shown())["order_tag"]
    assert (await studio.order([second, first], tag=tag)).status_code == 200
    answer = await studio.order([first, second], tag=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "ORDER_CHANGED")
    missing = await studio.ask("PUT", "/order", {"photo_ids": [first, second]})
    assert missing.json()["code"] == "IF_MATCH_NEEDED"


async def test_two_orders_at_once_are_written_one_after_the_other(studio: Studio) -> None:
    first, second = await studio.ready()
    tag = (await studio.shown())["order_tag"]
    answers = await asyncio.gather(
        *(studio.order(order, tag=tag) for order in ([second, first], [second, first], [second, first]))
    )
    assert sorted(each.status_code for each in answers) == [200, 412, 412]


async def test_an_order_names_every_photo_once(studio: Studio) -> None:
    first, second = await studio.ready()
    for order, chosen in (([first], None), ([first, first], None), ([first, second], NOBODYS)):
        answer = await studio.order(order, chosen)
        assert code_of(answer) == "ORDER_INCOMPLETE"
        assert sorted(answer.json()["photo_ids"]) == sorted([first, second])


async def test_words_are_written_and_shown_to_the_seller(studio: Studio) -> None:
    first, _ = await studio.ready()
    answer = await studio.ask("PATCH", f"/{first}", {"alt_text": " The cracked mirror "})
    assert answer.json()["alt_text"] == answer.json()["picture"]["alt_text"] == "The cracked mirror"


async def test_a_removed_photo_is_gone_at_once_and_its_files_after_it(studio: Studio) -> None:
    first, second = await studio.ready()
    assert (await studio.ask("DELETE", f"/{first}")).status_code == 204
    assert (await studio.ids(), studio.door.gone) == ([second], [first])
    assert code_of(await studio.ask("DELETE", f"/{first}")) == "PHOTO_NOT_FOUND"
    assert "photo_removed" in studio.lister.deeds(studio.car)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/uploaded"), ("PATCH", ""), ("DELETE", "")],
)
async def test_a_photo_of_another_vehicle_is_none(studio: Studio, method: str, path: str) -> None:
    other = await studio.lister.begin(vin="19XFC1F31KE200002")
    answer = await studio.lister.ask("sam", "POST", f"/vehicles/{other}/photos", JPEGS)
    theirs = answer.json()["items"][0]["id"]
    for photo_id in (theirs, NOBODYS, "x"):
        body = {"alt_text": "x"} if method == "PATCH" else None
        assert code_of(await studio.ask(method, f"/{photo_id}{path}", body)) == "PHOTO_NOT_FOUND"


async def test_another_seller_does_not_come_near_and_an_admin_does(studio: Studio) -> None:
    first, _ = await studio.add()
    for method, path, body in (
        ("GET", "", None),
        ("POST", "", JPEGS),
        ("POST", f"/{first}/uploaded", None),
        ("PATCH", f"/{first}", {"alt_text": "x"}),
        ("DELETE", f"/{first}", None),
    ):
        assert code_of(await studio.ask(method, path, body, name="sid")) == "VEHICLE_NOT_FOUND"
        assert code_of(await studio.ask(method, path, body, name="ada")) == "SELLERS_ONLY"
    assert (await studio.ask("GET", name="amy")).status_code == 200
    assert (await studio.ask("DELETE", f"/{first}", name="amy")).status_code == 204


async def test_what_bidders_have_seen_stays(studio: Studio) -> None:
    car = await studio.lister.listed(vin="19XFC1F31KE200002")
    there = replace(studio, car=car)
    [shown] = await there.ids()
    lot = await studio.lister.lot(car)
    with transaction(studio.lister.floor.house.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == lot).values(bid_count=1))
    assert code_of(await there.ask("DELETE", f"/{shown}")) == "PHOTO_KEPT"
    [new] = await there.add(1)
    assert (await there.ask("DELETE", f"/{new}")).status_code == 204


@pytest.mark.parametrize(("shape", "example"), SHAPES, ids=lambda value: getattr(value, "__name__", ""))
def test_an_example_has_exactly_the_shape_of_its_answer(shape: type, example: dict[str, Any]) -> None:
    TypeAdapter(shape).validate_python(example, strict=True)
    assert set(example) == set(TypeAdapter(shape).json_schema()["properties"])
