"""Photos and documents by themselves: states, sizes, order and who may read what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.photos import (
    DOCUMENT_TYPES,
    FORM_LIFE,
    JPEG,
    MOST_PIXELS,
    MOVES,
    PDF,
    PHOTO_TYPES,
    SUFFIXES,
    WIDTHS,
    WORDS,
    DocumentKind,
    Flaw,
    Kind,
    Placed,
    State,
    document_key,
    in_order,
    is_whole_order,
    kept_prefix,
    may_become,
    may_read,
    moved,
    next_place,
    order_tag,
    picture_key,
    primary,
    size_flaw,
    sizes_of,
    upload_key,
)

SIDES = st.integers(1, 20_000)
PHOTOS = st.lists(
    st.builds(Placed, st.sampled_from("abcdefgh"), st.integers(0, 9), st.booleans(), st.sampled_from(State)),
    unique_by=lambda photo: photo.photo_id,
)


def photo(name: str, place: int, state: State = State.READY, *, is_chosen: bool = False) -> Placed:
    return Placed(name, place, is_chosen, state)


def test_every_state_has_its_moves_and_nothing_comes_back_from_removed() -> None:
    assert set(MOVES) == set(State)
    assert MOVES[State.REMOVED] == frozenset()
    assert all(may_become(state, State.REMOVED) for state in State if state is not State.REMOVED)


@pytest.mark.parametrize("state", State)
def test_only_what_was_checked_is_ever_ready(state: State) -> None:
    assert may_become(state, State.READY) is (state is State.CHECKING)
    assert may_become(state, State.REFUSED) is (state is State.CHECKING)


def test_every_flaw_has_its_words_and_every_type_its_suffix() -> None:
    assert set(WORDS) == set(Flaw)
    assert set(SUFFIXES) == {*PHOTO_TYPES, *DOCUMENT_TYPES}
    assert timedelta(minutes=5) < FORM_LIFE


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_document_is_read_by_its_keepers_always(kind: DocumentKind) -> None:
    assert may_read(kind, is_keeper=True, is_listed=False)


@pytest.mark.parametrize("kind", DocumentKind)
def test_of_the_documents_buyers_read_inspections_of_listed_vehicles(kind: DocumentKind) -> None:
    assert may_read(kind, is_keeper=False, is_listed=True) is (kind is DocumentKind.INSPECTION)
    assert not may_read(kind, is_keeper=False, is_listed=False)


def test_photos_are_shown_by_place_without_the_removed_ones() -> None:
    shown = in_order([photo("c", 2), photo("b", 0), photo("x", 1, State.REMOVED), photo("a", 0)])
    assert [each.photo_id for each in shown] == ["a", "b", "c"]


def test_the_chosen_photo_is_the_primary_one_where_it_can_be_shown() -> None:
    first, second = photo("a", 0), photo("b", 1, is_chosen=True)
    assert primary([first, second]) == "b"
    assert primary([first, photo("b", 1, State.CHECKING, is_chosen=True)]) == "a"
    assert primary([photo("a", 0, State.REFUSED)]) is None


@given(PHOTOS)
def test_there_is_a_primary_photo_exactly_where_one_is_ready(photos: list[Placed]) -> None:
    ready = {each.photo_id for each in photos if each.state is State.READY}
    assert (primary(photos) in ready) if ready else primary(photos) is None


@given(PHOTOS)
def test_the_order_is_whole_only_with_each_photo_once(photos: list[Placed]) -> None:
    named = [each.photo_id for each in in_order(photos)]
    assert is_whole_order(photos, named[::-1], None)
    assert not is_whole_order(photos, [*named, "z"], None)
    assert not is_whole_order(photos, named, "z")
    if named:
        assert is_whole_order(photos, named, named[-1])
        assert not is_whole_order(photos, [*named, named[0]], None)
        assert not is_whole_order(photos, named[1:], None)


def test_the_tag_changes_with_order_choice_and_company_and_with_nothing_else() -> None:
    photos = [photo("a", 0), photo("b", 1)]
    tag = order_tag(photos)
    assert order_tag([photo("a", 3), photo("b", 7, State.CHECKING)]) == tag
    for others in (
        [photo("a", 1), photo("b", 0)],
        [photo("a", 0, is_chosen=True), photo("b", 1)],
        [*photos, photo("c", 2)],
        [photo("a", 0)],
    ):
        assert order_tag(others) != tag


@pytest.mark.parametrize(
    ("places", "order"),
    [(-9, "bacd"), (-1, "bacd"), (0, "abcd"), (1, "acbd"), (2, "acdb"), (9, "acdb")],
)
def test_a_photo_moves_no_further_than_to_an_end(places: int, order: str) -> None:
    assert moved(list("abcd"), "b", places) == list(order)


def test_one_more_photo_goes_behind_all_others_and_behind_the_removed_ones() -> None:
    assert next_place([]) == 0
    assert next_place([photo("a", 3), photo("b", 5, State.REMOVED)]) == 6


@pytest.mark.parametrize(
    ("size", "flaw"),
    [
        ((8_160, 6_120), None),
        ((6_120, 8_160), None),
        ((320, 240), None),
        ((319, 240), Flaw.TOO_FEW_PIXELS),
        ((320, 239), Flaw.TOO_FEW_PIXELS),
        ((1_600, 400), None),
        ((1_601, 400), Flaw.TOO_NARROW),
        ((10_000, 5_001), Flaw.TOO_MANY_PIXELS),
        ((0, 0), Flaw.TOO_FEW_PIXELS),
    ],
)
def test_a_pictures_size_is_judged_before_it_is_decoded(size: tuple[int, int], flaw: Flaw | None) -> None:
    assert size_flaw(*size) is flaw


@given(SIDES, SIDES)
def test_no_size_is_larger_than_the_picture_or_out_of_shape(width: int, height: int) -> None:
    sizes = sizes_of(width, height)
    assert list(sizes) == sorted(set(sizes))
    assert sizes[-1][0] == min(width, WIDTHS[-1])
    for wide, high in sizes:
        assert wide <= width
        assert high == 1 or abs(high - wide * height / width) <= 0.5
    if width * height <= MOST_PIXELS:
        assert {wide for wide, _ in sizes} <= {*WIDTHS, width}


def test_a_document_has_one_size() -> None:
    assert sizes_of(4_000, 3_000, (2_560,)) == ((2_560, 1_920),)
    assert sizes_of(1_000, 3_000, (2_560,)) == ((1_000, 3_000),)


def test_what_was_sent_and_what_is_shown_never_share_a_folder() -> None:
    assert upload_key(Kind.PHOTO, 7, "u") == "vehicles/7/photos/u"
    assert upload_key(Kind.DOCUMENT, 7, "u") == "vehicles/7/documents/u"
    assert picture_key(7, "u", 640) == "pictures/7/u/640.webp"
    assert document_key(7, "u", PDF) == "documents/7/u/document.pdf"
    assert document_key(7, "u", JPEG).startswith(kept_prefix(Kind.DOCUMENT, 7, "u"))
    assert upload_key(Kind.LICENCE, 7, "u") == "sellers/7/licences/u"
    assert document_key(7, "u", PDF, Kind.LICENCE) == "licences/7/u/document.pdf"


def test_an_order_names_each_photo_once_and_chooses_one_of_them() -> None:
    photos = [Placed(f"{number}", number, is_chosen=False, state=State.READY) for number in range(3)]
    assert is_whole_order(photos, ["2", "0", "1"], "1")
    assert not is_whole_order(photos, ["2", "0"], None)
    assert not is_whole_order(photos, ["2", "0", "1"], "7")
