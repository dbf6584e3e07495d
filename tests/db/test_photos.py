"""Uploads in the database: each state and the next, the order of photos, what the public sees, in few statements."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy import Connection, Engine, event, update
from sqlalchemy.exc import IntegrityError

from activities.db import documents, photos, uploads
from activities.db.documents import NewDocument
from activities.db.engine import reading, transaction
from activities.db.photos import NewPhoto, Photo
from activities.db.tables import auctions
from domain.photos import JPEG, PDF, DocumentKind, Flaw, Kind, State, order_tag
from tests.db.market import NOON, add_car, add_lot, add_person

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def photo_id(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"photo {number}"))


def await_photos(connection: Connection, vehicle_id: int, *numbers: int, place: int = 0) -> list[str]:
    ids = [photo_id(number) for number in numbers]
    new = [NewPhoto(each, JPEG, f"photo {number}") for each, number in zip(ids, numbers, strict=True)]
    photos.add(connection, vehicle_id, new, place=place, user_id=1, at=NOON, expires_at=NOON + HOUR)
    return ids


def make_ready(connection: Connection, upload_id: str, *, width: int = 800) -> None:
    uploads.begin_check(connection, Kind.PHOTO, upload_id, NOON)
    assert uploads.finish(
        connection, Kind.PHOTO, upload_id, sha256=upload_id.replace("-", "") * 2, at=NOON, width=width, height=600
    )


def ready_photos(connection: Connection, vehicle_id: int, *numbers: int) -> list[str]:
    ids = await_photos(connection, vehicle_id, *numbers)
    for each in ids:
        make_ready(connection, each)
    return ids


def state_of(connection: Connection, upload_id: str, kind: Kind = Kind.PHOTO) -> State | None:
    found = uploads.find(connection, kind, upload_id)
    return None if found is None else found.state


def ids_of(found: list[Photo]) -> list[str]:
    return [each.photo_id for each in found]


def test_awaited_photos_stand_in_their_order_with_all_that_is_known(engine: Engine) -> None:
    with transaction(engine) as connection:
        ids = await_photos(connection, 1, 1, 2)
        found = photos.of_vehicle(connection, 1)
    assert ids_of(found) == ids
    assert found[1] == Photo(
        ids[1], 1, State.AWAITING, JPEG, "photo 2", 1, False, None, None, None, NOON, NOON + HOUR, None, None
    )


def test_an_upload_goes_from_awaited_to_ready_and_nowhere_from_there(engine: Engine) -> None:
    with transaction(engine) as connection:
        [first] = await_photos(connection, 1, 1)
        assert not uploads.finish(connection, Kind.PHOTO, first, sha256="a" * 64, at=NOON)
        assert uploads.begin_check(connection, Kind.PHOTO, first, NOON)
        assert uploads.begin_check(connection, Kind.PHOTO, first, NOON)
        assert uploads.finish(connection, Kind.PHOTO, first, sha256="a" * 64, at=NOON, width=8, height=6)
        assert not uploads.begin_check(connection, Kind.PHOTO, first, NOON)
        assert not uploads.refuse(connection, Kind.PHOTO, first, Flaw.DAMAGED, NOON)
        assert state_of(connection, first) is State.READY


def test_a_refused_upload_says_why(engine: Engine) -> None:
    with transaction(engine) as connection:
        [first] = await_photos(connection, 1, 1)
        uploads.begin_check(connection, Kind.PHOTO, first, NOON)
        assert uploads.refuse(connection, Kind.PHOTO, first, Flaw.ANIMATED, NOON)
        assert photos.of_vehicle(connection, 1)[0].refusal is Flaw.ANIMATED


def test_a_check_that_ends_after_its_photo_was_removed_changes_nothing(engine: Engine) -> None:
    with transaction(engine) as connection:
        [first] = await_photos(connection, 1, 1)
        uploads.begin_check(connection, Kind.PHOTO, first, NOON)
        assert uploads.remove(connection, Kind.PHOTO, first, NOON)
        assert not uploads.remove(connection, Kind.PHOTO, first, NOON)
        assert not uploads.finish(connection, Kind.PHOTO, first, sha256="a" * 64, at=NOON)
        assert (state_of(connection, first), photos.of_vehicle(connection, 1)) == (State.REMOVED, [])


def test_the_same_file_is_taken_once_for_a_vehicle(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second, other = [
            *await_photos(connection, 1, 1, 2),
            *await_photos(connection, 2, 3),
        ]
        for each in (first, second, other):
            uploads.begin_check(connection, Kind.PHOTO, each, NOON)
        standing = uploads.find(connection, Kind.PHOTO, second)
        assert standing is not None
        assert not uploads.has_twin(connection, standing, "a" * 64)
        assert uploads.finish(connection, Kind.PHOTO, first, sha256="a" * 64, at=NOON)
        assert uploads.finish(connection, Kind.PHOTO, other, sha256="a" * 64, at=NOON)
        assert uploads.has_twin(connection, standing, "a" * 64)
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        uploads.finish(connection, Kind.PHOTO, second, sha256="a" * 64, at=NOON)


def test_a_removed_file_may_come_again(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second = await_photos(connection, 1, 1, 2)
        for each in (first, second):
            uploads.begin_check(connection, Kind.PHOTO, each, NOON)
        uploads.finish(connection, Kind.PHOTO, first, sha256="a" * 64, at=NOON)
        uploads.remove(connection, Kind.PHOTO, first, NOON)
        assert uploads.finish(connection, Kind.PHOTO, second, sha256="a" * 64, at=NOON)


def test_only_what_never_came_or_was_removed_is_forgotten(engine: Engine) -> None:
    with transaction(engine) as connection:
        ready, refused, awaited, removed = await_photos(connection, 1, 1, 2, 3, 4)
        make_ready(connection, ready)
        uploads.begin_check(connection, Kind.PHOTO, refused, NOON)
        uploads.refuse(connection, Kind.PHOTO, refused, Flaw.DAMAGED, NOON)
        uploads.remove(connection, Kind.PHOTO, removed, NOON)
        for each in (ready, refused, awaited, removed, photo_id(99)):
            uploads.forget(connection, Kind.PHOTO, each)
        assert [state_of(connection, each) for each in (ready, refused, awaited, removed)] == [
            State.READY,
            State.REFUSED,
            None,
            None,
        ]


def test_what_is_unfinished_and_untouched_is_found(engine: Engine) -> None:
    with transaction(engine) as connection:
        ready, awaited, removed = await_photos(connection, 1, 1, 2, 3)
        make_ready(connection, ready)
        uploads.remove(connection, Kind.PHOTO, removed, NOON + SECOND)
        found = uploads.unfinished(connection, Kind.PHOTO, NOON + 2 * SECOND, 10)
        assert [(each.upload_id, each.state) for each in found] == [(awaited, State.AWAITING), (removed, State.REMOVED)]
        assert uploads.unfinished(connection, Kind.PHOTO, NOON, 10) == []
        assert len(uploads.unfinished(connection, Kind.PHOTO, NOON + HOUR, 1)) == 1


def test_all_files_of_a_vehicle_are_removed_with_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second = await_photos(connection, 1, 1, 2)
        make_ready(connection, first)
        [paper] = add_documents(connection, 1, DocumentKind.OTHER)
        [other] = await_photos(connection, 2, 3)
        uploads.remove_all(connection, 1, NOON)
        assert {state_of(connection, each) for each in (first, second)} == {State.REMOVED}
        assert state_of(connection, paper, Kind.DOCUMENT) is State.REMOVED
        assert state_of(connection, other) is State.AWAITING


def test_photos_are_put_in_order_and_one_is_chosen(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second, third = ready_photos(connection, 1, 1, 2, 3)
        before = order_tag(photo.placed for photo in photos.of_vehicle(connection, 1))
        photos.place(connection, 1, [third, first, second], second)
        found = photos.of_vehicle(connection, 1)
        assert ids_of(found) == [third, first, second]
        assert [photo.is_chosen for photo in found] == [False, False, True]
        assert order_tag(photo.placed for photo in found) != before
        photos.place(connection, 2, [first, second, third], None)
        assert ids_of(photos.of_vehicle(connection, 1)) == [third, first, second]
        photos.place(connection, 1, [], None)


def test_the_public_sees_what_was_there_when_the_listing_was_sent_in(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second, late = await_photos(connection, 1, 1, 2, 3)
        make_ready(connection, first)
        make_ready(connection, second)
        photos.describe(connection, second, "changed later", NOON + HOUR)
        uploads.begin_check(connection, Kind.PHOTO, late, NOON + HOUR)
        uploads.finish(connection, Kind.PHOTO, late, sha256="c" * 64, at=NOON + HOUR, width=8, height=6)
        assert photos.public_of(connection, 1) == []
        assert photos.count_ready(connection, 1) == 3
        assert photos.approve(connection, 1, NOON + SECOND, NOON + 2 * SECOND) == 1
        [shown] = photos.public_of(connection, 1)
        assert (shown.photo_id, shown.approved_at, shown.approved_alt) == (first, NOON + 2 * SECOND, "photo 1")


def test_words_are_public_after_their_review_and_not_before(engine: Engine) -> None:
    with transaction(engine) as connection:
        [first] = ready_photos(connection, 1, 1)
        photos.approve(connection, 1, NOON, NOON)
        photos.describe(connection, first, "new words", NOON + SECOND)
        assert photos.public_of(connection, 1)[0].approved_alt == "photo 1"
        photos.approve(connection, 1, NOON + HOUR, NOON + HOUR)
        shown = photos.public_of(connection, 1)[0]
        assert (shown.approved_alt, shown.approved_at) == ("new words", NOON)


def test_the_primary_photo_comes_first_to_the_public(engine: Engine) -> None:
    with transaction(engine) as connection:
        first, second, third = ready_photos(connection, 1, 1, 2, 3)
        photos.approve(connection, 1, NOON, NOON)
        photos.place(connection, 1, [first, second, third], third)
        assert ids_of(photos.public_of(connection, 1)) == [third, first, second]


@pytest.mark.parametrize("count", [1, 30])
def test_the_primary_photos_of_a_page_are_one_statement(engine: Engine, count: int) -> None:
    with transaction(engine) as connection:
        chosen = {}
        for vehicle in range(1, count + 1):
            ids = ready_photos(connection, vehicle, *range(vehicle * 10, vehicle * 10 + 3))
            photos.approve(connection, vehicle, NOON, NOON)
            if vehicle % 2:
                photos.place(connection, vehicle, ids, ids[2])
            chosen[vehicle] = ids[2 if vehicle % 2 else 0]
        await_photos(connection, 99, 9_999)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with reading(engine) as connection:
        found = photos.primary_in(connection, [*range(1, count + 1), 99, 100])
        assert photos.primary_in(connection, []) == {}
    assert len([each for each in statements if each.startswith("SELECT")]) == 1
    assert {vehicle: photo.photo_id for vehicle, photo in found.items()} == chosen


def test_bids_that_stand_or_sold_it_keep_what_was_shown(engine: Engine) -> None:
    with transaction(engine) as connection:
        seller = add_person(connection, "sam@example.com")
        car = add_car(connection, seller, 1)
        lot = add_lot(connection, seller, car)
        assert not uploads.has_bids(connection, car)
        for values, kept in (
            ({"bid_count": 2, "status": "live"}, True),
            ({"status": "ended", "result": "sold"}, True),
            ({"result": "not_met"}, False),
        ):
            connection.execute(update(auctions).where(auctions.c.id == lot).values(values))
            assert uploads.has_bids(connection, car) is kept


def add_documents(connection: Connection, vehicle_id: int, *kinds: DocumentKind) -> list[str]:
    ids = [str(uuid5(NAMESPACE_URL, f"document {vehicle_id} {number}")) for number, _ in enumerate(kinds)]
    new = [NewDocument(each, kind, kind.value, PDF) for each, kind in zip(ids, kinds, strict=True)]
    documents.add(connection, vehicle_id, new, user_id=1, at=NOON, expires_at=NOON + HOUR)
    return ids


def test_documents_are_kept_with_what_they_are(engine: Engine) -> None:
    with transaction(engine) as connection:
        title, inspection = add_documents(connection, 1, DocumentKind.TITLE_SCAN, DocumentKind.INSPECTION)
        uploads.begin_check(connection, Kind.DOCUMENT, title, NOON)
        uploads.finish(connection, Kind.DOCUMENT, title, sha256="d" * 64, at=NOON, bytes=9, content_type=JPEG)
        found = documents.find(connection, 1, title)
        assert found is not None
        assert (found.kind, found.state, found.size, found.content_type) == (
            DocumentKind.TITLE_SCAN,
            State.READY,
            9,
            JPEG,
        )
        assert documents.find(connection, 2, title) is None
        uploads.remove(connection, Kind.DOCUMENT, inspection, NOON)
        assert documents.find(connection, 1, inspection) is None
        assert [each.document_id for each in documents.of_vehicle(connection, 1)] == [title]
