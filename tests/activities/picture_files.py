"""Picture files as phones, editors and attackers make them."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image

from domain.photos import JPEG, PNG, WEBP

FORMS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
HERE = "44 deg 56'"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
PDF_FILE = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def drawn(width: int = 640, height: int = 480, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A picture with a bright upper left quarter, so that its turning shows; each seed another one."""
    image = Image.new("RGB", (width, height), (40, 60, 80 + seed % 100))
    image.paste((250, 250, 250), (0, 0, width // 2, height // 2))
    return image.convert(mode)


def noisy(width: int, height: int) -> Image.Image:
    """A picture that does not pack well; always the same one."""
    return Image.frombytes("RGB", (width, height), random.Random(0).randbytes(width * height * 3))


def photo(content_type: str = JPEG, image: Image.Image | None = None, **saved: Any) -> bytes:
    """A picture as a file of a type."""
    out = io.BytesIO()
    (image or drawn()).save(out, FORMS[content_type], **saved)
    return out.getvalue()


def with_place(orientation: int = 1, image: Image.Image | None = None, content_type: str = JPEG) -> bytes:
    """A photo that tells where it was taken, with which camera, and how it was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Phone of Jane Doe"
    exif.get_ifd(0x8825).update({1: "N", 2: (44.0, 56.0, 42.0), 3: "W", 4: (93.0, 5.0, 40.0), 29: HERE})
    return photo(content_type, image, exif=exif.tobytes())


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to gigabytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """A WebP whose canvas alone would take gigabytes."""
    side = (16_383).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + side + side
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
