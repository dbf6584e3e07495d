"""What a picture file really is, and new files made of its pixels alone: upright, in sRGB, without what it told of a
place, a device or a person."""

import hashlib
import io
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image, ImageCms

from activities.picture_headers import size_of, type_of
from domain.photos import Flaw, size_flaw, sizes_of

WEBP_QUALITY, JPEG_QUALITY = 80, 88
# Twice as fast as the library's own choice, and hardly larger.
WEBP_METHOD = 1
ORIENTATION = 0x0112
TURNS = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
SIDEWAYS = frozenset(
    {
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
    }
)
READ_AS = MappingProxyType({"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"})
# The second picture in a phone's JPEG (MPO) is a preview or a depth map; the first one is the photo.
STILL = frozenset({"JPEG", "MPO"})
MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
# What the decoders raise over a file that somebody has broken, by accident or with care.
UNREADABLE = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True)
class Made:
    """One size of a picture as a new file."""

    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown: its sizes, narrowest first, and the SHA-256 of the file as it came."""

    made: tuple[Made, ...]
    sha256: str

    @property
    def largest(self) -> Made:
        """The widest of its sizes."""
        return self.made[-1]


def picture_of(content: bytes, announced: str, widths: Sequence[int], form: str) -> Picture | Flaw:
    """Judge a file that was announced as a content type, and make its sizes in `form`, WEBP or JPEG.

    Nothing is decoded before its magic, its type and the size in its header are right.
    """
    found = type_of(content)
    if found not in READ_AS:
        return Flaw.NOT_A_PHOTO
    if found != announced:
        return Flaw.OTHER_TYPE
    size = size_of(content, found)
    if size is None:
        return Flaw.DAMAGED
    flaw = size_flaw(*size)
    if flaw is not None:
        return flaw
    try:
        return _decoded(content, READ_AS[found], size, widths, form)
    except UNREADABLE:
        return Flaw.DAMAGED


def _decoded(content: bytes, read_as: str, size: tuple[int, int], widths: Sequence[int], form: str) -> Picture | Flaw:
    with Image.open(io.BytesIO(content), formats=(read_as,)) as image:
        if image.size != size or image.mode not in MODES:
            return Flaw.DAMAGED
        if image.format not in STILL and getattr(image, "n_frames", 1) > 1:
            return Flaw.ANIMATED
        # libjpeg decodes a large photo at a half or a quarter of its size, where that is still enough.
        scale = min(1.0, widths[-1] / min(size))
        image.draft(None, (math.ceil(size[0] * scale), math.ceil(size[1] * scale)))
        image.load()
        turn = _turn(image)
        upright = image.copy() if turn is None else image.transpose(turn)
        profile = image.info.get("icc_profile")
    wanted = sizes_of(*(size[::-1] if turn in SIDEWAYS else size), widths)
    return Picture(_sizes(upright, profile, wanted, form), hashlib.sha256(content).hexdigest())


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What puts the picture upright, as the camera noted it."""
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except UNREADABLE:
        return None


def _sizes(image: Image.Image, profile: bytes | None, wanted: Sequence[tuple[int, int]], form: str) -> tuple[Made, ...]:
    """From the widest down, each made of the one before it."""
    made: list[Made] = []
    plain = _plain(image, profile, wanted[-1])
    for size in reversed(wanted):
        plain = plain if plain.size == size else plain.resize(size, Image.Resampling.LANCZOS)
        made.append(Made(*size, _file(plain, form)))
    return tuple(reversed(made))


def _plain(image: Image.Image, profile: bytes | None, size: tuple[int, int]) -> Image.Image:
    """The pixels in sRGB on white."""
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        seen = image.convert("RGBA")
        image = Image.new("RGB", seen.size, "white")
        image.paste(seen, mask=seen.getchannel("A"))
    elif image.mode not in {"RGB", "CMYK"}:
        image = image.convert("RGB")
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _in_srgb(image, profile)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            given, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            turned = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, *UNREADABLE):
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def _file(image: Image.Image, form: str) -> bytes:
    """A file that holds pixels only: a new image has nothing that the old one could have brought along."""
    clean, out = Image.new("RGB", image.size), io.BytesIO()
    clean.paste(image)
    if form == "WEBP":
        clean.save(out, form, quality=WEBP_QUALITY, method=WEBP_METHOD)
    else:
        clean.save(out, form, quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()
