"""What picture files really are, and what is left of them: pixels, upright, and nothing else."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageSequence

from activities.picture_headers import is_whole_pdf, size_of, type_of
from activities.pictures import Picture, picture_of
from domain.photos import JPEG, PDF, PHOTO_TYPES, PNG, WEBP, WIDTHS, Flaw
from tests.activities.picture_files import (
    FORMS,
    HERE,
    HTML,
    PDF_FILE,
    SVG,
    bomb,
    drawn,
    noisy,
    photo,
    webp_bomb,
    with_place,
)


def judged(content: bytes, content_type: str = JPEG, form: str = "WEBP") -> Picture | Flaw:
    return picture_of(content, content_type, WIDTHS, form)


def made(content: bytes, content_type: str = JPEG, form: str = "WEBP") -> Picture:
    found = judged(content, content_type, form)
    assert isinstance(found, Picture)
    return found


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
@pytest.mark.parametrize("size", [(320, 240), (641, 480), (2_000, 1_500), (1_500, 2_000), (5_000, 3_000)])
def test_a_photo_is_made_into_its_sizes(content_type: str, size: tuple[int, int]) -> None:
    found = made(photo(content_type, drawn(*size)), content_type)
    widths = sorted({*(each for each in WIDTHS if each < size[0]), min(size[0], 1_920)})
    assert [each.width for each in found.made] == widths
    for each in found.made:
        picture = opened(each.content)
        assert (picture.format, picture.size) == ("WEBP", (each.width, each.height))
        assert abs(each.height - each.width * size[1] / size[0]) <= 0.5


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
@pytest.mark.parametrize("form", ["WEBP", "JPEG"])
def test_where_it_was_taken_and_by_whom_is_gone(content_type: str, form: str) -> None:
    content = with_place(content_type=content_type)
    assert HERE.encode() in content
    for each in made(content, content_type, form).made:
        picture = opened(each.content)
        assert (dict(picture.getexif()), picture.getexif().get_ifd(0x8825)) == ({}, {})
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(picture.info)
        for told in (b"Exif", b"GPS", b"Jane Doe", HERE.encode(), b"http://ns.adobe.com"):
            assert told not in each.content


def test_comments_and_profiles_are_gone_too() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = photo(JPEG, comment=b"44.9 N, 93.1 W", icc_profile=profile, xmp=b"<x:xmpmeta>Jane</x:xmpmeta>")
    for each in made(content).made:
        assert not {"xmp", "comment", "icc_profile"} & set(opened(each.content).info)
        assert b"44.9 N" not in each.content


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_however_the_camera_was_held(content_type: str, orientation: int) -> None:
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    right = drawn(2_000, 1_500)
    held = right if undo is None else right.transpose(undo)
    found = made(with_place(orientation, held, content_type), content_type).largest
    picture = opened(found.content).convert("L")
    assert (found.width, found.height) == (1_920, 1_440)
    assert [picture.getpixel(at) > 200 for at in ((100, 100), (1_800, 100), (100, 1_300), (1_800, 1_300))] == [  # type: ignore[operator] # grey
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_pictures_of_every_kind_of_colour_are_read(mode: str) -> None:
    picture = opened(made(photo(PNG, drawn(mode=mode)), PNG).largest.content)
    assert (picture.mode, picture.size) == ("RGB", (640, 480))


def test_printers_colours_are_read() -> None:
    assert opened(made(photo(JPEG, drawn(mode="CMYK"))).largest.content).mode == "RGB"


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (640, 480), (255, 0, 0, 0))
    picture = opened(made(photo(PNG, clear), PNG, "JPEG").largest.content)
    assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_a_profile_that_is_broken_is_passed_over() -> None:
    assert made(photo(JPEG, icc_profile=b"no profile at all" * 9)).largest.width == 640


def test_the_first_picture_of_a_phones_two_is_the_photo() -> None:
    out = io.BytesIO()
    drawn(2_000, 1_500).save(out, "MPO", save_all=True, append_images=[drawn(320, 240)])
    assert made(out.getvalue()).largest.width == 1_920


@pytest.mark.parametrize("content_type", [PNG, WEBP])
def test_a_picture_that_moves_is_refused(content_type: str) -> None:
    frames = [drawn(seed=40 * number) for number in range(3)]
    content = photo(content_type, frames[0], save_all=True, append_images=frames[1:])
    assert len(list(ImageSequence.Iterator(opened(content)))) == 3
    assert judged(content, content_type) is Flaw.ANIMATED


@pytest.mark.parametrize("content", [SVG, HTML, PDF_FILE, b"", b"\xff\xd8", b"GIF89a" + b"\0" * 99, b"MZ" + b"\0" * 99])
@pytest.mark.parametrize("content_type", PHOTO_TYPES)
def test_what_is_no_photo_is_refused(content: bytes, content_type: str) -> None:
    assert judged(content, content_type) is Flaw.NOT_A_PHOTO


@pytest.mark.parametrize("head", [SVG, HTML, b" ", b"\xef\xbb\xbf"])
def test_a_photo_behind_something_else_is_none(head: bytes) -> None:
    assert judged(head + photo()) is Flaw.NOT_A_PHOTO


@pytest.mark.parametrize("tail", [HTML, SVG, PDF_FILE, b"PK\x05\x06" + b"\0" * 18])
@pytest.mark.parametrize("content_type", PHOTO_TYPES)
def test_of_a_file_that_is_two_things_only_the_pixels_are_left(tail: bytes, content_type: str) -> None:
    content = photo(content_type) + tail
    for each in made(content, content_type).made:
        assert tail not in each.content
        assert b"script" not in each.content


def test_a_script_in_a_comment_is_gone() -> None:
    content = photo(JPEG, comment=HTML)
    assert HTML in content
    assert all(b"script" not in each.content for each in made(content).made)


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
def test_a_photo_announced_as_something_else_is_refused(content_type: str) -> None:
    for other in set(PHOTO_TYPES) - {content_type}:
        assert judged(photo(content_type), other) is Flaw.OTHER_TYPE


def test_bombs_are_refused_by_their_headers() -> None:
    assert len(bomb()) < 10_000
    assert judged(bomb(), PNG) is Flaw.TOO_MANY_PIXELS
    assert judged(webp_bomb(), WEBP) is Flaw.TOO_MANY_PIXELS
    assert judged(bomb(0xFFFFFFFF, 0xFFFFFFFF), PNG) is Flaw.TOO_MANY_PIXELS


def test_a_header_that_belittles_its_picture_is_refused() -> None:
    content = photo(WEBP, drawn(1_000, 800, "RGBA"), exif=Image.Exif().tobytes())
    at = content.index(b"VP8X") + 12
    lying = content[:at] + (399).to_bytes(3, "little") * 2 + content[at + 6 :]
    assert judged(lying, WEBP) in {Flaw.DAMAGED, Flaw.TOO_FEW_PIXELS}


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
def test_an_incomplete_photo_is_refused(content_type: str) -> None:
    content = photo(content_type, noisy(800, 600), **({"quality": 90} if content_type == WEBP else {}))
    for part in (0.3, 0.6, 0.9):
        assert judged(content[: int(len(content) * part)], content_type) is Flaw.DAMAGED


@pytest.mark.parametrize(
    ("size", "flaw"), [((300, 300), Flaw.TOO_FEW_PIXELS), ((1_300, 320), Flaw.TOO_NARROW)], ids=["small", "narrow"]
)
@pytest.mark.parametrize("content_type", PHOTO_TYPES)
def test_a_photo_of_a_wrong_size_is_refused(content_type: str, size: tuple[int, int], flaw: Flaw) -> None:
    assert judged(photo(content_type, drawn(*size)), content_type) is flaw


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_photo_that_somebody_has_broken_is_a_photo_or_refused_and_nothing_else(
    content_type: str, data: st.DataObject
) -> None:
    content = bytearray(photo(content_type, noisy(400, 300)))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=6)):
        content[at] = byte
    assert isinstance(judged(bytes(content), content_type), (Picture, Flaw))


@given(
    st.binary(max_size=200),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF....WEBPVP8 ", b""]),
)
def test_no_header_is_too_strange(tail: bytes, magic: bytes) -> None:
    content = magic + tail
    found = type_of(content)
    size = None if found is None else size_of(content, found)
    assert size is None or min(size) >= 0


@pytest.mark.parametrize("content_type", PHOTO_TYPES)
@pytest.mark.parametrize("saved", [{}, {"lossless": True}, {"progressive": True}])
def test_a_size_is_read_from_every_kind_of_header(content_type: str, saved: dict[str, Any]) -> None:
    content = photo(content_type, drawn(801, 603), **saved)
    assert (type_of(content), size_of(content, content_type)) == (content_type, (801, 603))
    assert FORMS[content_type] == opened(content).format


def test_a_thumbnail_inside_is_not_taken_for_the_photo() -> None:
    exif = Image.Exif()
    exif[0x927C] = photo(JPEG, drawn(160, 120), quality=30)
    content = photo(JPEG, drawn(801, 603), exif=exif.tobytes())
    assert size_of(content, JPEG) == (801, 603)


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (PDF_FILE, True),
        (PDF_FILE + b"\0" * 1_000, True),
        (b"%PDF-2.0\n%%EOF", True),
        (PDF_FILE[:-8], False),
        (HTML + PDF_FILE, False),
        (b"%PDF-x\n%%EOF", False),
        (b"", False),
    ],
)
def test_a_pdf_begins_as_one_and_has_its_end(content: bytes, whole: bool) -> None:
    assert is_whole_pdf(content) is whole
    assert (type_of(content) == PDF) is content.startswith((b"%PDF-1.", b"%PDF-2."))
